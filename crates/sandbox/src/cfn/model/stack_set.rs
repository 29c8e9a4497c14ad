//! Stack sets and their instances.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::names::wire_enum;
use super::{InstanceDrift, Instances, Operation, SetDrift, TemplateId};

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
    /// The request that made it, if that can be repeated.
    pub(crate) creation: Option<Creation>,
    /// Its definition.
    pub(crate) definition: Definition,
    /// What happens when an account joins or leaves a target.
    pub(crate) auto: AutoDeployment,
    /// Whether operations queue.
    pub(crate) managed_execution: ManagedExecution,
    /// The units it is deployed to, each with its Regions.
    pub(crate) targets: BTreeMap<String, BTreeSet<String>>,
    /// Its instances.
    pub(crate) instances: Instances,
    /// Its operations, the oldest first.
    pub(crate) operations: Vec<Operation>,
    /// What the last drift detection that ended came to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) drift: Option<SetDrift>,
}

/// A `CreateStackSet` with a `ClientRequestToken`, which repeated comes to the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Creation {
    /// The token.
    pub(crate) token: String,
    /// A digest of the request.
    pub(crate) request: String,
    /// The definition that it made.
    pub(crate) definition: Definition,
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum AutoDeployment {
    /// Nothing.
    Off,
    /// It gets a stack, and loses it again.
    On {
        /// What becomes of the stack of an account that leaves.
        leaving: Leaving,
        /// The ARNs of the stack sets whose automatic deployments come first.
        depends_on: BTreeSet<String>,
    },
}

/// What becomes of the stack of an account that leaves a target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Leaving {
    /// It is deleted with its resources.
    Deleted,
    /// It stays in the account.
    Retained,
}

/// Whether operations queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ManagedExecution {
    /// They queue, and run at the same time where they do not conflict.
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
    /// How it stands.
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
    /// What the last drift detection found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) drift: Option<Box<InstanceDrift>>,
}

wire_enum! {
    /// How an instance stands.
    pub(crate) enum InstanceStatus {
        /// Its stack is as the stack set says.
        Current => "CURRENT",
        /// Its stack is not, or is not there.
        Outdated => "OUTDATED",
        /// Its stack could not be deleted.
        Inoperable => "INOPERABLE",
    }
}

wire_enum! {
    /// What an instance's last operation came to.
    pub(crate) enum Detail {
        Pending => "PENDING",
        Running => "RUNNING",
        Succeeded => "SUCCEEDED",
        Failed => "FAILED",
        Cancelled => "CANCELLED",
        Inoperable => "INOPERABLE",
        SkippedSuspendedAccount => "SKIPPED_SUSPENDED_ACCOUNT",
        FailedImport => "FAILED_IMPORT",
    }
}

impl StackSet {
    /// An operation that has not ended, if any: the one that a refusal names.
    pub(crate) fn open_operation(&self) -> Option<&Operation> {
        self.operations.iter().find(|operation| operation.status.is_open())
    }

    /// The operation of this id.
    pub(crate) fn operation(&self, id: &str) -> Option<&Operation> {
        self.operations.iter().find(|operation| operation.id == id)
    }

    /// The Regions it is deployed to.
    pub(crate) fn regions(&self) -> BTreeSet<&str> {
        self.targets.values().flatten().map(String::as_str).collect()
    }
}
