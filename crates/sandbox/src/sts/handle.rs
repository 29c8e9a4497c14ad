//! Which operation goes where.

use super::assume;
use crate::wire::{Call, Reply, WireError};
use crate::world::World;

/// Answers one STS call.
pub(crate) fn handle(world: &mut World, call: &Call) -> Result<Reply, WireError> {
    match call.operation.as_str() {
        "AssumeRole" => assume::assume_role(world, call),
        "GetCallerIdentity" => Ok(Reply::result(|xml| {
            xml.text("UserId", &call.caller.user_id);
            xml.text("Account", &call.caller.account);
            xml.text("Arn", &call.caller.arn);
        })),
        _ => Err(call.not_simulated()),
    }
}
