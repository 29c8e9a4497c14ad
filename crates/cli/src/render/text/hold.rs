//! What is held back, and what is only worth knowing.

use std::collections::BTreeMap;

use rolecall_core::ids::AccountId;
use rolecall_core::plan::Hold;

use super::listing;
use super::page::{BOLD, Page, Sign, paint};
use crate::render::clean::clean;
use crate::render::hold::{Weight, accounts, advice, message, request_id, weight};
use crate::render::{Detail, Names, View};

/// Shows holds; those that say the same of several accounts are shown once.
pub(super) fn holds(page: &mut Page, view: &View<'_>, holds: &[Hold]) {
    for (kind, heading, sign) in
        [(Weight::Blocking, "Held back:", Sign::Attention), (Weight::Note, "Note:", Sign::Comment)]
    {
        let kind: Vec<&Hold> = holds.iter().filter(|hold| weight(&hold.reason) == kind).collect();
        if kind.is_empty() {
            continue;
        }
        page.gap();
        page.plain(paint(BOLD, heading));
        for (about, accounts) in group(&kind, view.names) {
            page.gap();
            about.show(page, view, sign, &accounts);
        }
        page.gap();
    }
}

/// What holds have in common that say the same.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::render) struct About<'a> {
    /// The integration, or the address where it belongs to none.
    pub(in crate::render) subject: String,
    pub(in crate::render) message: String,
    pub(in crate::render) advice: &'a str,
    pub(in crate::render) request_id: Option<&'a str>,
}

/// Puts holds together that say the same, with the accounts that they name.
pub(in crate::render) fn group<'a>(holds: &[&'a Hold], names: &Names) -> BTreeMap<About<'a>, Vec<&'a AccountId>> {
    let mut grouped: BTreeMap<About<'a>, Vec<&'a AccountId>> = BTreeMap::new();
    for hold in holds {
        let about_accounts = accounts(&hold.reason);
        let subject = match hold.address.integration().filter(|_| !about_accounts.is_empty()) {
            Some(integration) => integration.to_string(),
            None => hold.address.to_string(),
        };
        let about = About {
            subject,
            message: message(&hold.reason, names),
            advice: advice(&hold.reason),
            request_id: request_id(&hold.reason),
        };
        grouped.entry(about).or_default().extend(about_accounts);
    }
    for accounts in grouped.values_mut() {
        accounts.sort_unstable();
        accounts.dedup();
    }
    grouped
}

impl About<'_> {
    fn show(&self, page: &mut Page, view: &View<'_>, sign: Sign, accounts: &[&AccountId]) {
        page.line(0, sign, format_args!("{}: {}", self.subject, clean(&self.message)));
        if !accounts.is_empty() {
            listing::comment(page, 0, Sign::Same, "in", accounts, view);
        }
        page.line(0, Sign::Same, format_args!("What to do: {}.", clean(self.advice)));
        if let Some(id) = self.request_id.filter(|_| view.detail == Detail::Full) {
            page.line(0, Sign::Same, format_args!("Request id: {}", clean(id)));
        }
    }
}
