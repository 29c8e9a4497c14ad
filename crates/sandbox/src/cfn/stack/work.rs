//! A stack that is being worked on.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;

use super::failure::Failure;
use crate::cfn::model::{
    FailedUpdate, Happening, ResourceStatus, Stack, StackDefinition, StackEvent, StackResource, StackStatus, StackTask,
    Undo,
};
use crate::cfn::permission::{self, Verb};
use crate::cfn::resources::{self, Attributes, ResourceError};
use crate::cfn::template::{Context, Known, Resource, Template};
use crate::trail;
use crate::world::World;

/// A stack that is being worked on, taken out of the state until it is put back.
#[derive(Debug)]
pub(super) struct Work<'w> {
    pub(super) world: &'w mut World,
    pub(super) account: String,
    pub(super) stack: Stack,
    /// When all of it happens.
    pub(super) at: Timestamp,
    /// The token of the request.
    token: Option<String>,
    /// The reason for which a fault makes the next resource fail.
    fault: Option<String>,
}

impl<'w> Work<'w> {
    pub(super) fn on(world: &'w mut World, stack: Stack, at: Timestamp, token: Option<String>) -> Self {
        let account = stack.account().to_owned();
        if let Some(stacks) = world.cfn.stacks.get_mut(&account) {
            stacks.remove(&stack.id);
        }
        Self { world, account, stack, at, token, fault: None }
    }

    pub(super) fn put_back(self) {
        let Self { world, account, stack, at: _, token: _, fault: _ } = self;
        world.cfn.stacks.entry(account).or_default().insert(stack.id.clone(), stack);
    }

    /// Asks the sandbox's faults whether the stack is to fail in `operation`, for example `CreateStack`.
    pub(super) fn meet_faults(&mut self, operation: &str) {
        let World { faults, seed, .. } = &mut *self.world;
        self.fault = faults.strike_stack(seed, operation, &self.account, &self.stack.name);
    }

    /// Whether something may be done to a resource.
    fn permit(&mut self, resource: &Resource, verb: Verb<'_>) -> Result<(), ResourceError> {
        match self.fault.take() {
            Some(reason) => Err(ResourceError(reason)),
            None => permission::check(self.world, &self.account, &self.stack, resource, verb),
        }
    }

    /// Tells CloudTrail what became of what was touched.
    fn record(&mut self, touched: Vec<trail::Before>) {
        let role = permission::execution_role(self.world);
        let session = permission::session(&self.stack);
        let behind = if permission::is_stack_sets(&self.stack) {
            trail::Behind::StackSet { role: &role, session: &session }
        } else {
            trail::Behind::Administrator
        };
        for before in touched {
            trail::record_stack(self.world, (&self.account, &self.stack.id), behind, before, self.at);
        }
    }

    /// Says that a task was begun.
    pub(super) fn begin(&mut self, task: &StackTask) {
        let status = match task {
            StackTask::Create => StackStatus::CreateInProgress,
            StackTask::Update(_) => StackStatus::UpdateInProgress,
            StackTask::Delete { retain: _, mode: _ } => StackStatus::DeleteInProgress,
            StackTask::Rollback { skip: _ } if self.stack.failed_update.is_some() => {
                StackStatus::UpdateRollbackInProgress
            }
            StackTask::Rollback { skip: _ } => StackStatus::RollbackInProgress,
        };
        self.stands(status, Some("User Initiated".to_owned()));
    }

    /// What the stack as a whole came to.
    pub(super) fn stands(&mut self, status: StackStatus, reason: Option<String>) {
        self.stack.status = status;
        // A rollback that worked leaves the reason for which it began.
        let is_sequel = matches!(
            status,
            StackStatus::RollbackComplete
                | StackStatus::UpdateRollbackCompleteCleanupInProgress
                | StackStatus::UpdateRollbackComplete
        );
        if !is_sequel {
            self.stack.reason.clone_from(&reason);
        }
        let what = Happening::Stack(status);
        self.stack.events.push(StackEvent { time: self.at, what, reason, token: self.token.clone() });
    }

    /// What became of a resource, as an event and in the list of the stack's resources.
    pub(super) fn note(&mut self, resource: &Resource, status: ResourceStatus, reason: Option<String>) {
        let physical_id = match status {
            ResourceStatus::CreateInProgress | ResourceStatus::CreateFailed => String::new(),
            _ => resource.physical_id.clone(),
        };
        if let Some(entry) = self.stack.resources.get_mut(&resource.logical_id) {
            entry.status = status;
            entry.reason.clone_from(&reason);
            entry.updated = self.at;
        }
        let what = Happening::Resource {
            logical_id: resource.logical_id.clone(),
            kind: resource.kind.clone(),
            physical_id,
            status,
        };
        self.stack.events.push(StackEvent { time: self.at, what, reason, token: self.token.clone() });
    }

    /// Makes a resource and lists it among the stack's; gives what the stack had in its place.
    pub(super) fn make(
        &mut self,
        resource: &Resource,
        tags: &BTreeMap<String, String>,
    ) -> Result<Option<StackResource>, ResourceError> {
        let entry = StackResource {
            kind: resource.kind.clone(),
            physical_id: String::new(),
            status: ResourceStatus::CreateInProgress,
            reason: None,
            updated: self.at,
            generation: self.stack.generation,
            attributes: Attributes::new(),
        };
        let replaced = self.stack.resources.insert(resource.logical_id.clone(), entry);
        self.note(resource, ResourceStatus::CreateInProgress, None);
        let before = resources::touched(self.world, &self.account, resource);
        let made = self
            .permit(resource, Verb::Create)
            .and_then(|()| resources::create(self.world, &self.account, resource, tags, self.at));
        self.record(before);
        match made {
            Ok(attributes) => {
                if let Some(entry) = self.stack.resources.get_mut(&resource.logical_id) {
                    entry.physical_id.clone_from(&resource.physical_id);
                    entry.attributes = attributes;
                }
                self.note(resource, ResourceStatus::CreateComplete, None);
                Ok(replaced)
            }
            Err(error) => {
                self.note(resource, ResourceStatus::CreateFailed, Some(error.0.clone()));
                if let Some(replaced) = replaced {
                    self.stack.resources.insert(resource.logical_id.clone(), replaced);
                }
                Err(error)
            }
        }
    }

    /// Changes a resource in place.
    pub(super) fn change(
        &mut self,
        (before, old_tags): (&Resource, &BTreeMap<String, String>),
        (after, new_tags): (&Resource, &BTreeMap<String, String>),
    ) -> Result<(), ResourceError> {
        self.note(after, ResourceStatus::UpdateInProgress, None);
        let touched = resources::touched(self.world, &self.account, after);
        let changed = self
            .permit(after, Verb::Update(before))
            .and_then(|()| resources::update(self.world, &self.account, (before, old_tags), (after, new_tags)));
        self.record(touched);
        match changed {
            Ok(()) => {
                self.note(after, ResourceStatus::UpdateComplete, None);
                Ok(())
            }
            Err(error) => {
                self.note(after, ResourceStatus::UpdateFailed, Some(error.0.clone()));
                Err(error)
            }
        }
    }

    /// Deletes a resource.
    pub(super) fn remove(&mut self, resource: &Resource) -> Result<(), ResourceError> {
        self.note(resource, ResourceStatus::DeleteInProgress, None);
        let before = resources::touched(self.world, &self.account, resource);
        let deleted =
            self.permit(resource, Verb::Delete).and_then(|()| resources::delete(self.world, &self.account, resource));
        self.record(before);
        match deleted {
            Ok(()) => {
                self.note(resource, ResourceStatus::DeleteComplete, None);
                Ok(())
            }
            Err(error) => {
                self.note(resource, ResourceStatus::DeleteFailed, Some(error.0.clone()));
                Err(error)
            }
        }
    }

    /// The template of a definition.
    pub(super) fn template(&mut self, definition: &StackDefinition) -> Result<Arc<Template>, String> {
        self.world.cfn.templates.template(&definition.template)
    }
}

/// Where a template becomes the resources of a stack.
pub(in crate::cfn) fn context(world: &World, stack: &Stack, definition: &StackDefinition) -> Context {
    let existing = stack.resources.iter().filter(|(_, resource)| resource.exists());
    let known = existing.map(|(logical_id, resource)| {
        let StackResource { generation, attributes, .. } = resource;
        (logical_id.clone(), Known { generation: *generation, attributes: attributes.clone() })
    });
    let exports = super::exports(world, stack.account(), stack.region());
    let others = exports.into_iter().filter(|(_, export)| export.stack_id != stack.id);
    Context {
        account: stack.account().to_owned(),
        region: stack.region().to_owned(),
        partition: "aws".to_owned(),
        stack_name: stack.name.clone(),
        stack_id: stack.id.clone(),
        notifications: stack.options.notifications.clone(),
        parameters: definition.parameters.clone(),
        exports: others.map(|(name, export)| (name, export.value)).collect(),
        known: known.collect(),
        generation: stack.generation,
    }
}

/// The resources that a stack has in its account, as they were declared when they were made or last updated, each after
/// those that it needs.
pub(in crate::cfn) fn deployed(world: &mut World, stack: &Stack) -> Result<Vec<Resource>, Failure> {
    let definition = stack.failed_update.as_ref().map_or(&stack.definition, |failed| &failed.previous);
    let template = world.cfn.templates.template(&definition.template)?;
    let mut resources = template.resolve(&context(world, stack, definition))?.resources;
    if let Some(failed) = &stack.failed_update {
        let FailedUpdate { previous: _, tags: _, undo } = &**failed;
        // The last thing that was done is undone first: it says what is there now.
        for step in undo.iter().rev() {
            let now = match step {
                Undo::Restore { from, to: _ } => from,
                Undo::Delete { resource, replaced: _ } => resource,
            };
            match resources.iter_mut().find(|resource| resource.logical_id == now.logical_id) {
                Some(resource) => resource.clone_from(now),
                None => resources.push(now.clone()),
            }
        }
    }
    let exists = |resource: &Resource| stack.resources.get(&resource.logical_id).is_some_and(StackResource::exists);
    resources.retain(exists);
    Ok(resources)
}
