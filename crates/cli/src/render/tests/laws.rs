//! What holds for any text that AWS or a file may hold, and for any size.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use proptest::prelude::*;
use rolecall_core::ids::Partition;
use rolecall_core::observed::ReadFailure;
use rolecall_core::org::{Account, AccountState, Unit};
use rolecall_core::plan::{Change, Edit, HoldReason, Plan, Why};
use rolecall_core::policy::{PolicyDoc, PolicyKind};
use rolecall_core::status::Cell;

use super::status::{desired, matrix, org, row};
use super::world::*;
use crate::render::{
    Basis, Detail, Names, View, accounts_json, accounts_text, plan_json, plan_text, status_json, status_text,
};
use crate::survey::Aim;

/// Whether a text without its colours could steer a terminal or hide what it says.
fn is_harmless(text: &str) -> bool {
    let steers = |c: char| c.is_control() && c != '\n' || ('\u{202a}'..='\u{202e}').contains(&c) || c == '\u{200b}';
    !strip_our_colours(text).contains(steers)
}

/// Takes out the colours that the renderer itself writes: digits and semicolons between `ESC [` and `m`. They never come
/// from others, for an escape character of others is written as `\u{1b}`.
fn strip_our_colours(text: &str) -> String {
    let mut parts = text.split("\u{1b}[");
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let rest = part.trim_start_matches(|c: char| c.is_ascii_digit() || c == ';');
        plain.push_str(rest.strip_prefix('m').expect("a colour"));
    }
    plain
}

pub(super) fn hostile() -> impl Strategy<Value = String> {
    prop_oneof![any::<String>(), "[ -~]{0,20}", Just("\u{1b}[31m\u{202e}\u{9b}2J\n\"\\".to_owned())]
}

/// A plan in which everything that others write says this.
pub(super) fn plan_that_says(text: &str) -> (Plan, Names) {
    let failure = ReadFailure {
        call: text.to_owned(),
        code: text.to_owned(),
        message: text.to_owned(),
        request_id: Some(text.to_owned()),
        advice: Some(text.to_owned()),
    };
    let before = role_with(|role| {
        role.description = text.to_owned();
        role.trust = PolicyDoc::from_live(text, PolicyKind::Trust, Partition::Aws);
        let json = serde_json::json!({ "Version": text, text: [text, { "Sid": text }] }).to_string();
        role.inline.insert(id("live"), PolicyDoc::from_live(&json, PolicyKind::Permission, Partition::Aws));
    });
    let mut stranger = definition(&role(), &[]);
    stranger.description = text.to_owned();
    stranger.template = text.to_owned().into();
    stranger.capabilities.insert(text.to_owned());
    let after = definition(&role(), &[]);
    let operation = HoldReason::OperationRunning {
        stack_set: id("rolecall-prowler"),
        operation: id("an-operation"),
        action: Some(text.to_owned()),
        waiting: BTreeSet::new(),
    };
    let account = id("444444444444");
    let plan = Plan {
        holds: vec![
            hold("prowler.stack_set", operation),
            hold("prowler.instances", HoldReason::InstanceInoperable { account, reason: text.to_owned() }),
            hold("prowler.stack_set", HoldReason::StackSetsUnreadable { failure: failure.clone() }),
        ],
        unknown: BTreeMap::from([(id("333333333333"), failure)]),
        inactive: BTreeMap::from([(id("444444444444"), AccountState::Other(text.to_owned()))]),
        ..plan(vec![
            member("222222222222", Why::Drifted, Edit::Update { before: before.clone(), after: role() }),
            member("333333333333", Why::Undeclared, Edit::Delete(before)),
            stack_set(Why::ConfigChanged, Edit::Update { before: stranger, after }, &["222222222222"]),
        ])
    };
    let named = ["222222222222", "333333333333", "444444444444"].map(|account| (id(account), text.to_owned()));
    (plan, Names { accounts: named.into(), units: BTreeMap::from([(id("r-ab12"), text.to_owned())]) })
}

proptest! {
    #[test]
    fn no_text_of_others_makes_a_plan_panic_or_steer_the_terminal(text in hostile()) {
        let (plan, names) = plan_that_says(&text);
        for detail in [Detail::Brief, Detail::Full] {
            let shown = plan_text(&plan, &View { names: &names, detail, aim: Aim::Configuration, checked: None, basis: Basis::AWS });
            prop_assert!(is_harmless(&shown), "{shown:?}");
        }
        let document: serde_json::Value = serde_json::from_str(&plan_json(&plan, &names, Basis::AWS).unwrap()).unwrap();
        prop_assert_eq!(&document["unknown"][0]["message"], &text);
    }

    #[test]
    fn no_name_makes_a_status_or_a_tree_panic_or_steer_the_terminal(text in hostile()) {
        let (plan, names) = plan_that_says(&text);
        let cells = [Cell::Held(plan.holds[1].reason.clone()), Cell::Unknown(plan.unknown[&id("333333333333")].clone())];
        let matrix = matrix(vec![("222222222222".to_owned(), row(&text, &text, cells))]);
        let shown = status_text(&matrix, &View { names: &names, detail: Detail::Full, aim: Aim::Configuration, checked: None, basis: Basis::AWS });
        prop_assert!(is_harmless(&shown), "{shown:?}");
        status_json(&matrix, &names, Basis::AWS).unwrap();

        let mut org = org();
        let state = AccountState::Other(text.clone());
        org.accounts.insert(
            id("777777777777"),
            Account { name: text.clone(), email: text.clone(), state, parent: id("r-ab12") },
        );
        org.units.insert(id("ou-ab12-hostile01"), Unit { name: Some(text.clone()), parent: id("r-ab12") });
        let shown = accounts_text(&org, &desired());
        prop_assert!(is_harmless(&shown), "{shown:?}");
        accounts_json(&org, &desired(), None).unwrap();
    }
}

/// Not a benchmark: only what grows with the square of the accounts takes longer than this.
#[test]
fn ten_thousand_accounts_are_shown_soon_and_briefly() {
    let accounts = (0..10_000_u64).map(|index| format!("{:012}", 300_000_000_000 + index));
    let drifted = role_with(|role| role.description = "changed by hand".to_owned());
    let changes: Vec<Change> = accounts
        .clone()
        .map(|account| member(&account, Why::Drifted, Edit::Update { before: drifted.clone(), after: role() }))
        .collect();
    let each_its_own: Vec<Change> = accounts
        .map(|account| member(&account, Why::Missing, Edit::Create(role_with(|role| role.trust = trust(&account)))))
        .collect();
    let (same, different) = (plan(changes), plan(each_its_own));
    let names = Names::default();
    let started = Instant::now();
    let text = plan_text(
        &same,
        &View { names: &names, detail: Detail::Brief, aim: Aim::Configuration, checked: None, basis: Basis::AWS },
    );
    assert!(text.lines().count() < 40, "{text}");
    plan_text(
        &different,
        &View { names: &names, detail: Detail::Brief, aim: Aim::Configuration, checked: None, basis: Basis::AWS },
    );
    plan_json(&same, &names, Basis::AWS).unwrap();
    assert!(started.elapsed() < Duration::from_mins(1), "{:?}", started.elapsed());
}
