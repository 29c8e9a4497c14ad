//! What a page shows, however it was found out.

use std::collections::{BTreeMap, BTreeSet};

use rolecall_core::ids::{AccountId, IntegrationName};
use rolecall_core::plan::Plan;
use rolecall_core::status::{Cell, Matrix};
use serde::Serialize;

use super::HtmlView;
use super::changes::{Changes, Entry};
use super::reasons::Reasons;
use crate::render::clean::clean;
use crate::render::group;
use crate::render::hold::Weight;
use crate::render::names::Names;
use crate::render::state::{Reason, State};

/// How every account stands, why, and what differs.
#[derive(Debug)]
pub(super) struct Content<'a> {
    /// The columns.
    pub(super) integrations: Vec<&'a IntegrationName>,
    /// By account, a cell for each column.
    pub(super) cells: BTreeMap<&'a AccountId, Vec<Standing>>,
    /// The cells of an account of which nothing is said.
    pub(super) blank: Vec<Standing>,
    /// What the cells give as their reasons.
    pub(super) reasons: Reasons<'a>,
    /// What needs a look, and what is worth knowing.
    pub(super) findings: Vec<Finding<'a>>,
    /// What differs.
    pub(super) entries: Vec<Entry<'a>>,
}

/// How an integration stands in an account. In JSON the keys are short, as there are many.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Standing {
    /// The place of the state.
    #[serde(rename = "s", serialize_with = "place")]
    pub(super) state: State,
    /// The places of the reasons.
    #[serde(rename = "r", skip_serializing_if = "Vec::is_empty")]
    pub(super) reasons: Vec<usize>,
    /// The places of what differs.
    #[serde(rename = "c", skip_serializing_if = "Vec::is_empty")]
    pub(super) entries: Vec<usize>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it")]
fn place<S: serde::Serializer>(state: &State, to: S) -> Result<S::Ok, S::Error> {
    state.place().serialize(to)
}

/// A reason with its accounts.
#[derive(Debug)]
pub(super) struct Finding<'a> {
    /// `prowler drifted`, or the address of what is held.
    pub(super) subject: String,
    /// How it stands; `None` for what is only worth knowing.
    pub(super) state: Option<State>,
    /// What is to be said; safe to show.
    pub(super) message: String,
    pub(super) advice: Option<&'a str>,
    pub(super) request_id: Option<&'a str>,
    pub(super) accounts: Vec<&'a AccountId>,
}

impl<'a> Content<'a> {
    /// What a matrix and the plan that it was read off say.
    pub(super) fn of(matrix: &'a Matrix, plan: &'a Plan, view: &HtmlView<'_>) -> Self {
        let changes = Changes::of(plan, view);
        let mut reasons = Reasons::of(plan, view.names);
        let integrations: Vec<&IntegrationName> = matrix.integrations.iter().collect();
        let mut cells = BTreeMap::new();
        for (account, row) in &matrix.rows {
            let standing = |integration: &&'a IntegrationName| {
                let cell = row.cells.get(*integration).unwrap_or(&Cell::NotTarget);
                Standing {
                    state: State::from(cell),
                    reasons: reasons.at((integration, account), cell, view.names),
                    entries: changes.at(integration, account).to_vec(),
                }
            };
            cells.insert(account, integrations.iter().map(standing).collect());
        }
        let nothing = Standing { state: State::NotTarget, reasons: Vec::new(), entries: Vec::new() };
        let blank = vec![nothing; integrations.len()];
        Self { integrations, cells, blank, reasons, findings: findings(matrix, plan, view), entries: changes.entries }
    }

    /// How an integration stands in an account.
    pub(super) fn standing(
        &mut self,
        integration: Option<&IntegrationName>,
        account: &AccountId,
    ) -> Option<&mut Standing> {
        let column = self.integrations.iter().position(|column| Some(*column) == integration)?;
        self.cells.get_mut(account)?.get_mut(column)
    }

    /// How the accounts stand, each with one state for each column.
    pub(super) fn states(&self) -> impl Iterator<Item = impl Iterator<Item = State>> {
        self.cells.values().map(|standings| standings.iter().map(|standing| standing.state))
    }
}

/// What needs a look, each reason once; then what is only worth knowing.
fn findings<'a>(matrix: &'a Matrix, plan: &'a Plan, view: &HtmlView<'_>) -> Vec<Finding<'a>> {
    let mut of_cells: BTreeMap<(State, &IntegrationName, Option<Reason<'a>>), BTreeSet<&AccountId>> = BTreeMap::new();
    for (account, row) in &matrix.rows {
        for (integration, cell) in &row.cells {
            let state = State::from(cell);
            // What holds say is told in full below.
            if state.needs_a_look() && state != State::Held {
                let reason = Reason::of(cell, view.names);
                of_cells.entry((state, integration, reason)).or_default().insert(account);
            }
        }
    }
    let cells = of_cells.into_iter().map(|((state, integration, reason), accounts)| Finding {
        subject: format!("{integration} {}", state.word()),
        state: Some(state),
        message: reason
            .as_ref()
            .map_or_else(|| state.meaning().to_owned(), |reason| clean(&reason.message).into_owned()),
        advice: reason.and_then(|reason| reason.advice),
        request_id: None,
        accounts: accounts.into_iter().collect(),
    });
    let held = holds(plan, view.names, Weight::Blocking).map(|finding| Finding {
        subject: format!("{} held", finding.subject),
        state: Some(State::Held),
        ..finding
    });
    let mut findings: Vec<Finding<'a>> = cells.chain(held).collect();
    findings.sort_by_key(|finding| finding.state);
    findings.extend(holds(plan, view.names, Weight::Note));
    findings
}

fn holds<'a>(plan: &'a Plan, names: &Names, kind: Weight) -> impl Iterator<Item = Finding<'a>> {
    group::holds(&plan.holds, kind, names).into_iter().map(|(about, accounts)| Finding {
        subject: about.subject,
        state: None,
        message: clean(&about.message).into_owned(),
        advice: Some(about.advice),
        request_id: about.request_id,
        accounts,
    })
}
