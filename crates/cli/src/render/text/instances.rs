//! Stack instances: the accounts and units in which they come or go.

use std::collections::BTreeSet;

use rolecall_core::ids::{AccountId, OuId};

use super::listing;
use super::page::{Page, Sign, paint};
use crate::render::View;

/// Shows the units and accounts.
pub(super) fn body(
    page: &mut Page,
    view: &View<'_>,
    sign: Sign,
    accounts: &BTreeSet<AccountId>,
    units: &BTreeSet<OuId>,
) {
    if !units.is_empty() {
        page.line(1, sign, "organizational_units = [");
        for unit in units {
            page.line(2, sign, view.names.unit(unit));
        }
        page.line(1, Sign::Same, "]");
    }
    if !accounts.is_empty() {
        let all: Vec<&AccountId> = accounts.iter().collect();
        let (named, hidden) = listing::cut(&all, view);
        page.line(1, sign, "accounts = [");
        for account in named {
            page.line(2, sign, view.names.account(account));
        }
        if hidden > 0 {
            let text = format!("# (and {hidden} more, -v names all)");
            page.line(2, Sign::Same, paint(anstyle::Style::new().dimmed(), text));
        }
        page.line(1, Sign::Same, "]");
    }
}
