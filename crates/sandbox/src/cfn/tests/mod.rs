//! Stack sets as they behave.

mod administrators;
mod auto;
mod faults;
mod lag;
mod members;
mod overrides;
mod queue;
mod regions;
mod targets;

use crate::iam::NewRole;
use crate::testing::{MANAGEMENT, MEMBER, organizations, pass, query, text, world};
use crate::wire::{Service, WireError};
use crate::world::World;

pub(super) const UNIT: &str = "ou-test-work0000";
pub(super) const TEMPLATE: &str = r#"{"Resources":{"Role":{"Type":"AWS::IAM::Role","Properties":{"RoleName":"Vendor","Path":"/",
"AssumeRolePolicyDocument":{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::999999999999:root"},"Action":"sts:AssumeRole"}]},
"Policies":[{"PolicyName":"read","PolicyDocument":{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:ListBucket","Resource":"*"}]}}],
"ManagedPolicyArns":["arn:aws:iam::aws:policy/SecurityAudit"],"Tags":[{"Key":"own","Value":"1"}]}}}}"#;

pub(super) fn call(world: &mut World, operation: &str, params: &[(&str, &str)]) -> Result<String, WireError> {
    query(world, Service::CloudFormation, MANAGEMENT, operation, params)
}

pub(super) fn ready() -> World {
    let mut world = world();
    call(&mut world, "ActivateOrganizationsAccess", &[]).unwrap();
    create(&mut world, "false").unwrap();
    world
}

fn create(world: &mut World, auto: &str) -> Result<String, WireError> {
    let params = [
        ("StackSetName", "vendor"),
        ("PermissionModel", "SERVICE_MANAGED"),
        ("AutoDeployment.Enabled", auto),
        ("TemplateBody", TEMPLATE),
        ("Capabilities.member.1", "CAPABILITY_NAMED_IAM"),
        ("Tags.member.1.Key", "stack"),
        ("Tags.member.1.Value", "set"),
    ];
    call(world, "CreateStackSet", &params)
}

fn instances(world: &mut World, operation: &str, more: &[(&str, &str)]) -> Result<String, WireError> {
    let mut params = vec![
        ("StackSetName", "vendor"),
        ("DeploymentTargets.OrganizationalUnitIds.member.1", UNIT),
        ("Regions.member.1", "us-east-1"),
        ("OperationPreferences.MaxConcurrentPercentage", "100"),
        ("OperationPreferences.FailureTolerancePercentage", "100"),
        ("OperationPreferences.ConcurrencyMode", "SOFT_FAILURE_TOLERANCE"),
    ];
    params.extend(more);
    call(world, operation, &params)
}

pub(super) fn later(world: &mut World) {
    pass(world, 120);
    super::tick(world);
}

pub(super) fn deployed() -> World {
    let mut world = ready();
    instances(&mut world, "CreateStackInstances", &[]).unwrap();
    later(&mut world);
    world
}

pub(super) fn instance(world: &mut World, account: &str) -> String {
    let params = [("StackSetName", "vendor"), ("StackInstanceAccount", account), ("StackInstanceRegion", "us-east-1")];
    call(world, "DescribeStackInstance", &params).unwrap()
}

fn update(world: &mut World, template: &str, more: &[(&str, &str)]) -> Result<String, WireError> {
    let mut params =
        vec![("StackSetName", "vendor"), ("TemplateBody", template), ("Capabilities.member.1", "CAPABILITY_NAMED_IAM")];
    params.extend(more);
    call(world, "UpdateStackSet", &params)
}

/// An operation as it is now.
fn operation(world: &mut World, id: &str) -> String {
    call(world, "DescribeStackSetOperation", &[("StackSetName", "vendor"), ("OperationId", id)]).unwrap()
}

fn status(world: &mut World, id: &str) -> String {
    text(&operation(world, id), "Status").unwrap().to_owned()
}

/// Account, Region and status of the results of an operation.
fn results(world: &mut World, id: &str) -> Vec<(String, String, String)> {
    let params = [("StackSetName", "vendor"), ("OperationId", id)];
    let listed = call(world, "ListStackSetOperationResults", &params).unwrap();
    let of = |row: &str, name: &str| text(row, name).unwrap().to_owned();
    listed.split("<member>").skip(1).map(|row| (of(row, "Account"), of(row, "Region"), of(row, "Status"))).collect()
}

/// The accounts with an instance, sorted.
fn accounts(world: &mut World) -> Vec<String> {
    let listed = call(world, "ListStackInstances", &[("StackSetName", "vendor")]).unwrap();
    listed.split("<Account>").skip(1).map(|rest| rest[..12].to_owned()).collect()
}

/// A hand-made role with the name of the template's.
fn take_the_name(world: &mut World, account: &str) {
    let trust = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;
    let params = [("RoleName", "Vendor"), ("AssumeRolePolicyDocument", trust)];
    query(world, Service::Iam, account, "CreateRole", &params).unwrap();
}

/// Whether the template's role is in an account.
fn has_role(world: &World, account: &str) -> bool {
    world.iam(account).is_ok_and(|iam| iam.role("Vendor").is_ok())
}

fn move_account(world: &mut World, account: &str, from: &str, to: &str) {
    let params = serde_json::json!({ "AccountId": account, "SourceParentId": from, "DestinationParentId": to });
    organizations(world, MANAGEMENT, "MoveAccount", params).unwrap();
}

#[test]
fn without_organizations_access_there_is_no_stack_set() {
    let mut world = world();
    let error = create(&mut world, "false").unwrap_err();
    assert_eq!(error.message, "You must enable organizations access to operate a service managed stack set");
}

#[test]
fn a_member_may_not_call() {
    let mut world = ready();
    let error = query(&mut world, Service::CloudFormation, MEMBER, "ListStackSets", &[]).unwrap_err();
    assert!(error.message.starts_with("You must be the management account or delegated admin account"));
}

#[test]
fn a_named_role_needs_its_capability() {
    let mut world = ready();
    let params = [
        ("StackSetName", "other"),
        ("PermissionModel", "SERVICE_MANAGED"),
        ("AutoDeployment.Enabled", "false"),
        ("TemplateBody", TEMPLATE),
        ("Capabilities.member.1", "CAPABILITY_IAM"),
    ];
    let error = call(&mut world, "CreateStackSet", &params).unwrap_err();
    assert_eq!(error.code, "InsufficientCapabilitiesException");
    assert_eq!(error.message, "Requires capabilities : [CAPABILITY_NAMED_IAM]");
}

#[test]
fn an_operation_takes_time_and_then_the_role_is_there() {
    let mut world = ready();
    let answer = instances(&mut world, "CreateStackInstances", &[("OperationId", "mine")]).unwrap();
    assert_eq!(text(&answer, "OperationId"), Some("mine"));
    let describe = [("StackSetName", "vendor"), ("OperationId", "mine")];
    let running = call(&mut world, "DescribeStackSetOperation", &describe).unwrap();
    assert_eq!(text(&running, "Status"), Some("RUNNING"));
    assert!(world.iam(MEMBER).unwrap().role("Vendor").is_err());
    later(&mut world);
    let ended = call(&mut world, "DescribeStackSetOperation", &describe).unwrap();
    assert_eq!(text(&ended, "Status"), Some("SUCCEEDED"));
    let role = world.iam(MEMBER).unwrap().role("Vendor").unwrap();
    assert_eq!(role.tags.get("stack").map(String::as_str), Some("set"), "stack set tags reach the role");
    assert_eq!(role.tags.get("own").map(String::as_str), Some("1"));
    assert!(role.inline.contains_key("read") && role.attached.len() == 1);
    assert_eq!(text(&instance(&mut world, MEMBER), "Status"), Some("CURRENT"));
}

#[test]
fn the_management_account_and_suspended_accounts_get_no_instance() {
    let mut world = ready();
    instances(&mut world, "CreateStackInstances", &[("DeploymentTargets.OrganizationalUnitIds.member.2", "r-test")])
        .unwrap();
    later(&mut world);
    let listed = call(&mut world, "ListStackInstances", &[("StackSetName", "vendor")]).unwrap();
    assert!(!listed.contains(MANAGEMENT) && !listed.contains("333333333333") && listed.contains(MEMBER));
}

#[test]
fn a_second_operation_is_refused_and_names_the_first() {
    let mut world = ready();
    instances(&mut world, "CreateStackInstances", &[("OperationId", "first")]).unwrap();
    let error = instances(&mut world, "CreateStackInstances", &[]).unwrap_err();
    assert_eq!((error.status, error.code.as_ref()), (409, "OperationInProgressException"));
    assert!(error.message.ends_with("is in progress: first"), "{}", error.message);
    let error = instances(&mut world, "CreateStackInstances", &[("OperationId", "first")]).unwrap_err();
    assert_eq!(error.code, "OperationIdAlreadyExistsException");
}

#[test]
fn managed_execution_queues_a_second_operation() {
    let mut world = ready();
    let managed = [
        ("StackSetName", "vendor"),
        ("UsePreviousTemplate", "true"),
        ("ManagedExecution.Active", "true"),
        ("Capabilities.member.1", "CAPABILITY_NAMED_IAM"),
    ];
    call(&mut world, "UpdateStackSet", &managed).unwrap();
    later(&mut world);
    instances(&mut world, "CreateStackInstances", &[("OperationId", "first")]).unwrap();
    instances(&mut world, "DeleteStackInstances", &[("OperationId", "second"), ("RetainStacks", "false")]).unwrap();
    let queued =
        call(&mut world, "DescribeStackSetOperation", &[("StackSetName", "vendor"), ("OperationId", "second")])
            .unwrap();
    assert_eq!(text(&queued, "Status"), Some("QUEUED"));
    later(&mut world);
    let ended = call(&mut world, "DescribeStackSetOperation", &[("StackSetName", "vendor"), ("OperationId", "second")])
        .unwrap();
    assert_eq!(text(&ended, "Status"), Some("SUCCEEDED"));
}

#[test]
fn a_name_that_is_taken_fails_the_instance_in_aws_words() {
    let mut world = ready();
    let trust = world.trust(r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#).unwrap();
    let now = world.now;
    let new = NewRole {
        name: "vendor".to_owned(),
        path: "/".to_owned(),
        trust,
        description: None,
        max_session: 3600,
        boundary: None,
        tags: Vec::new(),
    };
    world.iam_mut(MEMBER).unwrap().create_role(new, now).unwrap();
    instances(&mut world, "CreateStackInstances", &[("OperationId", "clash")]).unwrap();
    later(&mut world);
    let failed = instance(&mut world, MEMBER);
    assert_eq!(text(&failed, "Status"), Some("OUTDATED"));
    assert_eq!(text(&failed, "DetailedStatus"), Some("FAILED"));
    assert!(
        text(&failed, "StatusReason").unwrap().contains("with identifier &apos;Vendor&apos; already exists."),
        "{failed}"
    );
    assert!(text(&failed, "StackId").is_none(), "a failed create leaves no stack");
    let operation =
        call(&mut world, "DescribeStackSetOperation", &[("StackSetName", "vendor"), ("OperationId", "clash")]).unwrap();
    assert_eq!(text(&operation, "Status"), Some("SUCCEEDED"), "one failure is within the tolerance");
    assert_eq!(text(&operation, "FailedStackInstancesCount"), Some("1"));
}

#[test]
fn an_update_marks_everything_outdated_and_changes_only_what_differs() {
    let mut world = deployed();
    let document = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;
    world.iam_mut(MEMBER).unwrap().put_role_policy("Vendor", "backdoor", document).unwrap();
    update(&mut world, &TEMPLATE.replace("s3:ListBucket", "s3:GetObject"), &[]).unwrap();
    assert_eq!(text(&instance(&mut world, MEMBER), "Status"), Some("OUTDATED"));
    later(&mut world);
    assert_eq!(text(&instance(&mut world, MEMBER), "Status"), Some("CURRENT"));
    let role = world.iam(MEMBER).unwrap().role("Vendor").unwrap();
    assert!(role.inline["read"].contains("s3:GetObject"));
    assert!(role.inline.contains_key("backdoor"), "a stack does not see what it did not make");
}

#[test]
fn an_update_of_a_part_leaves_the_rest_outdated() {
    let mut world = deployed();
    let only = [
        ("DeploymentTargets.OrganizationalUnitIds.member.1", UNIT),
        ("DeploymentTargets.Accounts.member.1", MEMBER),
        ("DeploymentTargets.AccountFilterType", "INTERSECTION"),
    ];
    update(&mut world, &TEMPLATE.replace("s3:ListBucket", "s3:GetObject"), &only).unwrap();
    later(&mut world);
    assert_eq!(text(&instance(&mut world, MEMBER), "Status"), Some("CURRENT"));
    assert_eq!(text(&instance(&mut world, "444444444444"), "Status"), Some("OUTDATED"));
}

#[test]
fn an_update_that_changes_nothing_says_so_and_succeeds() {
    let mut world = deployed();
    update(&mut world, TEMPLATE, &[]).unwrap();
    later(&mut world);
    let unchanged = instance(&mut world, MEMBER);
    assert_eq!(text(&unchanged, "StatusReason"), Some("No updates are to be performed."));
    assert_eq!(text(&unchanged, "Status"), Some("CURRENT"));
}

#[test]
fn a_role_with_a_foreign_policy_cannot_be_deleted_and_the_instance_is_inoperable() {
    let mut world = deployed();
    let document = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;
    world.iam_mut(MEMBER).unwrap().put_role_policy("Vendor", "backdoor", document).unwrap();
    instances(&mut world, "DeleteStackInstances", &[("RetainStacks", "false")]).unwrap();
    later(&mut world);
    let stuck = instance(&mut world, MEMBER);
    assert_eq!(text(&stuck, "Status"), Some("INOPERABLE"));
    assert!(
        text(&stuck, "StatusReason").unwrap().contains("Cannot delete entity, must delete policies first."),
        "{stuck}"
    );
    let error = call(&mut world, "DeleteStackSet", &[("StackSetName", "vendor")]).unwrap_err();
    assert_eq!(error.code, "StackSetNotEmptyException");
    instances(&mut world, "DeleteStackInstances", &[("RetainStacks", "true")]).unwrap();
    later(&mut world);
    call(&mut world, "DeleteStackSet", &[("StackSetName", "vendor")]).unwrap();
    let deleted = call(&mut world, "ListStackSets", &[("Status", "DELETED")]).unwrap();
    assert_eq!(text(&deleted, "StackSetName"), Some("vendor"));
}

#[test]
fn an_account_that_joins_a_target_gets_its_stack_by_itself() {
    let mut world = world();
    call(&mut world, "ActivateOrganizationsAccess", &[]).unwrap();
    create(&mut world, "true").unwrap();
    instances(&mut world, "CreateStackInstances", &[]).unwrap();
    later(&mut world);
    let move_to = |world: &mut World, from: &str, to: &str| {
        let params =
            serde_json::json!({ "AccountId": "555555555555", "SourceParentId": from, "DestinationParentId": to });
        crate::testing::organizations(world, MANAGEMENT, "MoveAccount", params).unwrap();
        later(world);
    };
    assert!(world.iam("555555555555").unwrap().role("Vendor").is_ok());
    move_to(&mut world, UNIT, "r-test");
    assert!(world.iam("555555555555").unwrap().role("Vendor").is_err(), "it left the target");
    move_to(&mut world, "r-test", UNIT);
    assert!(world.iam("555555555555").unwrap().role("Vendor").is_ok(), "it joined the target");
}

#[test]
fn stopping_lets_what_has_begun_finish_and_cancels_the_rest() {
    let mut world = ready();
    let slow = [("OperationId", "slow"), ("OperationPreferences.MaxConcurrentCount", "1")];
    let params: Vec<(&str, &str)> = [
        ("StackSetName", "vendor"),
        ("DeploymentTargets.OrganizationalUnitIds.member.1", UNIT),
        ("Regions.member.1", "us-east-1"),
    ]
    .into_iter()
    .chain(slow)
    .collect();
    call(&mut world, "CreateStackInstances", &params).unwrap();
    pass(&mut world, 1);
    super::tick(&mut world);
    call(&mut world, "StopStackSetOperation", &[("StackSetName", "vendor"), ("OperationId", "slow")]).unwrap();
    later(&mut world);
    let stopped =
        call(&mut world, "DescribeStackSetOperation", &[("StackSetName", "vendor"), ("OperationId", "slow")]).unwrap();
    assert_eq!(text(&stopped, "Status"), Some("STOPPED"));
    let results =
        call(&mut world, "ListStackSetOperationResults", &[("StackSetName", "vendor"), ("OperationId", "slow")])
            .unwrap();
    assert!(results.contains("CANCELLED") && results.contains("SUCCEEDED"), "{results}");
}

#[test]
fn a_failure_beyond_the_tolerance_cancels_the_rest() {
    let mut world = ready();
    update(&mut world, &TEMPLATE.replace("AWS::IAM::Role", "AWS::S3::Bucket"), &[]).unwrap();
    later(&mut world);
    let params = [
        ("StackSetName", "vendor"),
        ("DeploymentTargets.OrganizationalUnitIds.member.1", UNIT),
        ("Regions.member.1", "us-east-1"),
        ("OperationId", "strict"),
    ];
    call(&mut world, "CreateStackInstances", &params).unwrap();
    later(&mut world);
    let ended = call(&mut world, "DescribeStackSetOperation", &[("StackSetName", "vendor"), ("OperationId", "strict")])
        .unwrap();
    assert_eq!(text(&ended, "Status"), Some("FAILED"));
    let results =
        call(&mut world, "ListStackSetOperationResults", &[("StackSetName", "vendor"), ("OperationId", "strict")])
            .unwrap();
    assert_eq!(results.matches("<Status>FAILED</Status>").count(), 1, "{results}");
    assert!(results.contains("Cancelled since failure tolerance has exceeded"), "{results}");
}

#[test]
fn a_state_that_was_saved_goes_on() {
    let mut world = ready();
    instances(&mut world, "CreateStackInstances", &[]).unwrap();
    let mut again = World::from_json(&world.to_json().unwrap()).unwrap();
    assert_eq!(again, world);
    later(&mut again);
    assert!(again.iam(MEMBER).unwrap().role("Vendor").is_ok());
}

#[test]
fn what_is_not_simulated_is_named() {
    let mut world = ready();
    let error = call(&mut world, "SetStackPolicy", &[("StackName", "vendor")]).unwrap_err();
    assert!(error.code == "InvalidAction" && error.message.contains("SetStackPolicy"));
}

#[test]
fn the_management_account_moved_into_a_target_gets_no_instance() {
    let mut world = world();
    call(&mut world, "ActivateOrganizationsAccess", &[]).unwrap();
    create(&mut world, "true").unwrap();
    instances(&mut world, "CreateStackInstances", &[]).unwrap();
    later(&mut world);
    let params = serde_json::json!({
        "AccountId": MANAGEMENT, "SourceParentId": "r-test", "DestinationParentId": UNIT
    });
    organizations(&mut world, MANAGEMENT, "MoveAccount", params).unwrap();
    later(&mut world);
    let listed = call(&mut world, "ListStackInstances", &[("StackSetName", "vendor")]).unwrap();
    assert!(listed.contains(MEMBER) && !listed.contains(&format!("<Account>{MANAGEMENT}")));
    assert!(world.iam(MANAGEMENT).unwrap().role("Vendor").is_err());
}

#[test]
fn a_deleted_stack_set_is_looked_at_but_not_changed() {
    let mut world = world();
    call(&mut world, "ActivateOrganizationsAccess", &[]).unwrap();
    let made = create(&mut world, "false").unwrap();
    let id = text(&made, "StackSetId").unwrap();
    call(&mut world, "DeleteStackSet", &[("StackSetName", "vendor")]).unwrap();
    let described = call(&mut world, "DescribeStackSet", &[("StackSetName", id)]).unwrap();
    assert_eq!(text(&described, "Status"), Some("DELETED"));
    let error = call(&mut world, "DeleteStackSet", &[("StackSetName", id)]).unwrap_err();
    assert_eq!(error.code, "StackSetNotFoundException");
    let params = [
        ("StackSetName", id),
        ("DeploymentTargets.OrganizationalUnitIds.member.1", UNIT),
        ("Regions.member.1", "us-east-1"),
    ];
    let error = call(&mut world, "CreateStackInstances", &params).unwrap_err();
    assert_eq!(error.code, "StackSetNotFoundException");
}

#[test]
fn an_account_that_left_is_no_instance_any_more_and_keeps_its_role() {
    let mut world = world();
    call(&mut world, "ActivateOrganizationsAccess", &[]).unwrap();
    create(&mut world, "true").unwrap();
    instances(&mut world, "CreateStackInstances", &[]).unwrap();
    later(&mut world);
    organizations(&mut world, MANAGEMENT, "RemoveAccountFromOrganization", serde_json::json!({ "AccountId": MEMBER }))
        .unwrap();
    later(&mut world);
    let listed = call(&mut world, "ListStackInstances", &[("StackSetName", "vendor")]).unwrap();
    assert!(!listed.contains(MEMBER));
    assert!(world.iam(MEMBER).unwrap().role("Vendor").is_ok());
}
