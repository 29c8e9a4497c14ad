//! What came of a plan.

use std::collections::BTreeMap;

use rolecall_core::address::Address;
use rolecall_core::ids::{AccountId, OperationId, StackSetName};
use rolecall_core::plan::{Change, Subject, Tally};

use crate::error::CallError;

/// What came of a plan, change by change, in the plan's order.
#[derive(Debug, Clone)]
#[must_use = "a failure nobody reads is a failure nobody repairs"]
pub struct Applied {
    /// One for each change.
    pub results: Vec<ChangeResult>,
}

/// What came of one change.
#[derive(Debug, Clone)]
pub struct ChangeResult {
    /// The change's index in the plan.
    pub change: usize,
    /// The change's address.
    pub address: Address,
    /// What came of it.
    pub outcome: Outcome,
    /// How much of it was really done.
    pub done: Tally,
}

/// What came of a change.
#[derive(Debug, Clone)]
pub enum Outcome {
    /// All of it was done, or was there already.
    Done,
    /// Some of it failed. Running again does the rest.
    Failed(Failure),
    /// It was not tried, because what it builds on failed.
    Skipped {
        /// What failed.
        because: Address,
    },
    /// The run was stopped while an operation of it went on in AWS. Running again finds it.
    StillRunning {
        /// The stack set.
        stack_set: StackSetName,
        /// The operation.
        operation: OperationId,
    },
    /// Operations of it were begun and not waited for.
    Submitted(Submission),
    /// It was not begun: it comes after an operation that was not waited for. Running again does it.
    Left {
        /// The stack set of that operation: its own, or another that takes all the room there is.
        stack_set: StackSetName,
    },
    /// The run was stopped between two of its steps.
    Interrupted {
        /// How many steps were done.
        steps: usize,
    },
    /// The run was stopped before it.
    NotStarted,
}

/// Operations that were begun and not waited for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Submission {
    /// The stack set.
    pub stack_set: StackSetName,
    /// The operations, in the order in which they were begun.
    pub operations: Vec<OperationId>,
    /// How many steps were begun or done; those after them are left for the next run.
    pub steps: usize,
}

/// How a change failed.
#[derive(Debug, Clone)]
pub enum Failure {
    /// A call failed; the steps before it were done.
    Call {
        /// The index of the step.
        step: usize,
        /// The failure.
        error: CallError,
    },
    /// Operations ended, and not every account has what it should.
    Operations(Vec<EndedOperation>),
}

/// An operation of a stack set that ended.
#[derive(Debug, Clone)]
pub struct EndedOperation {
    /// Its id.
    pub id: OperationId,
    /// How it ended.
    pub end: OperationEnd,
    /// Why, in AWS's words.
    pub reason: Option<String>,
    /// What came of each account; empty when all succeeded and nothing more was asked.
    pub accounts: BTreeMap<AccountId, AccountResult>,
}

/// How an operation ended (CloudFormation `StackSetOperationStatus`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OperationEnd {
    /// It succeeded; accounts may have failed within the failure tolerance.
    Succeeded,
    /// More accounts failed than the failure tolerance allows.
    Failed,
    /// Somebody stopped it.
    Stopped,
}

/// What came of one account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountResult {
    /// How it ended.
    pub end: AccountEnd,
    /// Why, in AWS's words.
    pub reason: Option<String>,
}

/// How an account ended (CloudFormation `StackSetOperationResultStatus`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccountEnd {
    /// It succeeded.
    Succeeded,
    /// It failed.
    Failed,
    /// It was not tried, as too many others failed or somebody stopped the operation.
    Cancelled,
    /// The operation ended, and AWS does not say what came of this account.
    Unreported,
}

impl EndedOperation {
    /// Whether every account has what it should.
    pub fn is_clean(&self) -> bool {
        self.end == OperationEnd::Succeeded && self.failures().next().is_none()
    }

    /// The accounts that do not have what they should.
    pub fn failures(&self) -> impl Iterator<Item = (&AccountId, &AccountResult)> {
        self.accounts.iter().filter(|(_, result)| result.end != AccountEnd::Succeeded)
    }
}

impl Submission {
    /// Nothing yet, on a stack set.
    pub(crate) fn on(stack_set: StackSetName) -> Self {
        Self { stack_set, operations: Vec::new(), steps: 0 }
    }
}

impl Outcome {
    /// Whether nothing went wrong: it was done, or left to AWS or to the next run because nobody wanted to wait.
    pub fn is_in_order(&self) -> bool {
        match self {
            Self::Done | Self::Submitted(_) | Self::Left { .. } => true,
            Self::Failed(_)
            | Self::Skipped { .. }
            | Self::StillRunning { .. }
            | Self::Interrupted { .. }
            | Self::NotStarted => false,
        }
    }
}

impl Applied {
    /// Whether every change was done.
    pub fn is_complete(&self) -> bool {
        self.results.iter().all(|result| matches!(result.outcome, Outcome::Done))
    }

    /// How much was really done.
    pub fn tally(&self) -> Tally {
        self.results.iter().fold(Tally::default(), |mut sum, result| {
            sum += result.done;
            sum
        })
    }
}

/// How much of a change was done. Of instances, each account counts that has what it should.
pub(crate) fn done(change: &Change, outcome: &Outcome) -> Tally {
    let whole = change.tally();
    match (outcome, &change.subject) {
        (Outcome::Done, _) => whole,
        (Outcome::Failed(Failure::Operations(operations)), Subject::Instances { accounts, .. }) => {
            let has_all = operations.len() == change.steps.len();
            let end = |account: &AccountId| {
                operations.iter().find_map(|operation| operation.accounts.get(account)).map(|result| result.end)
            };
            // When every step ran, an account that no operation speaks of is one that nothing went wrong with.
            let count = accounts
                .iter()
                .filter(|account| end(account).map_or(has_all, |end| end == AccountEnd::Succeeded))
                .count();
            let of = |part: usize| if part == 0 { 0 } else { count };
            Tally { add: of(whole.add), change: of(whole.change), destroy: of(whole.destroy) }
        }
        (Outcome::Failed(Failure::Operations(operations)), _)
            if operations.iter().all(|operation| operation.end == OperationEnd::Succeeded) =>
        {
            whole
        }
        (
            Outcome::Failed(_)
            | Outcome::Skipped { .. }
            | Outcome::StillRunning { .. }
            | Outcome::Submitted(_)
            | Outcome::Left { .. }
            | Outcome::Interrupted { .. }
            | Outcome::NotStarted,
            _,
        ) => Tally::default(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use rolecall_core::plan::{InstanceAction, Why};
    use rolecall_core::step::Step;

    use super::*;

    const IDS: [&str; 3] = ["111111111111", "222222222222", "333333333333"];

    fn instances(steps: usize) -> Change {
        let accounts: BTreeSet<AccountId> = IDS.iter().map(|id| id.parse().unwrap()).collect();
        let subject = Subject::Instances {
            stack_set: "rolecall-prowler".parse().unwrap(),
            action: InstanceAction::Create,
            accounts,
            units: BTreeSet::new(),
        };
        let steps = vec![Step::ActivateTrustedAccess; steps];
        Change::new("prowler.instances".parse().unwrap(), Why::Missing, subject, steps)
    }

    fn operation(end: OperationEnd, accounts: &[(&str, AccountEnd)]) -> EndedOperation {
        let result = |end: &AccountEnd| AccountResult { end: *end, reason: None };
        let accounts = accounts.iter().map(|(id, end)| (id.parse().unwrap(), result(end))).collect();
        EndedOperation { id: "rolecall-1".parse().unwrap(), end, reason: None, accounts }
    }

    fn added(change: &Change, operations: Vec<EndedOperation>) -> usize {
        done(change, &Outcome::Failed(Failure::Operations(operations))).add
    }

    #[test]
    fn what_was_done_counts_whole_and_what_was_not_counts_nothing() {
        assert_eq!(done(&instances(1), &Outcome::Done).add, 3);
        for outcome in [Outcome::NotStarted, Outcome::Interrupted { steps: 1 }] {
            assert_eq!(done(&instances(2), &outcome), Tally::default());
        }
    }

    #[test]
    fn an_account_that_failed_does_not_count() {
        let operation = operation(OperationEnd::Succeeded, &[(IDS[0], AccountEnd::Failed)]);
        assert!(!operation.is_clean());
        assert_eq!(added(&instances(1), vec![operation]), 2);
    }

    #[test]
    fn accounts_of_steps_that_never_ran_do_not_count() {
        let accounts = [(IDS[0], AccountEnd::Succeeded), (IDS[1], AccountEnd::Cancelled)];
        let operation = operation(OperationEnd::Failed, &accounts);
        assert_eq!(added(&instances(2), vec![operation]), 1);
    }
}
