//! Stacks are made, updated, deleted, rolled back and protected.

use std::collections::BTreeSet;

use super::named::{find, named};
use super::request::{self, TokenUse};
use crate::cfn::change_sets;
use crate::cfn::input;
use crate::cfn::model::{
    DeletionMode, FailedUpdate, OnFailure, Stack, StackStatus, StackTask, TerminationProtection, Undo, WireName,
};
use crate::cfn::stack;
use crate::wire::{Call, Reply, WireError};
use crate::world::World;

/// `CreateStack`. A stack that could not be made is told by its status, not by this call.
pub(super) fn create(world: &mut World, call: &Call) -> Result<Reply, WireError> {
    let name = request::new_name(call)?;
    let present = find(world, call, name);
    if let TokenUse::Repeated = request::check_token(world, call, present)? {
        return Ok(stack_id(present.map_or("", |stack| &stack.id)));
    }
    if present.is_some() {
        return Err(already_exists(name));
    }
    request::check_quota(world, call)?;
    let definition = request::definition(world, call, None)?;
    let mut options = request::options(call, None)?;
    options.protection = protection(call)?.unwrap_or_default();
    let (account, at) = (call.caller.account.clone(), world.now);
    let stack = stack::fresh(world, (&account, &call.region, name), definition, options, at);
    request::check_rules(world, &stack, &stack.definition)?;
    let id = stack.id.clone();
    stack::start(world, stack, StackTask::Create, request::token(call));
    Ok(stack_id(&id))
}

/// `UpdateStack`.
pub(super) fn update(world: &mut World, call: &Call) -> Result<Reply, WireError> {
    let name = call.params.required("StackName")?;
    let Some(stack) = find(world, call, name).filter(|stack| stack.deleted.is_none()) else {
        return Err(WireError::validation(format!("Stack [{name}] does not exist")));
    };
    if let TokenUse::Repeated = request::check_token(world, call, Some(stack))? {
        return Ok(stack_id(&stack.id));
    }
    let mut stack = stack.clone();
    if !stack.status.is_updatable() {
        return Err(WireError::validation(stack::not_updatable(&stack)));
    }
    let definition = request::definition(world, call, Some(&stack.definition))?;
    stack.options = request::options(call, Some(&stack.options))?;
    request::check_rules(world, &stack, &definition)?;
    if !stack::is_changed(world, &stack, &definition).map_err(|failure| WireError::validation(failure.0))? {
        return Err(WireError::validation("No updates are to be performed."));
    }
    let id = stack.id.clone();
    change_sets::outdate(world, &id);
    stack::start(world, stack, StackTask::Update(Box::new(definition)), request::token(call));
    Ok(stack_id(&id))
}

/// `DeleteStack`; a stack that is not there is deleted already.
pub(super) fn delete(world: &mut World, call: &Call) -> Result<Reply, WireError> {
    let name = call.params.required("StackName")?;
    let retain: BTreeSet<String> =
        call.params.list("RetainResources").unwrap_or_default().into_iter().map(str::to_owned).collect();
    let mode = input::one_of(&call.params, "DeletionMode")?.unwrap_or(DeletionMode::Standard);
    let Some(stack) = find(world, call, name).filter(|stack| stack.deleted.is_none()) else {
        return Ok(Reply::Nothing);
    };
    if let TokenUse::Repeated = request::check_token(world, call, Some(stack))? {
        return Ok(Reply::Nothing);
    }
    stack::check_protection(stack).map_err(|failure| WireError::validation(failure.0))?;
    check_deletable(stack, &retain, mode)?;
    let mut stack = stack.clone();
    if stack.status == StackStatus::ReviewInProgress {
        world.cfn.change_sets.retain(|_, set| set.stack_id != stack.id);
    }
    // What was being done to it is not done.
    stack.pending = None;
    stack::start(world, stack, StackTask::Delete { retain, mode }, request::token(call));
    Ok(Reply::Nothing)
}

fn check_deletable(stack: &Stack, retain: &BTreeSet<String>, mode: DeletionMode) -> Result<(), WireError> {
    let is_busy = stack.status.is_in_progress()
        && !matches!(stack.status, StackStatus::CreateInProgress | StackStatus::DeleteInProgress);
    if is_busy {
        let message = format!("Stack [{}] cannot be deleted while in status {}", stack.id, stack.status.name());
        return Err(WireError::validation(message));
    }
    if stack.status == StackStatus::DeleteFailed {
        let unknown: Vec<&str> =
            retain.iter().map(String::as_str).filter(|id| !stack.resources.contains_key(*id)).collect();
        if !unknown.is_empty() {
            let message =
                format!("The following resources to retain do not exist in the stack: [{}]", unknown.join(", "));
            return Err(WireError::validation(message));
        }
        return Ok(());
    }
    if !retain.is_empty() {
        return Err(WireError::validation(format!(
            "Invalid operation on stack [{}]. When you delete a stack, specify which resources to retain only when the \
             stack is in the DELETE_FAILED state.",
            stack.id
        )));
    }
    if mode == DeletionMode::ForceDeleteStack {
        return Err(WireError::validation(format!(
            "Invalid operation on stack [{}]. Specify FORCE_DELETE_STACK only when the stack is in the DELETE_FAILED state.",
            stack.id
        )));
    }
    Ok(())
}

/// `CancelUpdateStack`: an update that has not touched anything yet is rolled back.
pub(super) fn cancel_update(world: &mut World, call: &Call) -> Result<Reply, WireError> {
    let mut stack = named(world, call)?.clone();
    if stack.status != StackStatus::UpdateInProgress {
        return Err(WireError::validation("CancelUpdateStack cannot be called from current stack status"));
    }
    stack.pending = None;
    let previous = stack.definition.clone();
    let tags = previous.tags.clone();
    stack.failed_update = Some(Box::new(FailedUpdate { previous, tags, undo: Vec::new() }));
    stack::start(world, stack, StackTask::Rollback { skip: BTreeSet::new() }, request::token(call));
    Ok(Reply::Nothing)
}

/// `ContinueUpdateRollback`.
pub(super) fn continue_rollback(world: &mut World, call: &Call) -> Result<Reply, WireError> {
    let stack = named(world, call)?;
    if let TokenUse::Repeated = request::check_token(world, call, Some(stack))? {
        return Ok(Reply::Result(String::new()));
    }
    if stack.status != StackStatus::UpdateRollbackFailed {
        let message =
            format!("Stack:{} is in {} state and can not continue its update rollback.", stack.id, stack.status.name());
        return Err(WireError::validation(message));
    }
    let skip: BTreeSet<String> =
        call.params.list("ResourcesToSkip").unwrap_or_default().into_iter().map(str::to_owned).collect();
    let fails = |id: &String| {
        let undo = stack.failed_update.as_ref().map(|failed| failed.undo.as_slice()).unwrap_or_default();
        undo.iter().any(|step| matches!(step, Undo::Restore { from, to: _ } if from.logical_id == *id))
    };
    if let Some(id) = skip.iter().find(|id| !fails(id)) {
        let message = format!("Resource [{id}] cannot be skipped: it is not in UPDATE_FAILED state");
        return Err(WireError::validation(message));
    }
    let stack = stack.clone();
    stack::start(world, stack, StackTask::Rollback { skip }, request::token(call));
    Ok(Reply::Result(String::new()))
}

/// `RollbackStack`: what a failed creation or update left is taken back.
pub(super) fn roll_back(world: &mut World, call: &Call) -> Result<Reply, WireError> {
    let stack = named(world, call)?;
    if let TokenUse::Repeated = request::check_token(world, call, Some(stack))? {
        return Ok(stack_id(&stack.id));
    }
    if !matches!(stack.status, StackStatus::CreateFailed | StackStatus::UpdateFailed) {
        let message = format!("Stack:{} is in {} state and can not be rolled back.", stack.id, stack.status.name());
        return Err(WireError::validation(message));
    }
    let mut stack = stack.clone();
    stack.options.on_failure = OnFailure::Rollback;
    let id = stack.id.clone();
    stack::start(world, stack, StackTask::Rollback { skip: BTreeSet::new() }, request::token(call));
    Ok(stack_id(&id))
}

/// `UpdateTerminationProtection`.
pub(super) fn protect(world: &mut World, call: &Call) -> Result<Reply, WireError> {
    let protection =
        protection(call)?.ok_or_else(|| WireError::constraint(None, "enableTerminationProtection", "not be null"))?;
    let stack = named(world, call)?;
    let (account, id) = (stack.account().to_owned(), stack.id.clone());
    if let Some(stack) = world.cfn.stacks.get_mut(&account).and_then(|stacks| stacks.get_mut(&id)) {
        stack.options.protection = protection;
    }
    Ok(stack_id(&id))
}

fn protection(call: &Call) -> Result<Option<TerminationProtection>, WireError> {
    let enabled = call.params.boolean("EnableTerminationProtection")?;
    Ok(enabled.map(|enabled| if enabled { TerminationProtection::On } else { TerminationProtection::Off }))
}

pub(super) fn already_exists(name: &str) -> WireError {
    WireError::new(400, "AlreadyExistsException", format!("Stack [{name}] already exists"))
}

fn stack_id(id: &str) -> Reply {
    Reply::result(|xml| xml.text("StackId", id))
}
