//! Stack sets: made, changed, deleted, described and listed.

mod create;

pub(super) use self::create::create;

use std::collections::BTreeSet;
use std::ops::Bound;

use jiff::Timestamp;

use super::begin::{self, Purpose};
use super::engine::Task;
use super::model::{
    Action, AutoDeployment, Definition, InstanceStatus, Leaving, ManagedExecution, StackSet, StackSetStatus, Targets,
    WireName,
};
use super::switches::IdenticalTemplate;
use super::{check_administrator, drift, error, input, instances, list, permission, stacks, targets};
use crate::wire::{Call, Reply, WireError, Xml, encode_page};
use crate::world::World;

/// The stack sets that one depends on must be there, and must not depend on it in turn.
fn check_dependencies(world: &World, auto: &AutoDeployment, of: Option<&str>) -> Result<(), WireError> {
    let AutoDeployment::On { leaving: _, depends_on } = auto else { return Ok(()) };
    let (mut next, mut seen): (Vec<&String>, BTreeSet<&String>) = (depends_on.iter().collect(), BTreeSet::new());
    while let Some(arn) = next.pop() {
        let set = world.cfn.sets.values().find(|set| set.arn == *arn && set.status == StackSetStatus::Active);
        let Some(set) = set else {
            if depends_on.contains(arn) {
                return Err(WireError::validation(format!("The stack set {arn} of DependsOn does not exist")));
            }
            continue;
        };
        if of == Some(&set.id) {
            return Err(WireError::validation("A stack set cannot depend on itself, directly or through others"));
        }
        if let (true, AutoDeployment::On { leaving: _, depends_on }) = (seen.insert(arn), &set.auto) {
            next.extend(depends_on);
        }
    }
    Ok(())
}

/// Refuses self-managed permissions, which are not simulated.
fn refuse_self_managed(call: &Call) -> Result<(), WireError> {
    match call.params.get("PermissionModel") {
        None | Some("SERVICE_MANAGED") => Ok(()),
        Some(_) => Err(only_service_managed()),
    }
}

fn only_service_managed() -> WireError {
    WireError::validation(
        "The sandbox simulates service-managed stack sets only: set PermissionModel to SERVICE_MANAGED",
    )
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
    if let Some(reply) = begin::replayed(world, call, &id)? {
        return Ok(reply);
    }
    refuse_self_managed(call)?;
    input::refuse_accounts(call)?;
    let (targets, regions) = (input::targets(world, call)?, input::given_regions(call)?);
    let (auto, managed) = (input::auto_deployment(call)?, input::managed_execution(call)?);
    if let Some(auto) = &auto {
        if targets.is_some() || regions.is_some() {
            let message = "DeploymentTargets and Regions must not be specified with AutoDeployment";
            return Err(WireError::validation(message));
        }
        check_dependencies(world, auto, Some(&id))?;
    }
    let definition = changed_definition(world, &id, call)?;
    let set = begin::get(world, &id)?;
    if managed.is_some_and(|managed| managed != set.managed_execution) && set.open_operation().is_some() {
        return Err(error::invalid_operation(
            "ManagedExecution cannot be changed while operations are running or queued",
        ));
    }
    if targets.is_some() || regions.is_some() {
        instances::check_presence(world, set, targets.as_ref(), regions.as_ref())?;
    }
    let outdates = outdates(world, set, &definition, call);
    let tasks = updated(world, set, targets.as_ref(), regions.as_ref());
    let purpose = Purpose { action: Action::Update, targets, overrides: None, instances: tasks.len() };
    let operation = begin::operation(world, call, &id, purpose)?;
    let at = world.now;
    let set = world.cfn.sets.get_mut(&id).ok_or_else(|| error::stack_set_not_found(&id))?;
    set.definition = definition;
    set.auto = auto.unwrap_or_else(|| set.auto.clone());
    set.managed_execution = managed.unwrap_or(set.managed_execution);
    if outdates {
        outdate(set, at);
    }
    begin::submit(world, &id, operation, tasks)
}

/// Whether an update leaves all instances outdated until they have it: AWS keys on the presence of a template or of
/// parameters, not on a difference.
fn outdates(world: &World, set: &StackSet, definition: &Definition, call: &Call) -> bool {
    let is_given = call.params.get("TemplateBody").is_some() || call.params.structs("Parameters").is_some();
    let differs = set.definition.template != definition.template || set.definition.parameters != definition.parameters;
    is_given && (differs || world.switches.identical_template == IdenticalTemplate::Outdates)
}

fn outdate(set: &mut StackSet, at: Timestamp) {
    let current = set.instances.iter().filter(|(_, instance)| instance.status == InstanceStatus::Current);
    for key in current.map(|(key, _)| key.clone()).collect::<Vec<_>>() {
        if let Some(instance) = set.instances.edit(&key, at) {
            instance.status = InstanceStatus::Outdated;
        }
    }
}

/// The instances that an update is about: all of them, or those of targets and Regions. Inoperable ones never are.
fn updated(world: &World, set: &StackSet, targets: Option<&Targets>, regions: Option<&BTreeSet<String>>) -> Vec<Task> {
    let all = || {
        let instances =
            set.instances.iter().filter(|((_, region), _)| regions.is_none_or(|regions| regions.contains(region)));
        instances.map(|((account, region), instance)| Task {
            account: account.clone(),
            region: region.clone(),
            unit: instance.unit.clone(),
        })
    };
    let tasks = match targets {
        Some(targets) => targets::instances(world, set, targets, regions),
        None => all().collect(),
    };
    instances::operable(set, tasks)
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
    let arn = set.arn.clone();
    forget_dependencies(world, |on| *on == arn);
    Ok(Reply::Result(String::new()))
}

/// Takes dependencies away: those on a deleted stack set, and all of them when stack sets lose the organization.
pub(super) fn forget_dependencies(world: &mut World, is_gone: impl Fn(&String) -> bool) {
    for set in world.cfn.sets.values_mut() {
        if let AutoDeployment::On { leaving: _, depends_on } = &mut set.auto {
            depends_on.retain(|on| !is_gone(on));
        }
    }
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
            stacks::parameters(xml, world, "Parameters", &set.definition.template, &set.definition.parameters);
            xml.texts("Capabilities", &set.definition.capabilities);
            xml.list("Tags", &set.definition.tags, |xml, (key, value)| {
                xml.text("Key", key);
                xml.text("Value", value);
            });
            xml.text("AdministrationRoleARN", administration_role(world));
            xml.text("ExecutionRoleName", permission::execution_role(world));
            xml.texts("OrganizationalUnitIds", set.targets.keys());
            xml.texts("Regions", set.regions());
            drift::details(xml, set);
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
        let (enabled, retain, depends_on) = match &set.auto {
            AutoDeployment::Off => (false, false, None),
            AutoDeployment::On { leaving, depends_on } => (true, *leaving == Leaving::Retained, Some(depends_on)),
        };
        xml.text("Enabled", enabled);
        xml.text("RetainStacksOnAccountRemoval", retain);
        if let Some(depends_on) = depends_on.filter(|depends_on| !depends_on.is_empty()) {
            xml.texts("DependsOn", depends_on);
        }
    });
    xml.element("ManagedExecution", |xml| xml.text("Active", set.managed_execution == ManagedExecution::Active));
}

/// `ListStackSets`.
pub(super) fn list(world: &World, call: &Call) -> Result<Reply, WireError> {
    check_administrator(world, call)?;
    let wanted: Option<StackSetStatus> = input::one_of(&call.params, "Status")?;
    let sets = world.cfn.sets.values().filter(|set| set.region == call.region);
    let sets = sets.filter(|set| wanted.is_none_or(|wanted| wanted == set.status));
    let after = list::after(call)?;
    let mut rest = sets.skip_while(|set| after.as_ref().is_some_and(|after| set.id != *after));
    if after.is_some() {
        rest.next();
    }
    list::page(
        call,
        "Summaries",
        rest,
        |set| set.id.clone(),
        |xml, set| {
            summary(xml, set);
            drift::set_status(xml, set);
        },
    )
}

/// `ListStackSetAutoDeploymentTargets`. At the end of the list AWS sends an empty token here.
pub(super) fn auto_deployment_targets(world: &World, call: &Call) -> Result<Reply, WireError> {
    let id = named(world, call)?;
    let set = begin::get(world, &id)?;
    let size = call.params.integer("MaxResults", 1..=100)?.unwrap_or(100) as usize;
    let after = list::after(call)?.map_or(Bound::Unbounded, Bound::Excluded);
    let targets = if set.auto == AutoDeployment::Off { None } else { Some(&set.targets) };
    let rest = targets.into_iter().flat_map(|targets| targets.range((after.clone(), Bound::Unbounded)));
    let mut rest = rest.peekable();
    let shown: Vec<_> = rest.by_ref().take(size).collect();
    let next = shown.last().filter(|_| rest.peek().is_some()).map(|(unit, _)| encode_page(unit));
    Ok(Reply::result(|xml| {
        xml.list("Summaries", shown, |xml, (unit, regions)| {
            xml.text("OrganizationalUnitId", unit);
            xml.texts("Regions", regions);
        });
        xml.text("NextToken", next.unwrap_or_default());
    }))
}
