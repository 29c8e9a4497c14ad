//! `cargo xtask bench`: how fast and how large, in one table and one run, beside other ways to the same end.

mod calls;
mod load;
mod measure;
mod planning;
mod processes;
mod rows;
mod sandbox;
mod scene;
mod table;
mod terraform;

pub(crate) use measure::child as measure_child;

use std::time::Duration;

use crate::conformance;
use crate::outcome::{Line, summarize};
use crate::run::{self, Failure};
use rows::Subject;
use scene::Scene;
use table::Row;

/// What AWS takes for an answer, near enough.
const LATENCY: Duration = Duration::from_millis(30);

/// How many calls are under way at once, in our client as in the scripts beside it.
const PARALLELISM: usize = 32;

/// What to measure.
struct Options {
    /// Accounts of the simulated organization.
    accounts: usize,
    /// Parts to measure; all of them when empty.
    only: Vec<String>,
}

const PARTS: [&str; 7] = ["rolecall", "boto3", "terraform", "planning", "help", "sandbox", "drift"];

impl Options {
    fn parse(mut words: &[&str]) -> Result<Self, Failure> {
        let mut options = Self { accounts: 1000, only: Vec::new() };
        while let [option, value, rest @ ..] = words {
            match *option {
                "--accounts" => options.accounts = value.parse()?,
                "--only" if PARTS.contains(value) => options.only.push((*value).to_owned()),
                _ => return Err(format!("not understood: {option} {value}; the parts are {PARTS:?}").into()),
            }
            words = rest;
        }
        if words.is_empty() { Ok(options) } else { Err(format!("not understood: {words:?}").into()) }
    }

    fn includes(&self, part: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|only| only == part)
    }
}

/// Measures and prints the table.
///
/// # Errors
/// When an option is not known, or something that should run does not. A limit that is not kept is only said.
pub(crate) fn main(words: &[&str]) -> Result<(), Failure> {
    let options = Options::parse(words)?;
    if options.includes("drift") {
        summarize(&[Line::of("kinds of drift, by Terraform", conformance::drift_by_terraform)])?;
    }
    if options.only == ["drift"] {
        return Ok(());
    }
    run::run(&mut run::cargo(&["build", "--release", "--workspace"]), run::HOUR)?;
    let mut lines = Vec::new();
    if options.includes("help") {
        lines.push(rows::help()?);
    }
    if options.includes("planning") {
        lines.push(planning::row()?);
    }
    if options.includes("sandbox") {
        lines.extend(sandbox::rows()?);
    }
    for integrations in [1, 3] {
        lines.extend(with_integrations(&options, integrations)?);
    }
    let title = format!(
        "{} accounts, {} ms added to every call, {PARALLELISM} calls at once; nothing to change",
        options.accounts,
        LATENCY.as_millis()
    );
    table::print(&title, &lines);
    Ok(())
}

/// The programs that read an organization, one after the other.
fn with_integrations(options: &Options, integrations: usize) -> Result<Vec<Row>, Failure> {
    let subjects: Vec<Subject> = Subject::ALL.into_iter().filter(|subject| options.includes(subject.part())).collect();
    let terraform = options.includes("terraform") && integrations == 1;
    if subjects.is_empty() && !terraform {
        return Ok(Vec::new());
    }
    let scene = Scene::set(options.accounts, integrations)?;
    let mut table = Vec::new();
    for subject in subjects {
        table.push(subject.measure(&scene)?);
    }
    if terraform {
        table.push(terraform::row(&scene)?);
    }
    Ok(table)
}
