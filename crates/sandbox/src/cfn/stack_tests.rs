//! Single stacks in an account, as they behave.

use serde_json::{Value, json};

use crate::iam::Role;
use crate::testing::{MEMBER, query, text, world};
use crate::wire::{Service, WireError};
use crate::world::World;

fn call(world: &mut World, operation: &str, params: &[(&str, &str)]) -> Result<String, WireError> {
    let mut all = vec![("StackName", "vendor"), ("Capabilities.member.1", "CAPABILITY_NAMED_IAM")];
    all.extend(params);
    query(world, Service::CloudFormation, MEMBER, operation, &all)
}

fn role_properties(more: &Value) -> Value {
    let statement = json!({
        "Effect": "Allow", "Principal": { "AWS": "arn:aws:iam::999999999999:root" }, "Action": "sts:AssumeRole"
    });
    let mut properties = json!({
        "RoleName": "Vendor",
        "AssumeRolePolicyDocument": { "Version": "2012-10-17", "Statement": [statement] },
        "ManagedPolicyArns": ["arn:aws:iam::aws:policy/SecurityAudit"],
    });
    for (key, value) in more.as_object().into_iter().flatten() {
        properties[key] = value.clone();
    }
    properties
}

fn template(more: &Value) -> String {
    json!({ "Resources": { "Role": { "Type": "AWS::IAM::Role", "Properties": role_properties(more) } } }).to_string()
}

fn document(bucket: u8) -> Value {
    let statement = json!({ "Effect": "Allow", "Action": "s3:List*", "Resource": format!("arn:aws:s3:::b{bucket}") });
    json!({ "Version": "2012-10-17", "Statement": [statement] })
}

fn created(more: &Value) -> World {
    let mut world = world();
    call(&mut world, "CreateStack", &[("TemplateBody", &template(more))]).unwrap();
    world
}

fn role(world: &World) -> &Role {
    world.iam(MEMBER).unwrap().role("Vendor").unwrap()
}

fn status(world: &mut World) -> String {
    let described = call(world, "DescribeStacks", &[]).unwrap();
    text(&described, "StackStatus").unwrap().to_owned()
}

#[test]
fn an_update_leaves_a_description_that_was_changed_by_hand() {
    let mut world = created(&json!({ "Description": "as in the template" }));
    world.iam_mut(MEMBER).unwrap().update_role("Vendor", Some("by hand".to_owned()), None).unwrap();
    let after = template(&json!({ "Description": "as in the template", "MaxSessionDuration": 7200 }));
    call(&mut world, "UpdateStack", &[("TemplateBody", &after)]).unwrap();
    assert_eq!(role(&world).max_session, 7200);
    assert_eq!(role(&world).description.as_deref(), Some("by hand"));
}

#[test]
fn an_update_that_fails_half_way_puts_everything_back() {
    let mut world = created(&json!({}));
    let before = role(&world).clone();
    let after = template(&json!({
        "MaxSessionDuration": 7200, "ManagedPolicyArns": ["arn:aws:iam::aws:policy/NoSuchPolicy"]
    }));
    call(&mut world, "UpdateStack", &[("TemplateBody", &after)]).unwrap();
    assert_eq!(status(&mut world), "UPDATE_ROLLBACK_COMPLETE");
    assert_eq!(role(&world), &before);
}

#[test]
fn what_the_account_denies_fails_the_stack_in_aws_words() {
    let mut world = world();
    world.org.accounts.get_mut(MEMBER).unwrap().deny.insert("iam:CreateRole".to_owned());
    call(&mut world, "CreateStack", &[("TemplateBody", &template(&json!({})))]).unwrap();
    assert_eq!(status(&mut world), "ROLLBACK_COMPLETE");
    let events = call(&mut world, "DescribeStackEvents", &[]).unwrap();
    let words = "is not authorized to perform: iam:CreateRole on resource: arn:aws:iam::222222222222:role/Vendor with \
                 an explicit deny in a service control policy";
    assert!(events.contains(words), "{events}");
}

#[test]
fn a_managed_policy_can_be_updated_any_number_of_times_and_deleted() {
    let mut world = world();
    let template = |bucket: u8| {
        let policy = json!({
            "ManagedPolicyName": "Buckets", "Roles": [{ "Ref": "Role" }], "PolicyDocument": document(bucket)
        });
        json!({ "Resources": {
            "Role": { "Type": "AWS::IAM::Role", "Properties": role_properties(&json!({})) },
            "Policy": { "Type": "AWS::IAM::ManagedPolicy", "Properties": policy },
        }})
        .to_string()
    };
    call(&mut world, "CreateStack", &[("TemplateBody", &template(0))]).unwrap();
    for bucket in 1..8 {
        call(&mut world, "UpdateStack", &[("TemplateBody", &template(bucket))]).unwrap();
        assert_eq!(status(&mut world), "UPDATE_COMPLETE");
    }
    let arn = "arn:aws:iam::222222222222:policy/Buckets";
    assert_eq!(world.iam(MEMBER).unwrap().policy(arn).unwrap().document(), document(7).to_string());
    assert!(role(&world).attached.contains(arn));
    call(&mut world, "DeleteStack", &[]).unwrap();
    assert!(world.iam(MEMBER).unwrap().policy(arn).is_err());
    assert!(world.iam(MEMBER).unwrap().role("Vendor").is_err());
}

#[test]
fn a_policy_that_gets_another_name_leaves_the_old_one_behind_nowhere() {
    let mut world = world();
    let template = |name: &str| {
        let policy = json!({ "PolicyName": name, "Roles": [{ "Ref": "Role" }], "PolicyDocument": document(1) });
        json!({ "Resources": {
            "Role": { "Type": "AWS::IAM::Role", "Properties": role_properties(&json!({})) },
            "Policy": { "Type": "AWS::IAM::Policy", "Properties": policy },
        }})
        .to_string()
    };
    call(&mut world, "CreateStack", &[("TemplateBody", &template("old"))]).unwrap();
    call(&mut world, "UpdateStack", &[("TemplateBody", &template("new"))]).unwrap();
    assert_eq!(role(&world).inline.keys().collect::<Vec<_>>(), ["new"]);
}

#[test]
fn a_parameter_without_a_value_is_refused_before_there_is_a_stack() {
    let mut world = world();
    let body = json!({
        "Parameters": { "ExternalId": { "Type": "String" } },
        "Resources": { "Role": { "Type": "AWS::IAM::Role", "Properties": role_properties(&json!({})) } },
    })
    .to_string();
    let error = call(&mut world, "CreateStack", &[("TemplateBody", &body)]).unwrap_err();
    assert_eq!(
        (error.code.as_ref(), error.message.as_str()),
        ("ValidationError", "Parameters: [ExternalId] must have values")
    );
    assert_eq!(call(&mut world, "DescribeStacks", &[]).unwrap_err().code, "ValidationError");
}
