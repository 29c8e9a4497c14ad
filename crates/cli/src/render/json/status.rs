//! The status as a document.

use std::collections::BTreeMap;

use rolecall_core::ids::{AccountId, IntegrationName};
use rolecall_core::status::{Cell, Matrix, Row};
use serde::Serialize;

use super::plan::FailureBody;
use crate::render::basis::Basis;
use crate::render::chapter::Count;
use crate::render::hold::{advice, code, message};
use crate::render::names::Names;
use crate::render::state::State;
use crate::render::words;

/// The status as a JSON document (`schemas/status.schema.json`).
pub(crate) fn status_json(matrix: &Matrix, names: &Names, basis: Basis<'_>) -> Result<String, serde_json::Error> {
    super::document("status", basis, StatusBody::of(matrix, names))
}

/// How many accounts stand how, over all integrations; those that are no targets are not counted.
pub(crate) fn status_counts(matrix: &Matrix) -> Vec<Count> {
    let mut counts: BTreeMap<&'static str, Count> = BTreeMap::new();
    for cell in matrix.rows.values().flat_map(|row| row.cells.values()).filter(|cell| **cell != Cell::NotTarget) {
        let state = State::from(cell);
        let none = Count { key: state.code(), words: state.word(), number: 0 };
        counts.entry(state.code()).or_insert(none).number += 1;
    }
    counts.into_values().collect()
}

#[derive(Debug, Serialize)]
struct StatusBody<'a> {
    /// Whether every target account could be read.
    complete: bool,
    integrations: &'a [IntegrationName],
    /// By integration, how many accounts stand how.
    summary: BTreeMap<&'a IntegrationName, BTreeMap<&'static str, usize>>,
    accounts: Vec<AccountBody<'a>>,
}

impl<'a> StatusBody<'a> {
    fn of(matrix: &'a Matrix, names: &Names) -> Self {
        let Matrix { integrations, rows } = matrix;
        let mut cells = rows.values().flat_map(|row| row.cells.values());
        let mut summary: BTreeMap<&IntegrationName, BTreeMap<&'static str, usize>> =
            integrations.iter().map(|name| (name, BTreeMap::new())).collect();
        for (integration, cell) in rows.values().flat_map(|row| &row.cells) {
            *summary.entry(integration).or_default().entry(State::from(cell).code()).or_default() += 1;
        }
        Self {
            complete: cells.all(|cell| !matches!(cell, Cell::Unknown(_))),
            integrations,
            summary,
            accounts: rows.iter().map(|(account, row)| AccountBody::of(account, row, names)).collect(),
        }
    }
}

#[derive(Debug, Serialize)]
struct AccountBody<'a> {
    account: &'a AccountId,
    name: &'a str,
    state: &'a str,
    /// The unit it is in, as a path.
    organizational_unit: &'a str,
    integrations: BTreeMap<&'a IntegrationName, CellBody<'a>>,
}

impl<'a> AccountBody<'a> {
    fn of(account: &'a AccountId, row: &'a Row, names: &Names) -> Self {
        let Row { name, state, unit, cells } = row;
        Self {
            account,
            name,
            state: state.as_str(),
            organizational_unit: unit,
            integrations: cells.iter().map(|(integration, cell)| (integration, CellBody::of(cell, names))).collect(),
        }
    }
}

#[derive(Debug, Serialize)]
struct CellBody<'a> {
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<ReasonBody<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<FailureBody<'a>>,
}

#[derive(Debug, Serialize)]
struct ReasonBody<'a> {
    code: &'static str,
    message: String,
    advice: Option<&'a str>,
}

impl<'a> CellBody<'a> {
    fn of(cell: &'a Cell, names: &Names) -> Self {
        let (reason, failure) = match cell {
            Cell::Drifted(why) => {
                (Some(ReasonBody { code: words::why_code(*why), message: why.to_string(), advice: None }), None)
            }
            Cell::Held(held) => {
                let reason = ReasonBody { code: code(held), message: message(held, names), advice: Some(advice(held)) };
                (Some(reason), None)
            }
            Cell::Failed(Some(instance)) => {
                let message = words::instance(instance);
                (Some(ReasonBody { code: "instance_failed", message, advice: None }), None)
            }
            Cell::Inactive(_, Some(instance)) => {
                let message = words::instance(instance);
                (Some(ReasonBody { code: "instance_not_current", message, advice: None }), None)
            }
            Cell::Unknown(failure) => (None, Some(FailureBody::from(failure))),
            Cell::NotTarget
            | Cell::InSync
            | Cell::Missing
            | Cell::Pending
            | Cell::Failed(None)
            | Cell::Leaving
            | Cell::Inactive(_, None) => (None, None),
        };
        Self { status: State::from(cell).code(), reason, failure }
    }
}
