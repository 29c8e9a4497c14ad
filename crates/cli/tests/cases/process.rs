//! Running a program to its end, but not for ever.

use std::io::{Read, Result};
use std::process::{Command, Stdio};
use std::thread::{JoinHandle, sleep, spawn};
use std::time::{Duration, Instant};

/// Far longer than any run takes; a case that hangs fails by this.
const LIMIT: Duration = Duration::from_mins(2);

/// What came of a run.
pub(crate) struct Ended {
    /// The exit code; none when it was killed.
    pub(crate) code: Option<i32>,
    /// Standard output.
    pub(crate) stdout: String,
    /// Standard error.
    pub(crate) stderr: String,
}

/// Runs a command without input and collects what it says. A run that takes too long is killed.
///
/// # Errors
/// When the program cannot be started or watched.
pub(crate) fn run(command: &mut Command) -> Result<Ended> {
    run_until(command, || false)
}

/// Runs a command until it ends, or until it is time to kill it, as when a machine dies.
///
/// # Errors
/// When the program cannot be started or watched.
pub(crate) fn run_until(command: &mut Command, mut is_time: impl FnMut() -> bool) -> Result<Ended> {
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    let stdout = child.stdout.take().map(collect);
    let stderr = child.stderr.take().map(collect);
    let deadline = Instant::now() + LIMIT;
    let code = loop {
        if let Some(status) = child.try_wait()? {
            break status.code();
        }
        if Instant::now() > deadline || is_time() {
            child.kill()?;
            child.wait()?;
            break None;
        }
        sleep(Duration::from_millis(5));
    };
    Ok(Ended { code, stdout: text(stdout), stderr: text(stderr) })
}

fn collect(mut stream: impl Read + Send + 'static) -> JoinHandle<Vec<u8>> {
    spawn(move || {
        let mut bytes = Vec::new();
        // What was read before an error is still worth showing.
        drop(stream.read_to_end(&mut bytes));
        bytes
    })
}

fn text(collected: Option<JoinHandle<Vec<u8>>>) -> String {
    let bytes = collected.and_then(|thread| thread.join().ok()).unwrap_or_default();
    String::from_utf8_lossy(&bytes).into_owned()
}
