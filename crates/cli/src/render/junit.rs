//! Drift as test results (`JUnit` XML), so that any CI shows accounts as tests: a suite for each integration, a case for each
//! account.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use rolecall_core::drift::{Blind, Finding, Report, Standing};
use rolecall_core::ids::{AccountId, IntegrationName};
use rolecall_core::status::{Cell, Matrix};
use rolecall_core::who::Who;

use super::View;
use super::clean::clean;
use super::finding::{Alike, blind_sentence, said};
use super::markdown::lines;
use super::text::{Page, found};
use super::who::sentences;

/// A drift report as `JUnit` XML: in sync passes, drift fails, what is unknown is an error, and what is ignored or not in
/// use is skipped with the reason. The matrix says which accounts each integration targets.
pub(crate) fn drift_junit(report: &Report, who: Option<&Who>, matrix: &Matrix, view: &View<'_>) -> String {
    let mut suites: BTreeMap<&str, Suite> = BTreeMap::new();
    for integration in matrix.integrations.iter().filter(|name| report.checked.contains_key(*name)) {
        let suite = suites.entry(integration.as_str()).or_default();
        for (account, row) in &matrix.rows {
            if let Some(end) = row.cells.get(integration).and_then(end_of_cell) {
                suite.cases.insert(view.names.account(account), end);
            }
        }
    }
    for (integration, place, findings) in places(report) {
        let suite = suites.entry(integration.map_or(ORGANIZATION, IntegrationName::as_str)).or_default();
        let name = match (place, findings.first()) {
            (Some(account), _) => view.names.account(account),
            (None, first) => first.map(|finding| finding.address.to_string()).unwrap_or_default(),
        };
        suite.cases.insert(name, end_of_findings(integration, place, findings, who, view));
    }
    for blind in &report.blind {
        let name = match blind {
            Blind::TrustedAccess { failure: _ } => "trusted access".to_owned(),
            Blind::Unreadable { stack_set: None, failure: _ } => "stack sets".to_owned(),
            Blind::Unreadable { stack_set: Some(name), failure: _ }
            | Blind::OperationRunning { stack_set: name, operation: _ } => name.to_string(),
        };
        let end = End::Error { kind: "not_read".to_owned(), message: blind_sentence(blind) };
        suites.entry(ORGANIZATION).or_default().cases.insert(name, end);
    }
    write(&suites)
}

/// The suite of what belongs to no integration.
const ORGANIZATION: &str = "organization";

/// The cases of a suite, by name.
#[derive(Debug, Default)]
struct Suite {
    cases: BTreeMap<String, End>,
}

/// How a case ended.
#[derive(Debug)]
enum End {
    Passed,
    Failed { message: String, text: String },
    Error { kind: String, message: String },
    Skipped { message: String },
}

/// How an account ended in which nothing was found; `None` where it is no target.
fn end_of_cell(cell: &Cell) -> Option<End> {
    match cell {
        Cell::NotTarget => None,
        Cell::Unknown(failure) => {
            let advice = failure.advice.iter().map(|advice| format!("; {advice}"));
            let message = format!("{failure}{}", advice.collect::<String>());
            Some(End::Error { kind: failure.code.clone(), message })
        }
        Cell::Inactive(state, _) => {
            Some(End::Skipped { message: format!("the account is not in use: {}", state.as_str()) })
        }
        // Whether that is drift, the findings say.
        Cell::InSync
        | Cell::Missing
        | Cell::Pending
        | Cell::Drifted(_)
        | Cell::Failed(_)
        | Cell::Leaving
        | Cell::Held(_) => Some(End::Passed),
    }
}

type Place<'a> = (Option<&'a IntegrationName>, Option<&'a AccountId>, Vec<&'a Finding>);

/// The findings of each integration in each account; those elsewhere each for themselves.
fn places(report: &Report) -> Vec<Place<'_>> {
    let mut places: BTreeMap<_, Place<'_>> = BTreeMap::new();
    for finding in &report.findings {
        let (integration, account) = (finding.integration(), finding.account());
        let place = places.entry((integration, &finding.place)).or_insert_with(|| (integration, account, Vec::new()));
        place.2.push(finding);
    }
    places.into_values().collect()
}

fn end_of_findings<'a>(
    integration: Option<&'a IntegrationName>,
    account: Option<&'a AccountId>,
    findings: Vec<&'a Finding>,
    who: Option<&Who>,
    view: &View<'_>,
) -> End {
    let (open, ignored): (Vec<_>, Vec<_>) = findings.into_iter().partition(|finding| finding.is_open());
    if open.is_empty() {
        let reasons = ignored.iter().filter_map(|finding| match &finding.standing {
            Standing::Ignored { reason, until } => Some(format!("ignored until {until}: {reason}")),
            Standing::Open => None,
        });
        let reasons = reasons.collect::<Vec<_>>().join("; ");
        return End::Skipped { message: format!("{}; {reasons}", said(&ignored).join("; ")) };
    }
    let message = said(&open).join("; ");
    let mut page = Page::default();
    let group = Alike { integration, findings: open, accounts: account.into_iter().collect() };
    found(&mut page, view, None, &group);
    let mut text = lines(page);
    for (who, account) in who.into_iter().zip(account) {
        for told in group.roles().into_iter().flat_map(|role| sentences(who, account, role)) {
            text.push_str(&told);
            text.push('\n');
        }
    }
    End::Failed { message, text }
}

fn write(suites: &BTreeMap<&str, Suite>) -> String {
    let mut xml = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".to_owned();
    let all = Tally::of(suites.values().flat_map(|suite| suite.cases.values()));
    // Writing to a string cannot fail.
    let Tally { tests, failures, errors, skipped: _ } = all;
    // Jenkins refuses a file in which this element counts what was skipped (its junit-10.xsd).
    let counts = format!("tests=\"{tests}\" failures=\"{failures}\" errors=\"{errors}\"");
    let _ = writeln!(xml, "<testsuites name=\"rolecall drift\" {counts}>");
    for (name, suite) in suites {
        let tally = Tally::of(suite.cases.values());
        let suite_name = attribute(name);
        let _ = writeln!(xml, "  <testsuite name=\"{suite_name}\" {} time=\"0\">", tally.attributes());
        for (case, end) in &suite.cases {
            let head = format!("    <testcase classname=\"{suite_name}\" name=\"{}\" time=\"0\"", attribute(case));
            let _ = match end {
                End::Passed => writeln!(xml, "{head}/>"),
                End::Failed { message, text } => {
                    let (message, text) = (attribute(message), escaped(text));
                    writeln!(
                        xml,
                        "{head}>\n      <failure type=\"drift\" message=\"{message}\">{text}</failure>\n    </testcase>"
                    )
                }
                End::Error { kind, message } => {
                    let (kind, message) = (attribute(kind), attribute(message));
                    writeln!(xml, "{head}>\n      <error type=\"{kind}\" message=\"{message}\"/>\n    </testcase>")
                }
                End::Skipped { message } => {
                    writeln!(xml, "{head}>\n      <skipped message=\"{}\"/>\n    </testcase>", attribute(message))
                }
            };
        }
        xml.push_str("  </testsuite>\n");
    }
    xml.push_str("</testsuites>\n");
    xml
}

/// How many cases ended how.
#[derive(Debug, Default)]
struct Tally {
    tests: usize,
    failures: usize,
    errors: usize,
    skipped: usize,
}

impl Tally {
    fn of<'a>(ends: impl Iterator<Item = &'a End>) -> Self {
        ends.fold(Self::default(), |mut tally, end| {
            tally.tests += 1;
            match end {
                End::Passed => {}
                End::Failed { .. } => tally.failures += 1,
                End::Error { .. } => tally.errors += 1,
                End::Skipped { .. } => tally.skipped += 1,
            }
            tally
        })
    }

    fn attributes(&self) -> String {
        let Self { tests, failures, errors, skipped } = self;
        format!("tests=\"{tests}\" failures=\"{failures}\" errors=\"{errors}\" skipped=\"{skipped}\"")
    }
}

/// A text in an attribute, on one line.
fn attribute(text: &str) -> String {
    escaped(&clean(text)).replace('\n', " ")
}

/// A text between tags. What XML 1.0 has no place for (section 2.2) was made visible, but for two characters that are
/// none: U+FFFE and U+FFFF.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace(['\u{fffe}', '\u{ffff}'], "\u{fffd}")
}
