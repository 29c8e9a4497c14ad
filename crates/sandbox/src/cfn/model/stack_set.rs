//! Stack sets and their instances.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::names::wire_enum;
use super::{Operation, TemplateId};

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
    #[serde(with = "super::pairs")]
    pub(crate) instances: BTreeMap<(String, String), Instance>,
    /// Its operations, the oldest first.
    pub(crate) operations: Vec<Operation>,
}

/// What a stack set deploys.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Definition {
    /// The template.
    pub(crate) template: TemplateId,
    /// The description.
    pub(crate) description: Option<String>,
    /// Parameters of the template that were given a value.
    pub(crate) parameters: BTreeMap<String, String>,
    /// The acknowledged capabilities.
    pub(crate) capabilities: Vec<String>,
    /// The tags, handed down to the stacks and their roles.
    pub(crate) tags: BTreeMap<String, String>,
}

wire_enum! {
    /// Whether a stack set is there.
    pub(crate) enum StackSetStatus {
        /// It is.
        Active => "ACTIVE",
        /// It was; lists and its id still show it.
        Deleted => "DELETED",
    }
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
