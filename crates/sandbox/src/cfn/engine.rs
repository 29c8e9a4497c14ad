//! Time: operations begin, work through their accounts, and end.

use jiff::{SignedDuration, Timestamp};

use super::model::{
    Action, ConcurrencyMode, Detail, Instance, InstanceStatus, Operation, OperationStatus, StackSet, Task, TaskResult,
};
use super::stack::{self, Failure};
use super::{State, targets};
use crate::world::{World, hex};

/// How many instances of a stack set are worked on at the same time at most (StackSets concepts, 2023 text).
const CEILING: usize = 100;

/// Lets every operation that is due progress to the world's present.
pub(super) fn tick(world: &mut World) {
    let open: Vec<String> = world.cfn.open.iter().cloned().collect();
    for id in open {
        let Some(mut set) = world.cfn.sets.remove(&id) else { continue };
        progress(world, &mut set);
        if set.open_operation().is_none() {
            world.cfn.open.remove(&id);
        }
        world.cfn.sets.insert(id, set);
    }
}

fn progress(world: &mut World, set: &mut StackSet) {
    while let Some(index) = set.operations.iter().position(|operation| operation.status.is_open()) {
        let mut operation = set.operations.remove(index);
        if operation.status == OperationStatus::Queued {
            operation.status = OperationStatus::Running;
        }
        let ended = run(world, set, &mut operation);
        set.operations.insert(index, operation);
        if !ended {
            return;
        }
    }
}

/// Works through an operation until the present; says whether it ended.
fn run(world: &mut World, set: &mut StackSet, operation: &mut Operation) -> bool {
    let total = operation.results.len();
    let free_since = set.operations.iter().filter_map(|other| other.ended).max();
    let begun = operation.running.iter().map(|(until, _)| *until).min();
    let mut at = begun.unwrap_or(operation.created).max(free_since.unwrap_or(operation.created)).min(world.now);
    loop {
        let failed = failures(operation);
        if failed > operation.preferences.tolerance.of(total) || operation.status == OperationStatus::Stopping {
            cancel(set, operation);
        }
        begin(set, operation, total, at);
        let Some(next) =
            operation.running.iter().enumerate().min_by_key(|(_, (until, _))| *until).map(|(index, _)| index)
        else {
            end(set, operation, total, at);
            return true;
        };
        let (until, _) = &operation.running[next];
        if *until > world.now {
            return false;
        }
        at = *until;
        let (_, task) = operation.running.swap_remove(next);
        perform(world, set, operation, &task, at);
    }
}

fn failures(operation: &Operation) -> usize {
    operation.results.values().filter(|result| result.status == Detail::Failed).count()
}

/// Begins as many accounts as may be worked on at the same time.
fn begin(set: &mut StackSet, operation: &mut Operation, total: usize, at: Timestamp) {
    let wanted = operation.preferences.concurrent.of(total).clamp(1, CEILING);
    let allowed = match operation.preferences.mode {
        ConcurrencyMode::SoftFailureTolerance => wanted,
        ConcurrencyMode::StrictFailureTolerance => {
            let left = (operation.preferences.tolerance.of(total) + 1).saturating_sub(failures(operation));
            wanted.min(left.max(1))
        }
    };
    while operation.running.len() < allowed {
        let Some(task) = operation.waiting.pop_front() else { return };
        let until = at + duration(set, &task);
        note(set, operation, &task, Detail::Running, None);
        operation.running.push((until, task));
    }
}

/// Five to fourteen simulated seconds, always the same for an account and a stack set.
fn duration(set: &StackSet, task: &Task) -> SignedDuration {
    let digit = hex(&[&set.id, &task.account]).bytes().next().unwrap_or(b'0');
    SignedDuration::from_secs(5 + i64::from(digit % 10))
}

fn note(set: &mut StackSet, operation: &mut Operation, task: &Task, status: Detail, reason: Option<&str>) {
    let key = (task.account.clone(), task.region.clone());
    let result = TaskResult { status, reason: reason.map(str::to_owned), unit: task.unit.clone() };
    operation.results.insert(key.clone(), result);
    if let Some(instance) = set.instances.get_mut(&key) {
        instance.detail = status;
        instance.last_operation.clone_from(&operation.id);
        instance.reason = reason.map(str::to_owned);
    }
}

fn cancel(set: &mut StackSet, operation: &mut Operation) {
    let reason = match operation.status {
        OperationStatus::Stopping => "Cancelled since the operation was stopped",
        _ => "Cancelled since failure tolerance has exceeded",
    };
    while let Some(task) = operation.waiting.pop_front() {
        note(set, operation, &task, Detail::Cancelled, Some(reason));
    }
}

fn end(set: &mut StackSet, operation: &mut Operation, total: usize, at: Timestamp) {
    operation.status = match operation.status {
        OperationStatus::Stopping => OperationStatus::Stopped,
        _ if failures(operation) > operation.preferences.tolerance.of(total) => OperationStatus::Failed,
        _ => OperationStatus::Succeeded,
    };
    operation.ended = Some(at);
    let takes_away = matches!(operation.action, Action::Delete | Action::Retain);
    if takes_away {
        // A unit that was named as a whole and has no instance left is no target any more.
        set.units.retain(|unit| {
            !operation.dropped_units.contains(unit) || set.instances.values().any(|instance| instance.unit == *unit)
        });
    }
}

/// Does the work of one account, and writes down what came of it.
fn perform(world: &mut World, set: &mut StackSet, operation: &mut Operation, task: &Task, at: Timestamp) {
    let key = (task.account.clone(), task.region.clone());
    if !targets::is_deployable(world, &task.account) && operation.action != Action::Retain {
        if operation.action == Action::Create {
            set.instances.remove(&key);
        }
        let reason = "ACCOUNT_SUSPENDED";
        note(set, operation, task, Detail::Succeeded, Some(reason));
        if let Some(instance) = set.instances.get_mut(&key) {
            instance.detail = Detail::SkippedSuspendedAccount;
        }
        return;
    }
    let outcome = match operation.action {
        Action::Create | Action::Update => deploy(world, set, &key, at),
        Action::Delete => withdraw(world, set, &key, at),
        Action::Retain => {
            set.instances.remove(&key);
            Ok(None)
        }
    };
    match outcome {
        Ok(reason) => {
            note(set, operation, task, Detail::Succeeded, reason.as_deref());
            if let Some(instance) = set.instances.get_mut(&key) {
                instance.status = InstanceStatus::Current;
            }
        }
        Err(Failure(reason)) => {
            note(set, operation, task, Detail::Failed, Some(&reason));
            if let Some(instance) = set.instances.get_mut(&key) {
                if operation.action == Action::Delete {
                    instance.status = InstanceStatus::Inoperable;
                    instance.detail = Detail::Inoperable;
                } else {
                    instance.status = InstanceStatus::Outdated;
                }
            }
        }
    }
}

/// Makes or updates the stack of an instance; gives a reason when there was nothing to do.
fn deploy(
    world: &mut World,
    set: &mut StackSet,
    key: &(String, String),
    at: Timestamp,
) -> Result<Option<String>, Failure> {
    let (account, region) = key;
    let Some(instance) = set.instances.get(key) else { return Ok(None) };
    let mut parameters = set.definition.parameters.clone();
    parameters.extend(instance.overrides.clone());
    let wanted = stack::Wanted {
        template: &set.definition.template,
        parameters,
        tags: &set.definition.tags,
        capabilities: &set.definition.capabilities,
    };
    stack::check_service_managed(&*world.cfn.templates.template(&set.definition.template)?)?;
    stack::ensure_stack_set_roles(world, account, at);
    if let Some(id) = &instance.stack_id {
        let changed = stack::update(world, account, region, id, &wanted, at)?;
        return Ok((!changed).then(|| "No updates are to be performed.".to_owned()));
    }
    let unique = world.next_uuid();
    let name = format!("StackSet-{}-{unique}", set.name);
    let id = stack::create(world, account, region, &name, &wanted, stack::OnFailure::Delete, at)?;
    if let Some(instance) = set.instances.get_mut(key) {
        instance.stack_id = Some(id);
    }
    Ok(None)
}

fn withdraw(
    world: &mut World,
    set: &mut StackSet,
    key: &(String, String),
    at: Timestamp,
) -> Result<Option<String>, Failure> {
    let (account, region) = key;
    if let Some(id) = set.instances.get(key).and_then(|instance| instance.stack_id.clone()) {
        stack::delete(world, account, region, &id, at)?;
    }
    set.instances.remove(key);
    Ok(None)
}

/// Puts an operation into a stack set's list, running or queued.
pub(super) fn submit(state: &mut State, set: &mut StackSet, mut operation: Operation) {
    let is_taken = set.open_operation().is_some();
    operation.status = if is_taken { OperationStatus::Queued } else { OperationStatus::Running };
    for task in operation.waiting.clone() {
        note(set, &mut operation, &task, Detail::Pending, None);
    }
    set.operations.push(operation);
    state.open.insert(set.id.clone());
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
        overrides: std::collections::BTreeMap::new(),
    }
}
