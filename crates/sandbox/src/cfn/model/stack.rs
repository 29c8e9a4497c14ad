//! Stacks in the accounts.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::TemplateId;
use super::names::wire_enum;

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
    /// The template.
    pub(crate) template: TemplateId,
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
    /// When.
    pub(crate) time: Timestamp,
    /// To what, and what it came to.
    pub(crate) what: Happening,
    /// Why.
    pub(crate) reason: Option<String>,
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
