//! Operations in several Regions, and when they give up.

use super::*;

const BOTH: [(&str, &str); 2] = [("Regions.member.1", "us-east-1"), ("Regions.member.2", "eu-west-1")];

/// `CreateStackInstances` in both Regions with nothing but these preferences.
fn in_both(world: &mut World, more: &[(&str, &str)]) {
    let mut params = vec![
        ("StackSetName", "vendor"),
        ("DeploymentTargets.OrganizationalUnitIds.member.1", UNIT),
        ("OperationId", "both"),
    ];
    params.extend(BOTH);
    params.extend(more);
    call(world, "CreateStackInstances", &params).unwrap();
}

fn count(results: &[(String, String, String)], region: &str, status: &str) -> usize {
    results.iter().filter(|(_, of, is)| of == region && is == status).count()
}

#[test]
fn regions_go_one_after_the_other_in_the_order_asked_for() {
    let mut world = ready();
    in_both(&mut world, &[("OperationPreferences.RegionOrder.member.1", "us-east-1")]);
    later(&mut world);
    // The second Region finds the name of the role taken by the first, and gives up on its first failure.
    let results = results(&mut world, "both");
    assert_eq!(count(&results, "us-east-1", "SUCCEEDED"), 3, "{results:?}");
    assert_eq!(count(&results, "eu-west-1", "FAILED"), 1);
    assert_eq!(count(&results, "eu-west-1", "CANCELLED"), 2);
    assert_eq!(status(&mut world, "both"), "FAILED");
    let described = operation(&mut world, "both");
    assert!(described.contains("<RegionOrder><member>us-east-1</member></RegionOrder>"), "{described}");
}

#[test]
fn a_region_that_fails_cancels_those_after_it() {
    let mut world = ready();
    take_the_name(&mut world, MEMBER);
    in_both(&mut world, &[]);
    later(&mut world);
    let results = results(&mut world, "both");
    assert_eq!(count(&results, "eu-west-1", "FAILED"), 1, "{results:?}");
    assert_eq!(count(&results, "eu-west-1", "CANCELLED"), 2);
    assert_eq!(count(&results, "us-east-1", "CANCELLED"), 3, "{results:?}");
    assert!(world.iam("444444444444").unwrap().role("Vendor").is_err());
    let cancelled = instance(&mut world, "444444444444");
    assert_eq!(text(&cancelled, "Status"), Some("OUTDATED"));
    assert_eq!(text(&cancelled, "DetailedStatus"), Some("CANCELLED"));
    assert_eq!(text(&cancelled, "StatusReason"), Some("Cancelled since failure tolerance has exceeded"));
}

#[test]
fn regions_that_are_parallel_run_at_the_same_time_and_fail_apart() {
    let mut world = ready();
    take_the_name(&mut world, MEMBER);
    in_both(&mut world, &[("OperationPreferences.RegionConcurrencyType", "PARALLEL")]);
    pass(&mut world, 1);
    crate::cfn::tick(&mut world);
    world.switches.results_lag_seconds = 0;
    let running = results(&mut world, "both");
    assert_eq!((count(&running, "us-east-1", "RUNNING"), count(&running, "eu-west-1", "RUNNING")), (1, 1));
    later(&mut world);
    let ended = results(&mut world, "both");
    assert_eq!((count(&ended, "us-east-1", "FAILED"), count(&ended, "eu-west-1", "FAILED")), (1, 1));
}

#[test]
fn failures_are_tolerated_in_each_region_and_counted_in_all() {
    let mut world = ready();
    take_the_name(&mut world, MEMBER);
    take_the_name(&mut world, "444444444444");
    take_the_name(&mut world, "555555555555");
    in_both(&mut world, &[("OperationPreferences.FailureToleranceCount", "3")]);
    later(&mut world);
    let described = operation(&mut world, "both");
    assert_eq!(text(&described, "Status"), Some("SUCCEEDED"));
    assert_eq!(text(&described, "FailedStackInstancesCount"), Some("6"));
}

#[test]
fn strict_tolerance_never_fails_more_than_one_too_many_and_soft_may() {
    for (mode, failed) in [("STRICT_FAILURE_TOLERANCE", 1), ("SOFT_FAILURE_TOLERANCE", 3)] {
        let mut world = ready();
        for account in [MEMBER, "444444444444", "555555555555"] {
            take_the_name(&mut world, account);
        }
        let params = [
            ("StackSetName", "vendor"),
            ("DeploymentTargets.OrganizationalUnitIds.member.1", UNIT),
            ("Regions.member.1", "us-east-1"),
            ("OperationPreferences.MaxConcurrentCount", "3"),
            ("OperationPreferences.ConcurrencyMode", mode),
            ("OperationId", "mode"),
        ];
        call(&mut world, "CreateStackInstances", &params).unwrap();
        later(&mut world);
        let results = results(&mut world, "mode");
        assert_eq!(count(&results, "us-east-1", "FAILED"), failed, "{mode}");
        assert_eq!(count(&results, "us-east-1", "CANCELLED"), 3 - failed, "{mode}");
    }
}

#[test]
fn an_update_names_regions_that_have_instances() {
    let mut world = deployed();
    let error = update(&mut world, TEMPLATE, &[("Regions.member.1", "eu-west-1")]).unwrap_err();
    assert_eq!((error.status, error.code.as_ref()), (404, "StackInstanceNotFoundException"));
    update(&mut world, TEMPLATE, &[("Regions.member.1", "us-east-1"), ("OperationId", "one-region")]).unwrap();
    later(&mut world);
    assert_eq!(results(&mut world, "one-region").len(), 3);
}

#[test]
fn deleting_in_one_region_leaves_the_unit_a_target_in_the_other() {
    let mut world = ready();
    update(&mut world, &TEMPLATE.replace(r#""RoleName":"Vendor","#, ""), &[]).unwrap();
    later(&mut world);
    in_both(&mut world, &[]);
    later(&mut world);
    instances(&mut world, "DeleteStackInstances", &[("RetainStacks", "false")]).unwrap();
    later(&mut world);
    let described = call(&mut world, "DescribeStackSet", &[("StackSetName", "vendor")]).unwrap();
    assert!(described.contains("<Regions><member>eu-west-1</member></Regions>"), "{described}");
    assert!(described.contains(&format!("<OrganizationalUnitIds><member>{UNIT}</member>")), "{described}");
}
