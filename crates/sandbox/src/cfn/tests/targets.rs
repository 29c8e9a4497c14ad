//! Which accounts an operation is about.

use super::*;
use crate::cfn::switches::{
    EmptyUnit, FilteredDelete, MovedInstances, PendingActivation, RecordedUnit, SuspendedAccounts,
};
use crate::org::AccountState;

const EMPTY: &str = "ou-test-empty000";
const SUSPENDED: &str = "333333333333";
const OTHERS: [&str; 2] = ["444444444444", "555555555555"];

fn filtered<'a>(account: &'a str, kind: &'a str) -> [(&'a str, &'a str); 2] {
    [("DeploymentTargets.Accounts.member.1", account), ("DeploymentTargets.AccountFilterType", kind)]
}

/// The units that the stack set is deployed to.
fn units(world: &mut World) -> String {
    let described = call(world, "DescribeStackSet", &[("StackSetName", "vendor")]).unwrap();
    text(&described, "OrganizationalUnitIds").unwrap().to_owned()
}

#[test]
fn intersection_and_difference_are_about_the_accounts_of_the_units() {
    let mut world = ready();
    instances(&mut world, "CreateStackInstances", &filtered(MEMBER, "INTERSECTION")).unwrap();
    later(&mut world);
    assert_eq!(accounts(&mut world), [MEMBER]);
    instances(&mut world, "CreateStackInstances", &filtered("444444444444", "DIFFERENCE")).unwrap();
    later(&mut world);
    assert_eq!(accounts(&mut world), [MEMBER, "555555555555"]);
}

#[test]
fn a_union_is_refused_for_creations_and_taken_elsewhere() {
    let mut world = deployed();
    let error = instances(&mut world, "CreateStackInstances", &filtered(MEMBER, "UNION")).unwrap_err();
    assert!(error.message.contains("UNION is not supported by CreateStackInstances"));
    let error = instances(&mut world, "CreateStackInstances", &filtered(MEMBER, "UNION")[..1]).unwrap_err();
    assert!(error.message.contains("AccountFilterType must be specified"), "{error}");
    let params = [
        ("StackSetName", "vendor"),
        ("DeploymentTargets.OrganizationalUnitIds.member.1", EMPTY),
        ("DeploymentTargets.Accounts.member.1", MEMBER),
        ("Regions.member.1", "us-east-1"),
        ("RetainStacks", "false"),
        ("OperationId", "union"),
    ];
    call(&mut world, "DeleteStackInstances", &params).unwrap();
    later(&mut world);
    assert_eq!(accounts(&mut world), OTHERS);
    let shown = operation(&mut world, "union");
    assert_eq!(text(&shown, "AccountFilterType"), Some("UNION"), "it is the default");
    assert!(shown.contains(&format!("<Accounts><member>{MEMBER}</member></Accounts>")), "{shown}");
    assert_eq!(text(&shown, "RetainStacks"), Some("false"));
}

#[test]
fn targets_that_make_no_sense_are_refused() {
    let mut world = ready();
    let with = |more: &[(&str, &str)]| -> String {
        instances(&mut ready(), "CreateStackInstances", more).unwrap_err().message
    };
    assert!(
        with(&[("DeploymentTargets.AccountFilterType", "INTERSECTION")]).starts_with("Accounts should be specified")
    );
    assert!(with(&filtered(MEMBER, "NONE")).contains("AccountFilterType is NONE"));
    assert!(with(&filtered(MEMBER, "SOME")).contains("enum value set: [NONE, INTERSECTION, DIFFERENCE, UNION]"));
    assert!(with(&filtered("22", "DIFFERENCE")).contains("^[0-9]{12}$"));
    assert!(with(&[("DeploymentTargets.AccountsUrl", "https://x")]).contains("AccountsUrl"));
    assert!(with(&[("Regions.member.1", "us east")]).contains("regions"));
    assert!(with(&[("Accounts.member.1", MEMBER)]).contains("SERVICE_MANAGED mode"));
    let names: Vec<String> = (1..=51).map(|n| format!("DeploymentTargets.OrganizationalUnitIds.member.{n}")).collect();
    let ids: Vec<String> = (1..=51).map(|n| format!("ou-test-{n:08}")).collect();
    let many: Vec<(&str, &str)> = names.iter().map(String::as_str).zip(ids.iter().map(String::as_str)).collect();
    let params = [&[("StackSetName", "vendor"), ("Regions.member.1", "us-east-1")][..], &many].concat();
    let error = call(&mut world, "CreateStackInstances", &params).unwrap_err();
    assert!(error.message.contains("less than or equal to 50"), "{error}");
}

#[test]
fn an_update_of_an_account_without_an_instance_is_refused() {
    let mut world = ready();
    instances(&mut world, "CreateStackInstances", &filtered(MEMBER, "INTERSECTION")).unwrap();
    later(&mut world);
    let error = instances(&mut world, "UpdateStackInstances", &filtered(OTHERS[0], "INTERSECTION")).unwrap_err();
    assert_eq!((error.status, error.code.as_ref()), (404, "StackInstanceNotFoundException"));
    instances(&mut world, "UpdateStackInstances", &[("OperationId", "all")]).unwrap();
    later(&mut world);
    assert_eq!(results(&mut world, "all").len(), 1, "it adds no accounts");
}

#[test]
fn a_filtered_deletion_keeps_the_unit_a_target_unless_that_is_chosen() {
    for (choice, is_target) in [(FilteredDelete::KeepsTarget, true), (FilteredDelete::DropsTarget, false)] {
        let mut world = ready();
        world.switches.filtered_delete = choice;
        instances(&mut world, "CreateStackInstances", &filtered(MEMBER, "INTERSECTION")).unwrap();
        later(&mut world);
        let delete = [&filtered(MEMBER, "INTERSECTION")[..], &[("RetainStacks", "false")]].concat();
        instances(&mut world, "DeleteStackInstances", &delete).unwrap();
        later(&mut world);
        assert_eq!(units(&mut world).contains(UNIT), is_target, "{choice:?}");
    }
    let mut world = deployed();
    instances(&mut world, "DeleteStackInstances", &[("RetainStacks", "false")]).unwrap();
    later(&mut world);
    assert!(!units(&mut world).contains(UNIT), "a unit that is named as a whole is none any more");
}

#[test]
fn a_unit_without_accounts_is_a_target_or_refused() {
    let params = [
        ("StackSetName", "vendor"),
        ("DeploymentTargets.OrganizationalUnitIds.member.1", EMPTY),
        ("Regions.member.1", "us-east-1"),
        ("OperationId", "empty"),
    ];
    let mut world = ready();
    call(&mut world, "CreateStackInstances", &params).unwrap();
    later(&mut world);
    assert_eq!(status(&mut world, "empty"), "SUCCEEDED");
    assert!(results(&mut world, "empty").is_empty() && units(&mut world).contains(EMPTY));
    let delete = [&params[..3], &[("RetainStacks", "false")]].concat();
    call(&mut world, "DeleteStackInstances", &delete).unwrap();
    later(&mut world);
    assert!(!units(&mut world).contains(EMPTY), "it ceases to be a target without an instance, too");
    let mut world = ready();
    world.switches.empty_unit = EmptyUnit::Refused;
    let error = call(&mut world, "CreateStackInstances", &params).unwrap_err();
    assert_eq!(error.code, "InvalidOperationException");
    assert!(units(&mut world).is_empty());
}

#[test]
fn of_an_account_below_two_targets_one_unit_is_recorded() {
    for (choice, expected) in [(RecordedUnit::Nearest, UNIT), (RecordedUnit::Outermost, "r-test")] {
        let mut world = ready();
        world.switches.recorded_unit = choice;
        instances(
            &mut world,
            "CreateStackInstances",
            &[("DeploymentTargets.OrganizationalUnitIds.member.2", "r-test")],
        )
        .unwrap();
        later(&mut world);
        assert_eq!(text(&instance(&mut world, MEMBER), "OrganizationalUnitId"), Some(expected), "{choice:?}");
    }
}

#[test]
fn an_account_that_waits_for_its_activation_is_skipped_or_deployed_to() {
    for (choice, expected) in [(PendingActivation::Skipped, false), (PendingActivation::Deployed, true)] {
        let mut world = ready();
        world.switches.pending_activation = choice;
        world.org.accounts.get_mut(MEMBER).unwrap().state = AccountState::PendingActivation;
        instances(&mut world, "CreateStackInstances", &[]).unwrap();
        later(&mut world);
        assert_eq!(world.iam(MEMBER).unwrap().role("Vendor").is_ok(), expected, "{choice:?}");
    }
}

#[test]
fn a_suspended_account_gets_no_instance_or_one_that_was_skipped() {
    let mut world = ready();
    world.switches.suspended_accounts = SuspendedAccounts::Recorded;
    instances(&mut world, "CreateStackInstances", &[("OperationId", "all")]).unwrap();
    later(&mut world);
    assert_eq!(text(&operation(&mut world, "all"), "FailedStackInstancesCount"), Some("0"));
    let skipped = instance(&mut world, SUSPENDED);
    assert_eq!(text(&skipped, "DetailedStatus"), Some("SKIPPED_SUSPENDED_ACCOUNT"));
    assert_eq!((text(&skipped, "Status"), text(&skipped, "StackId")), (Some("OUTDATED"), None));
    assert!(!accounts(&mut deployed()).contains(&SUSPENDED.to_owned()), "that is the default");
}

#[test]
fn an_instance_whose_account_moved_is_reached_by_the_unit_that_is_chosen() {
    let cases = [
        (MovedInstances::EitherUnit, [true, true]),
        (MovedInstances::RecordedUnit, [true, false]),
        (MovedInstances::PresentUnit, [false, true]),
    ];
    for (choice, expected) in cases {
        for (unit, reached) in [UNIT, EMPTY].into_iter().zip(expected) {
            let mut world = ready();
            world.switches.moved_instances = choice;
            instances(&mut world, "CreateStackInstances", &[]).unwrap();
            later(&mut world);
            // Out of the unit that is recorded, or into the one that is named, which is below it.
            move_account(&mut world, MEMBER, UNIT, if unit == UNIT { "r-test" } else { unit });
            let params = [
                ("StackSetName", "vendor"),
                ("DeploymentTargets.OrganizationalUnitIds.member.1", unit),
                ("Regions.member.1", "us-east-1"),
                ("RetainStacks", "false"),
            ];
            call(&mut world, "DeleteStackInstances", &params).unwrap();
            later(&mut world);
            assert_eq!(!accounts(&mut world).contains(&MEMBER.to_owned()), reached, "{choice:?} {unit}");
        }
    }
}

#[test]
fn quotas_are_kept() {
    let mut world = ready();
    world.switches.instances_quota = 2;
    let error = instances(&mut world, "CreateStackInstances", &[]).unwrap_err();
    assert_eq!((error.status, error.code.as_ref()), (400, "LimitExceededException"));
    world.switches.stack_sets_quota = 1;
    let params = [
        ("StackSetName", "second"),
        ("PermissionModel", "SERVICE_MANAGED"),
        ("AutoDeployment.Enabled", "false"),
        ("TemplateBody", TEMPLATE),
        ("Capabilities.member.1", "CAPABILITY_NAMED_IAM"),
    ];
    assert_eq!(call(&mut world, "CreateStackSet", &params).unwrap_err().code, "LimitExceededException");
}

#[test]
fn the_same_creation_with_the_same_token_is_answered_again() {
    let mut world = world();
    call(&mut world, "ActivateOrganizationsAccess", &[]).unwrap();
    let params = |token| {
        [
            ("StackSetName", "vendor"),
            ("PermissionModel", "SERVICE_MANAGED"),
            ("AutoDeployment.Enabled", "false"),
            ("TemplateBody", TEMPLATE),
            ("Capabilities.member.1", "CAPABILITY_NAMED_IAM"),
            ("ClientRequestToken", token),
        ]
    };
    let first = call(&mut world, "CreateStackSet", &params("mine")).unwrap();
    assert_eq!(call(&mut world, "CreateStackSet", &params("mine")).unwrap(), first);
    let error = call(&mut world, "CreateStackSet", &params("other")).unwrap_err();
    assert_eq!((error.status, error.code.as_ref()), (409, "NameAlreadyExistsException"));
    update(&mut world, &TEMPLATE.replace("s3:ListBucket", "s3:GetObject"), &[]).unwrap();
    let error = call(&mut world, "CreateStackSet", &params("mine")).unwrap_err();
    assert_eq!((error.status, error.code.as_ref()), (409, "CreatedButModifiedException"));
}

#[test]
fn stack_sets_of_a_region_work_on_so_many_instances_at_the_same_time() {
    let mut world = ready();
    let second = [
        ("StackSetName", "second"),
        ("PermissionModel", "SERVICE_MANAGED"),
        ("AutoDeployment.Enabled", "false"),
        ("TemplateBody", TEMPLATE),
        ("Capabilities.member.1", "CAPABILITY_NAMED_IAM"),
    ];
    call(&mut world, "CreateStackSet", &second).unwrap();
    world.switches.instances_at_once = 3;
    instances(&mut world, "CreateStackInstances", &[]).unwrap();
    let one_more = [
        ("StackSetName", "second"),
        ("DeploymentTargets.OrganizationalUnitIds.member.1", UNIT),
        ("DeploymentTargets.Accounts.member.1", MEMBER),
        ("DeploymentTargets.AccountFilterType", "INTERSECTION"),
        ("Regions.member.1", "us-east-1"),
    ];
    let error = call(&mut world, "CreateStackInstances", &one_more).unwrap_err();
    assert_eq!((error.status, error.code.as_ref()), (400, "LimitExceededException"));
    later(&mut world);
    call(&mut world, "CreateStackInstances", &one_more).unwrap();
    later(&mut world);
    world.switches.instances_at_once = 2;
    assert_eq!(update(&mut world, TEMPLATE, &[]).unwrap_err().code, "LimitExceededException");
}

#[test]
fn names_and_ids_are_checked_together_before_anything_else() {
    let mut world = ready();
    let mut detect = |name: &str, id: &str| {
        call(&mut world, "DetectStackSetDrift", &[("StackSetName", name), ("OperationId", id)]).unwrap_err().message
    };
    let of_both = detect("not a name", "-");
    assert!(of_both.starts_with("2 validation errors detected: "), "{of_both}");
    assert!(of_both.contains("Value '-' at 'operationId' failed to satisfy constraint"), "{of_both}");
    for wrong in ["not a name", "1st", "vendor:1", "vendor:", "vendor:00000000-0000-0000-0000-00000000000_", ""] {
        let expected = format!(
            "1 validation error detected: Value '{wrong}' at 'stackSetName' failed to satisfy constraint: Member must \
             satisfy regular expression pattern: [a-zA-Z][-a-zA-Z0-9]*(?::[a-zA-Z0-9]{{8}}-[a-zA-Z0-9]{{4}}-\
             [a-zA-Z0-9]{{4}}-[a-zA-Z0-9]{{4}}-[a-zA-Z0-9]{{12}})?"
        );
        assert_eq!(detect(wrong, "good"), expected);
    }
    let id = "vendor:00000000-0000-0000-0000-000000000000";
    assert_eq!(detect(id, "good"), format!("StackSet {id} not found"), "ids fit");
}
