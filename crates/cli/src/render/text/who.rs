//! Who changed what drifted, for people.

use rolecall_core::ids::{AccountId, RoleName};
use rolecall_core::who::{Told, Touch, Who};

use super::page::{Page, Sign};
use crate::render::who::{denied, left_out, phrase};
use crate::render::{Detail, View, words};

/// Of how many accounts it is told in brief.
const ACCOUNTS: usize = 3;

/// Adds who changed a role, in each of the accounts in which the same was found.
pub(super) fn touches(page: &mut Page, view: &View<'_>, who: &Who, accounts: &[&AccountId], role: &RoleName) {
    let known: Vec<(&AccountId, &[Touch])> = accounts
        .iter()
        .filter_map(|account| match who.told(account, role) {
            Told::Calls(calls) if !calls.is_empty() => Some((*account, calls)),
            Told::Calls(_) | Told::Denied | Told::LeftOut => None,
        })
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
    for told in [denied(who), left_out(who)].into_iter().flatten() {
        page.gap();
        page.line(0, Sign::Comment, told);
    }
}
