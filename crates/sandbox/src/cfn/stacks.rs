//! Stacks of the caller's account: made and looked at directly.

use std::collections::BTreeMap;

use super::input;
use super::model::{Happening, ResourceStatus, Stack, StackStatus, TemplateId, WireName};
use super::resources::physical_id;
use super::stack::{self, OnFailure, Wanted};
use super::template::{Capability, Parameter, Template};
use super::{error, list};
use crate::wire::{Call, Reply, WireError, Xml};
use crate::world::{World, iso_time};

/// The states from which a stack can be updated.
const UPDATABLE: [StackStatus; 3] =
    [StackStatus::CreateComplete, StackStatus::UpdateComplete, StackStatus::UpdateRollbackComplete];

/// Answers the operations on single stacks.
pub(super) fn handle(world: &mut World, call: &Call) -> Result<Reply, WireError> {
    match call.operation.as_str() {
        "CreateStack" => create(world, call),
        "UpdateStack" => update(world, call),
        "DeleteStack" => delete(world, call),
        "DescribeStacks" => describe(world, call),
        "ListStacks" => list_stacks(world, call),
        "GetTemplate" => {
            let stack = named(world, call)?;
            Ok(Reply::result(|xml| {
                xml.text("TemplateBody", world.cfn.templates.text(&stack.template));
                xml.texts("StagesAvailable", ["Original", "Processed"]);
            }))
        }
        "DescribeStackResources" => resources(world, call, "StackResources"),
        "ListStackResources" => resources(world, call, "StackResourceSummaries"),
        "DescribeStackEvents" => events(world, call),
        "GetTemplateSummary" => summarize(call),
        "ValidateTemplate" => validate(call),
        _ => Err(call.not_simulated()),
    }
}

fn create(world: &mut World, call: &Call) -> Result<Reply, WireError> {
    let name = call.params.required("StackName")?;
    if find(world, call, name).is_some() {
        return Err(WireError::new(400, "AlreadyExistsException", format!("Stack [{name}] already exists")));
    }
    let template = input::template_body(call)?
        .ok_or_else(|| WireError::validation("Either Template URL or Template Body must be specified."))?;
    let capabilities = input::capabilities(call);
    let parsed = input::parse_template(&template)?;
    input::check_capabilities(&parsed, &capabilities)?;
    let tags = input::tags(call)?.unwrap_or_default();
    let parameters = input::parameters(call, "Parameters", &BTreeMap::new())?.unwrap_or_default();
    parsed.check_values(&parameters).map_err(WireError::validation)?;
    let template = world.cfn.templates.keep(&template);
    let wanted = Wanted { template: &template, parameters, tags: &tags, capabilities: &capabilities };
    let on_failure = match call.params.get("OnFailure") {
        Some("DELETE") => OnFailure::Delete,
        _ => OnFailure::Rollback,
    };
    let at = world.now;
    let account = call.caller.account.clone();
    // A stack that could not be made is told by its status, not by this call.
    let made = stack::create(world, &account, &call.region, name, &wanted, on_failure, at);
    let id = made.ok().or_else(|| find(world, call, name).map(|stack| stack.id.clone()));
    let id = id.unwrap_or_else(|| format!("arn:aws:cloudformation:{}:{account}:stack/{name}/deleted", call.region));
    Ok(Reply::result(|xml| xml.text("StackId", id)))
}

fn update(world: &mut World, call: &Call) -> Result<Reply, WireError> {
    let before = named(world, call)?.clone();
    if !UPDATABLE.contains(&before.status) {
        let message = format!("Stack:{} is in {} state and can not be updated.", before.id, before.status.name());
        return Err(WireError::validation(message));
    }
    let template = match (input::template_body(call)?, call.params.boolean("UsePreviousTemplate")?) {
        (Some(template), _) => template,
        (None, Some(true)) => world.cfn.templates.text(&before.template).to_owned(),
        (None, _) => return Err(WireError::validation("Either Template URL or Template Body must be specified.")),
    };
    let capabilities = input::capabilities(call);
    let parsed = input::parse_template(&template)?;
    input::check_capabilities(&parsed, &capabilities)?;
    let tags = input::tags(call)?.unwrap_or_else(|| before.tags.clone());
    let parameters = input::parameters(call, "Parameters", &before.parameters)?.unwrap_or_default();
    parsed.check_values(&parameters).map_err(WireError::validation)?;
    let template = world.cfn.templates.keep(&template);
    let wanted = Wanted { template: &template, parameters, tags: &tags, capabilities: &capabilities };
    let (account, at) = (call.caller.account.clone(), world.now);
    if stack::update(world, &account, &call.region, &before.id, &wanted, at) == Ok(false) {
        return Err(WireError::validation("No updates are to be performed."));
    }
    Ok(Reply::result(|xml| xml.text("StackId", before.id)))
}

fn delete(world: &mut World, call: &Call) -> Result<Reply, WireError> {
    let name = call.params.required("StackName")?;
    if let Some(id) = find(world, call, name).map(|stack| stack.id.clone()) {
        let (account, at) = (call.caller.account.clone(), world.now);
        // A stack that could not be deleted is told by its status, not by this call.
        let _ = stack::delete(world, &account, &call.region, &id, at);
    }
    Ok(Reply::Nothing)
}

fn find<'a>(world: &'a World, call: &Call, name: &str) -> Option<&'a Stack> {
    let prefix = format!("arn:aws:cloudformation:{}:", call.region);
    let stacks = world.cfn.stacks.get(&call.caller.account)?;
    stacks.get(name).or_else(|| stacks.values().find(|stack| stack.name == name && stack.id.starts_with(&prefix)))
}

fn named<'a>(world: &'a World, call: &Call) -> Result<&'a Stack, WireError> {
    let name = call.params.required("StackName")?;
    find(world, call, name).ok_or_else(|| error::no_stack(name))
}

fn all<'a>(world: &'a World, call: &Call) -> impl Iterator<Item = &'a Stack> + use<'a> {
    let prefix = format!("arn:aws:cloudformation:{}:", call.region);
    let stacks = world.cfn.stacks.get(&call.caller.account);
    stacks.into_iter().flat_map(|stacks| stacks.values()).filter(move |stack| stack.id.starts_with(&prefix))
}

fn describe(world: &World, call: &Call) -> Result<Reply, WireError> {
    let stacks: Vec<&Stack> = match call.params.get("StackName") {
        Some(_) => vec![named(world, call)?],
        None => all(world, call).collect(),
    };
    Ok(Reply::result(|xml| {
        xml.list("Stacks", stacks, |xml, stack| {
            summary(xml, stack);
            let template = Template::parse(world.cfn.templates.text(&stack.template)).ok();
            xml.maybe("Description", template.as_ref().and_then(Template::description));
            parameters(xml, world, "Parameters", &stack.template, &stack.parameters);
            xml.texts("Capabilities", &stack.capabilities);
            xml.list("Tags", &stack.tags, |xml, (key, value)| {
                xml.text("Key", key);
                xml.text("Value", value);
            });
        });
    }))
}

/// `ValidateTemplate`.
fn validate(call: &Call) -> Result<Reply, WireError> {
    let template = given_template(call)?;
    Ok(Reply::result(|xml| {
        declared_parameters(xml, &template, |_, _| {});
        described(xml, &template);
    }))
}

/// `GetTemplateSummary` of a template in the request.
fn summarize(call: &Call) -> Result<Reply, WireError> {
    let template = given_template(call)?;
    Ok(Reply::result(|xml| {
        declared_parameters(xml, &template, |xml, parameter| {
            xml.text("ParameterType", &parameter.type_name);
            xml.element("ParameterConstraints", |xml| xml.texts("AllowedValues", &parameter.allowed_values));
        });
        described(xml, &template);
        xml.texts("ResourceTypes", template.resource_types());
        xml.text("Version", "2010-09-09");
    }))
}

fn given_template(call: &Call) -> Result<Template, WireError> {
    let body = input::template_body(call)?
        .ok_or_else(|| WireError::validation("Either Template URL or Template Body must be specified."))?;
    input::parse_template(&body)
}

fn declared_parameters(xml: &mut Xml, template: &Template, more: impl Fn(&mut Xml, &Parameter)) {
    xml.list("Parameters", template.parameters(), |xml, (name, parameter)| {
        xml.text("ParameterKey", name);
        xml.maybe("DefaultValue", parameter.default.as_ref());
        xml.text("NoEcho", parameter.no_echo);
        xml.maybe("Description", parameter.description.as_ref());
        more(xml, parameter);
    });
}

fn described(xml: &mut Xml, template: &Template) {
    xml.maybe("Description", template.description());
    let capability = template.needs_capability().map(|capability| match capability {
        Capability::Iam => "CAPABILITY_IAM",
        Capability::NamedIam => "CAPABILITY_NAMED_IAM",
    });
    xml.texts("Capabilities", capability);
    if capability.is_some() {
        let types: Vec<&str> = template.resource_types().into_iter().collect();
        let reason = format!("The following resource(s) require capabilities: [{}]", types.join(", "));
        xml.text("CapabilitiesReason", reason);
    }
}

/// Parameters with their values; those with `NoEcho` as asterisks.
pub(super) fn parameters(
    xml: &mut Xml,
    world: &World,
    member: &str,
    template: &TemplateId,
    values: &BTreeMap<String, String>,
) {
    let template = Template::parse(world.cfn.templates.text(template)).ok();
    let is_hidden = |key: &str| {
        template.as_ref().and_then(|template| template.parameters().get(key)).is_some_and(|parameter| parameter.no_echo)
    };
    xml.list(member, values, |xml, (key, value)| {
        xml.text("ParameterKey", key);
        xml.text("ParameterValue", if is_hidden(key) { "****" } else { value });
    });
}

fn summary(xml: &mut Xml, stack: &Stack) {
    xml.text("StackId", &stack.id);
    xml.text("StackName", &stack.name);
    xml.text("CreationTime", iso_time(stack.created));
    xml.maybe("LastUpdatedTime", stack.updated.map(iso_time));
    xml.text("StackStatus", stack.status.name());
    xml.maybe("StackStatusReason", stack.reason.as_ref());
}

fn list_stacks(world: &World, call: &Call) -> Result<Reply, WireError> {
    let wanted = call.params.list("StackStatusFilter");
    let stacks = all(world, call);
    let stacks = stacks.filter(|stack| wanted.as_ref().is_none_or(|wanted| wanted.contains(&stack.status.name())));
    let after = list::after(call)?;
    let mut rest = stacks.skip_while(|stack| after.as_ref().is_some_and(|after| stack.id != *after));
    if after.is_some() {
        rest.next();
    }
    list::page(call, "StackSummaries", rest, |stack| stack.id.clone(), summary)
}

fn resources(world: &mut World, call: &Call, element: &str) -> Result<Reply, WireError> {
    let stack = &named(world, call)?.clone();
    let resolved = stack::resolve(world, &call.caller.account, &call.region, stack)
        .map_err(|failure| WireError::validation(failure.0))?;
    Ok(Reply::result(|xml| {
        xml.list(element, &resolved.resources, |xml, resource| {
            if element == "StackResources" {
                xml.text("StackName", &stack.name);
                xml.text("StackId", &stack.id);
                xml.text("Timestamp", iso_time(stack.updated.unwrap_or(stack.created)));
            } else {
                xml.text("LastUpdatedTimestamp", iso_time(stack.updated.unwrap_or(stack.created)));
            }
            xml.text("LogicalResourceId", &resource.logical_id);
            xml.text("PhysicalResourceId", physical_id(resource));
            xml.text("ResourceType", &resource.kind);
            let status =
                if stack.updated.is_some() { ResourceStatus::UpdateComplete } else { ResourceStatus::CreateComplete };
            xml.text("ResourceStatus", status.name());
        });
    }))
}

fn events(world: &World, call: &Call) -> Result<Reply, WireError> {
    let stack = named(world, call)?;
    Ok(Reply::result(|xml| {
        xml.list("StackEvents", stack.events.iter().enumerate().rev(), |xml, (number, event)| {
            let (logical, kind, physical, status) = match &event.what {
                Happening::Stack(status) => (&stack.name, "AWS::CloudFormation::Stack", &stack.id, status.name()),
                Happening::Resource { logical_id, kind, physical_id, status } => {
                    (logical_id, kind.as_str(), physical_id, status.name())
                }
            };
            xml.text("StackId", &stack.id);
            xml.text("EventId", format!("{logical}-{number}"));
            xml.text("StackName", &stack.name);
            xml.text("LogicalResourceId", logical);
            xml.text("PhysicalResourceId", physical);
            xml.text("ResourceType", kind);
            xml.text("Timestamp", iso_time(event.time));
            xml.text("ResourceStatus", status);
            xml.maybe("ResourceStatusReason", event.reason.as_ref());
        });
    }))
}
