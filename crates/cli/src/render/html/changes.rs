//! What differs, each difference once, as text that a browser can show: the changes of a plan, and drift.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use rolecall_core::ids::{AccountId, IntegrationName};
use rolecall_core::plan::Plan;

use super::HtmlView;
use crate::render::change::{verdict, warning};
use crate::render::group::{Group, groups};
use crate::render::text::{Line, Page, block};
use crate::render::{Detail, View};
use crate::survey::Aim;

/// A change, or one that is the same in many accounts.
#[derive(Debug)]
pub(super) struct Entry<'a> {
    /// What kind of difference it is.
    pub(super) kind: Kind,
    /// `prowler.role["222222222222"] and 2 more will be updated in-place`.
    pub(super) heading: String,
    /// `+`, `~`, `-/+`, `-` or `!`.
    pub(super) symbol: &'static str,
    /// Why it is changed.
    pub(super) why: Option<String>,
    /// What a reader must not miss.
    pub(super) warning: Option<&'static str>,
    /// The accounts in which something changes.
    pub(super) accounts: Vec<&'a AccountId>,
    /// What changes, attribute by attribute: each line has its sign right-aligned in three columns.
    pub(super) text: String,
    /// Who did it, by account; safe to show.
    pub(super) who: Vec<(&'a AccountId, String)>,
}

/// What kind of difference it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// From what was last applied to what is there.
    Drift,
    /// From what is there to what an apply makes of it.
    Change,
}

/// The changes, and those of an integration in an account by their places among them.
#[derive(Debug)]
pub(super) struct Changes<'a> {
    pub(super) entries: Vec<Entry<'a>>,
    places: BTreeMap<(&'a IntegrationName, &'a AccountId), Vec<usize>>,
}

impl<'a> Changes<'a> {
    /// The changes of a plan.
    pub(super) fn of(plan: &'a Plan, view: &HtmlView<'_>) -> Self {
        let mut changes = Self { entries: Vec::new(), places: BTreeMap::new() };
        for group in groups(&plan.changes) {
            let entry = entry(&group, view);
            if let Some(integration) = group.change.address.integration() {
                for account in &entry.accounts {
                    changes.places.entry((integration, account)).or_default().push(changes.entries.len());
                }
            }
            changes.entries.push(entry);
        }
        changes
    }

    /// The places of the changes of an integration in an account.
    pub(super) fn at(&self, integration: &'a IntegrationName, account: &'a AccountId) -> &[usize] {
        self.places.get(&(integration, account)).map_or(&[], Vec::as_slice)
    }
}

fn entry<'a>(group: &Group<'a>, view: &HtmlView<'_>) -> Entry<'a> {
    let Group { change, accounts } = group;
    let more = match accounts.len() {
        0 | 1 => String::new(),
        many => format!(" and {} more", many - 1),
    };
    let mut page = Page::default();
    let view =
        View { names: view.names, detail: Detail::Full, aim: Aim::Configuration, checked: None, basis: view.basis };
    block(&mut page, &view, group);
    Entry {
        kind: Kind::Change,
        heading: format!("{}{more} {}", change.address, verdict(change)),
        symbol: change.action().symbol(),
        why: Some(change.why.to_string()),
        warning: warning(change),
        accounts: if accounts.is_empty() { change.accounts() } else { accounts.clone() },
        text: plain(&page.into_lines()),
        who: Vec::new(),
    }
}

/// The lines, without colours: each has its sign right-aligned in three columns.
pub(super) fn plain(lines: &[Line]) -> String {
    let mut text = String::new();
    for line in lines {
        // Writing to a string cannot fail.
        let _ = match line {
            Line::Gap => writeln!(text),
            Line::Plain(line) => writeln!(text, "    {}", anstream::adapter::strip_str(line)),
            Line::Signed { depth, sign, text: line } => {
                let indent = 4 * depth;
                writeln!(text, "{:>3} {:indent$}{}", sign.symbol(), "", anstream::adapter::strip_str(line))
            }
        };
    }
    text
}
