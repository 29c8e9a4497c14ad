//! Roles and definitions of stack sets.

use std::collections::{BTreeMap, BTreeSet};

use rolecall_core::ids::{
    AccountId, InlineName, PolicyArn, PolicyName, PolicyVersion, RoleName, RolePath, StackSetName, TagKey, TagValue,
};
use rolecall_core::own_policy::{Attachment, OwnPolicy};
use rolecall_core::policy::PolicyDoc;
use rolecall_core::role::Role;
use rolecall_core::template::Definition;
use serde::Serialize;
use serde_json::Value;

use crate::render::words;

/// A role, as the file's keys name its parts; durations are in seconds.
#[derive(Debug, Serialize)]
pub(super) struct RoleBody<'a> {
    name: &'a RoleName,
    path: &'a RolePath,
    description: &'a str,
    max_session_duration: u32,
    permissions_boundary: Option<&'a PolicyArn>,
    trust_policy: &'a PolicyDoc,
    managed_policies: &'a BTreeSet<PolicyArn>,
    /// Absent when there are none.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    own_policies: BTreeMap<&'a PolicyName, OwnPolicyBody<'a>>,
    inline_policies: &'a BTreeMap<InlineName, PolicyDoc>,
    tags: &'a BTreeMap<TagKey, TagValue>,
}

/// A customer-managed policy that Rolecall makes for the role.
#[derive(Debug, Serialize)]
pub(super) struct OwnPolicyBody<'a> {
    document: &'a PolicyDoc,
    attached: bool,
    /// The versions that are not in force.
    idle_versions: &'a BTreeSet<PolicyVersion>,
}

impl<'a> From<&'a OwnPolicy> for OwnPolicyBody<'a> {
    fn from(policy: &'a OwnPolicy) -> Self {
        let OwnPolicy { document, attachment, idle_versions } = policy;
        Self { document, attached: *attachment == Attachment::Attached, idle_versions }
    }
}

impl<'a> From<&'a Role> for RoleBody<'a> {
    fn from(role: &'a Role) -> Self {
        // No `..`: a new field of a role does not compile until someone decides how it is written.
        let Role { name, path, description, trust, max_session, boundary, attached, managed, inline, tags } = role;
        Self {
            name,
            path,
            description,
            max_session_duration: max_session.seconds(),
            permissions_boundary: boundary.as_ref(),
            trust_policy: trust,
            managed_policies: attached,
            own_policies: managed.iter().map(|(name, policy)| (name, policy.into())).collect(),
            inline_policies: inline,
            tags,
        }
    }
}

/// The definition of a stack set.
#[derive(Debug, Serialize)]
pub(super) struct StackSetBody<'a> {
    name: &'a StackSetName,
    description: &'a str,
    auto_deployment: bool,
    retain_on_account_removal: bool,
    managed_execution: bool,
    capabilities: &'a BTreeSet<String>,
    tags: &'a BTreeMap<TagKey, TagValue>,
    /// The role that the template makes in most accounts; null when the template is not one of Rolecall's.
    role: Option<RoleBody<'a>>,
    /// The accounts in which it makes another, with an external ID of its own.
    accounts_with_own_external_id: Vec<&'a AccountId>,
    /// The template as JSON, or its text when it is none.
    template: Value,
}

impl<'a> StackSetBody<'a> {
    pub(super) fn of(name: &'a StackSetName, definition: &'a Definition) -> Self {
        // No `..`: a new field of a definition does not compile until someone decides how it is written.
        let Definition { description, template, capabilities, tags, auto_deployment, managed_execution } = definition;
        let roles = template.roles();
        let keys = words::AutoDeploymentKeys::from(*auto_deployment);
        Self {
            name,
            description,
            auto_deployment: keys.auto_deployment,
            retain_on_account_removal: keys.retain_on_account_removal,
            managed_execution: words::is_active(*managed_execution),
            capabilities,
            tags,
            role: roles.map(|roles| RoleBody::from(&*roles.default)),
            accounts_with_own_external_id: roles.map(|roles| roles.special.keys().collect()).unwrap_or_default(),
            template: serde_json::from_str(template.body()).unwrap_or_else(|_| Value::from(template.body())),
        }
    }
}
