//! The resource types that a role template needs, on the account's IAM.

mod live;
mod message;
mod schema;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde_json::Value;

use super::template::Resource;
use crate::iam::{Account, IamError, InForce, NewPolicy, NewRole};
use crate::world::World;

pub(super) use self::live::{Live, all_tags, read, read_action};
pub(super) use self::message::{ResourceError, handler};
pub(super) use self::schema::{Drift, drift, identifiers, is_taggable, must_replace, name_property, recreation};

use self::message::{already_exists, message, not_found};

type Tags = BTreeMap<String, String>;

/// The attributes of a resource that only its existence tells.
pub(super) type Attributes = BTreeMap<String, String>;

/// The name that a resource was given or made up for it; `None` for types without names.
pub(super) fn custom_name(resource: &Resource) -> Option<&str> {
    text(resource, name_property(&resource.kind)?)
}

/// Makes a resource; gives the attributes that only its existence tells.
pub(super) fn create(
    world: &mut World,
    account: &str,
    resource: &Resource,
    stack_tags: &Tags,
    at: Timestamp,
) -> Result<Attributes, ResourceError> {
    schema::check(resource)?;
    match resource.kind.as_str() {
        "AWS::IAM::Role" => create_role(world, account, resource, stack_tags, at),
        "AWS::IAM::ManagedPolicy" => create_managed(world, account, resource, at),
        _ => put_inline(world, account, resource).map(|()| Attributes::new()),
    }
}

fn create_managed(
    world: &mut World,
    account: &str,
    resource: &Resource,
    at: Timestamp,
) -> Result<Attributes, ResourceError> {
    let name = required(resource, "ManagedPolicyName")?.to_owned();
    let new = NewPolicy {
        path: text(resource, "Path").unwrap_or("/").to_owned(),
        document: document(resource, "PolicyDocument")?,
        description: text(resource, "Description").map(str::to_owned),
        tags: Vec::new(),
        name,
    };
    let iam = iam(world, account)?;
    let made = iam.create_policy(new, at).map_err(|error| handler(resource, &error))?;
    let (arn, id) = (made.arn.clone(), made.id.clone());
    each(texts(resource, "Roles"), |role| iam.attach_role_policy(role, &arn))
        .map_err(|error| handler(resource, &error))?;
    Ok(Attributes::from([("PolicyId".to_owned(), id), ("DefaultVersionId".to_owned(), "v1".to_owned())]))
}

fn create_role(
    world: &mut World,
    account: &str,
    resource: &Resource,
    stack_tags: &Tags,
    at: Timestamp,
) -> Result<Attributes, ResourceError> {
    let fail = |error: IamError| handler(resource, &error);
    let trust = world.trust(&document(resource, "AssumeRolePolicyDocument")?).map_err(fail)?;
    let name = required(resource, "RoleName")?.to_owned();
    let new = NewRole {
        path: text(resource, "Path").unwrap_or("/").to_owned(),
        trust,
        description: text(resource, "Description").map(str::to_owned),
        max_session: session(resource)?,
        boundary: text(resource, "PermissionsBoundary").map(str::to_owned),
        tags: tags(resource, stack_tags).into_iter().collect(),
        name: name.clone(),
    };
    let iam = iam(world, account)?;
    if iam.role(&name).is_ok() {
        return Err(already_exists(&resource.kind, &name));
    }
    let id = iam.create_role(new, at).map_err(fail)?.id.clone();
    let added = put_policies(iam, &name, &inline(resource)?)
        .and_then(|()| each(texts(resource, "ManagedPolicyArns"), |arn| iam.attach_role_policy(&name, arn)));
    if let Err(error) = added {
        // The handler takes back what it made.
        let _ = delete_role(iam, &name, resource);
        return Err(fail(error));
    }
    Ok(Attributes::from([("RoleId".to_owned(), id)]))
}

/// Changes what differs between two versions of a resource, and nothing else: what someone did to the rest stays.
pub(super) fn update(
    world: &mut World,
    account: &str,
    (before, old_tags): (&Resource, &Tags),
    (after, new_tags): (&Resource, &Tags),
) -> Result<(), ResourceError> {
    match after.kind.as_str() {
        "AWS::IAM::Role" => update_role(world, account, (before, old_tags), (after, new_tags)),
        "AWS::IAM::ManagedPolicy" => update_managed(world, account, before, after),
        _ => {
            put_inline(world, account, after)?;
            let (old, new) = (required(before, "PolicyName")?, required(after, "PolicyName")?);
            let kept = if old == new { roles_of(after) } else { BTreeSet::new() };
            let iam = iam(world, account)?;
            for role in roles_of(before).difference(&kept) {
                // Gone already is as good.
                drop(iam.delete_role_policy(role, old));
            }
            Ok(())
        }
    }
}

fn update_managed(world: &mut World, account: &str, before: &Resource, after: &Resource) -> Result<(), ResourceError> {
    let at = world.now;
    let iam = iam(world, account)?;
    let arn = policy_arn(iam, after)?;
    let (was, text) = (document(before, "PolicyDocument")?, document(after, "PolicyDocument")?);
    let written = if was == text { Ok(()) } else { add_version(iam, &arn, &text, at) };
    let (old, new) = (texts(before, "Roles"), texts(after, "Roles"));
    written
        .and_then(|()| each(new.difference(&old).copied(), |role| iam.attach_role_policy(role, &arn)))
        .and_then(|()| each(old.difference(&new).copied(), |role| iam.detach_role_policy(role, &arn)))
        .map_err(|error| handler(after, &error))
}

/// Adds a version in force. A policy has at most five, so the oldest makes room.
fn add_version(iam: &mut Account, arn: &str, text: &str, at: Timestamp) -> Result<(), IamError> {
    let idle = idle_versions(iam, arn)?;
    if let Some(oldest) = idle.first().filter(|_| idle.len() >= 4) {
        iam.delete_policy_version(arn, oldest, at)?;
    }
    iam.create_policy_version(arn, text, InForce::AtOnce, at).map(|_| ())
}

/// The versions of a policy that are not in force, the oldest first.
fn idle_versions(iam: &Account, arn: &str) -> Result<Vec<String>, IamError> {
    let policy = iam.policy(arn)?;
    let numbers = policy.versions.keys().filter(|number| **number != policy.default_version);
    Ok(numbers.map(|number| format!("v{number}")).collect())
}

fn update_role(
    world: &mut World,
    account: &str,
    (before, old_tags): (&Resource, &Tags),
    (after, new_tags): (&Resource, &Tags),
) -> Result<(), ResourceError> {
    let fail = |error: IamError| handler(after, &error);
    let differs = |key: &str| before.properties.get(key) != after.properties.get(key);
    let name = required(after, "RoleName")?;
    let trust = if differs("AssumeRolePolicyDocument") {
        Some(world.trust(&document(after, "AssumeRolePolicyDocument")?).map_err(fail)?)
    } else {
        None
    };
    let iam = iam(world, account)?;
    if iam.role(name).is_err() {
        return Err(not_found(&after.kind, name));
    }
    if let Some(trust) = trust {
        iam.set_trust(name, trust).map_err(fail)?;
    }
    let description = differs("Description").then(|| text(after, "Description").unwrap_or_default().to_owned());
    let max_session = if differs("MaxSessionDuration") { Some(session(after)?) } else { None };
    iam.update_role(name, description, max_session).map_err(fail)?;
    if differs("PermissionsBoundary") {
        match text(after, "PermissionsBoundary") {
            Some(arn) => iam.put_boundary(name, arn).map_err(fail)?,
            None => drop(iam.delete_boundary(name)),
        }
    }
    let (old, new) = (inline(before)?, inline(after)?);
    for policy in old.keys().filter(|policy| !new.contains_key(*policy)) {
        // Gone already is as good.
        drop(iam.delete_role_policy(name, policy));
    }
    let changed: BTreeMap<String, String> =
        new.into_iter().filter(|(policy, text)| old.get(policy) != Some(text)).collect();
    put_policies(iam, name, &changed).map_err(fail)?;
    let (old, new) = (texts(before, "ManagedPolicyArns"), texts(after, "ManagedPolicyArns"));
    for arn in old.difference(&new) {
        drop(iam.detach_role_policy(name, arn));
    }
    each(new.difference(&old).copied(), |arn| iam.attach_role_policy(name, arn)).map_err(fail)?;
    let (old, new) = (tags(before, old_tags), tags(after, new_tags));
    let gone: Vec<&str> = old.keys().filter(|key| !new.contains_key(*key)).map(String::as_str).collect();
    iam.untag_role(name, &gone).map_err(fail)?;
    let set: Vec<(String, String)> = new.into_iter().filter(|(key, value)| old.get(key) != Some(value)).collect();
    iam.tag_role(name, &set).map_err(fail)
}

/// Deletes a resource; one that is gone already is deleted.
pub(super) fn delete(world: &mut World, account: &str, resource: &Resource) -> Result<(), ResourceError> {
    let iam = iam(world, account)?;
    match resource.kind.as_str() {
        "AWS::IAM::Role" => {
            let name = required(resource, "RoleName")?;
            if iam.role(name).is_err() {
                return Ok(());
            }
            delete_role(iam, name, resource).map_err(|error| handler(resource, &error))
        }
        "AWS::IAM::ManagedPolicy" => {
            let Ok(arn) = policy_arn(iam, resource) else { return Ok(()) };
            for role in texts(resource, "Roles") {
                drop(iam.detach_role_policy(role, &arn));
            }
            let at = world.now;
            let iam = self::iam(world, account)?;
            idle_versions(iam, &arn)
                .and_then(|idle| each(&idle, |version| iam.delete_policy_version(&arn, version, at)))
                .and_then(|()| iam.delete_policy(&arn))
                .map_err(|error| handler(resource, &error))
        }
        _ => {
            let policy = required(resource, "PolicyName")?;
            for role in roles_of(resource) {
                drop(iam.delete_role_policy(role, policy));
            }
            Ok(())
        }
    }
}

/// Takes away what the template put on the role, then the role: what someone else put there is in the way.
fn delete_role(iam: &mut Account, name: &str, resource: &Resource) -> Result<(), IamError> {
    for policy in inline(resource).unwrap_or_default().keys() {
        drop(iam.delete_role_policy(name, policy));
    }
    for arn in texts(resource, "ManagedPolicyArns") {
        drop(iam.detach_role_policy(name, arn));
    }
    iam.delete_role(name)
}

fn put_inline(world: &mut World, account: &str, resource: &Resource) -> Result<(), ResourceError> {
    let text = document(resource, "PolicyDocument")?;
    let policy = required(resource, "PolicyName")?;
    let iam = iam(world, account)?;
    each(roles_of(resource), |role| iam.put_role_policy(role, policy, &text)).map_err(|error| handler(resource, &error))
}

fn roles_of(resource: &Resource) -> BTreeSet<&str> {
    texts(resource, "Roles").into_iter().chain(text(resource, "RoleName")).collect()
}

fn policy_arn(iam: &Account, resource: &Resource) -> Result<String, ResourceError> {
    let name = required(resource, "ManagedPolicyName")?.to_lowercase();
    let policy = iam.policies.get(&name).ok_or_else(|| message("The policy was not found.", "NotFound"))?;
    Ok(policy.arn.clone())
}

fn put_policies(iam: &mut Account, role: &str, policies: &BTreeMap<String, String>) -> Result<(), IamError> {
    each(policies, |(name, document)| iam.put_role_policy(role, name, document))
}

fn each<T>(items: impl IntoIterator<Item = T>, act: impl FnMut(T) -> Result<(), IamError>) -> Result<(), IamError> {
    items.into_iter().try_for_each(act)
}

fn iam<'a>(world: &'a mut World, account: &str) -> Result<&'a mut Account, ResourceError> {
    world.iam_mut(account).map_err(|_| message("The account is not in the organization.", "NotFound"))
}

fn text<'a>(resource: &'a Resource, key: &str) -> Option<&'a str> {
    resource.properties.get(key).and_then(Value::as_str)
}

fn required<'a>(resource: &'a Resource, key: &str) -> Result<&'a str, ResourceError> {
    text(resource, key).ok_or_else(|| message(&format!("Property {key} is required."), "InvalidRequest"))
}

fn texts<'a>(resource: &'a Resource, key: &str) -> BTreeSet<&'a str> {
    let list = resource.properties.get(key).and_then(Value::as_array);
    list.into_iter().flatten().filter_map(Value::as_str).collect()
}

fn document(resource: &Resource, key: &str) -> Result<String, ResourceError> {
    let value = resource.properties.get(key);
    value.map(Value::to_string).ok_or_else(|| message(&format!("Property {key} is required."), "InvalidRequest"))
}

/// `MaxSessionDuration`, which a YAML template may give as text.
fn session(resource: &Resource) -> Result<u32, ResourceError> {
    let seconds = match resource.properties.get("MaxSessionDuration") {
        None => Some(3600),
        Some(Value::String(text)) => text.parse().ok(),
        Some(other) => other.as_u64().and_then(|seconds| u32::try_from(seconds).ok()),
    };
    seconds.ok_or_else(|| message("Property MaxSessionDuration is not a number.", "InvalidRequest"))
}

fn inline(resource: &Resource) -> Result<BTreeMap<String, String>, ResourceError> {
    let policies = resource.properties.get("Policies").and_then(Value::as_array);
    let policies = policies.into_iter().flatten().map(|policy| {
        let name = policy.get("PolicyName").and_then(Value::as_str);
        name.zip(policy.get("PolicyDocument")).map(|(name, document)| (name.to_owned(), document.to_string()))
    });
    policies
        .collect::<Option<_>>()
        .ok_or_else(|| message("A policy needs PolicyName and PolicyDocument.", "InvalidRequest"))
}

/// The tags of the stack, and the resource's own over them.
fn tags(resource: &Resource, stack_tags: &Tags) -> Tags {
    let mut tags = stack_tags.clone();
    for tag in resource.properties.get("Tags").and_then(Value::as_array).into_iter().flatten() {
        if let (Some(key), Some(value)) =
            (tag.get("Key").and_then(Value::as_str), tag.get("Value").and_then(Value::as_str))
        {
            tags.insert(key.to_owned(), value.to_owned());
        }
    }
    tags
}
