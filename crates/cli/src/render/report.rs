//! What came of a plan, change by change, for text and JSON alike.

use rolecall_aws::{Applied, CallError, EndedOperation, Failure, Outcome, Submission};
use rolecall_core::address::Address;
use rolecall_core::ids::{AccountId, OperationId, StackSetName};
use rolecall_core::plan::{Change, Plan, Tally};

/// What came of one change.
#[derive(Debug)]
pub(super) struct Entry<'a> {
    /// The change as it was planned.
    pub(super) change: &'a Change,
    /// What came of it.
    pub(super) end: End<'a>,
    /// How much of it was really done.
    pub(super) done: Tally,
}

/// What came of a change.
#[derive(Debug)]
pub(super) enum End<'a> {
    /// All of it was done.
    Done,
    /// A call failed; the steps before it were done.
    CallFailed {
        /// How many steps were done.
        steps: usize,
        /// The call.
        failure: FailedCall<'a>,
    },
    /// Operations ended, and not every account has what it should.
    OperationsFailed(&'a [EndedOperation]),
    /// It builds on something that failed.
    Skipped {
        /// What failed.
        because: &'a Address,
    },
    /// The run was stopped while an operation went on in AWS.
    StillRunning {
        /// The stack set.
        stack_set: &'a StackSetName,
        /// The operation.
        operation: &'a OperationId,
    },
    /// Operations were begun and not waited for.
    Submitted(&'a Submission),
    /// It comes after an operation that was not waited for.
    Left {
        /// The stack set.
        stack_set: &'a StackSetName,
    },
    /// The run was stopped between two steps.
    Interrupted {
        /// How many steps were done.
        steps: usize,
    },
    /// The run was stopped before it.
    NotStarted,
}

/// A call that failed.
#[derive(Debug)]
pub(super) struct FailedCall<'a> {
    pub(super) account: Option<&'a AccountId>,
    pub(super) call: &'a str,
    pub(super) code: &'a str,
    pub(super) message: &'a str,
    pub(super) request_id: Option<&'a str>,
    pub(super) advice: Option<&'a str>,
}

impl<'a> From<&'a CallError> for FailedCall<'a> {
    fn from(error: &'a CallError) -> Self {
        Self {
            account: error.account(),
            call: error.call(),
            code: error.code(),
            message: error.message(),
            request_id: error.request_id(),
            advice: error.advice(),
        }
    }
}

/// What came of each change of a plan, in the plan's order.
pub(super) fn entries<'a>(plan: &'a Plan, applied: &'a Applied) -> Vec<Entry<'a>> {
    let entry = |result: &'a rolecall_aws::ChangeResult| {
        let end = match &result.outcome {
            Outcome::Done => End::Done,
            Outcome::Failed(Failure::Call { step, error }) => {
                End::CallFailed { steps: *step, failure: FailedCall::from(error) }
            }
            Outcome::Failed(Failure::Operations(operations)) => End::OperationsFailed(operations),
            Outcome::Skipped { because } => End::Skipped { because },
            Outcome::StillRunning { stack_set, operation } => End::StillRunning { stack_set, operation },
            Outcome::Submitted(submission) => End::Submitted(submission),
            Outcome::Left { stack_set } => End::Left { stack_set },
            Outcome::Interrupted { steps } => End::Interrupted { steps: *steps },
            Outcome::NotStarted => End::NotStarted,
        };
        Some(Entry { change: plan.changes.get(result.change)?, end, done: result.done })
    };
    applied.results.iter().filter_map(entry).collect()
}

/// How many changes ended how.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Census {
    pub(super) done: usize,
    pub(super) failed: usize,
    pub(super) skipped: usize,
    pub(super) still_running: usize,
    pub(super) submitted: usize,
    pub(super) left: usize,
    pub(super) interrupted: usize,
    pub(super) not_started: usize,
}

impl Census {
    pub(super) fn of(entries: &[Entry<'_>]) -> Self {
        let mut census = Self::default();
        for entry in entries {
            *match entry.end {
                End::Done => &mut census.done,
                End::CallFailed { .. } | End::OperationsFailed(_) => &mut census.failed,
                End::Skipped { .. } => &mut census.skipped,
                End::StillRunning { .. } => &mut census.still_running,
                End::Submitted(_) => &mut census.submitted,
                End::Left { .. } => &mut census.left,
                End::Interrupted { .. } => &mut census.interrupted,
                End::NotStarted => &mut census.not_started,
            } += 1;
        }
        census
    }

    /// Whether every change was done.
    pub(super) fn is_complete(self) -> bool {
        self.is_in_order() && self.submitted + self.left == 0
    }

    /// Whether nothing went wrong, though some of it may go on in AWS or be left for the next run.
    pub(super) fn is_in_order(self) -> bool {
        let Self { done: _, failed, skipped, still_running, submitted: _, left: _, interrupted, not_started } = self;
        failed + skipped + still_running + interrupted + not_started == 0
    }
}

/// How much was really done.
pub(super) fn tally(entries: &[Entry<'_>]) -> Tally {
    entries.iter().fold(Tally::default(), |mut sum, entry| {
        sum += entry.done;
        sum
    })
}
