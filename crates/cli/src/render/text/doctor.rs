//! What `doctor` found out, check by check.

use anstyle::{AnsiColor, Style};
use rolecall_aws::{Check, Diagnosis, Subject, Verdict};
use rolecall_core::ids::AccountId;

use super::page::{Page, paint};
use crate::render::clean::clean;
use crate::render::{Detail, words};

/// How many accounts or actions are named before the rest is only counted.
const NAMED: usize = 10;

/// The checks: what came of each, what it is about, what was found, where, and what to do.
pub(crate) fn doctor_text(diagnosis: &Diagnosis, detail: Detail) -> String {
    let mut page = Page::default();
    for check in &diagnosis.checks {
        add(&mut page, check, detail);
    }
    page.gap();
    let count = |verdict| diagnosis.count(verdict);
    page.plain(format_args!(
        "{}: {} ok, {} failed, {} not checked.",
        words::count(diagnosis.checks.len(), "check"),
        count(Verdict::Ok),
        count(Verdict::Failed),
        count(Verdict::NotChecked)
    ));
    page.finish()
}

fn add(page: &mut Page, check: &Check, detail: Detail) {
    let Check { subject, verdict, message, accounts, actions, advice } = check;
    let (word, style) = match verdict {
        Verdict::Ok => ("ok", Style::new().fg_color(Some(AnsiColor::Green.into()))),
        Verdict::Failed => ("failed", AnsiColor::Red.on_default().bold()),
        Verdict::NotChecked => ("not checked", AnsiColor::Yellow.on_default()),
    };
    let place = match accounts.len() {
        0 => String::new(),
        number => format!(" in {}", words::count(number, "account")),
    };
    let word = paint(style, format_args!("{word:<11}"));
    page.plain(format_args!("{word}  {}: {}{place}", name(*subject), clean(message)));
    let is_short = *verdict == Verdict::Ok && detail == Detail::Brief;
    if !actions.is_empty() {
        page.plain(format_args!("             {}", list(actions.iter().copied(), Detail::Full)));
    }
    if !accounts.is_empty() && !is_short {
        page.plain(format_args!("             {}", list(accounts.iter().map(AccountId::as_str), detail)));
    }
    if let Some(advice) = advice {
        page.plain(format_args!("             {}: {}", paint(AnsiColor::Cyan.on_default(), "hint"), clean(advice)));
    }
}

/// The items in one line; in brief the first ten.
fn list<'a>(items: impl ExactSizeIterator<Item = &'a str>, detail: Detail) -> String {
    let number = items.len();
    let shown = match detail {
        Detail::Full => number,
        Detail::Brief => NAMED,
    };
    let line = items.take(shown).collect::<Vec<_>>().join(", ");
    if number > shown { format!("{line} and {} more (-v names all)", number - shown) } else { line }
}

fn name(subject: Subject) -> &'static str {
    match subject {
        Subject::Caller => "caller",
        Subject::Organization => "organization",
        Subject::CallerAccount => "account of the caller",
        Subject::TrustedAccess => "trusted access for StackSets",
        Subject::Accounts => "accounts",
        Subject::Targets => "configuration",
        Subject::MemberRole => "member role",
        Subject::PlanAsCaller => "permissions of the caller to plan",
        Subject::ApplyAsCaller => "permissions of the caller to apply",
        Subject::PlanAsMember => "permissions of the member role to plan",
        Subject::ApplyAsMember => "permissions of the member role to apply",
        Subject::HistoryAsCaller => "who changed a role, in the caller's account",
        Subject::HistoryAsMember => "who changed a role, in other accounts",
    }
}
