//! One run of a case again and again, each time with something else going wrong.

use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::Value;

use crate::case::{Case, Shock};
use crate::likeness::{Compared, likeness};
use crate::process::Ended;
use crate::stage::{Entry, Prepared, Stage, check, story};

/// Most of a run that fails is waiting for the next attempt.
const AT_A_TIME: usize = 12;
/// So many problems are shown; the others are like them.
const SHOWN: usize = 3;

/// How a run goes when nothing is in its way.
pub(crate) struct Undisturbed {
    pub(crate) prepared: Prepared,
    /// The calls that it makes.
    pub(crate) calls: Vec<Entry>,
    /// What it says.
    pub(crate) ended: Ended,
    /// What is there after it.
    end: Value,
}

impl Undisturbed {
    /// Plays a case, and a command in the place of its last run.
    pub(crate) fn of(folder: &Path, case: &Case, command: Option<&str>) -> Result<Self, String> {
        let mut prepared = Stage::set(folder, case)?.prepare(case)?;
        if let Some(command) = command {
            command.clone_into(&mut prepared.command);
        }
        let stage = prepared.stage()?;
        let (ended, calls) = stage.rolecall(&prepared.command, &[])?;
        check(ended.code == Some(0), || format!("the run fails by itself\n{}", story(&ended)))?;
        let end = stage.state()?;
        Ok(Self { prepared, calls, ended, end })
    }
}

/// Plays a case with each call of its last run failing in turn.
pub(crate) fn shake(folder: &Path, case: &Case, shock: Shock) -> Result<(), String> {
    let undisturbed = Undisturbed::of(folder, case, None)?;
    let moments: Vec<usize> = match shock {
        // It is killed after each write; being killed after a read is being killed after the write before it.
        Shock::Killed => {
            let writes = undisturbed.calls.iter().enumerate().filter(|(_, call)| call.is_write());
            writes.map(|(before, _)| before + 1).collect()
        }
        Shock::Denied | Shock::ResetBefore | Shock::ResetAfter | Shock::ServerErrorAfter => {
            (0..undisturbed.calls.len()).collect()
        }
    };
    check(!moments.is_empty(), || "it made no call".to_owned())?;
    each(&moments, |moment| {
        let after = undisturbed.calls[..*moment].last().map(Entry::name).unwrap_or_default();
        strike(&undisturbed, shock, *moment)
            .map_err(|problem| format!("with {moment} calls, the last {after}: {problem}"))
    })
}

/// One run in which the call after so many others fails. Whatever comes of it, the next one ends as the undisturbed did.
fn strike(undisturbed: &Undisturbed, shock: Shock, calls: usize) -> Result<(), String> {
    let command = &undisturbed.prepared.command;
    let stage = undisturbed.prepared.stage()?;
    stage.faults(&[shock.rule(calls)])?;
    let (ended, _) = match shock {
        Shock::Killed => stage.killed(command, calls)?,
        Shock::Denied | Shock::ServerErrorAfter | Shock::ResetBefore | Shock::ResetAfter => {
            stage.rolecall(command, &[])?
        }
    };
    let is_orderly = matches!(ended.code, Some(0 | 1)) || matches!(shock, Shock::Killed) && ended.code.is_none();
    check(is_orderly && !ended.stderr.contains("panicked"), || format!("it did not end in order\n{}", story(&ended)))?;
    stage.faults(&[])?;
    let compared = match shock {
        // What was begun is found again, so no operation is made twice.
        Shock::Killed => Compared::WithHistory,
        Shock::Denied | Shock::ServerErrorAfter | Shock::ResetBefore | Shock::ResetAfter => Compared::Result,
    };
    mended(undisturbed, &stage, compared).map_err(|problem| format!("{problem}\nafter this run\n{}", story(&ended)))
}

/// Runs once more, and compares what is there then with what is there when nothing goes wrong.
pub(crate) fn mended(undisturbed: &Undisturbed, stage: &Stage, compared: Compared) -> Result<(), String> {
    // A command that writes nothing need not be run again to show that it left nothing.
    if undisturbed.calls.iter().any(Entry::is_write) {
        stage.finish(&undisturbed.prepared.command)?;
    }
    let (wanted, found) = (likeness(undisturbed.end.clone(), compared), likeness(stage.state()?, compared));
    if wanted == found {
        return Ok(());
    }
    let (wanted, found) = (lines(&wanted), lines(&found));
    let only = |sign: char, one: &[String], other: &[String]| {
        let lines = one.iter().filter(|line| !other.contains(line)).take(20);
        lines.map(|line| format!("{sign} {line}")).collect::<Vec<_>>().join("\n")
    };
    Err(format!("another world came of it\n{}\n{}", only('-', &wanted, &found), only('+', &found, &wanted)))
}

fn lines(value: &Value) -> Vec<String> {
    format!("{value:#}").lines().map(str::to_owned).collect()
}

/// Does some work for each item, several at a time, and tells what went wrong with the first few.
pub(crate) fn each<T: Sync>(items: &[T], work: impl Fn(&T) -> Result<(), String> + Sync) -> Result<(), String> {
    let (next, problems) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..AT_A_TIME {
            scope.spawn(|| {
                while let Some(item) = items.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if let Err(problem) = work(item) {
                        problems.lock().expect("no thread panics holding it").push(problem);
                    }
                }
            });
        }
    });
    let problems = problems.into_inner().expect("no thread panics holding it");
    check(problems.is_empty(), || {
        let shown = problems[..SHOWN.min(problems.len())].join("\n\n");
        format!("{} of {} failed\n\n{shown}", problems.len(), items.len())
    })
}
