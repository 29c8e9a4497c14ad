//! Drift as a page: what is there against what was last applied, beside what is pending.

use std::collections::BTreeSet;

use rolecall_core::drift::{Blind, Finding as DriftFinding, Ignore, Report, Standing as Counted, What};
use rolecall_core::ids::{AccountId, IntegrationName};
use rolecall_core::status::{Cell, Matrix};
use rolecall_core::who::Who;

use super::HtmlView;
use super::changes::{Entry, Kind, plain};
use super::content::{Content, Finding};
use super::coverage::Coverage;
use super::digits::count;
use super::page::{Page, Tone};
use crate::render::clean::{clean, quoted};
use crate::render::finding::{Alike, Counts, alike, blind_sentence, sentence};
use crate::render::state::{Reason, State};
use crate::render::text::{Page as Lines, drift_differences, drift_sign};
use crate::render::who::{denied, left_out as left_out_sentence, sentences as told_of};
use crate::render::{Detail, View};
use crate::survey::Aim;

/// A drift report as a page. The matrix is read off its pending changes.
pub(crate) fn drift_html(
    report: &Report,
    who: Option<&Who>,
    matrix: &Matrix,
    view: &HtmlView<'_>,
) -> Result<String, serde_json::Error> {
    let matrix = looked_at(matrix, report);
    let mut content = Content::of(&matrix, &report.pending, view);
    for group in alike(report.open()) {
        content.add_drift(&group, who, view);
    }
    let ignored = report.findings.iter().filter(|finding| !finding.is_open());
    for group in alike(ignored) {
        content.add_ignored(&group);
    }
    content.findings.extend(report.blind.iter().map(unread));
    content.findings.extend(report.expired.iter().map(expired));
    content.findings.extend(who.into_iter().flat_map(untold));
    content.findings.sort_by_key(|finding| (finding.state.is_none(), finding.state));

    let accounts: BTreeSet<&AccountId> = report.open().filter_map(|finding| finding.account()).collect();
    let is_clean = report.open().next().is_none();
    let headline = match accounts.len() {
        0 if is_clean && report.is_incomplete() => "No drift seen, but not everything is known.".to_owned(),
        0 if is_clean => "No drift.".to_owned(),
        0 => "Drift, but in no account.".to_owned(),
        number => format!("Drift in {}.", count(number, "account")),
    };
    let tone = if is_clean && !report.is_incomplete() { Tone::Good } else { Tone::Attention };
    let coverage = Coverage::of(&content);
    let counts = [Counts::of(report).sentence(), format!("{}.", coverage.headline())];
    let remarks = counts.into_iter().chain(coverage.remarks()).collect();
    Page { kind: "Drift", headline, tone, remarks }.render(&content, view)
}

/// The matrix with a column for each integration that was looked at. Where nobody looked, nothing is said to be in sync.
fn looked_at(matrix: &Matrix, report: &Report) -> Matrix {
    let mut matrix = matrix.clone();
    let is_checked = |integration: &IntegrationName, account: &AccountId| {
        report.checked.get(integration).is_some_and(|accounts| accounts.contains(account))
    };
    for (account, row) in &mut matrix.rows {
        row.cells.retain(|integration, cell| *cell != Cell::InSync || is_checked(integration, account));
        let others = report.checked.keys().filter(|integration| is_checked(integration, account));
        for integration in others {
            row.cells.entry(integration.clone()).or_insert(Cell::InSync);
        }
    }
    let found = report.findings.iter().filter_map(|finding| finding.integration());
    let columns: BTreeSet<&IntegrationName> = report.checked.keys().chain(found).collect();
    matrix.integrations = columns.into_iter().cloned().collect();
    matrix
}

impl<'a> Content<'a> {
    fn add_drift(&mut self, group: &Alike<'a>, who: Option<&Who>, view: &HtmlView<'_>) {
        let is_failed = group.findings.iter().all(|finding| matches!(finding.what, What::InstanceFailed(_)));
        let state = if is_failed { State::Failed } else { State::Drifted };
        let place = self.entries.len();
        let message = sentences(group);
        let reason = self.reasons.place(Reason { message: message.clone(), advice: None });
        let mut calls = Vec::new();
        for account in &group.accounts {
            let told = told(who, account, group);
            let mut reasons = vec![reason];
            reasons.extend(told.iter().map(|told| self.reasons.place(Reason { message: told.clone(), advice: None })));
            calls.extend(told.into_iter().map(|told| (*account, told)));
            if let Some(standing) = self.standing(group.integration, account) {
                standing.reasons.splice(0..0, reasons);
                standing.entries.insert(0, place);
                // An account that could not be read is never counted as drifted.
                if standing.state != State::Unknown {
                    standing.state = state;
                }
            }
        }
        self.entries.push(Entry { who: calls, ..entry(group, view) });
        let subject =
            group.integration.map_or_else(|| "the organization".to_owned(), |name| format!("{name} {}", state.word()));
        self.add_finding(group, Some(state), subject, &message);
    }

    fn add_ignored(&mut self, group: &Alike<'a>) {
        let said: Vec<String> = group
            .findings
            .iter()
            .filter_map(|finding| {
                let Counted::Ignored { reason, until } = &finding.standing else { return None };
                Some(format!("{}; ignored until {until}: {reason}", sentence(&finding.what)))
            })
            .collect();
        let message = said.join("; ");
        let reason = self.reasons.place(Reason { message: message.clone(), advice: None });
        for account in &group.accounts {
            if let Some(standing) = self.standing(group.integration, account) {
                standing.reasons.push(reason);
                if standing.state == State::InSync {
                    standing.state = State::Ignored;
                }
            }
        }
        let subject = group.integration.map_or_else(|| "ignored".to_owned(), |name| format!("{name} ignored"));
        self.add_finding(group, None, subject, &message);
    }

    fn add_finding(&mut self, group: &Alike<'a>, state: Option<State>, subject: String, message: &str) {
        let message = clean(message).into_owned();
        let accounts = group.accounts.clone();
        self.findings.push(Finding { subject, state, message, advice: None, request_id: None, accounts });
    }
}

fn sentences(group: &Alike<'_>) -> String {
    let sentences: Vec<String> = group.findings.iter().map(|finding| sentence(&finding.what)).collect();
    sentences.join("; ")
}

fn entry<'a>(group: &Alike<'a>, view: &HtmlView<'_>) -> Entry<'a> {
    let mut lines = Lines::default();
    let aim = Aim::Configuration;
    let view = View { names: view.names, detail: Detail::Full, aim, checked: None, basis: view.basis };
    drift_differences(&mut lines, &view, &group.findings);
    let integration = group.integration.map(|name| format!("{name}: ")).unwrap_or_default();
    let is_attribute = |finding: &&DriftFinding| matches!(finding.what, What::Attribute { .. });
    let what = match group.findings.first().and_then(|finding| finding.what.role()) {
        Some(role) if group.findings.iter().all(is_attribute) => {
            format!("role {} was changed", quoted(role.as_str()))
        }
        _ => clean(&sentences(group)).into_owned(),
    };
    let symbol = group.findings.first().map_or("", |finding| drift_sign(&finding.what).symbol());
    Entry {
        kind: Kind::Drift,
        heading: format!("{integration}{what}"),
        symbol,
        why: None,
        warning: None,
        accounts: group.accounts.clone(),
        text: plain(&lines.into_lines()),
        who: Vec::new(),
    }
}

/// Who changed what was found in an account; nothing where it was not asked for.
fn told(who: Option<&Who>, account: &AccountId, group: &Alike<'_>) -> Vec<String> {
    let told = |who| group.roles().into_iter().flat_map(move |role| told_of(who, account, role));
    who.into_iter().flat_map(told).collect()
}

/// Where it is not known who changed a role.
fn untold(who: &Who) -> impl Iterator<Item = Finding<'_>> {
    let left_out: BTreeSet<&AccountId> = who.left_out.iter().map(|(account, _)| account).collect();
    let told = [(denied(who), who.denied.iter().collect()), (left_out_sentence(who), left_out)];
    told.into_iter().filter_map(|(message, accounts)| {
        let accounts = accounts.into_iter().collect();
        let subject = "who did it".to_owned();
        Some(Finding { subject, state: None, message: message?, advice: None, request_id: None, accounts })
    })
}

fn unread(blind: &Blind) -> Finding<'_> {
    Finding {
        subject: "not looked at".to_owned(),
        state: Some(State::Unknown),
        message: clean(&blind_sentence(blind)).into_owned(),
        advice: None,
        request_id: None,
        accounts: Vec::new(),
    }
}

fn expired(ignore: &Ignore) -> Finding<'_> {
    let Ignore { integration: _, accounts: _, attribute, reason, until } = ignore;
    Finding {
        subject: "no longer ignored".to_owned(),
        state: None,
        message: clean(&format!("{} was ignored until {until}, and counts again: {reason}", attribute.0)).into_owned(),
        advice: None,
        request_id: None,
        accounts: Vec::new(),
    }
}
