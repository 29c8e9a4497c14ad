//! Roles themselves: created, read, changed, deleted, tagged.

use super::page::{after, page};
use super::shapes::{self, RoleView};
use super::{changeable, own, own_mut, role};
use crate::iam::NewRole;
use crate::wire::{Call, Reply, WireError};
use crate::world::World;

/// `CreateRole`.
pub(super) fn create(world: &mut World, call: &Call) -> Result<Reply, WireError> {
    let params = &call.params;
    let path = params.get("Path").unwrap_or("/").to_owned();
    if path.starts_with("/aws-service-role/") {
        return Err(WireError::new(
            400,
            "InvalidInput",
            "The path prefix /aws-service-role/ is reserved for AWS services.",
        ));
    }
    let name = params.required("RoleName")?.to_owned();
    let trust = world.trust(params.required("AssumeRolePolicyDocument")?)?;
    let new = NewRole {
        name: name.clone(),
        path,
        trust,
        description: params.get("Description").filter(|text| !text.is_empty()).map(str::to_owned),
        max_session: params.integer("MaxSessionDuration", 3600..=43200)?.unwrap_or(3600),
        boundary: params.get("PermissionsBoundary").map(str::to_owned),
        tags: params.tags("Tags")?.unwrap_or_default(),
    };
    let now = world.now;
    own_mut(world, call)?.create_role(new, now)?;
    let created = own(world, call)?.role(&name)?;
    Ok(Reply::result(|xml| xml.element("Role", |xml| shapes::role(xml, world, created, RoleView::Whole))))
}

/// `GetRole`.
pub(super) fn get(world: &World, call: &Call) -> Result<Reply, WireError> {
    let role = role(world, call)?;
    Ok(Reply::result(|xml| xml.element("Role", |xml| shapes::role(xml, world, role, RoleView::Whole))))
}

/// `ListRoles`.
pub(super) fn list(world: &World, call: &Call) -> Result<Reply, WireError> {
    let prefix = call.params.get("PathPrefix").unwrap_or("/");
    let roles = &own(world, call)?.roles;
    let page = page(call, |position| after(roles, position).filter(|(_, role)| role.path.starts_with(prefix)))?;
    Ok(Reply::result(|xml| {
        xml.list("Roles", &page.rows, |xml, role| shapes::role(xml, world, role, RoleView::Listed));
        page.end(xml);
    }))
}

/// `UpdateRole`.
pub(super) fn update(world: &mut World, call: &Call) -> Result<Reply, WireError> {
    let name = changeable(world, call)?;
    let description = call.params.get("Description").map(str::to_owned);
    let max_session = call.params.integer("MaxSessionDuration", 3600..=43200)?;
    own_mut(world, call)?.update_role(name, description, max_session)?;
    Ok(Reply::Result(String::new()))
}

/// `UpdateRoleDescription`.
pub(super) fn update_description(world: &mut World, call: &Call) -> Result<Reply, WireError> {
    let name = changeable(world, call)?;
    let description = call.params.required("Description")?.to_owned();
    own_mut(world, call)?.update_role(name, Some(description), None)?;
    let role = role(world, call)?;
    Ok(Reply::result(|xml| xml.element("Role", |xml| shapes::role(xml, world, role, RoleView::Whole))))
}

/// `UpdateAssumeRolePolicy`.
pub(super) fn update_trust(world: &mut World, call: &Call) -> Result<Reply, WireError> {
    let name = changeable(world, call)?;
    let trust = world.trust(call.params.required("PolicyDocument")?)?;
    own_mut(world, call)?.set_trust(name, trust)?;
    Ok(Reply::Nothing)
}

/// `DeleteRole`.
pub(super) fn delete(world: &mut World, call: &Call) -> Result<Reply, WireError> {
    let name = changeable(world, call)?;
    own_mut(world, call)?.delete_role(name)?;
    Ok(Reply::Nothing)
}

/// `PutRolePermissionsBoundary`.
pub(super) fn put_boundary(world: &mut World, call: &Call) -> Result<Reply, WireError> {
    let name = changeable(world, call)?;
    let arn = call.params.required("PermissionsBoundary")?;
    own_mut(world, call)?.put_boundary(name, arn)?;
    Ok(Reply::Nothing)
}

/// `DeleteRolePermissionsBoundary`.
pub(super) fn delete_boundary(world: &mut World, call: &Call) -> Result<Reply, WireError> {
    let name = changeable(world, call)?;
    own_mut(world, call)?.delete_boundary(name)?;
    Ok(Reply::Nothing)
}

/// `TagRole`.
pub(super) fn tag(world: &mut World, call: &Call) -> Result<Reply, WireError> {
    let name = changeable(world, call)?;
    let Some(tags) = call.params.tags("Tags")? else { return Err(WireError::constraint(None, "Tags", "not be null")) };
    own_mut(world, call)?.tag_role(name, &tags)?;
    Ok(Reply::Nothing)
}

/// `UntagRole`.
pub(super) fn untag(world: &mut World, call: &Call) -> Result<Reply, WireError> {
    let name = changeable(world, call)?;
    let keys = call.params.list("TagKeys").ok_or_else(|| WireError::constraint(None, "TagKeys", "not be null"))?;
    own_mut(world, call)?.untag_role(name, &keys)?;
    Ok(Reply::Nothing)
}

/// `ListRoleTags`.
pub(super) fn list_tags(world: &World, call: &Call) -> Result<Reply, WireError> {
    let role = role(world, call)?;
    let page = page(call, |position| after(&role.tags, position).map(|(key, value)| (key, (key, value))))?;
    Ok(Reply::result(|xml| {
        xml.list("Tags", &page.rows, |xml, (key, value)| {
            xml.text("Key", key);
            xml.text("Value", value);
        });
        page.end(xml);
    }))
}

/// `ListInstanceProfilesForRole`: always none, since no instance profile can be made here.
pub(super) fn list_instance_profiles(world: &World, call: &Call) -> Result<Reply, WireError> {
    role(world, call)?;
    Ok(Reply::result(|xml| {
        xml.texts("InstanceProfiles", std::iter::empty::<&str>());
        xml.text("IsTruncated", false);
    }))
}
