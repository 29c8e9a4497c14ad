//! Drift as a comment or an issue.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use rolecall_core::drift::{Blind, Ignore, Report, Standing};
use rolecall_core::ids::{AccountId, IntegrationName};
use rolecall_core::plan::Change;
use rolecall_core::who::Who;

use super::aside::{basis, capitalised, inactive, unread};
use super::escape::{cell, code, html, prose, prose_cell};
use super::fold::{NAMINGS, Naming, details, diff, lines, places};
use super::sheet::{Item, LIMIT, List, Sheet};
use super::{Purpose, marker};
use crate::render::finding::{Alike, Counts, alike, blind_sentence, said, sentence};
use crate::render::text::{Page, found};
use crate::render::who::{denied, left_out};
use crate::render::{View, words};

const CUT: &str = "> [!IMPORTANT]\n> This is cut to the size of a comment. The counts are of everything; `rolecall drift` \
                   shows the rest.\n\n";

/// How many differences of a place are named where all would be too many.
const FEW: usize = 2;

/// A drift report as Markdown: counts first, then what could not be looked at, then what drifted, with diffs on a click.
pub(crate) fn drift_markdown(report: &Report, who: Option<&Who>, view: &View<'_>) -> String {
    let mut sheet = Sheet::new(head(report, view), CUT);
    counts(&mut sheet, report);
    unread(&mut sheet, report.unknown(), "### Not read, so nothing is known of them\n\n", view.names);
    blind(&mut sheet, &report.blind);
    let groups = alike(report.open());
    drifted(&mut sheet, &groups, view);
    diffs(&mut sheet, &groups, who, view);
    silence(&mut sheet, who);
    ignored(&mut sheet, report, view);
    expired(&mut sheet, &report.expired);
    pending(&mut sheet, &report.pending.changes);
    inactive(&mut sheet, report.inactive(), view.names);
    sheet.cut_to(LIMIT)
}

fn head(report: &Report, view: &View<'_>) -> String {
    let mut head = marker(Purpose::Drift, &report.organization);
    let counts = Counts::of(report);
    let verdict = match (counts.findings, report.is_incomplete()) {
        (0, false) => "none".to_owned(),
        (0, true) => "none seen, but not everything is known".to_owned(),
        (findings, _) if counts.drifted == 0 => words::count(findings, "difference"),
        (findings, _) => {
            format!("{} in {}", words::count(findings, "difference"), words::count(counts.drifted, "account"))
        }
    };
    // Writing to a string cannot fail.
    let _ = writeln!(head, "## Rolecall drift: {verdict}\n");
    let _ = writeln!(head, "Organization `{}`. {}\n", report.organization, capitalised(&counts.sentence()));
    head.push_str(&basis(view.basis));
    head
}

/// How much was found of one integration.
#[derive(Debug, Clone, Default)]
struct Count {
    open: usize,
    drifted: BTreeSet<AccountId>,
    ignored: usize,
    checked: BTreeSet<AccountId>,
}

/// A row for each integration, where there are several.
fn counts(sheet: &mut Sheet, report: &Report) {
    let mut counts: BTreeMap<Option<&IntegrationName>, Count> = BTreeMap::new();
    for (integration, accounts) in &report.checked {
        counts.entry(Some(integration)).or_default().checked.clone_from(accounts);
    }
    for finding in &report.findings {
        let count = counts.entry(finding.integration()).or_default();
        if finding.is_open() {
            count.open += 1;
            count.drifted.extend(finding.account().cloned());
        } else {
            count.ignored += 1;
        }
    }
    if counts.len() < 2 {
        return;
    }
    let row = |name: &str, Count { open, drifted, ignored, checked }: &Count| {
        format!("| {name} | {open} | {} | {ignored} | {} |\n", drifted.len(), checked.len())
    };
    let name = |name: Option<&IntegrationName>| match name {
        Some(name) => cell(name.as_str()),
        None => "*the organization*".to_owned(),
    };
    let items = counts.iter().map(|(integration, count)| Item::new(row(&name(*integration), count))).collect();
    let rows: Vec<Count> = counts.into_values().collect();
    let rest = move |left: &[usize]| {
        let mut sum = Count::default();
        for Count { open, drifted, ignored, checked } in left.iter().filter_map(|index| rows.get(*index)) {
            sum.open += open;
            sum.ignored += ignored;
            sum.drifted.extend(drifted.iter().cloned());
            sum.checked.extend(checked.iter().cloned());
        }
        row(&format!("*{} more*", left.len()), &sum)
    };
    let head =
        "| Integration | Differences | Accounts drifted | Ignored | Accounts looked at |\n|---|---:|---:|---:|---:|\n";
    sheet.add(List { head: head.to_owned(), items, rest: Box::new(rest), tail: "\n".to_owned() });
}

/// What could not be looked at besides accounts. Never folded.
fn blind(sheet: &mut Sheet, spots: &[Blind]) {
    let item = |spot: &Blind| Item::new(format!("- {}\n", prose(&blind_sentence(spot))));
    sheet.add(List {
        head: "### Not looked at\n\n".to_owned(),
        items: spots.iter().map(item).collect(),
        rest: Box::new(|left| format!("- and {} more\n", left.len())),
        tail: "\n".to_owned(),
    });
}

/// The table of what drifted: a row for each place, or for places that drifted alike.
fn drifted(sheet: &mut Sheet, groups: &[Alike<'_>], view: &View<'_>) {
    let sizes: Vec<(usize, usize)> = groups.iter().map(|group| (group.findings.len(), group.accounts.len())).collect();
    let item = |group: &Alike<'_>| {
        let place = match group.accounts.as_slice() {
            [] => String::new(),
            [only] => cell(&view.names.account(only)),
            many => words::count(many.len(), "account"),
        };
        let said: Vec<String> = said(&group.findings).iter().map(|said| prose_cell(said)).collect();
        let row = |shown: usize| {
            let more = said.len().saturating_sub(shown);
            let more = (more > 0).then(|| format!("and {}", words::count(more, "more difference")));
            let lines: Vec<&str> = said.iter().take(shown).chain(&more).map(String::as_str).collect();
            format!("| {} | {} | {place} |\n", title(group), lines.join("<br>"))
        };
        Item::of([row(said.len()), row(FEW)])
    };
    sheet.add(List {
        head: "### Not as it was last applied\n\n| Integration | What | Where |\n|---|---|---|\n".to_owned(),
        items: groups.iter().map(item).collect(),
        rest: Box::new(move |left| {
            let (mut differences, mut accounts) = (0, 0);
            for (findings, places) in left.iter().filter_map(|index| sizes.get(*index)) {
                differences += findings * places.max(&1);
                accounts += places;
            }
            let accounts = words::count(accounts, "account");
            format!("| and {} more rows | {} | {accounts} |\n", left.len(), words::count(differences, "difference"))
        }),
        tail: "\n".to_owned(),
    });
}

fn title(group: &Alike<'_>) -> String {
    group.integration.map(|name| cell(name.as_str())).unwrap_or_default()
}

/// What differs, a fold for each row of the table.
fn diffs(sheet: &mut Sheet, groups: &[Alike<'_>], who: Option<&Who>, view: &View<'_>) {
    let item = |group: &Alike<'_>| {
        let mut page = Page::default();
        found(&mut page, view, who, group);
        let body = diff(&lines(page));
        let integration = group.integration.map(|name| format!("<code>{}</code>: ", html(name.as_str())));
        let count = words::count(group.findings.len(), "difference");
        let place = match group.accounts.as_slice() {
            [] => String::new(),
            [only] => format!(" in <code>{}</code>", html(&view.names.account(only))),
            many => format!(" in {}", words::count(many.len(), "account")),
        };
        let summary = format!("{}{count}{place}", integration.unwrap_or_default());
        Item::of([Naming::All, NAMINGS[1]].map(|naming| {
            let place = if group.accounts.len() < 2 {
                String::new()
            } else {
                capitalised(&places(&group.accounts, view.names, naming))
            };
            details(&summary, &format!("{place}\n\n{body}"))
        }))
    };
    sheet.add(List {
        head: "### Details\n\n".to_owned(),
        items: groups.iter().map(item).collect(),
        rest: Box::new(|left| {
            let noun = if left.len() == 1 { "row is" } else { "rows are" };
            format!("The details of {} more {noun} cut.\n", left.len())
        }),
        tail: "\n".to_owned(),
    });
}

/// Where it could not be found out who changed a role.
fn silence(sheet: &mut Sheet, who: Option<&Who>) {
    let told = who.into_iter().flat_map(|who| [denied(who), left_out(who)]).flatten();
    sheet.add(List {
        head: String::new(),
        items: told.map(|told| Item::new(format!("{}\n\n", prose(&told)))).collect(),
        rest: Box::new(|_| "Who changed some roles is not known.\n\n".to_owned()),
        tail: String::new(),
    });
}

/// What the file says to ignore, why, and until when.
fn ignored(sheet: &mut Sheet, report: &Report, view: &View<'_>) {
    let groups = alike(report.findings.iter().filter(|finding| !finding.is_open()));
    let sizes: Vec<usize> = groups.iter().map(|group| group.findings.len() * group.accounts.len().max(1)).collect();
    let item = |group: &Alike<'_>| {
        let integration = group.integration.map(|name| format!("**{}**: ", code(name.as_str()))).unwrap_or_default();
        let told = |naming| {
            let place = if group.accounts.is_empty() {
                String::new()
            } else {
                format!(", {}", places(&group.accounts, view.names, naming))
            };
            let said = group.findings.iter().map(|finding| {
                let until = match &finding.standing {
                    Standing::Ignored { reason, until } => {
                        let left = usize::try_from(report.today.days_until(*until)).unwrap_or(0);
                        format!("; until `{until}`, {} more: {}", words::count(left, "day"), prose(reason))
                    }
                    Standing::Open => String::new(),
                };
                format!("- {integration}{}{place}{until}\n", prose(&sentence(&finding.what)))
            });
            said.collect::<Vec<_>>().concat()
        };
        Item::of(NAMINGS.map(told))
    };
    sheet.add(List {
        head: "### Ignored, as the file says\n\n".to_owned(),
        items: groups.iter().map(item).collect(),
        rest: Box::new(move |left| {
            let findings: usize = left.iter().filter_map(|index| sizes.get(*index)).sum();
            format!("- and {} more ignored\n", words::count(findings, "difference"))
        }),
        tail: "\n".to_owned(),
    });
}

/// Ignores that are past their day.
fn expired(sheet: &mut Sheet, ignores: &[Ignore]) {
    let item = |Ignore { integration: _, accounts: _, attribute, reason, until }: &Ignore| {
        Item::new(format!("- {} was ignored until `{until}`: {}\n", code(&attribute.0), prose(reason)))
    };
    sheet.add(List {
        head: "### Ignored no more\n\n".to_owned(),
        items: ignores.iter().map(item).collect(),
        rest: Box::new(|left| format!("- and {} more\n", left.len())),
        tail: "\n".to_owned(),
    });
}

/// Changes of the files that are not applied: not drift.
fn pending(sheet: &mut Sheet, changes: &[Change]) {
    let item = |change: &Change| {
        let symbol = change.action().symbol();
        Item::new(format!("- `{symbol}` {}: {}\n", code(&change.address.to_string()), change.why))
    };
    let summary =
        format!("{} pending, as the files or the organization changed since", words::count(changes.len(), "change"));
    sheet.add(List {
        head: format!("<details><summary>{summary}</summary>\n\n"),
        items: changes.iter().map(item).collect(),
        rest: Box::new(|left| format!("- and {} more\n", left.len())),
        tail: "\n</details>\n\n".to_owned(),
    });
}
