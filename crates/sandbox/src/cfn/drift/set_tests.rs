//! Drift of stack sets.

use crate::cfn::tests::{call, deployed, instance, later};
use crate::testing::{MEMBER, query, text};
use crate::wire::Service;
use crate::world::World;

const SET: (&str, &str) = ("StackSetName", "vendor");

fn detect(world: &mut World, operation: &str) {
    call(world, "DetectStackSetDrift", &[SET, ("OperationId", operation)]).unwrap();
    later(world);
}

fn widen(world: &mut World) {
    let params = [("RoleName", "Vendor"), ("PolicyArn", "arn:aws:iam::aws:policy/AdministratorAccess")];
    query(world, Service::Iam, MEMBER, "AttachRolePolicy", &params).unwrap();
}

#[test]
fn a_detection_is_an_operation_that_rolls_up_to_the_stack_set() {
    let mut world = deployed();
    world.org.accounts.values_mut().for_each(|account| account.deny.clear());
    let described = call(&mut world, "DescribeStackSet", &[SET]).unwrap();
    assert_eq!(text(&described, "DriftStatus"), Some("NOT_CHECKED"));
    detect(&mut world, "first");
    let operation = call(&mut world, "DescribeStackSetOperation", &[SET, ("OperationId", "first")]).unwrap();
    assert_eq!((text(&operation, "Action"), text(&operation, "Status")), (Some("DETECT_DRIFT"), Some("SUCCEEDED")));
    let described = call(&mut world, "DescribeStackSet", &[SET]).unwrap();
    assert_eq!(text(&described, "DriftStatus"), Some("IN_SYNC"), "{described}");
    widen(&mut world);
    // The stack set shows what the last detection found, nothing newer.
    let listed = call(&mut world, "ListStackSets", &[]).unwrap();
    assert_eq!(text(&listed, "DriftStatus"), Some("IN_SYNC"));
    detect(&mut world, "second");
    let described = call(&mut world, "DescribeStackSet", &[SET]).unwrap();
    assert_eq!(text(&described, "DriftStatus"), Some("DRIFTED"));
    assert_eq!(text(&described, "DriftedStackInstancesCount"), Some("1"));
    let total: u32 = text(&described, "TotalStackInstancesCount").unwrap().parse().unwrap();
    let in_sync: u32 = text(&described, "InSyncStackInstancesCount").unwrap().parse().unwrap();
    let failed: u32 = text(&described, "FailedStackInstancesCount").unwrap().parse().unwrap();
    assert_eq!(in_sync + failed + 1, total);
    let found = instance(&mut world, MEMBER);
    assert_eq!((text(&found, "DriftStatus"), text(&found, "Status")), (Some("DRIFTED"), Some("CURRENT")));
    let filter = [SET, ("Filters.member.1.Name", "DRIFT_STATUS"), ("Filters.member.1.Values", "DRIFTED")];
    let listed = call(&mut world, "ListStackInstances", &filter).unwrap();
    assert_eq!(listed.matches("<member>").count(), 1, "{listed}");
}

#[test]
fn an_instance_tells_what_differs_by_the_operation_that_found_it() {
    let mut world = deployed();
    widen(&mut world);
    detect(&mut world, "found");
    let place = [SET, ("StackInstanceAccount", MEMBER), ("StackInstanceRegion", "us-east-1")];
    let ask = |world: &mut World, operation: &str| {
        let mut params = place.to_vec();
        params.push(("OperationId", operation));
        call(world, "ListStackInstanceResourceDrifts", &params)
    };
    let listed = ask(&mut world, "found").unwrap();
    for (element, wanted) in [
        ("LogicalResourceId", "Role"),
        ("StackResourceDriftStatus", "MODIFIED"),
        ("PropertyPath", "/ManagedPolicyArns/0"),
        ("ActualValue", "arn:aws:iam::aws:policy/AdministratorAccess"),
        ("DifferenceType", "ADD"),
    ] {
        assert_eq!(text(&listed, element), Some(wanted), "{listed}");
    }
    assert_eq!(ask(&mut world, "other").unwrap_err().code, "OperationNotFoundException");
}

#[test]
fn there_is_one_detection_at_a_time_even_with_managed_execution() {
    let mut world = deployed();
    let managed = [
        SET,
        ("UsePreviousTemplate", "true"),
        ("Capabilities.member.1", "CAPABILITY_NAMED_IAM"),
        ("ManagedExecution.Active", "true"),
    ];
    call(&mut world, "UpdateStackSet", &managed).unwrap();
    later(&mut world);
    call(&mut world, "DetectStackSetDrift", &[SET, ("OperationId", "one")]).unwrap();
    let error = call(&mut world, "DetectStackSetDrift", &[SET, ("OperationId", "two")]).unwrap_err();
    assert_eq!((error.code.as_ref(), error.status), ("OperationInProgressException", 409));
}

#[test]
fn an_account_that_cannot_be_read_fails_its_part() {
    let mut world = deployed();
    world.org.accounts.get_mut(MEMBER).unwrap().deny.insert("iam:Get*".to_owned());
    let all = ("OperationPreferences.FailureTolerancePercentage", "100");
    call(&mut world, "DetectStackSetDrift", &[SET, ("OperationId", "denied"), all]).unwrap();
    later(&mut world);
    let described = call(&mut world, "DescribeStackSet", &[SET]).unwrap();
    assert_eq!(text(&described, "DriftDetectionStatus"), Some("PARTIAL_SUCCESS"), "{described}");
    assert_eq!(text(&instance(&mut world, MEMBER), "DriftStatus"), Some("NOT_CHECKED"));
}
