//! The IAM operations.

mod access_keys;
mod account;
mod credentials;
mod details;
mod groups;
mod identity_policies;
mod instance_profiles;
mod login;
mod mfa;
mod page;
mod permit;
mod policies;
mod providers;
mod roles;
mod shapes;
mod simulate;
mod tags;
mod users;

use super::{Account, IamError, Role, schema};
use crate::wire::{Call, Reply, WireError};
use crate::world::World;

/// An operation, and what it needs.
struct Operation {
    name: &'static str,
    /// The members that must be there.
    required: &'static [&'static str],
    run: Run,
}

/// How an operation is answered.
enum Run {
    /// It changes nothing.
    Read(fn(&World, &Call) -> Result<Reply, WireError>),
    /// It may change something.
    Write(fn(&mut World, &Call) -> Result<Reply, WireError>),
}

const fn read(
    name: &'static str,
    required: &'static [&'static str],
    run: fn(&World, &Call) -> Result<Reply, WireError>,
) -> Operation {
    Operation { name, required, run: Run::Read(run) }
}

const fn write(
    name: &'static str,
    required: &'static [&'static str],
    run: fn(&mut World, &Call) -> Result<Reply, WireError>,
) -> Operation {
    Operation { name, required, run: Run::Write(run) }
}

const TABLES: [&[Operation]; 15] = [
    roles::OPERATIONS,
    identity_policies::OPERATIONS,
    policies::OPERATIONS,
    details::OPERATIONS,
    users::OPERATIONS,
    groups::OPERATIONS,
    access_keys::OPERATIONS,
    login::OPERATIONS,
    credentials::OPERATIONS,
    mfa::OPERATIONS,
    instance_profiles::OPERATIONS,
    providers::OPERATIONS,
    tags::OPERATIONS,
    account::OPERATIONS,
    simulate::OPERATIONS,
];

/// The names of all operations that are simulated.
#[cfg(test)]
pub(super) fn operations() -> impl Iterator<Item = &'static str> {
    TABLES.into_iter().flatten().map(|operation| operation.name)
}

/// Answers one IAM call, on the account of the caller.
pub(crate) fn handle(world: &mut World, call: &Call) -> Result<Reply, WireError> {
    let Some(operation) = TABLES.into_iter().flatten().find(|operation| operation.name == call.operation) else {
        return Err(call.not_simulated());
    };
    if !world.iam.contains_key(&call.caller.account) {
        return Err(IamError::no_account(&call.caller.account).into());
    }
    schema::request(operation.name, operation.required, &call.params)?;
    permit::permit(world, call)?;
    match operation.run {
        Run::Read(run) => run(world, call),
        Run::Write(run) => run(world, call),
    }
}

/// IAM of the caller's account, as it is seen.
fn own<'a>(world: &'a World, call: &Call) -> Result<&'a Account, IamError> {
    world.iam(&call.caller.account)
}

/// IAM of the caller's account, as it is: what an operation has just written.
fn current<'a>(world: &'a World, call: &Call) -> Result<&'a Account, IamError> {
    let account = &call.caller.account;
    world.iam.get(account).ok_or_else(|| IamError::no_account(account))
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
    let role = current(world, call)?.role(name)?;
    if role.service_linked() {
        let message = format!(
            "Cannot perform the operation on the protected role '{}' - this role is only modifiable by AWS",
            role.name
        );
        return Err(WireError::new(400, "UnmodifiableEntity", message));
    }
    Ok(name)
}

/// `Path`, `/` when it is not given.
fn path(call: &Call) -> &str {
    call.params.get("Path").unwrap_or("/")
}

/// `PathPrefix`, `/` when it is not given.
fn prefix(call: &Call) -> &str {
    call.params.get("PathPrefix").unwrap_or("/")
}
