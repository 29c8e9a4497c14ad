//! Why accounts stand as they do: each reason once, with its accounts.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use rolecall_core::ids::{AccountId, IntegrationName};
use rolecall_core::plan::{Hold, Plan};
use rolecall_core::status::{Cell, Matrix};

use super::HtmlView;
use crate::render::clean::clean;
use crate::render::hold::{Weight, accounts, advice, message, weight};
use crate::render::names::Names;
use crate::render::state::{Reason, State};
use crate::render::text::group_holds;

/// Reasons by their places, so that what thousands of accounts have in common is written once.
#[derive(Debug, Default)]
pub(super) struct Reasons<'a> {
    pub(super) entries: Vec<Reason<'a>>,
    places: HashMap<Reason<'a>, usize>,
    /// What holds say of an integration in an account, beside the cell.
    held: BTreeMap<(&'a IntegrationName, &'a AccountId), Vec<usize>>,
}

impl<'a> Reasons<'a> {
    /// With what the holds of a plan say.
    pub(super) fn of(plan: &'a Plan, names: &Names) -> Self {
        let mut reasons = Self::default();
        for Hold { address, reason } in &plan.holds {
            let Some(integration) = address.integration() else { continue };
            let place = reasons.place(Reason { message: message(reason, names), advice: Some(advice(reason)) });
            for account in accounts(reason) {
                reasons.held.entry((integration, account)).or_default().push(place);
            }
        }
        reasons
    }

    /// The places of the reasons for a cell.
    pub(super) fn at(
        &mut self,
        (integration, account): (&'a IntegrationName, &'a AccountId),
        cell: &'a Cell,
        names: &Names,
    ) -> Vec<usize> {
        let mut places = self.held.get(&(integration, account)).cloned().unwrap_or_default();
        let reason = match cell {
            // Here it is said of this account alone, in the words of AWS.
            Cell::Unknown(failure) => {
                let id = failure.request_id.as_deref().map(|id| format!(" (request id {id})")).unwrap_or_default();
                let message = format!("{} failed with {}: {}{id}", failure.call, failure.code, failure.message);
                Some(Reason { message, advice: failure.advice.as_deref() })
            }
            other => Reason::of(other, names),
        };
        if let Some(place) = reason.map(|reason| self.place(reason))
            && !places.contains(&place)
        {
            places.push(place);
        }
        places
    }

    fn place(&mut self, Reason { message, advice }: Reason<'a>) -> usize {
        // The same characters hide in a browser as on a terminal.
        let reason = Reason { message: clean(&message).into_owned(), advice };
        let next = self.entries.len();
        *self.places.entry(reason.clone()).or_insert_with(|| {
            self.entries.push(reason);
            next
        })
    }
}

/// A reason with its accounts, for the list of what needs a look.
#[derive(Debug)]
pub(super) struct Finding<'a> {
    /// `prowler drifted`, or the address of what is held.
    pub(super) subject: String,
    /// How it stands; `None` for what is only worth knowing.
    pub(super) state: Option<State>,
    pub(super) message: String,
    pub(super) advice: Option<&'a str>,
    pub(super) request_id: Option<&'a str>,
    pub(super) accounts: Vec<&'a AccountId>,
}

/// What needs a look, each reason once; then what is only worth knowing.
pub(super) fn findings<'a>(matrix: &'a Matrix, plan: &'a Plan, view: &HtmlView<'_>) -> Vec<Finding<'a>> {
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
    let holds: Vec<&Hold> = plan.holds.iter().filter(|hold| weight(&hold.reason) == kind).collect();
    group_holds(&holds, names).into_iter().map(|(about, accounts)| Finding {
        subject: about.subject,
        state: None,
        message: clean(&about.message).into_owned(),
        advice: Some(about.advice),
        request_id: about.request_id,
        accounts,
    })
}
