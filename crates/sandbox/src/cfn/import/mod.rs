//! Stacks that were made without a stack set become instances of one.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::cfn::begin::{self, Purpose};
use crate::cfn::engine::Task;
use crate::cfn::model::{
    Action, Detail, Instance, InstanceKey, InstanceStatus, Instances, Stack, StackDefinition, StackSet, StackStatus,
    TemplateId, WireName,
};
use crate::cfn::stack::Failure;
use crate::cfn::targets::Cover;
use crate::cfn::template::Template;
use crate::cfn::{error, stack_sets};
use crate::wire::{Call, Reply, WireError};
use crate::world::World;

/// How many stacks a request may name (service model).
const MAX_STACKS: usize = 10;

/// `ImportStacksToStackSet`.
pub(in crate::cfn) fn import(world: &mut World, call: &Call) -> Result<Reply, WireError> {
    let id = stack_sets::named(world, call)?;
    if let Some(reply) = begin::replayed(world, call, &id)? {
        return Ok(reply);
    }
    let tasks = tasks(world, call, &id)?;
    let purpose = Purpose { action: Action::Import, targets: None, overrides: None, instances: tasks.len() };
    let operation = begin::operation(world, call, &id, purpose)?;
    let at = world.now;
    let set = world.cfn.sets.get_mut(&id).ok_or_else(|| error::stack_set_not_found(&id))?;
    for (Task { account, region, unit }, stack_id) in &tasks {
        set.targets.entry(unit.clone()).or_default().insert(region.clone());
        let key = (account.clone(), region.clone());
        set.instances.remove(&key, at);
        set.instances.add(&key, at, || imported(unit, &operation.id, stack_id));
    }
    begin::submit(world, &id, operation, tasks.into_iter().map(|(task, _)| task).collect())
}

fn imported(unit: &str, operation: &str, stack_id: &str) -> Instance {
    Instance {
        unit: unit.to_owned(),
        stack_id: Some(stack_id.to_owned()),
        status: InstanceStatus::Outdated,
        detail: Detail::Pending,
        reason: None,
        last_operation: operation.to_owned(),
        overrides: BTreeMap::new(),
        drift: None,
    }
}

/// The stacks that a request names, each with its ARN: there, in the units, and of no stack set yet.
fn tasks(world: &World, call: &Call, id: &str) -> Result<Vec<(Task, String)>, WireError> {
    if call.params.get("StackIdsUrl").is_some() {
        return Err(WireError::validation("The sandbox has no S3: send the stacks as StackIds"));
    }
    let stack_ids = call.params.list("StackIds").unwrap_or_default();
    if stack_ids.is_empty() {
        return Err(WireError::validation("StackIds or StackIdsUrl must be specified"));
    }
    if stack_ids.len() > MAX_STACKS {
        let must = format!("have length less than or equal to {MAX_STACKS}");
        return Err(WireError::constraint(Some("<list>"), "stackIds", &must));
    }
    let units: Vec<String> =
        call.params.list("OrganizationalUnitIds").unwrap_or_default().into_iter().map(str::to_owned).collect();
    if units.is_empty() {
        return Err(WireError::validation("OrganizationalUnitIds should be specified in SERVICE_MANAGED mode"));
    }
    if let Some(unknown) = units.iter().find(|unit| !world.org.has_parent(unit)) {
        return Err(WireError::validation(format!("Organizational unit {unknown} does not exist in the organization")));
    }
    let cover = Cover::of(world, &units);
    let set = begin::get(world, id)?;
    let mut tasks = Vec::new();
    for stack_id in stack_ids {
        let (account, region) = place(stack_id).ok_or_else(|| error::stack_not_found(stack_id))?;
        let stack = world.cfn.stack(account, stack_id).filter(|stack| stack.deleted.is_none());
        stack.ok_or_else(|| error::stack_not_found(stack_id))?;
        let member = world.org.accounts.get(account).filter(|account| account.id != world.org.management_account);
        let Some(unit) = member.and_then(|member| cover.unit(&member.parent)) else {
            let message = format!("Account {account} of stack {stack_id} is not in the organizational units");
            return Err(error::invalid_operation(message));
        };
        let key = (account.to_owned(), region.to_owned());
        let present = set.instances.get(&key);
        if present.is_some_and(|instance| instance.detail != Detail::FailedImport) {
            let message =
                format!("Stack set {} already has an instance in account {account} and Region {region}", set.name);
            return Err(error::invalid_operation(message));
        }
        if owner(world, stack_id).is_some_and(|owner| owner.id != id) {
            return Err(error::invalid_operation(format!("Stack {stack_id} belongs to another stack set already")));
        }
        let (account, region) = key;
        tasks.push((Task { account, region, unit: unit.to_owned() }, stack_id.to_owned()));
    }
    Ok(tasks)
}

/// Account and Region of a stack's ARN.
fn place(stack_id: &str) -> Option<(&str, &str)> {
    let mut parts = stack_id.split(':').skip(3);
    let (region, account) = (parts.next()?, parts.next()?);
    Some((account, region))
}

/// The stack set that a stack is an instance of.
fn owner<'a>(world: &'a World, stack_id: &str) -> Option<&'a StackSet> {
    let (account, region) = place(stack_id)?;
    let key = (account.to_owned(), region.to_owned());
    let has =
        |instance: &Instance| instance.stack_id.as_deref() == Some(stack_id) && instance.detail != Detail::FailedImport;
    world.cfn.sets.values().find(|set| set.instances.get(&key).is_some_and(has))
}

/// A stack that can become an instance of a stack set: there, and at rest.
fn importable<'a>(world: &'a World, account: &str, stack_id: &str) -> Result<&'a Stack, Failure> {
    let stack = world.cfn.stack(account, stack_id).filter(|stack| stack.deleted.is_none());
    let stack = stack.ok_or_else(|| Failure(format!("Stack with id {stack_id} does not exist")))?;
    let is_at_rest = matches!(
        stack.status,
        StackStatus::CreateComplete
            | StackStatus::ImportComplete
            | StackStatus::UpdateComplete
            | StackStatus::UpdateRollbackComplete
    );
    if !is_at_rest {
        let state = stack.status.name();
        return Err(Failure(format!("Stack [{stack_id}] in {state} state cannot be imported into a stack set")));
    }
    Ok(stack)
}

/// `NoEcho` is not supported by imports (StackSets user guide).
fn refuse_secrets(template: &Template) -> Result<(), Failure> {
    match template.parameters().iter().find(|(_, parameter)| parameter.no_echo) {
        Some((name, _)) => {
            Err(Failure(format!("A stack with the NoEcho parameter {name} cannot be imported into a stack set")))
        }
        None => Ok(()),
    }
}

/// What the stack that `CreateStackSet` names is made from. It must be in the organization, and of no stack set yet.
///
/// # Errors
/// `ValidationError`: AWS documents no other for this.
pub(in crate::cfn) fn source(world: &mut World, stack_id: &str) -> Result<StackDefinition, WireError> {
    let account = place(stack_id).map(|(account, _)| account.to_owned());
    let account = account.filter(|account| world.org.accounts.contains_key(account));
    let account = account.ok_or_else(|| error::no_stack(stack_id))?;
    let refused = |Failure(why)| WireError::validation(why);
    let definition = importable(world, &account, stack_id).map_err(refused)?.definition.clone();
    if let Some(owner) = owner(world, stack_id) {
        let message = format!("Stack {stack_id} belongs to the stack set {} already", owner.name);
        return Err(WireError::validation(message));
    }
    let template = world.cfn.templates.template(&definition.template).map_err(WireError::validation)?;
    refuse_secrets(&template).map_err(refused)?;
    Ok(definition)
}

/// Takes one stack in: it must be as the stack set's template makes it. Other values of parameters become overrides.
pub(in crate::cfn) fn take_in(
    world: &mut World,
    instances: &mut Instances,
    (template, parameters): (&TemplateId, &BTreeMap<String, String>),
    key: &InstanceKey,
    at: Timestamp,
) -> Result<Option<String>, Failure> {
    let stack_id = instances.get(key).and_then(|instance| instance.stack_id.clone()).unwrap_or_default();
    let stack = importable(world, &key.0, &stack_id)?.clone();
    let (own, wanted) =
        (world.cfn.templates.template(&stack.definition.template)?, world.cfn.templates.template(template)?);
    if own != wanted {
        return Err(Failure(format!("The template of stack [{stack_id}] does not match the stack set's template")));
    }
    refuse_secrets(&wanted)?;
    let value = |values: &BTreeMap<String, String>, name: &str| {
        let default = || wanted.parameters().get(name).and_then(|parameter| parameter.default.clone());
        values.get(name).cloned().or_else(default)
    };
    let own_values = &stack.definition.parameters;
    let differing = wanted.parameters().keys().filter(|name| value(own_values, name) != value(parameters, name));
    let overrides = differing.filter_map(|name| Some((name.clone(), value(own_values, name)?))).collect();
    if let Some(instance) = instances.edit(key, at) {
        instance.overrides = overrides;
    }
    Ok(None)
}
