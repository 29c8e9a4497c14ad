//! Documents for programs: versioned, sorted, and only ever added to. Their types are apart from core's own, so that core
//! can change without breaking anyone's script. The schemas are in `schemas/`.

mod accounts;
mod applied;
mod doctor;
mod drift;
mod organizations;
mod plan;
mod role;
mod status;
mod validate;
mod who;

use serde::Serialize;

use super::basis::{Basis, LookedAt};
use super::facts::Facts;

pub(crate) use self::accounts::accounts_json;
pub(crate) use self::applied::applied_json;
#[cfg(test)]
pub(super) use self::applied::results;
pub(crate) use self::doctor::doctor_json;
pub(crate) use self::drift::drift_json;
pub(crate) use self::organizations::organizations_json;
pub(crate) use self::plan::plan_json;
pub(crate) use self::status::{status_counts, status_json};
pub(crate) use self::validate::validate_json;

/// The version of all documents. The second number grows when something is added, the first never should.
const FORMAT_VERSION: &str = "1.0";

/// What every document begins with.
#[derive(Debug, Serialize)]
struct Envelope<'a, T> {
    format_version: &'static str,
    rolecall_version: &'static str,
    kind: &'static str,
    /// Absent when AWS was looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    facts: Option<&'a Facts>,
    /// Absent when all accounts were to be looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    portion: Option<&'a LookedAt>,
    #[serde(flatten)]
    body: T,
}

fn document<T: Serialize>(kind: &'static str, basis: Basis<'_>, body: T) -> Result<String, serde_json::Error> {
    let Basis { facts, looked_at: portion } = basis;
    serde_json::to_string(&Envelope {
        format_version: FORMAT_VERSION,
        rolecall_version: env!("CARGO_PKG_VERSION"),
        kind,
        facts,
        portion,
        body,
    })
}
