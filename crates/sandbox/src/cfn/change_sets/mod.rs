//! Change sets: made, described, executed and deleted.

mod describe;
mod preview;
#[cfg(test)]
mod tests;

use super::error;
use super::input;
use super::model::{
    ChangeSet, ChangeSetStatus, ChangeSetType, ExecutionStatus, OnFailure, Stack, StackStatus, StackTask, WireName,
};
use super::stack::{self, Failure};
use super::stacks::{self, check_rules, definition, new_name, options, token};
use crate::wire::{Call, Reply, WireError};
use crate::world::World;

pub(super) use self::describe::{describe, list};

/// What AWS says of a change set without changes.
const NO_CHANGES: &str =
    "The submitted information didn't contain changes. Submit different information to create a change set.";

/// `CreateChangeSet`.
pub(super) fn create(world: &mut World, call: &Call) -> Result<Reply, WireError> {
    let name = change_set_name(call)?;
    let kind = input::one_of(&call.params, "ChangeSetType")?.unwrap_or(ChangeSetType::Update);
    if call.params.get("DeploymentMode").is_some() {
        return Err(WireError::validation("The sandbox does not simulate the deployment mode REVERT_DRIFT"));
    }
    let stack = match kind {
        ChangeSetType::Create => to_create(world, call, name)?,
        ChangeSetType::Update => to_update(world, call)?,
        ChangeSetType::Import => {
            return Err(WireError::validation("The sandbox does not simulate change sets of type IMPORT"));
        }
    };
    if let Some(other) = of_stack(world, &stack.id).find(|other| other.name == name) {
        let message = format!("ChangeSet {} already exists", other.id);
        return Err(WireError::new(400, "AlreadyExistsException", message));
    }
    let before = (kind == ChangeSetType::Update).then_some(&stack.definition);
    let definition = definition(world, call, before)?;
    check_rules(world, &stack, &definition)?;
    let on_stack_failure = input::one_of::<OnFailure>(&call.params, "OnStackFailure")?;
    let mut options = options(call, before.map(|_| &stack.options))?;
    options.on_failure = on_stack_failure.unwrap_or(options.on_failure);
    let (status, execution, reason, changes) = match preview::changes(world, &stack, &definition, kind) {
        Ok(Some(changes)) => (ChangeSetStatus::CreateComplete, ExecutionStatus::Available, None, changes),
        Ok(None) => (ChangeSetStatus::Failed, ExecutionStatus::Unavailable, Some(NO_CHANGES.to_owned()), Vec::new()),
        Err(Failure(reason)) => (ChangeSetStatus::Failed, ExecutionStatus::Unavailable, Some(reason), Vec::new()),
    };
    let set = ChangeSet {
        name: name.to_owned(),
        id: format!(
            "arn:aws:cloudformation:{}:{}:changeSet/{name}/{}",
            call.region,
            call.caller.account,
            world.next_uuid()
        ),
        stack_id: stack.id.clone(),
        stack_name: stack.name.clone(),
        kind,
        status,
        execution,
        reason,
        description: call.params.get("Description").map(str::to_owned),
        definition,
        options,
        on_stack_failure,
        created: world.now,
        changes,
    };
    let (id, stack_id) = (set.id.clone(), stack.id.clone());
    world.cfn.stacks.entry(stack.account().to_owned()).or_default().insert(stack.id.clone(), stack);
    world.cfn.change_sets.insert(id.clone(), set);
    Ok(Reply::result(|xml| {
        xml.text("Id", id);
        xml.text("StackId", stack_id);
    }))
}

fn change_set_name(call: &Call) -> Result<&str, WireError> {
    let name = call.params.required("ChangeSetName")?;
    let fits = name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if !fits {
        let must = "satisfy regular expression pattern: [a-zA-Z][-a-zA-Z0-9]*";
        return Err(WireError::constraint(Some(name), "changeSetName", must));
    }
    if name.len() > 128 {
        return Err(WireError::constraint(Some(name), "changeSetName", "have length less than or equal to 128"));
    }
    Ok(name)
}

/// The stack that a change set is to create: one that is in review, or a new one that then is.
fn to_create(world: &mut World, call: &Call, change_set: &str) -> Result<Stack, WireError> {
    let name = call.params.required("StackName")?;
    if let Some(present) = stacks::find(world, call, name).filter(|stack| stack.deleted.is_none()) {
        if present.status == StackStatus::ReviewInProgress {
            return Ok(present.clone());
        }
        let message =
            format!("Stack [{name}] already exists and cannot be created again with the changeSet [{change_set}].");
        return Err(WireError::validation(message));
    }
    let name = new_name(call)?;
    let definition = definition(world, call, None)?;
    let (account, at) = (call.caller.account.clone(), world.now);
    let options = super::model::StackOptions::default();
    Ok(stack::in_review(world, (&account, &call.region, name), definition, options, at))
}

fn to_update(world: &World, call: &Call) -> Result<Stack, WireError> {
    let name = call.params.required("StackName")?;
    let stack = stacks::find(world, call, name).filter(|stack| stack.deleted.is_none());
    let stack = stack.ok_or_else(|| WireError::validation(format!("Stack [{name}] does not exist")))?;
    if stack.status.is_updatable() {
        Ok(stack.clone())
    } else {
        Err(WireError::validation(stack::not_updatable(stack)))
    }
}

fn of_stack<'a>(world: &'a World, stack_id: &'a str) -> impl Iterator<Item = &'a ChangeSet> {
    world.cfn.change_sets.values().filter(move |set| set.stack_id == stack_id)
}

/// The change set that `ChangeSetName` names: by its ARN, or by its name and the stack.
pub(super) fn named<'a>(world: &'a World, call: &'a Call) -> Result<&'a ChangeSet, WireError> {
    let name = call.params.required("ChangeSetName")?;
    if name.starts_with("arn:") {
        let own = |set: &&ChangeSet| set.id.split(':').nth(4) == Some(&call.caller.account);
        return world.cfn.change_sets.get(name).filter(own).ok_or_else(|| error::change_set_not_found(name));
    }
    let Some(stack) = call.params.get("StackName") else {
        return Err(WireError::validation("StackName must be specified if ChangeSetName is not specified as an ARN."));
    };
    let stack = stacks::find(world, call, stack)
        .ok_or_else(|| WireError::validation(format!("Stack [{stack}] does not exist")))?;
    of_stack(world, &stack.id).find(|set| set.name == name).ok_or_else(|| error::change_set_not_found(name))
}

/// Whether a change set can be executed, or how its execution stands.
fn execution(world: &World, set: &ChangeSet) -> ExecutionStatus {
    let account = set.stack_id.split(':').nth(4).unwrap_or_default();
    let stack = world.cfn.stack(account, &set.stack_id);
    match (set.execution, stack.map(|stack| stack.status)) {
        (ExecutionStatus::ExecuteInProgress, Some(status)) if status.is_in_progress() => set.execution,
        (
            ExecutionStatus::ExecuteInProgress,
            Some(StackStatus::CreateComplete | StackStatus::UpdateComplete | StackStatus::ImportComplete),
        ) => ExecutionStatus::ExecuteComplete,
        (ExecutionStatus::ExecuteInProgress, _) => ExecutionStatus::ExecuteFailed,
        (execution, _) => execution,
    }
}

/// `ExecuteChangeSet`. The stack's other change sets go: they are not about what it is any more.
pub(super) fn execute(world: &mut World, call: &Call) -> Result<Reply, WireError> {
    let set = named(world, call)?.clone();
    let execution = execution(world, &set);
    if execution != ExecutionStatus::Available {
        let message = format!(
            "ChangeSet [{}] cannot be executed in its current status of [{}] and execution status of [{}]",
            set.id,
            set.status.name(),
            execution.name()
        );
        return Err(WireError::new(400, "InvalidChangeSetStatus", message));
    }
    let account = call.caller.account.clone();
    let Some(mut stack) = world.cfn.stack(&account, &set.stack_id).cloned() else {
        return Err(error::no_stack(&set.stack_id));
    };
    stack.options = set.options.clone();
    stack.options.change_set = Some(set.id.clone());
    if call.params.boolean("DisableRollback")? == Some(true) {
        stack.options.on_failure = OnFailure::DoNothing;
    }
    if let Some(retain) = call.params.boolean("RetainExceptOnCreate")? {
        stack.options.retain_except_on_create = Some(retain);
    }
    world.cfn.change_sets.retain(|id, other| other.stack_id != set.stack_id || *id == set.id);
    if let Some(kept) = world.cfn.change_sets.get_mut(&set.id) {
        kept.execution = ExecutionStatus::ExecuteInProgress;
    }
    let task = match set.kind {
        ChangeSetType::Create | ChangeSetType::Import => {
            stack.definition = set.definition;
            StackTask::Create
        }
        ChangeSetType::Update => StackTask::Update(Box::new(set.definition)),
    };
    stack::start(world, stack, task, token(call));
    Ok(Reply::Result(String::new()))
}

/// `DeleteChangeSet`; one that is not there is deleted already.
pub(super) fn delete(world: &mut World, call: &Call) -> Result<Reply, WireError> {
    match named(world, call) {
        Ok(set) if execution(world, set) == ExecutionStatus::ExecuteInProgress => {
            let message = format!("ChangeSet [{}] cannot be deleted while it is executed", set.id);
            Err(WireError::new(400, "InvalidChangeSetStatus", message))
        }
        Ok(set) => {
            let id = set.id.clone();
            world.cfn.change_sets.remove(&id);
            Ok(Reply::Result(String::new()))
        }
        Err(error) if error.code == "ChangeSetNotFound" => Ok(Reply::Result(String::new())),
        Err(error) => Err(error),
    }
}

/// The change sets of a stack that something else changed cannot be executed any more.
pub(super) fn outdate(world: &mut World, stack_id: &str) {
    for set in world.cfn.change_sets.values_mut().filter(|set| set.stack_id == stack_id) {
        if set.execution == ExecutionStatus::Available {
            set.execution = ExecutionStatus::Obsolete;
        }
    }
}
