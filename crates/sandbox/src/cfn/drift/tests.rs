//! Drift, as it is detected and as it is not.

use serde_json::{Value, json};

use crate::cfn::switches::EmptyLists;
use crate::testing::{MEMBER, query, text, world};
use crate::wire::{Service, WireError};
use crate::world::World;

fn call(world: &mut World, operation: &str, params: &[(&str, &str)]) -> Result<String, WireError> {
    let mut all = vec![("StackName", "vendor"), ("Capabilities.member.1", "CAPABILITY_NAMED_IAM")];
    all.extend(params);
    query(world, Service::CloudFormation, MEMBER, operation, &all)
}

fn iam(world: &mut World, operation: &str, params: &[(&str, &str)]) {
    let mut all = vec![("RoleName", "Vendor")];
    all.extend(params);
    query(world, Service::Iam, MEMBER, operation, &all).unwrap();
}

fn created(more: &Value) -> World {
    let mut properties = json!({
        "RoleName": "Vendor",
        "Description": "as declared",
        "AssumeRolePolicyDocument": { "Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Principal": { "AWS": "999999999999" }, "Action": ["sts:AssumeRole"],
        }]},
    });
    for (key, value) in more.as_object().into_iter().flatten() {
        properties[key] = value.clone();
    }
    let body = json!({ "Resources": { "Role": { "Type": "AWS::IAM::Role", "Properties": properties } } }).to_string();
    let mut world = world();
    let tags = [("Tags.member.1.Key", "team"), ("Tags.member.1.Value", "x")];
    call(&mut world, "CreateStack", &[&[("TemplateBody", body.as_str())][..], &tags[..]].concat()).unwrap();
    world
}

/// The stack's status by a detection, and the resources that it found.
fn detect(world: &mut World) -> (String, String) {
    let begun = call(world, "DetectStackDrift", &[]).unwrap();
    let id = [("StackDriftDetectionId", text(&begun, "StackDriftDetectionId").unwrap())];
    let status = call(world, "DescribeStackDriftDetectionStatus", &id).unwrap();
    assert_eq!(text(&status, "DetectionStatus"), Some("DETECTION_COMPLETE"));
    let found = call(world, "DescribeStackResourceDrifts", &[]).unwrap();
    (text(&status, "StackDriftStatus").unwrap().to_owned(), found)
}

#[test]
fn a_fresh_stack_is_in_sync() {
    let mut world = created(&json!({ "Tags": [{ "Key": "own", "Value": "1" }], "MaxSessionDuration": "7200" }));
    let (status, found) = detect(&mut world);
    assert_eq!((status.as_str(), text(&found, "StackResourceDriftStatus")), ("IN_SYNC", Some("IN_SYNC")), "{found}");
    let described = call(&mut world, "DescribeStacks", &[]).unwrap();
    assert_eq!(text(&described, "StackDriftStatus"), Some("IN_SYNC"));
}

#[test]
fn drift_detection_is_blind_to_properties_that_the_template_does_not_declare() {
    let mut world = created(&json!({}));
    iam(&mut world, "AttachRolePolicy", &[("PolicyArn", "arn:aws:iam::aws:policy/AdministratorAccess")]);
    let document = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;
    iam(&mut world, "PutRolePolicy", &[("PolicyName", "extra"), ("PolicyDocument", document)]);
    iam(&mut world, "TagRole", &[("Tags.member.1.Key", "new"), ("Tags.member.1.Value", "1")]);
    iam(&mut world, "UpdateRole", &[("MaxSessionDuration", "43200")]);
    assert_eq!(detect(&mut world).0, "IN_SYNC");
}

#[test]
fn what_was_added_to_an_empty_list_is_drift_or_not_by_a_switch() {
    for (switch, wanted) in [(EmptyLists::Compared, "DRIFTED"), (EmptyLists::Ignored, "IN_SYNC")] {
        let mut world = created(&json!({ "ManagedPolicyArns": [], "Policies": [] }));
        world.switches.empty_lists = switch;
        assert_eq!(detect(&mut world).0, "IN_SYNC");
        iam(&mut world, "AttachRolePolicy", &[("PolicyArn", "arn:aws:iam::aws:policy/AdministratorAccess")]);
        let (status, found) = detect(&mut world);
        assert_eq!(status, wanted);
        if switch == EmptyLists::Compared {
            assert_eq!(text(&found, "PropertyPath"), Some("/ManagedPolicyArns/0"));
            assert_eq!(text(&found, "DifferenceType"), Some("ADD"));
        }
    }
}

#[test]
fn a_declared_property_that_was_changed_is_drift_with_both_values() {
    let mut world = created(&json!({}));
    iam(&mut world, "UpdateRole", &[("Description", "by hand")]);
    let (status, found) = detect(&mut world);
    assert_eq!(status, "DRIFTED");
    for (element, wanted) in [
        ("StackResourceDriftStatus", "MODIFIED"),
        ("PropertyPath", "/Description"),
        ("ExpectedValue", "as declared"),
        ("ActualValue", "by hand"),
        ("DifferenceType", "NOT_EQUAL"),
    ] {
        assert_eq!(text(&found, element), Some(wanted), "{found}");
    }
    let filter = [("StackResourceDriftStatusFilters.member.1", "IN_SYNC")];
    assert!(!call(&mut world, "DescribeStackResourceDrifts", &filter).unwrap().contains("<member>"));
    // One resource at once, and what it finds is remembered.
    iam(&mut world, "UpdateRole", &[("Description", "as declared")]);
    let one = call(&mut world, "DetectStackResourceDrift", &[("LogicalResourceId", "Role")]).unwrap();
    assert_eq!(text(&one, "StackResourceDriftStatus"), Some("IN_SYNC"));
    let described = call(&mut world, "DescribeStacks", &[]).unwrap();
    assert_eq!(text(&described, "StackDriftStatus"), Some("IN_SYNC"));
}

#[test]
fn a_resource_that_is_gone_is_drift() {
    let mut world = created(&json!({}));
    iam(&mut world, "DeleteRole", &[]);
    let (status, found) = detect(&mut world);
    assert_eq!((status.as_str(), text(&found, "StackResourceDriftStatus")), ("DRIFTED", Some("DELETED")));
}

#[test]
fn what_the_account_does_not_let_read_fails_the_detection() {
    let mut world = created(&json!({}));
    world.org.accounts.get_mut(MEMBER).unwrap().deny.insert("iam:Get*".to_owned());
    let begun = call(&mut world, "DetectStackDrift", &[]).unwrap();
    let id = [("StackDriftDetectionId", text(&begun, "StackDriftDetectionId").unwrap())];
    let status = call(&mut world, "DescribeStackDriftDetectionStatus", &id).unwrap();
    assert_eq!(text(&status, "DetectionStatus"), Some("DETECTION_FAILED"));
    assert_eq!(text(&status, "StackDriftStatus"), None);
}
