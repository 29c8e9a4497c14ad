//! A simulated organization as a process of its own: `rolecall sandbox serve` on a free port.

use std::io::{BufRead, BufReader, Error, ErrorKind, Read, Result};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::http;

/// A running server. It ends when this is dropped.
pub(crate) struct Sandbox {
    process: Child,
    /// `http://127.0.0.1:PORT`.
    pub(crate) url: String,
}

impl Sandbox {
    /// Starts `rolecall sandbox serve` for an organization file and waits until it says its address.
    ///
    /// # Errors
    /// When the program cannot be started or ends before it serves; the error holds what it said.
    pub(crate) fn start(rolecall: &Path, organization: &Path, options: &[&str]) -> Result<Self> {
        let mut command = Command::new(rolecall);
        command.args(["sandbox", "serve", "--listen", "127.0.0.1:0", "--org"]).arg(organization).args(options);
        let mut process = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
        if let Some(url) = address(&mut process) {
            drain(&mut process);
            return Ok(Self { process, url });
        }
        let mut said = String::new();
        if let Some(mut stderr) = process.stderr.take() {
            stderr.read_to_string(&mut said)?;
        }
        process.wait()?;
        Err(Error::new(ErrorKind::BrokenPipe, format!("the sandbox did not start: {said}")))
    }
}

/// Reads a JSON document of the own pages of the sandbox at a URL, such as `/_sandbox/audit`.
///
/// # Errors
/// When the sandbox does not answer 200.
pub(crate) fn get(url: &str, path: &str) -> Result<String> {
    ask(url, "GET", path, "")
}

/// Sends a JSON document to one of those pages, such as `/_sandbox/faults`.
///
/// # Errors
/// When the sandbox does not answer 200.
pub(crate) fn post(url: &str, path: &str, body: &str) -> Result<String> {
    ask(url, "POST", path, body)
}

fn ask(url: &str, method: &str, path: &str, body: &str) -> Result<String> {
    let answer = http::request(url, method, path, &[("Content-Type", "application/json")], body)?;
    match answer.status {
        200..=299 => Ok(answer.body),
        status => Err(Error::other(format!("{method} {path}: {status} {}", answer.body))),
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        // It may have ended already; there is nothing to do about either failure.
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

/// The first URL in the server's first lines of output.
fn address(process: &mut Child) -> Option<String> {
    let stdout = process.stdout.take()?;
    let mut lines = BufReader::new(stdout);
    let mut line = String::new();
    while lines.read_line(&mut line).ok()? > 0 {
        if let Some(at) = line.find("http://") {
            let url = line[at..].split_whitespace().next()?.trim_end_matches(['.', ',', '/']).to_owned();
            // Nobody reads on, but the pipe must stay open for a server that goes on talking.
            std::thread::spawn(move || std::io::copy(&mut lines, &mut std::io::sink()));
            return Some(url);
        }
        line.clear();
    }
    None
}

fn drain(process: &mut Child) {
    if let Some(mut stderr) = process.stderr.take() {
        std::thread::spawn(move || std::io::copy(&mut stderr, &mut std::io::sink()));
    }
}
