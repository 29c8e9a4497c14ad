//! What resources are like, in the form in which templates declare them.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::policy::owners;
use super::properties::{required, tags, text};
use crate::cfn::template::Resource;
use crate::iam::{Account, IdentityKind};
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
        "AWS::IAM::User" => "iam:GetUser",
        "AWS::IAM::Group" => "iam:GetGroup",
        "AWS::IAM::ManagedPolicy" => "iam:GetPolicy",
        "AWS::IAM::OIDCProvider" => "iam:GetOpenIDConnectProvider",
        "AWS::IAM::InstanceProfile" => "iam:GetInstanceProfile",
        "AWS::IAM::UserPolicy" => "iam:GetUserPolicy",
        "AWS::IAM::GroupPolicy" => "iam:GetGroupPolicy",
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
        let iam = world.iam(account).ok()?;
        match resource.kind.as_str() {
            "AWS::IAM::Role" => role(world, iam, required(resource, "RoleName").ok()?),
            "AWS::IAM::User" => user(iam, required(resource, "UserName").ok()?),
            "AWS::IAM::Group" => group(iam, required(resource, "GroupName").ok()?),
            "AWS::IAM::ManagedPolicy" => managed_policy(iam, resource),
            "AWS::IAM::OIDCProvider" => oidc_provider(iam, resource),
            "AWS::IAM::InstanceProfile" => instance_profile(iam, resource),
            _ => inline_policy(iam, resource),
        }
    };
    match read() {
        Some(Value::Object(properties)) => Live::Here(properties),
        Some(_) | None => Live::Gone,
    }
}

fn role(world: &World, iam: &Account, name: &str) -> Option<Value> {
    let role = iam.role(name).ok()?;
    let mut live = json!({
        "AssumeRolePolicyDocument": document(&role.trust.shown(world)),
        "ManagedPolicyArns": role.attached,
        "MaxSessionDuration": role.max_session,
        "Path": role.path,
        "Policies": policies(&role.inline),
        "RoleName": role.name,
        "Tags": tag_list(&role.tags),
    });
    set(&mut live, "Description", role.description.as_deref());
    set(&mut live, "PermissionsBoundary", role.boundary.as_deref());
    Some(live)
}

fn user(iam: &Account, name: &str) -> Option<Value> {
    let user = iam.user(name).ok()?;
    let groups: Vec<&str> = user.groups.iter().filter_map(|group| Some(iam.group(group).ok()?.name.as_str())).collect();
    let mut live = json!({
        "Groups": groups,
        "ManagedPolicyArns": user.attached,
        "Path": user.path,
        "Policies": policies(&user.inline),
        "Tags": tag_list(&user.tags),
        "UserName": user.name,
    });
    set(&mut live, "PermissionsBoundary", user.boundary.as_deref());
    Some(live)
}

fn group(iam: &Account, name: &str) -> Option<Value> {
    let group = iam.group(name).ok()?;
    Some(json!({
        "GroupName": group.name,
        "ManagedPolicyArns": group.attached,
        "Path": group.path,
        "Policies": policies(&group.inline),
    }))
}

fn managed_policy(iam: &Account, resource: &Resource) -> Option<Value> {
    let name = required(resource, "ManagedPolicyName").ok()?;
    let policy = iam.policies.get(&name.to_lowercase())?;
    // Who else has the policy is none of this resource's business: it knows those that it was told of.
    let has = |kind: IdentityKind, name: &str| {
        iam.policies_of(kind, name).is_ok_and(|policies| policies.attached.contains(&policy.arn))
    };
    let still = |wanted: IdentityKind| -> Vec<&str> {
        let of_kind = owners(resource).into_iter().filter(|(kind, name)| *kind == wanted && has(*kind, name));
        of_kind.map(|(_, name)| name).collect()
    };
    let mut live = json!({
        "Groups": still(IdentityKind::Group),
        "ManagedPolicyName": policy.name,
        "Path": policy.path,
        "PolicyDocument": document(policy.document()),
        "Roles": still(IdentityKind::Role),
        "Users": still(IdentityKind::User),
    });
    set(&mut live, "Description", policy.description.as_deref());
    Some(live)
}

fn inline_policy(iam: &Account, resource: &Resource) -> Option<Value> {
    let policy = text(resource, "PolicyName")?;
    let (kind, owner) = owners(resource).into_iter().next()?;
    let text = iam.policies_of(kind, owner).ok()?.inline.get(policy)?;
    Some(json!({
        "PolicyDocument": document(text),
        "PolicyName": policy,
        format!("{}Name", kind.title()): owner,
    }))
}

fn oidc_provider(iam: &Account, resource: &Resource) -> Option<Value> {
    let provider = iam.oidc_provider(&resource.physical_id).ok()?;
    Some(json!({
        "ClientIdList": provider.client_ids,
        "Tags": tag_list(&provider.tags),
        "ThumbprintList": provider.thumbprints,
        "Url": format!("https://{}", provider.url),
    }))
}

fn instance_profile(iam: &Account, resource: &Resource) -> Option<Value> {
    let profile = iam.instance_profile(required(resource, "InstanceProfileName").ok()?).ok()?;
    let role = profile.role.as_ref().and_then(|role| iam.role(role).ok());
    let roles: Vec<&str> = role.iter().map(|role| role.name.as_str()).collect();
    Some(json!({ "InstanceProfileName": profile.name, "Path": profile.path, "Roles": roles }))
}

fn set(live: &mut Value, key: &str, value: Option<&str>) {
    if let Some(value) = value {
        live[key] = Value::from(value);
    }
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
