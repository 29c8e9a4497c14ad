//! Our sandbox and our client against programs that nobody here wrote: boto3, the AWS CLI, Terraform, a moto server, a JSON
//! Schema validator, a template linter and a browser.

mod browser;
mod moto;
mod records;
mod terraform;

pub(crate) use records::Records;

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::outcome::{Line, Outcome};
use crate::python::Python;
use crate::run::{self, Failure};
use crate::sandbox::Sandbox;

/// The organization that most scripts find.
const ACME: &str = "examples/acme/organization.yaml";
const LIMIT: Duration = Duration::from_mins(10);

/// Scripts that are run against a sandbox of their own, and their words; the last word, its URL, comes after these.
const AGAINST_SANDBOX: [(&str, &[&str]); 11] = [
    ("boto3 on the sandbox: every operation", &["every_operation", "boto3"]),
    ("AWS CLI on the sandbox: every operation", &["every_operation", "aws"]),
    ("boto3 on the sandbox: IAM, STS, Organizations", &["boto3_sandbox_iam_org"]),
    ("boto3 on the sandbox: users, credentials, simulator, sessions", &["boto3_sandbox_iam"]),
    ("boto3 on the sandbox: Organizations, limits, faults", &["boto3_sandbox_org"]),
    ("boto3 on the sandbox: CloudFormation", &["boto3_sandbox_cfn"]),
    ("boto3 on the sandbox: stacks, change sets, drift", &["boto3_sandbox_stacks"]),
    ("boto3 on the sandbox: Systems Manager", &["boto3_sandbox_ssm"]),
    ("boto3 on the sandbox: CloudTrail", &["boto3_sandbox_trail"]),
    ("AWS CLI on the sandbox", &["awscli_sandbox"]),
    ("documents against their schemas, templates linted", &["documents"]),
];

/// Scripts that start sandboxes of their own, or need none.
const BY_THEMSELVES: [(&str, &str); 5] = [
    ("what makes AWS hard to reconcile", "behaviours.py"),
    ("recipes against their schemas", "recipes.py"),
    ("the GitHub action's scripts", "action.py"),
    ("from a pull request to the nightly drift", "github_flow.py"),
    ("commands of the other recipes", "pipelines.py"),
];

/// Runs the whole suite, a line of the summary each.
pub(crate) fn all(records: &Records) -> Vec<Line> {
    let mut python = None;
    let mut lines = vec![Line::of("conformance: set up", || {
        run::run(&mut run::cargo(&run::BUILD), run::HOUR)?;
        python = Some(Python::prepare()?);
        Ok(Outcome::Passed)
    })];
    let Some(python) = python else { return lines };
    std::thread::scope(|scope| {
        // It mostly waits, for ten seconds at a time.
        let terraform =
            scope.spawn(|| Line::of("Terraform on the sandbox", || terraform::against_sandbox(&python, records)));
        for (name, words) in AGAINST_SANDBOX {
            lines.push(Line::of(name, || against_sandbox(&python, records, words)));
        }
        for (name, script) in BY_THEMSELVES {
            lines.push(Line::of(name, || by_itself(&python, records, script)));
        }
        lines.push(Line::of("reports in a browser", || browser::reports(&python, records)));
        lines.push(Line::of("moto beside the sandbox", || moto::beside_sandbox(&python, records)));
        lines.push(Line::of("our client on a moto server", || moto::against_client(&python)));
        let panicked = |_| Line::of("Terraform on the sandbox", || Err("its thread panicked".into()));
        lines.push(terraform.join().unwrap_or_else(panicked));
    });
    lines.push(Line::of("every answer against AWS's models", || records.check(&python)));
    lines
}

/// Measures which kinds of drift `terraform plan` tells of, and holds the documentation against it. It takes minutes.
pub(crate) fn drift_by_terraform() -> Result<Outcome, Failure> {
    run::run(&mut run::cargo(&run::BUILD), run::HOUR)?;
    terraform::on_drift()
}

fn script(name: &str) -> PathBuf {
    Path::new("tests/conformance").join(name)
}

/// A sandbox that keeps its state and records what it is asked and answers.
struct Stage {
    sandbox: Sandbox,
    rolecall: PathBuf,
}

impl Stage {
    fn set(records: &Records, part: &str, organization: &str) -> Result<Self, Failure> {
        let rolecall = run::target()?.join("debug/rolecall");
        let directory = run::target()?.join("conformance");
        std::fs::create_dir_all(&directory)?;
        let state = directory.join(format!("{part}.json"));
        if state.exists() {
            std::fs::remove_file(&state)?;
        }
        let (state, record) = (state.to_string_lossy(), records.file(part));
        let options = ["--state", &state, "--record", &record.to_string_lossy()];
        let sandbox = Sandbox::start(&rolecall, &run::root().join(organization), &options)?;
        Ok(Self { sandbox, rolecall })
    }
}

fn against_sandbox(python: &Python, records: &Records, words: &[&str]) -> Result<Outcome, Failure> {
    let [name, arguments @ ..] = words else { return Err("which script?".into()) };
    let stage = Stage::set(records, &words.join("-"), ACME)?;
    let mut command = python.command();
    command.env("ROLECALL", &stage.rolecall).arg(script(&format!("{name}.py"))).args(arguments).arg(&stage.sandbox.url);
    run::run(&mut command, LIMIT)?;
    Ok(Outcome::Passed)
}

fn by_itself(python: &Python, records: &Records, name: &str) -> Result<Outcome, Failure> {
    let (variable, directory) = records.variable();
    let mut command = python.command();
    command.env("ROLECALL", run::target()?.join("debug/rolecall")).env(variable, directory);
    run::run(command.arg(script(name)), LIMIT)?;
    Ok(Outcome::Passed)
}
