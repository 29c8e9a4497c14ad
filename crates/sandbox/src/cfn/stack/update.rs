//! A stack's resources are brought to another definition, or back.

use std::collections::BTreeMap;

use super::exports;
use super::failure::{Failure, Stopped};
use super::rollback;
use super::work::{Work, context, deployed};
use crate::cfn::model::{FailedUpdate, OnFailure, ResourceStatus, Stack, StackDefinition, StackStatus, Undo};
use crate::cfn::resources::{self, ResourceError};
use crate::cfn::template::{DeletionPolicy, OutputValue, Resource};
use crate::world::World;

/// Whether a stack would become another by a definition. Texts that make no difference to a resource or output do not
/// count; nor do parameters that nothing uses.
pub(in crate::cfn) fn is_changed(world: &mut World, stack: &Stack, to: &StackDefinition) -> Result<bool, Failure> {
    let old = deployed(world, stack)?;
    let template = world.cfn.templates.template(&to.template)?;
    let new = template.resolve(&context(world, stack, to))?;
    let StackDefinition { template: _, parameters: _, capabilities: _, tags } = to;
    Ok(stack.failed_update.is_some()
        || *tags != stack.definition.tags
        || new.outputs != stack.outputs
        || !same(&old, &new.resources))
}

fn same(old: &[Resource], new: &[Resource]) -> bool {
    old.len() == new.len() && new.iter().all(|resource| old.iter().any(|old| old == resource))
}

/// Updates a stack for which [`is_changed`] holds.
pub(super) fn perform(work: &mut Work<'_>, to: StackDefinition) -> Result<(), Failure> {
    work.meet_faults("UpdateStack");
    let old = deployed(work.world, &work.stack)?;
    let earlier = work.stack.failed_update.take();
    let old_tags = earlier.as_ref().map_or(&work.stack.definition.tags, |earlier| &earlier.tags).clone();
    work.stack.generation += 1;
    let mut change = Change { old, old_tags, undo: Vec::new(), gone: Vec::new() };
    match bring(work, &to, &mut change) {
        Ok(outputs) => {
            work.stack.definition = to;
            work.stack.outputs = outputs;
            work.stack.updated = Some(work.at);
            clean_up(work, change);
            work.stands(StackStatus::UpdateComplete, None);
            Ok(())
        }
        Err(stopped) => {
            let mut undo: Vec<Undo> = change.undo.into_iter().rev().collect();
            let previous = match earlier {
                None => work.stack.definition.clone(),
                Some(earlier) => {
                    undo.extend(earlier.undo);
                    earlier.previous
                }
            };
            let tags = to.tags.clone();
            work.stack.failed_update = Some(Box::new(FailedUpdate { previous, tags, undo }));
            work.stack.definition = to;
            let reason = stopped.stack_reason("update");
            if work.stack.options.on_failure == OnFailure::DoNothing {
                work.stands(StackStatus::UpdateFailed, Some(reason));
            } else {
                work.stands(StackStatus::UpdateRollbackInProgress, Some(reason));
                rollback::perform(work, &std::collections::BTreeSet::new());
            }
            Err(stopped.failure())
        }
    }
}

/// An update under way.
struct Change {
    /// What the stack has.
    old: Vec<Resource>,
    old_tags: BTreeMap<String, String>,
    /// How what was done is undone, the first thing first.
    undo: Vec<Undo>,
    /// What is replaced.
    gone: Vec<Resource>,
}

/// Brings resources to a definition, until one of them fails; gives the new outputs.
fn bring(
    work: &mut Work<'_>,
    to: &StackDefinition,
    change: &mut Change,
) -> Result<BTreeMap<String, OutputValue>, Stopped> {
    let template = work.template(to).map_err(Stopped::Whole)?;
    let context = context(work.world, &work.stack, to);
    let mut evaluation = template.evaluate(&context).map_err(Stopped::Whole)?;
    for logical_id in evaluation.order() {
        let mut resource = evaluation.resource(logical_id).map_err(Stopped::Whole)?;
        let before = change.old.iter().find(|old| old.logical_id == logical_id).cloned();
        let step = match &before {
            None => Step::Make,
            Some(before) if before.kind != resource.kind => {
                let reason = format!(
                    "Update of resource type is not permitted. The new template modifies resource type of the following \
                     resources: [{logical_id}]"
                );
                return Err(Stopped::Whole(reason));
            }
            Some(before) if resources::must_replace(before, &resource) => {
                resource = evaluation.replacement(logical_id).map_err(Stopped::Whole)?;
                Step::Replace(before)
            }
            Some(before) => {
                let retagged = change.old_tags != to.tags && resources::is_taggable(&resource.kind);
                if before == &resource && !retagged {
                    continue;
                }
                Step::Change(before)
            }
        };
        take(work, &resource, step, to, change).map_err(|error| Stopped::at(&resource, &error))?;
        if let Some(made) = work.stack.resources.get(logical_id) {
            evaluation.learn(logical_id, &made.attributes);
        }
    }
    let outputs = evaluation.outputs().map_err(Stopped::Whole)?;
    exports::check(work.world, &work.stack, &outputs).map_err(Stopped::Whole)?;
    work.stack.imports = evaluation.imported();
    Ok(outputs)
}

/// What an update does about one resource.
#[derive(Clone, Copy)]
enum Step<'a> {
    Make,
    Replace(&'a Resource),
    Change(&'a Resource),
}

fn take(
    work: &mut Work<'_>,
    resource: &Resource,
    step: Step<'_>,
    to: &StackDefinition,
    change: &mut Change,
) -> Result<(), ResourceError> {
    match step {
        Step::Make => {
            work.make(resource, &to.tags)?;
            change.undo.push(Undo::Delete { resource: resource.clone(), replaced: None });
        }
        Step::Replace(before) => {
            if resources::custom_name(before).is_some()
                && resources::custom_name(before) == resources::custom_name(resource)
            {
                let reason = format!(
                    "CloudFormation cannot update a stack when a custom-named resource requires replacing. Rename {} and \
                     update the stack again.",
                    before.physical_id
                );
                work.note(resource, ResourceStatus::UpdateFailed, Some(reason.clone()));
                return Err(ResourceError(reason));
            }
            let replaced = work.make(resource, &to.tags)?.map(Box::new);
            change.undo.push(Undo::Delete { resource: resource.clone(), replaced });
            change.gone.push(before.clone());
        }
        Step::Change(before) => {
            // What failed half way is undone as well.
            change.undo.push(Undo::Restore { from: resource.clone(), to: before.clone() });
            work.change((before, &change.old_tags), (resource, &to.tags))?;
        }
    }
    Ok(())
}

/// Deletes what was replaced and what the new definition does not have. Nothing here fails an update.
fn clean_up(work: &mut Work<'_>, change: Change) {
    work.stands(StackStatus::UpdateCompleteCleanupInProgress, None);
    let Change { old, old_tags: _, undo: _, gone: replaced } = change;
    let kept = |resource: &Resource| resource.deletion_policy == DeletionPolicy::Delete;
    for resource in replaced.into_iter().rev() {
        if resource.replace_policy == DeletionPolicy::Delete {
            rollback::remove_old(work, &resource);
        }
    }
    let declared = declared(work);
    for resource in old.into_iter().rev().filter(|resource| !declared.contains(&resource.logical_id)) {
        if kept(&resource) {
            // One that cannot be deleted is not the stack's any more either.
            drop(work.remove(&resource));
        } else {
            work.note(&resource, ResourceStatus::DeleteSkipped, None);
        }
        work.stack.resources.remove(&resource.logical_id);
    }
}

/// The logical ids of the resources that the stack's definition has now.
fn declared(work: &mut Work<'_>) -> Vec<String> {
    let definition = work.stack.definition.clone();
    let Ok(template) = work.template(&definition) else { return Vec::new() };
    let context = context(work.world, &work.stack, &definition);
    let Ok(evaluation) = template.evaluate(&context) else { return Vec::new() };
    evaluation.order().into_iter().map(str::to_owned).collect()
}
