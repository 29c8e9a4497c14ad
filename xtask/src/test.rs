//! `cargo xtask test`: everything that must hold before a change is merged.

use std::process::Command;

use crate::conformance::{self, Records};
use crate::outcome::{Line, Outcome, summarize};
use crate::run::{self, Failure, cargo};
use crate::schema;

const PARTS: [&str; 6] = ["format", "clippy", "tests", "schema", "conformance", "deny"];
const DENY: &[&str] = &["check", "licenses", "bans", "sources"];
const DENY_VERSION: &str = "0.20.2";

/// Runs the parts that the options name, all of them without options, and prints a summary.
///
/// # Errors
/// When an option is not known, or a part failed.
pub(crate) fn main(mut options: &[&str]) -> Result<(), Failure> {
    let mut only: Vec<&str> = Vec::new();
    while let [option, rest @ ..] = options {
        options = match (*option, rest) {
            ("--only", [part, rest @ ..]) if PARTS.contains(part) => {
                only.push(part);
                rest
            }
            _ => return Err(format!("not understood: {options:?}; the parts are {PARTS:?}").into()),
        };
    }
    let records = Records::begin()?;
    let mut lines = Vec::new();
    for part in PARTS.into_iter().filter(|part| only.is_empty() || only.contains(part)) {
        match part {
            "format" => lines.push(Line::of(part, || run_cargo(&["fmt", "--all", "--check"]))),
            "clippy" => lines.push(Line::of(part, clippy)),
            "tests" => lines.push(Line::of(part, || tests(&records))),
            "schema" => lines.push(Line::of(part, schema::check)),
            "conformance" => lines.extend(conformance::all(&records)),
            _ => lines.push(Line::of(part, check_dependencies)),
        }
    }
    summarize(&lines)
}

fn run_cargo(arguments: &[&str]) -> Result<Outcome, Failure> {
    run::run(&mut cargo(arguments), run::HOUR)?;
    Ok(Outcome::Passed)
}

/// The tests in the crates and the case folders, whose sandboxes record what our client was answered.
fn tests(records: &Records) -> Result<Outcome, Failure> {
    let (name, value) = records.variable();
    run::run(cargo(&["test", "--workspace", "--no-fail-fast"]).env(name, value), run::HOUR)?;
    Ok(Outcome::Passed)
}

fn clippy() -> Result<Outcome, Failure> {
    run_cargo(&["clippy", "--workspace", "--all-targets", "--", "--deny", "warnings"])
}

/// Licences, forbidden crates and sources. Advisories need a database from the network and are left to the forge.
///
/// cargo-deny is built when it is missing: unoptimized, two minutes of CPU once, and it still checks in three seconds.
fn check_dependencies() -> Result<Outcome, Failure> {
    if run::exists("cargo-deny", "--version") {
        return run_cargo(&[&["deny"], DENY].concat());
    }
    let tools = run::target()?.join("tools");
    let built = tools.join("bin/cargo-deny");
    if !built.exists() {
        let install = ["install", "cargo-deny", "--locked", "--quiet", "--debug", "--version", DENY_VERSION];
        if let Err(failure) = run::run(cargo(&install).arg("--root").arg(&tools), run::HOUR) {
            // Away from the network one can still run the rest; the forge always has one.
            let why = format!("cargo-deny cannot be had: {failure}");
            return if std::env::var_os("CI").is_some() { Err(why.into()) } else { Ok(Outcome::LeftOut(why)) };
        }
    }
    run::run(Command::new(built).args(DENY).current_dir(run::root()), run::HOUR)?;
    Ok(Outcome::Passed)
}
