//! The results of `apply` as a document.

use rolecall_aws::{AccountEnd, AccountResult, Applied, EndedOperation, OperationEnd, Submission};
use rolecall_core::address::Address;
use rolecall_core::ids::{AccountId, IntegrationName, OperationId, OrgId};
use rolecall_core::plan::{Plan, Tally};
use serde::Serialize;

use super::plan::UnknownBody;
use crate::render::basis::Basis;
use crate::render::names::Names;
use crate::render::report::{Census, End, Entry, FailedCall, entries, tally};
use crate::render::words;

/// The results of `apply` as a JSON document (`schemas/apply.schema.json`).
pub(crate) fn applied_json(plan: &Plan, applied: &Applied, names: &Names) -> Result<String, serde_json::Error> {
    results(plan, &entries(plan, applied), names)
}

pub(in crate::render) fn results(
    plan: &Plan,
    entries: &[Entry<'_>],
    names: &Names,
) -> Result<String, serde_json::Error> {
    super::document("apply", Basis::AWS, AppliedBody::of(plan, entries, names))
}

#[derive(Debug, Serialize)]
struct AppliedBody<'a> {
    organization: &'a OrgId,
    /// Whether every change was done.
    complete: bool,
    summary: Summary,
    changes: Vec<ResultBody<'a>>,
    unknown: Vec<UnknownBody<'a>>,
}

/// How much was really done, and how many changes ended otherwise.
#[derive(Debug, Serialize)]
struct Summary {
    #[serde(flatten)]
    done: DoneBody,
    failed: usize,
    skipped: usize,
    still_running: usize,
    submitted: usize,
    left: usize,
    interrupted: usize,
    not_started: usize,
    unknown: usize,
}

#[derive(Debug, Serialize)]
struct DoneBody {
    added: usize,
    changed: usize,
    destroyed: usize,
}

impl From<Tally> for DoneBody {
    fn from(Tally { add, change, destroy }: Tally) -> Self {
        Self { added: add, changed: change, destroyed: destroy }
    }
}

impl<'a> AppliedBody<'a> {
    fn of(plan: &'a Plan, entries: &'a [Entry<'a>], names: &'a Names) -> Self {
        let census = Census::of(entries);
        let Census { done: _, failed, skipped, still_running, submitted, left, interrupted, not_started } = census;
        Self {
            organization: &plan.organization,
            complete: census.is_complete(),
            summary: Summary {
                done: DoneBody::from(tally(entries)),
                failed,
                skipped,
                still_running,
                submitted,
                left,
                interrupted,
                not_started,
                unknown: plan.unknown.len(),
            },
            changes: entries.iter().map(ResultBody::of).collect(),
            unknown: plan.unknown.iter().map(|(id, failure)| UnknownBody::of(id, failure, names)).collect(),
        }
    }
}

#[derive(Debug, Serialize)]
struct ResultBody<'a> {
    address: &'a Address,
    integration: Option<&'a IntegrationName>,
    actions: &'static [&'static str],
    accounts: Vec<&'a AccountId>,
    done: DoneBody,
    #[serde(flatten)]
    outcome: OutcomeBody<'a>,
}

#[derive(Debug, Serialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
enum OutcomeBody<'a> {
    Done,
    Failed {
        /// The call that failed; null when operations ended in which accounts failed.
        failure: Option<CallBody<'a>>,
        operations: Vec<OperationBody<'a>>,
    },
    Skipped {
        because: &'a Address,
    },
    StillRunning {
        stack_set: &'a str,
        operation: &'a OperationId,
    },
    /// Operations were begun and not waited for.
    Submitted {
        stack_set: &'a str,
        submitted_operations: &'a [OperationId],
        steps_begun: usize,
    },
    /// Left for the next run, as an operation of the stack set goes on.
    Left {
        stack_set: &'a str,
    },
    Interrupted {
        steps_done: usize,
    },
    NotStarted,
}

impl<'a> ResultBody<'a> {
    fn of(entry: &'a Entry<'a>) -> Self {
        let Entry { change, end, done } = entry;
        Self {
            address: &change.address,
            integration: change.address.integration(),
            actions: words::actions(change.action()),
            accounts: change.accounts(),
            done: DoneBody::from(*done),
            outcome: OutcomeBody::from(end),
        }
    }
}

impl<'a> From<&'a End<'a>> for OutcomeBody<'a> {
    fn from(end: &'a End<'a>) -> Self {
        match end {
            End::Done => Self::Done,
            End::CallFailed { steps, failure } => {
                Self::Failed { failure: Some(CallBody::of(*steps, failure)), operations: Vec::new() }
            }
            End::OperationsFailed(operations) => {
                Self::Failed { failure: None, operations: operations.iter().map(OperationBody::from).collect() }
            }
            End::Skipped { because } => Self::Skipped { because },
            End::StillRunning { stack_set, operation } => {
                Self::StillRunning { stack_set: stack_set.as_str(), operation }
            }
            End::Submitted(Submission { stack_set, operations, steps }) => {
                Self::Submitted { stack_set: stack_set.as_str(), submitted_operations: operations, steps_begun: *steps }
            }
            End::Left { stack_set } => Self::Left { stack_set: stack_set.as_str() },
            End::Interrupted { steps } => Self::Interrupted { steps_done: *steps },
            End::NotStarted => Self::NotStarted,
        }
    }
}

#[derive(Debug, Serialize)]
struct CallBody<'a> {
    account: Option<&'a AccountId>,
    call: &'a str,
    code: &'a str,
    message: &'a str,
    request_id: Option<&'a str>,
    advice: Option<&'a str>,
    steps_done: usize,
}

impl<'a> CallBody<'a> {
    fn of(steps_done: usize, failure: &FailedCall<'a>) -> Self {
        let FailedCall { account, call, code, message, request_id, advice } = *failure;
        Self { account, call, code, message, request_id, advice, steps_done }
    }
}

#[derive(Debug, Serialize)]
struct OperationBody<'a> {
    id: &'a OperationId,
    status: &'static str,
    reason: Option<&'a str>,
    accounts: Vec<AccountBody<'a>>,
}

impl<'a> From<&'a EndedOperation> for OperationBody<'a> {
    fn from(ended: &'a EndedOperation) -> Self {
        let EndedOperation { id, end, reason, accounts } = ended;
        let status = match end {
            OperationEnd::Succeeded => "succeeded",
            OperationEnd::Failed => "failed",
            OperationEnd::Stopped => "stopped",
        };
        let accounts = accounts.iter().map(|(account, result)| AccountBody::of(account, result)).collect();
        Self { id, status, reason: reason.as_deref(), accounts }
    }
}

#[derive(Debug, Serialize)]
struct AccountBody<'a> {
    account: &'a AccountId,
    status: &'static str,
    reason: Option<&'a str>,
}

impl<'a> AccountBody<'a> {
    fn of(account: &'a AccountId, result: &'a AccountResult) -> Self {
        let AccountResult { end, reason } = result;
        let status = match end {
            AccountEnd::Succeeded => "succeeded",
            AccountEnd::Failed => "failed",
            AccountEnd::Cancelled => "cancelled",
            AccountEnd::Unreported => "unreported",
        };
        Self { account, status, reason: reason.as_deref() }
    }
}
