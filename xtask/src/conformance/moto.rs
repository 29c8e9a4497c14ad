//! A moto server, and what is put against it.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};

use super::{Records, Stage, run_program, script};
use crate::outcome::Outcome;
use crate::python::{Python, without_aws_settings};
use crate::run::{self, Failure};

/// An organization like the one that moto makes: a management account of the same id, and nothing else.
const DAY_ONE: &str = "tests/conformance/organization.yaml";

/// Our client's Organizations, IAM and STS calls; moto's StackSets are too unlike AWS's to show anything.
pub(super) fn against_client(python: &Python) -> Result<Outcome, Failure> {
    let server = Server::start(python, "moto_client_server")?;
    run_program(python.command().arg(script("moto_seed.py")).arg(&server.url), "moto_seed")?;
    let mut command = run::cargo(&["test", "--workspace", "--test", "moto", "--", "--ignored"]);
    without_aws_settings(&mut command);
    run_program(command.env("ROLECALL_MOTO_URL", &server.url), "moto_client")?;
    Ok(Outcome::Passed)
}

/// The same calls on moto and on the sandbox: the same results, or a difference that is known and has its reason.
pub(super) fn beside_sandbox(python: &Python, records: &Records) -> Result<Outcome, Failure> {
    let server = Server::start(python, "moto_sandbox_server")?;
    let stage = Stage::set(records, "moto_sandbox", DAY_ONE)?;
    let mut command = python.command();
    command.arg(script("moto_sandbox.py")).arg(&stage.sandbox.url).arg(&server.url);
    run_program(&mut command, "moto_sandbox")?;
    Ok(Outcome::Passed)
}

/// A server that ends when this is dropped.
struct Server {
    process: Child,
    url: String,
}

impl Server {
    fn start(python: &Python, name: &str) -> Result<Self, Failure> {
        // It prints a traceback for each call that it does not know, StackSets' among them.
        let path = run::target()?.join(format!("conformance/{name}.log"));
        let log = File::create(&path)?;
        let mut command = python.command();
        command.arg(script("moto_serve.py")).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log);
        let mut server = Self { process: command.spawn()?, url: String::new() };
        let stdout = server.process.stdout.take().ok_or("the moto server has no output")?;
        BufReader::new(stdout).read_line(&mut server.url)?;
        server.url.truncate(server.url.trim_end().len());
        if server.url.is_empty() {
            return Err(format!("the moto server did not start; {} says why", path.display()).into());
        }
        Ok(server)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already; there is nothing to do about either failure.
        drop(self.process.kill());
        drop(self.process.wait());
    }
}
