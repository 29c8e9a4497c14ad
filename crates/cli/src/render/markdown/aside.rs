//! What stands beside changes: what a result rests on, what is held back, what could not be read, and what is not in use.

use std::collections::BTreeMap;

use rolecall_core::ids::AccountId;
use rolecall_core::observed::ReadFailure;
use rolecall_core::org::AccountState;
use rolecall_core::plan::Hold;

use super::escape::{code, html, prose};
use super::fold::{NAMINGS, Naming, details, places};
use super::sheet::{Item, List, Sheet};
use crate::render::basis::{Basis, LookedAt};
use crate::render::facts::Facts;
use crate::render::group::{self, FailureGroup, HoldGroup, by_state, failures};
use crate::render::hold::Weight;
use crate::render::names::Names;
use crate::render::words;

/// What the text rests on, when it is not all of AWS as it is now.
pub(super) fn basis(basis: Basis<'_>) -> String {
    let Basis { facts, looked_at } = basis;
    let warning = facts.and_then(Facts::warning).map(|warning| format!("Warning: {warning}."));
    let kind = if warning.is_some() { "WARNING" } else { "NOTE" };
    let sentences = [facts.map(Facts::sentence), warning, looked_at.map(LookedAt::sentence)];
    let sentences: Vec<String> = sentences.into_iter().flatten().map(|sentence| prose(&sentence)).collect();
    if sentences.is_empty() { String::new() } else { format!("> [!{kind}]\n> {}\n\n", sentences.join(" ")) }
}

/// The text with a capital letter at its beginning.
pub(super) fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// What is held back, or only worth knowing. Never folded.
pub(super) fn holds(sheet: &mut Sheet, holds: &[Hold], kind: Weight, head: &str, names: &Names) {
    let grouped = group::holds(holds, kind, names);
    let sizes: Vec<usize> = grouped.values().map(|accounts| accounts.len().max(1)).collect();
    let item = |(HoldGroup { subject, message, advice, request_id: _ }, accounts): (HoldGroup<'_>, Vec<&AccountId>)| {
        Item::of(NAMINGS.map(|naming| {
            let place =
                if accounts.is_empty() { String::new() } else { format!(", {}", places(&accounts, names, naming)) };
            format!("- **{}**: {}{place}<br>What to do: {}.\n", code(&subject), prose(&message), prose(advice))
        }))
    };
    sheet.add(List {
        head: head.to_owned(),
        items: grouped.into_iter().map(item).collect(),
        rest: Box::new(move |left| {
            let things: usize = left.iter().filter_map(|index| sizes.get(*index)).sum();
            format!("- and {} more of this kind, about {}\n", left.len(), words::count(things, "account"))
        }),
        tail: "\n".to_owned(),
    });
}

/// The accounts that could not be read. Never folded.
pub(super) fn unread(sheet: &mut Sheet, unknown: &BTreeMap<AccountId, ReadFailure>, head: &str, names: &Names) {
    let grouped = failures(unknown);
    let sizes: Vec<usize> = grouped.iter().map(|group| group.failures.len()).collect();
    let item = |group: &FailureGroup<'_>| {
        let FailureGroup { call, code: error, failures } = group;
        let accounts = group.accounts();
        let said = failures.first().map(|(account, failure)| match accounts.len() {
            1 => format!("<br>{}", code(&failure.message)),
            _ => format!("<br>{}: {}", code(account.as_str()), code(&failure.message)),
        });
        let said = said.unwrap_or_default();
        let advice = group.advice().map(|advice| format!("<br>What to do: {}.", prose(advice))).unwrap_or_default();
        Item::of([(Naming::All, true), (NAMINGS[1], true), (NAMINGS[2], false)].map(|(naming, is_quoted)| {
            let said = if is_quoted { said.as_str() } else { "" };
            format!("- {} failed with {} {}{said}{advice}\n", code(call), code(error), places(&accounts, names, naming))
        }))
    };
    sheet.add(List {
        head: head.to_owned(),
        items: grouped.iter().map(item).collect(),
        rest: Box::new(move |left| {
            let accounts: usize = left.iter().filter_map(|index| sizes.get(*index)).sum();
            format!("- and other failures in {}\n", words::count(accounts, "account"))
        }),
        tail: "\n".to_owned(),
    });
}

/// Accounts that are not in use.
pub(super) fn inactive(sheet: &mut Sheet, inactive: &BTreeMap<AccountId, AccountState>, names: &Names) {
    let item = |(state, accounts): (&AccountState, Vec<&AccountId>)| {
        let state = html(state.as_str());
        let summary = format!("{} not in use: <code>{state}</code>", words::count(accounts.len(), "account"));
        Item::of(NAMINGS.map(|naming| {
            let place = capitalised(&places(&accounts, names, naming));
            details(&summary, &format!("{place}; left alone."))
        }))
    };
    let grouped = by_state(inactive);
    let sizes: Vec<usize> = grouped.values().map(Vec::len).collect();
    sheet.add(List {
        head: String::new(),
        items: grouped.into_iter().map(item).collect(),
        rest: Box::new(move |left| {
            let accounts: usize = left.iter().filter_map(|index| sizes.get(*index)).sum();
            format!("and {} not in use.\n", words::count(accounts, "more account"))
        }),
        tail: String::new(),
    });
}
