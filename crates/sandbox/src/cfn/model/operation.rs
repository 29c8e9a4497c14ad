//! Operations of stack sets.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::names::wire_enum;
use super::{InstanceKey, Preferences, Targets};

/// An operation of a stack set.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Operation {
    /// Its id, the caller's or AWS's.
    pub(crate) id: String,
    /// What it does to each instance.
    pub(crate) action: Action,
    /// Who wanted it.
    pub(crate) origin: Origin,
    /// How far it is.
    pub(crate) status: OperationStatus,
    /// When it was asked for.
    pub(crate) created: Timestamp,
    /// When it left the queue.
    pub(crate) begun: Option<Timestamp>,
    /// When it was asked to stop.
    pub(crate) stopped: Option<Timestamp>,
    /// When it ended.
    pub(crate) ended: Option<Timestamp>,
    /// How fast it may go.
    pub(crate) preferences: Preferences,
    /// The targets that it names; `None` for one on all instances.
    pub(crate) targets: Option<Targets>,
    /// The units that cease to be targets in a Region each, once they have no instances left there.
    pub(crate) drops: BTreeSet<(String, String)>,
    /// The operations that must end before this one begins.
    pub(crate) after: Vec<OperationRef>,
    /// How far it is in each Region, in their order.
    pub(crate) regions: Vec<RegionRun>,
    /// What came of each account and Region.
    #[serde(with = "super::pairs")]
    pub(crate) results: BTreeMap<InstanceKey, TaskResult>,
}

/// Who wanted an operation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Origin {
    /// A caller.
    Request {
        /// A digest of the request.
        digest: String,
        /// Parameter overrides for the instances; `None` leaves theirs.
        overrides: Option<BTreeMap<String, Override>>,
    },
    /// Automatic deployment.
    AutoDeployment,
}

/// What an override comes to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Override {
    /// This value.
    Value(String),
    /// What the instance has now: its own override, or else the stack set's value.
    Previous,
}

/// An operation of some stack set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct OperationRef {
    /// The stack set's id.
    pub(crate) set: String,
    /// The operation's id.
    pub(crate) operation: String,
}

/// What an operation does to each of its instances.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Action {
    /// Makes the stacks.
    Create,
    /// Updates them to the stack set's new definition.
    Update,
    /// Updates them to new overrides.
    Override,
    /// Deletes them.
    Delete,
    /// Forgets them and leaves the stacks where they are.
    Retain,
    /// Compares them with what they should be.
    DetectDrift,
    /// Takes stacks in that were made without the stack set.
    Import,
}

wire_enum! {
    /// How far an operation is.
    pub(crate) enum OperationStatus {
        Queued => "QUEUED",
        Running => "RUNNING",
        Succeeded => "SUCCEEDED",
        Failed => "FAILED",
        Stopping => "STOPPING",
        Stopped => "STOPPED",
    }
}

/// How far an operation is in a Region.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RegionRun {
    /// The Region.
    pub(crate) region: String,
    /// How many accounts there are.
    pub(crate) total: usize,
    /// How many of them failed.
    pub(crate) failed: usize,
    /// The accounts that are not begun yet.
    pub(crate) waiting: VecDeque<String>,
    /// Those that are being worked on, and until when.
    pub(crate) running: Vec<(Timestamp, String)>,
}

/// What came of one account and Region.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct TaskResult {
    /// The unit that the operation named.
    pub(crate) unit: String,
    /// When it began.
    pub(crate) begun: Option<Timestamp>,
    /// What it came to.
    pub(crate) outcome: Option<Outcome>,
}

/// What a task came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Outcome {
    /// When.
    pub(crate) at: Timestamp,
    /// How it ended.
    pub(crate) status: ResultStatus,
    /// Why.
    pub(crate) reason: Option<String>,
}

wire_enum! {
    /// How a task stands.
    pub(crate) enum ResultStatus {
        Pending => "PENDING",
        Running => "RUNNING",
        Succeeded => "SUCCEEDED",
        Failed => "FAILED",
        Cancelled => "CANCELLED",
    }
}

impl Operation {
    /// How many of its instances failed.
    pub(crate) fn failed(&self) -> usize {
        self.regions.iter().map(|region| region.failed).sum()
    }

    /// How far it was at a time after it was asked for.
    pub(crate) fn status_at(&self, then: Timestamp) -> OperationStatus {
        let by_then = |time: Option<Timestamp>| time.is_some_and(|time| time <= then);
        if by_then(self.ended) {
            self.status
        } else if by_then(self.stopped) {
            OperationStatus::Stopping
        } else if by_then(self.begun) {
            OperationStatus::Running
        } else {
            OperationStatus::Queued
        }
    }
}

impl TaskResult {
    /// A task that waits.
    pub(crate) fn waiting(unit: &str) -> Self {
        Self { unit: unit.to_owned(), begun: None, outcome: None }
    }

    /// How it stood at a time, and why.
    pub(crate) fn at(&self, then: Timestamp) -> (ResultStatus, Option<&str>) {
        match &self.outcome {
            Some(outcome) if outcome.at <= then => (outcome.status, outcome.reason.as_deref()),
            _ if self.begun.is_some_and(|begun| begun <= then) => (ResultStatus::Running, None),
            _ => (ResultStatus::Pending, None),
        }
    }
}

impl OperationStatus {
    /// Whether it takes a place among the stack set's operations.
    pub(crate) fn is_open(self) -> bool {
        matches!(self, Self::Queued | Self::Running | Self::Stopping)
    }
}

impl Action {
    /// As `StackSetOperationAction` has it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Create | Self::Import => "CREATE",
            Self::Update | Self::Override => "UPDATE",
            Self::Delete | Self::Retain => "DELETE",
            Self::DetectDrift => "DETECT_DRIFT",
        }
    }
}
