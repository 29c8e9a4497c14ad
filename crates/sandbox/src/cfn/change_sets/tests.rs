//! Change sets, as they behave.

use serde_json::{Value, json};

use crate::testing::{MEMBER, query, text, world};
use crate::wire::{Service, WireError};
use crate::world::World;

fn call(world: &mut World, operation: &str, params: &[(&str, &str)]) -> Result<String, WireError> {
    let mut all = vec![("StackName", "vendor"), ("Capabilities.member.1", "CAPABILITY_NAMED_IAM")];
    all.extend(params);
    query(world, Service::CloudFormation, MEMBER, operation, &all)
}

fn template(properties: &Value) -> String {
    let mut all = json!({
        "RoleName": { "Ref": "Name" },
        "AssumeRolePolicyDocument": { "Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Principal": { "AWS": "arn:aws:iam::999999999999:root" }, "Action": "sts:AssumeRole",
        }]},
    });
    for (key, value) in properties.as_object().into_iter().flatten() {
        all[key] = value.clone();
    }
    json!({
        "Parameters": { "Name": { "Type": "String", "Default": "Vendor" } },
        "Resources": { "Role": { "Type": "AWS::IAM::Role", "Properties": all } },
    })
    .to_string()
}

fn make(world: &mut World, body: &str, more: &[(&str, &str)]) -> Result<String, WireError> {
    let mut params = vec![("ChangeSetName", "next"), ("TemplateBody", body)];
    params.extend(more);
    call(world, "CreateChangeSet", &params)
}

fn described(world: &mut World) -> String {
    call(world, "DescribeChangeSet", &[("ChangeSetName", "next"), ("IncludePropertyValues", "true")]).unwrap()
}

fn created() -> World {
    let mut world = world();
    make(&mut world, &template(&json!({})), &[("ChangeSetType", "CREATE")]).unwrap();
    call(&mut world, "ExecuteChangeSet", &[("ChangeSetName", "next")]).unwrap();
    call(&mut world, "DeleteChangeSet", &[("ChangeSetName", "next")]).unwrap();
    world
}

#[test]
fn a_change_set_creates_a_stack_when_it_is_executed() {
    let mut world = world();
    let made = make(&mut world, &template(&json!({})), &[("ChangeSetType", "CREATE")]).unwrap();
    let stack = call(&mut world, "DescribeStacks", &[]).unwrap();
    assert_eq!(text(&stack, "StackStatus"), Some("REVIEW_IN_PROGRESS"));
    assert_eq!(text(&stack, "StackId"), text(&made, "StackId"));
    let set = described(&mut world);
    assert_eq!(text(&set, "ExecutionStatus"), Some("AVAILABLE"));
    assert_eq!((text(&set, "Action"), text(&set, "LogicalResourceId")), (Some("Add"), Some("Role")));
    assert!(world.iam(MEMBER).unwrap().role("Vendor").is_err(), "nothing is made yet");
    call(&mut world, "ExecuteChangeSet", &[("ChangeSetName", "next")]).unwrap();
    let stack = call(&mut world, "DescribeStacks", &[]).unwrap();
    assert_eq!(text(&stack, "StackStatus"), Some("CREATE_COMPLETE"));
    assert_eq!(text(&stack, "ChangeSetId"), text(&made, "Id"));
    assert!(world.iam(MEMBER).unwrap().role("Vendor").is_ok());
    assert_eq!(text(&described(&mut world), "ExecutionStatus"), Some("EXECUTE_COMPLETE"));
    let error = call(&mut world, "ExecuteChangeSet", &[("ChangeSetName", "next")]).unwrap_err();
    assert_eq!((error.code.as_ref(), error.status), ("InvalidChangeSetStatus", 400));
}

#[test]
fn a_change_set_without_changes_fails_and_says_so() {
    let mut world = created();
    make(&mut world, &template(&json!({})), &[]).unwrap();
    let set = described(&mut world);
    assert_eq!(text(&set, "Status"), Some("FAILED"));
    assert_eq!(text(&set, "ExecutionStatus"), Some("UNAVAILABLE"));
    let reason =
        "The submitted information didn&apos;t contain changes. Submit different information to create a change set.";
    assert_eq!(text(&set, "StatusReason"), Some(reason));
    assert!(call(&mut world, "ExecuteChangeSet", &[("ChangeSetName", "next")]).is_err());
}

#[test]
fn changes_say_what_is_done_to_each_property_and_whether_another_resource_takes_its_place() {
    let mut world = created();
    make(&mut world, &template(&json!({ "Description": "new" })), &[]).unwrap();
    let set = described(&mut world);
    for (element, wanted) in [
        ("Action", "Modify"),
        ("PhysicalResourceId", "Vendor"),
        ("Replacement", "False"),
        ("Attribute", "Properties"),
        ("Name", "Description"),
        ("RequiresRecreation", "Never"),
        ("Path", "/Properties/Description"),
        ("AfterValue", "new"),
        ("AttributeChangeType", "Add"),
        ("ChangeSource", "DirectModification"),
    ] {
        assert_eq!(text(&set, element), Some(wanted), "{set}");
    }
    let other = [
        ("ChangeSetName", "rename"),
        ("Parameters.member.1.ParameterKey", "Name"),
        ("Parameters.member.1.ParameterValue", "Other"),
        ("UsePreviousTemplate", "true"),
    ];
    call(&mut world, "CreateChangeSet", &other).unwrap();
    let set = call(&mut world, "DescribeChangeSet", &[("ChangeSetName", "rename")]).unwrap();
    for (element, wanted) in [
        ("PolicyAction", "ReplaceAndDelete"),
        ("Replacement", "True"),
        ("RequiresRecreation", "Always"),
        ("ChangeSource", "ParameterReference"),
        ("CausingEntity", "Name"),
    ] {
        assert_eq!(text(&set, element), Some(wanted), "{set}");
    }
    assert!(!set.contains("BeforeContext"), "only on request: {set}");
    call(&mut world, "ExecuteChangeSet", &[("ChangeSetName", "rename")]).unwrap();
    let iam = world.iam(MEMBER).unwrap();
    assert!(iam.role("Vendor").is_err() && iam.role("Other").is_ok());
    // The other change set went with the execution.
    let error = call(&mut world, "DescribeChangeSet", &[("ChangeSetName", "next")]).unwrap_err();
    assert_eq!((error.code.as_ref(), error.status), ("ChangeSetNotFound", 404));
}

#[test]
fn a_removed_resource_is_a_removal_by_its_deletion_policy() {
    let mut world = created();
    let mut two: Value = serde_json::from_str(&template(&json!({}))).unwrap();
    two["Resources"]["Second"] = two["Resources"]["Role"].clone();
    two["Resources"]["Second"]["Properties"]["RoleName"] = Value::from("Second");
    two["Resources"]["Second"]["DeletionPolicy"] = Value::from("Retain");
    call(&mut world, "UpdateStack", &[("TemplateBody", &two.to_string())]).unwrap();
    make(&mut world, &template(&json!({})), &[]).unwrap();
    let set = described(&mut world);
    for (element, wanted) in [("Action", "Remove"), ("PolicyAction", "Retain"), ("PhysicalResourceId", "Second")] {
        assert_eq!(text(&set, element), Some(wanted), "{set}");
    }
}

#[test]
fn an_update_in_between_makes_a_change_set_obsolete() {
    let mut world = created();
    make(&mut world, &template(&json!({ "Description": "new" })), &[]).unwrap();
    let error = make(&mut world, &template(&json!({ "Description": "other" })), &[]).unwrap_err();
    assert_eq!(error.code, "AlreadyExistsException");
    call(&mut world, "UpdateStack", &[("TemplateBody", &template(&json!({ "Description": "between" })))]).unwrap();
    let listed = call(&mut world, "ListChangeSets", &[]).unwrap();
    assert_eq!(text(&listed, "ExecutionStatus"), Some("OBSOLETE"));
    assert!(call(&mut world, "ExecuteChangeSet", &[("ChangeSetName", "next")]).is_err());
    call(&mut world, "DeleteChangeSet", &[("ChangeSetName", "next")]).unwrap();
    assert!(!call(&mut world, "ListChangeSets", &[]).unwrap().contains("<member>"));
}

#[test]
fn a_change_set_is_of_a_stack_that_fits_its_type() {
    let mut world = created();
    let error = make(&mut world, &template(&json!({})), &[("ChangeSetType", "CREATE")]).unwrap_err();
    assert_eq!(error.message, "Stack [vendor] already exists and cannot be created again with the changeSet [next].");
    let error = make(&mut world, &template(&json!({})), &[("StackName", "none")]).unwrap_err();
    assert_eq!(error.message, "Stack [none] does not exist");
}
