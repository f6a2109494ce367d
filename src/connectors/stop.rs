//! A way to end a reading from outside, and threads that wait without missing it.

use std::{
    future::Future,
    sync::{Arc, OnceLock},
    time::Duration,
};
use tokio::{runtime::Runtime, sync::watch};

/// Says, once, that a reading is to end. Clones say it together.
#[derive(Clone, Debug)]
pub struct Stop(Arc<watch::Sender<bool>>);

impl Default for Stop {
    fn default() -> Self {
        Self(Arc::new(watch::Sender::new(false)))
    }
}

impl Stop {
    /// Ends the reading: what is waited for is given up, and the reading ends with an error that says so.
    pub fn stop(&self) {
        self.0.send_replace(true);
    }

    /// True once it is to end.
    pub fn is_stopped(&self) -> bool {
        *self.0.borrow()
    }

    /// Waits for this long; false if it was stopped meanwhile. Not to be called where futures run.
    pub fn wait(&self, how_long: Duration) -> bool {
        self.run(async { tokio::time::sleep(how_long).await }).is_some()
    }

    /// Runs a future to its end on this thread, or until it is stopped. Not to be called where futures run.
    pub(super) fn run<T>(&self, future: impl Future<Output = T>) -> Option<T> {
        let mut stopped = self.0.subscribe();
        runtime().block_on(async {
            tokio::select! {
                biased;
                _ = stopped.wait_for(|stopped| *stopped) => None,
                output = future => Some(output),
            }
        })
    }
}

/// The runtime that drives connections to sources. It is never dropped, so that a reading works the same under the
/// server, in a command and in a test.
fn runtime() -> &'static Runtime {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    RUNTIME.get_or_init(|| {
        tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("sources")
            .enable_all()
            .build()
            .unwrap_or_else(|error| panic!("no thread could be started: {error}"))
    })
}
