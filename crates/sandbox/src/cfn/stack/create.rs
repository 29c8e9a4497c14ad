//! A stack's resources are made, or what was made of them goes again.

use super::delete::remove_all;
use super::exports;
use super::failure::{Failure, Stopped, failed_resources};
use super::work::{Work, context, deployed};
use crate::cfn::model::{DeletionMode, OnFailure, StackResource, StackStatus};
use crate::cfn::template::{DeletionPolicy, Resource};

/// Makes the resources of a stack that has none.
pub(super) fn perform(work: &mut Work<'_>) -> Result<(), Failure> {
    work.meet_faults("CreateStack");
    match make_all(work) {
        Ok(()) => {
            work.stands(StackStatus::CreateComplete, None);
            Ok(())
        }
        Err(stopped) => {
            let reason = stopped.stack_reason("create");
            match work.stack.options.on_failure {
                OnFailure::DoNothing => work.stands(StackStatus::CreateFailed, Some(reason)),
                OnFailure::Rollback => {
                    let reason = format!("{reason}Rollback requested by user.");
                    work.stands(StackStatus::RollbackInProgress, Some(reason));
                    roll_back(work);
                }
                OnFailure::Delete => {
                    let reason = format!("{reason}Delete requested by user.");
                    work.stands(StackStatus::DeleteInProgress, Some(reason));
                    let failed = remove_what_was_made(work);
                    work.end_deletion(&failed);
                }
            }
            Err(stopped.failure())
        }
    }
}

fn make_all(work: &mut Work<'_>) -> Result<(), Stopped> {
    let definition = work.stack.definition.clone();
    let template = work.template(&definition).map_err(Stopped::Whole)?;
    let context = context(work.world, &work.stack, &definition);
    let mut evaluation = template.evaluate(&context).map_err(Stopped::Whole)?;
    for logical_id in evaluation.order() {
        let resource = evaluation.resource(logical_id).map_err(Stopped::Whole)?;
        if work.stack.resources.get(logical_id).is_some_and(StackResource::exists) {
            continue;
        }
        work.make(&resource, &definition.tags).map_err(|error| Stopped::at(&resource, &error))?;
        if let Some(made) = work.stack.resources.get(logical_id) {
            evaluation.learn(logical_id, &made.attributes);
        }
    }
    let outputs = evaluation.outputs().map_err(Stopped::Whole)?;
    exports::check(work.world, &work.stack, &outputs).map_err(Stopped::Whole)?;
    work.stack.imports = evaluation.imported();
    work.stack.outputs = outputs;
    Ok(())
}

/// Takes back what was made, until the stack stands rolled back.
pub(super) fn roll_back(work: &mut Work<'_>) {
    let failed = remove_what_was_made(work);
    if failed.is_empty() {
        work.stands(StackStatus::RollbackComplete, None);
    } else {
        let reason = failed_resources("delete", failed.iter().map(String::as_str));
        work.stands(StackStatus::RollbackFailed, Some(reason));
    }
}

/// Deletes what a creation made; gives the logical ids of what is still there.
fn remove_what_was_made(work: &mut Work<'_>) -> Vec<String> {
    let Ok(resources) = deployed(work.world, &work.stack) else { return Vec::new() };
    let retained = |resource: &Resource| resource.deletion_policy == DeletionPolicy::Retain;
    let all_go = work.stack.options.retain_except_on_create == Some(true);
    let failed = remove_all(work, resources, |resource| !all_go && retained(resource), DeletionMode::Standard);
    failed.into_iter().map(|(resource, _)| resource.logical_id).collect()
}
