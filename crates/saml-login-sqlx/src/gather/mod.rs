//! Writes that come at the same time share a transaction, and so one fsync.
//!
//! In SQLite all writes of the process stand in one line, for there is one writer. In PostgreSQL
//! those of one organization do: they would wait for its row of counters anyway. Whoever finds the
//! line empty starts a task that takes everything that stands in it, until nothing does. So nobody
//! waits for company, and what comes while a transaction is on its way is the next one.

mod job;
mod together;

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use saml_login::error::BoxError;
use tokio::runtime::Handle;
use tokio::sync::oneshot;

pub(crate) use self::job::{Answer, Job};
use self::together::run;
use crate::database::Database;
use crate::hook::AnyHook;
use crate::keys::Digest;

/// So many writes share a transaction at most: the first of them waits for the last, and PostgreSQL
/// knows 64 savepoints of a transaction by heart.
const MOST: usize = 64;

/// Whose line it is; none where there is one alone.
type Line = Option<Digest>;

pub(crate) struct Gather {
    database: Database,
    hook: Option<Arc<dyn AnyHook>>,
    /// Each line whose task is at work.
    lines: Mutex<HashMap<Line, VecDeque<Waiting>>>,
}

struct Waiting {
    job: Arc<Job>,
    answer: oneshot::Sender<Result<Answer, BoxError>>,
}

impl Gather {
    pub(crate) fn new(database: Database, hook: Option<Arc<dyn AnyHook>>) -> Self {
        Self { database, hook, lines: Mutex::default() }
    }

    pub(crate) fn database(&self) -> &Database {
        &self.database
    }

    /// Has a piece of work done, with others where that is right.
    pub(crate) async fn ask(self: &Arc<Self>, job: Job) -> Result<Answer, BoxError> {
        let job = Arc::new(job);
        let Some(line) = self.line(&job) else {
            let alone = run(&self.database, self.hook.as_deref(), &[job]).await.pop();
            return alone.unwrap_or_else(|| Err(BoxError::new("a write has no answer")));
        };
        // A task outlives whoever asks: one that goes away takes nobody else's write along.
        let runtime = Handle::try_current()?;
        let (answer, answered) = oneshot::channel();
        if self.stand(line, Waiting { job, answer }) {
            runtime.spawn(Arc::clone(self).serve(line));
        }
        answered.await.map_err(|_| BoxError::new("the task that writes has ended"))?
    }

    /// The line that a piece of work stands in, if it stands in any.
    fn line(&self, job: &Job) -> Option<Line> {
        // Those of nobody in particular are written alone.
        match self.database.has_one_writer() {
            true => Some(None),
            false => job.organization().map(Some),
        }
    }

    /// Whether nobody serves the line yet.
    fn stand(&self, line: Line, waiting: Waiting) -> bool {
        let mut lines = self.lines();
        let is_new = !lines.contains_key(&line);
        lines.entry(line).or_default().push_back(waiting);
        is_new
    }

    async fn serve(self: Arc<Self>, line: Line) {
        let mut served = Served { gather: &self, line, is_over: false };
        while let Some(batch) = self.next(line) {
            let jobs: Vec<Arc<Job>> = batch.iter().map(|waiting| waiting.job.clone()).collect();
            let answers = run(&self.database, self.hook.as_deref(), &jobs).await;
            for (waiting, answer) in batch.into_iter().zip(answers) {
                // Whoever asked may have gone away.
                let _ = waiting.answer.send(answer);
            }
        }
        served.is_over = true;
    }

    /// Those who stand in a line; `None` ends it.
    fn next(&self, line: Line) -> Option<Vec<Waiting>> {
        let mut lines = self.lines();
        let waiting = lines.get_mut(&line)?;
        let count = waiting.len().min(MOST);
        if count == 0 {
            lines.remove(&line);
            return None;
        }
        Some(waiting.drain(..count).collect())
    }

    fn lines(&self) -> MutexGuard<'_, HashMap<Line, VecDeque<Waiting>>> {
        // What is done while it is held cannot leave it half done.
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whoever stands in a line that nobody serves any more, because a hook has panicked or the runtime
/// has ended, gets an error; the next one starts anew.
struct Served<'g> {
    gather: &'g Gather,
    line: Line,
    /// The line is gone already; there may be a new one of the same name.
    is_over: bool,
}

impl Drop for Served<'_> {
    fn drop(&mut self) {
        if !self.is_over {
            self.gather.lines().remove(&self.line);
        }
    }
}

impl fmt::Debug for Gather {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gather").field("database", &self.database).finish_non_exhaustive()
    }
}
