use std::collections::BTreeSet;

use super::*;
use crate::spec::{CallAs, LockUse};

fn actions(purpose: Purpose, part: Part, call_as: CallAs) -> BTreeSet<&'static str> {
    needs(purpose, part, &Setting { call_as, ..Setting::generic() }).into_iter().map(|need| need.action).collect()
}

/// The words with which AWS names actions that change nothing.
fn is_reading(action: &str) -> bool {
    let (_, name) = action.split_once(':').unwrap();
    ["Get", "List", "Describe", "Simulate", "AssumeRole"].iter().any(|word| name.starts_with(word))
}

#[test]
fn planning_and_checking_take_reading_only() {
    for purpose in [Purpose::Plan, Purpose::Doctor] {
        for part in [Part::Caller, Part::Member] {
            for call_as in [CallAs::Management, CallAs::DelegatedAdmin] {
                let writing: Vec<_> =
                    actions(purpose, part, call_as).into_iter().filter(|action| !is_reading(action)).collect();
                assert_eq!(writing, Vec::<&str>::new(), "{purpose:?} {part:?}");
            }
        }
    }
}

#[test]
fn applying_takes_all_that_planning_takes_and_more() {
    for part in [Part::Caller, Part::Member] {
        let (plan, apply) =
            (actions(Purpose::Plan, part, CallAs::Management), actions(Purpose::Apply, part, CallAs::Management));
        assert!(plan.is_subset(&apply) && plan.len() < apply.len());
    }
}

#[test]
fn no_operation_is_in_the_table_twice_and_no_action_is_a_pattern() {
    let operations: BTreeSet<&str> = CALLS.iter().map(|call| call.operation).collect();
    assert_eq!(operations.len(), CALLS.len());
    assert!(CALLS.iter().flat_map(Call::needs).all(|need| !need.action.contains('*')));
}

#[test]
fn a_delegated_administrator_asks_who_is_one_and_switches_nothing_on() {
    let delegated = actions(Purpose::Apply, Part::Caller, CallAs::DelegatedAdmin);
    assert!(delegated.contains("organizations:ListDelegatedAdministrators"));
    assert!(!delegated.contains("cloudformation:ActivateOrganizationsAccess"));
    assert!(!delegated.contains("iam:CreateServiceLinkedRole"));
}

#[test]
fn without_a_lock_no_parameter_is_needed() {
    let setting = Setting { lock: LockUse::Off, ..Setting::generic() };
    assert!(needs(Purpose::Apply, Part::Caller, &setting).iter().all(|need| need.kind != Kind::Lock));
}

#[test]
fn a_stack_set_that_is_adopted_is_named_beside_those_that_have_our_names() {
    let stack_sets = ["VendorSet", "rolecall-spot"].map(|name| name.parse().unwrap());
    let setting = Setting { stack_sets: BTreeSet::from(stack_sets), ..Setting::generic() };
    let ends = |kind| -> Vec<String> {
        let arns = setting.resources(kind).into_iter();
        arns.map(|arn| arn.splitn(6, ':').last().unwrap().to_owned()).collect()
    };
    assert_eq!(ends(Kind::StackSets), ["stackset/rolecall-*:*", "stackset/VendorSet:*"]);
    assert_eq!(ends(Kind::Stacks), ["stack/StackSet-rolecall-*/*", "stack/StackSet-VendorSet-*/*"]);
    assert!(ends(Kind::StackSetOperations).contains(&"stackset-target/VendorSet:*".to_owned()));
}

#[test]
fn what_no_file_narrows_is_narrowed_to_what_is_ours_by_name() {
    let setting = Setting::generic();
    assert_eq!(setting.resources(Kind::StackSets), ["arn:aws:cloudformation:*:*:stackset/rolecall-*:*"]);
    assert_eq!(setting.resources(Kind::Lock), ["arn:aws:ssm:*:*:parameter/rolecall/lock/o-*"]);
    assert_eq!(setting.resources(Kind::MemberRole), ["arn:aws:iam::*:role/OrganizationAccountAccessRole"]);
}

fn acme() -> Setting {
    let role = |name: &str, path: &str| ManagedRole { name: name.parse().unwrap(), path: path.parse().unwrap() };
    Setting {
        organization: Some("o-acme123456".parse().unwrap()),
        management_account: Some("111111111111".parse().unwrap()),
        region: Some("us-east-1".parse().unwrap()),
        roles: Some([role("ProwlerScan", "/"), role("Spot", "/vendors/")].into()),
        ..Setting::generic()
    }
}

#[test]
fn a_member_role_that_plans_reads_roles() {
    insta::assert_snapshot!(serde_json::to_string_pretty(&policy(Purpose::Plan, Part::Member, &acme())).unwrap(), @r#"
    {
      "Version": "2012-10-17",
      "Statement": [
        {
          "Sid": "NotNarrowable",
          "Effect": "Allow",
          "Action": [
            "iam:GetAccountAuthorizationDetails",
            "iam:ListRoles"
          ],
          "Resource": [
            "*"
          ]
        },
        {
          "Sid": "Roles",
          "Effect": "Allow",
          "Action": [
            "iam:GetRole",
            "iam:GetRolePolicy",
            "iam:ListAttachedRolePolicies",
            "iam:ListRolePolicies"
          ],
          "Resource": [
            "arn:aws:iam::*:role/ProwlerScan",
            "arn:aws:iam::*:role/vendors/Spot"
          ]
        }
      ]
    }
    "#);
}

/// The resources that a policy names.
fn resources(purpose: Purpose, part: Part, setting: &Setting) -> Vec<String> {
    let document = serde_json::to_value(policy(purpose, part, setting)).unwrap();
    let statements = document["Statement"].as_array().unwrap().iter();
    let resources = statements.flat_map(|statement| statement["Resource"].as_array().unwrap());
    resources.map(|resource| resource.as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_caller_that_applies_is_narrowed_to_its_organization_and_its_roles() {
    insta::assert_snapshot!(resources(Purpose::Apply, Part::Caller, &acme()).join("\n"), @r"
    *
    arn:aws:organizations::111111111111:ou/o-acme123456/ou-*
    arn:aws:organizations::111111111111:root/o-acme123456/r-*
    arn:aws:cloudformation:us-east-1:111111111111:stackset/rolecall-*:*
    arn:aws:cloudformation:us-east-1:111111111111:stackset-target/rolecall-*:*
    arn:aws:cloudformation:us-east-1:111111111111:stackset/rolecall-*:*
    arn:aws:cloudformation:us-east-1:*:type/resource/AWS-IAM-ManagedPolicy
    arn:aws:cloudformation:us-east-1:*:type/resource/AWS-IAM-Role
    arn:aws:iam::111111111111:role/aws-service-role/stacksets.cloudformation.amazonaws.com/AWSServiceRoleForCloudFormationStackSetsOrgAdmin
    arn:aws:iam::*:role/ProwlerScan
    arn:aws:iam::*:role/vendors/Spot
    arn:aws:iam::*:policy/rolecall/*
    arn:aws:iam::*:role/OrganizationAccountAccessRole
    arn:aws:ssm:us-east-1:*:parameter/rolecall/lock/o-acme123456
    ");
}

#[test]
fn a_file_without_roles_allows_nothing_on_roles() {
    let setting = Setting { roles: Some(BTreeSet::new()), ..acme() };
    let document = serde_json::to_value(policy(Purpose::Apply, Part::Member, &setting)).unwrap();
    assert!(document["Statement"].as_array().unwrap().iter().all(|statement| statement["Sid"] != "Roles"));
}
