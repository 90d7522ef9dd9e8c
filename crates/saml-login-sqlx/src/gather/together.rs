//! One transaction for several pieces of work.

use std::sync::Arc;

use saml_login::error::BoxError;

use super::{Answer, Job};
use crate::database::{Connection, Database};
use crate::failure::{Failure, Shared};
use crate::hook::AnyHook;

/// So often is work tried that the database ends for the sake of other work.
const TRIES: usize = 20;

/// Does several pieces of work in one transaction; an answer for each. None is given before the
/// commit is acknowledged.
pub(super) async fn run(
    database: &Database,
    hook: Option<&dyn AnyHook>,
    jobs: &[Arc<Job>],
) -> Vec<Result<Answer, BoxError>> {
    match together(database, hook, jobs).await {
        Ok(answers) => answers,
        Err(failure) if failure.is_retried() => {
            let mut answers = Vec::new();
            for job in jobs {
                answers.push(alone(database, hook, job).await);
            }
            answers
        }
        Err(Failure::Sql(error)) => {
            let error = Shared::new(error);
            jobs.iter().map(|_| Err(error.clone().into())).collect()
        }
        Err(Failure::Other(error)) => {
            let text = error.to_string();
            jobs.iter().map(|_| Err(BoxError::new(text.clone()))).collect()
        }
    }
}

/// Does one piece of work, again where the database ends it for the sake of another.
async fn alone(
    database: &Database,
    hook: Option<&dyn AnyHook>,
    job: &Arc<Job>,
) -> Result<Answer, BoxError> {
    for _ in 1..TRIES {
        match together(database, hook, std::slice::from_ref(job)).await {
            Err(failure) if failure.is_retried() => {}
            done => return first(done),
        }
    }
    first(together(database, hook, std::slice::from_ref(job)).await)
}

fn first(done: Result<Vec<Result<Answer, BoxError>>, Failure>) -> Result<Answer, BoxError> {
    done?.pop().unwrap_or_else(|| Err(BoxError::new("a write has no answer")))
}

/// An error here is one of the whole transaction, of which nothing is written then.
async fn together(
    database: &Database,
    hook: Option<&dyn AnyHook>,
    jobs: &[Arc<Job>],
) -> Result<Vec<Result<Answer, BoxError>>, Failure> {
    let mut open = database.begin().await?;
    if let [job] = jobs {
        let answer = job.run(&mut open.connection(), hook).await;
        return match answer {
            Ok(answer) if answer.is_kept() => {
                open.commit().await?;
                Ok(vec![Ok(answer)])
            }
            Err(failure) if failure.is_retried() => Err(failure),
            refused => {
                open.roll_back().await?;
                Ok(vec![refused.map_err(BoxError::from)])
            }
        };
    }
    let (mut answers, mut connection) = (Vec::new(), open.connection());
    for job in jobs {
        answers.push(one_of_many(&mut connection, hook, job).await?);
    }
    connection.send_queued().await?;
    drop(connection);
    open.commit().await?;
    Ok(answers)
}

/// A savepoint of its own, so that what is refused or fails undoes itself alone.
async fn one_of_many(
    connection: &mut Connection<'_>,
    hook: Option<&dyn AnyHook>,
    job: &Job,
) -> Result<Result<Answer, BoxError>, Failure> {
    connection.queue("SAVEPOINT saml_one");
    match job.run(connection, hook).await {
        Ok(answer) if answer.is_kept() => {
            connection.queue("RELEASE SAVEPOINT saml_one");
            Ok(Ok(answer))
        }
        Err(failure) if failure.is_retried() => Err(failure),
        // Where the transaction itself is gone, the next message says so.
        refused => {
            connection.queue("ROLLBACK TO SAVEPOINT saml_one");
            connection.queue("RELEASE SAVEPOINT saml_one");
            Ok(refused.map_err(BoxError::from))
        }
    }
}
