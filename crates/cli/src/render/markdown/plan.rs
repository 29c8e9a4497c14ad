//! A plan as a comment on a pull request.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use rolecall_core::address::Address;
use rolecall_core::guard::Refusal;
use rolecall_core::ids::{AccountId, IntegrationName};
use rolecall_core::plan::{Plan, Subject, Tally};

use super::aside::{basis, capitalised, holds, inactive, unread};
use super::escape::{cell, html, prose};
use super::fold::{NAMED, NAMINGS, Naming, details, diff, lines, places};
use super::sheet::{Item, LIMIT, List, Sheet};
use super::{Purpose, marker};
use crate::render::change::{left_out, reach, verdict, warning};
use crate::render::group::{Group, groups};
use crate::render::hold::{Weight, weight};
use crate::render::names::Names;
use crate::render::text::{Page, block};
use crate::render::{View, words};

const CUT: &str = "> [!IMPORTANT]\n> This is cut to the size of a comment. The counts are of everything; `rolecall plan` \
                   shows the rest.\n\n";

/// A plan as Markdown: counts first, then what is held back and what could not be read, then the changes, each with its
/// diff on a click. `refusals` are what `apply` would refuse.
pub(crate) fn plan_markdown(plan: &Plan, view: &View<'_>, refusals: &[Refusal]) -> String {
    let mut sheet = Sheet::new(head(plan, view, refusals), CUT);
    counts(&mut sheet, plan);
    holds(&mut sheet, &plan.holds, Weight::Blocking, "### Held back\n\n", view.names);
    unread(&mut sheet, &plan.unknown, "### Not read, so nothing is planned there\n\n", view.names);
    let groups = groups(&plan.changes);
    changes(&mut sheet, &groups, view.names);
    diffs(&mut sheet, &groups, view);
    holds(&mut sheet, &plan.holds, Weight::Note, "### Worth knowing\n\n", view.names);
    inactive(&mut sheet, &plan.inactive, view.names);
    sheet.cut_to(LIMIT)
}

fn head(plan: &Plan, view: &View<'_>, refusals: &[Refusal]) -> String {
    let organization = &plan.organization;
    let mut head = marker(Purpose::Plan, organization);
    let left_out = left_out(plan);
    let Tally { add, change, destroy } = plan.tally();
    let verdict = match (plan.changes.is_empty(), left_out.is_empty()) {
        (true, true) => "no changes".to_owned(),
        (true, false) => "no changes, but not everything is known".to_owned(),
        (false, _) => format!("{add} to add, {change} to change, {destroy} to destroy"),
    };
    // Writing to a string cannot fail.
    let _ = writeln!(head, "## Rolecall plan: {verdict}\n");
    let mut sentences: Vec<String> = vec![format!("Organization `{organization}`.")];
    match (plan.changes.is_empty(), reach(plan), view.checked) {
        (true, _, Some(checked)) if left_out.is_empty() => {
            let accounts = words::count(checked, "target account");
            sentences.push(format!("Rolecall looked at {accounts} and found nothing to do."));
        }
        (true, ..) | (_, 0, _) => {}
        (false, reached, _) => sentences.push(format!("It reaches {}.", words::count(reached, "account"))),
    }
    sentences.extend(left_out.iter().map(|text| format!("**{text}.**", text = capitalised(text))));
    let _ = writeln!(head, "{}\n", sentences.join(" "));
    head.push_str(&basis(view.basis));
    if !refusals.is_empty() {
        head.push_str("> [!CAUTION]\n> `rolecall apply` will refuse this unless it is told the number:\n");
        for refusal in refusals.iter().take(NAMED) {
            let _ = writeln!(head, "> - {}: pass `{}`", prose(&refusal.to_string()), refusal.option());
        }
        if refusals.len() > NAMED {
            let _ = writeln!(head, "> - and {} more", refusals.len() - NAMED);
        }
        head.push('\n');
    }
    head
}

/// How much a plan does for one integration.
#[derive(Debug, Clone, Default)]
struct Count<'a> {
    tally: Tally,
    accounts: BTreeSet<&'a AccountId>,
    held: usize,
}

/// A row for each integration, where there are several.
fn counts(sheet: &mut Sheet, plan: &Plan) {
    let mut counts: BTreeMap<Option<&IntegrationName>, Count<'_>> = BTreeMap::new();
    for change in &plan.changes {
        let count = counts.entry(change.address.integration()).or_default();
        count.tally += change.tally();
        count.accounts.extend(change.accounts());
    }
    for hold in plan.holds.iter().filter(|hold| weight(&hold.reason) == Weight::Blocking) {
        counts.entry(hold.address.integration()).or_default().held += 1;
    }
    if counts.len() < 2 {
        return;
    }
    let row = |name: &str, Count { tally: Tally { add, change, destroy }, accounts, held }: &Count<'_>| {
        format!("| {name} | {add} | {change} | {destroy} | {} | {held} |\n", accounts.len())
    };
    let rows: Vec<(Option<&IntegrationName>, Count<'_>)> = counts.into_iter().collect();
    let name = |name: Option<&IntegrationName>| match name {
        Some(name) => cell(name.as_str()),
        None => "*the organization*".to_owned(),
    };
    let items = rows.iter().map(|(integration, count)| Item::new(row(&name(*integration), count))).collect();
    let owned: Vec<(Tally, BTreeSet<AccountId>, usize)> = rows
        .into_iter()
        .map(|(_, count)| (count.tally, count.accounts.into_iter().cloned().collect(), count.held))
        .collect();
    let rest = move |left: &[usize]| {
        let mut sum = Count::default();
        for (tally, accounts, held) in left.iter().filter_map(|index| owned.get(*index)) {
            sum.tally += *tally;
            sum.accounts.extend(accounts);
            sum.held += held;
        }
        row(&format!("*{} more*", left.len()), &sum)
    };
    sheet.add(List {
        head:
            "| Integration | To add | To change | To destroy | Accounts | Held back |\n|---|---:|---:|---:|---:|---:|\n"
                .to_owned(),
        items,
        rest: Box::new(rest),
        tail: "\n".to_owned(),
    });
}

/// The table of changes: a row for each, or for what is the same in several accounts.
fn changes(sheet: &mut Sheet, groups: &[Group<'_>], names: &Names) {
    let sizes: Vec<usize> = groups.iter().map(reached).collect();
    let item = |group: &Group<'_>| {
        let Group { change, accounts } = group;
        let place = match (accounts.as_slice(), &change.subject) {
            ([only], _) => format!(" in {}", cell(&names.account(only))),
            (_, Subject::Role { account, .. }) if accounts.is_empty() => {
                format!(" in {}", cell(&names.account(account)))
            }
            _ => String::new(),
        };
        let warning = warning(change).map(|warning| format!("<br>**{warning}**")).unwrap_or_default();
        let (symbol, address) = (change.action().symbol(), cell(&title(group)));
        let verdict = verdict(change);
        let reached = match reached(group) {
            0 => String::new(),
            number => number.to_string(),
        };
        let why = change.why;
        Item::new(format!("| `{symbol}` | {address}{place} {verdict}{warning} | {why} | {reached} |\n"))
    };
    sheet.add(List {
        head: "### Changes\n\n| | What | Why | Accounts |\n|---|---|---|---:|\n".to_owned(),
        items: groups.iter().map(item).collect(),
        rest: Box::new(move |left| {
            let accounts: usize = left.iter().filter_map(|index| sizes.get(*index)).sum();
            format!("| | and {} more rows like these | | {accounts} |\n", left.len())
        }),
        tail: "\n".to_owned(),
    });
}

/// In how many accounts the group changes something.
fn reached(group: &Group<'_>) -> usize {
    match group.accounts.len() {
        0 => group.change.accounts().len(),
        many => many,
    }
}

/// The address, or that of the role without an account where there are several.
fn title(Group { change, accounts }: &Group<'_>) -> String {
    match (&change.address, accounts.len()) {
        (Address::MemberRole(integration, _), 2..) => format!("{integration}.role"),
        (address, _) => address.to_string(),
    }
}

/// What differs, a fold for each row of the table.
fn diffs(sheet: &mut Sheet, groups: &[Group<'_>], view: &View<'_>) {
    let item = |group: &Group<'_>| {
        let Group { change, accounts } = group;
        let mut page = Page::default();
        block(&mut page, view, group);
        let body = diff(&lines(page));
        let all: Vec<&AccountId> = if accounts.is_empty() { change.accounts() } else { accounts.clone() };
        let count = if all.len() > 1 { format!(" in {}", words::count(all.len(), "account")) } else { String::new() };
        let title = html(&title(group));
        let summary =
            format!("<code>{}</code> <code>{title}</code>{count} {}", change.action().symbol(), verdict(change));
        Item::of([Naming::All, NAMINGS[1]].map(|naming| {
            let place = if all.is_empty() { String::new() } else { capitalised(&places(&all, view.names, naming)) };
            details(&summary, &format!("{place}\n\n{body}"))
        }))
    };
    sheet.add(List {
        head: "### Details\n\n".to_owned(),
        items: groups.iter().map(item).collect(),
        rest: Box::new(|left| {
            let noun = if left.len() == 1 { "change is" } else { "changes are" };
            format!("The details of {} more {noun} cut.\n", left.len())
        }),
        tail: "\n".to_owned(),
    });
}
