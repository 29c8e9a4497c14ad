//! The programs that read the organization, and the time it takes to say how a program is used.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use super::calls::Calls;
use super::measure::{Usage, measure};
use super::scene::{self, Scene, rolecall};
use super::table::Row;
use super::{LATENCY, PARALLELISM};
use crate::python::Python;
use crate::run::{self, Failure};
use crate::sandbox;

/// A program that reads what `rolecall plan` reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Subject {
    /// `rolecall plan`
    Plan,
    /// `rolecall drift`
    Drift,
    /// A script as one would write it first.
    Plain,
    /// A script by someone who knows botocore.
    Tuned,
}

impl Subject {
    /// All, in the order of the table.
    pub(crate) const ALL: [Self; 4] = [Self::Plan, Self::Drift, Self::Plain, Self::Tuned];

    /// The part of the benchmark that it belongs to.
    pub(crate) fn part(self) -> &'static str {
        match self {
            Self::Plan | Self::Drift => "rolecall",
            Self::Plain | Self::Tuned => "boto3",
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Plan => "rolecall plan",
            Self::Drift => "rolecall drift",
            Self::Plain => "boto3, plain",
            Self::Tuned => "boto3, tuned",
        }
    }

    /// The script, told which roles to look for.
    fn script(self, scene: &Scene, python: &Python) -> Command {
        let file = if self == Self::Plain { "boto3_plain.py" } else { "boto3_tuned.py" };
        let mut command = python.command();
        command.arg(run::root().join("tests/bench").join(file)).args(&scene.roles);
        scene.within(command)
    }

    /// Runs the program once and says what it took.
    ///
    /// # Errors
    /// When it fails. Without Python the line says so.
    pub(crate) fn measure(self, scene: &Scene) -> Result<Row, Failure> {
        let what = format!("{}, {}", self.name(), count(scene.roles.len()));
        let command = match self {
            Self::Plan => reading(scene, &["plan", "--detailed-exitcode"])?,
            Self::Drift => reading(scene, &["drift", "--pending-exitcode"])?,
            Self::Plain | Self::Tuned => match Python::prepare() {
                Ok(python) => self.script(scene, &python),
                Err(why) => return Ok(Row::without_numbers(&what, &format!("not measured: {why}"))),
            },
        };
        scene::rest();
        sandbox::post(&scene.sandbox.url, "/_sandbox/audit/reset", "")?;
        let usage = measure(&command)?;
        let connections = connections(scene)?;
        let calls = Calls::of_sandbox(&scene.sandbox)?;
        Ok(row(what, self, usage, &calls, connections))
    }
}

/// Our program, told to fail when it finds anything.
fn reading(scene: &Scene, words: &[&str]) -> Result<Command, Failure> {
    let mut command = scene.rolecall()?;
    command.args(words).args(["--quiet", "--parallelism", &PARALLELISM.to_string()]);
    Ok(command)
}

/// Connections that the sandbox has accepted since its log was emptied, less the one that asks.
fn connections(scene: &Scene) -> Result<u64, Failure> {
    let stats: serde_json::Value = serde_json::from_str(&sandbox::get(&scene.sandbox.url, "/_sandbox/stats")?)?;
    let count = stats.get("connections").and_then(serde_json::Value::as_u64);
    count.map(|count| count.saturating_sub(1)).ok_or_else(|| "the sandbox does not count connections".into())
}

fn row(what: String, subject: Subject, usage: Usage, calls: &Calls, connections: u64) -> Row {
    let floor = calls.floor(LATENCY, PARALLELISM);
    let ratio = usage.wall.as_secs_f64() / floor.as_secs_f64();
    let values = [
        seconds(usage.wall),
        seconds(floor),
        format!("{ratio:.2}"),
        seconds(usage.cpu),
        megabytes(usage.peak),
        calls.total().to_string(),
        format!("{:.2}", calls.per_account()),
        connections.to_string(),
    ];
    let remark = match subject {
        Subject::Plan | Subject::Drift => {
            let kept = ratio <= 1.5
                && calls.per_account() <= 4.0
                && usage.cpu < Duration::from_secs(3)
                && usage.peak < 100_000_000;
            verdict(kept, "wall 1.5 floors, 3 s CPU, 100 MB, 4 calls an account")
        }
        Subject::Plain | Subject::Tuned => "the same reads".to_owned(),
    };
    Row { what, cells: values, remark }
}

/// A limit, and whether it was kept.
pub(crate) fn verdict(kept: bool, limit: &str) -> String {
    format!("{limit}: {}", if kept { "kept" } else { "NOT KEPT" })
}

/// Seconds, to the hundredth.
pub(crate) fn seconds(duration: Duration) -> String {
    format!("{:.2}", duration.as_secs_f64())
}

/// Millions of bytes.
pub(crate) fn megabytes(bytes: u64) -> String {
    (bytes / 1_000_000).to_string()
}

/// How long `rolecall --help` takes: the median of many runs.
///
/// # Errors
/// When it fails.
pub(crate) fn help() -> Result<Row, Failure> {
    let program = rolecall()?;
    let mut command = Command::new(Path::new(&program));
    command.arg("--help");
    let mut runs = Vec::new();
    for _ in 0..21 {
        runs.push(measure(&command)?);
    }
    runs.sort_by_key(|usage| usage.wall);
    let usage = runs[runs.len() / 2];
    let mut row = Row::without_numbers("rolecall --help", "");
    row.cells[0] = format!("{:.4}", usage.wall.as_secs_f64());
    row.cells[3] = format!("{:.4}", usage.cpu.as_secs_f64());
    row.cells[4] = megabytes(usage.peak);
    row.remark = verdict(usage.wall < Duration::from_millis(20), "20 ms");
    Ok(row)
}

fn count(integrations: usize) -> String {
    if integrations == 1 { "1 integration".to_owned() } else { format!("{integrations} integrations") }
}
