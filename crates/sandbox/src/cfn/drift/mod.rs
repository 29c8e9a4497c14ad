//! Drift detection: whether resources are as their template declares them. It is blind to what the template does not
//! declare, as CloudFormation's is ("Detecting unmanaged configuration changes to stacks and resources").

mod compare;
#[cfg(test)]
mod set_tests;
mod sets;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::model::{DriftStatus, ResourceDrift, ResourceDriftStatus, Stack, StackDrift, StackStatus};
use super::resources::{self, Drift, Live};
use super::stack::{self, Failure};
use super::template::Resource;
use crate::cfn::switches::EmptyLists;
use crate::world::World;

pub(super) use self::sets::{
    details, detect_instance, detect_set, instance_status, list_resources, set_status, summarize,
};

/// Whether drift of a stack in this state can be detected (`DetectStackDrift`).
pub(super) fn is_detectable(status: StackStatus) -> bool {
    matches!(
        status,
        StackStatus::CreateComplete
            | StackStatus::ImportComplete
            | StackStatus::UpdateComplete
            | StackStatus::UpdateRollbackComplete
            | StackStatus::UpdateRollbackFailed
    )
}

/// Compares the resources of a stack, or those of some logical ids, with what is there.
///
/// # Errors
/// The account denies that its resources are read.
pub(super) fn detect(
    world: &mut World,
    stack: &Stack,
    only: Option<&BTreeSet<String>>,
    at: Timestamp,
) -> Result<StackDrift, Failure> {
    let mut found = Vec::new();
    for resource in stack::deployed(world, stack)? {
        if only.is_none_or(|only| only.contains(&resource.logical_id))
            && resources::drift(&resource.kind) == Drift::Supported
        {
            found.push(look(world, stack, &resource, at)?);
        }
    }
    let is_new = |old: &ResourceDrift| !found.iter().any(|new| new.logical_id == old.logical_id);
    let kept: Vec<ResourceDrift> = match (&stack.drift, only) {
        (Some(before), Some(_)) => before.resources.iter().filter(|old| is_new(old)).cloned().collect(),
        _ => Vec::new(),
    };
    found.extend(kept);
    found.sort_by(|left, right| left.logical_id.cmp(&right.logical_id));
    let is_drifted = found.iter().any(|resource| resource.status.is_drift());
    let status = if is_drifted { DriftStatus::Drifted } else { DriftStatus::InSync };
    Ok(StackDrift { checked: at, status, resources: found })
}

/// Compares one resource with what is there.
fn look(world: &World, stack: &Stack, resource: &Resource, at: Timestamp) -> Result<ResourceDrift, Failure> {
    let account = stack.account();
    let action = resources::read_action(&resource.kind);
    if world.org.denies(account, action) {
        let reason = format!("Failed to detect drift on resource [{}]: {action} is denied", resource.logical_id);
        return Err(Failure(reason));
    }
    let expected = expected(world, stack, resource);
    let (status, actual, differences) = match resources::read(world, account, resource) {
        Live::Gone => (ResourceDriftStatus::Deleted, String::new(), Vec::new()),
        Live::Here(actual) => {
            let actual: Map<String, Value> =
                actual.into_iter().filter(|(name, _)| expected.contains_key(name)).collect();
            let differences = compare::differences(&expected, &actual);
            let status =
                if differences.is_empty() { ResourceDriftStatus::InSync } else { ResourceDriftStatus::Modified };
            (status, Value::Object(actual).to_string(), differences)
        }
    };
    Ok(ResourceDrift {
        logical_id: resource.logical_id.clone(),
        physical_id: resource.physical_id.clone(),
        kind: resource.kind.clone(),
        status,
        checked: at,
        expected: Value::Object(expected).to_string(),
        actual,
        differences,
    })
}

/// The declared properties, the stack's tags among declared tags.
fn expected(world: &World, stack: &Stack, resource: &Resource) -> Map<String, Value> {
    let mut expected = resource.properties.as_object().cloned().unwrap_or_default();
    // A password cannot be read.
    expected.remove("LoginProfile");
    if world.switches.empty_lists == EmptyLists::Ignored {
        expected.retain(|_, value| value.as_array().is_none_or(|list| !list.is_empty()));
    }
    if expected.contains_key("Tags") {
        expected.insert("Tags".to_owned(), resources::all_tags(resource, &stack.definition.tags));
    }
    expected
}
