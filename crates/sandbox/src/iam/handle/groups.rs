//! Groups of users and who is in them.

use super::page::{after, page};
use super::shapes::{self, View};
use super::{Operation, current, own, own_mut, path, prefix, read, write};
use crate::wire::{Call, Reply, WireError};
use crate::world::World;

pub(super) const OPERATIONS: &[Operation] = &[
    write("CreateGroup", &["GroupName"], create),
    read("GetGroup", &["GroupName"], get),
    read("ListGroups", &[], list),
    write("UpdateGroup", &["GroupName"], update),
    write("DeleteGroup", &["GroupName"], delete),
    write("AddUserToGroup", &["GroupName", "UserName"], add_user),
    write("RemoveUserFromGroup", &["GroupName", "UserName"], remove_user),
];

fn create(world: &mut World, call: &Call) -> Result<Reply, WireError> {
    let name = call.params.required("GroupName")?;
    let now = world.now;
    own_mut(world, call)?.create_group(name, path(call), now)?;
    let created = current(world, call)?.group(name)?;
    Ok(Reply::result(|xml| xml.element("Group", |xml| shapes::group(xml, created))))
}

fn get(world: &World, call: &Call) -> Result<Reply, WireError> {
    let iam = own(world, call)?;
    let name = call.params.required("GroupName")?;
    let group = iam.group(name)?;
    let page = page(world, call, |position| {
        iam.members_of(name).filter(move |(key, _)| position.as_ref().is_none_or(|position| *key > position.as_str()))
    })?;
    Ok(Reply::result(|xml| {
        xml.element("Group", |xml| shapes::group(xml, group));
        xml.list("Users", &page.rows, |xml, user| shapes::user(xml, user, View::Listed));
        page.end(xml);
    }))
}

fn list(world: &World, call: &Call) -> Result<Reply, WireError> {
    let prefix = prefix(call);
    let groups = &own(world, call)?.groups;
    let page =
        page(world, call, |position| after(groups, position).filter(|(_, group)| group.path.starts_with(prefix)))?;
    Ok(Reply::result(|xml| {
        xml.list("Groups", &page.rows, |xml, group| shapes::group(xml, group));
        page.end(xml);
    }))
}

fn update(world: &mut World, call: &Call) -> Result<Reply, WireError> {
    let name = call.params.required("GroupName")?;
    let (new_name, new_path) = (call.params.get("NewGroupName"), call.params.get("NewPath"));
    own_mut(world, call)?.update_group(name, new_name, new_path)?;
    Ok(Reply::Nothing)
}

fn delete(world: &mut World, call: &Call) -> Result<Reply, WireError> {
    let name = call.params.required("GroupName")?;
    own_mut(world, call)?.delete_group(name)?;
    Ok(Reply::Nothing)
}

fn add_user(world: &mut World, call: &Call) -> Result<Reply, WireError> {
    let (group, user) = (call.params.required("GroupName")?, call.params.required("UserName")?);
    own_mut(world, call)?.add_user_to_group(group, user)?;
    Ok(Reply::Nothing)
}

fn remove_user(world: &mut World, call: &Call) -> Result<Reply, WireError> {
    let (group, user) = (call.params.required("GroupName")?, call.params.required("UserName")?);
    own_mut(world, call)?.remove_user_from_group(group, user)?;
    Ok(Reply::Nothing)
}
