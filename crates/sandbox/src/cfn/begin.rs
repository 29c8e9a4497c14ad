//! Operations that callers ask for: whether they may begin, and their way into the engine.

use std::collections::{BTreeMap, BTreeSet};

use super::engine::{self, Task};
use super::model::{Action, ManagedExecution, Operation, OperationStatus, Origin, Override, StackSet, Targets};
use super::switches::OperationReplay;
use super::{error, input};
use crate::wire::{Call, Reply, WireError};
use crate::world::{World, hex};

/// How many operations of a stack set can be open (StackSets quotas).
const MAX_OPEN: usize = 10_000;

/// What an operation is about.
#[derive(Debug)]
pub(super) struct Purpose {
    pub(super) action: Action,
    /// The targets that it names; `None` for one on all instances.
    pub(super) targets: Option<Targets>,
    /// Parameter overrides for the instances; `None` leaves theirs.
    pub(super) overrides: Option<BTreeMap<String, Override>>,
    /// How many instances it is to work on.
    pub(super) instances: usize,
}

/// The answer to a request that was answered before, or why its operation id cannot be taken again; `None` for a new
/// one.
pub(super) fn replayed(world: &World, call: &Call, id: &str) -> Result<Option<Reply>, WireError> {
    let Some(operation) = call.params.get("OperationId") else { return Ok(None) };
    let set = get(world, id)?;
    let Some(before) = set.operation(operation) else { return Ok(None) };
    let is_same = match &before.origin {
        Origin::Request { digest: of_before, overrides: _ } => *of_before == digest(call),
        Origin::AutoDeployment => false,
    };
    let is_newest = set.operations.last().is_some_and(|newest| newest.id == before.id);
    match world.switches.operation_replay {
        OperationReplay::Accepted if is_same && is_newest => Ok(Some(answer(operation))),
        OperationReplay::Accepted if is_same => Err(error::stale_request()),
        OperationReplay::Accepted | OperationReplay::Refused => Err(error::operation_id_exists(operation)),
    }
}

/// A new operation of a stack set, or why there cannot be one.
pub(super) fn operation(world: &mut World, call: &Call, id: &str, purpose: Purpose) -> Result<Operation, WireError> {
    let Purpose { action, targets, overrides, instances } = purpose;
    if !world.org.stack_sets_access {
        return Err(error::no_access());
    }
    let preferences = input::preferences(call)?;
    let fresh = world.next_uuid();
    let set = get(world, id)?;
    let mut open = set.operations.iter().filter(|operation| operation.status.is_open());
    let in_the_way = match (set.managed_execution, action) {
        (ManagedExecution::Inactive, _) => open.next(),
        // Even with managed execution there is one drift detection at a time (service model).
        (ManagedExecution::Active, Action::DetectDrift) => open.find(|other| other.action == Action::DetectDrift),
        (ManagedExecution::Active, _) => None,
    };
    if let Some(other) = in_the_way {
        return Err(error::in_progress(&set.arn, &other.id));
    }
    if open.count() >= MAX_OPEN {
        return Err(error::limit_exceeded(format!("A stack set can have {MAX_OPEN} operations that have not ended")));
    }
    check_at_once(world, call, instances)?;
    Ok(Operation {
        id: call.params.get("OperationId").map_or(fresh, str::to_owned),
        action,
        origin: Origin::Request { digest: digest(call), overrides },
        status: OperationStatus::Queued,
        created: world.now,
        begun: None,
        stopped: None,
        ended: None,
        preferences,
        targets,
        drops: BTreeSet::new(),
        after: Vec::new(),
        regions: Vec::new(),
        results: BTreeMap::new(),
    })
}

/// Keeps to the quota on the instances that are worked on at the same time, over all stack sets of the Region (StackSets
/// quotas). Operations that are queued count when they have begun; then nothing refuses them any more.
fn check_at_once(world: &World, call: &Call, more: usize) -> Result<(), WireError> {
    let sets = world.cfn.open.iter().filter_map(|id| world.cfn.sets.get(id)).filter(|set| set.region == call.region);
    let begun = sets
        .flat_map(|set| &set.operations)
        .filter(|operation| matches!(operation.status, OperationStatus::Running | OperationStatus::Stopping));
    let at_work: usize =
        begun.flat_map(|operation| &operation.regions).map(|run| run.waiting.len() + run.running.len()).sum();
    let quota = world.switches.instances_at_once;
    if at_work + more > quota {
        let message = format!("Stack sets of a Region can work on {quota} stack instances at the same time");
        return Err(error::limit_exceeded(message));
    }
    Ok(())
}

/// Puts an operation to work, and answers its id.
pub(super) fn submit(world: &mut World, id: &str, operation: Operation, tasks: Vec<Task>) -> Result<Reply, WireError> {
    let reply = answer(&operation.id);
    let mut set = world.cfn.sets.remove(id).ok_or_else(|| error::stack_set_not_found(id))?;
    engine::submit(world, &mut set, operation, tasks);
    world.cfn.sets.insert(id.to_owned(), set);
    Ok(reply)
}

/// The stack set of this id.
pub(super) fn get<'a>(world: &'a World, id: &str) -> Result<&'a StackSet, WireError> {
    world.cfn.sets.get(id).ok_or_else(|| error::stack_set_not_found(id))
}

/// A digest of everything that a request asks for.
pub(super) fn digest(call: &Call) -> String {
    let pairs = call.params.pairs().flat_map(|(name, value)| [name, value]);
    let parts: Vec<&str> = [call.operation.as_str()].into_iter().chain(pairs).collect();
    hex(&parts)
}

fn answer(operation: &str) -> Reply {
    Reply::result(|xml| xml.text("OperationId", operation))
}
