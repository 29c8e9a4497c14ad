//! A failed update is undone.

use std::collections::BTreeSet;

use super::failure::failed_resources;
use super::work::Work;
use crate::cfn::model::{FailedUpdate, ResourceStatus, StackStatus, Undo};
use crate::cfn::template::{DeletionPolicy, Resource};

/// Undoes a failed update; resources to skip are left as they are.
pub(super) fn perform(work: &mut Work<'_>, skip: &BTreeSet<String>) {
    let Some(failed) = work.stack.failed_update.take() else { return };
    let FailedUpdate { previous, tags, undo } = *failed;
    let mut left = Vec::new();
    let mut made = Vec::new();
    for step in undo {
        match step {
            Undo::Restore { from, to } if skip.contains(&from.logical_id) => {
                work.note(&to, ResourceStatus::UpdateComplete, None);
            }
            Undo::Restore { from, to } => {
                if work.change((&from, &tags), (&to, &previous.tags)).is_err() {
                    left.push(Undo::Restore { from, to });
                }
            }
            Undo::Delete { resource, replaced } => made.push((resource, replaced)),
        }
    }
    if !left.is_empty() {
        let names = left.iter().filter_map(|step| match step {
            Undo::Restore { from, to: _ } => Some(from.logical_id.as_str()),
            Undo::Delete { resource: _, replaced: _ } => None,
        });
        let reason = failed_resources("update", names);
        left.extend(made.into_iter().map(|(resource, replaced)| Undo::Delete { resource, replaced }));
        work.stack.failed_update = Some(Box::new(FailedUpdate { previous, tags, undo: left }));
        work.stands(StackStatus::UpdateRollbackFailed, Some(reason));
        return;
    }
    work.stack.definition = previous;
    work.stands(StackStatus::UpdateRollbackCompleteCleanupInProgress, None);
    for (resource, replaced) in made {
        let all_go = work.stack.options.retain_except_on_create == Some(true);
        if resource.deletion_policy == DeletionPolicy::Retain && !all_go {
            work.note(&resource, ResourceStatus::DeleteSkipped, None);
        } else {
            // One that cannot be deleted is not the stack's any more either.
            drop(work.remove(&resource));
        }
        work.stack.resources.remove(&resource.logical_id);
        if let Some(replaced) = replaced {
            work.stack.resources.insert(resource.logical_id, *replaced);
        }
    }
    work.stack.resources.retain(|_, resource| resource.status != ResourceStatus::CreateFailed);
    work.stands(StackStatus::UpdateRollbackComplete, None);
}

/// Deletes a resource in whose place the stack has another by now.
pub(super) fn remove_old(work: &mut Work<'_>, resource: &Resource) {
    let present = work.stack.resources.remove(&resource.logical_id);
    drop(work.remove(resource));
    if let Some(present) = present {
        work.stack.resources.insert(resource.logical_id.clone(), present);
    }
}
