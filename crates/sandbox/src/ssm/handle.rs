//! Which operation goes where, and who may call it.

use serde_json::Value;

use super::model::Place;
use super::{input, list, parameters, tags};
use crate::access::authorize;
use crate::wire::{Call, Service, WireError};
use crate::world::World;

/// Answers one Systems Manager call.
pub(crate) fn handle(world: &mut World, call: &Call<Value>) -> Result<Value, WireError> {
    permit(world, call)?;
    match call.operation.as_str() {
        "PutParameter" => parameters::put(world, call),
        "GetParameter" => parameters::get(world, call),
        "GetParameters" => parameters::get_several(world, call),
        "DeleteParameter" => parameters::delete(world, call),
        "DeleteParameters" => parameters::delete_several(world, call),
        "GetParametersByPath" => list::by_path(world, call),
        "DescribeParameters" => list::describe(world, call),
        "AddTagsToResource" => tags::add(world, call),
        "RemoveTagsFromResource" => tags::remove(world, call),
        "ListTagsForResource" => tags::list(world, call),
        _ => Err(Service::Ssm.not_simulated(&call.operation)),
    }
}

/// Where a call's parameters are.
pub(super) fn place(call: &Call<Value>) -> Place<'_> {
    Place { account: &call.caller.account, region: &call.region }
}

/// Each parameter that the call names must be allowed; `DescribeParameters` names none.
fn permit(world: &World, call: &Call<Value>) -> Result<(), WireError> {
    let action = format!("{}:{}", Service::Ssm.name(), call.operation);
    named(call).iter().try_for_each(|name| {
        let resource = place(call).arn(name);
        authorize(world, &call.caller, &action, &resource).map_err(|denial| {
            let denied = denial.wire_error(&call.caller, &action, &resource);
            WireError::new(400, "AccessDeniedException", denied.message)
        })
    })
}

/// The names by which a call's resources are known to policies (Service Authorization Reference, AWS Systems Manager).
fn named(call: &Call<Value>) -> Vec<String> {
    let one = |name: Result<String, WireError>| vec![name.unwrap_or_else(|_| "*".to_owned())];
    match call.operation.as_str() {
        "GetParameters" | "DeleteParameters" => {
            input::read(call).map_or_else(|_| one(Ok("*".to_owned())), |input::NamesInput { names }| names)
        }
        "GetParametersByPath" => one(input::read(call).map(|input::PathInput { path, .. }| path)),
        "AddTagsToResource" | "RemoveTagsFromResource" | "ListTagsForResource" => {
            one(input::read(call).map(|input::ResourceInput { resource_id, .. }| resource_id))
        }
        "DescribeParameters" => one(Ok("*".to_owned())),
        _ => one(input::read(call).map(|input::NameInput { name }| name)),
    }
}
