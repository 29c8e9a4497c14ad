//! The policies of a role: inline ones and managed ones.

use super::page::{after, page};
use super::shapes;
use super::{changeable, own_mut, role};
use crate::iam::IamError;
use crate::wire::{Call, Reply, WireError};
use crate::world::World;

/// `PutRolePolicy`.
pub(super) fn put(world: &mut World, call: &Call) -> Result<Reply, WireError> {
    let name = changeable(world, call)?;
    let policy = call.params.required("PolicyName")?;
    let document = call.params.required("PolicyDocument")?;
    own_mut(world, call)?.put_role_policy(name, policy, document)?;
    Ok(Reply::Nothing)
}

/// `GetRolePolicy`.
pub(super) fn get(world: &World, call: &Call) -> Result<Reply, WireError> {
    let role = role(world, call)?;
    let policy = call.params.required("PolicyName")?;
    let document = role
        .inline
        .get(policy)
        .ok_or_else(|| IamError::no_such_entity(format!("The role policy with name {policy} cannot be found.")))?;
    Ok(Reply::result(|xml| {
        xml.text("RoleName", &role.name);
        xml.text("PolicyName", policy);
        xml.text("PolicyDocument", shapes::encoded(document));
    }))
}

/// `ListRolePolicies`.
pub(super) fn list(world: &World, call: &Call) -> Result<Reply, WireError> {
    let role = role(world, call)?;
    let page = page(call, |position| after(&role.inline, position).map(|(name, _)| (name, name)))?;
    Ok(Reply::result(|xml| {
        xml.texts("PolicyNames", &page.rows);
        page.end(xml);
    }))
}

/// `DeleteRolePolicy`.
pub(super) fn delete(world: &mut World, call: &Call) -> Result<Reply, WireError> {
    let name = changeable(world, call)?;
    let policy = call.params.required("PolicyName")?;
    own_mut(world, call)?.delete_role_policy(name, policy)?;
    Ok(Reply::Nothing)
}

/// `AttachRolePolicy`.
pub(super) fn attach(world: &mut World, call: &Call) -> Result<Reply, WireError> {
    let name = changeable(world, call)?;
    let arn = call.params.required("PolicyArn")?;
    check_arn(arn)?;
    own_mut(world, call)?.attach_role_policy(name, arn)?;
    Ok(Reply::Nothing)
}

/// `DetachRolePolicy`.
pub(super) fn detach(world: &mut World, call: &Call) -> Result<Reply, WireError> {
    let name = changeable(world, call)?;
    let arn = call.params.required("PolicyArn")?;
    check_arn(arn)?;
    own_mut(world, call)?.detach_role_policy(name, arn)?;
    Ok(Reply::Nothing)
}

/// `ListAttachedRolePolicies`.
pub(super) fn list_attached(world: &World, call: &Call) -> Result<Reply, WireError> {
    let role = role(world, call)?;
    let prefix = call.params.get("PathPrefix").unwrap_or("/");
    let page = page(call, |position| {
        role.attached
            .iter()
            .filter(move |arn| position.as_ref().is_none_or(|position| *arn > position))
            .filter(|arn| arn.split_once(":policy").is_some_and(|(_, path)| path.starts_with(prefix)))
            .map(|arn| (arn, arn))
    })?;
    Ok(Reply::result(|xml| {
        shapes::attached(xml, "AttachedPolicies", page.rows.iter().copied());
        page.end(xml);
    }))
}

fn check_arn(arn: &str) -> Result<(), WireError> {
    if arn.len() < 20 {
        return Err(WireError::constraint(Some(arn), "PolicyArn", "have length greater than or equal to 20"));
    }
    if !arn.starts_with("arn:") {
        return Err(WireError::new(400, "InvalidInput", format!("ARN {arn} is not valid.")));
    }
    Ok(())
}
