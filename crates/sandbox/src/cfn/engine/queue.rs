//! Which operations run, and which wait for others.

use std::collections::{BTreeMap, HashSet};

use jiff::Timestamp;

use super::run::Run;
use crate::cfn::model::{
    Action, Detail, Instance, InstanceKey, InstanceStatus, ManagedExecution, Operation, OperationRef, OperationStatus,
    RegionRun, StackSet, TaskResult,
};
use crate::world::World;

/// One account and Region of an operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::cfn) struct Task {
    /// The account.
    pub(in crate::cfn) account: String,
    /// The Region.
    pub(in crate::cfn) region: String,
    /// The unit that the operation names.
    pub(in crate::cfn) unit: String,
}

/// Adds an operation to a stack set's list, with what it has to do. It runs at once when it need not wait.
///
/// The set is taken out of the world's for this time.
pub(in crate::cfn) fn submit(world: &mut World, set: &mut StackSet, mut operation: Operation, tasks: Vec<Task>) {
    operation.status = OperationStatus::Queued;
    let mut regions: BTreeMap<String, RegionRun> = BTreeMap::new();
    for Task { account, region, unit } in tasks {
        let key = (account, region);
        if operation.action == Action::Create {
            set.instances.add(&key, world.now, || new_instance(&unit, &operation.id));
        }
        operation.results.insert(key.clone(), TaskResult::waiting(&unit));
        let (account, region) = key;
        let run = regions.entry(region).or_insert_with_key(|region| RegionRun {
            region: region.clone(),
            total: 0,
            failed: 0,
            waiting: std::collections::VecDeque::new(),
            running: Vec::new(),
        });
        run.total += 1;
        run.waiting.push_back(account);
    }
    let first = operation.preferences.region_order.iter().filter_map(|region| regions.remove(region)).collect();
    operation.regions = first;
    operation.regions.extend(regions.into_values());
    set.operations.push(operation);
    world.cfn.open.insert(set.id.clone());
    start(world, set);
}

/// Begins the queued operations that need not wait any more, in the order in which they were asked for.
pub(super) fn start(world: &mut World, set: &mut StackSet) {
    for index in startable(world, set) {
        let Some(at) = set.operations.get(index).map(|operation| begin_time(world, set, operation)) else { continue };
        if let Some(mut run) = Run::of(set, index) {
            run.begin(world, at);
        }
    }
}

/// The places of the queued operations that nothing keeps waiting.
///
/// Without managed execution one operation runs at a time. With it, an operation waits for earlier ones on the same
/// instances; an update of the stack set is taken to be on all of them.
fn startable(world: &World, set: &StackSet) -> Vec<usize> {
    let mut claimed: HashSet<&InstanceKey> = HashSet::new();
    let (mut is_first, mut all_claimed, mut startable) = (true, false, Vec::new());
    for (index, operation) in set.operations.iter().enumerate().filter(|(_, operation)| operation.status.is_open()) {
        if operation.status == OperationStatus::Queued {
            let is_free = match set.managed_execution {
                ManagedExecution::Inactive => is_first,
                ManagedExecution::Active => {
                    let overlaps = || operation.results.keys().any(|key| claimed.contains(key));
                    is_first || !(all_claimed || operation.action == Action::Update || overlaps())
                }
            };
            if is_free && operation.after.iter().all(|other| ended(world, set, other).is_some()) {
                startable.push(index);
            }
        }
        is_first = false;
        if set.managed_execution == ManagedExecution::Inactive {
            break;
        }
        all_claimed |= operation.action == Action::Update;
        claimed.extend(operation.results.keys());
    }
    startable
}

/// When an operation ended that another waits for; `None` when it has not.
fn ended(world: &World, set: &StackSet, other: &OperationRef) -> Option<Timestamp> {
    let of = if other.set == set.id { set } else { world.cfn.sets.get(&other.set)? };
    of.operation(&other.operation)?.ended
}

/// When an operation that can begin begins: as soon as the last that it may have waited for had ended.
fn begin_time(world: &World, set: &StackSet, operation: &Operation) -> Timestamp {
    let awaited = operation.after.iter().filter_map(|other| ended(world, set, other));
    let before = set.operations.iter().filter_map(|other| other.ended);
    awaited.chain(before).fold(operation.created, Timestamp::max)
}

/// The instance that an operation is about to make.
pub(super) fn new_instance(unit: &str, operation: &str) -> Instance {
    Instance {
        unit: unit.to_owned(),
        stack_id: None,
        status: InstanceStatus::Outdated,
        detail: Detail::Pending,
        reason: None,
        last_operation: operation.to_owned(),
        overrides: BTreeMap::new(),
        drift: None,
    }
}
