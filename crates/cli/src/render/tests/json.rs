//! Documents, against their schemas.

use std::collections::BTreeMap;

use rolecall_core::ids::StackSetName;
use rolecall_core::org::AccountState;
use rolecall_core::plan::{Edit, HoldReason, InstanceAction, Plan, Why};
use rolecall_core::spec::Diagnostics;
use serde_json::{Value, json};

use super::applied::{changes, denied_call, ended, operation};
use super::sarif::problems;
use super::schema::check;
use super::status::{desired, every_cell, org};
use super::world::*;
use crate::render::json::results;
use crate::render::report::End;
use crate::render::{Basis, Names, accounts_json, plan_json, status_json, validate_json};

fn read(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// A plan with a change of every kind, and something of everything else.
fn full_plan() -> Plan {
    let replaced = role_with(|role| role.path = id("/vendors/"));
    let overrides: &[(&str, &[&str])] = &[("legacy-2019-id", &["333333333333"])];
    let hold_reason =
        HoldReason::StackSetUnreadable { stack_set: id("rolecall-spot"), failure: denied("111111111111") };
    Plan {
        holds: vec![
            hold("spot.stack_set", hold_reason),
            hold(
                "prowler.instances",
                HoldReason::ExclusionNotHonoured { accounts: ids(&["444444444444"]), units: ids(&["r-ab12"]) },
            ),
        ],
        unknown: BTreeMap::from([(id("333333333333"), denied("333333333333"))]),
        inactive: BTreeMap::from([(id("444444444444"), AccountState::Suspended)]),
        ..plan(vec![
            trusted_access(),
            role_change("prowler.management_role", "111111111111", Why::Missing, Edit::Create(role())),
            member("222222222222", Why::ConfigChanged, Edit::Replace { before: role(), after: replaced }),
            stack_set(Why::Missing, Edit::Create(definition(&role(), overrides)), &[]),
            instances(InstanceAction::Create, Why::Missing, &["222222222222"], &["ou-ab12-workload1"]),
            member("444444444444", Why::Undeclared, Edit::Delete(role())),
        ])
    }
}

#[test]
fn a_plan_is_as_its_schema_says() {
    let document = read(&plan_json(&full_plan(), &names(), Basis::AWS).unwrap());
    check("plan", &document);
    assert_eq!(document["format_version"], "1.0");
    assert_eq!(document["applyable"], true);
    assert_eq!(document["complete"], false);
    assert_eq!(
        document["summary"],
        json!({
            "add": 5, "change": 0, "destroy": 2, "held": 1, "unknown": 1, "inactive": 1,
        })
    );
}

#[test]
fn a_replacement_is_a_delete_and_a_create_for_whoever_looks_for_deletes() {
    let document = read(&plan_json(&full_plan(), &names(), Basis::AWS).unwrap());
    let change = &document["changes"][2];
    assert_eq!(change["address"], "prowler.role[\"222222222222\"]");
    assert_eq!(change["actions"], json!(["delete", "create"]));
    assert_eq!(change["before"]["path"], "/");
    assert_eq!(change["after"]["path"], "/vendors/");
    assert_eq!(change["after"]["trust_policy"]["Statement"][0]["Action"], "sts:AssumeRole");
    assert_eq!(
        change["steps"][0],
        json!({
            "call": "iam:DetachRolePolicy", "role": "ProwlerScan", "detail": "arn:aws:iam::aws:policy/SecurityAudit",
        })
    );
}

#[test]
fn an_empty_plan_is_complete_and_has_nothing_to_apply() {
    let document = read(&plan_json(&plan(Vec::new()), &Names::default(), Basis::AWS).unwrap());
    check("plan", &document);
    assert_eq!(document["applyable"], false);
    assert_eq!(document["complete"], true);
}

#[test]
fn what_is_only_worth_knowing_leaves_a_plan_complete() {
    let mut plan = full_plan();
    plan.holds.remove(0);
    plan.unknown.clear();
    let document = read(&plan_json(&plan, &names(), Basis::AWS).unwrap());
    assert_eq!(document["complete"], true);
    assert_eq!(document["holds"][0]["severity"], "note");
}

#[test]
fn a_status_is_as_its_schema_says() {
    let document = read(&status_json(&every_cell(), &names(), Basis::AWS).unwrap());
    check("status", &document);
    assert_eq!(document["complete"], false);
    assert_eq!(document["summary"]["prowler"]["unknown"], 1);
    assert_eq!(document["accounts"][2]["integrations"]["spot"]["failure"]["call"], "sts:AssumeRole");
}

#[test]
fn accounts_are_as_their_schema_says() {
    let document = read(&accounts_json(&org(), &desired(), None).unwrap());
    check("accounts", &document);
    assert_eq!(document["accounts"][1]["path"], "Root/Workloads/Prod");
    assert_eq!(document["accounts"][3]["integrations"], json!(["prowler"]));
}

#[test]
fn results_are_as_their_schema_says() {
    let plan = changes();
    let operations = [operation()];
    let address = id("prowler.stack_set");
    let (stack_set, running): (StackSetName, _) = (id("rolecall-prowler"), id("rolecall-0123456789abcdef"));
    let all = [
        vec![
            End::Done,
            End::CallFailed { steps: 1, failure: denied_call() },
            End::Skipped { because: &address },
            End::NotStarted,
            End::OperationsFailed(&operations),
        ],
        vec![
            End::StillRunning { stack_set: &stack_set, operation: &running },
            End::Interrupted { steps: 2 },
            End::Done,
            End::Done,
            End::Done,
        ],
    ];
    for ends in all {
        let document = read(&results(&plan, &ended(&plan, ends), &names()).unwrap());
        check("apply", &document);
        assert_eq!(document["complete"], false);
    }
    let done = ended(&plan, vec![End::Done, End::Done, End::Done, End::Done, End::Done]);
    let document = read(&results(&plan, &done, &names()).unwrap());
    check("apply", &document);
    assert_eq!(document["complete"], true);
    assert_eq!(document["summary"]["added"], 7);
}

#[test]
fn the_same_plan_is_the_same_document() {
    assert_eq!(
        plan_json(&full_plan(), &names(), Basis::AWS).unwrap(),
        plan_json(&full_plan(), &names(), Basis::AWS).unwrap()
    );
}

#[test]
fn diagnostics_are_as_their_schema_says() {
    let (twice, broken, empty) = ("version: 1\nversion: 1\nintegration: {}\n", "a: [", "");
    for text in [twice, broken, empty] {
        check("validate", &read(&validate_json(&problems("rolecall.yaml", text)).unwrap()));
    }
    check("validate", &read(&validate_json(&Diagnostics::default()).unwrap()));
}
