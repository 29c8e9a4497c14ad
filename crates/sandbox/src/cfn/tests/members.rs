//! What is done in the members themselves, past the stack set.

use super::*;

fn in_member(world: &mut World, operation: &str, params: &[(&str, &str)]) -> Result<String, WireError> {
    let stack = instance(world, MEMBER);
    let stack = text(&stack, "StackId").unwrap();
    let all = [&[("StackName", stack), ("Capabilities.member.1", "CAPABILITY_NAMED_IAM")][..], params].concat();
    query(world, Service::CloudFormation, MEMBER, operation, &all)
}

#[test]
fn a_protected_stack_is_not_deleted_and_its_instance_is_inoperable() {
    let mut world = deployed();
    in_member(&mut world, "UpdateTerminationProtection", &[("EnableTerminationProtection", "true")]).unwrap();
    instances(&mut world, "DeleteStackInstances", &[("RetainStacks", "false")]).unwrap();
    later(&mut world);
    let stuck = instance(&mut world, MEMBER);
    assert_eq!(text(&stuck, "Status"), Some("INOPERABLE"));
    assert!(text(&stuck, "StatusReason").unwrap().contains("TerminationProtection is enabled"), "{stuck}");
}

#[test]
fn a_stack_that_was_updated_directly_is_current_still() {
    let mut world = deployed();
    let other = TEMPLATE.replace("s3:ListBucket", "s3:GetObject");
    in_member(&mut world, "UpdateStack", &[("TemplateBody", &other)]).unwrap();
    later(&mut world);
    assert!(world.iam(MEMBER).unwrap().role("Vendor").unwrap().inline["read"].contains("s3:GetObject"));
    assert_eq!(text(&instance(&mut world, MEMBER), "Status"), Some("CURRENT"));
    update(&mut world, TEMPLATE, &[]).unwrap();
    later(&mut world);
    assert!(world.iam(MEMBER).unwrap().role("Vendor").unwrap().inline["read"].contains("s3:ListBucket"));
}

#[test]
fn the_instance_of_a_stack_that_was_deleted_directly_fails_its_update_and_can_be_deleted() {
    let mut world = deployed();
    in_member(&mut world, "DeleteStack", &[]).unwrap();
    later(&mut world);
    assert_eq!(text(&instance(&mut world, MEMBER), "Status"), Some("CURRENT"), "nobody noticed");
    update(&mut world, &TEMPLATE.replace("s3:ListBucket", "s3:GetObject"), &[]).unwrap();
    later(&mut world);
    let failed = instance(&mut world, MEMBER);
    assert_eq!((text(&failed, "Status"), text(&failed, "DetailedStatus")), (Some("OUTDATED"), Some("FAILED")));
    instances(&mut world, "DeleteStackInstances", &[("RetainStacks", "false")]).unwrap();
    later(&mut world);
    assert!(accounts(&mut world).is_empty());
}

#[test]
fn a_retained_stack_lives_on_without_the_stack_set() {
    let mut world = deployed();
    let stack = text(&instance(&mut world, MEMBER), "StackId").unwrap().to_owned();
    instances(&mut world, "DeleteStackInstances", &[("RetainStacks", "true")]).unwrap();
    later(&mut world);
    let described =
        query(&mut world, Service::CloudFormation, MEMBER, "DescribeStacks", &[("StackName", &stack)]).unwrap();
    assert_eq!(text(&described, "StackStatus"), Some("CREATE_COMPLETE"));
    assert!(world.iam(MEMBER).unwrap().role("Vendor").is_ok());
    // A new instance makes a new stack, whose role has the name of the old one's.
    instances(&mut world, "CreateStackInstances", &[("OperationId", "again")]).unwrap();
    later(&mut world);
    assert_eq!(text(&operation(&mut world, "again"), "FailedStackInstancesCount"), Some("3"));
}
