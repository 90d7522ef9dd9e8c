//! What every store has to hold to: run these against an implementation in its tests.
//!
//! Each function panics where the contract is broken, and says how. They use 64 threads, and run
//! the store's futures by the `block_on` that they are given: your runtime's, if the store needs
//! one ([`block_on`] for those that need none).
//!
//! ```
//! use saml_login::MemoryReplayStore;
//! use saml_login::testing::contract;
//!
//! contract::replay_store(&MemoryReplayStore::default(), contract::block_on);
//! // With tokio: `contract::replay_store(&store, |task| runtime.block_on(task))`.
//! ```

mod rates;
mod replay;
mod requests;
mod store;

use std::future::Future;
use std::panic::resume_unwind;
use std::pin::Pin;
use std::sync::{Arc, Barrier};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};

use chrono::{DateTime, Utc};

pub use self::{
    rates::rate_limits,
    replay::replay_store,
    requests::request_store,
    store::{large_store, store},
};

const THREADS: usize = 64;

fn instant() -> DateTime<Utc> {
    DateTime::from_timestamp(1_900_000_000, 0).unwrap_or_default()
}

/// What so many threads get that begin at the same instant.
fn together<T: Send>(work: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let barrier = Barrier::new(THREADS);
    let start = |thread| {
        barrier.wait();
        work(thread)
    };
    thread::scope(|scope| {
        let start = &start;
        let threads: Vec<_> =
            (0..THREADS).map(|thread| scope.spawn(move || start(thread))).collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap_or_else(|panic| resume_unwind(panic)))
            .collect()
    })
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// A piece of a test that waits for a store.
pub type Task<'t> = Pin<Box<dyn Future<Output = ()> + 't>>;

/// Runs a task to its end on this thread, without any runtime: enough for stores that need none.
pub fn block_on(task: Task<'_>) {
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut context = Context::from_waker(&waker);
    let mut task = task;
    while task.as_mut().poll(&mut context) == Poll::Pending {
        thread::park();
    }
}

/// The caller's way to run a task.
#[derive(Clone, Copy)]
struct Runner<'r>(&'r (dyn Fn(Task<'_>) + Sync));

impl Runner<'_> {
    #[expect(clippy::panic, reason = "a test")]
    fn run<F: Future>(self, future: F) -> F::Output {
        let mut output = None;
        (self.0)(Box::pin(async { output = Some(future.await) }));
        output.unwrap_or_else(|| panic!("`block_on` has to run each task to its end"))
    }
}
