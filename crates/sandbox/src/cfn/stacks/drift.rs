//! Drift detection of single stacks.

use std::collections::BTreeSet;

use jiff::SignedDuration;

use super::named::{named, page};
use crate::cfn::drift;
use crate::cfn::error;
use crate::cfn::model::{
    Detection, DetectionStatus, DriftStatus, PropertyDifference, ResourceDrift, ResourceDriftStatus, Stack, WireName,
};
use crate::cfn::resources::{self, Drift};
use crate::cfn::stack::Failure;
use crate::wire::{Call, Reply, WireError, Xml};
use crate::world::{World, iso_time};

/// `DetectStackDrift`. What it finds is told by `DescribeStackDriftDetectionStatus`.
pub(super) fn detect(world: &mut World, call: &Call) -> Result<Reply, WireError> {
    let mut stack = detectable(world, call)?;
    let only = call.params.list("LogicalResourceIds").filter(|only| !only.is_empty());
    let only: Option<BTreeSet<String>> = only.map(|only| only.into_iter().map(str::to_owned).collect());
    if let Some(missing) = only.iter().flatten().find(|id| !stack.resources.contains_key(*id)) {
        return Err(error::no_resource(missing, &stack.name));
    }
    let at = world.now;
    let id = world.next_uuid();
    let (status, reason, found) = match drift::detect(world, &stack, only.as_ref(), at) {
        Ok(found) => (DetectionStatus::Complete, None, Some(found)),
        Err(Failure(reason)) => (DetectionStatus::Failed, Some(reason), None),
    };
    let detection = Detection {
        stack_id: stack.id.clone(),
        begun: at,
        done: at + SignedDuration::from_secs(i64::from(world.switches.stack_seconds)),
        status,
        reason,
        drift: found.as_ref().map(|found| (found.status, found.drifted())),
    };
    if found.is_some() {
        stack.drift = found;
        keep(world, stack);
    }
    world.cfn.detections.insert(id.clone(), detection);
    Ok(Reply::result(|xml| xml.text("StackDriftDetectionId", id)))
}

/// `DescribeStackDriftDetectionStatus`.
pub(super) fn status(world: &World, call: &Call) -> Result<Reply, WireError> {
    let id = call.params.required("StackDriftDetectionId")?;
    let own = |detection: &&Detection| detection.stack_id.split(':').nth(4) == Some(&call.caller.account);
    let missing = || WireError::validation(format!("StackDriftDetectionId {id} does not exist"));
    let detection = world.cfn.detections.get(id).filter(own).ok_or_else(missing)?;
    let Detection { stack_id, begun, done, status, reason, drift } = detection;
    Ok(Reply::result(|xml| {
        xml.text("StackId", stack_id);
        xml.text("StackDriftDetectionId", id);
        xml.text("Timestamp", iso_time(*begun));
        if *done > world.now {
            xml.text("DetectionStatus", DetectionStatus::InProgress.name());
            return;
        }
        xml.text("DetectionStatus", status.name());
        xml.maybe("DetectionStatusReason", reason.as_ref());
        xml.maybe("StackDriftStatus", drift.map(|(status, _)| status.name()));
        xml.maybe("DriftedStackResourceCount", drift.map(|(_, drifted)| drifted));
    }))
}

/// `DescribeStackResourceDrifts`: what was found last.
pub(super) fn describe(world: &World, call: &Call) -> Result<Reply, WireError> {
    let stack = named(world, call)?;
    let wanted = filters(call, "StackResourceDriftStatusFilters")?;
    let found = stack.drift.iter().flat_map(|drift| &drift.resources);
    let found = found.filter(|found| wanted.is_empty() || wanted.contains(&found.status));
    page(call, "StackResourceDrifts", found, |xml, found| whole(xml, &stack.id, found))
}

/// `DetectStackResourceDrift`: one resource, at once.
pub(super) fn detect_one(world: &mut World, call: &Call) -> Result<Reply, WireError> {
    let mut stack = detectable(world, call)?;
    let logical_id = call.params.required("LogicalResourceId")?;
    let resource = stack.resources.get(logical_id).ok_or_else(|| error::no_resource(logical_id, &stack.name))?;
    if resources::drift(&resource.kind) == Drift::NotSupported {
        let message = format!("Drift detection is not supported for resource type {}", resource.kind);
        return Err(WireError::validation(message));
    }
    let at = world.now;
    let only = BTreeSet::from([logical_id.to_owned()]);
    let found = drift::detect(world, &stack, Some(&only), at).map_err(|failure| WireError::validation(failure.0))?;
    let one = found.resources.iter().find(|found| found.logical_id == logical_id).cloned();
    let one = one.ok_or_else(|| error::no_resource(logical_id, &stack.name))?;
    let id = stack.id.clone();
    stack.drift = Some(found);
    keep(world, stack);
    Ok(Reply::result(|xml| xml.element("StackResourceDrift", |xml| whole(xml, &id, &one))))
}

fn detectable(world: &World, call: &Call) -> Result<Stack, WireError> {
    let stack = named(world, call)?;
    if stack.deleted.is_none() && drift::is_detectable(stack.status) {
        return Ok(stack.clone());
    }
    let message =
        format!("Drift detection cannot be performed on stack [{}] in {} state", stack.id, stack.status.name());
    Err(WireError::validation(message))
}

fn keep(world: &mut World, stack: Stack) {
    world.cfn.stacks.entry(stack.account().to_owned()).or_default().insert(stack.id.clone(), stack);
}

/// A list of drift statuses; empty means all.
pub(in crate::cfn) fn filters(call: &Call, member: &str) -> Result<Vec<ResourceDriftStatus>, WireError> {
    let names = call.params.list(member).unwrap_or_default();
    names
        .into_iter()
        .map(|name| {
            let all = ResourceDriftStatus::NAMES.iter().map(|(_, name)| *name).collect::<Vec<_>>().join(", ");
            let must = format!("satisfy enum value set: [{all}]");
            ResourceDriftStatus::parse(name).ok_or_else(|| WireError::constraint(Some(name), member, &must))
        })
        .collect()
}

fn whole(xml: &mut Xml, stack_id: &str, found: &ResourceDrift) {
    shape(xml, stack_id, found);
    if !found.expected.is_empty() {
        xml.text("ExpectedProperties", &found.expected);
    }
    if !found.actual.is_empty() {
        xml.text("ActualProperties", &found.actual);
    }
}

/// What a drift of a stack's resource and one of a stack instance's have in common.
pub(in crate::cfn) fn shape(xml: &mut Xml, stack_id: &str, found: &ResourceDrift) {
    xml.text("StackId", stack_id);
    xml.text("LogicalResourceId", &found.logical_id);
    xml.text("PhysicalResourceId", &found.physical_id);
    xml.text("ResourceType", &found.kind);
    xml.text("StackResourceDriftStatus", found.status.name());
    xml.text("Timestamp", iso_time(found.checked));
    xml.list("PropertyDifferences", &found.differences, |xml, found| {
        let PropertyDifference { path, expected, actual, difference } = found;
        xml.text("PropertyPath", path);
        xml.text("ExpectedValue", expected);
        xml.text("ActualValue", actual);
        xml.text("DifferenceType", difference.name());
    });
}

/// Whether a stack was looked at, as lists of stacks say it.
pub(super) fn information(xml: &mut Xml, stack: &Stack) {
    xml.element("DriftInformation", |xml| {
        let status = stack.drift.as_ref().map_or(DriftStatus::NotChecked, |drift| drift.status);
        xml.text("StackDriftStatus", status.name());
        xml.maybe("LastCheckTimestamp", stack.drift.as_ref().map(|drift| iso_time(drift.checked)));
    });
}
