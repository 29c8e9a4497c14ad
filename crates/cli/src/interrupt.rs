//! Ctrl-C and the signal with which CI systems end a job.

use std::future::Future;
#[cfg(unix)]
use std::io;
use std::pin::pin;

use crate::error::{CommandError, ErrorKind};

/// Receives the user's wish to stop, as often as it is uttered.
#[derive(Debug)]
pub(crate) struct Interrupts {
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
}

impl Interrupts {
    /// Begins to receive; from now on the signals do not end the program by themselves.
    #[cfg(unix)]
    pub(crate) fn listen() -> Result<Self, CommandError> {
        use tokio::signal::unix::{SignalKind, signal};
        let open = |kind| signal(kind).map_err(|error| cannot_listen(&error));
        Ok(Self { interrupt: open(SignalKind::interrupt())?, terminate: open(SignalKind::terminate())? })
    }

    /// Begins to receive.
    #[cfg(not(unix))]
    pub(crate) fn listen() -> Result<Self, CommandError> {
        Ok(Self {})
    }

    /// Waits for the next one.
    #[cfg(unix)]
    pub(crate) async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }

    /// Waits for the next one.
    #[cfg(not(unix))]
    pub(crate) async fn next(&mut self) {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending().await
        }
    }

    /// Does some work that may be dropped half-done, because it changes nothing.
    pub(crate) async fn or<T>(&mut self, work: impl Future<Output = T>) -> Result<T, CommandError> {
        let mut work = pin!(work);
        tokio::select! {
            done = &mut work => Ok(done),
            () = self.next() => Err(CommandError::new(ErrorKind::Interrupted, "interrupted; nothing was changed")),
        }
    }
}

#[cfg(unix)]
fn cannot_listen(error: &io::Error) -> CommandError {
    CommandError::new(ErrorKind::Internal, "cannot receive signals").because(error)
}
