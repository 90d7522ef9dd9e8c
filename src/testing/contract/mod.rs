//! What every store has to hold to: run these against an implementation in its tests.
//!
//! Each function panics where the contract is broken, and says how. They use 64 threads, and block
//! each on its future.

mod account_store;
mod replay;
mod requests;

use std::future::Future;
use std::panic::resume_unwind;
use std::pin::pin;
use std::sync::{Arc, Barrier};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};

use chrono::{DateTime, Utc};

pub use self::{account_store::account_store, replay::replay_store, requests::request_store};

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

fn block_on<F: Future>(future: F) -> F::Output {
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut context = Context::from_waker(&waker);
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut context) {
            Poll::Ready(output) => return output,
            Poll::Pending => thread::park(),
        }
    }
}
