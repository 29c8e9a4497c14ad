//! A stack's resources are deleted.

use std::collections::BTreeSet;

use jiff::SignedDuration;

use super::failure::{Failure, Stopped, failed_resources};
use super::work::{Work, deployed};
use crate::cfn::model::{DeletionMode, ResourceStatus, StackStatus};
use crate::cfn::resources::ResourceError;
use crate::cfn::template::{DeletionPolicy, Resource};

/// How long a deleted stack can be looked at (`DeleteStack`).
const REMEMBERED: SignedDuration = SignedDuration::from_hours(90 * 24);

/// Deletes the resources of a stack, and the stack when nothing is left that should have gone.
pub(super) fn perform(work: &mut Work<'_>, retain: &BTreeSet<String>, mode: DeletionMode) -> Result<(), Failure> {
    work.meet_faults("DeleteStack");
    work.stack.options.deletion_mode = (mode == DeletionMode::ForceDeleteStack).then_some(mode);
    if let Some((export, user)) = used_export(work) {
        let reason = format!("Delete canceled. Cannot delete export {export} as it is in use by {user}.");
        work.stands(StackStatus::DeleteFailed, Some(reason.clone()));
        return Err(Failure(reason));
    }
    let resources = match deployed(work.world, &work.stack) {
        Ok(resources) => resources,
        Err(Failure(reason)) => {
            work.stands(StackStatus::DeleteFailed, Some(reason.clone()));
            return Err(Failure(reason));
        }
    };
    let stays = |resource: &Resource| {
        resource.deletion_policy != DeletionPolicy::Delete || retain.contains(&resource.logical_id)
    };
    let mut failed = remove_all(work, resources, stays, mode);
    let ids: Vec<String> = failed.iter().map(|(resource, _)| resource.logical_id.clone()).collect();
    work.end_deletion(&ids);
    match failed.pop() {
        None => Ok(()),
        Some((resource, error)) => Err(Stopped::at(&resource, &error).failure()),
    }
}

fn used_export(work: &Work<'_>) -> Option<(String, String)> {
    let exports = work.stack.outputs.values().filter_map(|output| output.export.as_ref());
    exports.into_iter().find_map(|export| {
        let user = super::importers(work.world, &work.account, work.stack.region(), export).into_iter().next()?;
        Some((export.clone(), user))
    })
}

/// Deletes resources, what needs others first; gives those that could not be deleted and why.
///
/// What a resource that failed needs is left alone. With `FORCE_DELETE_STACK` what fails stays behind and is not given.
pub(super) fn remove_all(
    work: &mut Work<'_>,
    resources: Vec<Resource>,
    stays: impl Fn(&Resource) -> bool,
    mode: DeletionMode,
) -> Vec<(Resource, ResourceError)> {
    let template = work.template(&work.stack.definition.clone()).ok();
    let mut failed: Vec<(Resource, ResourceError)> = Vec::new();
    for resource in resources.into_iter().rev() {
        let is_needed = |(other, _): &(Resource, ResourceError)| {
            template.as_ref().is_some_and(|template| template.needs(&other.logical_id, &resource.logical_id))
        };
        if stays(&resource) {
            work.note(&resource, ResourceStatus::DeleteSkipped, None);
        } else if !failed.iter().any(is_needed) {
            match (work.remove(&resource), mode) {
                (Ok(()), _) => {}
                (Err(error), DeletionMode::Standard) => failed.push((resource, error)),
                (Err(_), DeletionMode::ForceDeleteStack) => work.note(&resource, ResourceStatus::DeleteSkipped, None),
            }
        }
    }
    failed.reverse();
    failed
}

impl Work<'_> {
    /// The stack is deleted, or not if resources are left.
    pub(super) fn end_deletion(&mut self, failed: &[String]) {
        if !failed.is_empty() {
            let reason = failed_resources("delete", failed.iter().map(String::as_str));
            self.stands(StackStatus::DeleteFailed, Some(reason));
            return;
        }
        self.stands(StackStatus::DeleteComplete, None);
        self.stack.deleted = Some(self.at);
        self.stack.outputs.clear();
        self.stack.imports.clear();
        let forgotten = self.at - REMEMBERED;
        if let Some(stacks) = self.world.cfn.stacks.get_mut(&self.account) {
            stacks.retain(|_, stack| stack.deleted.is_none_or(|deleted| deleted >= forgotten));
        }
    }
}
