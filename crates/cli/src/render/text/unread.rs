//! Accounts that could not be read, and accounts that are not in use.

use std::collections::BTreeMap;

use rolecall_core::ids::AccountId;
use rolecall_core::observed::ReadFailure;
use rolecall_core::org::AccountState;

use super::listing;
use super::page::{BOLD, Page, Sign, paint};
use crate::render::clean::clean;
use crate::render::{Detail, View};

/// Shows the accounts that could not be read; those that failed alike are shown once, with the words of the first.
pub(super) fn unknown(page: &mut Page, view: &View<'_>, unknown: &BTreeMap<AccountId, ReadFailure>) {
    if unknown.is_empty() {
        return;
    }
    page.gap();
    page.plain(paint(BOLD, "Not read, so nothing is planned there:"));
    let mut grouped: BTreeMap<(&str, &str), Vec<(&AccountId, &ReadFailure)>> = BTreeMap::new();
    for (account, failure) in unknown {
        grouped.entry((&failure.call, &failure.code)).or_default().push((account, failure));
    }
    for ((call, code), failures) in &grouped {
        page.gap();
        let accounts: Vec<&AccountId> = failures.iter().map(|(account, _)| *account).collect();
        page.line(0, Sign::Attention, format_args!("{} failed with {}", clean(call), clean(code)));
        listing::comment(page, 0, Sign::Same, "in", &accounts, view);
        let shown = match view.detail {
            Detail::Brief => 1,
            Detail::Full => failures.len(),
        };
        for (account, failure) in failures.iter().take(shown) {
            let id = failure.request_id.as_deref().map(|id| format!(" (request id {id})")).unwrap_or_default();
            page.line(0, Sign::Same, format_args!("{account}: {}", clean(&format!("{}{id}", failure.message))));
        }
        if let Some(advice) = failures.iter().find_map(|(_, failure)| failure.advice.as_deref()) {
            page.line(0, Sign::Same, format_args!("What to do: {}", clean(advice)));
        }
    }
    page.gap();
}

/// Shows the accounts that would be targets if they were in use.
pub(super) fn inactive(page: &mut Page, view: &View<'_>, inactive: &BTreeMap<AccountId, AccountState>) {
    if inactive.is_empty() {
        return;
    }
    let mut grouped: BTreeMap<&AccountState, Vec<&AccountId>> = BTreeMap::new();
    for (account, state) in inactive {
        grouped.entry(state).or_default().push(account);
    }
    page.gap();
    page.plain(paint(BOLD, "Not in use, so left alone:"));
    for (state, accounts) in grouped {
        listing::comment(page, 0, Sign::Attention, &format!("{}:", clean(state.as_str())), &accounts, view);
    }
    page.gap();
}
