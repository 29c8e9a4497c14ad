//! The policies of roles, users and groups: inline ones and managed ones.

use super::page::{after, page};
use super::{Operation, changeable, own, own_mut, prefix, read, shapes, write};
use crate::iam::{IamError, IdentityKind};
use crate::wire::{Call, Reply, WireError};
use crate::world::World;

pub(super) const OPERATIONS: &[Operation] = &[
    write("PutRolePolicy", &["RoleName", "PolicyName", "PolicyDocument"], put),
    write("PutUserPolicy", &["UserName", "PolicyName", "PolicyDocument"], put),
    write("PutGroupPolicy", &["GroupName", "PolicyName", "PolicyDocument"], put),
    read("GetRolePolicy", &["RoleName", "PolicyName"], get),
    read("GetUserPolicy", &["UserName", "PolicyName"], get),
    read("GetGroupPolicy", &["GroupName", "PolicyName"], get),
    read("ListRolePolicies", &["RoleName"], list),
    read("ListUserPolicies", &["UserName"], list),
    read("ListGroupPolicies", &["GroupName"], list),
    write("DeleteRolePolicy", &["RoleName", "PolicyName"], delete),
    write("DeleteUserPolicy", &["UserName", "PolicyName"], delete),
    write("DeleteGroupPolicy", &["GroupName", "PolicyName"], delete),
    write("AttachRolePolicy", &["RoleName", "PolicyArn"], attach),
    write("AttachUserPolicy", &["UserName", "PolicyArn"], attach),
    write("AttachGroupPolicy", &["GroupName", "PolicyArn"], attach),
    write("DetachRolePolicy", &["RoleName", "PolicyArn"], detach),
    write("DetachUserPolicy", &["UserName", "PolicyArn"], detach),
    write("DetachGroupPolicy", &["GroupName", "PolicyArn"], detach),
    read("ListAttachedRolePolicies", &["RoleName"], list_attached),
    read("ListAttachedUserPolicies", &["UserName"], list_attached),
    read("ListAttachedGroupPolicies", &["GroupName"], list_attached),
];

/// The identity that a call names.
fn named(call: &Call) -> Result<(IdentityKind, &str), WireError> {
    let kinds = [IdentityKind::User, IdentityKind::Group, IdentityKind::Role];
    let named = |kind: &IdentityKind| call.operation.contains(kind.title());
    let kind = kinds.into_iter().find(named).unwrap_or(IdentityKind::Role);
    Ok((kind, call.params.required(name_member(kind))?))
}

fn name_member(kind: IdentityKind) -> &'static str {
    match kind {
        IdentityKind::Role => "RoleName",
        IdentityKind::User => "UserName",
        IdentityKind::Group => "GroupName",
    }
}

/// The identity that a call names and changes.
fn named_to_change<'c>(world: &World, call: &'c Call) -> Result<(IdentityKind, &'c str), WireError> {
    let (kind, name) = named(call)?;
    if kind == IdentityKind::Role {
        changeable(world, call)?;
    }
    Ok((kind, name))
}

fn put(world: &mut World, call: &Call) -> Result<Reply, WireError> {
    let (kind, name) = named_to_change(world, call)?;
    let policy = call.params.required("PolicyName")?;
    let document = call.params.required("PolicyDocument")?;
    own_mut(world, call)?.put_inline_policy(kind, name, policy, document)?;
    Ok(Reply::Nothing)
}

fn get(world: &World, call: &Call) -> Result<Reply, WireError> {
    let (kind, name) = named(call)?;
    let policy = call.params.required("PolicyName")?;
    let document = own(world, call)?.policies_of(kind, name)?.inline_policy(kind, policy)?;
    Ok(Reply::result(|xml| {
        xml.text(name_member(kind), name);
        xml.text("PolicyName", policy);
        xml.text("PolicyDocument", shapes::encoded(document));
    }))
}

fn list(world: &World, call: &Call) -> Result<Reply, WireError> {
    let (kind, name) = named(call)?;
    let inline = own(world, call)?.policies_of(kind, name)?.inline;
    let page = page(world, call, |position| after(inline, position).map(|(name, _)| (name, name)))?;
    Ok(Reply::result(|xml| {
        xml.texts("PolicyNames", &page.rows);
        page.end(xml);
    }))
}

fn delete(world: &mut World, call: &Call) -> Result<Reply, WireError> {
    let (kind, name) = named_to_change(world, call)?;
    let policy = call.params.required("PolicyName")?;
    own_mut(world, call)?.delete_inline_policy(kind, name, policy)?;
    Ok(Reply::Nothing)
}

fn attach(world: &mut World, call: &Call) -> Result<Reply, WireError> {
    let (kind, name) = named_to_change(world, call)?;
    let arn = policy_arn(call)?;
    own_mut(world, call)?.attach_policy(kind, name, arn)?;
    Ok(Reply::Nothing)
}

fn detach(world: &mut World, call: &Call) -> Result<Reply, WireError> {
    let (kind, name) = named_to_change(world, call)?;
    let arn = policy_arn(call)?;
    own_mut(world, call)?.detach_policy(kind, name, arn)?;
    Ok(Reply::Nothing)
}

fn list_attached(world: &World, call: &Call) -> Result<Reply, WireError> {
    let (kind, name) = named(call)?;
    let attached = own(world, call)?.policies_of(kind, name)?.attached;
    let prefix = prefix(call);
    let page = page(world, call, |position| {
        attached
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

fn policy_arn(call: &Call) -> Result<&str, WireError> {
    let arn = call.params.required("PolicyArn")?;
    if arn.starts_with("arn:") {
        return Ok(arn);
    }
    Err(IamError::invalid(format!("ARN {arn} is not valid.")).into())
}
