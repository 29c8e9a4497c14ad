//! Stacks in the accounts.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::names::{WireName, wire_enum};
use super::{StackDrift, TemplateId};
use crate::cfn::template::{OutputValue, Resource};

/// A stack in an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Stack {
    /// Its name.
    pub(crate) name: String,
    /// Its ARN.
    pub(crate) id: String,
    /// How it stands.
    pub(crate) status: StackStatus,
    /// Why.
    pub(crate) reason: Option<String>,
    /// What it was made or last updated from.
    pub(crate) definition: StackDefinition,
    /// What was asked for beside the template.
    #[serde(default, skip_serializing_if = "StackOptions::is_default")]
    pub(crate) options: StackOptions,
    /// When it was made.
    pub(crate) created: Timestamp,
    /// When it was last updated.
    pub(crate) updated: Option<Timestamp>,
    /// When it was deleted: from then on only its ARN leads to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) deleted: Option<Timestamp>,
    /// Its resources by logical id, those that failed or are deleted among them.
    pub(crate) resources: BTreeMap<String, StackResource>,
    /// Its outputs.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) outputs: BTreeMap<String, OutputValue>,
    /// The names of the exports of other stacks that it uses.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub(crate) imports: BTreeSet<String>,
    /// How many operations changed it: what the names that are generated next depend on.
    pub(crate) generation: u32,
    /// An update that failed and is not undone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) failed_update: Option<Box<FailedUpdate>>,
    /// What is being done to it, when stacks take time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) pending: Option<Pending>,
    /// What the last drift detection found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) drift: Option<StackDrift>,
    /// What happened, the oldest first.
    pub(crate) events: Vec<StackEvent>,
}

/// What a stack is made from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct StackDefinition {
    /// The template.
    pub(crate) template: TemplateId,
    /// The parameters that were given a value.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) parameters: BTreeMap<String, String>,
    /// The acknowledged capabilities.
    pub(crate) capabilities: Vec<String>,
    /// The tags, handed down to the resources that can have tags.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) tags: BTreeMap<String, String>,
}

/// What was asked for beside the template.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct StackOptions {
    /// What becomes of it when it cannot be made or updated.
    pub(crate) on_failure: OnFailure,
    /// Whether resources that an operation made are deleted with its rollback even if they are to be retained.
    pub(crate) retain_except_on_create: Option<bool>,
    /// Whether it can be deleted.
    pub(crate) protection: TerminationProtection,
    /// The topics that are told of its events. Nothing is sent.
    pub(crate) notifications: Vec<String>,
    /// The role that CloudFormation acts as. It stays attached to the stack.
    pub(crate) role: Option<String>,
    /// The time limit of its creation in minutes.
    pub(crate) timeout: Option<u32>,
    /// The change set that last made or changed it.
    pub(crate) change_set: Option<String>,
    /// How it was last asked to be deleted.
    pub(crate) deletion_mode: Option<DeletionMode>,
}

impl StackOptions {
    fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// Whether a stack can be deleted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum TerminationProtection {
    /// It can.
    #[default]
    Off,
    /// It cannot.
    On,
}

/// A resource of a stack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct StackResource {
    /// Its type.
    pub(crate) kind: String,
    /// What users know it by; empty if it was never made.
    pub(crate) physical_id: String,
    /// How it stands.
    pub(crate) status: ResourceStatus,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) reason: Option<String>,
    /// When it came to stand so.
    pub(crate) updated: Timestamp,
    /// The generation that a generated name of it is of.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(crate) generation: u32,
    /// The attributes that only its existence tells.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) attributes: BTreeMap<String, String>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

impl Stack {
    /// The Region it is in.
    pub(crate) fn region(&self) -> &str {
        self.id.split(':').nth(3).unwrap_or_default()
    }

    /// The account it is in.
    pub(crate) fn account(&self) -> &str {
        self.id.split(':').nth(4).unwrap_or_default()
    }
}

impl StackResource {
    /// Whether the stack has it in the account.
    pub(crate) fn exists(&self) -> bool {
        !matches!(
            self.status,
            ResourceStatus::CreateFailed | ResourceStatus::DeleteComplete | ResourceStatus::DeleteSkipped
        )
    }
}

/// An update that failed and is not undone: rolling it back was not wanted, or failed too.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct FailedUpdate {
    /// What the stack was before.
    pub(crate) previous: StackDefinition,
    /// The tags that it was to have.
    pub(crate) tags: BTreeMap<String, String>,
    /// What is still to be undone, the last thing first.
    pub(crate) undo: Vec<Undo>,
}

/// How one step of an update is undone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Undo {
    /// A resource is changed back.
    Restore {
        /// What it was changed to.
        from: Resource,
        /// What it was.
        to: Resource,
    },
    /// A new resource is deleted.
    Delete {
        /// The new one.
        resource: Resource,
        /// What the stack had in its place, and has again.
        replaced: Option<Box<StackResource>>,
    },
}

/// What is being done to a stack until a time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Pending {
    /// When it is done.
    pub(crate) due: Timestamp,
    /// What is.
    pub(crate) task: StackTask,
    /// The token of the request that asked for it.
    pub(crate) token: Option<String>,
}

/// What can be done to a stack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum StackTask {
    /// Its resources are made.
    Create,
    /// They are brought to another definition.
    Update(Box<StackDefinition>),
    /// They are deleted.
    Delete {
        /// The logical ids of those that stay.
        retain: BTreeSet<String>,
        /// Whether what cannot be deleted stays behind.
        mode: DeletionMode,
    },
    /// A failed update is undone.
    Rollback {
        /// The logical ids of resources that are left as they are.
        skip: BTreeSet<String>,
    },
}

/// Something that happened to a stack or to one of its resources.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct StackEvent {
    /// When.
    pub(crate) time: Timestamp,
    /// To what, and what it came to.
    pub(crate) what: Happening,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) reason: Option<String>,
    /// The token of the request that caused it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) token: Option<String>,
}

/// What an event is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Happening {
    /// The stack as a whole.
    Stack(StackStatus),
    /// One of its resources.
    Resource {
        /// Its name in the template.
        logical_id: String,
        /// Its type.
        kind: String,
        /// What other resources and users know it by.
        physical_id: String,
        /// How it stands.
        status: ResourceStatus,
    },
}

wire_enum! {
    /// How a stack stands (`StackStatus` of the service model).
    pub(crate) enum StackStatus {
        CreateInProgress => "CREATE_IN_PROGRESS",
        CreateFailed => "CREATE_FAILED",
        CreateComplete => "CREATE_COMPLETE",
        RollbackInProgress => "ROLLBACK_IN_PROGRESS",
        RollbackFailed => "ROLLBACK_FAILED",
        RollbackComplete => "ROLLBACK_COMPLETE",
        DeleteInProgress => "DELETE_IN_PROGRESS",
        DeleteFailed => "DELETE_FAILED",
        DeleteComplete => "DELETE_COMPLETE",
        UpdateInProgress => "UPDATE_IN_PROGRESS",
        UpdateCompleteCleanupInProgress => "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS",
        UpdateComplete => "UPDATE_COMPLETE",
        UpdateFailed => "UPDATE_FAILED",
        UpdateRollbackInProgress => "UPDATE_ROLLBACK_IN_PROGRESS",
        UpdateRollbackFailed => "UPDATE_ROLLBACK_FAILED",
        UpdateRollbackCompleteCleanupInProgress => "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS",
        UpdateRollbackComplete => "UPDATE_ROLLBACK_COMPLETE",
        ReviewInProgress => "REVIEW_IN_PROGRESS",
        ImportInProgress => "IMPORT_IN_PROGRESS",
        ImportComplete => "IMPORT_COMPLETE",
        ImportRollbackInProgress => "IMPORT_ROLLBACK_IN_PROGRESS",
        ImportRollbackFailed => "IMPORT_ROLLBACK_FAILED",
        ImportRollbackComplete => "IMPORT_ROLLBACK_COMPLETE",
    }
}

wire_enum! {
    /// How a resource of a stack stands (`ResourceStatus` of the service model).
    pub(crate) enum ResourceStatus {
        CreateInProgress => "CREATE_IN_PROGRESS",
        CreateFailed => "CREATE_FAILED",
        CreateComplete => "CREATE_COMPLETE",
        DeleteInProgress => "DELETE_IN_PROGRESS",
        DeleteFailed => "DELETE_FAILED",
        DeleteComplete => "DELETE_COMPLETE",
        DeleteSkipped => "DELETE_SKIPPED",
        UpdateInProgress => "UPDATE_IN_PROGRESS",
        UpdateFailed => "UPDATE_FAILED",
        UpdateComplete => "UPDATE_COMPLETE",
        ImportFailed => "IMPORT_FAILED",
        ImportComplete => "IMPORT_COMPLETE",
        ImportInProgress => "IMPORT_IN_PROGRESS",
        ImportRollbackInProgress => "IMPORT_ROLLBACK_IN_PROGRESS",
        ImportRollbackFailed => "IMPORT_ROLLBACK_FAILED",
        ImportRollbackComplete => "IMPORT_ROLLBACK_COMPLETE",
    }
}

wire_enum! {
    /// What becomes of a stack that could not be made.
    #[derive(Default)]
    pub(crate) enum OnFailure {
        DoNothing => "DO_NOTHING",
        #[default]
        Rollback => "ROLLBACK",
        Delete => "DELETE",
    }
}

wire_enum! {
    /// What becomes of resources that cannot be deleted with their stack.
    pub(crate) enum DeletionMode {
        /// They fail the deletion.
        Standard => "STANDARD",
        /// They stay behind.
        ForceDeleteStack => "FORCE_DELETE_STACK",
    }
}

impl StackStatus {
    /// Whether something is being done to the stack.
    pub(crate) fn is_in_progress(self) -> bool {
        self.name().ends_with("_IN_PROGRESS") && self != Self::ReviewInProgress
    }

    /// Whether the stack can be updated.
    pub(crate) fn is_updatable(self) -> bool {
        matches!(
            self,
            Self::CreateComplete
                | Self::CreateFailed
                | Self::UpdateComplete
                | Self::UpdateFailed
                | Self::UpdateRollbackComplete
                | Self::ImportComplete
                | Self::ImportRollbackComplete
        )
    }
}
