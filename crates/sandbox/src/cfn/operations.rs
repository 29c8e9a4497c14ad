//! Operations of stack sets: how far they are, and what came of each account.

use super::model::{Action, Amount, ConcurrencyMode, Detail, Operation, OperationStatus, StackSet};
use super::{error, stack_sets};
use crate::wire::{Call, Reply, WireError, Xml};
use crate::world::{World, iso_time};

/// `ListStackSetOperations`, the newest first.
pub(super) fn list(world: &World, call: &Call) -> Result<Reply, WireError> {
    let id = stack_sets::remembered(world, call)?;
    let set = world.cfn.sets.get(&id).ok_or_else(|| error::stack_set_not_found(&id))?;
    stack_sets::page(
        call,
        set.operations.iter().rev(),
        |operation| operation.id.clone(),
        |xml, operation| {
            summary(xml, operation);
        },
    )
}

fn summary(xml: &mut Xml, operation: &Operation) {
    xml.text("OperationId", &operation.id);
    xml.text("Action", operation.action.name());
    xml.text("Status", operation.status.name());
    xml.text("CreationTimestamp", iso_time(operation.created));
    xml.maybe("EndTimestamp", operation.ended.map(iso_time));
    xml.element("StatusDetails", |xml| {
        let failed = operation.results.values().filter(|result| result.status == Detail::Failed).count();
        xml.text("FailedStackInstancesCount", failed);
    });
    preferences(xml, operation);
}

fn preferences(xml: &mut Xml, operation: &Operation) {
    let given = &operation.preferences;
    xml.element("OperationPreferences", |xml| {
        match given.tolerance {
            Amount::Count(count) => xml.text("FailureToleranceCount", count),
            Amount::Percent(percent) => xml.text("FailureTolerancePercentage", percent),
        }
        match given.concurrent {
            Amount::Count(count) => xml.text("MaxConcurrentCount", count),
            Amount::Percent(percent) => xml.text("MaxConcurrentPercentage", percent),
        }
        xml.text(
            "ConcurrencyMode",
            match given.mode {
                ConcurrencyMode::StrictFailureTolerance => "STRICT_FAILURE_TOLERANCE",
                ConcurrencyMode::SoftFailureTolerance => "SOFT_FAILURE_TOLERANCE",
            },
        );
    });
}

fn named<'a>(set: &'a StackSet, call: &Call) -> Result<&'a Operation, WireError> {
    let id = call.params.required("OperationId")?;
    set.operations.iter().find(|operation| operation.id == id).ok_or_else(|| error::operation_not_found(id))
}

/// `DescribeStackSetOperation`.
pub(super) fn describe(world: &World, call: &Call) -> Result<Reply, WireError> {
    let id = stack_sets::remembered(world, call)?;
    let set = world.cfn.sets.get(&id).ok_or_else(|| error::stack_set_not_found(&id))?;
    let operation = named(set, call)?;
    Ok(Reply::result(|xml| {
        xml.element("StackSetOperation", |xml| {
            summary(xml, operation);
            xml.text("StackSetId", &set.id);
            if matches!(operation.action, Action::Delete | Action::Retain) {
                xml.text("RetainStacks", operation.action == Action::Retain);
            }
            xml.element("DeploymentTargets", |xml| xml.texts("OrganizationalUnitIds", &operation.units));
        });
    }))
}

/// `ListStackSetOperationResults`.
pub(super) fn results(world: &World, call: &Call) -> Result<Reply, WireError> {
    let id = stack_sets::remembered(world, call)?;
    let set = world.cfn.sets.get(&id).ok_or_else(|| error::stack_set_not_found(&id))?;
    let operation = named(set, call)?;
    let mut wanted = None;
    for filter in call.params.structs("Filters").unwrap_or_default() {
        if filter.required("Name")? == "OPERATION_RESULT_STATUS" {
            wanted = Some(filter.required("Values")?.to_owned());
        }
    }
    let results = operation.results.iter();
    let results = results.filter(|(_, result)| wanted.as_ref().is_none_or(|wanted| wanted == result.status.name()));
    stack_sets::page(
        call,
        results,
        |((account, region), _)| format!("{account}/{region}"),
        |xml, ((account, region), result)| {
            xml.text("Account", account);
            xml.text("Region", region);
            xml.text("Status", result.status.name());
            xml.maybe("StatusReason", result.reason.as_ref());
            xml.element("AccountGateResult", |xml| {
            xml.text("Status", "SKIPPED");
            xml.text("StatusReason", format!("Function not found: arn:aws:lambda:{region}:{account}:function:AWSCloudFormationStackSetAccountGate"));
        });
            xml.text("OrganizationalUnitId", &result.unit);
        },
    )
}

/// `StopStackSetOperation`: what has begun is finished, what has not is cancelled.
pub(super) fn stop(world: &mut World, call: &Call) -> Result<Reply, WireError> {
    let id = stack_sets::named(world, call)?;
    let set = world.cfn.sets.get_mut(&id).ok_or_else(|| error::stack_set_not_found(&id))?;
    let wanted = call.params.required("OperationId")?;
    let operation = set.operations.iter_mut().find(|operation| operation.id == wanted);
    let operation = operation.ok_or_else(|| error::operation_not_found(wanted))?;
    if !operation.status.is_open() {
        let message = format!("Operation {wanted} is in {} state and cannot be stopped", operation.status.name());
        return Err(error::invalid_operation(message));
    }
    operation.status = OperationStatus::Stopping;
    Ok(Reply::Result(String::new()))
}
