//! Instance profiles and their roles.

use super::page::{after, page};
use super::shapes::{self, View};
use super::{Operation, changeable, current, own, own_mut, path, prefix, read, role, write};
use crate::iam::{Account, InstanceProfile};
use crate::wire::{Call, Reply, WireError, Xml};
use crate::world::World;

pub(super) const OPERATIONS: &[Operation] = &[
    write("CreateInstanceProfile", &["InstanceProfileName"], create),
    read("GetInstanceProfile", &["InstanceProfileName"], get),
    read("ListInstanceProfiles", &[], list),
    read("ListInstanceProfilesForRole", &["RoleName"], list_for_role),
    write("DeleteInstanceProfile", &["InstanceProfileName"], delete),
    write("AddRoleToInstanceProfile", &["InstanceProfileName", "RoleName"], add_role),
    write("RemoveRoleFromInstanceProfile", &["InstanceProfileName", "RoleName"], remove_role),
];

fn create(world: &mut World, call: &Call) -> Result<Reply, WireError> {
    let name = call.params.required("InstanceProfileName")?;
    let tags = call.params.tags("Tags")?.unwrap_or_default();
    let now = world.now;
    own_mut(world, call)?.create_instance_profile(name, path(call), &tags, now)?;
    let iam = current(world, call)?;
    let profile = iam.instance_profile(name)?;
    Ok(Reply::result(|xml| xml.element("InstanceProfile", |xml| show(xml, world, iam, profile, View::Whole))))
}

/// The members of `InstanceProfile`.
pub(super) fn show(xml: &mut Xml, world: &World, iam: &Account, profile: &InstanceProfile, view: View) {
    xml.text("Path", &profile.path);
    xml.text("InstanceProfileName", &profile.name);
    xml.text("InstanceProfileId", &profile.id);
    xml.text("Arn", &profile.arn);
    xml.text("CreateDate", crate::world::iso_time(profile.created));
    let role = profile.role.as_ref().and_then(|name| iam.role(name).ok());
    xml.list("Roles", role, |xml, role| shapes::role(xml, world, role, View::Listed));
    if view == View::Whole && !profile.tags.is_empty() {
        shapes::tags(xml, &profile.tags);
    }
}

fn get(world: &World, call: &Call) -> Result<Reply, WireError> {
    let iam = own(world, call)?;
    let profile = iam.instance_profile(call.params.required("InstanceProfileName")?)?;
    Ok(Reply::result(|xml| xml.element("InstanceProfile", |xml| show(xml, world, iam, profile, View::Whole))))
}

fn list(world: &World, call: &Call) -> Result<Reply, WireError> {
    let prefix = prefix(call);
    rows(world, call, |profile| profile.path.starts_with(prefix))
}

fn list_for_role(world: &World, call: &Call) -> Result<Reply, WireError> {
    let role = role(world, call)?.name.to_lowercase();
    rows(world, call, |profile| profile.role.as_ref() == Some(&role))
}

fn rows(world: &World, call: &Call, wanted: impl Fn(&InstanceProfile) -> bool) -> Result<Reply, WireError> {
    let iam = own(world, call)?;
    let page = page(world, call, |position| after(&iam.instance_profiles, position).filter(|(_, row)| wanted(row)))?;
    Ok(Reply::result(|xml| {
        xml.list("InstanceProfiles", &page.rows, |xml, row| show(xml, world, iam, row, View::Listed));
        page.end(xml);
    }))
}

fn delete(world: &mut World, call: &Call) -> Result<Reply, WireError> {
    let name = call.params.required("InstanceProfileName")?;
    own_mut(world, call)?.delete_instance_profile(name)?;
    Ok(Reply::Nothing)
}

fn add_role(world: &mut World, call: &Call) -> Result<Reply, WireError> {
    let role = changeable(world, call)?;
    let name = call.params.required("InstanceProfileName")?;
    own_mut(world, call)?.add_role_to_instance_profile(name, role)?;
    Ok(Reply::Nothing)
}

fn remove_role(world: &mut World, call: &Call) -> Result<Reply, WireError> {
    let role = changeable(world, call)?;
    let name = call.params.required("InstanceProfileName")?;
    own_mut(world, call)?.remove_role_from_instance_profile(name, role)?;
    Ok(Reply::Nothing)
}
