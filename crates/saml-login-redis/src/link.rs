//! The way to Redis: one connection that everybody shares, and another when it is lost.
//!
//! The client's own reconnecting (`ConnectionManager`) keeps a connection on which nobody answers
//! any more, or whose server has become a replica, until the system gives it up, which takes a
//! quarter of an hour. Here it is given up at once, and whoever asks next makes another.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use redis::aio::{ConnectionLike, MultiplexedConnection};
use redis::{AsyncConnectionConfig, Client, FromRedisValue, PushInfo, PushKind, RedisError};
use redis::{Cmd, ScriptInvocation, cmd};
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout_at};

use crate::failure::{Failure, is_of_the_connection};

pub(crate) struct Link {
    way: Way,
    timeout: Duration,
}

enum Way {
    One(Box<Server>),
    #[cfg(feature = "cluster")]
    Cluster(redis::cluster_async::ClusterConnection),
}

struct Server {
    client: Client,
    open: Mutex<Option<Open>>,
}

#[derive(Clone)]
struct Open {
    connection: MultiplexedConnection,
    is_lost: Arc<AtomicBool>,
}

/// What Redis is asked.
pub(crate) enum Ask<'a> {
    Command(&'a Cmd),
    Script(&'a ScriptInvocation<'a>),
}

impl Ask<'_> {
    async fn of<T: FromRedisValue>(
        &self,
        connection: &mut impl ConnectionLike,
    ) -> Result<T, RedisError> {
        match self {
            Self::Command(command) => command.query_async(connection).await,
            Self::Script(script) => script.invoke_async(connection).await,
        }
    }
}

impl Link {
    /// Waits at most so long for each answer, connecting included.
    pub(crate) fn new(client: Client, timeout: Duration) -> Self {
        let server = Server { client, open: Mutex::default() };
        Self { way: Way::One(Box::new(server)), timeout }
    }

    #[cfg(feature = "cluster")]
    pub(crate) fn to_cluster(
        connection: redis::cluster_async::ClusterConnection,
        timeout: Duration,
    ) -> Self {
        Self { way: Way::Cluster(connection), timeout }
    }

    /// Asks once. What has failed is not asked again: nobody knows whether it was done.
    pub(crate) async fn ask<T: FromRedisValue>(&self, ask: Ask<'_>) -> Result<T, Failure> {
        let deadline = Instant::now() + self.timeout;
        match &self.way {
            Way::One(server) => server.ask(ask, deadline).await,
            #[cfg(feature = "cluster")]
            Way::Cluster(connection) => {
                let mut connection = connection.clone();
                answer_of(timeout_at(deadline, ask.of(&mut connection)).await)
            }
        }
    }

    /// What each server says of its memory.
    pub(crate) async fn memory(&self) -> Result<Vec<String>, Failure> {
        let mut info = cmd("INFO");
        info.arg("memory");
        match &self.way {
            Way::One(_) => Ok(vec![self.ask(Ask::Command(&info)).await?]),
            #[cfg(feature = "cluster")]
            Way::Cluster(_) => {
                let of_each = self.ask(Ask::Command(&info)).await;
                Ok(of_each.map(std::collections::HashMap::<String, String>::into_values)?.collect())
            }
        }
    }
}

impl Server {
    async fn ask<T: FromRedisValue>(&self, ask: Ask<'_>, deadline: Instant) -> Result<T, Failure> {
        let open = timeout_at(deadline, self.opened()).await.map_err(|_| Failure::TimedOut)?;
        let Open { mut connection, is_lost } = open?;
        let answer = timeout_at(deadline, ask.of(&mut connection)).await;
        let gives_up = match &answer {
            Ok(answer) => answer.as_ref().is_err_and(is_of_the_connection),
            Err(_) => true,
        };
        is_lost.fetch_or(gives_up, Ordering::Relaxed);
        answer_of(answer)
    }

    /// The connection that everybody shares. One makes it, and the others wait for it.
    async fn opened(&self) -> Result<Open, Failure> {
        let mut open = self.open.lock().await;
        match open.as_ref().filter(|open| !open.is_lost.load(Ordering::Relaxed)) {
            Some(open) => Ok(open.clone()),
            None => {
                *open = None;
                let made = make(&self.client).await.map_err(|error| Failure::from(&error))?;
                Ok(open.insert(made).clone())
            }
        }
    }
}

fn answer_of<T, E>(answer: Result<Result<T, RedisError>, E>) -> Result<T, Failure> {
    answer.map_err(|_| Failure::TimedOut)?.map_err(|error| Failure::from(&error))
}

async fn make(client: &Client) -> Result<Open, RedisError> {
    let is_lost = Arc::new(AtomicBool::new(false));
    let told = Arc::clone(&is_lost);
    // Told of before anybody asks: an answer is not lost for a server that was started again.
    let on_push = move |push: PushInfo| -> Result<(), redis::aio::SendError> {
        told.fetch_or(push.kind == PushKind::Disconnection, Ordering::Relaxed);
        Ok(())
    };
    // Deadlines are kept where it is asked.
    let config = AsyncConnectionConfig::new().set_response_timeout(None);
    let config = config.set_connection_timeout(None).set_push_sender(on_push);
    let connection = client.get_multiplexed_async_connection_with_config(&config).await?;
    Ok(Open { connection, is_lost })
}
