//! Stack sets that are there from the start, with the stacks of their instances.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde_json::Value;

use super::model::{
    Action, AutoDeployment, Definition, Detail, Instance, InstanceKey, InstanceStatus, Instances, Leaving,
    ManagedExecution, Operation, OperationStatus, Origin, Preferences, StackSet, StackSetStatus, TemplateId,
    WireName as _, earlier,
};
use super::stack;
use crate::file::{
    AutoDeploymentEntry, InstanceEntry, InstanceStatusEntry, ManagedExecutionEntry, StackEntry, StackSetEntry,
};
use crate::world::World;

/// Puts a stack set into a world, and its stacks into the accounts. A stack that cannot be made is left out: its instance
/// is without one.
///
/// # Errors
/// What `CloudFormation` says of the template.
pub(crate) fn stack_set(world: &mut World, entry: &StackSetEntry) -> Result<(), String> {
    let StackSetEntry {
        name,
        region,
        template,
        description,
        capabilities,
        parameters,
        tags,
        auto_deployment,
        managed_execution,
        units,
        last_operation,
        last_update,
        last_create,
        instances,
    } = entry;
    let id = format!("{name}:{}", world.next_uuid());
    let operation = last_operation.clone().unwrap_or_else(|| world.next_uuid());
    let template = world.cfn.templates.keep(template);
    world.cfn.templates.template(&template)?;
    let key = |entry: &InstanceEntry| (entry.account.clone(), entry.region.clone().unwrap_or_else(|| region.clone()));
    let regions: BTreeSet<String> = instances.iter().map(|entry| key(entry).1).chain([region.clone()]).collect();
    let mut set = StackSet {
        name: name.clone(),
        arn: format!("arn:aws:cloudformation:{region}:{}:stackset/{id}", world.org.management_account),
        id,
        region: region.clone(),
        status: StackSetStatus::Active,
        creation: None,
        definition: Definition {
            template,
            description: description.clone(),
            parameters: parameters.clone(),
            capabilities: capabilities.clone(),
            tags: tags.clone(),
        },
        auto: auto_deployment_of(*auto_deployment),
        managed_execution: match managed_execution {
            ManagedExecutionEntry::Active => ManagedExecution::Active,
            ManagedExecutionEntry::Inactive => ManagedExecution::Inactive,
        },
        targets: units.iter().map(|unit| (unit.clone(), regions.clone())).collect(),
        instances: Instances::new(world.switches.instances_lag_seconds),
        operations: operations([last_operation, last_update, last_create].map(Option::as_ref), world),
        drift: None,
    };
    for entry in instances {
        let key = key(entry);
        let stack_id = match entry.stack {
            StackEntry::Present => stack_of(world, &set, &key),
            StackEntry::Absent => None,
        };
        // Everybody has heard of it long ago.
        set.instances.add(&key, Timestamp::MIN, || instance(entry, &operation, stack_id));
    }
    world.cfn.sets.insert(set.id.clone(), set);
    Ok(())
}

/// Makes the stack of an instance. The entry says how the instance stands, whatever becomes of its stack.
///
/// An update may have failed there because a managed policy is not in the account: then the stack has what the template
/// says without it.
fn stack_of(world: &mut World, set: &StackSet, key: &InstanceKey) -> Option<String> {
    let whole = set.definition.template.clone();
    stack::ensure_stack_set_roles(world, &key.0, world.now);
    create(world, set, key, &whole).or_else(|| {
        let less = without_unknown_policies(world, &key.0, &whole)?;
        create(world, set, key, &less)
    })
}

fn create(world: &mut World, set: &StackSet, (account, region): &InstanceKey, template: &TemplateId) -> Option<String> {
    let wanted = stack::Wanted {
        template,
        parameters: set.definition.parameters.clone(),
        tags: &set.definition.tags,
        capabilities: &set.definition.capabilities,
    };
    let (at, name) = (world.now, format!("StackSet-{}-{}", set.name, world.next_uuid()));
    stack::create(world, account, region, &name, &wanted, stack::OnFailure::Delete, at).ok()
}

/// A JSON template whose roles have only those managed policies that AWS or the account has; `None` for other templates.
fn without_unknown_policies(world: &mut World, account: &str, template: &TemplateId) -> Option<TemplateId> {
    let mut value: Value = serde_json::from_str(world.cfn.templates.text(template)).ok()?;
    let iam = world.iam.get(account)?;
    for resource in value.get_mut("Resources")?.as_object_mut()?.values_mut() {
        if let Some(Value::Array(policies)) = resource.pointer_mut("/Properties/ManagedPolicyArns") {
            policies
                .retain(|arn| arn.as_str().is_none_or(|arn| arn.contains("::aws:policy/") || iam.policy(arn).is_ok()));
        }
    }
    Some(world.cfn.templates.keep(&value.to_string()))
}

fn auto_deployment_of(entry: AutoDeploymentEntry) -> AutoDeployment {
    let on = |leaving| AutoDeployment::On { leaving, depends_on: BTreeSet::new() };
    match entry {
        AutoDeploymentEntry::Off => AutoDeployment::Off,
        AutoDeploymentEntry::Deleting => on(Leaving::Deleted),
        AutoDeploymentEntry::Retaining => on(Leaving::Retained),
    }
}

fn instance(entry: &InstanceEntry, operation: &str, stack_id: Option<String>) -> Instance {
    let (status, usual) = match entry.status {
        InstanceStatusEntry::Current => (InstanceStatus::Current, Detail::Succeeded),
        InstanceStatusEntry::Outdated => (InstanceStatus::Outdated, Detail::Failed),
        InstanceStatusEntry::Inoperable => (InstanceStatus::Inoperable, Detail::Inoperable),
    };
    Instance {
        unit: entry.unit.clone(),
        stack_id,
        status,
        detail: entry.detail.as_deref().and_then(Detail::parse).unwrap_or(usual),
        reason: entry.reason.clone(),
        last_operation: operation.to_owned(),
        overrides: BTreeMap::new(),
        drift: None,
    }
}

/// The operations that are remembered of a stack set, the oldest first: the last one that updated something, the last one
/// that made instances, and the last one of all, which did something else where it is neither.
fn operations([last, update, create]: [Option<&String>; 3], world: &World) -> Vec<Operation> {
    let mut remembered: Vec<(&String, Action)> = Vec::new();
    remembered.extend(create.map(|id| (id, Action::Create)));
    remembered.extend(update.map(|id| (id, Action::Update)));
    let rest = last.filter(|id| remembered.iter().all(|(known, _)| known != id));
    remembered.extend(rest.map(|id| (id, Action::Delete)));
    // The one that is the last of all ended last.
    remembered.sort_by_key(|(id, _)| Some(*id) == last);
    let ages = (0_u32..).map(|number| 3600 - 60 * number);
    remembered.into_iter().zip(ages).map(|((id, action), age)| ended(id, action, earlier(world.now, age))).collect()
}

fn ended(id: &str, action: Action, then: Timestamp) -> Operation {
    Operation {
        id: id.to_owned(),
        action,
        origin: Origin::AutoDeployment,
        status: OperationStatus::Succeeded,
        created: then,
        begun: Some(then),
        stopped: None,
        ended: Some(then),
        preferences: Preferences::DEFAULT,
        targets: None,
        drops: BTreeSet::new(),
        after: Vec::new(),
        regions: Vec::new(),
        results: BTreeMap::new(),
    }
}
