//! The status as a comment on a pull request or an issue.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use rolecall_core::ids::{AccountId, IntegrationName, OrgId};
use rolecall_core::status::{Cell, Matrix, Row};

use super::aside::basis;
use super::escape::{cell, code, prose};
use super::fold::{NAMINGS, places};
use super::sheet::{Item, LIMIT, List, Sheet};
use super::{Purpose, marker};
use crate::render::group::{Finding, reasons};
use crate::render::state::{Reason, State};
use crate::render::{Detail, View, words};

const CUT: &str = "> [!IMPORTANT]\n> This is cut to the size of a comment. The counts are of everything; `rolecall \
                   status` shows the rest.\n\n";

/// The status as Markdown: counts first, then the reasons, then the accounts that need a look.
pub(crate) fn status_markdown(matrix: &Matrix, organization: &OrgId, view: &View<'_>) -> String {
    let mut sheet = Sheet::new(head(matrix, organization, view), CUT);
    counts(&mut sheet, matrix);
    why(&mut sheet, matrix, view);
    accounts(&mut sheet, matrix, view);
    sheet.cut_to(LIMIT)
}

fn head(matrix: &Matrix, organization: &OrgId, view: &View<'_>) -> String {
    let cells = || matrix.rows.values().flat_map(|row| row.cells.values());
    let targets = cells().filter(|cell| !matches!(cell, Cell::NotTarget | Cell::Inactive(..) | Cell::Leaving)).count();
    let in_sync = cells().filter(|cell| matches!(cell, Cell::InSync)).count();
    let mut head = marker(Purpose::Status, organization);
    // Writing to a string cannot fail.
    let _ = writeln!(head, "## Rolecall status: {in_sync} of {} in sync\n", words::count(targets, "role"));
    let accounts = words::count(matrix.rows.len(), "account");
    let integrations = words::count(matrix.integrations.len(), "integration");
    let _ = writeln!(head, "Organization `{organization}`: {accounts}, {integrations}.\n");
    head.push_str(&basis(view.basis));
    head
}

/// A row for each integration, a column for each state that occurs.
fn counts(sheet: &mut Sheet, matrix: &Matrix) {
    let census: Vec<BTreeMap<&'static str, usize>> =
        matrix.integrations.iter().map(|integration| matrix.census(integration)).collect();
    let states: BTreeSet<&'static str> = census.iter().flat_map(|census| census.keys().copied()).collect();
    let row = move |name: &str, count: &dyn Fn(&'static str) -> usize, states: &BTreeSet<&'static str>| {
        let cells: Vec<String> = states.iter().map(|state| count(state).to_string()).collect();
        format!("| {name} | {} |\n", cells.join(" | "))
    };
    let count = |census: &BTreeMap<&'static str, usize>, state| census.get(state).copied().unwrap_or_default();
    let items = matrix
        .integrations
        .iter()
        .zip(&census)
        .map(|(name, census)| Item::new(row(&cell(name.as_str()), &|state| count(census, state), &states)))
        .collect();
    let heads = states.iter().copied().collect::<Vec<_>>().join(" | ");
    let lines = "---:|".repeat(states.len());
    let head = format!("| Integration | {heads} |\n|---|{lines}\n");
    let rest = move |left: &[usize]| {
        let sum = |state| left.iter().filter_map(|index| census.get(*index)).map(|census| count(census, state)).sum();
        row(&format!("*{} more*", left.len()), &sum, &states)
    };
    sheet.add(List { head, items, rest: Box::new(rest), tail: "\n".to_owned() });
}

/// The reasons for what needs a look. Never folded.
fn why(sheet: &mut Sheet, matrix: &Matrix, view: &View<'_>) {
    let grouped = reasons(matrix, view.names);
    let sizes: Vec<usize> = grouped.values().map(Vec::len).collect();
    let item = |((integration, word, reason), accounts): (Finding<'_>, Vec<&AccountId>)| {
        let Reason { message, advice } = reason;
        let advice = advice.map(|advice| format!("<br>What to do: {}.", prose(advice))).unwrap_or_default();
        Item::of(NAMINGS.map(|naming| {
            let place = places(&accounts, view.names, naming);
            format!("- **{} {word}**: {}, {place}{advice}\n", code(integration.as_str()), prose(&message))
        }))
    };
    sheet.add(List {
        head: "### Reasons\n\n".to_owned(),
        items: grouped.into_iter().map(item).collect(),
        rest: Box::new(move |left| {
            let accounts: usize = left.iter().filter_map(|index| sizes.get(*index)).sum();
            format!("- and {} more reasons, in {}\n", left.len(), words::count(accounts, "account"))
        }),
        tail: "\n".to_owned(),
    });
}

/// The accounts that need a look; with every detail, all accounts.
fn accounts(sheet: &mut Sheet, matrix: &Matrix, view: &View<'_>) {
    let is_shown =
        |row: &Row| view.detail == Detail::Full || row.cells.values().any(|cell| State::from(cell).needs_a_look());
    let rows: Vec<(&AccountId, &Row)> = matrix.rows.iter().filter(|(_, row)| is_shown(row)).collect();
    let item = |(account, row): &(&AccountId, &Row)| {
        let Row { name, state: _, unit, cells } = row;
        let account = cell(&if name.is_empty() { account.to_string() } else { format!("{account} ({name})") });
        let line = |states: String| Item::new(format!("| {account} | {} | {states} |\n", cell(unit)));
        line(standing(cells, view.detail))
    };
    let hidden = matrix.rows.len() - rows.len();
    let head = match view.detail {
        Detail::Brief => format!("### Accounts that need a look\n\n{} not listed.\n\n", others(hidden)),
        Detail::Full => "### Accounts\n\n".to_owned(),
    };
    sheet.add(List {
        head: format!("{head}| Account | Unit | State |\n|---|---|---|\n"),
        items: rows.iter().map(item).collect(),
        rest: Box::new(|left| format!("| and {} | | |\n", words::count(left.len(), "more account"))),
        tail: "\n".to_owned(),
    });
}

fn others(hidden: usize) -> String {
    let verb = if hidden == 1 { "is" } else { "are" };
    format!("{}, in sync, not targeted or not in use, {verb}", words::count(hidden, "other account"))
}

/// How the integrations stand in an account: those that need a look, or all.
fn standing(cells: &BTreeMap<IntegrationName, Cell>, detail: Detail) -> String {
    let shown = cells.iter().filter(|(_, cell)| detail == Detail::Full || State::from(*cell).needs_a_look());
    let states: Vec<String> = shown.map(|(name, state)| format!("{} {}", cell(name.as_str()), state.word())).collect();
    states.join(", ")
}
