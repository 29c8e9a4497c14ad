//! Stack instances: operations that make, update and delete them, and how they stand.

use std::collections::{BTreeSet, VecDeque};

use super::input::{self, Filter};
use super::model::{
    Action, Instance, InstanceStatus, ManagedExecution, Operation, OperationStatus, Preferences, StackSet, Task,
};
use super::{engine, error, stack_sets, targets};
use crate::wire::{Call, Reply, WireError, Xml};
use crate::world::World;

type Tasks = Vec<(String, String, String)>;

/// `CreateStackInstances`, which also tries again what is not current.
pub(super) fn create(world: &mut World, call: &Call) -> Result<Reply, WireError> {
    let id = stack_sets::named(world, call)?;
    let (targets, regions) = (required_targets(world, call)?, input::regions(call)?);
    if matches!(targets.filter, Filter::Union(_)) {
        return Err(WireError::validation("AccountFilterType UNION is not supported by CreateStackInstances"));
    }
    let preferences = input::preferences(call)?;
    let mut operation = begin(world, call, &id, Action::Create, preferences)?;
    operation.units.clone_from(&targets.units);
    let accounts = targets::accounts(world, &targets);
    let set = world.cfn.sets.get(&id).ok_or_else(|| error::stack_set_not_found(&id))?;
    let overrides = input::parameters(call, "ParameterOverrides", &set.definition.parameters)?;
    let mut tasks = Tasks::new();
    for (account, unit) in accounts.into_iter().filter(|(account, _)| targets::is_deployable(world, account)) {
        tasks.extend(regions.iter().map(|region| (account.clone(), region.clone(), unit.clone())));
    }
    let set = world.cfn.sets.get_mut(&id).ok_or_else(|| error::stack_set_not_found(&id))?;
    set.units.extend(targets.units.iter().cloned());
    set.regions.extend(regions);
    for (account, region, unit) in &tasks {
        let key = (account.clone(), region.clone());
        let instance = set.instances.entry(key).or_insert_with(|| engine::new_instance(unit, &operation.id));
        if let Some(overrides) = &overrides {
            instance.overrides.clone_from(overrides);
        }
    }
    submit(world, &id, operation, tasks)
}

/// `UpdateStackInstances`.
pub(super) fn update(world: &mut World, call: &Call) -> Result<Reply, WireError> {
    let id = stack_sets::named(world, call)?;
    let (targets, regions) = (required_targets(world, call)?, input::regions(call)?);
    let preferences = input::preferences(call)?;
    let mut operation = begin(world, call, &id, Action::Update, preferences)?;
    operation.units.clone_from(&targets.units);
    let set = world.cfn.sets.get(&id).ok_or_else(|| error::stack_set_not_found(&id))?;
    let overrides = input::parameters(call, "ParameterOverrides", &set.definition.parameters)?;
    let accounts = targets::accounts_with_instance(world, set, &targets);
    let mut tasks = Tasks::new();
    for (account, unit) in accounts {
        for region in &regions {
            match set.instances.get(&(account.clone(), region.clone())) {
                Some(instance) if instance.status != InstanceStatus::Inoperable => {
                    tasks.push((account.clone(), region.clone(), unit.clone()));
                }
                None if matches!(targets.filter, Filter::Intersection(_)) => {
                    return Err(error::instance_not_found(&set.name, &account, region));
                }
                Some(_) | None => {}
            }
        }
    }
    if let (Some(overrides), Some(set)) = (overrides, world.cfn.sets.get_mut(&id)) {
        for (account, region, _) in &tasks {
            if let Some(instance) = set.instances.get_mut(&(account.clone(), region.clone())) {
                instance.overrides.clone_from(&overrides);
            }
        }
    }
    submit(world, &id, operation, tasks)
}

/// `DeleteStackInstances`.
pub(super) fn delete(world: &mut World, call: &Call) -> Result<Reply, WireError> {
    let id = stack_sets::named(world, call)?;
    let (targets, regions) = (required_targets(world, call)?, input::regions(call)?);
    let action = match call.params.boolean("RetainStacks")? {
        None => return Err(WireError::constraint(None, "retainStacks", "not be null")),
        Some(true) => Action::Retain,
        Some(false) => Action::Delete,
    };
    let preferences = input::preferences(call)?;
    let mut operation = begin(world, call, &id, action, preferences)?;
    let set = world.cfn.sets.get(&id).ok_or_else(|| error::stack_set_not_found(&id))?;
    let mut tasks = Tasks::new();
    for (account, unit) in targets::accounts_with_instance(world, set, &targets) {
        let present = regions.iter().filter(|region| set.instances.contains_key(&(account.clone(), (*region).clone())));
        tasks.extend(present.map(|region| (account.clone(), region.clone(), unit.clone())));
    }
    // Only a unit that is named as a whole ceases to be a target.
    if matches!(targets.filter, Filter::None) {
        operation.dropped_units.clone_from(&targets.units);
    }
    operation.units = targets.units;
    submit(world, &id, operation, tasks)
}

fn required_targets(world: &World, call: &Call) -> Result<input::Targets, WireError> {
    if call.params.list("Accounts").is_some() {
        return Err(WireError::validation(
            "Accounts should not be specified in SERVICE_MANAGED mode; use DeploymentTargets",
        ));
    }
    input::targets(world, call)?
        .ok_or_else(|| WireError::validation("OrganizationalUnitIds should be specified in SERVICE_MANAGED mode"))
}

/// A new operation of a stack set, or why there cannot be one.
pub(super) fn begin(
    world: &mut World,
    call: &Call,
    id: &str,
    action: Action,
    preferences: Preferences,
) -> Result<Operation, WireError> {
    if !world.org.stack_sets_access {
        return Err(error::no_access());
    }
    let fresh = world.next_uuid();
    let set = world.cfn.sets.get(id).ok_or_else(|| error::stack_set_not_found(id))?;
    let operation = call.params.get("OperationId").map_or(fresh, str::to_owned);
    if set.operations.iter().any(|other| other.id == operation) {
        return Err(error::operation_id_exists(&operation));
    }
    if let Some(open) = set.open_operation().filter(|_| set.managed_execution == ManagedExecution::Inactive) {
        return Err(error::in_progress(&set.arn, &open.id));
    }
    Ok(Operation {
        id: operation,
        action,
        status: OperationStatus::Running,
        created: world.now,
        ended: None,
        preferences,
        units: BTreeSet::new(),
        dropped_units: BTreeSet::new(),
        waiting: VecDeque::new(),
        running: Vec::new(),
        results: std::collections::BTreeMap::new(),
    })
}

/// Puts the operation to work, and answers its id.
pub(super) fn submit(world: &mut World, id: &str, mut operation: Operation, tasks: Tasks) -> Result<Reply, WireError> {
    let tasks = tasks.into_iter().map(|(account, region, unit)| Task { account, region, unit });
    operation.waiting = tasks.collect();
    let answer = operation.id.clone();
    let Some(mut set) = world.cfn.sets.remove(id) else { return Err(error::stack_set_not_found(id)) };
    engine::submit(&mut world.cfn, &mut set, operation);
    world.cfn.sets.insert(id.to_owned(), set);
    Ok(Reply::result(|xml| xml.text("OperationId", answer)))
}

/// `ListStackInstances`.
pub(super) fn list(world: &World, call: &Call) -> Result<Reply, WireError> {
    let id = stack_sets::named(world, call)?;
    let set = world.cfn.sets.get(&id).ok_or_else(|| error::stack_set_not_found(&id))?;
    let filters = call.params.structs("Filters").unwrap_or_default();
    let mut wanted = Vec::new();
    for filter in &filters {
        wanted.push((filter.required("Name")?.to_owned(), filter.required("Values")?.to_owned()));
    }
    let account = call.params.get("StackInstanceAccount");
    let region = call.params.get("StackInstanceRegion");
    let instances = set.instances.iter().filter(|((in_account, in_region), instance)| {
        account.is_none_or(|account| account == in_account)
            && region.is_none_or(|region| region == in_region)
            && wanted.iter().all(|(name, value)| match name.as_str() {
                "DETAILED_STATUS" => instance.detail.name() == value,
                "LAST_OPERATION_ID" => instance.last_operation == *value,
                "DRIFT_STATUS" => value == "NOT_CHECKED",
                _ => false,
            })
    });
    stack_sets::page(
        call,
        instances,
        |((account, region), _)| format!("{account}/{region}"),
        |xml, (key, instance)| {
            shape(xml, set, key, instance);
        },
    )
}

/// `DescribeStackInstance`.
pub(super) fn describe(world: &World, call: &Call) -> Result<Reply, WireError> {
    let id = stack_sets::named(world, call)?;
    let set = world.cfn.sets.get(&id).ok_or_else(|| error::stack_set_not_found(&id))?;
    let account = call.params.required("StackInstanceAccount")?;
    let region = call.params.required("StackInstanceRegion")?;
    let key = (account.to_owned(), region.to_owned());
    let instance = set.instances.get(&key).ok_or_else(|| error::instance_not_found(&set.name, account, region))?;
    Ok(Reply::result(|xml| {
        xml.element("StackInstance", |xml| {
            shape(xml, set, &key, instance);
            xml.list("ParameterOverrides", &instance.overrides, |xml, (key, value)| {
                xml.text("ParameterKey", key);
                xml.text("ParameterValue", value);
            });
        });
    }))
}

fn shape(xml: &mut Xml, set: &StackSet, (account, region): &(String, String), instance: &Instance) {
    xml.text("StackSetId", &set.id);
    xml.text("Region", region);
    xml.text("Account", account);
    xml.maybe("StackId", instance.stack_id.as_ref());
    xml.text("Status", instance.status.name());
    xml.element("StackInstanceStatus", |xml| xml.text("DetailedStatus", instance.detail.name()));
    xml.maybe("StatusReason", instance.reason.as_ref());
    xml.text("OrganizationalUnitId", &instance.unit);
    xml.text("DriftStatus", "NOT_CHECKED");
    xml.text("LastOperationId", &instance.last_operation);
}
