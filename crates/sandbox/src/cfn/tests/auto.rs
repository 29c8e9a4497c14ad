//! What stack sets do by themselves when accounts come and go.

use serde_json::json;

use super::*;
use crate::cfn::switches::{DepartedAccounts, MoveBetweenTargets};

const EMPTY: &str = "ou-test-empty000";
const ROOT: &str = "r-test";
const NAMELESS: &str = r#"{"Resources":{"Role":{"Type":"AWS::IAM::Role","Properties":{"RoleName":"NAME",
"AssumeRolePolicyDocument":{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}}}}}"#;

/// A stack set with automatic deployment.
fn create_set(world: &mut World, name: &str, more: &[(&str, &str)]) -> Result<String, WireError> {
    let body = NAMELESS.replace("NAME", name);
    let params = [
        ("StackSetName", name),
        ("PermissionModel", "SERVICE_MANAGED"),
        ("AutoDeployment.Enabled", "true"),
        ("TemplateBody", &body),
        ("Capabilities.member.1", "CAPABILITY_NAMED_IAM"),
    ];
    call(world, "CreateStackSet", &[&params[..], more].concat())
}

fn target(world: &mut World, name: &str, units: &[&str], more: &[(&str, &str)]) -> Result<String, WireError> {
    let names: Vec<String> =
        (1..=units.len()).map(|n| format!("DeploymentTargets.OrganizationalUnitIds.member.{n}")).collect();
    let mut params = vec![("StackSetName", name), ("Regions.member.1", "us-east-1")];
    params.extend(names.iter().map(String::as_str).zip(units.iter().copied()));
    params.extend(more);
    let answer = call(world, "CreateStackInstances", &params);
    later(world);
    answer
}

/// A world with the stack set `vendor`, deployed to these units.
fn deployed_to(units: &[&str], more: &[(&str, &str)]) -> World {
    let mut world = world();
    call(&mut world, "ActivateOrganizationsAccess", &[]).unwrap();
    create_set(&mut world, "vendor", more).unwrap();
    target(&mut world, "vendor", units, &[]).unwrap();
    world
}

fn has_role(world: &World, account: &str, role: &str) -> bool {
    world.iam(account).unwrap().role(role).is_ok()
}

/// The ids and actions of a stack set's operations, the newest first.
fn operations(world: &mut World, set: &str) -> Vec<(String, String, String)> {
    world.switches.results_lag_seconds = 0;
    let listed = call(world, "ListStackSetOperations", &[("StackSetName", set)]).unwrap();
    let of = |row: &str, name: &str| text(row, name).unwrap().to_owned();
    let rows = listed.split("<member><OperationId>").skip(1).map(|row| format!("<OperationId>{row}"));
    rows.map(|row| (of(&row, "OperationId"), of(&row, "Action"), of(&row, "Status"))).collect()
}

#[test]
fn a_new_account_gets_its_stack_when_the_root_is_a_target_and_else_when_it_is_moved() {
    for (unit, at_once) in [(ROOT, true), (UNIT, false)] {
        let mut world = deployed_to(&[unit], &[]);
        let made = json!({ "AccountName": "new", "Email": "new@example.com" });
        organizations(&mut world, MANAGEMENT, "CreateAccount", made).unwrap();
        later(&mut world);
        let new = world.org.accounts.values().find(|account| account.name == "new").unwrap().id.clone();
        assert_eq!(accounts(&mut world).contains(&new), at_once);
        later(&mut world);
        assert_eq!(has_role(&world, &new, "vendor"), at_once);
        move_account(&mut world, &new, ROOT, UNIT);
        later(&mut world);
        assert!(has_role(&world, &new, "vendor"));
    }
}

#[test]
fn automatic_deployment_occupies_the_place_of_an_operation() {
    let mut world = deployed_to(&[UNIT], &[]);
    move_account(&mut world, MEMBER, UNIT, ROOT);
    let error = target(&mut world, "vendor", &[EMPTY], &[]).unwrap_err();
    assert_eq!(error.code, "OperationInProgressException");
    let (id, action, _) = operations(&mut world, "vendor").remove(0);
    assert_eq!(action, "DELETE");
    assert!(error.message.ends_with(&id));
    let shown = operation(&mut world, &id);
    assert!(shown.contains(&format!("<OrganizationalUnitIds><member>{UNIT}</member>")), "{shown}");
}

#[test]
fn automatic_deployment_queues_behind_what_runs() {
    let mut world = deployed_to(&[UNIT], &[]);
    let update = [("StackSetName", "vendor"), ("UsePreviousTemplate", "true")];
    call(&mut world, "UpdateStackSet", &[&update[..], &[("Capabilities.member.1", "CAPABILITY_NAMED_IAM")]].concat())
        .unwrap();
    move_account(&mut world, MEMBER, UNIT, ROOT);
    move_account(&mut world, MEMBER, ROOT, UNIT);
    let of = |world: &mut World| -> Vec<(String, String)> {
        operations(world, "vendor").into_iter().take(3).map(|(_, action, status)| (action, status)).collect()
    };
    let expected = [("CREATE", "QUEUED"), ("DELETE", "QUEUED"), ("UPDATE", "RUNNING")];
    assert_eq!(of(&mut world), expected.map(|(action, status)| (action.to_owned(), status.to_owned())));
    later(&mut world);
    assert!(has_role(&world, MEMBER, "vendor"), "it was deleted, and then made again");
}

#[test]
fn filters_and_overrides_are_not_for_accounts_that_come_later() {
    let mut world = world();
    call(&mut world, "ActivateOrganizationsAccess", &[]).unwrap();
    let body = NAMELESS.replace("NAME", "vendor").replacen(
        '{',
        r#"{"Parameters":{"About":{"Type":"String","Default":"usual"}},"#,
        1,
    );
    let body = body.replace(r#""RoleName""#, r#""Description":{"Ref":"About"},"RoleName""#);
    create_set(&mut world, "vendor", &[]).unwrap();
    update(&mut world, &body, &[]).unwrap();
    later(&mut world);
    let filtered = [
        ("DeploymentTargets.Accounts.member.1", "444444444444"),
        ("DeploymentTargets.AccountFilterType", "DIFFERENCE"),
        ("ParameterOverrides.member.1.ParameterKey", "About"),
        ("ParameterOverrides.member.1.ParameterValue", "special"),
    ];
    target(&mut world, "vendor", &[UNIT], &filtered).unwrap();
    let about = |world: &World, account| {
        world.iam(account).unwrap().role("vendor").ok().and_then(|role| role.description.clone())
    };
    assert_eq!(about(&world, MEMBER).as_deref(), Some("special"));
    assert_eq!(about(&world, "444444444444"), None);
    for account in ["444444444444", MEMBER] {
        move_account(&mut world, account, UNIT, ROOT);
        later(&mut world);
        move_account(&mut world, account, ROOT, UNIT);
        later(&mut world);
        assert_eq!(about(&world, account).as_deref(), Some("usual"), "{account}");
    }
}

#[test]
fn a_move_from_target_to_target_keeps_the_stack_or_makes_another() {
    for (choice, expected) in [(MoveBetweenTargets::Kept, true), (MoveBetweenTargets::Recreated, false)] {
        let mut world = deployed_to(&[UNIT, EMPTY], &[]);
        world.switches.move_between_targets = choice;
        let before = world.iam(MEMBER).unwrap().role("vendor").unwrap().id.clone();
        move_account(&mut world, MEMBER, UNIT, EMPTY);
        later(&mut world);
        let after = &world.iam(MEMBER).unwrap().role("vendor").unwrap().id;
        assert_eq!(*after == before, expected, "{choice:?}");
    }
}

#[test]
fn moving_below_the_same_target_is_nothing() {
    let mut world = deployed_to(&[UNIT], &[]);
    world.switches.move_between_targets = MoveBetweenTargets::Recreated;
    move_account(&mut world, MEMBER, UNIT, EMPTY);
    assert_eq!(operations(&mut world, "vendor").len(), 1, "only the one that deployed");
}

#[test]
fn a_stack_that_is_to_be_retained_outlives_its_instance() {
    let mut world = deployed_to(&[UNIT], &[("AutoDeployment.RetainStacksOnAccountRemoval", "true")]);
    move_account(&mut world, MEMBER, UNIT, ROOT);
    later(&mut world);
    assert!(!accounts(&mut world).contains(&MEMBER.to_owned()));
    assert!(has_role(&world, MEMBER, "vendor"));
}

#[test]
fn without_automatic_deployment_a_moved_account_keeps_its_instance() {
    let mut world = deployed();
    move_account(&mut world, MEMBER, UNIT, ROOT);
    later(&mut world);
    assert!(accounts(&mut world).contains(&MEMBER.to_owned()));
    let shown = call(&mut world, "ListStackSetAutoDeploymentTargets", &[("StackSetName", "vendor")]).unwrap();
    assert!(!shown.contains(UNIT) && shown.contains("<NextToken></NextToken>"), "{shown}");
}

#[test]
fn without_access_to_the_organization_accounts_are_not_followed() {
    let mut world = deployed_to(&[UNIT], &[]);
    call(&mut world, "DeactivateOrganizationsAccess", &[]).unwrap();
    move_account(&mut world, MEMBER, UNIT, ROOT);
    later(&mut world);
    assert!(has_role(&world, MEMBER, "vendor"));
    let error = target(&mut world, "vendor", &[EMPTY], &[]).unwrap_err();
    assert_eq!(error.message, "You must enable organizations access to operate a service managed stack set");
}

#[test]
fn a_closed_account_keeps_its_instance_and_is_skipped() {
    let mut world = deployed_to(&[UNIT], &[]);
    organizations(&mut world, MANAGEMENT, "CloseAccount", json!({ "AccountId": MEMBER })).unwrap();
    later(&mut world);
    assert_eq!(operations(&mut world, "vendor").len(), 1, "nothing was done about it");
    let deleted = [
        ("StackSetName", "vendor"),
        ("DeploymentTargets.OrganizationalUnitIds.member.1", UNIT),
        ("Regions.member.1", "us-east-1"),
        ("RetainStacks", "false"),
        ("OperationId", "delete"),
    ];
    call(&mut world, "DeleteStackInstances", &deleted).unwrap();
    later(&mut world);
    assert_eq!(status(&mut world, "delete"), "SUCCEEDED", "a skipped account is no failure");
    let skipped = instance(&mut world, MEMBER);
    assert_eq!(text(&skipped, "DetailedStatus"), Some("SKIPPED_SUSPENDED_ACCOUNT"));
    assert_eq!(text(&skipped, "StatusReason"), Some("ACCOUNT_SUSPENDED"));
    assert_eq!(text(&skipped, "Status"), Some("CURRENT"), "it stays as it was");
    assert_eq!(accounts(&mut world), [MEMBER]);
}

#[test]
fn what_becomes_of_the_stack_of_an_account_that_leaves_can_be_chosen() {
    for choice in [DepartedAccounts::Retained, DepartedAccounts::Deleted, DepartedAccounts::Stuck] {
        let mut world = deployed_to(&[UNIT], &[]);
        world.switches.departed_accounts = choice;
        organizations(&mut world, MANAGEMENT, "RemoveAccountFromOrganization", json!({ "AccountId": MEMBER })).unwrap();
        later(&mut world);
        let is_listed = accounts(&mut world).contains(&MEMBER.to_owned());
        assert_eq!(is_listed, choice == DepartedAccounts::Stuck, "{choice:?}");
        assert_eq!(has_role(&world, MEMBER, "vendor"), choice != DepartedAccounts::Deleted, "{choice:?}");
        if is_listed {
            let stuck = instance(&mut world, MEMBER);
            assert_eq!(text(&stuck, "Status"), Some("INOPERABLE"));
            assert!(text(&stuck, "StatusReason").unwrap().contains("stacksets-exec-"), "{stuck}");
        }
    }
}

#[test]
fn what_an_account_loses_goes_before_what_it_gets() {
    let mut world = deployed_to(&[UNIT], &[]);
    let made = json!({ "ParentId": ROOT, "Name": "Elsewhere" });
    let made = organizations(&mut world, MANAGEMENT, "CreateOrganizationalUnit", made).unwrap();
    let elsewhere = made["OrganizationalUnit"]["Id"].as_str().unwrap();
    let same_name = NAMELESS.replace("NAME", "vendor");
    create_set(&mut world, "a-second", &[]).unwrap();
    let replace =
        [("StackSetName", "a-second"), ("TemplateBody", &same_name), ("Capabilities.member.1", "CAPABILITY_NAMED_IAM")];
    call(&mut world, "UpdateStackSet", &replace).unwrap();
    later(&mut world);
    target(&mut world, "a-second", &[elsewhere], &[]).unwrap();
    move_account(&mut world, MEMBER, UNIT, elsewhere);
    assert_eq!(operations(&mut world, "vendor")[0].2, "RUNNING");
    assert_eq!(operations(&mut world, "a-second")[0].2, "QUEUED");
    later(&mut world);
    assert_eq!(operations(&mut world, "a-second")[0].2, "SUCCEEDED", "the name of the role is free by then");
    assert!(has_role(&world, MEMBER, "vendor"));
}

#[test]
fn a_stack_set_waits_for_those_it_depends_on() {
    let mut world = world();
    call(&mut world, "ActivateOrganizationsAccess", &[]).unwrap();
    let arn = |world: &mut World, name: &str| {
        let described = call(world, "DescribeStackSet", &[("StackSetName", name)]).unwrap();
        text(&described, "StackSetARN").unwrap().to_owned()
    };
    create_set(&mut world, "z-base", &[]).unwrap();
    let base = arn(&mut world, "z-base");
    create_set(&mut world, "a-above", &[("AutoDeployment.DependsOn.member.1", &base)]).unwrap();
    for set in ["z-base", "a-above"] {
        target(&mut world, set, &[EMPTY], &[]).unwrap();
    }
    move_account(&mut world, MEMBER, UNIT, EMPTY);
    assert_eq!(operations(&mut world, "z-base")[0].2, "RUNNING");
    assert_eq!(operations(&mut world, "a-above")[0].2, "QUEUED");
    later(&mut world);
    assert_eq!(operations(&mut world, "a-above")[0].2, "SUCCEEDED");
    assert!(has_role(&world, MEMBER, "a-above") && has_role(&world, MEMBER, "z-base"));

    let above = arn(&mut world, "a-above");
    let circle = [
        ("StackSetName", "z-base"),
        ("UsePreviousTemplate", "true"),
        ("Capabilities.member.1", "CAPABILITY_NAMED_IAM"),
        ("AutoDeployment.Enabled", "true"),
        ("AutoDeployment.DependsOn.member.1", &above),
    ];
    let error = call(&mut world, "UpdateStackSet", &circle).unwrap_err();
    assert!(error.message.contains("cannot depend on itself"), "{error}");
    let described = call(&mut world, "DescribeStackSet", &[("StackSetName", "a-above")]).unwrap();
    assert!(described.contains(&format!("<DependsOn><member>{base}</member></DependsOn>")), "{described}");
    call(&mut world, "DeactivateOrganizationsAccess", &[]).unwrap();
    let described = call(&mut world, "DescribeStackSet", &[("StackSetName", "a-above")]).unwrap();
    assert!(!described.contains("DependsOn"), "{described}");
}

#[test]
fn what_goes_with_automatic_deployment_is_refused_without_it() {
    let mut world = world();
    call(&mut world, "ActivateOrganizationsAccess", &[]).unwrap();
    let off = ("AutoDeployment.Enabled", "false");
    for more in [("AutoDeployment.RetainStacksOnAccountRemoval", "true"), ("AutoDeployment.DependsOn.member.1", "arn")]
    {
        let params = [
            ("StackSetName", "any"),
            ("PermissionModel", "SERVICE_MANAGED"),
            ("TemplateBody", TEMPLATE),
            ("Capabilities.member.1", "CAPABILITY_NAMED_IAM"),
            off,
            more,
        ];
        assert_eq!(call(&mut world, "CreateStackSet", &params).unwrap_err().code, "ValidationError");
    }
    let error = create_set(&mut world, "any", &[("AutoDeployment.DependsOn.member.1", "arn:not-there")]).unwrap_err();
    assert!(error.message.contains("does not exist"), "{error}");
}
