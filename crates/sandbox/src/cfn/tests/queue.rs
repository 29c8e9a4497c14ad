//! Operations that meet: refused, queued, repeated, stopped.

use super::*;
use crate::cfn::switches::{InoperableDelete, OperationReplay};

const OTHER: &str = "444444444444";

fn managed(world: &mut World) {
    let params = [("UsePreviousTemplate", "true"), ("ManagedExecution.Active", "true")];
    update_with(world, &params).unwrap();
    later(world);
}

fn update_with(world: &mut World, more: &[(&str, &str)]) -> Result<String, WireError> {
    let mut params = vec![("StackSetName", "vendor"), ("Capabilities.member.1", "CAPABILITY_NAMED_IAM")];
    params.extend(more);
    call(world, "UpdateStackSet", &params)
}

/// Instances in one account alone.
fn only(world: &mut World, operation: &str, account: &str, id: &str) -> Result<String, WireError> {
    let mut params = vec![
        ("DeploymentTargets.Accounts.member.1", account),
        ("DeploymentTargets.AccountFilterType", "INTERSECTION"),
        ("OperationId", id),
    ];
    if operation == "DeleteStackInstances" {
        params.push(("RetainStacks", "false"));
    }
    instances(world, operation, &params)
}

#[test]
fn with_managed_execution_operations_on_other_instances_run_at_the_same_time() {
    let mut world = ready();
    managed(&mut world);
    only(&mut world, "CreateStackInstances", MEMBER, "first").unwrap();
    only(&mut world, "CreateStackInstances", OTHER, "apart").unwrap();
    only(&mut world, "DeleteStackInstances", MEMBER, "on-the-same").unwrap();
    only(&mut world, "DeleteStackInstances", MEMBER, "and-again").unwrap();
    let statuses = ["first", "apart", "on-the-same", "and-again"].map(|id| status(&mut world, id));
    assert_eq!(statuses, ["RUNNING", "RUNNING", "QUEUED", "QUEUED"]);
    later(&mut world);
    let statuses = ["first", "apart", "on-the-same", "and-again"].map(|id| status(&mut world, id));
    assert_eq!(statuses, ["SUCCEEDED", "SUCCEEDED", "SUCCEEDED", "SUCCEEDED"]);
    assert_eq!(accounts(&mut world), [OTHER]);
}

#[test]
fn an_update_of_the_stack_set_waits_for_all_before_it() {
    let mut world = ready();
    managed(&mut world);
    only(&mut world, "CreateStackInstances", MEMBER, "first").unwrap();
    update_with(&mut world, &[("UsePreviousTemplate", "true"), ("OperationId", "update")]).unwrap();
    only(&mut world, "CreateStackInstances", OTHER, "behind").unwrap();
    let statuses = ["first", "update", "behind"].map(|id| status(&mut world, id));
    assert_eq!(statuses, ["RUNNING", "QUEUED", "QUEUED"]);
}

#[test]
fn an_instance_that_is_deleted_and_made_again_is_there_at_the_end() {
    let mut world = deployed();
    managed(&mut world);
    let before = world.iam(MEMBER).unwrap().role("Vendor").unwrap().clone();
    only(&mut world, "DeleteStackInstances", MEMBER, "away").unwrap();
    only(&mut world, "CreateStackInstances", MEMBER, "back").unwrap();
    later(&mut world);
    assert_eq!(text(&instance(&mut world, MEMBER), "Status"), Some("CURRENT"));
    assert_ne!(*world.iam(MEMBER).unwrap().role("Vendor").unwrap(), before, "it is another role of the same name");
}

#[test]
fn managed_execution_is_not_changed_while_operations_run() {
    let mut world = ready();
    managed(&mut world);
    instances(&mut world, "CreateStackInstances", &[]).unwrap();
    let change = [("UsePreviousTemplate", "true"), ("ManagedExecution.Active", "false")];
    let error = update_with(&mut world, &change).unwrap_err();
    assert_eq!((error.status, error.code.as_ref()), (400, "InvalidOperationException"));
    later(&mut world);
    update_with(&mut world, &change).unwrap();
}

#[test]
fn a_queued_operation_that_is_stopped_never_begins() {
    let mut world = ready();
    managed(&mut world);
    only(&mut world, "CreateStackInstances", MEMBER, "first").unwrap();
    only(&mut world, "DeleteStackInstances", MEMBER, "second").unwrap();
    call(&mut world, "StopStackSetOperation", &[("StackSetName", "vendor"), ("OperationId", "second")]).unwrap();
    assert_eq!(status(&mut world, "second"), "STOPPED");
    later(&mut world);
    assert_eq!(results(&mut world, "second")[0].2, "CANCELLED");
    assert_eq!(text(&instance(&mut world, MEMBER), "Status"), Some("CURRENT"));
}

#[test]
fn an_operation_that_ended_or_never_was_cannot_be_stopped() {
    let mut world = ready();
    instances(&mut world, "CreateStackInstances", &[("OperationId", "done")]).unwrap();
    later(&mut world);
    let stop = |world: &mut World, id| {
        call(world, "StopStackSetOperation", &[("StackSetName", "vendor"), ("OperationId", id)]).unwrap_err()
    };
    let error = stop(&mut world, "done");
    assert_eq!((error.status, error.code.as_ref()), (400, "InvalidOperationException"));
    let error = stop(&mut world, "never");
    assert_eq!((error.status, error.code.as_ref()), (404, "OperationNotFoundException"));
}

#[test]
fn stopping_takes_as_long_as_what_has_begun() {
    let mut world = ready();
    let one_at_a_time = [("OperationPreferences.MaxConcurrentCount", "1"), ("OperationId", "slow")];
    let params = [
        ("StackSetName", "vendor"),
        ("DeploymentTargets.OrganizationalUnitIds.member.1", UNIT),
        ("Regions.member.1", "us-east-1"),
    ];
    call(&mut world, "CreateStackInstances", &[&params[..], &one_at_a_time[..]].concat()).unwrap();
    let slow = [("StackSetName", "vendor"), ("OperationId", "slow")];
    call(&mut world, "StopStackSetOperation", &slow).unwrap();
    assert_eq!(status(&mut world, "slow"), "STOPPING");
    call(&mut world, "StopStackSetOperation", &slow).unwrap();
    later(&mut world);
    assert_eq!(status(&mut world, "slow"), "STOPPED");
}

#[test]
fn an_operation_id_is_taken_once() {
    let mut world = ready();
    instances(&mut world, "CreateStackInstances", &[("OperationId", "mine")]).unwrap();
    later(&mut world);
    let error = instances(&mut world, "CreateStackInstances", &[("OperationId", "mine")]).unwrap_err();
    assert_eq!((error.status, error.code.as_ref()), (409, "OperationIdAlreadyExistsException"));
    let error = instances(&mut world, "CreateStackInstances", &[("OperationId", "-not-one")]).unwrap_err();
    assert!(error.code == "ValidationError" && error.message.contains("operationId"));
}

#[test]
fn a_replay_can_be_answered_again_until_another_operation_came_since() {
    let mut world = ready();
    world.switches.operation_replay = OperationReplay::Accepted;
    let first = instances(&mut world, "CreateStackInstances", &[("OperationId", "mine")]).unwrap();
    let again = instances(&mut world, "CreateStackInstances", &[("OperationId", "mine")]).unwrap();
    assert_eq!(first, again);
    let other = [("OperationId", "mine"), ("RetainStacks", "true")];
    let error = instances(&mut world, "DeleteStackInstances", &other).unwrap_err();
    assert_eq!(error.code, "OperationIdAlreadyExistsException");
    later(&mut world);
    instances(&mut world, "CreateStackInstances", &[("OperationId", "next")]).unwrap();
    let error = instances(&mut world, "CreateStackInstances", &[("OperationId", "mine")]).unwrap_err();
    assert_eq!((error.status, error.code.as_ref()), (409, "StaleRequestException"));
}

#[test]
fn a_stack_set_with_an_operation_is_not_deleted() {
    let mut world = ready();
    update_with(&mut world, &[("UsePreviousTemplate", "true"), ("OperationId", "empty")]).unwrap();
    let error = call(&mut world, "DeleteStackSet", &[("StackSetName", "vendor")]).unwrap_err();
    assert_eq!((error.status, error.code.as_ref()), (409, "OperationInProgressException"));
    later(&mut world);
    assert_eq!(status(&mut world, "empty"), "SUCCEEDED", "an operation without instances succeeds");
    call(&mut world, "DeleteStackSet", &[("StackSetName", "vendor")]).unwrap();
}

/// A member whose stack could not be deleted.
fn inoperable() -> World {
    let mut world = deployed();
    let document = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;
    world.iam_mut(MEMBER).unwrap().put_role_policy("Vendor", "backdoor", document).unwrap();
    only(&mut world, "DeleteStackInstances", MEMBER, "stuck").unwrap();
    later(&mut world);
    query(&mut world, Service::Iam, MEMBER, "DeleteRolePolicy", &[("RoleName", "Vendor"), ("PolicyName", "backdoor")])
        .unwrap();
    world
}

#[test]
fn an_inoperable_instance_is_left_out_of_updates_and_creations() {
    let mut world = inoperable();
    update_with(&mut world, &[("TemplateBody", TEMPLATE), ("OperationId", "update")]).unwrap();
    later(&mut world);
    instances(&mut world, "CreateStackInstances", &[("OperationId", "create")]).unwrap();
    later(&mut world);
    for id in ["update", "create"] {
        assert!(results(&mut world, id).iter().all(|(account, _, _)| account != MEMBER), "{id}");
    }
    assert_eq!(text(&instance(&mut world, MEMBER), "Status"), Some("INOPERABLE"));
}

#[test]
fn only_retaining_its_stack_takes_an_inoperable_instance_away() {
    let mut world = inoperable();
    only(&mut world, "DeleteStackInstances", MEMBER, "again").unwrap();
    later(&mut world);
    let stuck = instance(&mut world, MEMBER);
    assert_eq!(text(&stuck, "DetailedStatus"), Some("INOPERABLE"));
    assert!(
        text(&stuck, "StatusReason").unwrap().contains("must delete policies first"),
        "it keeps its reason: {stuck}"
    );
    instances(&mut world, "DeleteStackInstances", &[("RetainStacks", "true")]).unwrap();
    later(&mut world);
    assert!(accounts(&mut world).is_empty());
    assert!(world.iam(MEMBER).unwrap().role("Vendor").is_ok(), "the stack is left behind");
}

#[test]
fn deleting_an_inoperable_instance_can_be_tried_again() {
    let mut world = inoperable();
    world.switches.inoperable_delete = InoperableDelete::TriedAgain;
    only(&mut world, "DeleteStackInstances", MEMBER, "again").unwrap();
    later(&mut world);
    assert!(!accounts(&mut world).contains(&MEMBER.to_owned()));
    assert!(world.iam(MEMBER).unwrap().role("Vendor").is_err());
}
