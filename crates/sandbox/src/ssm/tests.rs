//! What holds of parameters.

use serde_json::{Value, json};

use super::handle;
use crate::sts;
use crate::testing::{MANAGEMENT, MEMBER, query, session, world};
use crate::wire::{Call, Caller, Service, WireError};
use crate::world::World;

const NAME: &str = "/rolecall/lock/o-test123456";

fn call_as(world: &mut World, caller: Caller, operation: &str, params: Value) -> Result<Value, WireError> {
    let call = Call { operation: operation.to_owned(), params, caller, region: "us-east-1".to_owned() };
    handle(world, &call)
}

fn call(world: &mut World, operation: &str, params: Value) -> Result<Value, WireError> {
    call_as(world, sts::administrator(MANAGEMENT), operation, params)
}

fn put(world: &mut World, name: &str, value: &str) -> Result<Value, WireError> {
    call(world, "PutParameter", json!({ "Name": name, "Value": value, "Type": "String" }))
}

fn code(result: Result<Value, WireError>) -> String {
    result.unwrap_err().code.into_owned()
}

#[test]
fn a_parameter_is_made_once_and_overwritten_only_when_asked() {
    let mut world = world();
    assert_eq!(put(&mut world, NAME, "one").unwrap()["Version"], 1);
    assert_eq!(code(put(&mut world, NAME, "two")), "ParameterAlreadyExists");
    let again = json!({ "Name": NAME, "Value": "two", "Overwrite": true });
    assert_eq!(call(&mut world, "PutParameter", again).unwrap()["Version"], 2);
    let got = call(&mut world, "GetParameter", json!({ "Name": NAME })).unwrap();
    assert_eq!((&got["Parameter"]["Value"], &got["Parameter"]["Version"]), (&json!("two"), &json!(2)));
    let arn = "arn:aws:ssm:us-east-1:111111111111:parameter/rolecall/lock/o-test123456";
    assert_eq!(got["Parameter"]["ARN"], arn);
}

#[test]
fn a_deleted_parameter_begins_again_with_its_first_version() {
    let mut world = world();
    assert_eq!(code(call(&mut world, "DeleteParameter", json!({ "Name": NAME }))), "ParameterNotFound");
    put(&mut world, NAME, "one").unwrap();
    call(&mut world, "DeleteParameter", json!({ "Name": NAME })).unwrap();
    assert_eq!(code(call(&mut world, "GetParameter", json!({ "Name": NAME }))), "ParameterNotFound");
    assert_eq!(put(&mut world, NAME, "two").unwrap()["Version"], 1);
}

#[test]
fn accounts_and_regions_do_not_see_each_others_parameters() {
    let mut world = world();
    put(&mut world, NAME, "one").unwrap();
    let member = call_as(&mut world, sts::administrator(MEMBER), "GetParameter", json!({ "Name": NAME }));
    assert_eq!(code(member), "ParameterNotFound");
    let elsewhere = Call {
        operation: "GetParameter".to_owned(),
        params: json!({ "Name": NAME }),
        caller: sts::administrator(MANAGEMENT),
        region: "eu-west-1".to_owned(),
    };
    assert_eq!(code(handle(&mut world, &elsewhere)), "ParameterNotFound");
}

#[test]
fn names_and_values_are_held_to_their_rules() {
    let mut world = world();
    for (name, value, wanted) in [
        ("/aws/x", "v", "AccessDeniedException"),
        ("ssmthing", "v", "AccessDeniedException"),
        ("a/b", "v", "ValidationException"),
        ("/a b", "v", "ValidationException"),
        ("/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16", "v", "HierarchyLevelLimitExceededException"),
        ("/a", "", "ValidationException"),
        ("/a", "{{x}}", "ValidationException"),
    ] {
        assert_eq!(code(put(&mut world, name, value)), wanted, "{name} {value}");
    }
    assert_eq!(code(put(&mut world, "/a", &"x".repeat(4097))), "ValidationException");
    assert_eq!(code(call(&mut world, "PutParameter", json!({ "Name": "/a", "Value": "v" }))), "ValidationException");
}

#[test]
fn a_path_lists_what_is_below_it_page_by_page() {
    let mut world = world();
    for n in 10..23 {
        put(&mut world, &format!("/a/p{n}"), "v").unwrap();
    }
    put(&mut world, "/a/deep/p", "v").unwrap();
    put(&mut world, "/ab", "v").unwrap();
    let page = call(&mut world, "GetParametersByPath", json!({ "Path": "/a" })).unwrap();
    assert_eq!(page["Parameters"].as_array().unwrap().len(), 10);
    let next = json!({ "Path": "/a/", "NextToken": page["NextToken"] });
    let page = call(&mut world, "GetParametersByPath", next).unwrap();
    assert_eq!((page["Parameters"].as_array().unwrap().len(), page.get("NextToken")), (3, None));
    let whole = json!({ "ParameterFilters": [{ "Key": "Name", "Option": "BeginsWith", "Values": ["/a/"] }] });
    let listed = call(&mut world, "DescribeParameters", whole).unwrap();
    assert_eq!(listed["Parameters"].as_array().unwrap().len(), 14);
}

#[test]
fn several_are_read_and_deleted_by_name() {
    let mut world = world();
    put(&mut world, "/a", "v").unwrap();
    let got = call(&mut world, "GetParameters", json!({ "Names": ["/a", "/b"] })).unwrap();
    assert_eq!((&got["Parameters"][0]["Name"], &got["InvalidParameters"]), (&json!("/a"), &json!(["/b"])));
    let gone = call(&mut world, "DeleteParameters", json!({ "Names": ["/a", "/b"] })).unwrap();
    assert_eq!(gone, json!({ "DeletedParameters": ["/a"], "InvalidParameters": ["/b"] }));
}

#[test]
fn tags_come_and_go() {
    let mut world = world();
    put(&mut world, "/a", "v").unwrap();
    let about = |more: Value| {
        let mut all = json!({ "ResourceType": "Parameter", "ResourceId": "/a" });
        all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        all
    };
    call(&mut world, "AddTagsToResource", about(json!({ "Tags": [{ "Key": "k", "Value": "v" }] }))).unwrap();
    let listed = call(&mut world, "ListTagsForResource", about(json!({}))).unwrap();
    assert_eq!(listed, json!({ "TagList": [{ "Key": "k", "Value": "v" }] }));
    call(&mut world, "RemoveTagsFromResource", about(json!({ "TagKeys": ["k"] }))).unwrap();
    assert_eq!(call(&mut world, "ListTagsForResource", about(json!({}))).unwrap(), json!({ "TagList": [] }));
}

#[test]
fn a_session_may_do_what_its_policy_says_about_the_parameter() {
    let mut world = world();
    let trust = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"111111111111"},"Action":"sts:AssumeRole"}]}"#;
    let role = [("RoleName", "Pipeline"), ("AssumeRolePolicyDocument", trust)];
    query(&mut world, Service::Iam, MANAGEMENT, "CreateRole", &role).unwrap();
    let policy = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["ssm:PutParameter","ssm:GetParameter"],"Resource":"arn:aws:ssm:*:111111111111:parameter/rolecall/lock/*"}]}"#;
    let put = [("RoleName", "Pipeline"), ("PolicyName", "lock"), ("PolicyDocument", policy)];
    query(&mut world, Service::Iam, MANAGEMENT, "PutRolePolicy", &put).unwrap();
    let arn = [("RoleArn", "arn:aws:iam::111111111111:role/Pipeline"), ("RoleSessionName", "ci")];
    let assumed = query(&mut world, Service::Sts, MANAGEMENT, "AssumeRole", &arn).unwrap();
    let caller = session(&world, &assumed).unwrap();
    let value = json!({ "Name": NAME, "Value": "v", "Type": "String" });
    call_as(&mut world, caller.clone(), "PutParameter", value).unwrap();
    call_as(&mut world, caller.clone(), "GetParameter", json!({ "Name": NAME })).unwrap();
    let refused = call_as(&mut world, caller.clone(), "DeleteParameter", json!({ "Name": NAME })).unwrap_err();
    assert_eq!(refused.code, "AccessDeniedException");
    assert!(refused.message.contains("ssm:DeleteParameter") && refused.message.contains(NAME), "{refused}");
    assert_eq!(code(call_as(&mut world, caller, "GetParameter", json!({ "Name": "/other" }))), "AccessDeniedException");
}
