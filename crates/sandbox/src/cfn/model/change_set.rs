//! Change sets: what an operation on a stack would do.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::names::wire_enum;
use super::{StackDefinition, StackOptions};

/// A change set of a stack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ChangeSet {
    /// Its name, unique for its stack.
    pub(crate) name: String,
    /// Its ARN.
    pub(crate) id: String,
    /// The ARN of its stack.
    pub(crate) stack_id: String,
    /// The name of its stack.
    pub(crate) stack_name: String,
    /// What it does to the stack.
    pub(crate) kind: ChangeSetType,
    /// Whether it could be made.
    pub(crate) status: ChangeSetStatus,
    /// Whether it can be executed, or was.
    pub(crate) execution: ExecutionStatus,
    /// Why.
    pub(crate) reason: Option<String>,
    /// What it is for.
    pub(crate) description: Option<String>,
    /// What the stack would be made from.
    pub(crate) definition: StackDefinition,
    /// What the stack would be asked for beside the template.
    pub(crate) options: StackOptions,
    /// Whether it said what becomes of a stack that fails.
    pub(crate) on_stack_failure: Option<super::OnFailure>,
    /// When it was made.
    pub(crate) created: Timestamp,
    /// What it would change, in the order in which it would be done.
    pub(crate) changes: Vec<ResourceChange>,
}

/// What a change set would do to one resource.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ResourceChange {
    /// What would be done.
    pub(crate) action: ChangeAction,
    /// What would become of the resource that is given up.
    pub(crate) policy_action: Option<PolicyAction>,
    /// Its name in the template.
    pub(crate) logical_id: String,
    /// What users know it by, when it exists.
    pub(crate) physical_id: Option<String>,
    /// Its type.
    pub(crate) kind: String,
    /// Whether another would take its place; only for a modification.
    pub(crate) replacement: Option<Replacement>,
    /// The attributes that would change.
    pub(crate) scope: Vec<ChangeScope>,
    /// Each change.
    pub(crate) details: Vec<ChangeDetail>,
    /// The declaration before, as JSON.
    pub(crate) before: Option<String>,
    /// The declaration after, as JSON.
    pub(crate) after: Option<String>,
}

/// One change of an attribute or property.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ChangeDetail {
    /// The attribute.
    pub(crate) scope: ChangeScope,
    /// The property.
    pub(crate) name: Option<String>,
    /// Whether it needs another resource.
    pub(crate) recreation: Recreation,
    /// The value before: a text as it is, anything else as JSON.
    pub(crate) before: Option<String>,
    /// The value after.
    pub(crate) after: Option<String>,
    /// What changes it.
    pub(crate) source: ChangeSource,
}

/// What changes a property.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ChangeSource {
    /// The template.
    DirectModification,
    /// The value of a parameter.
    ParameterReference(String),
    /// A resource that is referred to.
    ResourceReference(String),
    /// The attribute of a resource.
    ResourceAttribute(String),
}

wire_enum! {
    /// What a change set does to its stack.
    pub(crate) enum ChangeSetType {
        Create => "CREATE",
        Update => "UPDATE",
        Import => "IMPORT",
    }
}

wire_enum! {
    /// Whether a change set could be made.
    pub(crate) enum ChangeSetStatus {
        CreateComplete => "CREATE_COMPLETE",
        Failed => "FAILED",
    }
}

wire_enum! {
    /// Whether a change set can be executed.
    pub(crate) enum ExecutionStatus {
        Unavailable => "UNAVAILABLE",
        Available => "AVAILABLE",
        ExecuteInProgress => "EXECUTE_IN_PROGRESS",
        ExecuteComplete => "EXECUTE_COMPLETE",
        ExecuteFailed => "EXECUTE_FAILED",
        Obsolete => "OBSOLETE",
    }
}

wire_enum! {
    /// What is done to a resource.
    pub(crate) enum ChangeAction {
        Add => "Add",
        Modify => "Modify",
        Remove => "Remove",
        Import => "Import",
    }
}

wire_enum! {
    /// What becomes of a resource that is given up.
    pub(crate) enum PolicyAction {
        Delete => "Delete",
        Retain => "Retain",
        ReplaceAndDelete => "ReplaceAndDelete",
        ReplaceAndRetain => "ReplaceAndRetain",
    }
}

wire_enum! {
    /// Whether another resource takes the place of one.
    pub(crate) enum Replacement {
        True => "True",
        False => "False",
    }
}

wire_enum! {
    /// The attribute of a resource that changes.
    pub(crate) enum ChangeScope {
        Properties => "Properties",
        Metadata => "Metadata",
        DeletionPolicy => "DeletionPolicy",
        UpdateReplacePolicy => "UpdateReplacePolicy",
        Tags => "Tags",
    }
}

wire_enum! {
    /// Whether the change of a property needs another resource.
    pub(crate) enum Recreation {
        Never => "Never",
        Always => "Always",
    }
}
