//! What resources are like, in the form in which templates declare them.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::{required, tags, text, texts};
use crate::cfn::template::Resource;
use crate::iam::{Account, Role};
use crate::world::World;

/// A resource as it is.
#[derive(Debug)]
pub(in crate::cfn) enum Live {
    /// It is not there.
    Gone,
    /// Its properties, as far as the simulation has them.
    Here(Map<String, Value>),
}

/// The action that reads a resource of a type.
pub(in crate::cfn) fn read_action(kind: &str) -> &'static str {
    match kind {
        "AWS::IAM::Role" => "iam:GetRole",
        "AWS::IAM::ManagedPolicy" => "iam:GetPolicy",
        _ => "iam:GetRolePolicy",
    }
}

/// The tags that a resource has because of its template and of its stack, as a list.
pub(in crate::cfn) fn all_tags(resource: &Resource, stack_tags: &BTreeMap<String, String>) -> Value {
    tag_list(&tags(resource, stack_tags))
}

/// Reads a resource.
pub(in crate::cfn) fn read(world: &World, account: &str, resource: &Resource) -> Live {
    let read = || {
        let iam = world.iam.get(account)?;
        match resource.kind.as_str() {
            "AWS::IAM::Role" => iam.role(required(resource, "RoleName").ok()?).ok().map(|it| role(world, it)),
            "AWS::IAM::ManagedPolicy" => managed_policy(iam, resource),
            _ => inline_policy(iam, resource),
        }
    };
    match read() {
        Some(Value::Object(properties)) => Live::Here(properties),
        Some(_) | None => Live::Gone,
    }
}

fn role(world: &World, role: &Role) -> Value {
    let mut live = json!({
        "AssumeRolePolicyDocument": document(&role.trust.shown(world)),
        "ManagedPolicyArns": role.attached,
        "MaxSessionDuration": role.max_session,
        "Path": role.path,
        "Policies": policies(&role.inline),
        "RoleName": role.name,
        "Tags": tag_list(&role.tags),
    });
    if let Some(description) = &role.description {
        live["Description"] = Value::from(description.as_str());
    }
    if let Some(boundary) = &role.boundary {
        live["PermissionsBoundary"] = Value::from(boundary.as_str());
    }
    live
}

fn managed_policy(iam: &Account, resource: &Resource) -> Option<Value> {
    let name = required(resource, "ManagedPolicyName").ok()?;
    let policy = iam.policies.get(&name.to_lowercase())?;
    let attached = |role: &&str| iam.role(role).is_ok_and(|role| role.attached.contains(&policy.arn));
    // Who else has the policy is none of this resource's business: it lists those that it was told of.
    let roles: Vec<&str> = texts(resource, "Roles").into_iter().filter(attached).collect();
    let mut live = json!({
        "ManagedPolicyName": policy.name,
        "Path": policy.path,
        "PolicyDocument": document(policy.document()),
        "Roles": roles,
    });
    if let Some(description) = &policy.description {
        live["Description"] = Value::from(description.as_str());
    }
    Some(live)
}

fn inline_policy(iam: &Account, resource: &Resource) -> Option<Value> {
    let (role, policy) = (text(resource, "RoleName")?, text(resource, "PolicyName")?);
    let inline = iam.role(role).ok()?.inline.get(policy)?;
    Some(json!({ "PolicyDocument": document(inline), "PolicyName": policy, "RoleName": role }))
}

fn policies(inline: &BTreeMap<String, String>) -> Value {
    inline.iter().map(|(name, text)| json!({ "PolicyName": name, "PolicyDocument": document(text) })).collect()
}

fn tag_list(tags: &BTreeMap<String, String>) -> Value {
    let own = tags.iter().filter(|(key, _)| !key.starts_with("aws:"));
    own.map(|(key, value)| json!({ "Key": key, "Value": value })).collect()
}

/// A document as JSON; IAM stores only what is.
fn document(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|_| Value::from(text))
}
