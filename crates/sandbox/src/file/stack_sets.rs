//! The stack sets that a simulated organization starts with.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

/// A service-managed stack set, with its instances and the stacks that these are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StackSetEntry {
    /// Its name.
    pub name: String,
    /// The Region that it and, unless they say otherwise, its instances are in.
    #[serde(default = "usual_region")]
    pub region: String,
    /// The template's text.
    pub template: String,
    /// Its description.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The capabilities that were acknowledged, as AWS writes them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub capabilities: Vec<String>,
    /// Values of the template's parameters.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub parameters: BTreeMap<String, String>,
    /// Its tags.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
    /// What happens when an account joins or leaves a target.
    #[serde(default)]
    pub auto_deployment: AutoDeploymentEntry,
    /// Whether operations queue.
    #[serde(default)]
    pub managed_execution: ManagedExecutionEntry,
    /// The ids of the units that it is deployed to.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub units: BTreeSet<String>,
    /// The id of the operation that ended last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_operation: Option<String>,
    /// The id of the last operation that updated it or its instances.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_update: Option<String>,
    /// The id of the last operation that made instances.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_create: Option<String>,
    /// Its instances.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub instances: Vec<InstanceEntry>,
}

/// A stack set's presence in one account and Region.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InstanceEntry {
    /// The account's id.
    pub account: String,
    /// The Region, when it is not the stack set's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// The id of the unit, or root, that was named when it was made.
    pub unit: String,
    /// How it stands.
    #[serde(default)]
    pub status: InstanceStatusEntry,
    /// What its last operation came to, as AWS writes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Whether there is a stack.
    #[serde(default)]
    pub stack: StackEntry,
}

/// What happens when an account joins or leaves a target.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AutoDeploymentEntry {
    /// Nothing.
    Off,
    /// It gets a stack, and loses it with its resources.
    #[default]
    Deleting,
    /// It gets a stack, and keeps it when it leaves.
    Retaining,
}

/// Whether operations queue.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ManagedExecutionEntry {
    /// They queue.
    Active,
    /// A second one is refused.
    #[default]
    Inactive,
}

/// How an instance stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum InstanceStatusEntry {
    /// Its stack has the stack set's template.
    #[default]
    Current,
    /// It has not.
    Outdated,
    /// Its deletion failed.
    Inoperable,
}

/// Whether an instance has a stack.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StackEntry {
    /// It has, of the stack set's template.
    #[default]
    Present,
    /// It has none: making it failed.
    Absent,
}

fn usual_region() -> String {
    "us-east-1".to_owned()
}
