//! Lists of accounts that do not flood the reader.

use rolecall_core::ids::AccountId;

use super::page::{Page, Sign};
use crate::render::{Detail, View, words};

/// How many accounts are named before the rest is only counted.
const NAMED: usize = 10;

/// Where lines of several accounts are broken.
const WIDTH: usize = 100;

/// The accounts that are named, and how many are not.
pub(super) fn cut<'a, 'b>(accounts: &'b [&'a AccountId], view: &View<'_>) -> (&'b [&'a AccountId], usize) {
    // One that is left out would cost the line that could have named it.
    if view.detail == Detail::Full || accounts.len() <= NAMED + 1 {
        return (accounts, 0);
    }
    (accounts.get(..NAMED).unwrap_or(accounts), accounts.len() - NAMED)
}

/// Adds lines like `# in 2 accounts: 222222222222 (payments-prod), 333333333333 (payments-dev)`. One account needs no
/// count.
pub(super) fn comment(
    page: &mut Page,
    depth: usize,
    sign: Sign,
    label: &str,
    accounts: &[&AccountId],
    view: &View<'_>,
) {
    if let [only] = accounts {
        return page.line(depth, sign, format_args!("{label} {}", view.names.account(only)));
    }
    let (named, hidden) = cut(accounts, view);
    let mut items: Vec<String> = named.iter().map(|account| view.names.account(account)).collect();
    if hidden > 0 {
        items.push(format!("and {hidden} more (-v names all)"));
    }
    let mut line = format!("{label} {}:", words::count(accounts.len(), "account"));
    let last = items.len().saturating_sub(1);
    for (index, item) in items.iter().enumerate() {
        if line.chars().count() + item.chars().count() + 2 > WIDTH.saturating_sub(4 * depth) {
            page.line(depth, sign, &line);
            line.clear();
            line.push(' ');
        }
        line.push(' ');
        line.push_str(item);
        if index < last {
            line.push(',');
        }
    }
    page.line(depth, sign, line);
}
