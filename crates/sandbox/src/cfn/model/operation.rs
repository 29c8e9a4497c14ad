//! Operations of stack sets.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Detail;

/// An operation of a stack set.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Operation {
    /// Its id, the caller's or AWS's.
    pub(crate) id: String,
    /// What it does.
    pub(crate) action: Action,
    /// How far it is.
    pub(crate) status: OperationStatus,
    /// When it was asked for.
    pub(crate) created: Timestamp,
    /// When it ended.
    pub(crate) ended: Option<Timestamp>,
    /// How fast it may go.
    pub(crate) preferences: Preferences,
    /// The units it names.
    pub(crate) units: BTreeSet<String>,
    /// Those that cease to be targets when it ends: named as a whole, and deleted from.
    pub(crate) dropped_units: BTreeSet<String>,
    /// What is not begun yet.
    pub(crate) waiting: VecDeque<Task>,
    /// What is being done, and until when.
    pub(crate) running: Vec<(Timestamp, Task)>,
    /// What came of each account and Region.
    #[serde(with = "super::pairs")]
    pub(crate) results: BTreeMap<(String, String), TaskResult>,
}

/// What an operation does to each of its instances.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum Action {
    /// Makes the stacks.
    Create,
    /// Updates them.
    Update,
    /// Deletes them.
    Delete,
    /// Forgets them and leaves the stacks where they are.
    Retain,
}

/// How far an operation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum OperationStatus {
    Queued,
    Running,
    Succeeded,
    Failed,
    Stopping,
    Stopped,
}

/// One account and Region of an operation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Task {
    pub(crate) account: String,
    pub(crate) region: String,
    pub(crate) unit: String,
}

/// What came of one account and Region.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct TaskResult {
    /// PENDING, RUNNING, SUCCEEDED, FAILED or CANCELLED.
    pub(crate) status: Detail,
    /// Why.
    pub(crate) reason: Option<String>,
    /// The unit that the operation named.
    pub(crate) unit: String,
}

/// How fast an operation may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Preferences {
    /// How many accounts at the same time.
    pub(crate) concurrent: Amount,
    /// How many may fail.
    pub(crate) tolerance: Amount,
    /// Whether failures slow it down.
    pub(crate) mode: ConcurrencyMode,
}

/// So many, or so many in a hundred.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Amount {
    Count(u32),
    Percent(u32),
}

/// Whether failures slow an operation down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum ConcurrencyMode {
    StrictFailureTolerance,
    SoftFailureTolerance,
}

impl Amount {
    /// The number it means among so many; percentages round down.
    pub(crate) fn of(self, total: usize) -> usize {
        match self {
            Self::Count(count) => count as usize,
            Self::Percent(percent) => total * percent as usize / 100,
        }
    }
}

impl OperationStatus {
    /// Whether it takes the stack set's one place for an operation.
    pub(crate) fn is_open(self) -> bool {
        matches!(self, Self::Queued | Self::Running | Self::Stopping)
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Queued => "QUEUED",
            Self::Running => "RUNNING",
            Self::Succeeded => "SUCCEEDED",
            Self::Failed => "FAILED",
            Self::Stopping => "STOPPING",
            Self::Stopped => "STOPPED",
        }
    }
}

impl Action {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Create => "CREATE",
            Self::Update => "UPDATE",
            Self::Delete | Self::Retain => "DELETE",
        }
    }
}
