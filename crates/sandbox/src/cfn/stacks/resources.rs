//! The resources of stacks.

use super::named::{find, named, page};
use crate::cfn::error;
use crate::cfn::model::{ResourceDriftStatus, Stack, StackResource, WireName};
use crate::cfn::stack;
use crate::wire::{Call, Reply, WireError, Xml};
use crate::world::{World, iso_time};

/// What a list says of when a resource came to stand as it does.
#[derive(Debug, Clone, Copy)]
enum TimeMember {
    LastUpdatedTimestamp,
    Timestamp,
}

/// `DescribeStackResource`.
pub(super) fn describe(world: &mut World, call: &Call) -> Result<Reply, WireError> {
    let stack = named(world, call)?.clone();
    let logical_id = call.params.required("LogicalResourceId")?;
    let resource = stack.resources.get(logical_id).ok_or_else(|| error::no_resource(logical_id, &stack.name))?;
    let deployed = stack::deployed(world, &stack).unwrap_or_default();
    let metadata = deployed.iter().find(|deployed| deployed.logical_id == logical_id);
    let metadata = metadata.and_then(|deployed| deployed.metadata.as_ref());
    Ok(Reply::result(|xml| {
        xml.element("StackResourceDetail", |xml| {
            owner(xml, &stack);
            shape(xml, &stack, logical_id, resource, TimeMember::LastUpdatedTimestamp);
            xml.maybe("Metadata", metadata);
        });
    }))
}

/// `DescribeStackResources`, of a stack or of the stack that has a physical resource.
pub(super) fn describe_all(world: &World, call: &Call) -> Result<Reply, WireError> {
    let physical_id = call.params.get("PhysicalResourceId");
    let stack = match (call.params.get("StackName"), physical_id) {
        (Some(_), Some(_)) => {
            return Err(WireError::validation("StackName and PhysicalResourceId cannot be specified together."));
        }
        (Some(name), None) => find(world, call, name).ok_or_else(|| error::no_stack(name))?,
        (None, Some(physical_id)) => owner_of(world, call, physical_id)
            .ok_or_else(|| WireError::validation(format!("Stack for {physical_id} does not exist")))?,
        (None, None) => return Err(WireError::validation("Either StackName or PhysicalResourceId must be specified.")),
    };
    let logical_id = call.params.get("LogicalResourceId");
    let wanted = stack.resources.iter().filter(|(id, _)| logical_id.is_none_or(|wanted| wanted == *id));
    Ok(Reply::result(|xml| {
        xml.list("StackResources", wanted, |xml, (id, resource)| {
            owner(xml, stack);
            shape(xml, stack, id, resource, TimeMember::Timestamp);
        });
    }))
}

fn owner_of<'a>(world: &'a World, call: &Call, physical_id: &str) -> Option<&'a Stack> {
    let has = |stack: &&Stack| {
        stack.resources.values().any(|resource| resource.exists() && resource.physical_id == physical_id)
    };
    super::named::all(world, call).filter(|stack| stack.deleted.is_none()).find(has)
}

/// `ListStackResources`.
pub(super) fn list(world: &World, call: &Call) -> Result<Reply, WireError> {
    let stack = named(world, call)?;
    page(call, "StackResourceSummaries", stack.resources.iter(), |xml, (id, resource)| {
        shape(xml, stack, id, resource, TimeMember::LastUpdatedTimestamp);
    })
}

fn owner(xml: &mut Xml, stack: &Stack) {
    xml.text("StackName", &stack.name);
    xml.text("StackId", &stack.id);
}

fn shape(xml: &mut Xml, stack: &Stack, logical_id: &str, resource: &StackResource, time: TimeMember) {
    let StackResource { kind, physical_id, status, reason, updated, generation: _, attributes: _ } = resource;
    xml.text("LogicalResourceId", logical_id);
    xml.text("PhysicalResourceId", physical_id);
    xml.text("ResourceType", kind);
    let time = match time {
        TimeMember::LastUpdatedTimestamp => "LastUpdatedTimestamp",
        TimeMember::Timestamp => "Timestamp",
    };
    xml.text(time, iso_time(*updated));
    xml.text("ResourceStatus", status.name());
    xml.maybe("ResourceStatusReason", reason.as_ref());
    xml.element("DriftInformation", |xml| {
        let found = stack.drift.iter().flat_map(|drift| &drift.resources).find(|found| found.logical_id == logical_id);
        let status = found.map_or(ResourceDriftStatus::NotChecked, |found| found.status);
        xml.text("StackResourceDriftStatus", status.name());
        xml.maybe("LastCheckTimestamp", found.map(|found| iso_time(found.checked)));
    });
}
