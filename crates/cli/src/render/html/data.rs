//! What the page's script works on. It is written into the page as JSON.

use rolecall_core::ids::{AccountId, IntegrationName};
use rolecall_core::org::{Account, AccountState, Org};
use serde::Serialize;

use super::content::{Content, Standing};
use super::tree::branches;
use crate::render::clean::clean;
use crate::render::state::{Reason, State};

/// The accounts with how each integration stands in them, in the order in which they are shown.
#[derive(Debug, Serialize)]
pub(super) struct Data<'a> {
    pub(super) integrations: &'a [&'a IntegrationName],
    states: Vec<StateData>,
    pub(super) units: Vec<UnitData<'a>>,
    pub(super) accounts: Vec<AccountData<'a>>,
    reasons: &'a [Reason<'a>],
}

/// A state, at its place in [`State::ALL`].
#[derive(Debug, Serialize)]
struct StateData {
    code: &'static str,
    word: &'static str,
    mark: &'static str,
    meaning: &'static str,
    /// Whether someone should look at it.
    look: bool,
}

/// A unit, or the root.
#[derive(Debug, Serialize)]
pub(super) struct UnitData<'a> {
    id: &'a str,
    name: String,
    /// Its names from the root.
    pub(super) path: String,
    /// The place of the unit above.
    parent: Option<usize>,
}

/// An account.
#[derive(Debug, Serialize)]
pub(super) struct AccountData<'a> {
    pub(super) id: &'a AccountId,
    pub(super) name: String,
    /// The place of its unit.
    pub(super) unit: usize,
    /// Where it is in its life, if it is not in use.
    #[serde(skip_serializing_if = "Option::is_none")]
    life: Option<String>,
    /// Whether it is the management account.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    management: bool,
    /// By integration.
    pub(super) cells: &'a [Standing],
}

/// The letter or sign that stands for a state where there is no room for its word: colour is never the only difference.
pub(super) fn mark(state: State) -> &'static str {
    match state {
        State::Drifted => "D",
        State::Failed => "F",
        State::Missing => "M",
        State::Pending => "P",
        State::Held => "H",
        State::Unknown => "?",
        State::Leaving => "L",
        State::Ignored => "I",
        State::InSync => "\u{2713}",
        State::Inactive => "\u{2013}",
        State::NotTarget => "\u{b7}",
    }
}

impl<'a> Data<'a> {
    /// The accounts of an organization with what a page says of them.
    pub(super) fn of(org: &'a Org, content: &'a Content<'a>) -> Self {
        let mut units: Vec<UnitData<'a>> = Vec::new();
        let mut accounts = Vec::new();
        for (place, branch) in branches(org).into_iter().enumerate() {
            let name = branch.name.map_or_else(|| branch.id.to_string(), |name| clean(name).into_owned());
            let above = branch.parent.and_then(|parent| units.get(parent)).map(|parent| format!("{}/", parent.path));
            let path = format!("{}{name}", above.unwrap_or_default());
            units.push(UnitData { id: branch.id.as_str(), name, path, parent: branch.parent });
            for (id, account) in branch.accounts {
                let cells = content.cells.get(id).unwrap_or(&content.blank);
                accounts.push(AccountData::of((id, account), place, org, cells));
            }
        }
        let states = State::ALL.map(|state| StateData {
            code: state.code(),
            word: state.word(),
            mark: mark(state),
            meaning: state.meaning(),
            look: state.needs_a_look(),
        });
        let reasons = &content.reasons.entries;
        Self { integrations: &content.integrations, states: states.into(), units, accounts, reasons }
    }
}

impl<'a> AccountData<'a> {
    fn of((id, account): (&'a AccountId, &Account), unit: usize, org: &Org, cells: &'a [Standing]) -> Self {
        let management = *id == org.management_account;
        let life = (account.state != AccountState::Active).then(|| clean(account.state.as_str()).into_owned());
        Self { id, name: clean(&account.name).into_owned(), unit, life, management, cells }
    }
}
