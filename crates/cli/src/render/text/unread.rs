//! Accounts that could not be read, and accounts that are not in use.

use std::collections::BTreeMap;

use rolecall_core::ids::AccountId;
use rolecall_core::observed::ReadFailure;
use rolecall_core::org::AccountState;

use super::listing;
use super::page::{BOLD, Page, Sign, paint};
use crate::render::clean::clean;
use crate::render::group::{by_state, failures};
use crate::render::{Detail, View};

/// Shows the accounts that could not be read under a heading; those that failed alike are shown once, with the words of
/// the first.
pub(super) fn unknown(page: &mut Page, view: &View<'_>, heading: &str, unknown: &BTreeMap<AccountId, ReadFailure>) {
    if unknown.is_empty() {
        return;
    }
    page.gap();
    page.plain(paint(BOLD, heading));
    for group in failures(unknown) {
        page.gap();
        page.line(0, Sign::Attention, format_args!("{} failed with {}", clean(group.call), clean(group.code)));
        listing::comment(page, 0, Sign::Same, "in", &group.accounts(), view);
        let shown = match view.detail {
            Detail::Brief => 1,
            Detail::Full => group.failures.len(),
        };
        for (account, failure) in group.failures.iter().take(shown) {
            let id = failure.request_id.as_deref().map(|id| format!(" (request id {id})")).unwrap_or_default();
            page.line(0, Sign::Same, format_args!("{account}: {}", clean(&format!("{}{id}", failure.message))));
        }
        if let Some(advice) = group.advice() {
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
    page.gap();
    page.plain(paint(BOLD, "Not in use, so left alone:"));
    for (state, accounts) in by_state(inactive) {
        listing::comment(page, 0, Sign::Attention, &format!("{}:", clean(state.as_str())), &accounts, view);
    }
    page.gap();
}
