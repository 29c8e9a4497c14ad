use rolecall_core::plan::{Edit, InstanceAction, Why};

use super::world::*;
use crate::render::Detail;

fn show(changes: Vec<rolecall_core::plan::Change>) -> String {
    text(&plan(changes), Detail::Brief)
}

#[test]
fn look() {
    let p = |s: String| println!("{s}\n=================");
    p(show(vec![role_change("prowler.management_role", "111111111111", Why::Missing, Edit::Create(role().with_digest()))]));
    let after = role_with(|role| {
        role.description = "Scan".into();
        role.max_session = 5400.try_into().unwrap();
        role.boundary = Some(id("arn:aws:iam::aws:policy/B"));
        role.attached = ids(&["arn:aws:iam::aws:policy/SecurityAudit", "arn:aws:iam::aws:policy/job-function/ViewOnlyAccess"]);
        role.trust = trust("other");
        role.inline = [(id("additions"), allows(&[("A", &["a:b"]), ("B", &["b:a", "b:b", "b:c", "b:d", "b:e", "b:f", "b:g", "b:h"]), ("C", &["c:c", "c:d"])])), (id("sneaky"), allows(&[("X", &["*"])]))].into();
    });
    let before = role_with(|role| {
        role.inline = [(id("additions"), allows(&[("A", &["a:b"]), ("B", &["b:a", "b:b", "b:c", "b:d", "b:e", "b:f", "b:g"]), ("C", &["c:c", "c:d"])]))].into();
    });
    p(show(vec![member("222222222222", Why::ConfigChanged, Edit::Update { before: before.clone(), after: after.clone() })]));
    p(show(vec![member("222222222222", Why::ConfigChanged, Edit::Replace { before: after.clone(), after: role_with(|r| r.path = id("/x/")) })]));
    p(show(vec![member("222222222222", Why::Undeclared, Edit::Delete(role()))]));
    let many: Vec<String> = (0..37).map(|n| format!("{}", 222_222_222_222_u64 + n)).collect();
    p(show(many.iter().map(|a| member(a, Why::Drifted, Edit::Update { before: before.clone(), after: role() })).collect()));
    let reaches: Vec<&str> = many.iter().map(String::as_str).collect();
    p(show(vec![trusted_access(), stack_set(Why::Missing, Edit::Create(definition(&role(), &[("old-id", &["333333333333"])])), &[]), instances(InstanceAction::Create, Why::Missing, &reaches, &["ou-ab12-workload1"])]));
    p(show(vec![stack_set(Why::ConfigChanged, Edit::Update { before: definition(&before, &[("old-id", &["333333333333"])]), after: definition(&role(), &[("old-id", &["333333333333"])]) }, &reaches), instances(InstanceAction::Delete, Why::AccountLeft, &["444444444444"], &[])]));
    p(text(&plan(vec![]), Detail::Brief));
}
