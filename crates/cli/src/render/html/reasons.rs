//! Why accounts stand as they do, each reason once.

use std::collections::{BTreeMap, HashMap};

use rolecall_core::ids::{AccountId, IntegrationName};
use rolecall_core::plan::{Hold, Plan};
use rolecall_core::status::Cell;

use crate::render::clean::clean;
use crate::render::hold::{accounts, advice, message};
use crate::render::names::Names;
use crate::render::state::Reason;

/// Reasons by their places, so that what thousands of accounts have in common is written once.
#[derive(Debug, Default)]
pub(super) struct Reasons<'a> {
    /// The reasons; safe to show.
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

    /// The place of a reason, which is added where it is new.
    pub(super) fn place(&mut self, Reason { message, advice }: Reason<'a>) -> usize {
        // The same characters hide in a browser as on a terminal.
        let reason = Reason { message: clean(&message).into_owned(), advice };
        let next = self.entries.len();
        *self.places.entry(reason.clone()).or_insert_with(|| {
            self.entries.push(reason);
            next
        })
    }
}
