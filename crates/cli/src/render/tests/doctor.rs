//! What `doctor` found out, as text and as a document.

use std::collections::BTreeSet;

use rolecall_aws::{Caller, Check, Diagnosis, Subject, Verdict};
use rolecall_core::ids::Partition;

use super::schema::check as check_schema;
use super::world::*;
use crate::render::{Detail, doctor_json, doctor_text};

fn check(subject: Subject, verdict: Verdict, message: &str) -> Check {
    let message = message.to_owned();
    Check { subject, verdict, message, accounts: BTreeSet::new(), actions: BTreeSet::new(), advice: None }
}

fn diagnosis() -> Diagnosis {
    let caller = Caller {
        account: id("111111111111"),
        arn: "arn:aws:sts::111111111111:assumed-role/pipeline/ci".to_owned(),
        partition: Partition::Aws,
    };
    let many: Vec<String> = (0..12).map(|number| format!("2222222222{number:02}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    Diagnosis {
        caller,
        checks: vec![
            check(Subject::Caller, Verdict::Ok, "arn:aws:sts::111111111111:assumed-role/pipeline/ci"),
            Check { accounts: ids(&many), ..check(Subject::MemberRole, Verdict::Ok, "Access can be assumed") },
            Check {
                accounts: ids(&["333333333333"]),
                advice: Some("make it".to_owned()),
                ..check(Subject::MemberRole, Verdict::Failed, "Access cannot be assumed: \u{1b}[2JAccessDenied")
            },
            Check {
                accounts: ids(&many),
                actions: ["iam:CreateRole", "iam:DeleteRole"].into(),
                ..check(Subject::ApplyAsMember, Verdict::NotChecked, "2 actions could not be checked")
            },
        ],
    }
}

#[test]
fn every_check_says_what_came_of_it_where_and_what_to_do() {
    let text = anstream::adapter::strip_str(&doctor_text(&diagnosis(), Detail::Brief)).to_string();
    insta::assert_snapshot!(text, @r"
    ok           caller: arn:aws:sts::111111111111:assumed-role/pipeline/ci
    ok           member role: Access can be assumed in 12 accounts
    failed       member role: Access cannot be assumed: \u{1b}[2JAccessDenied in 1 account
                 333333333333
                 hint: make it
    not checked  permissions of the member role to apply: 2 actions could not be checked in 12 accounts
                 iam:CreateRole, iam:DeleteRole
                 222222222200, 222222222201, 222222222202, 222222222203, 222222222204, 222222222205, 222222222206, 222222222207, 222222222208, 222222222209 and 2 more (-v names all)

    4 checks: 2 ok, 1 failed, 1 not checked.
    ");
}

#[test]
fn in_full_every_account_is_named() {
    let text = doctor_text(&diagnosis(), Detail::Full);
    assert_eq!(text.matches("222222222211").count(), 2);
}

#[test]
fn the_document_is_as_its_schema_says() {
    let document = serde_json::from_str(&doctor_json(&diagnosis()).unwrap()).unwrap();
    check_schema("doctor", &document);
    assert_eq!(document["summary"], serde_json::json!({ "ok": 2, "failed": 1, "not_checked": 1 }));
    assert_eq!(document["checks"][3]["actions"][0], "iam:CreateRole");
}
