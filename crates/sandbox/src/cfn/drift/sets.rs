//! Drift detection of stack sets: one operation over all their instances.

use jiff::Timestamp;

use super::{detect, is_detectable};
use crate::cfn::begin::{self, Purpose};
use crate::cfn::engine::Task;
use crate::cfn::model::{
    Action, DriftStatus, InstanceDrift, InstanceKey, Instances, Operation, OperationStatus, ResultStatus, SetDetection,
    SetDrift, StackSet, WireName,
};
use crate::cfn::stack::Failure;
use crate::cfn::stacks::{filters, page, resource_drift};
use crate::cfn::{error, stack_sets};
use crate::wire::{Call, Reply, WireError, Xml};
use crate::world::{World, iso_time};

/// `DetectStackSetDrift`.
pub(in crate::cfn) fn detect_set(world: &mut World, call: &Call) -> Result<Reply, WireError> {
    let id = stack_sets::named(world, call)?;
    if let Some(reply) = begin::replayed(world, call, &id)? {
        return Ok(reply);
    }
    let set = begin::get(world, &id)?;
    // An instance whose stack was never made has nothing to look at.
    let made = set.instances.iter().filter(|(_, instance)| instance.stack_id.is_some());
    let tasks: Vec<Task> = made
        .map(|((account, region), instance)| Task {
            account: account.clone(),
            region: region.clone(),
            unit: instance.unit.clone(),
        })
        .collect();
    let purpose = Purpose { action: Action::DetectDrift, targets: None, overrides: None, instances: tasks.len() };
    let operation = begin::operation(world, call, &id, purpose)?;
    begin::submit(world, &id, operation, tasks)
}

/// Looks at one instance's stack, and writes down what it found in the instance and in the stack.
pub(in crate::cfn) fn detect_instance(
    world: &mut World,
    instances: &mut Instances,
    operation: &str,
    key: &InstanceKey,
    at: Timestamp,
) -> Result<Option<String>, Failure> {
    let Some(stack_id) = instances.get(key).and_then(|instance| instance.stack_id.clone()) else { return Ok(None) };
    let missing = || Failure(format!("Stack with id {stack_id} does not exist"));
    let mut stack =
        world.cfn.stack(&key.0, &stack_id).filter(|stack| stack.deleted.is_none()).cloned().ok_or_else(missing)?;
    if !is_detectable(stack.status) {
        let state = stack.status.name();
        return Err(Failure(format!("Drift detection cannot be performed on stack [{stack_id}] in {state} state")));
    }
    let found = detect(world, &stack, None, at)?;
    let mut resources = found.resources.clone();
    for resource in &mut resources {
        // Only the differences are told of a stack instance.
        resource.expected.clear();
        resource.actual.clear();
    }
    if let Some(instance) = instances.edit(key, at) {
        let drift = InstanceDrift { operation: operation.to_owned(), checked: at, status: found.status, resources };
        instance.drift = Some(Box::new(drift));
    }
    stack.drift = Some(found);
    world.cfn.stacks.entry(key.0.clone()).or_default().insert(stack_id, stack);
    Ok(None)
}

/// What an operation that ended came to for the stack set.
pub(in crate::cfn) fn summarize(operation: &Operation, instances: &Instances, at: Timestamp) -> SetDrift {
    let (mut drifted, mut in_sync, mut failed) = (0, 0, 0);
    for (key, result) in &operation.results {
        let outcome = result.outcome.as_ref().map(|outcome| outcome.status);
        let found = instances.get(key).and_then(|instance| instance.drift.as_deref());
        match (outcome, found.filter(|found| found.operation == operation.id).map(|found| found.status)) {
            (Some(ResultStatus::Succeeded), Some(DriftStatus::Drifted)) => drifted += 1,
            (Some(ResultStatus::Succeeded), Some(DriftStatus::InSync)) => in_sync += 1,
            (Some(ResultStatus::Failed | ResultStatus::Cancelled), _) => failed += 1,
            _ => {}
        }
    }
    let status = match (drifted, in_sync) {
        (0, 0) => DriftStatus::NotChecked,
        (0, _) => DriftStatus::InSync,
        _ => DriftStatus::Drifted,
    };
    let detection = match operation.status {
        OperationStatus::Stopped => SetDetection::Stopped,
        OperationStatus::Failed => SetDetection::Failed,
        _ if failed > 0 => SetDetection::PartialSuccess,
        _ => SetDetection::Completed,
    };
    SetDrift { checked: at, status, detection, total: operation.results.len(), drifted, in_sync, failed }
}

/// `StackSetDriftDetectionDetails`: the last drift detection that ended.
pub(in crate::cfn) fn details(xml: &mut Xml, set: &StackSet) {
    xml.element("StackSetDriftDetectionDetails", |xml| match &set.drift {
        None => {
            xml.text("DriftStatus", DriftStatus::NotChecked.name());
            xml.text("TotalStackInstancesCount", set.instances.len());
        }
        Some(SetDrift { checked, status, detection, total, drifted, in_sync, failed }) => {
            xml.text("DriftStatus", status.name());
            xml.text("DriftDetectionStatus", detection.name());
            xml.text("LastDriftCheckTimestamp", iso_time(*checked));
            xml.text("TotalStackInstancesCount", total);
            xml.text("DriftedStackInstancesCount", drifted);
            xml.text("InSyncStackInstancesCount", in_sync);
            xml.text("InProgressStackInstancesCount", 0);
            xml.text("FailedStackInstancesCount", failed);
        }
    });
}

/// `DriftStatus` and when it was found, of a stack set.
pub(in crate::cfn) fn set_status(xml: &mut Xml, set: &StackSet) {
    let found = set.drift.as_ref();
    xml.text("DriftStatus", found.map_or(DriftStatus::NotChecked, |found| found.status).name());
    xml.maybe("LastDriftCheckTimestamp", found.map(|found| iso_time(found.checked)));
}

/// `DriftStatus` and when it was found, of an instance.
pub(in crate::cfn) fn instance_status(xml: &mut Xml, found: Option<&InstanceDrift>) {
    xml.text("DriftStatus", found.map_or(DriftStatus::NotChecked, |found| found.status).name());
    xml.maybe("LastDriftCheckTimestamp", found.map(|found| iso_time(found.checked)));
}

/// `ListStackInstanceResourceDrifts`.
pub(in crate::cfn) fn list_resources(world: &World, call: &Call) -> Result<Reply, WireError> {
    let id = stack_sets::named(world, call)?;
    let set = begin::get(world, &id)?;
    let account = call.params.required("StackInstanceAccount")?;
    let region = call.params.required("StackInstanceRegion")?;
    let operation = call.params.required("OperationId")?;
    let wanted = filters(call, "StackInstanceResourceDriftStatuses")?;
    let instance = set.instances.get(&(account.to_owned(), region.to_owned()));
    let instance = instance.ok_or_else(|| error::instance_not_found(&set.name, account, region))?;
    let is_detection = set.operation(operation).is_some_and(|operation| operation.action == Action::DetectDrift);
    if !is_detection {
        return Err(error::operation_not_found(operation));
    }
    let found = instance.drift.as_deref().filter(|found| found.operation == operation);
    let resources = found.into_iter().flat_map(|found| &found.resources);
    let resources = resources.filter(|found| wanted.is_empty() || wanted.contains(&found.status));
    let stack_id = instance.stack_id.as_deref().unwrap_or_default();
    page(call, "Summaries", resources, |xml, found| resource_drift(xml, stack_id, found))
}
