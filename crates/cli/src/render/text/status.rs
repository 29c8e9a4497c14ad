//! The matrix: accounts by integrations, with the reasons below.

use std::collections::{BTreeMap, BTreeSet};

use comfy_table::{Table, presets};
use rolecall_core::ids::AccountId;
use rolecall_core::org::AccountState;
use rolecall_core::status::{Cell, Matrix, Row};

use super::listing;
use super::page::{BOLD, Page, Sign, paint};
use super::plan::basis;
use crate::render::clean::clean;
use crate::render::group::reasons as reasons_of;
use crate::render::state::State;
use crate::render::{Detail, View, words};

/// Above this many accounts, those that are in sync are only counted.
const ALL_SHOWN: usize = 200;

/// The status as text: counts first, then the accounts, then what the words mean and why.
pub(crate) fn status_text(matrix: &Matrix, view: &View<'_>) -> String {
    let mut page = Page::default();
    if matrix.integrations.is_empty() {
        page.plain("There is no integration in the configuration, and none in the organization.");
        return page.finish();
    }
    census(&mut page, matrix);
    let is_cut = matrix.rows.len() > ALL_SHOWN && view.detail == Detail::Brief;
    let rows: BTreeMap<&AccountId, &Row> = matrix
        .rows
        .iter()
        .filter(|(_, row)| !is_cut || row.cells.values().any(|cell| State::from(cell).needs_a_look()))
        .collect();
    page.gap();
    if !rows.is_empty() {
        table(&mut page, matrix, &rows);
    }
    let hidden = matrix.rows.len() - rows.len();
    if hidden > 0 {
        let accounts = words::count(hidden, "more account");
        page.plain(format_args!("{accounts}, in sync, not targeted or not in use (-v shows all)."));
    }
    legend(&mut page, &rows);
    reasons(&mut page, matrix, view);
    basis(&mut page, view);
    page.finish()
}

fn census(page: &mut Page, matrix: &Matrix) {
    let width = matrix.integrations.iter().map(|name| name.as_str().len()).max().unwrap_or(0);
    for integration in &matrix.integrations {
        let counts: Vec<String> =
            matrix.census(integration).into_iter().map(|(word, number)| format!("{number} {word}")).collect();
        let counts = if counts.is_empty() { "no targets".to_owned() } else { counts.join(", ") };
        page.plain(format_args!(
            "{}{:pad$}  {counts}",
            paint(BOLD, integration),
            "",
            pad = width - integration.as_str().len()
        ));
    }
}

fn table(page: &mut Page, matrix: &Matrix, rows: &BTreeMap<&AccountId, &Row>) {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    let heads = ["ACCOUNT", "NAME", "UNIT"].into_iter().map(str::to_owned);
    table.set_header(heads.chain(matrix.integrations.iter().map(ToString::to_string)));
    for (account, row) in rows {
        let cells =
            matrix.integrations.iter().map(|integration| row.cells.get(integration).map_or("-", short).to_owned());
        let (name, unit) = (clean(&row.name).into_owned(), clean(&row.unit).into_owned());
        table.add_row([account.to_string(), name, unit].into_iter().chain(cells));
    }
    for line in table.lines() {
        page.plain(line.trim_end().strip_prefix(' ').unwrap_or(&line).trim_end());
    }
}

fn short(cell: &Cell) -> &'static str {
    match cell {
        Cell::NotTarget => "-",
        other => other.word(),
    }
}

fn legend(page: &mut Page, rows: &BTreeMap<&AccountId, &Row>) {
    let meanings: BTreeMap<&str, &str> = rows
        .values()
        .flat_map(|row| row.cells.values())
        .filter(|cell| **cell != Cell::InSync)
        .map(|cell| (short(cell), State::from(cell).meaning()))
        .collect();
    if meanings.is_empty() {
        return;
    }
    page.gap();
    for (word, meaning) in meanings {
        page.plain(format_args!("{word:<8}  {meaning}"));
    }
}

/// The reasons for what needs a look, each once, with its accounts.
fn reasons(page: &mut Page, matrix: &Matrix, view: &View<'_>) {
    let (grouped, inactive) = (reasons_of(matrix, view.names), inactive(matrix));
    if grouped.is_empty() && inactive.is_empty() {
        return;
    }
    page.gap();
    page.plain(paint(BOLD, "Reasons:"));
    for ((integration, word, reason), accounts) in grouped {
        page.line(0, Sign::Attention, format_args!("{integration} {word}: {}", clean(&reason.message)));
        listing::comment(page, 0, Sign::Same, "in", &accounts, view);
        if let Some(advice) = reason.advice {
            page.line(0, Sign::Same, format_args!("What to do: {}", clean(advice)));
        }
    }
    for (state, accounts) in inactive {
        let accounts: Vec<&AccountId> = accounts.into_iter().collect();
        listing::comment(page, 0, Sign::Attention, &format!("{}:", clean(state.as_str())), &accounts, view);
    }
}

/// Accounts that are not in use, by what AWS says they are.
fn inactive(matrix: &Matrix) -> BTreeMap<&AccountState, BTreeSet<&AccountId>> {
    let mut inactive: BTreeMap<&AccountState, BTreeSet<&AccountId>> = BTreeMap::new();
    for (account, row) in &matrix.rows {
        for cell in row.cells.values() {
            if let Cell::Inactive(state, _) = cell {
                inactive.entry(state).or_default().insert(account);
            }
        }
    }
    inactive
}
