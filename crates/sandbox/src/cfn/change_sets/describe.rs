//! How change sets stand and what they would change.

use super::{execution, named, of_stack};
use crate::cfn::error;
use crate::cfn::model::{ChangeDetail, ChangeScope, ChangeSet, ChangeSource, ResourceChange, WireName};
use crate::cfn::stacks::{self, page, parameters};
use crate::wire::{Call, Reply, WireError, Xml};
use crate::world::{World, iso_time};

/// Whether values and contexts are part of the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Values {
    Shown,
    LeftOut,
}

/// `DescribeChangeSet`.
pub(in crate::cfn) fn describe(world: &World, call: &Call) -> Result<Reply, WireError> {
    let set = named(world, call)?;
    let values = match call.params.boolean("IncludePropertyValues")? {
        Some(true) => Values::Shown,
        Some(false) | None => Values::LeftOut,
    };
    let reply = page(call, "Changes", set.changes.iter(), |xml, change| {
        xml.text("Type", "Resource");
        xml.element("ResourceChange", |xml| resource_change(xml, change, values));
    })?;
    let Reply::Result(changes) = reply else { return Ok(reply) };
    let Reply::Result(head) = Reply::result(|xml| head(xml, world, set)) else { return Ok(Reply::Nothing) };
    Ok(Reply::Result(head + &changes))
}

fn head(xml: &mut Xml, world: &World, set: &ChangeSet) {
    summary(xml, world, set);
    xml.maybe("OnStackFailure", set.on_stack_failure.map(WireName::name));
    parameters(xml, world, "Parameters", &set.definition.template, &set.definition.parameters);
    xml.texts("NotificationARNs", &set.options.notifications);
    xml.element("RollbackConfiguration", |_| {});
    xml.texts("Capabilities", &set.definition.capabilities);
    xml.list("Tags", &set.definition.tags, |xml, (key, value)| {
        xml.text("Key", key);
        xml.text("Value", value);
    });
}

fn summary(xml: &mut Xml, world: &World, set: &ChangeSet) {
    xml.text("StackId", &set.stack_id);
    xml.text("StackName", &set.stack_name);
    xml.text("ChangeSetId", &set.id);
    xml.text("ChangeSetName", &set.name);
    xml.text("ExecutionStatus", execution(world, set).name());
    xml.text("Status", set.status.name());
    xml.maybe("StatusReason", set.reason.as_ref());
    xml.text("CreationTime", iso_time(set.created));
    xml.maybe("Description", set.description.as_ref());
    xml.text("IncludeNestedStacks", false);
    xml.text("ImportExistingResources", false);
}

/// `ListChangeSets`.
pub(in crate::cfn) fn list(world: &World, call: &Call) -> Result<Reply, WireError> {
    let name = call.params.required("StackName")?;
    let stack = stacks::find(world, call, name).ok_or_else(|| error::no_stack(name))?;
    page(call, "Summaries", of_stack(world, &stack.id), |xml, set| summary(xml, world, set))
}

fn resource_change(xml: &mut Xml, change: &ResourceChange, values: Values) {
    let ResourceChange {
        action,
        policy_action,
        logical_id,
        physical_id,
        kind,
        replacement,
        scope,
        details,
        before,
        after,
    } = change;
    xml.maybe("PolicyAction", policy_action.map(WireName::name));
    xml.text("Action", action.name());
    xml.text("LogicalResourceId", logical_id);
    xml.maybe("PhysicalResourceId", physical_id.as_ref());
    xml.text("ResourceType", kind);
    xml.maybe("Replacement", replacement.map(WireName::name));
    xml.texts("Scope", scope.iter().map(|scope| scope.name()));
    xml.list("Details", details, |xml, detail| self::detail(xml, detail, values));
    if values == Values::Shown {
        xml.maybe("BeforeContext", before.as_ref());
        xml.maybe("AfterContext", after.as_ref());
    }
}

fn detail(xml: &mut Xml, detail: &ChangeDetail, values: Values) {
    let ChangeDetail { scope, name, recreation, before, after, source } = detail;
    xml.element("Target", |xml| {
        xml.text("Attribute", scope.name());
        xml.maybe("Name", name.as_ref());
        xml.text("RequiresRecreation", recreation.name());
        if values == Values::Shown {
            let path = match (scope, name) {
                (ChangeScope::Properties, Some(name)) => format!("/Properties/{name}"),
                (scope, _) => format!("/{}", scope.name()),
            };
            xml.text("Path", path);
            xml.maybe("BeforeValue", before.as_ref());
            xml.maybe("AfterValue", after.as_ref());
            let kind = match (before, after) {
                (None, _) => "Add",
                (Some(_), None) => "Remove",
                (Some(_), Some(_)) => "Modify",
            };
            xml.text("AttributeChangeType", kind);
        }
    });
    let (evaluation, source, entity) = match source {
        ChangeSource::DirectModification => ("Static", "DirectModification", None),
        ChangeSource::ParameterReference(name) => ("Static", "ParameterReference", Some(name)),
        ChangeSource::ResourceReference(name) => ("Dynamic", "ResourceReference", Some(name)),
        ChangeSource::ResourceAttribute(name) => ("Dynamic", "ResourceAttribute", Some(name)),
    };
    xml.text("Evaluation", evaluation);
    xml.text("ChangeSource", source);
    xml.maybe("CausingEntity", entity);
}
