//! Stack sets are made, from a template or from a stack that is there.

use std::collections::BTreeMap;

use super::{check_dependencies, find, only_service_managed, refuse_self_managed};
use crate::cfn::model::{AutoDeployment, Creation, Definition, Instances, ManagedExecution, StackSet, StackSetStatus};
use crate::cfn::{begin, check_administrator, error, import, input};
use crate::wire::{Call, Reply, WireError};
use crate::world::World;

/// `CreateStackSet`.
pub(in crate::cfn) fn create(world: &mut World, call: &Call) -> Result<Reply, WireError> {
    check_administrator(world, call)?;
    let name = call.params.required("StackSetName")?;
    check_name(name)?;
    check_permissions(world, call)?;
    let auto = input::auto_deployment(call)?.ok_or_else(|| {
        WireError::validation("AutoDeployment must be specified when PermissionModel is SERVICE_MANAGED")
    })?;
    if let Ok(existing) = find(world, call, name) {
        return repeated(begin::get(world, &existing)?, call);
    }
    let definition = definition(world, call)?;
    let managed_execution = input::managed_execution(call)?.unwrap_or(ManagedExecution::Inactive);
    check_quota(world, call)?;
    check_dependencies(world, &auto, None)?;
    Ok(made(&add(world, call, name, Parts { definition, auto, managed_execution })))
}

/// What a new stack set is made of.
#[derive(Debug)]
struct Parts {
    definition: Definition,
    auto: AutoDeployment,
    managed_execution: ManagedExecution,
}

/// Adds an empty stack set; gives its id.
fn add(world: &mut World, call: &Call, name: &str, parts: Parts) -> String {
    let Parts { definition, auto, managed_execution } = parts;
    let id = format!("{name}:{}", world.next_uuid());
    let creation = call.params.get("ClientRequestToken").map(|token| Creation {
        token: token.to_owned(),
        request: begin::digest(call),
        definition: definition.clone(),
    });
    let set = StackSet {
        name: name.to_owned(),
        arn: format!("arn:aws:cloudformation:{}:{}:stackset/{id}", call.region, world.org.management_account),
        region: call.region.clone(),
        status: StackSetStatus::Active,
        creation,
        definition,
        auto,
        managed_execution,
        targets: BTreeMap::new(),
        instances: Instances::new(world.switches.instances_lag_seconds),
        operations: Vec::new(),
        drift: None,
        id: id.clone(),
    };
    world.cfn.sets.insert(id.clone(), set);
    id
}

fn made(id: &str) -> Reply {
    Reply::result(|xml| xml.text("StackSetId", id))
}

/// The permissions must be service-managed, and the organization must have given them.
fn check_permissions(world: &World, call: &Call) -> Result<(), WireError> {
    if call.params.get("PermissionModel").is_none() {
        return Err(only_service_managed());
    }
    refuse_self_managed(call)?;
    for member in ["AdministrationRoleARN", "ExecutionRoleName"] {
        if call.params.get(member).is_some() {
            let message = format!("{member} cannot be specified when PermissionModel is SERVICE_MANAGED");
            return Err(WireError::validation(message));
        }
    }
    if world.org.stack_sets_access { Ok(()) } else { Err(error::no_access()) }
}

/// What the stack set is to deploy.
fn definition(world: &mut World, call: &Call) -> Result<Definition, WireError> {
    let capabilities = input::capabilities(call);
    let given = input::parameters(call, "Parameters", &BTreeMap::new())?;
    let tags = input::tags(call)?.unwrap_or_default();
    let description = call.params.get("Description").map(str::to_owned);
    let (template, parameters) = match (input::template_body(call)?, call.params.get("StackId")) {
        (Some(_), Some(_)) => {
            return Err(WireError::validation("You cannot specify both StackId and Template Body."));
        }
        (Some(body), None) => (world.cfn.templates.keep(&body), given.unwrap_or_default()),
        (None, Some(stack)) => {
            let stack = import::source(world, stack)?;
            // What is left out is the stack's, as the template is.
            (stack.template.clone(), given.unwrap_or_else(|| stack.parameters.clone()))
        }
        (None, None) => {
            return Err(WireError::validation("Either Template URL or Template Body must be specified."));
        }
    };
    let parsed = world.cfn.templates.template(&template).map_err(WireError::validation)?;
    input::check_capabilities(&parsed, &capabilities)?;
    parsed.check_values(&parameters).map_err(WireError::validation)?;
    Ok(Definition { template, description, parameters, capabilities, tags })
}

/// The answer to a `CreateStackSet` whose name is taken: the same again for the same request with the same token.
fn repeated(existing: &StackSet, call: &Call) -> Result<Reply, WireError> {
    let Some(creation) = existing.creation.as_ref().filter(|creation| {
        call.params.get("ClientRequestToken") == Some(&creation.token) && creation.request == begin::digest(call)
    }) else {
        return Err(error::name_exists(&existing.name));
    };
    if creation.definition == existing.definition {
        Ok(made(&existing.id))
    } else {
        Err(error::created_but_modified(&existing.name))
    }
}

fn check_quota(world: &World, call: &Call) -> Result<(), WireError> {
    let sets = world.cfn.sets.values();
    let there = sets.filter(|set| set.region == call.region && set.status == StackSetStatus::Active).count();
    let quota = world.switches.stack_sets_quota;
    if there < quota { Ok(()) } else { Err(error::limit_exceeded(format!("There can be {quota} stack sets"))) }
}

fn check_name(name: &str) -> Result<(), WireError> {
    let fits = name.len() <= 128
        && name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if fits {
        return Ok(());
    }
    Err(WireError::constraint(Some(name), "stackSetName", "satisfy regular expression pattern: [a-zA-Z][-a-zA-Z0-9]*"))
}
