//! Stacks of the caller's account: made and looked at directly.

mod describe;
mod drift;
mod lifecycle;
mod named;
mod request;
mod resources;
mod templates;
#[cfg(test)]
mod tests;

use crate::cfn::change_sets;
use crate::wire::{Call, Reply, WireError};
use crate::world::World;

pub(super) use self::drift::{filters, shape as resource_drift};
pub(super) use self::named::{find, page};
pub(super) use self::request::{check_rules, definition, new_name, options, token};
pub(super) use self::templates::parameters;

/// Answers the operations on single stacks.
pub(super) fn handle(world: &mut World, call: &Call) -> Result<Reply, WireError> {
    match call.operation.as_str() {
        "CreateStack" => lifecycle::create(world, call),
        "UpdateStack" => lifecycle::update(world, call),
        "DeleteStack" => lifecycle::delete(world, call),
        "CancelUpdateStack" => lifecycle::cancel_update(world, call),
        "ContinueUpdateRollback" => lifecycle::continue_rollback(world, call),
        "RollbackStack" => lifecycle::roll_back(world, call),
        "UpdateTerminationProtection" => lifecycle::protect(world, call),
        "DescribeStacks" => describe::describe(world, call),
        "ListStacks" => describe::list(world, call),
        "DescribeStackEvents" => describe::events(world, call),
        "ListExports" => describe::exports(world, call),
        "ListImports" => describe::imports(world, call),
        "DescribeStackResource" => resources::describe(world, call),
        "DescribeStackResources" => resources::describe_all(world, call),
        "ListStackResources" => resources::list(world, call),
        "GetTemplate" => templates::get(world, call),
        "GetTemplateSummary" => templates::summarize(world, call),
        "ValidateTemplate" => templates::validate(call),
        "DetectStackDrift" => drift::detect(world, call),
        "DescribeStackDriftDetectionStatus" => drift::status(world, call),
        "DescribeStackResourceDrifts" => drift::describe(world, call),
        "DetectStackResourceDrift" => drift::detect_one(world, call),
        "CreateChangeSet" => change_sets::create(world, call),
        "DescribeChangeSet" => change_sets::describe(world, call),
        "ExecuteChangeSet" => change_sets::execute(world, call),
        "DeleteChangeSet" => change_sets::delete(world, call),
        "ListChangeSets" => change_sets::list(world, call),
        _ => Err(call.not_simulated()),
    }
}
