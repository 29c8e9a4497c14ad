//! `AWS::IAM::Group`.

use jiff::Timestamp;

use super::Attributes;
use super::identity::{add_policies, change_policies, remove_policies};
use super::message::{ResourceError, already_exists, handler, not_found};
use super::properties::{Versions, iam, required, text};
use crate::cfn::template::Resource;
use crate::iam::IdentityKind;
use crate::world::World;

pub(super) fn create(
    world: &mut World,
    account: &str,
    resource: &Resource,
    at: Timestamp,
) -> Result<Attributes, ResourceError> {
    let name = required(resource, "GroupName")?;
    let iam = iam(world, account)?;
    if iam.group(name).is_ok() {
        return Err(already_exists(&resource.kind, name));
    }
    let path = text(resource, "Path").unwrap_or("/");
    iam.create_group(name, path, at).map_err(|error| handler(resource, &error))?;
    if let Err(error) = add_policies(iam, IdentityKind::Group, name, resource) {
        // The handler takes back what it made.
        remove_policies(iam, IdentityKind::Group, name, resource);
        drop(iam.delete_group(name));
        return Err(error);
    }
    Ok(Attributes::new())
}

pub(super) fn update(world: &mut World, account: &str, versions: Versions<'_>) -> Result<(), ResourceError> {
    let after = versions.after.0;
    let name = required(after, "GroupName")?;
    let iam = iam(world, account)?;
    if iam.group(name).is_err() {
        return Err(not_found(&after.kind, name));
    }
    if versions.differ("Path") {
        let path = text(after, "Path").unwrap_or("/");
        iam.update_group(name, None, Some(path)).map_err(|error| handler(after, &error))?;
    }
    change_policies(iam, IdentityKind::Group, name, versions)
}

pub(super) fn delete(world: &mut World, account: &str, resource: &Resource) -> Result<(), ResourceError> {
    let name = required(resource, "GroupName")?;
    let iam = iam(world, account)?;
    if iam.group(name).is_err() {
        return Ok(());
    }
    remove_policies(iam, IdentityKind::Group, name, resource);
    iam.delete_group(name).map_err(|error| handler(resource, &error))
}
