//! What CloudFormation remembers.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A service-managed stack set of the organization.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct StackSet {
    /// Its name.
    pub(crate) name: String,
    /// Name and unique part.
    pub(crate) id: String,
    /// Its ARN, in the management account whoever made it.
    pub(crate) arn: String,
    /// The Region it lives in.
    pub(crate) region: String,
    /// Whether it is there or only remembered.
    pub(crate) status: StackSetStatus,
    /// Its definition.
    pub(crate) definition: Definition,
    /// What happens when an account joins or leaves a target.
    pub(crate) auto: AutoDeployment,
    /// Whether operations queue.
    pub(crate) managed_execution: ManagedExecution,
    /// The units it is deployed to.
    pub(crate) units: BTreeSet<String>,
    /// The Regions it is deployed to.
    pub(crate) regions: BTreeSet<String>,
    /// Its instances by account and Region.
    #[serde(with = "pairs")]
    pub(crate) instances: BTreeMap<(String, String), Instance>,
    /// Its operations, the oldest first.
    pub(crate) operations: Vec<Operation>,
}

/// What a stack set deploys.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Definition {
    /// The template's text.
    pub(crate) template: String,
    /// The description.
    pub(crate) description: Option<String>,
    /// Parameters of the template that were given a value.
    pub(crate) parameters: BTreeMap<String, String>,
    /// The acknowledged capabilities.
    pub(crate) capabilities: Vec<String>,
    /// The tags, handed down to the stacks and their roles.
    pub(crate) tags: BTreeMap<String, String>,
}

/// Whether a stack set is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum StackSetStatus {
    /// It is.
    Active,
    /// It was; lists and its id still show it.
    Deleted,
}

/// What happens when an account joins or leaves a target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum AutoDeployment {
    /// Nothing.
    Off,
    /// It gets a stack, and loses it with its resources.
    Deleting,
    /// It gets a stack, and keeps it when it leaves.
    Retaining,
}

/// Whether operations queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ManagedExecution {
    /// They queue.
    Active,
    /// A second one is refused.
    Inactive,
}

/// A stack set's presence in one account and Region.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Instance {
    /// The unit or root that the operation named.
    pub(crate) unit: String,
    /// The ARN of the stack, once there is one.
    pub(crate) stack_id: Option<String>,
    /// CURRENT, OUTDATED or INOPERABLE.
    pub(crate) status: InstanceStatus,
    /// What the last operation came to.
    pub(crate) detail: Detail,
    /// Why.
    pub(crate) reason: Option<String>,
    /// The last operation.
    pub(crate) last_operation: String,
    /// Parameters that differ from the stack set's.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) overrides: BTreeMap<String, String>,
}

/// How an instance stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum InstanceStatus {
    Current,
    Outdated,
    Inoperable,
}

/// What an instance's last operation came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum Detail {
    Pending,
    Running,
    Succeeded,
    Failed,
    Cancelled,
    Inoperable,
    SkippedSuspendedAccount,
}

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
    #[serde(with = "pairs")]
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

/// A stack in an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Stack {
    /// Its name.
    pub(crate) name: String,
    /// Its ARN.
    pub(crate) id: String,
    /// As AWS writes it: `CREATE_COMPLETE`.
    pub(crate) status: String,
    /// Why.
    pub(crate) reason: Option<String>,
    /// The template's text.
    pub(crate) template: String,
    /// The parameters.
    pub(crate) parameters: BTreeMap<String, String>,
    /// The acknowledged capabilities.
    pub(crate) capabilities: Vec<String>,
    /// The tags.
    pub(crate) tags: BTreeMap<String, String>,
    /// When it was made.
    pub(crate) created: Timestamp,
    /// When it was last updated.
    pub(crate) updated: Option<Timestamp>,
    /// What happened, the oldest first.
    pub(crate) events: Vec<StackEvent>,
}

/// Something that happened to a stack or to one of its resources.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct StackEvent {
    pub(crate) time: Timestamp,
    pub(crate) logical_id: String,
    pub(crate) kind: String,
    pub(crate) physical_id: String,
    pub(crate) status: String,
    pub(crate) reason: Option<String>,
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

impl Detail {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Pending => "PENDING",
            Self::Running => "RUNNING",
            Self::Succeeded => "SUCCEEDED",
            Self::Failed => "FAILED",
            Self::Cancelled => "CANCELLED",
            Self::Inoperable => "INOPERABLE",
            Self::SkippedSuspendedAccount => "SKIPPED_SUSPENDED_ACCOUNT",
        }
    }
}

impl InstanceStatus {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Current => "CURRENT",
            Self::Outdated => "OUTDATED",
            Self::Inoperable => "INOPERABLE",
        }
    }
}

impl StackSet {
    /// The operation that takes the stack set's one place, if any.
    pub(crate) fn open_operation(&self) -> Option<&Operation> {
        self.operations.iter().find(|operation| operation.status.is_open())
    }
}

/// Maps with a pair as key, as a list: JSON has only text keys.
mod pairs {
    use std::collections::BTreeMap;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    type Pairs<T> = BTreeMap<(String, String), T>;

    pub(super) fn serialize<T: Serialize, S: Serializer>(map: &Pairs<T>, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(map)
    }

    pub(super) fn deserialize<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Pairs<T>, D::Error> {
        Ok(Vec::deserialize(deserializer)?.into_iter().collect())
    }
}
