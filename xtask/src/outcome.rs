//! What became of each part of the test command.

use std::time::{Duration, Instant};

use crate::run::Failure;

/// What became of a part.
pub(crate) enum Outcome {
    /// It ran, and all was well.
    Passed,
    /// It ran, or could not; the text says what went wrong.
    Failed(String),
    /// It was not run; the text says why.
    LeftOut(String),
}

/// A part's line in the summary.
pub(crate) struct Line {
    name: String,
    outcome: Outcome,
    took: Duration,
}

impl Line {
    /// Runs a part and notes what became of it.
    pub(crate) fn of(name: &str, part: impl FnOnce() -> Result<Outcome, Failure>) -> Self {
        eprintln!("\n==> {name}");
        let start = Instant::now();
        let outcome = part().unwrap_or_else(|failure| Outcome::Failed(failure.to_string()));
        if let Outcome::Failed(why) = &outcome {
            eprintln!("    failed: {why}");
        }
        Self { name: name.to_owned(), outcome, took: start.elapsed() }
    }
}

/// Prints the summary.
///
/// # Errors
/// When a part failed.
pub(crate) fn summarize(lines: &[Line]) -> Result<(), Failure> {
    let width = lines.iter().map(|line| line.name.len()).max().unwrap_or(0);
    println!("\n{:width$}  outcome   seconds", "part");
    for Line { name, outcome, took } in lines {
        let (word, why) = match outcome {
            Outcome::Passed => ("passed", ""),
            Outcome::Failed(why) => ("FAILED", why.as_str()),
            Outcome::LeftOut(why) => ("left out", why.as_str()),
        };
        println!("{name:width$}  {word:8}  {:7.1}  {why}", took.as_secs_f64());
    }
    let count = |wanted: fn(&Outcome) -> bool| lines.iter().filter(|line| wanted(&line.outcome)).count();
    let failed = count(|outcome| matches!(outcome, Outcome::Failed(_)));
    let left_out = count(|outcome| matches!(outcome, Outcome::LeftOut(_)));
    let passed = lines.len() - failed - left_out;
    println!("\n{passed} passed, {failed} failed, {left_out} left out");
    if failed > 0 { Err(format!("{failed} of {} parts failed", lines.len()).into()) } else { Ok(()) }
}
