//! What faults and service control policies do to stacks.

use serde_json::json;

use super::{UNIT, deployed, has_role, instance, instances, later, ready};
use crate::faults::Faults;
use crate::testing::{MANAGEMENT, MEMBER, organizations, text};

#[test]
fn the_stack_that_a_fault_strikes_fails_with_its_reason_and_the_next_try_works() {
    let mut world = ready();
    let rule = "cloudformation:CreateStack@222222222222=fail_stack(out of luck):1".parse().unwrap();
    world.faults = Faults::new(vec![rule]);
    instances(&mut world, "CreateStackInstances", &[]).unwrap();
    later(&mut world);
    let failed = instance(&mut world, MEMBER);
    assert_eq!(text(&failed, "DetailedStatus"), Some("FAILED"));
    assert!(text(&failed, "StatusReason").unwrap().contains("ResourceStatusReason:out of luck"), "{failed}");
    assert!(!has_role(&world, MEMBER));
    instances(&mut world, "UpdateStackInstances", &[]).unwrap();
    later(&mut world);
    assert_eq!(text(&instance(&mut world, MEMBER), "DetailedStatus"), Some("SUCCEEDED"));
    assert!(has_role(&world, MEMBER));
}

#[test]
fn a_deletion_that_a_fault_strikes_leaves_the_instance_inoperable() {
    let mut world = deployed();
    let rule = "cloudformation:DeleteStack@222222222222=fail_stack(out of luck):1".parse().unwrap();
    world.faults = Faults::new(vec![rule]);
    instances(&mut world, "DeleteStackInstances", &[("RetainStacks", "false")]).unwrap();
    later(&mut world);
    assert_eq!(text(&instance(&mut world, MEMBER), "Status"), Some("INOPERABLE"));
}

#[test]
fn a_service_control_policy_keeps_stacks_from_being_made() {
    let mut world = ready();
    let mut org = |operation: &str, params| organizations(&mut world, MANAGEMENT, operation, params).unwrap();
    let kind = "SERVICE_CONTROL_POLICY";
    org("EnablePolicyType", json!({ "RootId": "r-test", "PolicyType": kind }));
    let content =
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"iam:CreateRole","Resource":"*"}]}"#;
    let made = org("CreatePolicy", json!({ "Name": "no-roles", "Description": "", "Type": kind, "Content": content }));
    let id = &made["Policy"]["PolicySummary"]["Id"];
    org("AttachPolicy", json!({ "PolicyId": id, "TargetId": UNIT }));
    instances(&mut world, "CreateStackInstances", &[]).unwrap();
    later(&mut world);
    let failed = instance(&mut world, MEMBER);
    assert!(text(&failed, "StatusReason").unwrap().contains("with an explicit deny in a service control policy"));
    assert!(!has_role(&world, MEMBER));
}
