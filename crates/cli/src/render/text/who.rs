//! Who changed what drifted, for people.

use rolecall_core::ids::{AccountId, RoleName};
use rolecall_core::who::{Touch, Who};

use super::page::{Page, Sign};
use crate::render::who::phrase;
use crate::render::{Detail, View, words};

/// Of how many accounts it is told in brief.
const ACCOUNTS: usize = 3;

/// Adds who changed a role, in each of the accounts in which the same was found.
pub(super) fn touches(page: &mut Page, view: &View<'_>, who: &Who, accounts: &[&AccountId], role: &RoleName) {
    let known: Vec<(&AccountId, &[Touch])> = accounts
        .iter()
        .map(|account| (*account, who.of(account, role)))
        .filter(|(_, calls)| !calls.is_empty())
        .collect();
    let (shown, calls) = match view.detail {
        Detail::Full => (known.len(), usize::MAX),
        Detail::Brief => (ACCOUNTS, 1),
    };
    for (account, touches) in known.iter().take(shown) {
        for touch in touches.iter().take(calls) {
            let place = if accounts.len() > 1 { format!("{account}: ") } else { String::new() };
            page.line(1, Sign::Comment, format_args!("{place}{}", phrase(touch)));
        }
    }
    if known.len() > shown {
        let more = words::count(known.len() - shown, "account");
        page.line(1, Sign::Comment, format_args!("and in {more} more (-v names all)"));
    }
}

/// Adds where it could not be found out.
pub(super) fn silence(page: &mut Page, who: &Who) {
    if !who.denied.is_empty() {
        let accounts = words::count(who.denied.len(), "account");
        page.gap();
        page.line(
            0,
            Sign::Comment,
            format_args!(
                "Who changed a role is not told for {accounts}: cloudtrail:LookupEvents is not allowed there."
            ),
        );
    }
    if !who.left_out.is_empty() {
        let roles = words::count(who.left_out.len(), "role");
        page.gap();
        page.line(0, Sign::Comment, format_args!("Who changed it was not looked up for {roles}."));
    }
}
