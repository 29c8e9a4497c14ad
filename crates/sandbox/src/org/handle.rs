//! Which operation goes where, and who may call it.

use serde_json::Value;

use super::{accounts, error, handshakes, policies, read, services, tags, units};
use crate::access::authorize;
use crate::wire::{Call, Service, WireError};
use crate::world::World;

/// Answers one Organizations call.
pub(crate) fn handle(world: &mut World, call: &Call<Value>) -> Result<Value, WireError> {
    permit(world, call)?;
    match call.operation.as_str() {
        "DescribeOrganization" => Ok(read::organization(world)),
        "ListRoots" => read::roots(world, call),
        "ListAccounts" => read::accounts(world, call),
        "ListAccountsForParent" => read::accounts_for_parent(world, call),
        "ListOrganizationalUnitsForParent" => read::units_for_parent(world, call),
        "ListChildren" => read::children(world, call),
        "ListParents" => read::parents(world, call),
        "DescribeAccount" => read::account(world, call),
        "DescribeOrganizationalUnit" => read::unit(world, call),
        "CreateOrganizationalUnit" => units::create(world, call),
        "UpdateOrganizationalUnit" => units::update(world, call),
        "DeleteOrganizationalUnit" => units::delete(world, call),
        "MoveAccount" => units::move_account(world, call),
        "CreateAccount" => accounts::create(world, call),
        "DescribeCreateAccountStatus" => accounts::describe(world, call),
        "ListCreateAccountStatus" => accounts::list(world, call),
        "CloseAccount" => accounts::close(world, call),
        "RemoveAccountFromOrganization" => accounts::remove(world, call),
        "LeaveOrganization" => accounts::leave(world, call),
        "InviteAccountToOrganization" => handshakes::invite(world, call),
        "AcceptHandshake" => handshakes::accept(world, call),
        "DeclineHandshake" => handshakes::decline(world, call),
        "CancelHandshake" => handshakes::cancel(world, call),
        "DescribeHandshake" => handshakes::describe(world, call),
        "ListHandshakesForAccount" => handshakes::list_for_account(world, call),
        "ListHandshakesForOrganization" => handshakes::list_for_organization(world, call),
        "EnableAWSServiceAccess" => services::enable(world, call),
        "DisableAWSServiceAccess" => services::disable(world, call),
        "ListAWSServiceAccessForOrganization" => services::list(world, call),
        "RegisterDelegatedAdministrator" => services::register(world, call),
        "DeregisterDelegatedAdministrator" => services::deregister(world, call),
        "ListDelegatedAdministrators" => services::list_administrators(world, call),
        "ListDelegatedServicesForAccount" => services::list_services(world, call),
        "EnablePolicyType" => policies::enable_type(world, call),
        "DisablePolicyType" => policies::disable_type(world, call),
        "CreatePolicy" => policies::create(world, call),
        "UpdatePolicy" => policies::update(world, call),
        "DeletePolicy" => policies::delete(world, call),
        "DescribePolicy" => policies::describe(world, call),
        "ListPolicies" => policies::list(world, call),
        "AttachPolicy" => policies::attach(world, call),
        "DetachPolicy" => policies::detach(world, call),
        "ListPoliciesForTarget" => policies::for_target(world, call),
        "ListTargetsForPolicy" => policies::targets(world, call),
        "CreateOrganization" => Err(error::already_in_organization()),
        "ListTagsForResource" => tags::list(world, call),
        "TagResource" => tags::tag(world, call),
        "UntagResource" => tags::untag(world, call),
        _ => Err(Service::Organizations.not_simulated(&call.operation)),
    }
}

/// Any member may describe the organization, leave it and look at its own invitations; delegated administrators may
/// read; the management account may do all. An account outside may answer an invitation.
fn permit(world: &World, call: &Call<Value>) -> Result<(), WireError> {
    const OUTSIDE: [&str; 4] = ["AcceptHandshake", "DeclineHandshake", "DescribeHandshake", "ListHandshakesForAccount"];
    const ANY_MEMBER: [&str; 3] = ["DescribeOrganization", "LeaveOrganization", "ListHandshakesForAccount"];
    let account = call.caller.account.as_str();
    let operation = call.operation.as_str();
    if !world.org.accounts.contains_key(account) {
        // What answers an invitation checks for itself whose it is.
        return if OUTSIDE.contains(&operation) { Ok(()) } else { Err(error::not_in_use()) };
    }
    let reads = operation.starts_with("Describe") || operation.starts_with("List");
    let placed = ANY_MEMBER.contains(&operation)
        || account == world.org.management_account
        || (reads && world.org.delegated.contains_key(account));
    if !placed {
        return Err(error::access_denied());
    }
    let action = format!("{}:{operation}", Service::Organizations.name());
    let resource = resource(world, call);
    authorize(world, &call.caller, &action, &resource).map_err(|denial| {
        let denied = denial.wire_error(&call.caller, &action, &resource);
        WireError::new(400, "AccessDeniedException", denied.message)
    })
}

/// What a call is about, for the evaluation of policies: the unit or account that it names, where the Service
/// Authorization Reference lists one.
fn resource(world: &World, call: &Call<Value>) -> String {
    let named = |member: &str| call.params.get(member).and_then(Value::as_str);
    let place = named("ParentId").or_else(|| named("OrganizationalUnitId"));
    match (place, named("AccountId")) {
        (Some(id), _) if call.operation != "CreateOrganizationalUnit" => {
            world.org.arn(if id.starts_with("r-") { "root" } else { "ou" }, id)
        }
        (None, Some(id)) => world.org.arn("account", id),
        (Some(_) | None, _) => "*".to_owned(),
    }
}
