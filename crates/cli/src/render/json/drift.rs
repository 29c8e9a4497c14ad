//! Drift as a document.

use std::collections::{BTreeMap, BTreeSet};

use rolecall_core::address::Address;
use rolecall_core::day::Day;
use rolecall_core::drift::{Blind, Difference, Finding, Ignore, Place, Purity, Report, Standing, What};
use rolecall_core::ids::{AccountId, IntegrationName, OrgId, RoleName, StackSetName};
use rolecall_core::own_policy::OwnPolicy;
use rolecall_core::who::Who;
use serde::Serialize;
use serde_json::{Value, json};

use super::plan::{ChangeBody, InactiveBody, UnknownBody};
use super::role::OwnPolicyBody;
use super::who::WhoBody;
use crate::part::Part;
use crate::render::basis::Basis;
use crate::render::finding::{Counts, blind_sentence, sentence};
use crate::render::names::Names;

/// A drift report as a JSON document (`schemas/drift.schema.json`).
pub(crate) fn drift_json(
    (report, who): (&Report, Option<&Who>),
    names: &Names,
    basis: Basis<'_>,
    part: Option<&Part>,
) -> Result<String, serde_json::Error> {
    super::document("drift", basis, DriftBody::of((report, who), names, part))
}

#[derive(Debug, Serialize)]
struct DriftBody<'a> {
    organization: &'a OrgId,
    /// `drift`, `unknown` or `none`: what the exit codes 2, 3 and 0 say.
    result: &'static str,
    /// Whether everything could be looked at.
    complete: bool,
    summary: Summary,
    findings: Vec<FindingBody<'a>>,
    /// Null when it was not looked up.
    who: Option<WhoBody<'a>>,
    pending: Vec<ChangeBody<'a>>,
    unknown: Vec<UnknownBody<'a>>,
    not_read: Vec<BlindBody<'a>>,
    inactive: Vec<InactiveBody<'a>>,
    expired_ignores: Vec<IgnoreBody<'a>>,
    /// By integration, the accounts that were looked at.
    checked: &'a BTreeMap<IntegrationName, BTreeSet<AccountId>>,
    /// What `report merge` makes the report of all parts from; absent where the run was not of a part.
    #[serde(skip_serializing_if = "Option::is_none")]
    part: Option<&'a Part>,
}

#[derive(Debug, Serialize)]
struct Summary {
    findings: usize,
    accounts_drifted: usize,
    ignored: usize,
    pending: usize,
    unknown: usize,
    not_read: usize,
    accounts_checked: usize,
}

impl<'a> DriftBody<'a> {
    fn of((report, who): (&'a Report, Option<&'a Who>), names: &'a Names, part: Option<&'a Part>) -> Self {
        // No `..`: a new part of a report does not compile until someone decides how it is written.
        let Report { organization, today, findings, pending, blind, expired, checked } = report;
        let Counts {
            findings: open,
            drifted,
            ignored,
            pending: changes,
            unknown,
            blind: not_read,
            unlisted: _,
            trusted_access_unread: _,
            checked: looked_at,
        } = Counts::of(report);
        Self {
            organization,
            result: match (open, report.is_incomplete()) {
                (0, false) => "none",
                (0, true) => "unknown",
                _ => "drift",
            },
            complete: !report.is_incomplete(),
            summary: Summary {
                findings: open,
                accounts_drifted: drifted,
                ignored,
                pending: changes,
                unknown,
                not_read,
                accounts_checked: looked_at,
            },
            findings: findings.iter().map(|finding| FindingBody::of(finding, *today, names)).collect(),
            who: who.map(|who| WhoBody::of(who, names)),
            pending: pending.changes.iter().map(ChangeBody::of).collect(),
            unknown: report.unknown().iter().map(|(id, failure)| UnknownBody::of(id, failure, names)).collect(),
            not_read: blind.iter().map(BlindBody::of).collect(),
            inactive: report.inactive().iter().map(|(id, state)| InactiveBody::of(id, state, names)).collect(),
            expired_ignores: expired.iter().map(IgnoreBody::of).collect(),
            checked,
            part,
        }
    }
}

#[derive(Debug, Serialize)]
struct FindingBody<'a> {
    address: &'a Address,
    integration: Option<&'a IntegrationName>,
    account: Option<&'a AccountId>,
    account_name: Option<&'a str>,
    stack_set: Option<&'a StackSetName>,
    role: Option<&'a RoleName>,
    /// What it is, in a word; words are added, never renamed.
    kind: &'static str,
    /// The attribute, as `drift.ignore` names it.
    attribute: String,
    message: String,
    /// What was last applied, and what is there; null where there is nothing.
    applied: Value,
    live: Value,
    /// Whether a change is pending too, so that `applied` is what the file says.
    also_pending: bool,
    /// Null when it counts.
    ignored: Option<IgnoredBody<'a>>,
}

#[derive(Debug, Serialize)]
struct IgnoredBody<'a> {
    reason: &'a str,
    until: Day,
    days_left: i64,
}

impl<'a> FindingBody<'a> {
    fn of(finding: &'a Finding, today: Day, names: &'a Names) -> Self {
        let Finding { address, place, what, standing } = finding;
        let (applied, live) = sides(what);
        let account = finding.account();
        Self {
            address,
            integration: finding.integration(),
            account,
            account_name: account.and_then(|account| names.accounts.get(account)).map(String::as_str),
            stack_set: match place {
                Place::StackSet(name) => Some(name),
                Place::Account(_) | Place::Organization => None,
            },
            role: what.role(),
            kind: what.word(),
            attribute: what.attribute(),
            message: sentence(what),
            applied,
            live,
            also_pending: matches!(what, What::Attribute { purity: Purity::DriftAndPending, .. }),
            ignored: match standing {
                Standing::Open => None,
                Standing::Ignored { reason, until } => {
                    Some(IgnoredBody { reason, until: *until, days_left: today.days_until(*until) })
                }
            },
        }
    }
}

fn sides(what: &What) -> (Value, Value) {
    match what {
        What::Attribute { role: _, difference, purity: _ } => sides_of(difference),
        What::InstanceFailed(instance) => (Value::Null, json!(instance)),
        What::InstanceElsewhere(region) => (Value::Null, json!(region)),
        What::StackSetChanged(parts) => (Value::Null, parts.iter().map(|part| part.word()).collect()),
        What::RoleDeleted { .. }
        | What::RoleMissing { .. }
        | What::RoleUndeclared { .. }
        | What::OwnershipRemoved { .. }
        | What::InstanceMissing
        | What::InstanceUndeclared
        | What::StackSetDeleted
        | What::TrustedAccessOff => (Value::Null, Value::Null),
    }
}

fn sides_of(difference: &Difference) -> (Value, Value) {
    match difference {
        Difference::Trust { applied, live }
        | Difference::PrincipalDeleted { ids: _, applied, live }
        | Difference::InlineChanged { name: _, applied, live } => (json!(applied), json!(live)),
        Difference::InlineAdded { name: _, live } => (Value::Null, json!(live)),
        Difference::InlineRemoved { name: _, applied } => (json!(applied), Value::Null),
        Difference::OwnPolicy { name: _, applied, live } => {
            let side = |policy: &Option<OwnPolicy>| json!(policy.as_ref().map(OwnPolicyBody::from));
            (side(applied), side(live))
        }
        Difference::Attached(arn) => (Value::Null, json!(arn)),
        Difference::Detached(arn) => (json!(arn), Value::Null),
        Difference::Boundary { applied, live } => (json!(applied), json!(live)),
        Difference::MaxSession { applied, live } => (json!(applied), json!(live)),
        Difference::Path { applied, live } => (json!(applied), json!(live)),
        Difference::Name { applied, live } => (json!(applied), json!(live)),
        Difference::Description { applied, live } => (json!(applied), json!(live)),
        Difference::Tag { key: _, applied, live } => (json!(applied), json!(live)),
    }
}

#[derive(Debug, Serialize)]
struct BlindBody<'a> {
    stack_set: Option<&'a StackSetName>,
    message: String,
}

impl<'a> BlindBody<'a> {
    fn of(blind: &'a Blind) -> Self {
        let stack_set = match blind {
            Blind::TrustedAccess { failure: _ } => None,
            Blind::Unreadable { stack_set, failure: _ } => stack_set.as_ref(),
            Blind::OperationRunning { stack_set, operation: _ } => Some(stack_set),
        };
        Self { stack_set, message: blind_sentence(blind) }
    }
}

#[derive(Debug, Serialize)]
struct IgnoreBody<'a> {
    integration: Option<&'a IntegrationName>,
    accounts: &'a BTreeSet<AccountId>,
    attribute: &'a str,
    reason: &'a str,
    until: Day,
}

impl<'a> IgnoreBody<'a> {
    fn of(ignore: &'a Ignore) -> Self {
        let Ignore { integration, accounts, attribute, reason, until } = ignore;
        Self { integration: integration.as_ref(), accounts, attribute: &attribute.0, reason, until: *until }
    }
}
