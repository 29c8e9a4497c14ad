//! Users themselves: created, read, changed, deleted.

use super::page::{after, page};
use super::permit::user_name;
use super::shapes::{self, View};
use super::{Operation, current, own, own_mut, path, prefix, read, write};
use crate::iam::{ADMINISTRATOR, Bounded, NewUser};
use crate::wire::{Call, Reply, WireError};
use crate::world::World;

pub(super) const OPERATIONS: &[Operation] = &[
    write("CreateUser", &["UserName"], create),
    read("GetUser", &[], get),
    read("ListUsers", &[], list),
    write("UpdateUser", &["UserName"], update),
    write("DeleteUser", &["UserName"], delete),
    write("PutUserPermissionsBoundary", &["UserName", "PermissionsBoundary"], put_boundary),
    write("DeleteUserPermissionsBoundary", &["UserName"], delete_boundary),
    read("ListGroupsForUser", &["UserName"], list_groups),
];

fn create(world: &mut World, call: &Call) -> Result<Reply, WireError> {
    let params = &call.params;
    let name = params.required("UserName")?;
    let new = NewUser {
        name: name.to_owned(),
        path: path(call).to_owned(),
        boundary: params.get("PermissionsBoundary").map(str::to_owned),
        tags: params.tags("Tags")?.unwrap_or_default(),
    };
    let now = world.now;
    own_mut(world, call)?.create_user(new, now)?;
    let created = current(world, call)?.user(name)?;
    Ok(Reply::result(|xml| xml.element("User", |xml| shapes::user(xml, created, View::Whole))))
}

/// The administrator that every account has is part of no state and of no list, but can be read.
fn get(world: &World, call: &Call) -> Result<Reply, WireError> {
    let name = user_name(call)?;
    if name == ADMINISTRATOR {
        let administrator = crate::sts::administrator(&call.caller.account);
        return Ok(Reply::result(|xml| {
            xml.element("User", |xml| {
                xml.text("Path", "/");
                xml.text("UserName", ADMINISTRATOR);
                xml.text("UserId", &administrator.user_id);
                xml.text("Arn", &administrator.arn);
                // As old as the organization could be.
                xml.text("CreateDate", "2017-02-27T00:00:00Z");
            });
        }));
    }
    let user = own(world, call)?.user(name)?;
    Ok(Reply::result(|xml| xml.element("User", |xml| shapes::user(xml, user, View::Whole))))
}

fn list(world: &World, call: &Call) -> Result<Reply, WireError> {
    let prefix = prefix(call);
    let users = &own(world, call)?.users;
    let page = page(world, call, |position| after(users, position).filter(|(_, user)| user.path.starts_with(prefix)))?;
    Ok(Reply::result(|xml| {
        xml.list("Users", &page.rows, |xml, user| shapes::user(xml, user, View::Listed));
        page.end(xml);
    }))
}

fn update(world: &mut World, call: &Call) -> Result<Reply, WireError> {
    let name = call.params.required("UserName")?;
    let (new_name, new_path) = (call.params.get("NewUserName"), call.params.get("NewPath"));
    own_mut(world, call)?.update_user(name, new_name, new_path)?;
    Ok(Reply::Nothing)
}

fn delete(world: &mut World, call: &Call) -> Result<Reply, WireError> {
    let name = call.params.required("UserName")?;
    own_mut(world, call)?.delete_user(name)?;
    Ok(Reply::Nothing)
}

fn put_boundary(world: &mut World, call: &Call) -> Result<Reply, WireError> {
    let name = call.params.required("UserName")?;
    let arn = call.params.required("PermissionsBoundary")?;
    own_mut(world, call)?.set_boundary(Bounded::User(name), arn)?;
    Ok(Reply::Nothing)
}

fn delete_boundary(world: &mut World, call: &Call) -> Result<Reply, WireError> {
    let name = call.params.required("UserName")?;
    own_mut(world, call)?.remove_boundary(Bounded::User(name))?;
    Ok(Reply::Nothing)
}

fn list_groups(world: &World, call: &Call) -> Result<Reply, WireError> {
    let iam = own(world, call)?;
    let user = iam.user(call.params.required("UserName")?)?;
    let page =
        page(world, call, |position| after(&iam.groups, position).filter(|(key, _)| user.groups.contains(*key)))?;
    Ok(Reply::result(|xml| {
        xml.list("Groups", &page.rows, |xml, group| shapes::group(xml, group));
        page.end(xml);
    }))
}
