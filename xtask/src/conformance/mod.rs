//! Our sandbox and our client against programs that nobody here wrote: boto3, the AWS CLI, Terraform, a moto server, a JSON
//! Schema validator, readers of SARIF, test results and Markdown, a template linter and a browser.

mod browser;
mod moto;
mod records;
mod terraform;

pub(crate) use records::Records;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
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
    ("AWS CLI on the sandbox: every operation", &["every_operation", "aws"]),
    ("AWS CLI on the sandbox", &["awscli_sandbox"]),
    ("boto3 on the sandbox: CloudFormation", &["boto3_sandbox_cfn"]),
    ("boto3 on the sandbox: every operation", &["every_operation", "boto3"]),
    ("boto3 on the sandbox: IAM, STS, Organizations", &["boto3_sandbox_iam_org"]),
    ("boto3 on the sandbox: users, credentials, simulator, sessions", &["boto3_sandbox_iam"]),
    ("boto3 on the sandbox: Organizations, limits, faults", &["boto3_sandbox_org"]),
    ("boto3 on the sandbox: stacks, change sets, drift", &["boto3_sandbox_stacks"]),
    ("boto3 on the sandbox: Systems Manager", &["boto3_sandbox_ssm"]),
    ("boto3 on the sandbox: CloudTrail", &["boto3_sandbox_trail"]),
    ("documents against their schemas, templates linted", &["documents"]),
];

/// Scripts that start sandboxes of their own, or need none.
const BY_THEMSELVES: [(&str, &str); 6] = [
    ("what makes AWS hard to reconcile", "behaviours.py"),
    ("SARIF, JUnit and Markdown by their readers", "formats.py"),
    ("recipes against their schemas", "recipes.py"),
    ("the GitHub action's scripts", "action.py"),
    ("from a pull request to the nightly drift", "github_flow.py"),
    ("commands of the other recipes", "pipelines.py"),
];

/// How many parts run at a time, on two cores: a script and its sandbox take turns, and Terraform mostly waits, for ten
/// seconds at a time.
const AT_A_TIME: usize = 4;

/// A part of the suite.
struct Part<'a> {
    name: &'static str,
    run: Box<dyn Fn() -> Result<Outcome, Failure> + Sync + 'a>,
}

impl<'a> Part<'a> {
    fn new(name: &'static str, run: impl Fn() -> Result<Outcome, Failure> + Sync + 'a) -> Self {
        Self { name, run: Box::new(run) }
    }
}

/// Runs the whole suite, a line of the summary each.
pub(crate) fn all(records: &Records) -> Vec<Line> {
    let mut python = None;
    let mut lines = vec![Line::of("conformance: set up", || {
        run::run(&mut run::cargo(&run::BUILD), run::HOUR)?;
        fs::create_dir_all(run::target()?.join("conformance"))?;
        python = Some(Python::prepare()?);
        Ok(Outcome::Passed)
    })];
    let Some(python) = python else { return lines };
    lines.extend(side_by_side(&parts(&python, records)));
    lines.push(Line::of("every answer against AWS's models", || records.check(&python)));
    lines
}

/// Those that take long come before those that do not, so that none of them is left to run alone.
fn parts<'a>(python: &'a Python, records: &'a Records) -> Vec<Part<'a>> {
    let mut parts = vec![
        Part::new("Terraform on the sandbox", || terraform::against_sandbox(python, records)),
        Part::new("reports in a browser", || browser::reports(python, records)),
        Part::new("our client on a moto server", || moto::against_client(python)),
        Part::new("moto beside the sandbox", || moto::beside_sandbox(python, records)),
    ];
    let scripts = BY_THEMSELVES.into_iter();
    parts.extend(scripts.map(|(name, script)| Part::new(name, move || by_itself(python, records, script))));
    let scripts = AGAINST_SANDBOX.into_iter();
    parts.extend(scripts.map(|(name, words)| Part::new(name, move || against_sandbox(python, records, words))));
    parts
}

/// Runs parts in their order, a few at a time.
fn side_by_side(parts: &[Part]) -> Vec<Line> {
    let next = AtomicUsize::new(0);
    let lane = || -> Vec<(usize, Line)> {
        let indices = std::iter::from_fn(|| Some(next.fetch_add(1, Ordering::Relaxed)));
        let taken = indices.map_while(|index| Some((index, parts.get(index)?)));
        taken.map(|(index, part)| (index, Line::of(part.name, &part.run))).collect()
    };
    let mut lines: Vec<(usize, Line)> = std::thread::scope(|scope| {
        let lanes: Vec<_> = (0..AT_A_TIME).map(|_| scope.spawn(lane)).collect();
        lanes
            .into_iter()
            .flat_map(|lane| lane.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .collect()
    });
    lines.sort_by_key(|(index, _)| *index);
    lines.into_iter().map(|(_, line)| line).collect()
}

/// Measures which kinds of drift `terraform plan` tells of, and holds the documentation against it. It takes minutes.
pub(crate) fn drift_by_terraform() -> Result<Outcome, Failure> {
    run::run(&mut run::cargo(&run::BUILD), run::HOUR)?;
    terraform::on_drift()
}

fn script(name: &str) -> PathBuf {
    Path::new("tests/conformance").join(name)
}

/// Runs a program of a part; what it says is kept in `target/conformance`.
fn run_program(command: &mut Command, name: &str) -> Result<(), Failure> {
    run::run_among_others(command, LIMIT, &run::target()?.join(format!("conformance/{name}.log")))
}

/// A sandbox that keeps its state and records what it is asked and answers.
struct Stage {
    sandbox: Sandbox,
    rolecall: PathBuf,
}

impl Stage {
    fn set(records: &Records, part: &str, organization: &str) -> Result<Self, Failure> {
        let rolecall = run::target()?.join("debug/rolecall");
        let state = run::target()?.join(format!("conformance/{part}.json"));
        if state.exists() {
            fs::remove_file(&state)?;
        }
        let (state, record) = (state.to_string_lossy(), records.file(part));
        let options = ["--state", &state, "--record", &record.to_string_lossy()];
        let sandbox = Sandbox::start(&rolecall, &run::root().join(organization), &options)?;
        Ok(Self { sandbox, rolecall })
    }
}

fn against_sandbox(python: &Python, records: &Records, words: &[&str]) -> Result<Outcome, Failure> {
    let [name, arguments @ ..] = words else { return Err("which script?".into()) };
    let part = words.join("-");
    let stage = Stage::set(records, &part, ACME)?;
    let mut command = python.command();
    command.env("ROLECALL", &stage.rolecall).arg(script(&format!("{name}.py"))).args(arguments).arg(&stage.sandbox.url);
    run_program(&mut command, &part)?;
    Ok(Outcome::Passed)
}

fn by_itself(python: &Python, records: &Records, name: &str) -> Result<Outcome, Failure> {
    let (variable, directory) = records.variable();
    let mut command = python.command();
    command.env("ROLECALL", run::target()?.join("debug/rolecall")).env(variable, directory);
    run_program(command.arg(script(name)), name)?;
    Ok(Outcome::Passed)
}
