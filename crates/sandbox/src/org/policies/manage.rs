//! Making, changing, reading and deleting policies.

use serde_json::{Value, json};

use super::SERVICE_CONTROL_POLICY;
use super::model::{Policy, PolicyOwner};
use crate::access::Document;
use crate::org::input::{self, CreatePolicyInput, FilterInput, PolicyInput, UpdatePolicyInput};
use crate::org::{error, list as lists, read, tags};
use crate::wire::{Call, WireError};
use crate::world::World;

/// The most characters of a service control policy (Organizations quotas).
const MAX_CONTENT: usize = 5120;

/// `CreatePolicy`.
pub(in crate::org) fn create(world: &mut World, call: &Call<Value>) -> Result<Value, WireError> {
    let CreatePolicyInput { content, description, name, kind, tags } = input::read(call)?;
    check_type(&kind)?;
    check_content(&content)?;
    check_name(world, &name, None)?;
    let tags = tags::checked(tags)?;
    let id = format!("p-{}", &world.next_hex()[..10]);
    let policy = Policy { id: id.clone(), name, description, content, owner: PolicyOwner::Organization };
    let shape = policy.shape(world);
    world.org.policies.known.insert(id.clone(), policy);
    if !tags.is_empty() {
        world.org.tags.insert(id, tags);
    }
    Ok(json!({ "Policy": shape }))
}

/// `UpdatePolicy`.
pub(in crate::org) fn update(world: &mut World, call: &Call<Value>) -> Result<Value, WireError> {
    let UpdatePolicyInput { policy_id, name, description, content } = input::read(call)?;
    let policy = own(world, &policy_id)?.clone();
    if let Some(name) = &name {
        check_name(world, name, Some(&policy_id))?;
    }
    if let Some(content) = &content {
        check_content(content)?;
    }
    let changed = Policy {
        name: name.unwrap_or(policy.name),
        description: description.unwrap_or(policy.description),
        content: content.unwrap_or(policy.content),
        ..policy
    };
    let shape = changed.shape(world);
    world.org.policies.known.insert(policy_id, changed);
    Ok(json!({ "Policy": shape }))
}

/// `DeletePolicy`.
pub(in crate::org) fn delete(world: &mut World, call: &Call<Value>) -> Result<Value, WireError> {
    let PolicyInput { policy_id } = input::read(call)?;
    own(world, &policy_id)?;
    if world.org.policies.attached.values().any(|attached| attached.contains(&policy_id)) {
        return Err(error::policy_in_use());
    }
    world.org.policies.known.remove(&policy_id);
    world.org.tags.remove(&policy_id);
    Ok(json!({}))
}

/// `DescribePolicy`.
pub(in crate::org) fn describe(world: &World, call: &Call<Value>) -> Result<Value, WireError> {
    let PolicyInput { policy_id } = input::read(call)?;
    let policy = world.org.policies.known.get(&policy_id).ok_or_else(error::policy_not_found)?;
    Ok(json!({ "Policy": policy.shape(world) }))
}

/// `ListPolicies`.
pub(in crate::org) fn list(world: &World, call: &Call<Value>) -> Result<Value, WireError> {
    let FilterInput { filter } = input::read(call)?;
    lists::page(
        world,
        call,
        "Policies",
        |position| read::after(&world.org.policies.known, position).filter(|_| filter == SERVICE_CONTROL_POLICY),
        |policy| policy.summary(world),
    )
}

/// A policy that the organization may change.
fn own<'a>(world: &'a World, id: &str) -> Result<&'a Policy, WireError> {
    let policy = world.org.policies.known.get(id).ok_or_else(error::policy_not_found)?;
    match policy.owner {
        PolicyOwner::Organization => Ok(policy),
        PolicyOwner::Aws => Err(error::invalid("IMMUTABLE_POLICY", "You cannot modify an AWS managed policy.")),
    }
}

/// Refuses a type of policies that is not simulated.
pub(super) fn check_type(kind: &str) -> Result<(), WireError> {
    if kind == SERVICE_CONTROL_POLICY { Ok(()) } else { Err(error::policy_type_not_available()) }
}

fn check_content(content: &str) -> Result<(), WireError> {
    if content.chars().count() > MAX_CONTENT {
        return Err(error::constraint("POLICY_CONTENT_LIMIT_EXCEEDED", "You have exceeded the size of a policy."));
    }
    let is_policy = Document::parse(content).is_ok_and(|document| !document.statements.is_empty());
    if is_policy { Ok(()) } else { Err(error::malformed_policy()) }
}

fn check_name(world: &World, name: &str, own: Option<&str>) -> Result<(), WireError> {
    if name.is_empty() || name.chars().count() > 128 {
        return Err(error::invalid("MAX_LENGTH_EXCEEDED", "A policy name has 1 to 128 characters."));
    }
    let taken = world.org.policies.known.values().any(|policy| policy.name == name && Some(policy.id.as_str()) != own);
    if taken { Err(error::duplicate_policy()) } else { Ok(()) }
}
