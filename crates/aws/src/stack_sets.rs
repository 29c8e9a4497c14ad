//! Reading our stack sets.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_cloudformation::types as sdk;
use aws_smithy_types::date_time::Format;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use rolecall_core::ids::{AccountId, InvalidId, OperationId, Region, StackSetName, TagKey, TagValue};
use rolecall_core::observed::{
    InstanceStatus, LiveStackSet, ManagedExecution, PermissionModel, Reading, RunningOperation, StackInstance,
    TrustedAccess,
};
use rolecall_core::spec::{AutoDeployment, CallAs};

use crate::classify::failed;
use crate::connect::Connection;
use crate::error::{CallError, CallErrorKind};
use crate::roles::mentions_external_id;

/// What was read of the stack sets, by name.
pub(crate) type StackSets = BTreeMap<StackSetName, Reading<LiveStackSet>>;

/// A failure that only concerns what was read; one that stops everything stays an error.
pub(crate) fn reading<T>(result: Result<T, CallError>) -> Result<Reading<T>, CallError> {
    match result {
        Ok(value) => Ok(Reading::Known(value)),
        Err(error) if error.stops_everything() => Err(error),
        Err(error) => Ok(Reading::Unreadable(error.into())),
    }
}

/// In whose part StackSets are called.
pub(crate) fn call_as(connection: &Connection) -> sdk::CallAs {
    match connection.access.call_as {
        CallAs::Management => sdk::CallAs::SelfValue,
        CallAs::DelegatedAdmin => sdk::CallAs::DelegatedAdmin,
    }
}

/// Whether StackSets may act in the organization. The service principal among those that Organizations lists does not
/// tell: CloudFormation keeps its own switch.
pub(crate) async fn trusted_access(connection: &Connection) -> Result<TrustedAccess, CallError> {
    const CALL: &str = "cloudformation:DescribeOrganizationsAccess";
    let _permit = connection.turn(CALL).await;
    let request = connection.cloudformation.describe_organizations_access().call_as(call_as(connection));
    let answer = request.send().await.map_err(failed(&connection.site, CALL))?;
    match answer.status().map(sdk::OrganizationStatus::as_str) {
        Some("ENABLED") => Ok(TrustedAccess::Enabled),
        Some("DISABLED") => Ok(TrustedAccess::Disabled),
        Some("DISABLED_PERMANENTLY") => Ok(TrustedAccess::DisabledPermanently),
        other => Err(bad_answer(connection, CALL, format!("organizations access `{}`", other.unwrap_or_default()))),
    }
}

/// Reads the stack sets whose name is one of ours, and those of these names. One that cannot be read is `Unreadable`.
pub(crate) async fn read_stack_sets(
    connection: &Connection,
    adopted: &BTreeSet<StackSetName>,
) -> Result<StackSets, CallError> {
    let is_adopted = |summary: &sdk::StackSetSummary| {
        summary.stack_set_name().is_some_and(|name| adopted.iter().any(|adopted| adopted.as_str() == name))
    };
    let names = list_names(connection, |summary| is_ours(summary) || is_adopted(summary)).await?;
    read_all(connection, names, async |name| read_stack_set(connection, name).await.map(Some)).await
}

/// Reads the stack sets whose name is one of ours, and the service-managed ones whose template speaks of an external ID.
pub(crate) async fn read_vendor_stack_sets(connection: &Connection) -> Result<StackSets, CallError> {
    let is_managed = |summary: &sdk::StackSetSummary| {
        is_ours(summary) || summary.permission_model() == Some(&sdk::PermissionModels::ServiceManaged)
    };
    let names = list_names(connection, is_managed).await?;
    read_all(connection, names, async |name| {
        if !name.as_str().starts_with(StackSetName::PREFIX) {
            let described = describe(connection, name).await?;
            if !mentions_external_id(&described.template) {
                return Ok(None);
            }
        }
        read_stack_set(connection, name).await.map(Some)
    })
    .await
}

/// Reads stack sets by name, several at a time; what `read` gives nothing for is left out.
async fn read_all(
    connection: &Connection,
    names: BTreeSet<StackSetName>,
    read: impl AsyncFn(&StackSetName) -> Result<Option<LiveStackSet>, CallError>,
) -> Result<StackSets, CallError> {
    let read = &read;
    stream::iter(names)
        .map(|name| async move {
            let live = match reading(read(&name).await)? {
                Reading::Known(None) => None,
                Reading::Known(Some(set)) => Some(Reading::Known(set)),
                Reading::Unreadable(failure) => Some(Reading::Unreadable(failure)),
            };
            Ok::<_, CallError>(live.map(|live| (name, live)))
        })
        .buffer_unordered(connection.parallelism.get())
        .try_filter_map(async |read| Ok(read))
        .try_collect()
        .await
}

fn is_ours(summary: &sdk::StackSetSummary) -> bool {
    summary.stack_set_name().is_some_and(|name| name.starts_with(StackSetName::PREFIX))
}

/// The names of all stack sets that are there.
pub(crate) async fn list_stack_sets(connection: &Connection) -> Result<BTreeSet<StackSetName>, CallError> {
    list_names(connection, |_| true).await
}

/// The names of the stack sets that are there and are wanted.
async fn list_names(
    connection: &Connection,
    is_wanted: impl Fn(&sdk::StackSetSummary) -> bool,
) -> Result<BTreeSet<StackSetName>, CallError> {
    const CALL: &str = "cloudformation:ListStackSets";
    let mut names = BTreeSet::new();
    let request = connection.cloudformation.list_stack_sets();
    let request = request.status(sdk::StackSetStatus::Active).call_as(call_as(connection));
    let mut pages = request.into_paginator().page_size(100).send();
    loop {
        let _permit = connection.turn(CALL).await;
        let Some(page) = pages.next().await else { return Ok(names) };
        let page = page.map_err(failed(&connection.site, CALL))?;
        let wanted = page.summaries().iter().filter(|summary| is_wanted(summary));
        let wanted = wanted.filter_map(sdk::StackSetSummary::stack_set_name);
        names.extend(wanted.filter_map(|name| name.parse::<StackSetName>().ok()));
    }
}

/// Reads one stack set: its definition, its instances and its last operations.
pub(crate) async fn read_stack_set(connection: &Connection, name: &StackSetName) -> Result<LiveStackSet, CallError> {
    let (described, instances, operations) = tokio::try_join!(
        describe(connection, name),
        list_instances(connection, name),
        list_operations(connection, name)
    )?;
    let mut live = described;
    live.running = operations.iter().find_map(|operation| operation.running.clone());
    for ListedInstance { account, region, instance, at_work } in instances {
        live.running = live.running.or_else(|| at_work.and_then(|operation| not_listed(operation, &operations)));
        if region == connection.access.region {
            live.instances.insert(account, instance);
        } else {
            live.elsewhere.insert((account, region));
        }
    }
    let last = |action: &sdk::StackSetOperationAction| {
        operations
            .iter()
            .find(|operation| operation.action.as_ref() == Some(action))
            .map(|operation| operation.id.clone())
    };
    live.last_update = last(&sdk::StackSetOperationAction::Update);
    live.last_create = last(&sdk::StackSetOperationAction::Create);
    live.last_operation = operations.into_iter().next().map(|operation| operation.id);
    Ok(live)
}

/// A stack set as `DescribeStackSet` shows it: without instances and operations.
pub(crate) async fn describe(connection: &Connection, name: &StackSetName) -> Result<LiveStackSet, CallError> {
    const CALL: &str = "cloudformation:DescribeStackSet";
    let _permit = connection.turn(CALL).await;
    let request = connection.cloudformation.describe_stack_set().stack_set_name(name.as_str());
    let answer = request.call_as(call_as(connection)).send().await.map_err(failed(&connection.site, CALL))?;
    let Some(set) = answer.stack_set() else {
        return Err(bad_answer(connection, CALL, "no stack set".to_owned()));
    };
    definition(set).map_err(|error| bad_answer(connection, CALL, error.to_string()))
}

fn definition(set: &sdk::StackSet) -> Result<LiveStackSet, InvalidId> {
    Ok(LiveStackSet {
        id: set.stack_set_id().unwrap_or_default().to_owned(),
        tags: tags(set.tags())?,
        template: set.template_body().unwrap_or_default().to_owned(),
        description: set.description().unwrap_or_default().to_owned(),
        capabilities: set.capabilities().iter().map(|capability| capability.as_str().to_owned()).collect(),
        permission_model: match set.permission_model() {
            Some(sdk::PermissionModels::ServiceManaged) => PermissionModel::ServiceManaged,
            _ => PermissionModel::SelfManaged,
        },
        auto_deployment: auto_deployment(set.auto_deployment()),
        managed_execution: match set.managed_execution().and_then(sdk::ManagedExecution::active) {
            Some(true) => ManagedExecution::Active,
            Some(false) | None => ManagedExecution::Inactive,
        },
        units: set.organizational_unit_ids().iter().map(|id| id.parse()).collect::<Result<_, _>>()?,
        instances: BTreeMap::new(),
        elsewhere: BTreeSet::new(),
        running: None,
        last_operation: None,
        last_update: None,
        last_create: None,
    })
}

fn tags(tags: &[sdk::Tag]) -> Result<BTreeMap<TagKey, TagValue>, InvalidId> {
    tags.iter()
        .map(|tag| Ok((tag.key().unwrap_or_default().parse()?, tag.value().unwrap_or_default().parse()?)))
        .collect()
}

fn auto_deployment(auto: Option<&sdk::AutoDeployment>) -> AutoDeployment {
    let is_set = |value: Option<bool>| value == Some(true);
    match auto {
        Some(auto) if is_set(auto.enabled()) && is_set(auto.retain_stacks_on_account_removal()) => {
            AutoDeployment::OnRetaining
        }
        Some(auto) if is_set(auto.enabled()) => AutoDeployment::On,
        Some(_) | None => AutoDeployment::Off,
    }
}

/// An instance as it is listed.
struct ListedInstance {
    account: AccountId,
    region: Region,
    instance: StackInstance,
    /// The operation that works on it, or is going to.
    at_work: Option<OperationId>,
}

/// An operation that instances tell of and the list of operations does not: the list lags behind, so this one is new.
fn not_listed(id: OperationId, listed: &[ListedOperation]) -> Option<RunningOperation> {
    let is_listed = listed.iter().any(|operation| operation.id == id);
    (!is_listed).then_some(RunningOperation { id, action: None, started: None })
}

async fn list_instances(connection: &Connection, name: &StackSetName) -> Result<Vec<ListedInstance>, CallError> {
    const CALL: &str = "cloudformation:ListStackInstances";
    let request = connection.cloudformation.list_stack_instances().stack_set_name(name.as_str());
    let mut pages = request.call_as(call_as(connection)).into_paginator().page_size(100).send();
    let mut instances = Vec::new();
    loop {
        let _permit = connection.turn(CALL).await;
        let Some(page) = pages.next().await else { return Ok(instances) };
        let page = page.map_err(failed(&connection.site, CALL))?;
        for summary in page.summaries() {
            let read = instance(summary).map_err(|error| bad_answer(connection, CALL, error.to_string()))?;
            instances.push(read);
        }
    }
}

fn instance(summary: &sdk::StackInstanceSummary) -> Result<ListedInstance, InvalidId> {
    use sdk::StackInstanceDetailedStatus::{Pending, Running};

    let detail = summary.stack_instance_status().and_then(|status| status.detailed_status());
    let at_work = detail.filter(|detail| matches!(detail, Pending | Running)).and(summary.last_operation_id());
    let instance = StackInstance {
        unit: summary.organizational_unit_id().map(str::parse).transpose()?,
        status: match summary.status() {
            Some(sdk::StackInstanceStatus::Current) => InstanceStatus::Current,
            Some(sdk::StackInstanceStatus::Inoperable) => InstanceStatus::Inoperable,
            // A status that is not known yet is not one that is settled.
            _ => InstanceStatus::Outdated,
        },
        detail: detail.map(|detail| detail.as_str().to_owned()),
        reason: summary.status_reason().filter(|reason| !reason.is_empty()).map(str::to_owned),
        stack: summary.stack_id().filter(|id| !id.is_empty()).map(str::parse).transpose()?,
    };
    Ok(ListedInstance {
        account: summary.account().unwrap_or_default().parse()?,
        region: summary.region().unwrap_or_default().parse()?,
        instance,
        at_work: at_work.map(str::parse).transpose()?,
    })
}

/// An operation as it is listed.
pub(crate) struct ListedOperation {
    pub(crate) id: OperationId,
    pub(crate) action: Option<sdk::StackSetOperationAction>,
    pub(crate) running: Option<RunningOperation>,
}

/// The last operations of a stack set, the newest first. One page is enough: what runs is new.
pub(crate) async fn list_operations(
    connection: &Connection,
    name: &StackSetName,
) -> Result<Vec<ListedOperation>, CallError> {
    const CALL: &str = "cloudformation:ListStackSetOperations";
    let _permit = connection.turn(CALL).await;
    let request = connection.cloudformation.list_stack_set_operations().stack_set_name(name.as_str());
    let request = request.call_as(call_as(connection)).max_results(20);
    let answer = request.send().await.map_err(failed(&connection.site, CALL))?;
    let mut summaries: Vec<&sdk::StackSetOperationSummary> = answer.summaries().iter().collect();
    // AWS lists the newest first and does not say so. The sort keeps its order where times are equal or missing.
    summaries.sort_by_key(|summary| {
        std::cmp::Reverse(summary.creation_timestamp().map(|time| (time.secs(), time.subsec_nanos())))
    });
    let operations = summaries.into_iter().map(|summary| {
        let id: OperationId = summary.operation_id().unwrap_or_default().parse()?;
        let is_running = matches!(
            summary.status(),
            Some(
                sdk::StackSetOperationStatus::Running
                    | sdk::StackSetOperationStatus::Queued
                    | sdk::StackSetOperationStatus::Stopping
            )
        );
        let running = is_running.then(|| RunningOperation {
            id: id.clone(),
            action: summary.action().map(|action| action.as_str().to_owned()),
            started: summary.creation_timestamp().and_then(|time| time.fmt(Format::DateTime).ok()),
        });
        Ok(ListedOperation { id, action: summary.action().cloned(), running })
    });
    operations.collect::<Result<_, InvalidId>>().map_err(|error| bad_answer(connection, CALL, error.to_string()))
}

pub(crate) fn bad_answer(connection: &Connection, call: &'static str, what: String) -> CallError {
    CallError::of_answer(&connection.site, call, CallErrorKind::BadAnswer, "unexpected answer", what)
}
