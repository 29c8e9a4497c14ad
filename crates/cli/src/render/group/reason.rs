//! Reasons for what needs a look, each once.

use std::collections::BTreeMap;

use rolecall_core::ids::{AccountId, IntegrationName};
use rolecall_core::status::Matrix;

use crate::render::names::Names;
use crate::render::state::Reason;

/// What a reason is about, the cell in a word, and the reason.
pub(in crate::render) type Finding<'a> = (&'a IntegrationName, &'static str, Reason<'a>);

/// The reasons, and the accounts that each holds for, in order. Nothing is made safe to show yet.
pub(in crate::render) fn reasons<'a>(matrix: &'a Matrix, names: &Names) -> BTreeMap<Finding<'a>, Vec<&'a AccountId>> {
    let mut grouped: BTreeMap<Finding<'a>, Vec<&AccountId>> = BTreeMap::new();
    for (account, row) in &matrix.rows {
        for (integration, cell) in &row.cells {
            if let Some(reason) = Reason::of(cell, names) {
                grouped.entry((integration, cell.word(), reason)).or_default().push(account);
            }
        }
    }
    grouped
}
