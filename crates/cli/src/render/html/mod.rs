//! A report as one page for a browser: the organization as a map of units and accounts, with the reasons and the changes.
//!
//! The page is one file that loads nothing and sends nothing. All that AWS or a file says is escaped text in it, and its
//! Content-Security-Policy lets only our own script and style run.

mod changes;
mod coverage;
mod data;
mod digits;
mod page;
mod policy;
mod reasons;
mod tree;

use jiff::Timestamp;
use rolecall_core::org::Org;
use rolecall_core::plan::{Plan, Tally};
use rolecall_core::status::Matrix;

use self::coverage::Coverage;
use self::digits::{count, digits};
use self::page::{Page, Tone};
use super::Facts;
use super::names::Names;

/// What a page is made of beside the result.
#[derive(Debug, Clone, Copy)]
pub(crate) struct HtmlView<'a> {
    /// The organization, with the names of its units.
    pub(crate) org: &'a Org,
    /// The names of accounts and units.
    pub(crate) names: &'a Names,
    /// When the page is written.
    pub(crate) now: Timestamp,
    /// What was looked at, when it was not AWS as it is now.
    pub(crate) facts: Option<&'a Facts>,
}

/// The status as a page.
pub(crate) fn status_html(matrix: &Matrix, plan: &Plan, view: &HtmlView<'_>) -> Result<String, serde_json::Error> {
    let coverage = Coverage::of(matrix);
    let page =
        Page { kind: "Status", headline: coverage.headline(), tone: coverage.tone(), remarks: coverage.remarks() };
    page.render(matrix, plan, view)
}

/// A plan as a page.
pub(crate) fn plan_html(matrix: &Matrix, plan: &Plan, view: &HtmlView<'_>) -> Result<String, serde_json::Error> {
    let coverage = Coverage::of(matrix);
    let (headline, tone) = if plan.changes.is_empty() {
        ("No changes.".to_owned(), coverage.tone())
    } else {
        let Tally { add, change, destroy } = plan.tally();
        (
            format!("Plan: {} to add, {} to change, {} to destroy.", digits(add), digits(change), digits(destroy)),
            Tone::Attention,
        )
    };
    let reached: std::collections::BTreeSet<_> = plan.changes.iter().flat_map(|change| change.accounts()).collect();
    let mut remarks = vec![coverage.headline() + "."];
    remarks.extend(coverage.remarks());
    if !reached.is_empty() {
        remarks.insert(0, format!("It reaches {}.", count(reached.len(), "account")));
    }
    Page { kind: "Plan", headline, tone, remarks }.render(matrix, plan, view)
}
