//! The IAM operations.

mod account;
mod details;
mod page;
mod policies;
mod role_policies;
mod roles;
mod shapes;

use super::{Account, IamError, Role};
use crate::access::authorize;
use crate::wire::{Call, Reply, Service, WireError};
use crate::world::World;

/// Answers one IAM call, on the account of the caller.
pub(crate) fn handle(world: &mut World, call: &Call) -> Result<Reply, WireError> {
    if !world.iam.contains_key(&call.caller.account) {
        return Err(IamError::no_account(&call.caller.account).into());
    }
    permit(world, call)?;
    match call.operation.as_str() {
        "CreateRole" => roles::create(world, call),
        "GetRole" => roles::get(world, call),
        "ListRoles" => roles::list(world, call),
        "UpdateRole" => roles::update(world, call),
        "UpdateRoleDescription" => roles::update_description(world, call),
        "UpdateAssumeRolePolicy" => roles::update_trust(world, call),
        "DeleteRole" => roles::delete(world, call),
        "PutRolePermissionsBoundary" => roles::put_boundary(world, call),
        "DeleteRolePermissionsBoundary" => roles::delete_boundary(world, call),
        "TagRole" => roles::tag(world, call),
        "UntagRole" => roles::untag(world, call),
        "ListRoleTags" => roles::list_tags(world, call),
        "ListInstanceProfilesForRole" => roles::list_instance_profiles(world, call),
        "PutRolePolicy" => role_policies::put(world, call),
        "GetRolePolicy" => role_policies::get(world, call),
        "ListRolePolicies" => role_policies::list(world, call),
        "DeleteRolePolicy" => role_policies::delete(world, call),
        "AttachRolePolicy" => role_policies::attach(world, call),
        "DetachRolePolicy" => role_policies::detach(world, call),
        "ListAttachedRolePolicies" => role_policies::list_attached(world, call),
        "CreatePolicy" => policies::create(world, call),
        "GetPolicy" => policies::get(world, call),
        "ListPolicies" => policies::list(world, call),
        "DeletePolicy" => policies::delete(world, call),
        "ListEntitiesForPolicy" => policies::list_entities(world, call),
        "CreatePolicyVersion" => policies::create_version(world, call),
        "GetPolicyVersion" => policies::get_version(world, call),
        "ListPolicyVersions" => policies::list_versions(world, call),
        "DeletePolicyVersion" => policies::delete_version(world, call),
        "SetDefaultPolicyVersion" => policies::set_default_version(world, call),
        "GetAccountAuthorizationDetails" => details::get(world, call),
        "ListAccountAliases" => account::list_aliases(world, call),
        "GetUser" => account::get_user(call),
        _ => Err(call.not_simulated()),
    }
}

fn permit(world: &World, call: &Call) -> Result<(), WireError> {
    let action = format!("{}:{}", Service::Iam.name(), call.operation);
    let resource = resource(world, call);
    authorize(world, &call.caller, &action, &resource)
        .map_err(|denial| denial.wire_error(&call.caller, &action, &resource))
}

/// What a call acts on, for the evaluation of policies. A role that does not exist is checked without a path.
fn resource(world: &World, call: &Call) -> String {
    let account = &call.caller.account;
    if let Some(arn) = call.params.get("PolicyArn").filter(|_| !call.operation.ends_with("RolePolicy")) {
        return arn.to_owned();
    }
    if let Some(name) = call.params.get("RoleName") {
        let existing = world.iam.get(account).and_then(|iam| iam.role(name).ok());
        return match existing {
            Some(role) => role.arn.clone(),
            None => format!("arn:aws:iam::{account}:role{}{name}", call.params.get("Path").unwrap_or("/")),
        };
    }
    match call.operation.as_str() {
        "ListRoles" => format!("arn:aws:iam::{account}:role{}", call.params.get("PathPrefix").unwrap_or("/")),
        "CreatePolicy" => {
            let name = call.params.get("PolicyName").unwrap_or_default();
            format!("arn:aws:iam::{account}:policy{}{name}", call.params.get("Path").unwrap_or("/"))
        }
        "ListPolicies" => format!("policy path {}", call.params.get("PathPrefix").unwrap_or("/")),
        _ => "*".to_owned(),
    }
}

/// IAM of the caller's account.
fn own<'a>(world: &'a World, call: &Call) -> Result<&'a Account, IamError> {
    world.iam(&call.caller.account)
}

/// IAM of the caller's account, to change it.
fn own_mut<'a>(world: &'a mut World, call: &Call) -> Result<&'a mut Account, IamError> {
    world.iam_mut(&call.caller.account)
}

/// The role that a call names.
fn role<'a>(world: &'a World, call: &Call) -> Result<&'a Role, WireError> {
    Ok(own(world, call)?.role(call.params.required("RoleName")?)?)
}

/// The name of the role that a call changes: it must exist and not belong to an AWS service.
fn changeable<'c>(world: &World, call: &'c Call) -> Result<&'c str, WireError> {
    let name = call.params.required("RoleName")?;
    let role = own(world, call)?.role(name)?;
    if role.service_linked() {
        let message = format!(
            "Cannot perform the operation on the protected role '{}' - this role is only modifiable by AWS",
            role.name
        );
        return Err(WireError::new(400, "UnmodifiableEntity", message));
    }
    Ok(name)
}
