//! Resources of every type that is made.

use serde_json::{Value, json};

use crate::iam::Account;
use crate::testing::{MEMBER, query, text, world};
use crate::wire::{Service, WireError};
use crate::world::World;

fn call(world: &mut World, operation: &str, params: &[(&str, &str)]) -> Result<String, WireError> {
    let mut all = vec![("StackName", "all"), ("Capabilities.member.1", "CAPABILITY_NAMED_IAM")];
    all.extend(params);
    query(world, Service::CloudFormation, MEMBER, operation, &all)
}

fn apply(world: &mut World, operation: &str, body: &Value) {
    call(world, operation, &[("TemplateBody", &body.to_string())]).unwrap();
    let described = call(world, "DescribeStacks", &[]).unwrap();
    let status = text(&described, "StackStatus").unwrap();
    let events = call(world, "DescribeStackEvents", &[]).unwrap();
    assert!(status == "CREATE_COMPLETE" || status == "UPDATE_COMPLETE", "{status}: {events}");
}

fn document(action: &str) -> Value {
    json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Action": action, "Resource": "*" }] })
}

/// One resource of each type, each used by others.
fn everything() -> Value {
    let trust = json!({ "Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": { "Federated": { "Fn::GetAtt": ["Provider", "Arn"] } },
        "Action": "sts:AssumeRoleWithWebIdentity",
    }]});
    let read = json!([{ "PolicyName": "read", "PolicyDocument": document("s3:Get*") }]);
    json!({
        "Resources": {
            "Provider": { "Type": "AWS::IAM::OIDCProvider", "Properties": {
                "Url": "https://token.example.com/path", "ClientIdList": ["one"],
                "ThumbprintList": ["0123456789012345678901234567890123456789"],
            }},
            "Role": { "Type": "AWS::IAM::Role", "Properties": { "RoleName": "R", "AssumeRolePolicyDocument": trust } },
            "Profile": { "Type": "AWS::IAM::InstanceProfile", "Properties": {
                "InstanceProfileName": "I", "Roles": [{ "Ref": "Role" }],
            }},
            "Group": { "Type": "AWS::IAM::Group", "Properties": { "GroupName": "G", "Policies": read } },
            "User": { "Type": "AWS::IAM::User", "Properties": {
                "UserName": "U", "LoginProfile": { "Password": "a long Passw0rd!" },
                "ManagedPolicyArns": ["arn:aws:iam::aws:policy/ReadOnlyAccess"],
            }},
            "Member": { "Type": "AWS::IAM::UserToGroupAddition", "Properties": {
                "GroupName": { "Ref": "Group" }, "Users": [{ "Ref": "User" }],
            }},
            "Managed": { "Type": "AWS::IAM::ManagedPolicy", "Properties": {
                "ManagedPolicyName": "M", "PolicyDocument": document("s3:List*"),
                "Roles": [{ "Ref": "Role" }], "Users": [{ "Ref": "User" }], "Groups": [{ "Ref": "Group" }],
            }},
            "Inline": { "Type": "AWS::IAM::Policy", "Properties": {
                "PolicyName": "P", "PolicyDocument": document("sqs:*"),
                "Roles": [{ "Ref": "Role" }], "Users": [{ "Ref": "User" }], "Groups": [{ "Ref": "Group" }],
            }},
            "OfRole": { "Type": "AWS::IAM::RolePolicy", "Properties": {
                "PolicyName": "own", "RoleName": { "Ref": "Role" }, "PolicyDocument": document("sns:*"),
            }},
            "OfUser": { "Type": "AWS::IAM::UserPolicy", "Properties": {
                "PolicyName": "own", "UserName": { "Ref": "User" }, "PolicyDocument": document("sns:*"),
            }},
            "OfGroup": { "Type": "AWS::IAM::GroupPolicy", "Properties": {
                "PolicyName": "own", "GroupName": { "Ref": "Group" }, "PolicyDocument": document("sns:*"),
            }},
        },
        "Outputs": {
            "User": { "Value": { "Fn::GetAtt": ["User", "Arn"] } },
            "Policy": { "Value": { "Fn::Sub": "${Managed.PolicyId}" } },
        },
    })
}

fn iam(world: &World) -> &Account {
    world.iam(MEMBER).unwrap()
}

#[test]
fn every_type_is_made_in_order_and_goes_again() {
    let mut world = world();
    let before = iam(&world).clone();
    apply(&mut world, "CreateStack", &everything());
    let made = iam(&world);
    let user = made.user("U").unwrap();
    assert!(user.login.is_some() && user.groups.contains("g") && user.attached.len() == 2);
    assert_eq!(user.inline.keys().collect::<Vec<_>>(), ["P", "own"]);
    assert_eq!(made.group("G").unwrap().inline.keys().collect::<Vec<_>>(), ["P", "own", "read"]);
    assert_eq!(made.role("R").unwrap().inline.keys().collect::<Vec<_>>(), ["P", "own"]);
    assert!(made.instance_profile("I").unwrap().role.is_some());
    let described = call(&mut world, "DescribeStacks", &[]).unwrap();
    assert!(described.contains("arn:aws:iam::222222222222:user/U"), "{described}");
    assert!(described.contains("<OutputValue>ANPA"), "{described}");
    let begun = call(&mut world, "DetectStackDrift", &[]).unwrap();
    let id = [("StackDriftDetectionId", text(&begun, "StackDriftDetectionId").unwrap())];
    let status = call(&mut world, "DescribeStackDriftDetectionStatus", &id).unwrap();
    let found = call(&mut world, "DescribeStackResourceDrifts", &[]).unwrap();
    // The group and the user declare lists to which other resources of the stack add.
    assert_eq!(text(&status, "DriftedStackResourceCount"), Some("2"), "{found}");
    assert!(!found.contains("LoginProfile</PropertyPath>") && !found.contains("DELETED"), "{found}");
    call(&mut world, "DeleteStack", &[]).unwrap();
    assert!(call(&mut world, "DescribeStacks", &[]).is_err());
    let mut after = iam(&world).clone();
    after.serial = before.serial;
    assert_eq!(after, before);
}

#[test]
fn every_type_is_updated_in_place() {
    let mut world = world();
    apply(&mut world, "CreateStack", &everything());
    let mut body = everything();
    let properties = |body: &mut Value, id: &str, key: &str, value: Value| {
        body["Resources"][id]["Properties"][key] = value;
    };
    properties(&mut body, "Provider", "ClientIdList", json!(["two"]));
    properties(&mut body, "Profile", "Roles", json!([]));
    properties(&mut body, "Group", "Path", json!("/teams/"));
    properties(&mut body, "User", "Path", json!("/people/"));
    properties(&mut body, "User", "Tags", json!([{ "Key": "k", "Value": "v" }]));
    properties(&mut body, "Member", "Users", json!([]));
    properties(&mut body, "Managed", "Users", json!([]));
    properties(&mut body, "Inline", "PolicyName", json!("Q"));
    properties(&mut body, "OfUser", "PolicyDocument", document("sqs:*"));
    apply(&mut world, "UpdateStack", &body);
    let made = iam(&world);
    let provider = made.oidc_provider("arn:aws:iam::222222222222:oidc-provider/token.example.com/path").unwrap();
    assert_eq!(provider.client_ids.iter().collect::<Vec<_>>(), ["two"]);
    assert!(made.instance_profile("I").unwrap().role.is_none());
    assert_eq!(
        (made.group("G").unwrap().path.as_str(), made.user("U").unwrap().path.as_str()),
        ("/teams/", "/people/")
    );
    let user = made.user("U").unwrap();
    assert!(user.groups.is_empty() && user.attached.len() == 1 && user.tags["k"] == "v");
    assert_eq!(user.inline.keys().collect::<Vec<_>>(), ["Q", "own"]);
    assert!(user.inline["own"].contains("sqs"));
}

#[test]
fn what_someone_gave_a_user_keeps_its_stack_from_being_deleted() {
    let mut world = world();
    let body = json!({ "Resources": { "User": { "Type": "AWS::IAM::User", "Properties": { "UserName": "U" } } } });
    apply(&mut world, "CreateStack", &body);
    let params = [("UserName", "U"), ("Password", "a long Passw0rd!")];
    query(&mut world, Service::Iam, MEMBER, "CreateLoginProfile", &params).unwrap();
    call(&mut world, "DeleteStack", &[]).unwrap();
    let events = call(&mut world, "DescribeStackEvents", &[]).unwrap();
    let words = "Cannot delete entity, must delete login profile first. (Service: Iam, Status Code: 409";
    assert!(events.contains(words) && events.contains("HandlerErrorCode: GeneralServiceException)"), "{events}");
}

#[test]
fn a_failing_user_or_group_leaves_nothing_behind() {
    for kind in ["User", "Group"] {
        let mut world = world();
        let properties = json!({ format!("{kind}Name"): "X", "ManagedPolicyArns": ["arn:aws:iam::aws:policy/None"] });
        let body = json!({ "Resources": { "X": { "Type": format!("AWS::IAM::{kind}"), "Properties": properties } } });
        call(&mut world, "CreateStack", &[("TemplateBody", &body.to_string())]).unwrap();
        let described = call(&mut world, "DescribeStacks", &[]).unwrap();
        assert_eq!(text(&described, "StackStatus"), Some("ROLLBACK_COMPLETE"));
        assert!(iam(&world).user("X").is_err() && iam(&world).group("X").is_err(), "{kind}");
    }
}
