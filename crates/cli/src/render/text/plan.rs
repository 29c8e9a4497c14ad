//! A plan, as people used to Terraform expect to read it.

use std::collections::BTreeSet;

use rolecall_core::plan::{Action, Change, Plan, Subject, Tally};
use rolecall_core::step::Step;

use super::attribute::Style;
use super::page::{BOLD, DANGER, Page, Sign, paint};
use super::role::Sides;
use super::{hold, instances, listing, role, stack_set, unread};
use crate::render::basis::Basis;
use crate::render::change::{left_out, reach, verdict, warning};
use crate::render::clean::quoted;
use crate::render::group::{Group, groups, sides};
use crate::render::{Detail, View, words};
use crate::survey::Aim;

/// A plan as text: what changes, what is held back, what could not be read, and the summary line.
pub(crate) fn plan_text(plan: &Plan, view: &View<'_>) -> String {
    let mut page = Page::default();
    if !plan.changes.is_empty() {
        legend(&mut page, plan);
        for group in groups(&plan.changes) {
            page.gap();
            change(&mut page, view, &group);
        }
    }
    page.gap();
    hold::holds(&mut page, view, &plan.holds);
    unread::unknown(&mut page, view, "Not read, so nothing is planned there:", &plan.unknown);
    unread::inactive(&mut page, view, &plan.inactive);
    basis(&mut page, view);
    summary(&mut page, view, plan);
    page.finish()
}

/// What the text rests on, when it is not all of AWS as it is now.
pub(super) fn basis(page: &mut Page, view: &View<'_>) {
    let Basis { facts, looked_at } = view.basis;
    if let Some(facts) = facts {
        page.gap();
        page.plain(facts.sentence());
        if let Some(warning) = facts.warning() {
            page.line(0, Sign::Attention, format_args!("Warning: {warning}."));
        }
    }
    if let Some(looked_at) = looked_at {
        page.gap();
        page.plain(looked_at.sentence());
    }
}

fn legend(page: &mut Page, plan: &Plan) {
    page.plain("Actions are indicated with the following symbols:");
    let actions: BTreeSet<Action> = plan.changes.iter().map(Change::action).collect();
    for action in actions {
        let meaning = match action {
            Action::Create => "create",
            Action::Update => "update in-place",
            Action::Replace => "destroy and then create replacement",
            Action::Delete => "destroy",
        };
        page.line(0, Sign::from(action), meaning);
    }
    page.gap();
    page.plain("Rolecall will perform the following actions:");
}

fn change(page: &mut Page, view: &View<'_>, group: &Group<'_>) {
    let Group { change, accounts } = group;
    let more = match accounts.len() {
        0 | 1 => String::new(),
        many => format!(" and {} more", many - 1),
    };
    comment(page, paint(BOLD, format_args!("{}{more} {}", change.address, verdict(change))));
    comment(page, format_args!("({})", change.why));
    if accounts.len() > 1 {
        listing::comment(page, 0, Sign::Comment, "in", accounts, view);
    }
    if let Some(text) = warning(change) {
        comment(page, paint(DANGER, text));
    }
    if let Subject::StackSet { name: _, edit: _, custody: _, reaches } = &change.subject
        && !reaches.is_empty()
    {
        listing::comment(page, 0, Sign::Comment, "reaches", &reaches.iter().collect::<Vec<_>>(), view);
    }
    block(page, view, group);
}

/// What is changed, attribute by attribute.
pub(in crate::render) fn block(page: &mut Page, view: &View<'_>, Group { change, accounts }: &Group<'_>) {
    let sign = Sign::from(change.action());
    match &change.subject {
        Subject::TrustedAccess => page.line(0, sign, "trusted_access for CloudFormation StackSets"),
        Subject::Role { account, edit, custody: _ } => {
            let (before, after) = sides(edit);
            let place = match accounts.len() {
                0 | 1 => view.names.account(account),
                many => words::count(many, "account"),
            };
            let name = after.or(before).map(|role| quoted(role.name.as_str())).unwrap_or_default();
            page.line(0, sign, format_args!("role {name} in {place} {{"));
            let style = Style { depth: 1, detail: view.detail, action: change.action() };
            role::attributes(page, style, Sides { before, after });
            page.line(0, Sign::Same, "}");
        }
        Subject::StackSet { name, edit, custody: _, reaches: _ } => {
            page.line(0, sign, format_args!("stack_set {} {{", quoted(name.as_str())));
            stack_set::definition(page, view, edit);
            page.line(0, Sign::Same, "}");
        }
        Subject::Instances { stack_set, action: _, accounts, units } => {
            page.line(0, sign, format_args!("stack_instances of {} {{", quoted(stack_set.as_str())));
            instances::body(page, view, sign, accounts, units);
            page.line(0, Sign::Same, "}");
        }
    }
    if view.detail == Detail::Full {
        calls(page, &change.steps);
    }
}

fn comment(page: &mut Page, text: impl std::fmt::Display) {
    page.line(0, Sign::Comment, text);
}

/// The AWS calls, in order; the same call several times in a row is counted.
fn calls(page: &mut Page, steps: &[Step]) {
    let mut runs: Vec<(&'static str, usize)> = Vec::new();
    for step in steps {
        let (call, _) = words::call(step);
        match runs.last_mut() {
            Some((last, number)) if *last == call => *number += 1,
            _ => runs.push((call, 1)),
        }
    }
    let runs: Vec<String> = runs
        .into_iter()
        .map(|(call, number)| if number == 1 { call.to_owned() } else { format!("{call} ({number} times)") })
        .collect();
    comment(page, format_args!("calls: {}", runs.join(", ")));
}

/// What a plan that only undoes drift does not speak of.
const LEFT_ALONE: &str = "Pending changes of the files are left alone, and so is drift that they ignore.";

fn summary(page: &mut Page, view: &View<'_>, plan: &Plan) {
    page.gap();
    let rest = left_out(plan);
    if !plan.changes.is_empty() {
        let Tally { add, change, destroy } = plan.tally();
        page.plain(format_args!("{} {add} to add, {change} to change, {destroy} to destroy.", paint(BOLD, "Plan:")));
        let reached = reach(plan);
        if reached > 0 {
            page.plain(format_args!("It reaches {}.", words::count(reached, "account")));
        }
        if !rest.is_empty() {
            page.plain(format_args!("Besides, {}.", rest.join(" and ")));
        }
        if view.aim == Aim::LastApplied {
            page.plain(LEFT_ALONE);
        }
        return;
    }
    let heading = paint(BOLD, "No changes.");
    if !rest.is_empty() {
        let matched = match view.aim {
            Aim::Configuration | Aim::Nothing => "matches the configuration",
            Aim::LastApplied => "is as it was last applied",
        };
        return page
            .plain(format_args!("{heading} The rest of your organization {matched}, but {}.", rest.join(" and ")));
    }
    match view.aim {
        Aim::Configuration | Aim::Nothing => {
            page.plain(format_args!("{heading} Your organization matches the configuration."));
        }
        Aim::LastApplied => {
            page.plain(format_args!("{heading} Your organization is as it was last applied."));
            page.plain(LEFT_ALONE);
        }
    }
    if let Some(checked) = view.checked {
        page.gap();
        page.plain(format_args!(
            "Rolecall looked at {} and found nothing to do.",
            words::count(checked, "target account")
        ));
    }
}
