//! Which policies are in effect where.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::manage::check_type;
use super::model::PolicyTypeState;
use super::{FULL_ACCESS, SERVICE_CONTROL_POLICY};
use crate::org::input::{self, AttachInput, PolicyInput, PolicyTypeInput, TargetInput};
use crate::org::{error, list as lists, shapes};
use crate::wire::{Call, WireError};
use crate::world::World;

/// The most service control policies of a root, unit or account (Organizations quotas).
const MOST: usize = 5;

/// `EnablePolicyType`.
pub(in crate::org) fn enable_type(world: &mut World, call: &Call<Value>) -> Result<Value, WireError> {
    switch(world, call, PolicyTypeState::Disabled, PolicyTypeState::Enabled, error::policy_type_already_enabled)
}

/// `DisablePolicyType`: detaches every policy.
pub(in crate::org) fn disable_type(world: &mut World, call: &Call<Value>) -> Result<Value, WireError> {
    switch(world, call, PolicyTypeState::Enabled, PolicyTypeState::Disabled, error::policy_type_not_enabled)
}

fn switch(
    world: &mut World,
    call: &Call<Value>,
    from: PolicyTypeState,
    to: PolicyTypeState,
    otherwise: fn() -> WireError,
) -> Result<Value, WireError> {
    let PolicyTypeInput { root_id, policy_type } = input::read(call)?;
    if root_id != world.org.root {
        return Err(error::root_not_found());
    }
    check_type(&policy_type)?;
    if world.org.policies.state != from {
        return Err(otherwise());
    }
    world.org.policies.state = to;
    world.org.policies.attached.clear();
    Ok(json!({ "Root": shapes::root(world) }))
}

/// `AttachPolicy`.
pub(in crate::org) fn attach(world: &mut World, call: &Call<Value>) -> Result<Value, WireError> {
    let (policy, target, mut attached) = read_attachment(world, call)?;
    if !attached.insert(policy) {
        return Err(error::duplicate_attachment());
    }
    if attached.len() > MOST {
        return Err(error::constraint(
            "MAX_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED",
            "You have exceeded the number of policies that can be attached to an entity.",
        ));
    }
    world.org.policies.attached.insert(target, attached);
    Ok(json!({}))
}

/// `DetachPolicy`: the last one stays.
pub(in crate::org) fn detach(world: &mut World, call: &Call<Value>) -> Result<Value, WireError> {
    let (policy, target, mut attached) = read_attachment(world, call)?;
    if !attached.remove(&policy) {
        return Err(error::policy_not_attached());
    }
    if attached.is_empty() {
        return Err(error::constraint(
            "MIN_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED",
            "You cannot detach the last policy from an entity.",
        ));
    }
    world.org.policies.attached.insert(target, attached);
    Ok(json!({}))
}

/// The policy and the target of a call, and what is attached to the target now.
fn read_attachment(world: &World, call: &Call<Value>) -> Result<(String, String, BTreeSet<String>), WireError> {
    let AttachInput { policy_id, target_id } = input::read(call)?;
    let policies = &world.org.policies;
    if !policies.known.contains_key(&policy_id) {
        return Err(error::policy_not_found());
    }
    if world.org.path(&target_id).is_empty() {
        return Err(error::target_not_found());
    }
    if policies.state == PolicyTypeState::Disabled {
        return Err(error::policy_type_not_enabled());
    }
    let attached = policies.of(&target_id);
    Ok((policy_id, target_id, attached))
}

/// `ListPoliciesForTarget`.
pub(in crate::org) fn for_target(world: &World, call: &Call<Value>) -> Result<Value, WireError> {
    let TargetInput { target_id, filter } = input::read(call)?;
    if world.org.path(&target_id).is_empty() {
        return Err(error::target_not_found());
    }
    let attached = match filter.as_str() {
        SERVICE_CONTROL_POLICY => world.org.policies.of(&target_id),
        _ => BTreeSet::new(),
    };
    let known = &world.org.policies.known;
    lists::page(
        world,
        call,
        "Policies",
        |position| {
            let after = move |id: &&String| position.as_ref().is_none_or(|position| *id > position);
            attached
                .iter()
                .filter(after)
                .filter_map(|id| known.get_key_value(id))
                .map(|(id, policy)| (id.as_str(), policy))
        },
        |policy| policy.summary(world),
    )
}

/// `ListTargetsForPolicy`.
pub(in crate::org) fn targets(world: &World, call: &Call<Value>) -> Result<Value, WireError> {
    let PolicyInput { policy_id } = input::read(call)?;
    let org = &world.org;
    if !org.policies.known.contains_key(&policy_id) {
        return Err(error::policy_not_found());
    }
    let everything = org.accounts.keys().chain(org.units.keys()).chain([&org.root]);
    let has = |target: &&String| match (org.policies.state, org.policies.attached.get(*target)) {
        (PolicyTypeState::Disabled, _) => false,
        (PolicyTypeState::Enabled, Some(attached)) => attached.contains(&policy_id),
        (PolicyTypeState::Enabled, None) => policy_id == FULL_ACCESS,
    };
    let found: BTreeSet<&str> = everything.filter(has).map(String::as_str).collect();
    lists::page(
        world,
        call,
        "Targets",
        |position| {
            let after = move |id: &&str| position.as_deref().is_none_or(|position| *id > position);
            found.iter().copied().filter(after).map(|id| (id, id))
        },
        |id| target(world, id),
    )
}

/// `PolicyTargetSummary`.
fn target(world: &World, id: &str) -> Value {
    let org = &world.org;
    let (kind, arn, name) = match (org.accounts.get(id), org.units.get(id)) {
        (Some(account), _) => ("ACCOUNT", org.arn("account", id), account.name.as_str()),
        (None, Some(unit)) => ("ORGANIZATIONAL_UNIT", org.arn("ou", id), unit.name.as_str()),
        (None, None) => ("ROOT", org.arn("root", id), "Root"),
    };
    json!({ "TargetId": id, "Arn": arn, "Name": name, "Type": kind })
}
