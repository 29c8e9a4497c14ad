//! What came of a plan.

use std::collections::BTreeMap;

use rolecall_aws::{AccountEnd, Applied, EndedOperation, OperationEnd, Submission};
use rolecall_core::address::Address;
use rolecall_core::ids::{AccountId, IntegrationName, StackSetName};
use rolecall_core::plan::{Action, Change, Custody, InstanceAction, Plan, Subject, Tally};

use super::listing;
use super::page::{BOLD, DANGER, Page, Sign, paint};
use crate::render::clean::clean;
use crate::render::report::{Census, End, Entry, FailedCall, entries, tally};
use crate::render::{Detail, View, words};

/// The results of `apply` as text: what was done, what failed and what to do about it, and the summary line.
pub(crate) fn applied_text(plan: &Plan, applied: &Applied, view: &View<'_>) -> String {
    results(plan, &entries(plan, applied), view)
}

pub(in crate::render) fn results(plan: &Plan, entries: &[Entry<'_>], view: &View<'_>) -> String {
    let mut page = Page::default();
    done(&mut page, entries);
    undone(&mut page, view, entries);
    page.gap();
    let (heading, sentences) = summary(plan, entries);
    let mut heading = paint(BOLD, heading);
    for sentence in sentences {
        page.plain(format_args!("{heading}{}{sentence}", if heading.is_empty() { "" } else { " " }));
        heading.clear();
    }
    page.finish()
}

/// What was not done, and why.
pub(in crate::render) fn undone(page: &mut Page, view: &View<'_>, entries: &[Entry<'_>]) {
    failed_calls(page, view, entries);
    for entry in entries {
        not_done(page, view, entry);
    }
    waiting(page, entries);
}

/// What was done, a line each; roles in many accounts are counted.
pub(in crate::render) fn done(page: &mut Page, entries: &[Entry<'_>]) {
    let mut members: BTreeMap<(&IntegrationName, Action), usize> = BTreeMap::new();
    for entry in entries.iter().filter(|entry| matches!(entry.end, End::Done)) {
        let action = entry.change.action();
        if let Address::MemberRole(integration, _) = &entry.change.address {
            *members.entry((integration, action)).or_default() += 1;
        } else {
            let line = format!("{}: {}{}", entry.change.address, past(entry.change), of_accounts(entry.change));
            page.line(0, Sign::from(action), line);
        }
    }
    for ((integration, action), number) in members {
        let accounts = words::count(number, "account");
        page.line(0, Sign::from(action), format_args!("{integration}.role: {} in {accounts}", done_to(action)));
    }
}

fn past(change: &Change) -> &'static str {
    match &change.subject {
        Subject::Instances { action: InstanceAction::Retry, .. } => "brought up to date",
        Subject::Instances { action: InstanceAction::Recreate, .. } => "made anew",
        Subject::Instances { action: InstanceAction::Abandon, .. } => "taken out",
        Subject::Role { custody: Custody::Adopted, .. } | Subject::StackSet { custody: Custody::Adopted, .. } => {
            "adopted"
        }
        Subject::Role { custody: Custody::Released, .. } | Subject::StackSet { custody: Custody::Released, .. } => {
            "let go"
        }
        _ => done_to(change.action()),
    }
}

fn done_to(action: Action) -> &'static str {
    match action {
        Action::Create => "created",
        Action::Update => "updated",
        Action::Replace => "replaced",
        Action::Delete => "destroyed",
    }
}

fn of_accounts(change: &Change) -> String {
    match &change.subject {
        Subject::StackSet { reaches: accounts, .. } | Subject::Instances { accounts, .. } if !accounts.is_empty() => {
            format!(" in {}", words::count(accounts.len(), "account"))
        }
        Subject::StackSet { .. } | Subject::Instances { .. } | Subject::TrustedAccess | Subject::Role { .. } => {
            String::new()
        }
    }
}

fn not_done(page: &mut Page, view: &View<'_>, entry: &Entry<'_>) {
    let address = &entry.change.address;
    match &entry.end {
        End::OperationsFailed(operations) => {
            heading(page, format_args!("{address} did not succeed everywhere"));
            operations.iter().filter(|operation| !operation.is_clean()).for_each(|ended| operation(page, view, ended));
        }
        End::StillRunning { stack_set, operation } => {
            page.gap();
            let text = format!("{address} goes on in AWS: operation {operation} of {stack_set}");
            page.line(0, Sign::Attention, text);
        }
        End::Submitted(Submission { stack_set, operations, steps }) => {
            page.gap();
            for operation in operations {
                let text = format!("{address} goes on in AWS: operation {operation} of {stack_set}");
                page.line(0, Sign::from(entry.change.action()), text);
            }
            let rest = entry.change.steps.len().saturating_sub(*steps);
            if rest > 0 {
                let text = format!("left for the next run: {} of {address}", words::count(rest, "step"));
                page.line(0, Sign::Attention, text);
            }
        }
        End::Interrupted { steps } => {
            page.gap();
            let all = words::count(entry.change.steps.len(), "step");
            page.line(0, Sign::Attention, format_args!("{address} was stopped after {steps} of {all}"));
        }
        End::Done | End::CallFailed { .. } | End::Skipped { .. } | End::Left { .. } | End::NotStarted => {}
    }
}

/// A member's account, and what failed there.
type Failed<'a> = (&'a AccountId, &'a FailedCall<'a>);

/// Shows the calls that failed; members' roles that failed alike are shown once, with the words of the first.
fn failed_calls(page: &mut Page, view: &View<'_>, entries: &[Entry<'_>]) {
    let mut members: BTreeMap<(&IntegrationName, &str, &str), Vec<Failed<'_>>> = BTreeMap::new();
    for entry in entries {
        let End::CallFailed { steps, failure } = &entry.end else { continue };
        if let Address::MemberRole(integration, account) = &entry.change.address {
            members.entry((integration, failure.call, failure.code)).or_default().push((account, failure));
        } else {
            let all = words::count(entry.change.steps.len(), "step");
            heading(page, format_args!("{} failed after {steps} of {all}", entry.change.address));
            call(page, failure);
        }
    }
    for ((integration, _, _), failures) in members {
        let accounts: Vec<&AccountId> = failures.iter().map(|(account, _)| *account).collect();
        heading(page, format_args!("{integration}.role failed in {}", words::count(accounts.len(), "account")));
        listing::comment(page, 0, Sign::Same, "in", &accounts, view);
        let shown = match view.detail {
            Detail::Brief => 1,
            Detail::Full => failures.len(),
        };
        failures.iter().take(shown).for_each(|(_, failure)| call(page, failure));
    }
}

fn heading(page: &mut Page, text: impl std::fmt::Display) {
    page.gap();
    page.line(0, Sign::Attention, paint(DANGER, text));
}

fn call(page: &mut Page, failure: &FailedCall<'_>) {
    let FailedCall { account, call, code, message, request_id, advice } = failure;
    let place = account.map(|account| format!(" in {account}")).unwrap_or_default();
    page.line(0, Sign::Same, format_args!("{} failed with {}{place}", clean(call), clean(code)));
    if !message.is_empty() {
        page.line(0, Sign::Same, clean(message));
    }
    if let Some(id) = request_id {
        page.line(0, Sign::Same, format_args!("Request id: {}", clean(id)));
    }
    if let Some(advice) = advice {
        page.line(0, Sign::Same, format_args!("What to do: {}", clean(advice)));
    }
}

fn operation(page: &mut Page, view: &View<'_>, ended: &EndedOperation) {
    let EndedOperation { id, end, reason, accounts: _ } = ended;
    let end = match end {
        OperationEnd::Succeeded => "succeeded within its failure tolerance",
        OperationEnd::Failed => "failed",
        OperationEnd::Stopped => "was stopped",
    };
    let reason = reason.as_deref().filter(|reason| !reason.is_empty());
    let reason = reason.map(|reason| format!(": {}", clean(reason))).unwrap_or_default();
    page.line(0, Sign::Same, format_args!("operation {id} {end}{reason}"));
    let mut grouped: BTreeMap<(&'static str, &str), Vec<&AccountId>> = BTreeMap::new();
    for (account, result) in ended.failures() {
        let reason = result.reason.as_deref().unwrap_or_default();
        grouped.entry((account_end(result.end), reason)).or_default().push(account);
    }
    for ((end, reason), accounts) in grouped {
        listing::comment(page, 1, Sign::Attention, &format!("{end} in"), &accounts, view);
        if !reason.is_empty() {
            page.line(1, Sign::Same, clean(reason));
        }
    }
}

fn account_end(end: AccountEnd) -> &'static str {
    match end {
        AccountEnd::Succeeded => "succeeded",
        AccountEnd::Failed => "failed",
        AccountEnd::Cancelled => "cancelled",
        AccountEnd::Unreported => "nothing reported",
    }
}

/// What was not tried, each reason once.
fn waiting(page: &mut Page, entries: &[Entry<'_>]) {
    let mut skipped: BTreeMap<&Address, Vec<&Address>> = BTreeMap::new();
    let mut not_started: Vec<&Address> = Vec::new();
    let mut left: BTreeMap<&StackSetName, Vec<&Address>> = BTreeMap::new();
    for entry in entries {
        match &entry.end {
            End::Skipped { because } => skipped.entry(because).or_default().push(&entry.change.address),
            End::Left { stack_set } => left.entry(*stack_set).or_default().push(&entry.change.address),
            End::NotStarted => not_started.push(&entry.change.address),
            End::Done
            | End::CallFailed { .. }
            | End::OperationsFailed(_)
            | End::StillRunning { .. }
            | End::Submitted(_)
            | End::Interrupted { .. } => {}
        }
    }
    for (because, addresses) in skipped {
        page.gap();
        page.line(0, Sign::Attention, format_args!("skipped, as {because} failed: {}", some(&addresses)));
    }
    for (stack_set, addresses) in left {
        page.gap();
        let text = format!("left for the next run, as an operation of {stack_set} goes on: {}", some(&addresses));
        page.line(0, Sign::Attention, text);
    }
    if !not_started.is_empty() {
        page.gap();
        page.line(0, Sign::Attention, format_args!("not started: {}", some(&not_started)));
    }
}

/// How many addresses are named before the rest is only counted.
const NAMED: usize = 5;

fn some(addresses: &[&Address]) -> String {
    let named: Vec<String> = addresses.iter().take(NAMED).map(ToString::to_string).collect();
    match addresses.len().saturating_sub(NAMED) {
        0 => named.join(", "),
        more => format!("{} and {more} more", named.join(", ")),
    }
}

const INCOMPLETE: &str = "Run `rolecall apply` again to do the rest; what is done already is not done twice.";
const SUBMITTED: &str = "`rolecall status` shows how far the accounts are. Run `rolecall apply` again to wait for the \
                         operations and do the rest.";

/// What came of it all: a heading, and sentences.
pub(in crate::render) fn summary(plan: &Plan, entries: &[Entry<'_>]) -> (&'static str, Vec<String>) {
    let Tally { add, change, destroy } = tally(entries);
    let resources = format!("{add} added, {change} changed, {destroy} destroyed");
    let census = Census::of(entries);
    let (heading, mut sentences) = if census.is_complete() {
        ("Apply complete!", vec![format!("Resources: {resources}.")])
    } else {
        let Census { done: _, failed, skipped, still_running, submitted, left, interrupted, not_started } = census;
        let rest: Vec<String> = [
            (failed, "failed"),
            (skipped, "skipped"),
            (still_running, "still running"),
            (submitted, "submitted"),
            (left, "left for the next run"),
            (interrupted, "stopped halfway"),
            (not_started, "not started"),
        ]
        .into_iter()
        .filter(|(number, _)| *number > 0)
        .map(|(number, what)| format!("{number} {what}"))
        .collect();
        let (heading, next) =
            if census.is_in_order() { ("Apply submitted:", SUBMITTED) } else { ("Apply incomplete:", INCOMPLETE) };
        let counts = format!("{resources}. Of {}: {}.", words::count(entries.len(), "change"), rest.join(", "));
        (heading, vec![counts, next.to_owned()])
    };
    if !plan.unknown.is_empty() {
        let accounts = words::count(plan.unknown.len(), "account");
        sentences.push(format!("{accounts} could not be read, and nothing was done there."));
    }
    (heading, sentences)
}
