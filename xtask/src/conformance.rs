//! Our sandbox and our client against programs that nobody here wrote: boto3, the AWS CLI, a moto server, a JSON Schema
//! validator and a template linter.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::outcome::{Line, Outcome};
use crate::python::{Python, without_aws_settings};
use crate::run::{self, Failure};
use crate::sandbox::Sandbox;

const ORGANIZATION: &str = "examples/acme/organization.yaml";
const LIMIT: Duration = Duration::from_mins(10);

/// Scripts that are run against a sandbox of their own; the last word of the command line is its URL.
const AGAINST_SANDBOX: [(&str, &str); 5] = [
    ("boto3 on the sandbox: IAM, STS, Organizations", "boto3_sandbox_iam_org.py"),
    ("boto3 on the sandbox: CloudFormation", "boto3_sandbox_cfn.py"),
    ("boto3 on the sandbox: Systems Manager", "boto3_sandbox_ssm.py"),
    ("AWS CLI on the sandbox", "awscli_sandbox.py"),
    ("documents against their schemas, templates linted", "documents.py"),
];

/// Runs the whole suite, a line of the summary each.
pub(crate) fn all() -> Vec<Line> {
    let mut python = None;
    let mut lines = vec![Line::of("conformance: set up", || {
        run::run(&mut run::cargo(&["build", "--workspace"]), run::HOUR)?;
        python = Some(Python::prepare()?);
        Ok(Outcome::Passed)
    })];
    let Some(python) = python else { return lines };
    for (name, script) in AGAINST_SANDBOX {
        lines.push(Line::of(name, || against_sandbox(&python, script)));
    }
    lines.push(Line::of("our client on a moto server", || against_moto(&python)));
    lines
}

fn script(name: &str) -> PathBuf {
    Path::new("tests/conformance").join(name)
}

fn against_sandbox(python: &Python, name: &str) -> Result<Outcome, Failure> {
    let rolecall = run::target()?.join("debug/rolecall");
    let state = run::target()?.join("conformance-state.json");
    if state.exists() {
        std::fs::remove_file(&state)?;
    }
    let state = state.to_string_lossy();
    let sandbox = Sandbox::start(&rolecall, &run::root().join(ORGANIZATION), &["--state", &state])?;
    let mut command = python.command();
    run::run(command.env("ROLECALL", &rolecall).arg(script(name)).arg(&sandbox.url), LIMIT)?;
    Ok(Outcome::Passed)
}

/// Our client's Organizations, IAM and STS calls; moto's StackSets are too unlike AWS's to show anything.
fn against_moto(python: &Python) -> Result<Outcome, Failure> {
    // It prints a traceback for each call that it does not know, StackSets' among them.
    let log = std::fs::File::create(run::target()?.join("moto.log"))?;
    let mut command = python.command();
    command.arg(script("moto_serve.py")).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log);
    let mut server = Server(command.spawn()?);
    let stdout = server.0.stdout.take().ok_or("the moto server has no output")?;
    let mut url = String::new();
    BufReader::new(stdout).read_line(&mut url)?;
    let url = url.trim();
    if url.is_empty() {
        return Err("the moto server did not start; target/moto.log says why".into());
    }
    run::run(python.command().arg(script("moto_seed.py")).arg(url), LIMIT)?;
    let mut command: Command = run::cargo(&["test", "--workspace", "--test", "moto", "--", "--ignored"]);
    without_aws_settings(&mut command);
    run::run(command.env("ROLECALL_MOTO_URL", url), LIMIT)?;
    Ok(Outcome::Passed)
}

/// A server that ends when this is dropped.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already; there is nothing to do about either failure.
        drop(self.0.kill());
        drop(self.0.wait());
    }
}
