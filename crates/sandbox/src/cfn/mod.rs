//! CloudFormation: stack sets over the organization and the stacks they put into its accounts.

mod authorize;
mod auto;
mod begin;
mod change_sets;
mod drift;
mod engine;
mod error;
mod import;
mod input;
mod instance_reads;
mod instances;
mod list;
mod model;
mod operations;
mod permission;
mod resources;
mod schema;
mod seed;
mod stack;
mod stack_sets;
mod stacks;
pub(crate) mod switches;
mod targets;
mod template;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use self::model::{ChangeSet, Detection, Stack, StackSet, Templates};
use crate::org::{AccountEvent, activate_stack_sets_access};
use crate::wire::{Call, Reply, WireError};
use crate::world::World;

/// The service principal under which delegated administrators are registered.
const PRINCIPAL: &str = "member.org.stacksets.cloudformation.amazonaws.com";

/// Everything CloudFormation remembers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct State {
    /// Stack sets by id, deleted ones among them.
    sets: BTreeMap<String, StackSet>,
    /// The ids of stack sets with an operation that has not ended, so that time passes cheaply for the others.
    open: BTreeSet<String>,
    /// Stacks by account and ARN.
    stacks: BTreeMap<String, BTreeMap<String, Stack>>,
    /// When something that is being done to a stack is done: the time, the account and the stack's ARN.
    #[serde(default)]
    busy: BTreeSet<(Timestamp, String, String)>,
    /// Change sets by ARN.
    #[serde(default)]
    change_sets: BTreeMap<String, ChangeSet>,
    /// Drift detections of stacks by id.
    #[serde(default)]
    detections: BTreeMap<String, Detection>,
    /// The templates that these have or had.
    templates: Templates,
}

impl State {
    /// The stack of this ARN.
    fn stack(&self, account: &str, id: &str) -> Option<&Stack> {
        self.stacks.get(account)?.get(id)
    }
}

pub(crate) use self::seed::stack_set as seed_stack_set;

/// Answers one CloudFormation call.
pub(crate) fn handle(world: &mut World, call: &Call) -> Result<Reply, WireError> {
    schema::request(call)?;
    authorize::permit(world, call)?;
    match call.operation.as_str() {
        "ActivateOrganizationsAccess" => {
            check_management(world, call)?;
            activate_stack_sets_access(world)?;
            Ok(Reply::Result(String::new()))
        }
        "DeactivateOrganizationsAccess" => {
            check_management(world, call)?;
            world.org.stack_sets_access = false;
            stack_sets::forget_dependencies(world, |_| true);
            Ok(Reply::Result(String::new()))
        }
        "DescribeOrganizationsAccess" => {
            check_administrator(world, call)?;
            let status = if world.org.stack_sets_access { "ENABLED" } else { "DISABLED" };
            Ok(Reply::result(|xml| xml.text("Status", status)))
        }
        "CreateStackSet" => stack_sets::create(world, call),
        "UpdateStackSet" => stack_sets::update(world, call),
        "DeleteStackSet" => stack_sets::delete(world, call),
        "DescribeStackSet" => stack_sets::describe(world, call),
        "ListStackSets" => stack_sets::list(world, call),
        "ListStackSetAutoDeploymentTargets" => stack_sets::auto_deployment_targets(world, call),
        "DetectStackSetDrift" => drift::detect_set(world, call),
        "ListStackInstanceResourceDrifts" => drift::list_resources(world, call),
        "ImportStacksToStackSet" => import::import(world, call),
        "CreateStackInstances" => instances::create(world, call),
        "UpdateStackInstances" => instances::update(world, call),
        "DeleteStackInstances" => instances::delete(world, call),
        "ListStackInstances" => instance_reads::list(world, call),
        "DescribeStackInstance" => instance_reads::describe(world, call),
        "ListStackSetOperations" => operations::list(world, call),
        "DescribeStackSetOperation" => operations::describe(world, call),
        "ListStackSetOperationResults" => operations::results(world, call),
        "StopStackSetOperation" => operations::stop(world, call),
        _ => stacks::handle(world, call),
    }
}

/// Lets running operations progress to the world's present time. Called on every request after the clock advanced.
pub(crate) fn tick(world: &mut World) {
    stack::tick(world);
    engine::tick(world);
}

/// Tells CloudFormation that an account was created, moved, closed or left; called after the organization changed.
pub(crate) fn on_account_event(world: &mut World, event: &AccountEvent, account: &str) {
    auto::on_account_event(world, event, account);
}

fn check_management(world: &World, call: &Call) -> Result<(), WireError> {
    if call.caller.account == world.org.management_account { Ok(()) } else { Err(error::wrong_caller()) }
}

/// Stack sets of the organization are the management account's, whoever calls for them.
fn check_administrator(world: &World, call: &Call) -> Result<(), WireError> {
    match call.params.get("CallAs") {
        None | Some("SELF") => check_management(world, call),
        Some("DELEGATED_ADMIN")
            if world.org.is_delegated(&call.caller.account, PRINCIPAL)
                && authorize::may_list_administrators(world, call) =>
        {
            Ok(())
        }
        Some("DELEGATED_ADMIN") => Err(WireError::validation("Account used is not a delegated administrator")),
        Some(other) => {
            Err(WireError::constraint(Some(other), "callAs", "satisfy enum value set: [SELF, DELEGATED_ADMIN]"))
        }
    }
}
