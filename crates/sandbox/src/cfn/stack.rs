//! Stacks in accounts: made, updated and deleted as a whole, or rolled back.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::model::{Happening, ResourceStatus, Stack, StackEvent, StackStatus, TemplateId};
use super::permission::{self, Verb};
use super::resources::{self, ResourceError};
use super::template::{Context, DeletionPolicy, Resolved, Resource, Template};
use crate::iam::NewRole;
use crate::world::World;

/// Why a stack could not be made, updated or deleted, in the words of an instance's status reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Failure(pub(super) String);

/// What a stack should be.
#[derive(Debug)]
pub(super) struct Wanted<'a> {
    pub(super) template: &'a TemplateId,
    pub(super) parameters: BTreeMap<String, String>,
    pub(super) tags: &'a BTreeMap<String, String>,
    pub(super) capabilities: &'a [String],
}

/// What becomes of a stack that could not be made (CloudFormation `OnFailure`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OnFailure {
    /// It goes; StackSets uses this.
    Delete,
    /// It stays, rolled back.
    Rollback,
}

impl From<String> for Failure {
    fn from(reason: String) -> Self {
        Self(reason)
    }
}

fn failure(resource: &Resource, error: &ResourceError) -> Failure {
    Failure(format!(
        "ResourceLogicalId:{}, ResourceType:{}, ResourceStatusReason:{}.",
        resource.logical_id, resource.kind, error.0
    ))
}

/// Makes a stack; gives its ARN.
pub(super) fn create(
    world: &mut World,
    account: &str,
    region: &str,
    name: &str,
    wanted: &Wanted<'_>,
    on_failure: OnFailure,
    at: Timestamp,
) -> Result<String, Failure> {
    let id = format!("arn:aws:cloudformation:{region}:{account}:stack/{name}/{}", world.next_uuid());
    let mut stack = Stack {
        name: name.to_owned(),
        id: id.clone(),
        status: StackStatus::CreateComplete,
        reason: None,
        template: wanted.template.clone(),
        parameters: wanted.parameters.clone(),
        capabilities: wanted.capabilities.to_vec(),
        tags: wanted.tags.clone(),
        created: at,
        updated: None,
        events: Vec::new(),
    };
    let resolved = resolve(world, account, region, &stack)?;
    let mut made: Vec<&Resource> = Vec::new();
    for resource in &resolved.resources {
        let made_now = permission::check(world, account, &stack, resource, Verb::Create)
            .and_then(|()| resources::create(world, account, resource, wanted.tags, at));
        match made_now {
            Ok(()) => {
                event(&mut stack, at, resource, ResourceStatus::CreateComplete, None);
                made.push(resource);
            }
            Err(error) => {
                event(&mut stack, at, resource, ResourceStatus::CreateFailed, Some(error.0.clone()));
                for resource in made.into_iter().rev().filter(|made| made.deletion_policy == DeletionPolicy::Delete) {
                    // Best effort, as AWS's: what cannot be deleted stays behind.
                    let _ = resources::delete(world, account, resource);
                    event(&mut stack, at, resource, ResourceStatus::DeleteComplete, None);
                }
                if on_failure == OnFailure::Rollback {
                    finish(&mut stack, at, StackStatus::RollbackComplete);
                    keep(world, account, stack);
                }
                return Err(failure(resource, &error));
            }
        }
    }
    finish(&mut stack, at, StackStatus::CreateComplete);
    keep(world, account, stack);
    Ok(id)
}

/// Updates a stack; says whether there was anything to do.
pub(super) fn update(
    world: &mut World,
    account: &str,
    region: &str,
    id: &str,
    wanted: &Wanted<'_>,
    at: Timestamp,
) -> Result<bool, Failure> {
    let Some(before) = world.cfn.stack(account, id).cloned() else {
        return Err(Failure(format!("Stack with id {id} does not exist")));
    };
    let mut after = before.clone();
    after.template.clone_from(wanted.template);
    after.parameters.clone_from(&wanted.parameters);
    after.tags.clone_from(wanted.tags);
    let (old, new) = (resolve(world, account, region, &before)?, resolve(world, account, region, &after)?);
    if old.resources == new.resources && before.tags == after.tags {
        let mut kept = after;
        kept.status = before.status;
        keep(world, account, kept);
        return Ok(false);
    }
    let saved = world.iam.get(account).cloned();
    match change(world, account, (&old, &before.tags), (&new, wanted.tags), &mut after, at) {
        Ok(()) => {
            finish(&mut after, at, StackStatus::UpdateComplete);
            after.updated = Some(at);
            keep(world, account, after);
            Ok(true)
        }
        Err(failure) => {
            if let (Some(mut saved), Some(iam)) = (saved, world.iam.get_mut(account)) {
                // Unique ids are not used twice.
                saved.serial = iam.serial;
                *iam = saved;
            }
            let mut rolled_back = before;
            rolled_back.reason = Some(failure.0.clone());
            rolled_back.events = after.events;
            finish(&mut rolled_back, at, StackStatus::UpdateRollbackComplete);
            keep(world, account, rolled_back);
            Err(failure)
        }
    }
}

type Side<'a> = (&'a Resolved, &'a BTreeMap<String, String>);

/// Brings resources from one template to another, until one of them fails.
fn change(
    world: &mut World,
    account: &str,
    (old, old_tags): Side<'_>,
    (new, new_tags): Side<'_>,
    stack: &mut Stack,
    at: Timestamp,
) -> Result<(), Failure> {
    let find = |side: &Resolved, id: &str| side.resources.iter().find(|resource| resource.logical_id == id).cloned();
    let mut replaced = Vec::new();
    for resource in &new.resources {
        let before = find(old, &resource.logical_id);
        let may = |world: &World, verb| permission::check(world, account, stack, resource, verb);
        let outcome = match &before {
            None => may(world, Verb::Create).and_then(|()| resources::create(world, account, resource, new_tags, at)),
            Some(before) if before == resource && old_tags == new_tags => continue,
            Some(before) if resources::must_replace(before, resource) => may(world, Verb::Create)
                .and_then(|()| resources::create(world, account, resource, new_tags, at))
                .map(|()| replaced.push(before.clone())),
            Some(before) => may(world, Verb::Update(before))
                .and_then(|()| resources::update(world, account, (before, old_tags), (resource, new_tags))),
        };
        match outcome {
            Ok(()) => {
                let status =
                    if before.is_some() { ResourceStatus::UpdateComplete } else { ResourceStatus::CreateComplete };
                event(stack, at, resource, status, None);
            }
            Err(error) => {
                event(stack, at, resource, ResourceStatus::UpdateFailed, Some(error.0.clone()));
                return Err(failure(resource, &error));
            }
        }
    }
    let gone = old.resources.iter().rev().filter(|resource| find(new, &resource.logical_id).is_none());
    let gone = gone.filter(|resource| resource.deletion_policy == DeletionPolicy::Delete);
    let replaced = replaced.iter().filter(|resource| resource.replace_policy == DeletionPolicy::Delete);
    for resource in replaced.chain(gone) {
        // The clean-up phase of an update does not fail it.
        let status = match resources::delete(world, account, resource) {
            Ok(()) => (ResourceStatus::DeleteComplete, None),
            Err(error) => (ResourceStatus::DeleteFailed, Some(error.0)),
        };
        event(stack, at, resource, status.0, status.1);
    }
    Ok(())
}

/// Deletes a stack and what it made; one that is not there is deleted already.
pub(super) fn delete(world: &mut World, account: &str, region: &str, id: &str, at: Timestamp) -> Result<(), Failure> {
    let Some(mut stack) = world.cfn.stack(account, id).cloned() else { return Ok(()) };
    let resolved = resolve(world, account, region, &stack)?;
    for resource in resolved.resources.iter().rev() {
        if resource.deletion_policy != DeletionPolicy::Delete {
            event(&mut stack, at, resource, ResourceStatus::DeleteSkipped, None);
            continue;
        }
        let deleted = permission::check(world, account, &stack, resource, Verb::Delete)
            .and_then(|()| resources::delete(world, account, resource));
        if let Err(error) = deleted {
            event(&mut stack, at, resource, ResourceStatus::DeleteFailed, Some(error.0.clone()));
            finish(&mut stack, at, StackStatus::DeleteFailed);
            let failure = failure(resource, &error);
            stack.reason = Some(failure.0.clone());
            keep(world, account, stack);
            return Err(failure);
        }
        event(&mut stack, at, resource, ResourceStatus::DeleteComplete, None);
    }
    if let Some(stacks) = world.cfn.stacks.get_mut(account) {
        stacks.remove(&stack.id);
    }
    Ok(())
}

/// Refuses what service-managed stack sets cannot deploy (StackSets concepts, "service-managed permissions").
pub(super) fn check_service_managed(template: &Template) -> Result<(), Failure> {
    let what = match (template.has_transform(), template.has_nested_stack()) {
        (true, _) => "transforms",
        (_, true) => "nested stacks",
        (false, false) => return Ok(()),
    };
    Err(Failure(format!("Stack sets with service-managed permissions do not support templates with {what}")))
}

/// The resources of a stack as its template makes them.
pub(super) fn resolve(world: &mut World, account: &str, region: &str, stack: &Stack) -> Result<Resolved, Failure> {
    let template = world.cfn.templates.template(&stack.template)?;
    let context = Context {
        account: account.to_owned(),
        region: region.to_owned(),
        partition: "aws".to_owned(),
        stack_name: stack.name.clone(),
        stack_id: stack.id.clone(),
        parameters: stack.parameters.clone(),
    };
    Ok(template.resolve(&context)?)
}

fn keep(world: &mut World, account: &str, stack: Stack) {
    world.cfn.stacks.entry(account.to_owned()).or_default().insert(stack.id.clone(), stack);
}

/// What the stack as a whole came to; the last word on every change.
fn finish(stack: &mut Stack, time: Timestamp, status: StackStatus) {
    stack.status = status;
    stack.events.push(StackEvent { time, what: Happening::Stack(status), reason: stack.reason.clone() });
}

fn event(stack: &mut Stack, time: Timestamp, resource: &Resource, status: ResourceStatus, reason: Option<String>) {
    let what = Happening::Resource {
        logical_id: resource.logical_id.clone(),
        kind: resource.kind.clone(),
        physical_id: resources::physical_id(resource),
        status,
    };
    stack.events.push(StackEvent { time, what, reason });
}

/// The roles that AWS makes in a member on its first deployment (StackSets, "Enable trusted access").
pub(super) fn ensure_stack_set_roles(world: &mut World, account: &str, at: Timestamp) {
    const LINKED: &str = "AWSServiceRoleForCloudFormationStackSetsOrgMember";
    let trust = |service: &str| {
        format!(
            r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"Service":"{service}"}},"Action":"sts:AssumeRole"}}]}}"#
        )
    };
    let execution = permission::execution_role(world);
    let roles = [
        (
            LINKED,
            "/aws-service-role/member.org.stacksets.cloudformation.amazonaws.com/",
            "member.org.stacksets.cloudformation.amazonaws.com",
        ),
        (execution.as_str(), "/", "stacksets.cloudformation.amazonaws.com"),
    ];
    for (name, path, service) in roles {
        let Ok(trust) = world.trust(&trust(service)) else { continue };
        let Some(iam) = world.iam.get_mut(account).filter(|iam| iam.role(name).is_err()) else { continue };
        let new = NewRole {
            name: name.to_owned(),
            path: path.to_owned(),
            trust,
            description: None,
            max_session: 3600,
            boundary: None,
            tags: Vec::new(),
        };
        // An account that is full of roles cannot have them; then its stacks fail for the same reason.
        if iam.create_role(new, at).is_ok() && name == execution {
            let _ = iam.attach_role_policy(name, "arn:aws:iam::aws:policy/AdministratorAccess");
        }
    }
}
