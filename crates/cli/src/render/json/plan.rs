//! A plan as a document.

use rolecall_core::address::Address;
use rolecall_core::ids::{AccountId, IntegrationName, OrgId, OuId, RoleName, StackSetName};
use rolecall_core::observed::ReadFailure;
use rolecall_core::org::AccountState;
use rolecall_core::plan::{Change, Hold, InstanceAction, Plan, Subject, Why};
use rolecall_core::step::Step;
use serde::Serialize;

use super::role::{RoleBody, StackSetBody};
use crate::render::basis::Basis;
use crate::render::group::sides;
use crate::render::hold::{Weight, accounts, advice, code, held, message, request_id, weight};
use crate::render::names::Names;
use crate::render::words;

/// A plan as a JSON document (`schemas/plan.schema.json`).
pub(crate) fn plan_json(plan: &Plan, names: &Names, basis: Basis<'_>) -> Result<String, serde_json::Error> {
    super::document("plan", basis, PlanBody::of(plan, names))
}

#[derive(Debug, Serialize)]
struct PlanBody<'a> {
    organization: &'a OrgId,
    /// Whether there is anything to apply.
    applyable: bool,
    /// Whether everything was looked at and nothing is held back: applied, the organization matches the files.
    complete: bool,
    summary: Summary,
    changes: Vec<ChangeBody<'a>>,
    holds: Vec<HoldBody<'a>>,
    unknown: Vec<UnknownBody<'a>>,
    inactive: Vec<InactiveBody<'a>>,
}

#[derive(Debug, Serialize)]
struct Summary {
    add: usize,
    change: usize,
    destroy: usize,
    held: usize,
    unknown: usize,
    inactive: usize,
}

impl<'a> PlanBody<'a> {
    fn of(plan: &'a Plan, names: &'a Names) -> Self {
        // No `..`: a new part of a plan does not compile until someone decides how it is written. The last operations
        // are for `apply`, and how many roles exist is for its limits.
        let Plan { organization, changes, holds, unknown, inactive, existing_roles: _, last_operations: _ } = plan;
        let held = held(plan);
        let tally = plan.tally();
        Self {
            organization,
            applyable: !changes.is_empty(),
            complete: held == 0 && unknown.is_empty(),
            summary: Summary {
                add: tally.add,
                change: tally.change,
                destroy: tally.destroy,
                held,
                unknown: unknown.len(),
                inactive: inactive.len(),
            },
            changes: changes.iter().map(ChangeBody::of).collect(),
            holds: holds.iter().map(|hold| HoldBody::of(hold, names)).collect(),
            unknown: unknown.iter().map(|(account, failure)| UnknownBody::of(account, failure, names)).collect(),
            inactive: inactive.iter().map(|(account, state)| InactiveBody::of(account, state, names)).collect(),
        }
    }
}

#[derive(Debug, Serialize)]
pub(super) struct ChangeBody<'a> {
    address: &'a Address,
    integration: Option<&'a IntegrationName>,
    actions: &'static [&'static str],
    why: WhyBody,
    #[serde(flatten)]
    subject: SubjectBody<'a>,
    steps: Vec<StepBody<'a>>,
}

#[derive(Debug, Serialize)]
struct WhyBody {
    code: &'static str,
    message: String,
}

impl From<Why> for WhyBody {
    fn from(why: Why) -> Self {
        Self { code: words::why_code(why), message: why.to_string() }
    }
}

#[derive(Debug, Serialize)]
#[serde(tag = "subject", rename_all = "snake_case")]
enum SubjectBody<'a> {
    TrustedAccess,
    Role {
        account: &'a AccountId,
        /// `ours`, `adopted` or `released`.
        custody: &'static str,
        before: Option<RoleBody<'a>>,
        after: Option<RoleBody<'a>>,
    },
    StackSet {
        /// `ours`, `adopted` or `released`.
        custody: &'static str,
        before: Option<Box<StackSetBody<'a>>>,
        after: Option<Box<StackSetBody<'a>>>,
        /// The accounts whose role changes with it.
        accounts: Vec<&'a AccountId>,
    },
    StackInstances {
        stack_set: &'a StackSetName,
        operation: &'static str,
        accounts: Vec<&'a AccountId>,
        organizational_units: Vec<&'a OuId>,
    },
}

impl<'a> ChangeBody<'a> {
    pub(super) fn of(change: &'a Change) -> Self {
        let Change { address, why, subject, phase: _, steps } = change;
        Self {
            address,
            integration: address.integration(),
            actions: words::actions(change.action()),
            why: WhyBody::from(*why),
            subject: SubjectBody::from(subject),
            steps: steps.iter().map(StepBody::from).collect(),
        }
    }
}

impl<'a> From<&'a Subject> for SubjectBody<'a> {
    fn from(subject: &'a Subject) -> Self {
        match subject {
            Subject::TrustedAccess => Self::TrustedAccess,
            Subject::Role { account, edit, custody } => {
                let (before, after) = sides(edit);
                let (before, after) = (before.map(RoleBody::from), after.map(RoleBody::from));
                Self::Role { account, custody: words::custody(*custody), before, after }
            }
            Subject::StackSet { name, edit, custody, reaches } => {
                let (before, after) = sides(edit);
                let body = |definition| Box::new(StackSetBody::of(name, definition));
                let (before, after) = (before.map(body), after.map(body));
                let accounts = reaches.iter().collect();
                Self::StackSet { custody: words::custody(*custody), before, after, accounts }
            }
            Subject::Instances { stack_set, action, accounts, units } => Self::StackInstances {
                stack_set,
                operation: match action {
                    InstanceAction::Create => "create",
                    InstanceAction::Retry => "retry",
                    InstanceAction::Delete => "delete",
                    InstanceAction::Recreate => "recreate",
                    InstanceAction::Abandon => "abandon",
                },
                accounts: accounts.iter().collect(),
                organizational_units: units.iter().collect(),
            },
        }
    }
}

#[derive(Debug, Serialize)]
struct StepBody<'a> {
    /// The AWS call, like `iam:PutRolePolicy`.
    call: &'static str,
    /// The role that it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<&'a RoleName>,
    /// The stack set that it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    stack_set: Option<&'a StackSetName>,
    /// What else it names: a policy, tags, units.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
}

impl<'a> From<&'a Step> for StepBody<'a> {
    fn from(step: &'a Step) -> Self {
        let (call, detail) = words::call(step);
        let (role, stack_set) = match step {
            Step::ActivateTrustedAccess | Step::DeleteStack { account: _, stack: _ } => (None, None),
            Step::Role { account: _, role, call: _ } => (Some(role), None),
            Step::StackSet { name, call: _ } => (None, Some(name)),
        };
        Self { call, role, stack_set, detail }
    }
}

#[derive(Debug, Serialize)]
struct HoldBody<'a> {
    address: &'a Address,
    integration: Option<&'a IntegrationName>,
    code: &'static str,
    /// `held`: something is not as the files say. `note`: all is, but it may surprise later.
    severity: &'static str,
    message: String,
    advice: &'a str,
    request_id: Option<&'a str>,
    accounts: Vec<&'a AccountId>,
}

impl<'a> HoldBody<'a> {
    fn of(hold: &'a Hold, names: &Names) -> Self {
        let Hold { address, reason } = hold;
        Self {
            address,
            integration: address.integration(),
            code: code(reason),
            severity: match weight(reason) {
                Weight::Blocking => "held",
                Weight::Note => "note",
            },
            message: message(reason, names),
            advice: advice(reason),
            request_id: request_id(reason),
            accounts: accounts(reason),
        }
    }
}

/// An account that could not be read.
#[derive(Debug, Serialize)]
pub(super) struct UnknownBody<'a> {
    account: &'a AccountId,
    name: Option<&'a str>,
    #[serde(flatten)]
    failure: FailureBody<'a>,
}

impl<'a> UnknownBody<'a> {
    pub(super) fn of(account: &'a AccountId, failure: &'a ReadFailure, names: &'a Names) -> Self {
        Self { account, name: name(names, account), failure: FailureBody::from(failure) }
    }
}

/// A call that failed.
#[derive(Debug, Serialize)]
pub(super) struct FailureBody<'a> {
    call: &'a str,
    code: &'a str,
    message: &'a str,
    request_id: Option<&'a str>,
    advice: Option<&'a str>,
}

impl<'a> From<&'a ReadFailure> for FailureBody<'a> {
    fn from(failure: &'a ReadFailure) -> Self {
        let ReadFailure { call, code, message, request_id, advice } = failure;
        Self { call, code, message, request_id: request_id.as_deref(), advice: advice.as_deref() }
    }
}

/// An account that is not in use.
#[derive(Debug, Serialize)]
pub(super) struct InactiveBody<'a> {
    account: &'a AccountId,
    name: Option<&'a str>,
    state: &'a str,
}

impl<'a> InactiveBody<'a> {
    pub(super) fn of(account: &'a AccountId, state: &'a AccountState, names: &'a Names) -> Self {
        Self { account, name: name(names, account), state: state.as_str() }
    }
}

fn name<'a>(names: &'a Names, account: &AccountId) -> Option<&'a str> {
    names.accounts.get(account).map(String::as_str)
}
