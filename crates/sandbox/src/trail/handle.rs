//! Which operation goes where, and who may call it.

use serde_json::Value;

use super::lookup;
use crate::access::authorize;
use crate::wire::{Call, Service, WireError};
use crate::world::World;

/// Answers one CloudTrail call.
pub(crate) fn handle(world: &World, call: &Call<Value>) -> Result<Value, WireError> {
    permit(world, call)?;
    match call.operation.as_str() {
        "LookupEvents" => lookup::events(world, call),
        _ => Err(Service::CloudTrail.not_simulated(&call.operation)),
    }
}

/// `LookupEvents` names no resource (Service Authorization Reference, AWS CloudTrail).
fn permit(world: &World, call: &Call<Value>) -> Result<(), WireError> {
    let action = format!("{}:{}", Service::CloudTrail.name(), call.operation);
    authorize(world, &call.caller, &action, "*")
        .map_err(|denial| Service::CloudTrail.denied(denial.wire_error(&call.caller, &action, "*")))
}
