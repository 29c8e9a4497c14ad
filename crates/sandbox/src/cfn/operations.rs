//! Operations of stack sets: how far they are, and what came of each account.

use std::ops::Bound;

use super::model::{
    Action, Amount, Operation, OperationStatus, Preferences, ResultStatus, StackSet, WireName, earlier,
};
use super::{begin, engine, error, input, instance_reads, list, stack_sets};
use crate::wire::{Call, Reply, WireError, Xml};
use crate::world::{World, iso_time};

/// `ListStackSetOperations`, the newest first. It lags behind.
pub(super) fn list(world: &World, call: &Call) -> Result<Reply, WireError> {
    let id = stack_sets::remembered(world, call)?;
    let then = earlier(world.now, world.switches.results_lag_seconds);
    let after = list::after(call)?;
    let known = begin::get(world, &id)?.operations.iter().rev().filter(|operation| operation.created <= then);
    let mut rest = known.skip_while(|operation| after.as_ref().is_some_and(|after| operation.id != *after));
    if after.is_some() {
        rest.next();
    }
    list::page(
        call,
        "Summaries",
        rest,
        |operation| operation.id.clone(),
        |xml, operation| summary(xml, operation, operation.status_at(then)),
    )
}

fn summary(xml: &mut Xml, operation: &Operation, status: OperationStatus) {
    xml.text("OperationId", &operation.id);
    xml.text("Action", operation.action.name());
    xml.text("Status", status.name());
    xml.text("CreationTimestamp", iso_time(operation.created));
    xml.maybe("EndTimestamp", operation.ended.filter(|_| !status.is_open()).map(iso_time));
    xml.element("StatusDetails", |xml| xml.text("FailedStackInstancesCount", operation.failed()));
    preferences(xml, &operation.preferences);
}

fn preferences(xml: &mut Xml, given: &Preferences) {
    let Preferences { concurrent, tolerance, mode, regions, region_order } = given;
    xml.element("OperationPreferences", |xml| {
        xml.text("RegionConcurrencyType", regions.name());
        xml.texts("RegionOrder", region_order);
        match tolerance {
            Amount::Count(count) => xml.text("FailureToleranceCount", count),
            Amount::Percent(percent) => xml.text("FailureTolerancePercentage", percent),
        }
        match concurrent {
            Amount::Count(count) => xml.text("MaxConcurrentCount", count),
            Amount::Percent(percent) => xml.text("MaxConcurrentPercentage", percent),
        }
        xml.text("ConcurrencyMode", mode.name());
    });
}

fn named<'a>(set: &'a StackSet, call: &Call) -> Result<&'a Operation, WireError> {
    let id = call.params.required("OperationId")?;
    set.operation(id).ok_or_else(|| error::operation_not_found(id))
}

/// `DescribeStackSetOperation`, as it is now.
pub(super) fn describe(world: &World, call: &Call) -> Result<Reply, WireError> {
    let id = stack_sets::remembered(world, call)?;
    let set = begin::get(world, &id)?;
    let operation = named(set, call)?;
    Ok(Reply::result(|xml| {
        xml.element("StackSetOperation", |xml| {
            summary(xml, operation, operation.status);
            xml.text("StackSetId", &set.id);
            if matches!(operation.action, Action::Delete | Action::Retain) {
                xml.text("RetainStacks", operation.action == Action::Retain);
            }
            if let Some(targets) = &operation.targets {
                xml.element("DeploymentTargets", |xml| {
                    if let Some(accounts) = targets.filter.accounts() {
                        xml.texts("Accounts", accounts);
                    }
                    xml.texts("OrganizationalUnitIds", &targets.units);
                    xml.text("AccountFilterType", targets.filter.kind().name());
                });
            }
        });
    }))
}

/// `ListStackSetOperationResults`. It lags behind.
pub(super) fn results(world: &World, call: &Call) -> Result<Reply, WireError> {
    let id = stack_sets::remembered(world, call)?;
    let operation = named(begin::get(world, &id)?, call)?;
    let wanted = wanted_result(call)?;
    let then = earlier(world.now, world.switches.results_lag_seconds);
    let rest = operation.results.range((instance_reads::start(list::after(call)?.as_deref()), Bound::Unbounded));
    let known = rest.filter(|_| operation.created <= then);
    let known = known.map(|(key, result)| (key, result, result.at(then)));
    let results = known.filter(|(_, _, (status, _))| wanted.is_none_or(|wanted| wanted == *status));
    list::page(
        call,
        "Summaries",
        results,
        |((account, region), _, _)| format!("{account}/{region}"),
        |xml, ((account, region), result, (status, reason))| {
            xml.text("Account", account);
            xml.text("Region", region);
            xml.text("Status", status.name());
            xml.maybe("StatusReason", reason);
            if result.outcome.is_some() {
                account_gate(xml, account, region);
            }
            xml.text("OrganizationalUnitId", &result.unit);
        },
    )
}

/// No account has a gate function here.
fn account_gate(xml: &mut Xml, account: &str, region: &str) {
    xml.element("AccountGateResult", |xml| {
        xml.text("Status", "SKIPPED");
        let function = format!("arn:aws:lambda:{region}:{account}:function:AWSCloudFormationStackSetAccountGate");
        xml.text("StatusReason", format!("Function not found: {function}"));
    });
}

fn wanted_result(call: &Call) -> Result<Option<ResultStatus>, WireError> {
    let filters = call.params.structs("Filters").unwrap_or_default();
    let filter = match filters.as_slice() {
        [] => return Ok(None),
        [filter] => filter,
        _ => return Err(WireError::constraint(Some("<list>"), "filters", "have length less than or equal to 1")),
    };
    let name = filter.required("Name")?;
    if name != "OPERATION_RESULT_STATUS" {
        let must = "satisfy enum value set: [OPERATION_RESULT_STATUS]";
        return Err(WireError::constraint(Some(name), "filters.1.member.name", must));
    }
    filter.required("Values")?;
    input::one_of(filter, "Values")
}

/// `StopStackSetOperation`: what has begun is finished, what has not is cancelled.
pub(super) fn stop(world: &mut World, call: &Call) -> Result<Reply, WireError> {
    let id = stack_sets::named(world, call)?;
    let operation = call.params.required("OperationId")?;
    let mut set = world.cfn.sets.remove(&id).ok_or_else(|| error::stack_set_not_found(&id))?;
    let stopped = engine::stop(world, &mut set, operation);
    world.cfn.sets.insert(id, set);
    stopped.map(|()| Reply::Result(String::new()))
}
