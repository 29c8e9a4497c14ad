//! Trusted access of AWS services, and delegated administrators.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::input::{self, AccountInput, DelegationInput, DelegationsInput, ServiceInput};
use super::{AccountState, error, list, read, shapes};
use crate::iam::{IamError, NewRole};
use crate::wire::{Call, WireError};
use crate::world::World;

/// The service principal of stack sets that Organizations knows.
const STACK_SETS: &str = "member.org.stacksets.cloudformation.amazonaws.com";
/// A similar one that it does not.
const NOT_STACK_SETS: &str = "stacksets.cloudformation.amazonaws.com";
const MAX_ADMINISTRATORS: usize = 5;

/// `EnableAWSServiceAccess`. For stack sets this alone is not enough: see [`activate_stack_sets_access`].
pub(super) fn enable(world: &mut World, call: &Call<Value>) -> Result<Value, WireError> {
    let ServiceInput { service_principal } = input::read(call)?;
    check_principal(&service_principal)?;
    let now = world.now;
    world.org.services.entry(service_principal).or_insert(now);
    Ok(json!({}))
}

/// `DisableAWSServiceAccess`.
pub(super) fn disable(world: &mut World, call: &Call<Value>) -> Result<Value, WireError> {
    let ServiceInput { service_principal } = input::read(call)?;
    check_principal(&service_principal)?;
    world.org.services.remove(&service_principal);
    if service_principal == STACK_SETS {
        world.org.stack_sets_access = false;
    }
    Ok(json!({}))
}

/// `ListAWSServiceAccessForOrganization`.
pub(super) fn list(world: &World, call: &Call<Value>) -> Result<Value, WireError> {
    list::page(
        world,
        call,
        "EnabledServicePrincipals",
        |position| read::after(&world.org.services, position).map(|(principal, since)| (principal, (principal, since))),
        |(principal, since)| json!({ "ServicePrincipal": principal, "DateEnabled": shapes::time(**since) }),
    )
}

/// `RegisterDelegatedAdministrator`.
pub(super) fn register(world: &mut World, call: &Call<Value>) -> Result<Value, WireError> {
    let DelegationInput { account_id, service_principal } = input::read(call)?;
    check_principal(&service_principal)?;
    let now = world.now;
    let org = &mut world.org;
    if account_id == org.management_account {
        return Err(error::constraint(
            "CANNOT_REGISTER_MASTER_AS_DELEGATED_ADMINISTRATOR",
            "You cannot register the management account as a delegated administrator.",
        ));
    }
    let account = org.accounts.get(&account_id).ok_or_else(error::account_not_found)?;
    if account.state != AccountState::Active {
        return Err(error::constraint(
            "CANNOT_REGISTER_SUSPENDED_ACCOUNT_AS_DELEGATED_ADMINISTRATOR",
            "You cannot register a suspended account as a delegated administrator.",
        ));
    }
    if !org.services.contains_key(&service_principal) {
        return Err(error::constraint(
            "SERVICE_ACCESS_NOT_ENABLED",
            "You cannot register a delegated administrator before you enable access for the service.",
        ));
    }
    if org.is_delegated(&account_id, &service_principal) {
        return Err(error::already_registered());
    }
    let others = org.delegated.values().filter(|services| services.contains_key(&service_principal)).count();
    if others >= MAX_ADMINISTRATORS {
        return Err(error::constraint(
            "MAX_DELEGATED_ADMINISTRATORS_FOR_SERVICE_LIMIT_EXCEEDED",
            "You have reached the maximum number of delegated administrators for this service.",
        ));
    }
    org.delegated.entry(account_id).or_default().insert(service_principal, now);
    Ok(json!({}))
}

/// `DeregisterDelegatedAdministrator`.
pub(super) fn deregister(world: &mut World, call: &Call<Value>) -> Result<Value, WireError> {
    let DelegationInput { account_id, service_principal } = input::read(call)?;
    if !world.org.accounts.contains_key(&account_id) {
        return Err(error::account_not_found());
    }
    let services = world.org.delegated.get_mut(&account_id).ok_or_else(error::not_registered)?;
    services.remove(&service_principal).ok_or_else(error::not_registered)?;
    if services.is_empty() {
        world.org.delegated.remove(&account_id);
    }
    Ok(json!({}))
}

/// `ListDelegatedAdministrators`.
pub(super) fn list_administrators(world: &World, call: &Call<Value>) -> Result<Value, WireError> {
    let DelegationsInput { service_principal } = input::read(call)?;
    let wanted = |services: &BTreeMap<String, _>| {
        service_principal.as_ref().is_none_or(|principal| services.contains_key(principal))
    };
    list::page(
        world,
        call,
        "DelegatedAdministrators",
        |position| {
            read::after(&world.org.delegated, position)
                .filter(|(_, services)| wanted(services))
                .map(|(account, services)| (account, (account, services)))
        },
        |(account, services)| {
            let mut shape = match world.org.accounts.get(*account).map(|account| shapes::account(world, account)) {
                Some(Value::Object(members)) => members,
                _ => Map::new(),
            };
            shape.remove("Paths");
            if let Some(since) = services.values().min() {
                shape.insert("DelegationEnabledDate".to_owned(), shapes::time(*since));
            }
            Value::Object(shape)
        },
    )
}

/// `ListDelegatedServicesForAccount`.
pub(super) fn list_services(world: &World, call: &Call<Value>) -> Result<Value, WireError> {
    let AccountInput { account_id } = input::read(call)?;
    if !world.org.accounts.contains_key(&account_id) {
        return Err(error::account_not_found());
    }
    let services = world.org.delegated.get(&account_id).ok_or_else(error::not_registered)?;
    list::page(
        world,
        call,
        "DelegatedServices",
        |position| read::after(services, position).map(|(principal, since)| (principal, (principal, since))),
        |(principal, since)| json!({ "ServicePrincipal": principal, "DelegationEnabledDate": shapes::time(**since) }),
    )
}

fn check_principal(principal: &str) -> Result<(), WireError> {
    if principal.ends_with(".amazonaws.com") && principal != NOT_STACK_SETS {
        return Ok(());
    }
    Err(error::invalid("UNRECOGNIZED_SERVICE_PRINCIPAL", "You specified an unrecognized service principal."))
}

/// What `cloudformation:ActivateOrganizationsAccess` does: trusted access, and the service-linked role of the
/// management account.
pub(crate) fn activate_stack_sets_access(world: &mut World) -> Result<(), IamError> {
    const ROLE: &str = "AWSServiceRoleForCloudFormationStackSetsOrgAdmin";
    let now = world.now;
    world.org.services.entry(STACK_SETS.to_owned()).or_insert(now);
    world.org.stack_sets_access = true;
    let trust = json!({ "Version": "2012-10-17", "Statement": [{
        "Effect": "Allow",
        "Principal": { "Service": NOT_STACK_SETS },
        "Action": "sts:AssumeRole",
    }]});
    let trust = world.trust(&trust.to_string())?;
    let management = world.org.management_account.clone();
    let iam = world.iam_mut(&management)?;
    if iam.role(ROLE).is_ok() {
        return Ok(());
    }
    let role = NewRole {
        name: ROLE.to_owned(),
        path: format!("/aws-service-role/{NOT_STACK_SETS}/"),
        trust,
        description: None,
        max_session: 3600,
        boundary: None,
        tags: Vec::new(),
    };
    iam.create_role(role, now)?;
    let policy = "arn:aws:iam::aws:policy/aws-service-role/CloudFormationStackSetsOrgAdminServiceRolePolicy";
    iam.attach_role_policy(ROLE, policy)
}
