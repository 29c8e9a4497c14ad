//! What is held back, and what is only worth knowing.

use rolecall_core::ids::AccountId;
use rolecall_core::plan::Hold;

use super::listing;
use super::page::{BOLD, Page, Sign, paint};
use crate::render::clean::clean;
use crate::render::group::{self, HoldGroup};
use crate::render::hold::Weight;
use crate::render::{Detail, View};

/// Shows holds; those that say the same of several accounts are shown once.
pub(super) fn holds(page: &mut Page, view: &View<'_>, holds: &[Hold]) {
    for (kind, heading, sign) in
        [(Weight::Blocking, "Held back:", Sign::Attention), (Weight::Note, "Note:", Sign::Comment)]
    {
        let grouped = group::holds(holds, kind, view.names);
        if grouped.is_empty() {
            continue;
        }
        page.gap();
        page.plain(paint(BOLD, heading));
        for (group, accounts) in grouped {
            page.gap();
            show(page, view, sign, &group, &accounts);
        }
        page.gap();
    }
}

fn show(page: &mut Page, view: &View<'_>, sign: Sign, group: &HoldGroup<'_>, accounts: &[&AccountId]) {
    let HoldGroup { subject, message, advice, request_id } = group;
    page.line(0, sign, format_args!("{subject}: {}", clean(message)));
    if !accounts.is_empty() {
        listing::comment(page, 0, Sign::Same, "in", accounts, view);
    }
    page.line(0, Sign::Same, format_args!("What to do: {}.", clean(advice)));
    if let Some(id) = request_id.filter(|_| view.detail == Detail::Full) {
        page.line(0, Sign::Same, format_args!("Request id: {}", clean(id)));
    }
}
