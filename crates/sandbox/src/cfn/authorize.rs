//! What a call takes, as the Service Authorization Reference lists actions and resource types for CloudFormation.

use super::model::StackSet;
use super::template::Template;
use super::{input, stack_sets};
use crate::access::authorize;
use crate::wire::{Call, WireError};
use crate::world::World;

const SERVICE_LINKED_ROLE: &str =
    "aws-service-role/stacksets.cloudformation.amazonaws.com/AWSServiceRoleForCloudFormationStackSetsOrgAdmin";

/// An action, and the resources on each of which it must be allowed.
struct Demand {
    action: String,
    resources: Vec<String>,
}

/// Whether CloudFormation finds out, in the caller's name, that the account is a delegated administrator.
pub(super) fn may_list_administrators(world: &World, call: &Call) -> bool {
    authorize(world, &call.caller, "organizations:ListDelegatedAdministrators", "*").is_ok()
}

/// Refuses a call that the caller's policies do not allow on every resource that it takes.
pub(super) fn permit(world: &World, call: &Call) -> Result<(), WireError> {
    for Demand { action, resources } in demands(world, call) {
        for resource in resources {
            authorize(world, &call.caller, &action, &resource)
                .map_err(|denial| denial.wire_error(&call.caller, &action, &resource))?;
        }
    }
    Ok(())
}

fn demands(world: &World, call: &Call) -> Vec<Demand> {
    let action = |name: &str| format!("cloudformation:{name}");
    let mut demands = vec![Demand { action: action(&call.operation), resources: resources(world, call) }];
    if call.operation == "ActivateOrganizationsAccess" {
        // The role is made in the caller's name, if it is not there.
        let role = vec![format!("arn:aws:iam::{}:role/{SERVICE_LINKED_ROLE}", call.caller.account)];
        let made = ["iam:GetRole", "iam:CreateServiceLinkedRole"].map(str::to_owned);
        demands.extend(made.map(|action| Demand { action, resources: role.clone() }));
    }
    if matches!(call.operation.as_str(), "CreateStackSet" | "UpdateStackSet") {
        let set = vec![stack_set_arn(world, call)];
        let tags = input::tags(call).ok().flatten().unwrap_or_default();
        if !tags.is_empty() {
            demands.push(Demand { action: action("TagResource"), resources: set.clone() });
            let is_removed = |set: &StackSet| set.definition.tags.keys().any(|key| !tags.contains_key(key));
            if named(world, call).is_some_and(is_removed) {
                demands.push(Demand { action: action("UntagResource"), resources: set });
            }
        }
    }
    demands
}

fn resources(world: &World, call: &Call) -> Vec<String> {
    match call.operation.as_str() {
        "CreateStackInstances" | "UpdateStackInstances" | "DeleteStackInstances" | "UpdateStackSet" => {
            let mut resources = vec![stack_set_arn(world, call)];
            resources.extend(target_arns(world, call));
            resources.extend(type_arns(world, call));
            resources
        }
        // It has no resource of its own, though it names one.
        "CreateStackSet" => any(),
        _ if call.params.get("StackSetName").is_some() => vec![stack_set_arn(world, call)],
        _ => match call.params.get("StackName") {
            Some(id) if id.starts_with("arn:") => vec![id.to_owned()],
            Some(name) => {
                vec![format!("arn:aws:cloudformation:{}:{}:stack/{name}/*", call.region, call.caller.account)]
            }
            None => any(),
        },
    }
}

fn any() -> Vec<String> {
    vec!["*".to_owned()]
}

fn named<'a>(world: &'a World, call: &Call) -> Option<&'a StackSet> {
    let id = stack_sets::find(world, call, call.params.get("StackSetName")?).ok()?;
    world.cfn.sets.get(&id)
}

/// The ARN of the stack set that a call names; of one that is not there, without its unique part.
fn stack_set_arn(world: &World, call: &Call) -> String {
    let name = call.params.get("StackSetName").unwrap_or_default();
    named(world, call).map_or_else(|| format!("{}:*", arn(world, call, "stackset", name)), |set| set.arn.clone())
}

/// The targets of an operation: the units that it names, else the stack set's.
fn target_arns(world: &World, call: &Call) -> Vec<String> {
    let set = named(world, call);
    let given = input::targets(world, call).ok().flatten().map(|targets| targets.units);
    let units = given.or_else(|| set.map(|set| set.targets.keys().cloned().collect())).unwrap_or_default();
    let id =
        set.map_or_else(|| format!("{}:*", call.params.get("StackSetName").unwrap_or_default()), |set| set.id.clone());
    units.iter().map(|unit| arn(world, call, "stackset-target", &format!("{id}/{unit}"))).collect()
}

/// The resource types of the template that an operation is about, which are AWS's and so have no account.
fn type_arns(world: &World, call: &Call) -> Vec<String> {
    let kept = || named(world, call).map(|set| world.cfn.templates.text(&set.definition.template));
    let template = call.params.get("TemplateBody").or_else(kept).and_then(|text| Template::parse(text).ok());
    let kinds = template.iter().flat_map(|template| template.resource_types().into_keys());
    let arn = |kind: &str| format!("arn:aws:cloudformation:{}::type/resource/{}", call.region, kind.replace("::", "-"));
    kinds.map(arn).collect()
}

fn arn(world: &World, call: &Call, kind: &str, name: &str) -> String {
    format!("arn:aws:cloudformation:{}:{}:{kind}/{name}", call.region, world.org.management_account)
}
