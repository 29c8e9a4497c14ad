//! What CloudFormation does to roles and policies, as the calls that its resource handlers make for it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::actor::Actor;
use super::record::{Asked, Outcome, record};
use crate::iam::{ManagedPolicy, Role};
use crate::wire::Service;
use crate::world::{World, hex, uuid};

/// A role or a policy of an account before a stack touched it.
#[derive(Debug)]
pub(crate) enum Before {
    /// A role, by its name.
    Role(String, Option<Box<Role>>),
    /// A policy, by its ARN.
    Policy(String, Option<Box<ManagedPolicy>>),
}

/// The calls that lead from one state to another: operation, parameters, answer.
type Calls = Vec<(&'static str, Value, Value)>;

impl Before {
    /// The role of a name as it is.
    pub(crate) fn role(world: &World, account: &str, name: &str) -> Self {
        Self::Role(name.to_owned(), role(world, account, name))
    }

    /// The customer managed policy of an ARN as it is.
    pub(crate) fn policy(world: &World, account: &str, arn: &str) -> Self {
        Self::Policy(arn.to_owned(), policy(world, account, arn))
    }

    /// The calls that were made since.
    fn calls(self, world: &World, account: &str) -> Calls {
        match self {
            Self::Role(name, before) => match (before, role(world, account, &name)) {
                (None, None) => Calls::new(),
                (None, Some(after)) => role_created(world, &after),
                (Some(before), None) => role_deleted(&before),
                (Some(before), Some(after)) => role_changed(world, &before, &after),
            },
            Self::Policy(arn, before) => match (before, policy(world, account, &arn)) {
                (None, None) => Calls::new(),
                (None, Some(after)) => policy_created(&after),
                (Some(_), None) => vec![("DeletePolicy", json!({ "policyArn": arn }), Value::Null)],
                (Some(before), Some(after)) => policy_changed(&before, &after),
            },
        }
    }
}

/// In whose name CloudFormation works on a stack.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Behind<'a> {
    /// The account's administrator.
    Administrator,
    /// StackSets' execution role.
    StackSet {
        /// The role's name.
        role: &'a str,
        /// The session's name.
        session: &'a str,
    },
}

/// Adds what a stack did since `before` to the history of its account.
pub(crate) fn record_stack(
    world: &mut World,
    (account, stack_id): (&str, &str),
    behind: Behind<'_>,
    before: Before,
    at: Timestamp,
) {
    for (number, (operation, parameters, response)) in before.calls(world, account).into_iter().enumerate() {
        let actor = match behind {
            Behind::StackSet { role, session } => Actor::stack_set(world, account, role, session),
            Behind::Administrator => Actor::stack(world, account),
        };
        let asked = Asked {
            service: Service::Iam,
            operation: operation.to_owned(),
            account: account.to_owned(),
            region: String::new(),
            actor,
            parameters,
            request_id: uuid(&hex(&["stack", stack_id, &at.to_string(), &number.to_string()])),
        };
        record(world, asked, Outcome::Done(response), at);
    }
}

fn role(world: &World, account: &str, name: &str) -> Option<Box<Role>> {
    world.iam.get(account)?.role(name).ok().cloned().map(Box::new)
}

fn policy(world: &World, account: &str, arn: &str) -> Option<Box<ManagedPolicy>> {
    world.iam.get(account)?.policy(arn).ok().cloned().map(Box::new)
}

fn role_created(world: &World, role: &Role) -> Calls {
    let Role {
        name,
        path,
        id,
        arn,
        created: _,
        description,
        max_session,
        trust,
        inline: _,
        attached: _,
        boundary,
        tags,
        last_used: _,
    } = role;
    let mut request = Map::new();
    let mut set = |key: &str, value: Value| drop(request.insert(key.to_owned(), value));
    set("roleName", json!(name));
    set("path", json!(path));
    set("assumeRolePolicyDocument", json!(trust.shown(world)));
    set("maxSessionDuration", json!(max_session));
    if let Some(description) = description {
        set("description", json!(description));
    }
    if let Some(boundary) = boundary {
        set("permissionsBoundary", json!(boundary));
    }
    if !tags.is_empty() {
        set("tags", tag_list(tags));
    }
    let response = json!({ "role": { "roleName": name, "roleId": id, "arn": arn, "path": path } });
    let mut calls = vec![("CreateRole", Value::Object(request), response)];
    calls.extend(policies_changed(name, None, role));
    calls
}

fn role_deleted(role: &Role) -> Calls {
    let named = json!({ "roleName": role.name });
    let inline = role
        .inline
        .keys()
        .map(|policy| ("DeleteRolePolicy", json!({ "roleName": role.name, "policyName": policy }), Value::Null));
    let attached = role
        .attached
        .iter()
        .map(|arn| ("DetachRolePolicy", json!({ "roleName": role.name, "policyArn": arn }), Value::Null));
    inline.chain(attached).chain([("DeleteRole", named, Value::Null)]).collect()
}

fn role_changed(world: &World, before: &Role, after: &Role) -> Calls {
    let name = &after.name;
    let mut calls = Calls::new();
    let mut call = |operation, request| calls.push((operation, request, Value::Null));
    if before.trust != after.trust {
        call("UpdateAssumeRolePolicy", json!({ "roleName": name, "policyDocument": after.trust.shown(world) }));
    }
    if (&before.description, before.max_session) != (&after.description, after.max_session) {
        let description = after.description.as_deref().unwrap_or_default();
        call(
            "UpdateRole",
            json!({ "roleName": name, "description": description, "maxSessionDuration": after.max_session }),
        );
    }
    if before.boundary != after.boundary {
        match &after.boundary {
            Some(arn) => call("PutRolePermissionsBoundary", json!({ "roleName": name, "permissionsBoundary": arn })),
            None => call("DeleteRolePermissionsBoundary", json!({ "roleName": name })),
        }
    }
    let gone: Vec<&String> = before.tags.keys().filter(|key| !after.tags.contains_key(*key)).collect();
    if !gone.is_empty() {
        call("UntagRole", json!({ "roleName": name, "tagKeys": gone }));
    }
    let set: BTreeMap<String, String> =
        after.tags.clone().into_iter().filter(|(key, value)| before.tags.get(key) != Some(value)).collect();
    if !set.is_empty() {
        call("TagRole", json!({ "roleName": name, "tags": tag_list(&set) }));
    }
    calls.extend(policies_changed(name, Some(before), after));
    calls
}

/// The policies that differ; all of them when there was no role before.
fn policies_changed(name: &str, before: Option<&Role>, after: &Role) -> Calls {
    let had = |policy: &str| before.and_then(|before| before.inline.get(policy));
    let put =
        after.inline.iter().filter(|(policy, document)| had(policy) != Some(document)).map(|(policy, document)| {
            (
                "PutRolePolicy",
                json!({ "roleName": name, "policyName": policy, "policyDocument": document }),
                Value::Null,
            )
        });
    let removed = before.into_iter().flat_map(|before| before.inline.keys());
    let deleted = removed
        .filter(|policy| !after.inline.contains_key(*policy))
        .map(|policy| ("DeleteRolePolicy", json!({ "roleName": name, "policyName": policy }), Value::Null));
    let attached = after.attached.iter().filter(|arn| before.is_none_or(|before| !before.attached.contains(*arn)));
    let attached = attached.map(|arn| ("AttachRolePolicy", json!({ "roleName": name, "policyArn": arn }), Value::Null));
    let detached = before.into_iter().flat_map(|before| before.attached.difference(&after.attached));
    let detached = detached.map(|arn| ("DetachRolePolicy", json!({ "roleName": name, "policyArn": arn }), Value::Null));
    put.chain(deleted).chain(attached).chain(detached).collect()
}

fn policy_created(policy: &ManagedPolicy) -> Calls {
    let request = json!({ "policyName": policy.name, "path": policy.path, "policyDocument": policy.document() });
    let response = json!({ "policy": { "policyName": policy.name, "policyId": policy.id, "arn": policy.arn } });
    vec![("CreatePolicy", request, response)]
}

fn policy_changed(before: &ManagedPolicy, after: &ManagedPolicy) -> Calls {
    let gone = before.versions.keys().filter(|version| !after.versions.contains_key(version)).map(|version| {
        ("DeletePolicyVersion", json!({ "policyArn": after.arn, "versionId": format!("v{version}") }), Value::Null)
    });
    let new =
        after.versions.iter().filter(|(number, _)| !before.versions.contains_key(number)).map(|(number, version)| {
            let is_default = *number == after.default_version;
            let request =
                json!({ "policyArn": after.arn, "policyDocument": version.document, "setAsDefault": is_default });
            ("CreatePolicyVersion", request, Value::Null)
        });
    gone.chain(new).collect()
}

fn tag_list(tags: &BTreeMap<String, String>) -> Value {
    tags.iter().map(|(key, value)| json!({ "key": key, "value": value })).collect()
}
