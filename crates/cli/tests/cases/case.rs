//! What a case folder says: `case.yaml`, described in `tests/README.md`.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::file::Written;
use crate::operation::Operation;

/// A case: a world, and what is done in it step by step.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Case {
    /// What the case shows, in a sentence.
    pub(crate) about: String,
    /// A directory of the repository whose files the case begins with; its own files replace those of the same name.
    pub(crate) from: Option<String>,
    /// The directory, below that of the case, in which the program runs and in which files are named.
    #[serde(default)]
    pub(crate) directory: String,
    /// The organization file.
    #[serde(default = "organization")]
    pub(crate) organization: String,
    /// How much simulated time each request takes.
    #[serde(default = "ten")]
    pub(crate) seconds_per_request: u32,
    /// What is done, in order.
    pub(crate) steps: Vec<Step>,
    /// What must hold after the last step.
    #[serde(default)]
    pub(crate) end: End,
    /// The last step, a run, is also tried with each of its calls failing in turn, in each of these ways; run once more,
    /// it must finish, and nothing may tell what happened.
    #[serde(default)]
    pub(crate) shaken: Vec<Shock>,
    /// Commands that are tried in the place of the last step, with every operation that they call failing in every way.
    #[serde(default)]
    pub(crate) matrix: Vec<String>,
}

/// A way for one call to fail.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Shock {
    /// It is refused, which is not tried again.
    Denied,
    /// AWS has an internal error, and did what it was told.
    ServerErrorAfter,
    /// The connection breaks before AWS did anything.
    ResetBefore,
    /// The connection breaks after AWS did what it was told.
    ResetAfter,
    /// The program is killed at this call, with everything done that it was told before.
    Killed,
}

impl Shock {
    /// The sandbox's rule for this to happen to one call, after so many others.
    pub(crate) fn rule(self, skip: usize) -> Value {
        let effect = match self {
            Self::Denied => json!("deny"),
            Self::ServerErrorAfter => json!("server_error_after"),
            Self::ResetBefore => json!("reset_before"),
            Self::ResetAfter => json!("reset_after"),
            // Longer than anyone waits: the program is killed meanwhile.
            Self::Killed => json!({ "hang_ms": 600_000 }),
        };
        // A program that is killed makes no call after it.
        let times = (!matches!(self, Self::Killed)).then_some(1);
        json!({ "when": { "skip": skip, "times": times }, "effect": effect })
    }
}

fn organization() -> String {
    "organization.yaml".to_owned()
}

/// Enough for operations to be seen running without anyone waiting for them.
fn ten() -> u32 {
    10
}

/// What must hold after the last step.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum End {
    /// A plan says that there are no changes, and `apply` makes no write.
    #[default]
    Settled,
    /// Nothing is asked; the text says why the case cannot end settled.
    Open(String),
}

/// One thing that is done.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Step {
    /// The program is run.
    Run(Run),
    /// AWS is called as someone else would: out-of-band changes, and looking at what came of it.
    Call(Call),
    /// The sandbox is told how to fail from now on; an empty list ends it.
    Faults(Vec<Value>),
    /// A role is, or is not, in accounts.
    Role(RoleIn),
    /// The last operation of a stack set reached these accounts, and no other.
    Operation(Operation),
    /// A piece of a file is replaced.
    Edit(Edit),
    /// A file that was written is looked at.
    File(Written),
    /// There is no file of this name.
    NoFile(String),
    /// So many simulated seconds pass.
    Pass(u32),
    /// A snapshot is taken, and a sandbox made of it: it must be the same organization.
    Rehearse(Rehearsal),
}

/// What is done with the copy, besides comparing its snapshot and its plan.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Rehearsal {
    /// Nothing.
    Compare,
    /// The configuration is applied to it, which must settle it.
    Apply,
}

/// The program is run.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Run {
    /// The arguments, as typed; words are separated by spaces, double quotes hold a word together.
    pub(crate) command: String,
    /// The exit code.
    #[serde(default)]
    pub(crate) exit: i32,
    /// Texts that standard output contains, in this order.
    #[serde(default)]
    pub(crate) stdout: Vec<String>,
    /// Texts that standard error contains, in this order.
    #[serde(default)]
    pub(crate) stderr: Vec<String>,
    /// Texts that neither contains.
    #[serde(default)]
    pub(crate) lacks: Vec<String>,
    /// Values in the JSON document on standard output, by JSON pointer.
    #[serde(default)]
    pub(crate) json: BTreeMap<String, Value>,
    /// How many calls of this run were writes. Commands other than `apply` are held to none anyway.
    pub(crate) writes: Option<usize>,
    /// Operations that this run called, like `iam:PutRolePolicy`, each exactly so many times.
    #[serde(default)]
    pub(crate) calls: BTreeMap<String, usize>,
    /// Environment variables; null takes one away.
    #[serde(default)]
    pub(crate) env: BTreeMap<String, Option<String>>,
}

/// One AWS call as the administrator of an account.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Call {
    /// `organizations`, `iam`, `sts`, `cloudformation`, `ssm` or `cloudtrail`.
    pub(crate) service: String,
    /// Such as `PutRolePolicy`.
    pub(crate) operation: String,
    /// Who calls; the management account when not given.
    pub(crate) account: Option<String>,
    /// As in the API reference; lists and objects are written out in the service's protocol.
    #[serde(default)]
    pub(crate) params: Value,
    /// Texts that the answer contains, percent-encoding undone.
    #[serde(default)]
    pub(crate) answer: Vec<String>,
    /// Texts that the answer does not contain.
    #[serde(default)]
    pub(crate) lacks: Vec<String>,
    /// The error code that the call ends with; otherwise it must succeed.
    pub(crate) fails: Option<String>,
}

/// Where a role is and where it is not.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RoleIn {
    /// The role's name.
    pub(crate) name: String,
    /// Accounts that have it.
    #[serde(default)]
    pub(crate) present: Vec<String>,
    /// Accounts that do not.
    #[serde(default)]
    pub(crate) absent: Vec<String>,
}

/// A piece of a file is replaced.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Edit {
    /// The file.
    pub(crate) file: String,
    /// A text that is in the file once.
    pub(crate) replace: String,
    /// What comes in its place.
    pub(crate) with: String,
}
