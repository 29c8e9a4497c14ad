//! Roles and definitions of stack sets.

use std::collections::{BTreeMap, BTreeSet};

use rolecall_core::ids::{AccountId, InlineName, PolicyArn, RoleName, RolePath, StackSetName, TagKey, TagValue};
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
    inline_policies: &'a BTreeMap<InlineName, PolicyDoc>,
    tags: &'a BTreeMap<TagKey, TagValue>,
}

impl<'a> From<&'a Role> for RoleBody<'a> {
    fn from(role: &'a Role) -> Self {
        // No `..`: a new field of a role does not compile until someone decides how it is written.
        let Role { name, path, description, trust, max_session, boundary, attached, inline, tags } = role;
        Self {
            name,
            path,
            description,
            max_session_duration: max_session.seconds(),
            permissions_boundary: boundary.as_ref(),
            trust_policy: trust,
            managed_policies: attached,
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
