//! `AWS::IAM::ManagedPolicy`, and the types that are inline policies.

use jiff::Timestamp;

use super::Attributes;
use super::message::{ResourceError, handler, message};
use super::properties::{Versions, document, each, iam, required, text, texts};
use crate::cfn::template::Resource;
use crate::iam::{Account, IamError, IdentityKind, InForce, NewPolicy};
use crate::world::World;

/// The kinds of identities that a policy can be given to, with the list and the single property that name them.
const OWNERS: [(IdentityKind, &str, &str); 3] = [
    (IdentityKind::Group, "Groups", "GroupName"),
    (IdentityKind::Role, "Roles", "RoleName"),
    (IdentityKind::User, "Users", "UserName"),
];

pub(super) fn create_managed(
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
    if let Err(error) = each(owners(resource), |(kind, owner)| iam.attach_policy(kind, owner, &arn)) {
        // The handler takes back what it made.
        detach_all(iam, &arn, resource);
        drop(iam.delete_policy(&arn));
        return Err(handler(resource, &error));
    }
    Ok(Attributes::from([("PolicyId".to_owned(), id), ("DefaultVersionId".to_owned(), "v1".to_owned())]))
}

pub(super) fn update_managed(world: &mut World, account: &str, versions: Versions<'_>) -> Result<(), ResourceError> {
    let at = world.now;
    let (before, after) = (versions.before.0, versions.after.0);
    let iam = iam(world, account)?;
    let arn = policy_arn(iam, after)?;
    let (was, text) = (document(before, "PolicyDocument")?, document(after, "PolicyDocument")?);
    let written = if was == text { Ok(()) } else { add_version(iam, &arn, &text, at) };
    let (old, new) = (owners(before), owners(after));
    let joined = new.iter().filter(|owner| !old.contains(owner));
    written
        .and_then(|()| each(joined, |(kind, owner)| iam.attach_policy(*kind, owner, &arn)))
        .map_err(|error| handler(after, &error))?;
    for (kind, owner) in old.iter().filter(|owner| !new.contains(owner)) {
        // Gone already is as good.
        drop(iam.detach_policy(*kind, owner, &arn));
    }
    Ok(())
}

pub(super) fn delete_managed(world: &mut World, account: &str, resource: &Resource) -> Result<(), ResourceError> {
    let at = world.now;
    let iam = iam(world, account)?;
    let Ok(arn) = policy_arn(iam, resource) else { return Ok(()) };
    detach_all(iam, &arn, resource);
    idle_versions(iam, &arn)
        .and_then(|idle| each(&idle, |version| iam.delete_policy_version(&arn, version, at)))
        .and_then(|()| iam.delete_policy(&arn))
        .map_err(|error| handler(resource, &error))
}

fn detach_all(iam: &mut Account, arn: &str, resource: &Resource) {
    for (kind, owner) in owners(resource) {
        drop(iam.detach_policy(kind, owner, arn));
    }
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

fn policy_arn(iam: &Account, resource: &Resource) -> Result<String, ResourceError> {
    let name = required(resource, "ManagedPolicyName")?.to_lowercase();
    let policy = iam.policies.get(&name).ok_or_else(|| message("The policy was not found.", "NotFound"))?;
    Ok(policy.arn.clone())
}

/// Whom a policy resource is for.
pub(super) fn owners(resource: &Resource) -> Vec<(IdentityKind, &str)> {
    let of_kind = |(kind, list, single): (IdentityKind, &'static str, &'static str)| {
        let named = texts(resource, list).into_iter().chain(text(resource, single));
        named.map(move |name| (kind, name)).collect::<Vec<_>>()
    };
    OWNERS.into_iter().flat_map(of_kind).collect()
}

/// Writes an inline policy to everybody that it is for.
pub(super) fn put_inline(world: &mut World, account: &str, resource: &Resource) -> Result<(), ResourceError> {
    let text = document(resource, "PolicyDocument")?;
    let policy = required(resource, "PolicyName")?;
    let owners = owners(resource);
    if owners.is_empty() {
        return Err(message("At least one of [Groups,Roles,Users] must be non-empty.", "InvalidRequest"));
    }
    let iam = iam(world, account)?;
    each(owners, |(kind, owner)| iam.put_inline_policy(kind, owner, policy, &text))
        .map_err(|error| handler(resource, &error))
}

pub(super) fn update_inline(world: &mut World, account: &str, versions: Versions<'_>) -> Result<(), ResourceError> {
    let (before, after) = (versions.before.0, versions.after.0);
    put_inline(world, account, after)?;
    let (old, new) = (required(before, "PolicyName")?, required(after, "PolicyName")?);
    let kept = if old == new { owners(after) } else { Vec::new() };
    let iam = iam(world, account)?;
    for (kind, owner) in owners(before).into_iter().filter(|owner| !kept.contains(owner)) {
        // Gone already is as good.
        drop(iam.delete_inline_policy(kind, owner, old));
    }
    Ok(())
}

pub(super) fn delete_inline(world: &mut World, account: &str, resource: &Resource) -> Result<(), ResourceError> {
    let policy = required(resource, "PolicyName")?;
    let iam = iam(world, account)?;
    for (kind, owner) in owners(resource) {
        drop(iam.delete_inline_policy(kind, owner, policy));
    }
    Ok(())
}
