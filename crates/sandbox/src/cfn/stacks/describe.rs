//! How stacks stand, what happened to them, and what they export.

use super::drift::information;
use super::named::{all, find, named, page};
use super::templates::parameters;
use crate::cfn::model::{Happening, OnFailure, Stack, StackEvent, StackOptions, TerminationProtection, WireName};
use crate::cfn::stack;
use crate::wire::{Call, Reply, WireError, Xml};
use crate::world::{World, iso_time};

/// `DescribeStacks`.
pub(super) fn describe(world: &mut World, call: &Call) -> Result<Reply, WireError> {
    let stacks: Vec<Stack> = match call.params.get("StackName") {
        Some(_) => vec![named(world, call)?.clone()],
        None => all(world, call).filter(|stack| stack.deleted.is_none()).cloned().collect(),
    };
    page(call, "Stacks", stacks.iter(), |xml, stack| {
        summary(xml, stack);
        let template = world.cfn.templates.template(&stack.definition.template).ok();
        xml.maybe("Description", template.as_ref().and_then(|template| template.description()));
        parameters(xml, world, "Parameters", &stack.definition.template, &stack.definition.parameters);
        xml.texts("Capabilities", &stack.definition.capabilities);
        options(xml, stack);
        xml.list("Outputs", &stack.outputs, |xml, (key, output)| {
            xml.text("OutputKey", key);
            xml.text("OutputValue", &output.value);
            xml.maybe("Description", output.description.as_ref());
            xml.maybe("ExportName", output.export.as_ref());
        });
        xml.list("Tags", &stack.definition.tags, |xml, (key, value)| {
            xml.text("Key", key);
            xml.text("Value", value);
        });
    })
}

fn options(xml: &mut Xml, stack: &Stack) {
    let StackOptions {
        on_failure,
        retain_except_on_create,
        protection,
        notifications,
        role,
        timeout,
        change_set,
        deletion_mode,
    } = &stack.options;
    xml.maybe("ChangeSetId", change_set.as_ref());
    xml.element("RollbackConfiguration", |_| {});
    xml.text("DisableRollback", *on_failure == OnFailure::DoNothing);
    xml.texts("NotificationARNs", notifications);
    xml.maybe("TimeoutInMinutes", *timeout);
    xml.maybe("RoleARN", role.as_ref());
    xml.text("EnableTerminationProtection", *protection == TerminationProtection::On);
    xml.maybe("RetainExceptOnCreate", *retain_except_on_create);
    xml.maybe("DeletionMode", deletion_mode.map(WireName::name));
}

fn summary(xml: &mut Xml, stack: &Stack) {
    xml.text("StackId", &stack.id);
    xml.text("StackName", &stack.name);
    xml.text("CreationTime", iso_time(stack.created));
    xml.maybe("LastUpdatedTime", stack.updated.map(iso_time));
    xml.maybe("DeletionTime", stack.deleted.map(iso_time));
    xml.text("StackStatus", stack.status.name());
    xml.maybe("StackStatusReason", stack.reason.as_ref());
    information(xml, stack);
}

/// `ListStacks`: deleted ones too, the newest first.
pub(super) fn list(world: &mut World, call: &Call) -> Result<Reply, WireError> {
    let wanted = call.params.list("StackStatusFilter");
    let is_wanted = |stack: &&Stack| wanted.as_ref().is_none_or(|wanted| wanted.contains(&stack.status.name()));
    let mut stacks: Vec<Stack> = all(world, call).filter(is_wanted).cloned().collect();
    stacks.sort_by(|left, right| right.created.cmp(&left.created).then_with(|| left.id.cmp(&right.id)));
    page(call, "StackSummaries", stacks.iter(), |xml, stack| {
        summary(xml, stack);
        let template = world.cfn.templates.template(&stack.definition.template).ok();
        xml.maybe("TemplateDescription", template.as_ref().and_then(|template| template.description()));
    })
}

/// `DescribeStackEvents`, the newest first.
pub(super) fn events(world: &World, call: &Call) -> Result<Reply, WireError> {
    let name = call.params.required("StackName")?;
    let missing = || WireError::validation(format!("Stack [{name}] does not exist"));
    let stack = find(world, call, name).ok_or_else(missing)?;
    page(call, "StackEvents", stack.events.iter().enumerate().rev(), |xml, (number, event)| {
        let StackEvent { time, what, reason, token } = event;
        let (logical, kind, physical, status) = match what {
            Happening::Stack(status) => (&stack.name, "AWS::CloudFormation::Stack", &stack.id, status.name()),
            Happening::Resource { logical_id, kind, physical_id, status } => {
                (logical_id, kind.as_str(), physical_id, status.name())
            }
        };
        xml.text("StackId", &stack.id);
        xml.text("EventId", format!("{logical}-{status}-{number}"));
        xml.text("StackName", &stack.name);
        xml.text("LogicalResourceId", logical);
        xml.text("PhysicalResourceId", physical);
        xml.text("ResourceType", kind);
        xml.text("Timestamp", iso_time(*time));
        xml.text("ResourceStatus", status);
        xml.maybe("ResourceStatusReason", reason.as_ref());
        xml.maybe("ClientRequestToken", token.as_ref());
    })
}

/// `ListExports`.
pub(super) fn exports(world: &World, call: &Call) -> Result<Reply, WireError> {
    let exports = stack::exports(world, &call.caller.account, &call.region);
    page(call, "Exports", exports.iter(), |xml, (name, export)| {
        let stack::Export { stack_id, value } = export;
        xml.text("ExportingStackId", stack_id);
        xml.text("Name", name);
        xml.text("Value", value);
    })
}

/// `ListImports`.
pub(super) fn imports(world: &World, call: &Call) -> Result<Reply, WireError> {
    let name = call.params.required("ExportName")?;
    let users = stack::importers(world, &call.caller.account, &call.region, name);
    if users.is_empty() {
        return Err(WireError::validation(format!("Export '{name}' is not imported by any stack.")));
    }
    let from: usize = call.page("NextToken")?.and_then(|position| position.parse().ok()).unwrap_or(0);
    Ok(Reply::result(|xml| xml.texts("Imports", users.iter().skip(from))))
}
