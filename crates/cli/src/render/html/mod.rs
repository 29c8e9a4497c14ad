//! A report as one page for a browser: the organization as a map of units and accounts, with the reasons and the changes.
//!
//! The page is one file that loads nothing and sends nothing. All that AWS or a file says is escaped text in it, and its
//! Content-Security-Policy lets only our own script and style run.

mod changes;
mod content;
mod coverage;
mod data;
mod digits;
mod drift;
mod page;
mod policy;
mod reasons;
mod tree;

use std::borrow::Cow;
use std::collections::BTreeSet;

use jiff::Timestamp;
use rolecall_core::address::{Address, Target};
use rolecall_core::ids::{AccountId, IntegrationName};
use rolecall_core::org::Org;
use rolecall_core::plan::{Change, Plan, Tally};
use rolecall_core::status::Matrix;

use self::content::Content;
use self::coverage::Coverage;
use self::digits::{count, digits};
pub(crate) use self::drift::drift_html;
use self::page::{Page, Tone};
use super::Basis;
use super::names::Names;
use crate::survey::Aim;

/// What a page is made of beside the result.
#[derive(Debug, Clone, Copy)]
pub(crate) struct HtmlView<'a> {
    /// The organization, with the names of its units.
    pub(crate) org: &'a Org,
    /// The names of accounts and units.
    pub(crate) names: &'a Names,
    /// When the page is written.
    pub(crate) now: Timestamp,
    /// What a plan aims at.
    pub(crate) aim: Aim,
    /// What it rests on.
    pub(crate) basis: Basis<'a>,
}

/// The status as a page.
pub(crate) fn status_html(matrix: &Matrix, plan: &Plan, view: &HtmlView<'_>) -> Result<String, serde_json::Error> {
    let content = Content::of(matrix, plan, view);
    let coverage = Coverage::of(&content);
    let page =
        Page { kind: "Status", headline: coverage.headline(), tone: coverage.tone(), remarks: coverage.remarks() };
    page.render(&content, view)
}

/// A plan as a page. What `--target` leaves out is not shown, as nothing was found out about it.
pub(crate) fn plan_html(
    matrix: &Matrix,
    plan: &Plan,
    targets: &[Target],
    view: &HtmlView<'_>,
) -> Result<String, serde_json::Error> {
    let matrix = narrowed(matrix, targets, view.org);
    let content = Content::of(&matrix, plan, view);
    let coverage = Coverage::of(&content);
    let (headline, tone) = if plan.changes.is_empty() {
        ("No changes.".to_owned(), coverage.tone())
    } else {
        let Tally { add, change, destroy } = plan.tally();
        let [add, change, destroy] = [add, change, destroy].map(digits);
        (format!("Plan: {add} to add, {change} to change, {destroy} to destroy."), Tone::Attention)
    };
    let accounts: BTreeSet<&AccountId> = plan.changes.iter().flat_map(Change::accounts).collect();
    let reaches = (!accounts.is_empty()).then(|| format!("It reaches {}.", count(accounts.len(), "account")));
    let names: Vec<String> = targets.iter().map(ToString::to_string).collect();
    let only = (!names.is_empty()).then(|| format!("Only {} was planned for.", names.join(", ")));
    let outlook = match view.aim {
        Aim::Configuration => [vec![format!("{}.", coverage.headline())], coverage.remarks()].concat(),
        Aim::LastApplied => vec!["Only what others changed is undone. What is pending is not shown.".to_owned()],
        Aim::Nothing => Vec::new(),
    };
    let remarks = reaches.into_iter().chain(only).chain(outlook).collect();
    Page { kind: "Plan", headline, tone, remarks }.render(&content, view)
}

/// The matrix without what is not targeted; all of it where nothing is.
fn narrowed<'a>(matrix: &'a Matrix, targets: &[Target], org: &Org) -> Cow<'a, Matrix> {
    if targets.is_empty() {
        return Cow::Borrowed(matrix);
    }
    let mut matrix = matrix.clone();
    let covers = |target: &Target, integration: &IntegrationName, account: &AccountId| match target {
        Target::Integration(name) | Target::Part(Address::StackSet(name) | Address::Instances(name)) => {
            name == integration
        }
        Target::Part(Address::MemberRole(name, member)) => name == integration && member == account,
        Target::Part(Address::ManagementRole(name)) => name == integration && *account == org.management_account,
        Target::Part(Address::TrustedAccess) => false,
    };
    for (account, row) in &mut matrix.rows {
        row.cells.retain(|integration, _| targets.iter().any(|target| covers(target, integration, account)));
    }
    matrix.integrations.retain(|name| matrix.rows.values().any(|row| row.cells.contains_key(name)));
    Cow::Owned(matrix)
}
