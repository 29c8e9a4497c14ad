//! The asynchronous part of a run, only for the commands that need one.

use std::future::Future;

use crate::error::{CommandError, ErrorKind};

/// Runs to the end.
pub(crate) fn run<T>(work: impl Future<Output = Result<T, CommandError>>) -> Result<T, CommandError> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| CommandError::new(ErrorKind::Internal, "cannot start").because(&error))?;
    let result = runtime.block_on(work);
    // A thread may still wait for an answer that nobody will type.
    runtime.shutdown_background();
    result
}
