//! Operations that make, update and delete stack instances.

use std::collections::{BTreeMap, BTreeSet};

use super::begin::{self, Purpose};
use super::engine::Task;
use super::model::{Action, Filter, InstanceStatus, Override, StackSet, Targets};
use super::switches::{EmptyUnit, FilteredDelete, SuspendedAccounts};
use super::targets::{self, Cover, Reach};
use super::{error, input, stack_sets};
use crate::wire::{Call, Reply, WireError};
use crate::world::World;

/// `CreateStackInstances`, which also tries again what is not current.
pub(super) fn create(world: &mut World, call: &Call) -> Result<Reply, WireError> {
    let id = stack_sets::named(world, call)?;
    if let Some(reply) = begin::replayed(world, call, &id)? {
        return Ok(reply);
    }
    let (targets, regions) = (input::required_targets(world, call)?, input::regions(call)?);
    if matches!(targets.filter, Filter::Union(_)) {
        let message = if call.params.get("DeploymentTargets.AccountFilterType").is_some() {
            "AccountFilterType UNION is not supported by CreateStackInstances"
        } else {
            "AccountFilterType must be specified when both OrganizationalUnitIds and Accounts are specified"
        };
        return Err(WireError::validation(message));
    }
    let overrides = checked_overrides(world, call, &id)?;
    let tasks = new_tasks(world, begin::get(world, &id)?, &targets, &regions)?;
    let purpose = Purpose { action: Action::Create, targets: Some(targets.clone()), overrides, instances: tasks.len() };
    let operation = begin::operation(world, call, &id, purpose)?;
    let set = world.cfn.sets.get_mut(&id).ok_or_else(|| error::stack_set_not_found(&id))?;
    for unit in targets.units {
        set.targets.entry(unit).or_default().extend(regions.iter().cloned());
    }
    begin::submit(world, &id, operation, tasks)
}

/// What `CreateStackInstances` has to do: an inoperable instance is left alone, as only deleting it helps.
fn new_tasks(
    world: &World,
    set: &StackSet,
    targets: &Targets,
    regions: &BTreeSet<String>,
) -> Result<Vec<Task>, WireError> {
    let accounts = targets::accounts(world, targets);
    if world.switches.empty_unit == EmptyUnit::Refused {
        let reached: BTreeSet<&str> = accounts.iter().map(|(_, unit)| unit.as_str()).collect();
        if let Some(empty) = targets.units.iter().find(|unit| !reached.contains(unit.as_str())) {
            return Err(error::invalid_operation(format!("Organizational unit {empty} has no accounts to deploy to")));
        }
    }
    let is_left_out = world.switches.suspended_accounts == SuspendedAccounts::LeftOut;
    let mut tasks = Vec::new();
    let mut added = 0;
    for (account, unit) in accounts {
        if is_left_out && targets::reach(world, &account) == Reach::Suspended {
            continue;
        }
        for region in regions {
            let instance = set.instances.get(&(account.clone(), region.clone()));
            if instance.is_some_and(|instance| instance.status == InstanceStatus::Inoperable) {
                continue;
            }
            added += usize::from(instance.is_none());
            tasks.push(Task { account: account.clone(), region: region.clone(), unit: unit.clone() });
        }
    }
    let quota = world.switches.instances_quota;
    if set.instances.len() + added > quota {
        return Err(error::limit_exceeded(format!("A stack set can have {quota} stack instances")));
    }
    Ok(tasks)
}

/// `UpdateStackInstances`: only where there are instances already.
pub(super) fn update(world: &mut World, call: &Call) -> Result<Reply, WireError> {
    let id = stack_sets::named(world, call)?;
    if let Some(reply) = begin::replayed(world, call, &id)? {
        return Ok(reply);
    }
    let (targets, regions) = (input::required_targets(world, call)?, input::regions(call)?);
    let overrides = checked_overrides(world, call, &id)?;
    let set = begin::get(world, &id)?;
    check_presence(world, set, Some(&targets), Some(&regions))?;
    let tasks = operable(set, targets::instances(world, set, &targets, Some(&regions)));
    let purpose = Purpose { action: Action::Override, targets: Some(targets), overrides, instances: tasks.len() };
    let operation = begin::operation(world, call, &id, purpose)?;
    begin::submit(world, &id, operation, tasks)
}

/// Those tasks whose instance can be updated.
pub(super) fn operable(set: &StackSet, mut tasks: Vec<Task>) -> Vec<Task> {
    tasks.retain(|Task { account, region, unit: _ }| {
        let instance = set.instances.get(&(account.clone(), region.clone()));
        instance.is_some_and(|instance| instance.status != InstanceStatus::Inoperable)
    });
    tasks
}

/// Refuses an update of what is not there: a Region without any instance, or an account that is named and has none.
pub(super) fn check_presence(
    world: &World,
    set: &StackSet,
    targets: Option<&Targets>,
    regions: Option<&BTreeSet<String>>,
) -> Result<(), WireError> {
    let present: BTreeSet<&str> = set.instances.iter().map(|((_, region), _)| region.as_str()).collect();
    let regions: Vec<&str> = match regions {
        Some(regions) => regions.iter().map(String::as_str).collect(),
        None => present.iter().copied().collect(),
    };
    let named = match targets.map(|targets| &targets.filter) {
        Some(Filter::Intersection(accounts) | Filter::Union(accounts)) => Some(accounts),
        Some(Filter::None | Filter::Difference(_)) | None => None,
    };
    let managed = |account: &String| *account != world.org.management_account;
    for region in regions {
        let missing = named.into_iter().flatten().filter(|account| managed(account));
        let missing =
            missing.into_iter().find(|account| set.instances.get(&((*account).clone(), region.to_owned())).is_none());
        if let Some(account) = missing {
            return Err(error::instance_not_found(&set.name, account, region));
        }
        if !present.contains(region) {
            return Err(error::instance_not_found(&set.name, "any", region));
        }
    }
    Ok(())
}

/// `DeleteStackInstances`.
pub(super) fn delete(world: &mut World, call: &Call) -> Result<Reply, WireError> {
    let id = stack_sets::named(world, call)?;
    if let Some(reply) = begin::replayed(world, call, &id)? {
        return Ok(reply);
    }
    let (targets, regions) = (input::required_targets(world, call)?, input::regions(call)?);
    let action = match call.params.boolean("RetainStacks")? {
        None => return Err(WireError::constraint(None, "retainStacks", "not be null")),
        Some(true) => Action::Retain,
        Some(false) => Action::Delete,
    };
    let set = begin::get(world, &id)?;
    let tasks = targets::instances(world, set, &targets, Some(&regions));
    let drops_target = match (&targets.filter, world.switches.filtered_delete) {
        (Filter::None, _) | (_, FilteredDelete::DropsTarget) => true,
        (Filter::Intersection(_) | Filter::Difference(_) | Filter::Union(_), FilteredDelete::KeepsTarget) => false,
    };
    let drops = if drops_target { covered_targets(world, set, &targets, &regions) } else { BTreeSet::new() };
    let purpose = Purpose { action, targets: Some(targets), overrides: None, instances: tasks.len() };
    let mut operation = begin::operation(world, call, &id, purpose)?;
    operation.drops = drops;
    begin::submit(world, &id, operation, tasks)
}

/// The targets of a stack set that are among some units or below them, each with its Regions among these.
fn covered_targets(
    world: &World,
    set: &StackSet,
    targets: &Targets,
    regions: &BTreeSet<String>,
) -> BTreeSet<(String, String)> {
    let cover = Cover::of(world, &targets.units);
    let covered = set.targets.iter().filter(|(unit, _)| cover.unit(unit).is_some());
    covered
        .flat_map(|(unit, targeted)| targeted.intersection(regions).map(|region| (unit.clone(), region.clone())))
        .collect()
}

/// `ParameterOverrides`, which must fit the template that the stack set has now.
fn checked_overrides(
    world: &mut World,
    call: &Call,
    id: &str,
) -> Result<Option<BTreeMap<String, Override>>, WireError> {
    let Some(overrides) = input::overrides(call)? else { return Ok(None) };
    let definition = &begin::get(world, id)?.definition;
    let (template, mut values) = (definition.template.clone(), definition.parameters.clone());
    let template = world.cfn.templates.template(&template).map_err(WireError::validation)?;
    for (name, given) in &overrides {
        match given {
            Override::Value(value) => values.insert(name.clone(), value.clone()),
            // Only whether the parameter is there can be told before the instances are known.
            Override::Previous if template.parameters().contains_key(name) => None,
            Override::Previous => values.insert(name.clone(), String::new()),
        };
    }
    template.check_values(&values).map_err(WireError::validation)?;
    Ok(Some(overrides))
}
