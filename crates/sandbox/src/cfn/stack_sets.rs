//! Stack sets: made, changed, deleted, described and listed.

use std::collections::BTreeMap;

use super::input::{self, Targets};
use super::model::{
    Action, AutoDeployment, Definition, InstanceStatus, ManagedExecution, StackSet, StackSetStatus, WireName,
};
use super::{check_administrator, error, instances, permission, stacks, targets};
use crate::wire::{Call, Reply, WireError, Xml, encode_page};
use crate::world::World;

/// `CreateStackSet`.
pub(super) fn create(world: &mut World, call: &Call) -> Result<Reply, WireError> {
    check_administrator(world, call)?;
    let name = call.params.required("StackSetName")?;
    check_name(name)?;
    if call.params.get("PermissionModel") != Some("SERVICE_MANAGED") {
        return Err(WireError::validation(
            "The sandbox simulates service-managed stack sets only: set PermissionModel to SERVICE_MANAGED",
        ));
    }
    if !world.org.stack_sets_access {
        return Err(error::no_access());
    }
    let auto = input::auto_deployment(call)?.ok_or_else(|| {
        WireError::validation("AutoDeployment must be specified when PermissionModel is SERVICE_MANAGED")
    })?;
    let template = input::template_body(call)?
        .ok_or_else(|| WireError::validation("Either Template URL or Template Body must be specified."))?;
    let parsed = input::parse_template(&template)?;
    let capabilities = input::capabilities(call);
    input::check_capabilities(&parsed, &capabilities)?;
    let parameters = input::parameters(call, "Parameters", &BTreeMap::new())?.unwrap_or_default();
    parsed.check_values(&parameters).map_err(WireError::validation)?;
    if find(world, call, name).is_ok() {
        return Err(error::name_exists(name));
    }
    let id = format!("{name}:{}", world.next_uuid());
    let template = world.cfn.templates.keep(&template);
    let set = StackSet {
        name: name.to_owned(),
        arn: format!("arn:aws:cloudformation:{}:{}:stackset/{id}", call.region, world.org.management_account),
        region: call.region.clone(),
        status: StackSetStatus::Active,
        definition: Definition {
            template,
            description: call.params.get("Description").map(str::to_owned),
            parameters,
            capabilities,
            tags: input::tags(call)?.unwrap_or_default(),
        },
        auto,
        managed_execution: input::managed_execution(call)?.unwrap_or(ManagedExecution::Inactive),
        units: std::collections::BTreeSet::new(),
        regions: std::collections::BTreeSet::new(),
        instances: BTreeMap::new(),
        operations: Vec::new(),
        id: id.clone(),
    };
    world.cfn.sets.insert(id.clone(), set);
    Ok(Reply::result(|xml| xml.text("StackSetId", id)))
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

/// The id of the stack set that a call names, by name or by id, in the call's Region.
pub(super) fn find(world: &World, call: &Call, name: &str) -> Result<String, WireError> {
    let by_id = world.cfn.sets.get(name).filter(|set| set.region == call.region);
    let by_name = || {
        world
            .cfn
            .sets
            .values()
            .find(|set| set.name == name && set.region == call.region && set.status == StackSetStatus::Active)
    };
    by_id.or_else(by_name).map(|set| set.id.clone()).ok_or_else(|| error::stack_set_not_found(name))
}

/// The stack set that a call is about, which must be there.
pub(super) fn named(world: &World, call: &Call) -> Result<String, WireError> {
    let id = remembered(world, call)?;
    match world.cfn.sets.get(&id).map(|set| set.status) {
        Some(StackSetStatus::Active) => Ok(id),
        Some(StackSetStatus::Deleted) | None => Err(error::stack_set_not_found(&id)),
    }
}

/// The stack set that a call looks at: by its id also one that was deleted.
pub(super) fn remembered(world: &World, call: &Call) -> Result<String, WireError> {
    check_administrator(world, call)?;
    find(world, call, call.params.required("StackSetName")?)
}

/// `UpdateStackSet`: the definition changes at once, whatever becomes of the operation.
pub(super) fn update(world: &mut World, call: &Call) -> Result<Reply, WireError> {
    let id = named(world, call)?;
    let targets = input::targets(world, call)?;
    let auto = input::auto_deployment(call)?;
    if auto.is_some() && (targets.is_some() || call.params.list("Regions").is_some()) {
        return Err(WireError::validation("DeploymentTargets and Regions must not be specified with AutoDeployment"));
    }
    let preferences = input::preferences(call)?;
    let definition = changed_definition(world, &id, call)?;
    let set = world.cfn.sets.get(&id).ok_or_else(|| error::stack_set_not_found(&id))?;
    let managed = input::managed_execution(call)?;
    if managed.is_some_and(|managed| managed != set.managed_execution) && set.open_operation().is_some() {
        return Err(error::invalid_operation(
            "ManagedExecution cannot be changed while operations are running or queued",
        ));
    }
    let mut operation = instances::begin(world, call, &id, Action::Update, preferences)?;
    operation.units = targets.as_ref().map(|targets| targets.units.clone()).unwrap_or_default();
    let reached = reached(world, &id, targets.as_ref(), call);
    // AWS keys on the presence of template or parameters, not on a difference.
    let outdates = call.params.get("TemplateBody").is_some() || call.params.structs("Parameters").is_some();
    let set = world.cfn.sets.get_mut(&id).ok_or_else(|| error::stack_set_not_found(&id))?;
    set.definition = definition;
    set.auto = auto.unwrap_or(set.auto);
    set.managed_execution = managed.unwrap_or(set.managed_execution);
    for instance in set.instances.values_mut().filter(|instance| instance.status != InstanceStatus::Inoperable) {
        if outdates {
            instance.status = InstanceStatus::Outdated;
        }
    }
    instances::submit(world, &id, operation, reached)
}

/// The instances that an update is about: all of them, or those of targets and Regions. Inoperable ones never are.
fn reached(world: &World, id: &str, targets: Option<&Targets>, call: &Call) -> Vec<(String, String, String)> {
    let Some(set) = world.cfn.sets.get(id) else { return Vec::new() };
    let accounts = targets.map(|targets| targets::accounts_with_instance(world, set, targets));
    let regions = call.params.list("Regions");
    set.instances
        .iter()
        .filter(|(_, instance)| instance.status != InstanceStatus::Inoperable)
        .filter(|((account, _), _)| accounts.as_ref().is_none_or(|accounts| accounts.contains_key(account)))
        .filter(|((_, region), _)| regions.as_ref().is_none_or(|regions| regions.contains(&region.as_str())))
        .map(|((account, region), instance)| (account.clone(), region.clone(), instance.unit.clone()))
        .collect()
}

fn changed_definition(world: &mut World, id: &str, call: &Call) -> Result<Definition, WireError> {
    let set = world.cfn.sets.get(id).ok_or_else(|| error::stack_set_not_found(id))?;
    let previous = set.definition.clone();
    let mut definition = previous.clone();
    match (input::template_body(call)?, call.params.boolean("UsePreviousTemplate")?) {
        (Some(_), Some(true)) => {
            return Err(WireError::validation("You cannot specify both usePreviousTemplate and Template Body."));
        }
        (Some(template), _) => definition.template = world.cfn.templates.keep(&template),
        (None, Some(true)) => {}
        (None, Some(false) | None) => {
            return Err(WireError::validation("Either Template URL or Template Body must be specified."));
        }
    }
    definition.capabilities = input::capabilities(call);
    let parsed = world.cfn.templates.template(&definition.template).map_err(WireError::validation)?;
    input::check_capabilities(&parsed, &definition.capabilities)?;
    // What is left out falls back to the template's default.
    definition.parameters = input::parameters(call, "Parameters", &previous.parameters)?.unwrap_or_default();
    parsed.check_values(&definition.parameters).map_err(WireError::validation)?;
    if let Some(tags) = input::tags(call)? {
        definition.tags = tags;
    }
    if let Some(description) = call.params.get("Description") {
        definition.description = Some(description.to_owned());
    }
    Ok(definition)
}

/// `DeleteStackSet`.
pub(super) fn delete(world: &mut World, call: &Call) -> Result<Reply, WireError> {
    let id = named(world, call)?;
    let set = world.cfn.sets.get_mut(&id).ok_or_else(|| error::stack_set_not_found(&id))?;
    if let Some(operation) = set.open_operation() {
        return Err(error::in_progress(&set.arn, &operation.id));
    }
    if !set.instances.is_empty() {
        return Err(error::not_empty());
    }
    set.status = StackSetStatus::Deleted;
    Ok(Reply::Result(String::new()))
}

/// `DescribeStackSet`; by its id a deleted one is still shown.
pub(super) fn describe(world: &World, call: &Call) -> Result<Reply, WireError> {
    let id = remembered(world, call)?;
    let set = world.cfn.sets.get(&id).ok_or_else(|| error::stack_set_not_found(&id))?;
    Ok(Reply::result(|xml| {
        xml.element("StackSet", |xml| {
            summary(xml, set);
            xml.text("StackSetARN", &set.arn);
            xml.text("TemplateBody", world.cfn.templates.text(&set.definition.template));
            stacks::parameters(xml, world, &set.definition.template, &set.definition.parameters);
            xml.texts("Capabilities", &set.definition.capabilities);
            xml.list("Tags", &set.definition.tags, |xml, (key, value)| {
                xml.text("Key", key);
                xml.text("Value", value);
            });
            xml.text("AdministrationRoleARN", administration_role(world));
            xml.text("ExecutionRoleName", permission::execution_role(world));
            xml.texts("OrganizationalUnitIds", &set.units);
            xml.texts("Regions", &set.regions);
            xml.element("StackSetDriftDetectionDetails", |xml| {
                xml.text("DriftStatus", "NOT_CHECKED");
                xml.text("TotalStackInstancesCount", set.instances.len());
            });
        });
    }))
}

/// The service-linked role that AWS names for service-managed sets, although nobody may pass it.
fn administration_role(world: &World) -> String {
    format!(
        "arn:aws:iam::{}:role/aws-service-role/stacksets.cloudformation.amazonaws.com/\
         AWSServiceRoleForCloudFormationStackSetsOrgAdmin",
        world.org.management_account
    )
}

fn summary(xml: &mut Xml, set: &StackSet) {
    xml.text("StackSetName", &set.name);
    xml.text("StackSetId", &set.id);
    xml.maybe("Description", set.definition.description.as_ref());
    xml.text("Status", set.status.name());
    xml.text("PermissionModel", "SERVICE_MANAGED");
    xml.element("AutoDeployment", |xml| {
        xml.text("Enabled", set.auto != AutoDeployment::Off);
        xml.text("RetainStacksOnAccountRemoval", set.auto == AutoDeployment::Retaining);
    });
    xml.element("ManagedExecution", |xml| xml.text("Active", set.managed_execution == ManagedExecution::Active));
}

/// `ListStackSets`.
pub(super) fn list(world: &World, call: &Call) -> Result<Reply, WireError> {
    check_administrator(world, call)?;
    let wanted: Option<StackSetStatus> = input::one_of(&call.params, "Status")?;
    let sets = world.cfn.sets.values().filter(|set| set.region == call.region);
    let sets = sets.filter(|set| wanted.is_none_or(|wanted| wanted == set.status));
    page(
        call,
        sets,
        |set| set.id.clone(),
        |xml, set| {
            summary(xml, set);
            xml.text("DriftStatus", "NOT_CHECKED");
        },
    )
}

/// `ListStackSetAutoDeploymentTargets`. At the end of the list AWS sends an empty token here.
pub(super) fn auto_deployment_targets(world: &World, call: &Call) -> Result<Reply, WireError> {
    let id = named(world, call)?;
    let set = world.cfn.sets.get(&id).ok_or_else(|| error::stack_set_not_found(&id))?;
    let units = if set.auto == AutoDeployment::Off { None } else { Some(&set.units) };
    Ok(Reply::result(|xml| {
        xml.list("Summaries", units.into_iter().flatten(), |xml, unit| {
            xml.text("OrganizationalUnitId", unit);
            xml.texts("Regions", &set.regions);
        });
        xml.text("NextToken", "");
    }))
}

/// One page of `Summaries`, at most 100 of them, after the position that the token names.
pub(super) fn page<T>(
    call: &Call,
    items: impl Iterator<Item = T>,
    position: impl Fn(&T) -> String,
    mut each: impl FnMut(&mut Xml, T),
) -> Result<Reply, WireError> {
    let size = call.params.integer("MaxResults", 1..=100)?.unwrap_or(100) as usize;
    let after = call.page("NextToken")?;
    let mut items = items.skip_while(|item| after.as_ref().is_some_and(|after| position(item) != *after));
    if after.is_some() {
        items.next();
    }
    let mut shown: Vec<T> = items.by_ref().take(size).collect();
    let next = if items.next().is_some() { shown.last().map(|last| encode_page(&position(last))) } else { None };
    Ok(Reply::result(|xml| {
        xml.list("Summaries", shown.drain(..), |xml, item| each(xml, item));
        xml.maybe("NextToken", next);
    }))
}
