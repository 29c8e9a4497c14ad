//! `AWS::IAM::Role`.

use jiff::Timestamp;
use serde_json::Value;

use super::identity::{add_policies, change_policies, remove_policies};
use super::message::{ResourceError, already_exists, handler, message, not_found};
use super::properties::{Versions, document, iam, required, tags, text};
use super::{Attributes, Tags};
use crate::cfn::template::Resource;
use crate::iam::{Bounded, IamError, IdentityKind, NewRole, Tagged};
use crate::world::World;

pub(super) fn create(
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
    if let Err(error) = add_policies(iam, IdentityKind::Role, &name, resource) {
        // The handler takes back what it made.
        remove_policies(iam, IdentityKind::Role, &name, resource);
        drop(iam.delete_role(&name));
        return Err(error);
    }
    Ok(Attributes::from([("RoleId".to_owned(), id)]))
}

pub(super) fn update(world: &mut World, account: &str, versions: Versions<'_>) -> Result<(), ResourceError> {
    let after = versions.after.0;
    let fail = |error: IamError| handler(after, &error);
    let name = required(after, "RoleName")?;
    let trust = if versions.differ("AssumeRolePolicyDocument") {
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
    let description = versions.differ("Description").then(|| text(after, "Description").unwrap_or_default().to_owned());
    let max_session = if versions.differ("MaxSessionDuration") { Some(session(after)?) } else { None };
    iam.update_role(name, description, max_session).map_err(fail)?;
    if versions.differ("PermissionsBoundary") {
        match text(after, "PermissionsBoundary") {
            Some(arn) => iam.set_boundary(Bounded::Role(name), arn).map_err(fail)?,
            None => drop(iam.remove_boundary(Bounded::Role(name))),
        }
    }
    change_policies(iam, IdentityKind::Role, name, versions)?;
    let (gone, set) = versions.tags();
    let gone: Vec<&str> = gone.iter().map(String::as_str).collect();
    iam.untag(Tagged::Role(name), &gone).and_then(|()| iam.tag(Tagged::Role(name), &set)).map_err(fail)
}

pub(super) fn delete(world: &mut World, account: &str, resource: &Resource) -> Result<(), ResourceError> {
    let name = required(resource, "RoleName")?;
    let iam = iam(world, account)?;
    if iam.role(name).is_err() {
        return Ok(());
    }
    remove_policies(iam, IdentityKind::Role, name, resource);
    iam.delete_role(name).map_err(|error| handler(resource, &error))
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
