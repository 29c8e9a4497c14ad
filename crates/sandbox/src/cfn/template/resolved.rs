//! What a template comes to in one account.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Where a template becomes resources.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Context {
    /// The account's id.
    pub(crate) account: String,
    /// The region.
    pub(crate) region: String,
    /// The partition: `aws`.
    pub(crate) partition: String,
    /// The stack's name.
    pub(crate) stack_name: String,
    /// The stack's ARN.
    pub(crate) stack_id: String,
    /// The topics that are told of the stack's events.
    pub(crate) notifications: Vec<String>,
    /// Values for parameters; a list is separated by commas.
    pub(crate) parameters: BTreeMap<String, String>,
    /// What other stacks of the account and Region export, by name.
    pub(crate) exports: BTreeMap<String, String>,
    /// The resources that the stack has, by logical id.
    pub(crate) known: BTreeMap<String, Known>,
    /// What the names that are generated now depend on, so that a replacement is not called as what it replaces.
    pub(crate) generation: u32,
}

/// What is known of a resource that exists.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Known {
    /// The generation that its name is of.
    pub(crate) generation: u32,
    /// The attributes that only its existence tells, for example `RoleId`.
    pub(crate) attributes: BTreeMap<String, String>,
}

/// A template without functions.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Resolved {
    /// The resources whose condition holds, each after those that it needs.
    pub(crate) resources: Vec<Resource>,
    /// The outputs whose condition holds.
    pub(crate) outputs: BTreeMap<String, OutputValue>,
}

/// What an output comes to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct OutputValue {
    /// Its value.
    pub(crate) value: String,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) description: Option<String>,
    /// The name under which other stacks of the account and Region may import it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) export: Option<String>,
}

/// A resource that the stack shall have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Resource {
    /// Its name in the template.
    pub(crate) logical_id: String,
    /// Its type: `AWS::IAM::Role`.
    pub(crate) kind: String,
    /// What `Ref` gives: the name of a role, user or group, the ARN of a managed policy, for others a generated name.
    pub(crate) physical_id: String,
    /// An object without functions. A named IAM resource always has its name, generated if the template gives none.
    pub(crate) properties: Value,
    /// The metadata without functions, if it declares any.
    pub(crate) metadata: Option<Value>,
    /// What happens when the stack no longer has it.
    pub(crate) deletion_policy: DeletionPolicy,
    /// What happens to the old one when it is replaced.
    pub(crate) replace_policy: DeletionPolicy,
}

/// What becomes of a resource that a stack gives up ("`DeletionPolicy` attribute" of the user guide).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum DeletionPolicy {
    /// It goes.
    Delete,
    /// It stays.
    Retain,
    /// It stays, unless the operation that made it is rolled back.
    RetainExceptOnCreate,
}

/// What the caller must acknowledge before a stack is made ("Acknowledging IAM resources in `CloudFormation` templates").
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Capability {
    /// `CAPABILITY_IAM` or `CAPABILITY_NAMED_IAM`.
    Iam,
    /// `CAPABILITY_NAMED_IAM`.
    NamedIam,
}
