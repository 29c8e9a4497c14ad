//! What is told of whom, and how it is found.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::{Asked, Outcome, record};
use crate::testing::{MANAGEMENT, MEMBER, json as call_json, pass, query, world};
use crate::wire::{Service, WireError};
use crate::world::World;
use crate::{cfn, sts};

/// The history of an account that tests the lookup: events that are there at once.
fn eventful() -> World {
    let mut world = world();
    world.switches.trail_delay_seconds = 0;
    world
}

fn tag_role(world: &mut World, account: &str, role: &str, time: Timestamp) {
    let caller = sts::administrator(account);
    let what = (Service::Iam, "TagRole", "eu-west-1");
    let asked = Asked::by(world, &caller, ("AKIDEXAMPLE", "aws-cli/2", "request"), what, json!({ "roleName": role }));
    record(world, asked, Outcome::Done(Value::Null), time);
}

fn lookup(world: &mut World, account: &str, input: Value) -> Result<(Vec<Value>, Option<String>), WireError> {
    let answer = call_json(world, Service::CloudTrail, account, "LookupEvents", input)?;
    let token = answer.get("NextToken").and_then(Value::as_str).map(str::to_owned);
    Ok((answer["Events"].as_array().unwrap().clone(), token))
}

fn by(key: &str, value: &str) -> Value {
    json!({ "LookupAttributes": [{ "AttributeKey": key, "AttributeValue": value }] })
}

fn found(world: &mut World, account: &str, input: Value) -> Vec<String> {
    let (events, _) = lookup(world, account, input).unwrap();
    let name = |event: &Value| event["Resources"][0]["ResourceName"].as_str().unwrap().to_owned();
    events.iter().map(name).collect()
}

fn code(world: &mut World, input: Value) -> String {
    lookup(world, MEMBER, input).unwrap_err().code.into_owned()
}

#[test]
fn an_account_sees_its_own_events_and_the_newest_first() {
    let mut world = eventful();
    let start = world.now;
    tag_role(&mut world, MEMBER, "one", start);
    tag_role(&mut world, MEMBER, "three", start + SignedDuration::from_secs(2));
    tag_role(&mut world, MEMBER, "two", start + SignedDuration::from_secs(1));
    tag_role(&mut world, MANAGEMENT, "elsewhere", start);
    pass(&mut world, 10);
    assert_eq!(found(&mut world, MEMBER, json!({})), ["three", "two", "one"]);
    assert_eq!(found(&mut world, MANAGEMENT, json!({})), ["elsewhere"]);
}

#[test]
fn events_are_found_by_each_attribute() {
    let mut world = eventful();
    let now = world.now;
    tag_role(&mut world, MEMBER, "one", now);
    let id = lookup(&mut world, MEMBER, json!({})).unwrap().0[0]["EventId"].as_str().unwrap().to_owned();
    for (key, value) in [
        ("EventId", id.as_str()),
        ("EventName", "TagRole"),
        ("ReadOnly", "false"),
        ("Username", "Administrator"),
        ("ResourceType", "AWS::IAM::Role"),
        ("ResourceName", "one"),
        ("EventSource", "iam.amazonaws.com"),
        ("AccessKeyId", "AKIDEXAMPLE"),
    ] {
        assert_eq!(found(&mut world, MEMBER, by(key, value)), ["one"], "{key}");
        assert_eq!(found(&mut world, MEMBER, by(key, "other")), [""; 0], "{key}");
    }
}

#[test]
fn pages_end_where_the_next_begin() {
    let mut world = eventful();
    let now = world.now;
    for number in 0..7 {
        tag_role(&mut world, MEMBER, &format!("r{number}"), now);
    }
    let (mut seen, mut token) = (Vec::new(), None);
    loop {
        let mut input = json!({ "MaxResults": 3 });
        if let Some(token) = &token {
            input["NextToken"] = json!(token);
        }
        let (events, next) = lookup(&mut world, MEMBER, input).unwrap();
        assert!(events.len() <= 3);
        seen.extend(events.iter().map(|event| event["Resources"][0]["ResourceName"].as_str().unwrap().to_owned()));
        token = next;
        if token.is_none() {
            break;
        }
    }
    assert_eq!(seen, ["r6", "r5", "r4", "r3", "r2", "r1", "r0"]);
}

#[test]
fn times_bound_a_lookup_and_include_their_ends() {
    let mut world = eventful();
    let start = world.now;
    for seconds in 0..5 {
        tag_role(&mut world, MEMBER, &format!("r{seconds}"), start + SignedDuration::from_secs(seconds));
    }
    pass(&mut world, 10);
    let second = |seconds: i64| start.as_second() + seconds;
    let input = json!({ "StartTime": second(1), "EndTime": second(3) });
    assert_eq!(found(&mut world, MEMBER, input), ["r3", "r2", "r1"]);
}

#[test]
fn an_event_is_seen_after_the_delay_and_for_ninety_days() {
    let mut world = world();
    let now = world.now;
    tag_role(&mut world, MEMBER, "one", now);
    pass(&mut world, 299);
    assert_eq!(found(&mut world, MEMBER, json!({})), [""; 0]);
    pass(&mut world, 1);
    assert_eq!(found(&mut world, MEMBER, json!({})), ["one"]);
    pass(&mut world, 90 * 24 * 3600 - 300);
    assert_eq!(found(&mut world, MEMBER, json!({})), ["one"]);
    pass(&mut world, 301);
    assert_eq!(found(&mut world, MEMBER, json!({})), [""; 0]);
}

#[test]
fn the_oldest_events_of_all_accounts_are_forgotten_first() {
    let mut world = eventful();
    let now = world.now;
    tag_role(&mut world, MEMBER, "first", now);
    for _ in 0..19_999 {
        tag_role(&mut world, MANAGEMENT, "more", now);
    }
    assert_eq!(found(&mut world, MEMBER, json!({})), ["first"]);
    tag_role(&mut world, MANAGEMENT, "more", now);
    assert_eq!(found(&mut world, MEMBER, json!({})), [""; 0]);
}

#[test]
fn inputs_that_cannot_be_are_refused_by_name() {
    let mut world = eventful();
    let attribute = json!({ "AttributeKey": "EventName", "AttributeValue": "x" });
    let two = json!({ "LookupAttributes": [attribute, attribute] });
    assert_eq!(code(&mut world, two), "InvalidLookupAttributesException");
    assert_eq!(code(&mut world, by("Colour", "x")), "InvalidLookupAttributesException");
    assert_eq!(code(&mut world, by("EventName", "")), "InvalidLookupAttributesException");
    assert_eq!(code(&mut world, json!({ "MaxResults": 51 })), "InvalidMaxResultsException");
    assert_eq!(code(&mut world, json!({ "MaxResults": 0 })), "InvalidMaxResultsException");
    assert_eq!(code(&mut world, json!({ "NextToken": "x" })), "InvalidNextTokenException");
    assert_eq!(code(&mut world, json!({ "StartTime": 2, "EndTime": 1 })), "InvalidTimeRangeException");
    assert_eq!(code(&mut world, json!({ "EventCategory": "x" })), "InvalidEventCategoryException");
    let (events, _) = lookup(&mut world, MEMBER, json!({ "EventCategory": "insight" })).unwrap();
    assert!(events.is_empty());
}

/// What became of a role, newest first: event name, user name, address.
fn touches(world: &mut World, account: &str, role: &str) -> Vec<(String, Value)> {
    let (events, _) = lookup(world, account, by("ResourceName", role)).unwrap();
    let read = |event: &Value| {
        let record: Value = serde_json::from_str(event["CloudTrailEvent"].as_str().unwrap()).unwrap();
        (record["eventName"].as_str().unwrap().to_owned(), record)
    };
    events.iter().map(read).collect()
}

fn template(session: u32, policy: &str) -> String {
    let trust = json!({ "Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": { "AWS": "arn:aws:iam::999999999999:root" }, "Action": "sts:AssumeRole",
    }]});
    let allow =
        json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Action": policy, "Resource": "*" }]});
    let properties = json!({
        "RoleName": "Vendor",
        "AssumeRolePolicyDocument": trust,
        "MaxSessionDuration": session,
        "ManagedPolicyArns": ["arn:aws:iam::aws:policy/SecurityAudit"],
        "Policies": [{ "PolicyName": "extra", "PolicyDocument": allow }],
    });
    json!({ "Resources": { "Role": { "Type": "AWS::IAM::Role", "Properties": properties } } }).to_string()
}

#[test]
fn what_a_stack_set_does_to_a_role_is_told_as_cloudformations_calls() {
    let mut world = eventful();
    let call = |world: &mut World, operation: &str, more: &[(&str, &str)]| {
        let params: Vec<_> = [("StackSetName", "vendor")].iter().chain(more).copied().collect();
        query(world, Service::CloudFormation, MANAGEMENT, operation, &params).unwrap();
        pass(world, 60);
        cfn::tick(world);
    };
    call(&mut world, "ActivateOrganizationsAccess", &[]);
    let first = template(3600, "s3:ListBucket");
    let common = [("Capabilities.member.1", "CAPABILITY_NAMED_IAM"), ("PermissionModel", "SERVICE_MANAGED")];
    let auto = [("AutoDeployment.Enabled", "false"), ("TemplateBody", first.as_str())];
    call(&mut world, "CreateStackSet", &[common, auto].concat());
    let targets =
        [("DeploymentTargets.OrganizationalUnitIds.member.1", "ou-test-work0000"), ("Regions.member.1", "us-east-1")];
    call(&mut world, "CreateStackInstances", &targets);
    let second = template(7200, "s3:GetObject");
    call(&mut world, "UpdateStackSet", &[common, [auto[0], ("TemplateBody", second.as_str())]].concat());
    let told = touches(&mut world, MEMBER, "Vendor");
    let names: Vec<&str> = told.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["PutRolePolicy", "UpdateRole", "AttachRolePolicy", "PutRolePolicy", "CreateRole"]);
    let (_, made) = told.last().unwrap();
    let identity = &made["userIdentity"];
    assert_eq!(identity["type"], "AssumedRole");
    assert_eq!(identity["invokedBy"], "cloudformation.amazonaws.com");
    let issuer = identity["sessionContext"]["sessionIssuer"]["userName"].as_str().unwrap();
    assert!(issuer.starts_with("stacksets-exec-"), "{issuer}");
    assert_eq!(made["sourceIPAddress"], "cloudformation.amazonaws.com");
    assert_eq!(made["requestParameters"]["roleName"], "Vendor");
    assert_eq!(made["awsRegion"], "us-east-1");
    call(&mut world, "DeleteStackInstances", &[&targets[..], &[("RetainStacks", "false")]].concat());
    let told = touches(&mut world, MEMBER, "Vendor");
    let names: Vec<&str> = told.iter().take(3).map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["DeleteRole", "DetachRolePolicy", "DeleteRolePolicy"]);
}

#[test]
fn a_stack_works_in_the_name_of_the_accounts_administrator() {
    let mut world = eventful();
    let body = template(3600, "s3:ListBucket");
    let params = [("StackName", "own"), ("TemplateBody", &body), ("Capabilities.member.1", "CAPABILITY_NAMED_IAM")];
    query(&mut world, Service::CloudFormation, MEMBER, "CreateStack", &params).unwrap();
    let told = touches(&mut world, MEMBER, "Vendor");
    let identity = &told[0].1["userIdentity"];
    assert_eq!((identity["type"].as_str(), identity["userName"].as_str()), (Some("IAMUser"), Some("Administrator")));
    assert_eq!(identity["invokedBy"], "cloudformation.amazonaws.com");
}
