//! What holds of service control policies.

use serde_json::{Value, json};

use super::{code, org};
use crate::testing::{MANAGEMENT, MEMBER, query, text, world};
use crate::wire::{Service, WireError};
use crate::world::World;

const ROOT: &str = "r-test";
const UNIT: &str = "ou-test-work0000";
const KIND: &str = "SERVICE_CONTROL_POLICY";

fn enabled() -> World {
    let mut world = world();
    org(&mut world, "EnablePolicyType", json!({ "RootId": ROOT, "PolicyType": KIND })).unwrap();
    world
}

fn policy(world: &mut World, name: &str, statement: &Value) -> String {
    let content = json!({ "Version": "2012-10-17", "Statement": [statement] }).to_string();
    let made = json!({ "Name": name, "Description": "", "Type": KIND, "Content": content });
    let made = org(world, "CreatePolicy", made).unwrap();
    made["Policy"]["PolicySummary"]["Id"].as_str().unwrap().to_owned()
}

fn attach(world: &mut World, policy: &str, target: &str) -> Result<Value, WireError> {
    org(world, "AttachPolicy", json!({ "PolicyId": policy, "TargetId": target }))
}

fn list_roles(world: &mut World, account: &str) -> Result<String, WireError> {
    query(world, Service::Iam, account, "ListRoles", &[])
}

#[test]
fn a_denial_in_a_unit_holds_for_its_accounts_and_not_for_the_management_account() {
    let mut world = enabled();
    let deny = json!({ "Effect": "Deny", "Action": "iam:List*", "Resource": "*" });
    let deny = policy(&mut world, "no-lists", &deny);
    list_roles(&mut world, MEMBER).unwrap();
    attach(&mut world, &deny, UNIT).unwrap();
    attach(&mut world, &deny, ROOT).unwrap();
    let denied = list_roles(&mut world, MEMBER).unwrap_err();
    assert_eq!(denied.status, 403);
    assert!(denied.message.ends_with("with an explicit deny in a service control policy"), "{}", denied.message);
    list_roles(&mut world, MANAGEMENT).unwrap();
    query(&mut world, Service::Sts, MEMBER, "GetCallerIdentity", &[]).unwrap();
    let detach = |world: &mut World, target: &str| {
        org(world, "DetachPolicy", json!({ "PolicyId": deny, "TargetId": target })).unwrap()
    };
    detach(&mut world, UNIT);
    detach(&mut world, ROOT);
    list_roles(&mut world, MEMBER).unwrap();
}

#[test]
fn what_no_policy_of_a_level_allows_is_not_allowed() {
    let mut world = enabled();
    let allow = policy(&mut world, "sts-only", &json!({ "Effect": "Allow", "Action": "sts:*", "Resource": "*" }));
    attach(&mut world, &allow, MEMBER).unwrap();
    list_roles(&mut world, MEMBER).unwrap();
    org(&mut world, "DetachPolicy", json!({ "PolicyId": "p-FullAWSAccess", "TargetId": MEMBER })).unwrap();
    let refused = list_roles(&mut world, MEMBER).unwrap_err();
    assert!(refused.message.ends_with("because no service control policy allows the iam:ListRoles action"));
    let last = org(&mut world, "DetachPolicy", json!({ "PolicyId": allow, "TargetId": MEMBER })).unwrap_err();
    assert_eq!(last.reason, Some("MIN_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED"));
}

#[test]
fn a_condition_can_except_a_role() {
    let mut world = enabled();
    let role = "arn:aws:iam::222222222222:role/OrganizationAccountAccessRole";
    let deny = json!({
        "Effect": "Deny", "Action": "iam:*", "Resource": "*",
        "Condition": { "ArnNotLike": { "aws:PrincipalArn": "arn:aws:iam::*:role/OrganizationAccountAccessRole" } },
    });
    let deny = policy(&mut world, "roles-are-ours", &deny);
    attach(&mut world, &deny, UNIT).unwrap();
    assert!(list_roles(&mut world, MEMBER).is_err());
    let assumed =
        query(&mut world, Service::Sts, MANAGEMENT, "AssumeRole", &[("RoleArn", role), ("RoleSessionName", "me")])
            .unwrap();
    let caller = crate::testing::session(&world, &assumed).unwrap();
    crate::testing::query_as(&mut world, Service::Iam, caller, "ListRoles", &[]).unwrap();
    assert!(text(&assumed, "AccessKeyId").is_some());
}

#[test]
fn policies_are_kept_like_everything_else() {
    let mut world = world();
    let before = org(&mut world, "ListRoots", json!({})).unwrap();
    assert_eq!(before["Roots"][0]["PolicyTypes"], json!([]));
    let deny = policy(&mut world, "deny", &json!({ "Effect": "Deny", "Action": "iam:*", "Resource": "*" }));
    assert_eq!(code(attach(&mut world, &deny, UNIT)), "PolicyTypeNotEnabledException");
    org(&mut world, "EnablePolicyType", json!({ "RootId": ROOT, "PolicyType": KIND })).unwrap();
    attach(&mut world, &deny, UNIT).unwrap();
    assert_eq!(code(attach(&mut world, &deny, UNIT)), "DuplicatePolicyAttachmentException");
    assert_eq!(code(attach(&mut world, "p-none0000", UNIT)), "PolicyNotFoundException");
    assert_eq!(code(attach(&mut world, &deny, "ou-none")), "TargetNotFoundException");
    assert_eq!(code(org(&mut world, "DeletePolicy", json!({ "PolicyId": deny }))), "PolicyInUseException");
    let fixed = org(&mut world, "UpdatePolicy", json!({ "PolicyId": "p-FullAWSAccess", "Name": "mine" })).unwrap_err();
    assert_eq!(fixed.reason, Some("IMMUTABLE_POLICY"));
    let ids = |page: Value, list: &str, id: &str| -> Vec<String> {
        page[list].as_array().unwrap().iter().map(|row| row[id].as_str().unwrap().to_owned()).collect()
    };
    let of_unit = org(&mut world, "ListPoliciesForTarget", json!({ "TargetId": UNIT, "Filter": KIND })).unwrap();
    let mut of_unit = ids(of_unit, "Policies", "Id");
    of_unit.sort_by_key(|id| id == "p-FullAWSAccess");
    assert_eq!(of_unit, [deny.clone(), "p-FullAWSAccess".to_owned()]);
    let targets = org(&mut world, "ListTargetsForPolicy", json!({ "PolicyId": deny })).unwrap();
    assert_eq!(ids(targets, "Targets", "TargetId"), [UNIT]);
    org(&mut world, "DisablePolicyType", json!({ "RootId": ROOT, "PolicyType": KIND })).unwrap();
    org(&mut world, "DeletePolicy", json!({ "PolicyId": deny })).unwrap();
    let bad = json!({ "Name": "bad", "Description": "", "Type": KIND, "Content": "{}" });
    assert_eq!(code(org(&mut world, "CreatePolicy", bad)), "MalformedPolicyDocumentException");
}
