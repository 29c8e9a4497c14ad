//! The fault matrix: every operation that a command calls, failing in every way.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::{Value, json};

use crate::case::Case;
use crate::likeness::Compared;
use crate::process::Ended;
use crate::root;
use crate::shake::{Undisturbed, each, mended};
use crate::stage::{Entry, check, story};

/// How long a call that hangs is waited for, so that nobody waits for the usual twenty seconds. Throttling without an end
/// is stood for fifteen times as long.
const CALL_TIMEOUT: &str = "250ms";

/// A way for calls to fail.
#[derive(Debug, Clone, Copy)]
enum Kind {
    Throttle,
    ServerErrorBefore,
    ServerErrorAfter,
    Hang,
    ResetBefore,
    ResetAfter,
    Denied,
}

const KINDS: [Kind; 7] = [
    Kind::Throttle,
    Kind::ServerErrorBefore,
    Kind::ServerErrorAfter,
    Kind::Hang,
    Kind::ResetBefore,
    Kind::ResetAfter,
    Kind::Denied,
];

/// How often an operation fails.
#[derive(Debug, Clone, Copy)]
enum Times {
    /// The first call of it.
    Once,
    /// Every call of it, to the end of the run.
    Always,
}

/// One combination.
struct Combination<'a> {
    undisturbed: &'a Undisturbed,
    /// Like `iam:CreateRole`.
    operation: String,
    kind: Kind,
    times: Times,
}

impl Kind {
    fn effect(self) -> Value {
        match self {
            Self::Throttle => json!("throttle"),
            Self::ServerErrorBefore => json!("server_error_before"),
            Self::ServerErrorAfter => json!("server_error_after"),
            Self::Hang => json!({ "hang_ms": 600_000 }),
            Self::ResetBefore => json!("reset_before"),
            Self::ResetAfter => json!("reset_after"),
            Self::Denied => {
                json!({ "error": { "code": "AccessDenied", "status": 403, "message": "Denied for a test" } })
            }
        }
    }
}

/// Tries every combination for each of a case's commands, and counts them against what the README says.
pub(crate) fn run(folder: &Path, case: &Case) -> Result<(), String> {
    let undisturbed: Result<Vec<Undisturbed>, String> =
        case.matrix.iter().map(|command| Undisturbed::of(folder, case, Some(command))).collect();
    let undisturbed = undisturbed?;
    let mut combinations = Vec::new();
    for undisturbed in &undisturbed {
        let operations: BTreeSet<String> = undisturbed.calls.iter().map(Entry::name).collect();
        for operation in operations {
            for kind in KINDS {
                combinations.extend([Times::Once, Times::Always].map(|times| Combination {
                    undisturbed,
                    operation: operation.clone(),
                    kind,
                    times,
                }));
            }
        }
    }
    each(&combinations, |combination| {
        let Combination { undisturbed, operation, kind, times } = combination;
        let command = &undisturbed.prepared.command;
        combination.run().map_err(|problem| format!("{command}: {operation}, {kind:?} {times:?}: {problem}"))
    })?;
    let said = format!("{} combinations", combinations.len());
    let readme = std::fs::read_to_string(root().join("README.md")).map_err(|error| error.to_string())?;
    check(readme.contains(&said), || format!("all is well, but the README does not say \"{said}\""))
}

impl Combination<'_> {
    fn run(&self) -> Result<(), String> {
        let Self { undisturbed, operation, kind, times } = self;
        let (service, name) = operation.split_once(':').unwrap_or_default();
        let times = match times {
            Times::Once => Some(1),
            Times::Always => None,
        };
        let rule =
            json!({ "service": service, "operation": name, "when": { "times": times }, "effect": kind.effect() });
        let stage = undisturbed.prepared.stage()?;
        stage.faults(&[rule])?;
        let command = match kind {
            Kind::Hang | Kind::Throttle => format!("{} --call-timeout {CALL_TIMEOUT}", undisturbed.prepared.command),
            _ => undisturbed.prepared.command.clone(),
        };
        let (ended, _) = stage.rolecall(&command, &[])?;
        self.well_said(&ended).map_err(|problem| format!("{problem}\n{}", story(&ended)))?;
        stage.faults(&[])?;
        mended(undisturbed, &stage, Compared::Result)
            .map_err(|problem| format!("{problem}\nafter this run\n{}", story(&ended)))
    }

    /// Whether the run succeeded, or said which call failed.
    fn well_said(&self, ended: &Ended) -> Result<(), String> {
        let Self { undisturbed, operation, .. } = self;
        check(!ended.stderr.contains("panicked"), || "it panicked".to_owned())?;
        let names = ended.stdout.contains(operation.as_str()) || ended.stderr.contains(operation.as_str());
        match ended.code {
            Some(0) if names || ended.stdout == undisturbed.ended.stdout => Ok(()),
            Some(0) => Err("it says that all is well, and says something else".to_owned()),
            Some(1) if names && ended.stderr.contains("error: ") => Ok(()),
            Some(1) => Err(format!("the failure does not name {operation}")),
            _ => Err("it did not end in order".to_owned()),
        }
    }
}
