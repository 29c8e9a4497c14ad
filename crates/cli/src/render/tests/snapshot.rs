//! The file that `snapshot` writes.

use std::path::Path;

use rolecall_core::snapshot::Snapshot;
use serde_json::{Value, json};

use super::schema;
use crate::copy::{self, CopyError};
use crate::snapshot_file;

/// Everything that a snapshot can hold, in the order in which it is written.
fn everything() -> Value {
    let failure = json!({
        "unreadable": {
            "call": "sts:AssumeRole", "code": "AccessDenied", "message": "no", "request_id": "req-1", "advice": null,
        }
    });
    json!({
        "taken_at": "2026-03-01T10:00:00Z",
        "access": { "member_role": "OrganizationAccountAccessRole", "call_as": "self", "region": "us-east-1", "lock": "on",
            "profile": "org-b", "role_arn": "arn:aws:iam::111111111111:role/Rolecall" },
        "observed": {
            "org": {
                "id": "o-abc123def4",
                "management_account": "111111111111",
                "root": "r-ab12",
                "units": {
                    "ou-ab12-11111111": { "name": "Prod", "parent": "r-ab12" },
                    "ou-ab12-22222222": { "name": null, "parent": "ou-ab12-11111111" },
                },
                "accounts": {
                    "111111111111": { "name": "m", "email": "m@example.com", "state": "ACTIVE", "parent": "r-ab12" },
                    "222222222222": {
                        "name": "a", "email": "a@example.com", "state": { "OTHER": "NEW" }, "parent": "ou-ab12-22222222",
                    },
                },
            },
            "trusted_access": { "known": "enabled" },
            "stack_sets": { "known": {
                "rolecall-other": failure,
                "rolecall-prowler": { "known": {
                    "id": "rolecall-prowler:1",
                    "tags": { "rolecall:integration": "prowler" },
                    "template": "{}",
                    "description": "",
                    "capabilities": ["CAPABILITY_NAMED_IAM"],
                    "permission_model": "service_managed",
                    "auto_deployment": "on_retaining",
                    "managed_execution": "active",
                    "units": ["ou-ab12-11111111"],
                    "instances": {
                        "222222222222": { "unit": null, "status": "OUTDATED", "detail": "FAILED", "reason": "why", "stack": null },
                    },
                    "elsewhere": [["222222222222", "eu-west-1"]],
                    "running": { "id": "op-1", "action": "UPDATE", "started": null },
                    "last_operation": "op-1",
                    "last_update": "op-1",
                    "last_create": null,
                } },
            } },
            "roles": {
                "111111111111": { "known": { "ProwlerScan": {
                    "id": "AROAEXAMPLE",
                    "role": {
                        "name": "ProwlerScan",
                        "path": "/",
                        "description": "",
                        "trust": {
                            "Version": "2012-10-17",
                            "Statement": [{
                                "Effect": "Allow",
                                "Principal": { "AWS": "arn:aws:iam::232136659152:root" },
                                "Action": "sts:AssumeRole",
                            }],
                        },
                        "max_session": 3600,
                        "boundary": null,
                        "attached": ["arn:aws:iam::aws:policy/SecurityAudit"],
                        "inline": { "odd": "not JSON" },
                        "tags": {},
                    },
                } } },
                "222222222222": failure,
            },
        },
        "other_roles": { "Admin": ["111111111111"] },
    })
}

#[test]
fn a_snapshot_is_as_its_schema_says_and_is_read_back() {
    let snapshot: Snapshot = serde_json::from_value(everything()).unwrap();
    let text = snapshot_file::to_text(&snapshot).unwrap();
    let document: Value = serde_json::from_str(&text).unwrap();
    schema::check("snapshot", &document);
    assert_eq!(document["snapshot"], everything());
    assert_eq!(snapshot_file::parse(Path::new("snapshot.json"), &text).unwrap(), snapshot);
}

#[test]
fn no_copy_is_made_of_what_could_not_be_read_or_cannot_be_simulated() {
    let refusal = |change: &dyn Fn(&mut Value)| {
        let mut value = everything();
        value["observed"]["stack_sets"]["known"].as_object_mut().unwrap().remove("rolecall-other");
        change(&mut value);
        copy::organization_file(&serde_json::from_value(value).unwrap()).err()
    };
    let failure = everything()["observed"]["roles"]["222222222222"].clone();
    assert_eq!(refusal(&|_| ()), None);
    let sets = "/observed/stack_sets";
    let set = "/observed/stack_sets/known/rolecall-prowler";
    assert!(matches!(refusal(&|v| *v.pointer_mut(sets).unwrap() = failure.clone()), Some(CopyError::StackSets(_))));
    assert!(matches!(refusal(&|v| *v.pointer_mut(set).unwrap() = failure.clone()), Some(CopyError::StackSet { .. })));
    let model = format!("{set}/known/permission_model");
    assert!(matches!(
        refusal(&|v| *v.pointer_mut(&model).unwrap() = "self_managed".into()),
        Some(CopyError::SelfManaged(_))
    ));
    let management = "/observed/roles/111111111111";
    assert!(matches!(
        refusal(&|v| *v.pointer_mut(management).unwrap() = failure.clone()),
        Some(CopyError::Management(_))
    ));
    let region = "/access/region";
    assert!(matches!(
        refusal(&|v| *v.pointer_mut(region).unwrap() = "us-gov-west-1".into()),
        Some(CopyError::Partition(_))
    ));
}
