//! Who may operate stack sets, and how they say so.

use serde_json::json;

use super::*;

const PRINCIPAL: &str = "member.org.stacksets.cloudformation.amazonaws.com";

fn delegated() -> World {
    let mut world = ready();
    let params = json!({ "AccountId": MEMBER, "ServicePrincipal": PRINCIPAL });
    organizations(&mut world, MANAGEMENT, "RegisterDelegatedAdministrator", params).unwrap();
    world
}

/// A call of the delegated administrator.
fn as_delegate(world: &mut World, operation: &str, params: &[(&str, &str)]) -> Result<String, WireError> {
    let all = [&[("StackSetName", "vendor"), ("CallAs", "DELEGATED_ADMIN")][..], params].concat();
    query(world, Service::CloudFormation, MEMBER, operation, &all)
}

#[test]
fn a_delegated_administrator_operates_the_sets_of_the_management_account() {
    let mut world = delegated();
    let targets = [("DeploymentTargets.OrganizationalUnitIds.member.1", UNIT), ("Regions.member.1", "us-east-1")];
    let with = |more: &[(&'static str, &'static str)]| [&targets[..], more].concat();
    as_delegate(&mut world, "CreateStackInstances", &with(&[("OperationId", "one")])).unwrap();
    let described = as_delegate(&mut world, "DescribeStackSetOperation", &[("OperationId", "one")]).unwrap();
    assert_eq!(text(&described, "Status"), Some("RUNNING"));
    as_delegate(&mut world, "StopStackSetOperation", &[("OperationId", "one")]).unwrap();
    later(&mut world);
    as_delegate(&mut world, "UpdateStackInstances", &with(&[])).unwrap();
    later(&mut world);
    let update = [("UsePreviousTemplate", "true"), ("Capabilities.member.1", "CAPABILITY_NAMED_IAM")];
    as_delegate(&mut world, "UpdateStackSet", &update).unwrap();
    later(&mut world);
    let one = [("StackInstanceAccount", MEMBER), ("StackInstanceRegion", "us-east-1")];
    as_delegate(&mut world, "DescribeStackInstance", &one).unwrap();
    for reading in [
        "DescribeStackSet",
        "ListStackSets",
        "ListStackInstances",
        "ListStackSetOperations",
        "ListStackSetAutoDeploymentTargets",
        "DescribeOrganizationsAccess",
    ] {
        as_delegate(&mut world, reading, &[]).unwrap();
    }
    as_delegate(&mut world, "ListStackSetOperationResults", &[("OperationId", "one")]).unwrap();
    as_delegate(&mut world, "DeleteStackInstances", &with(&[("RetainStacks", "false")])).unwrap();
    later(&mut world);
    as_delegate(&mut world, "DeleteStackSet", &[]).unwrap();
    let listed = call(&mut world, "ListStackSets", &[("Status", "DELETED")]).unwrap();
    assert!(listed.contains("<StackSetName>vendor</StackSetName>"), "it was the management account's: {listed}");
}

#[test]
fn a_delegated_administrator_says_so_in_every_call() {
    let mut world = delegated();
    let silent = query(&mut world, Service::CloudFormation, MEMBER, "DescribeStackSet", &[("StackSetName", "vendor")]);
    assert!(silent.unwrap_err().message.starts_with("You must be the management account or delegated admin account"));
    let error =
        call(&mut world, "DescribeStackSet", &[("StackSetName", "vendor"), ("CallAs", "DELEGATED_ADMIN")]).unwrap_err();
    assert_eq!(error.message, "Account used is not a delegated administrator");
    let error = call(&mut world, "ListStackSets", &[("CallAs", "ANYONE")]).unwrap_err();
    assert!(error.message.contains("satisfy enum value set: [SELF, DELEGATED_ADMIN]"));
    let error = as_delegate(&mut world, "DeactivateOrganizationsAccess", &[]).unwrap_err();
    assert_eq!(error.code, "ValidationError", "that is the management account's alone");
}
