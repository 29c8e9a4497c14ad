//! What is told while things are read and done.

use std::time::Duration;

use rolecall_core::ids::{AccountId, OperationId, StackSetName};
use rolecall_core::observed::{ReadFailure, RunningOperation};

use crate::applied::Outcome;
use crate::error::CallError;

/// What happens while an organization is read.
#[derive(Debug, Clone, Copy)]
pub enum ObserveEvent<'a> {
    /// The organization was read.
    Organization {
        /// How many accounts it has.
        accounts: usize,
    },
    /// The roles of these accounts are read next.
    Roles {
        /// How many accounts.
        accounts: usize,
    },
    /// An account's roles were read, or could not be.
    Account {
        /// The account.
        account: &'a AccountId,
        /// Why they could not be read.
        failure: Option<&'a ReadFailure>,
    },
    /// AWS asks to go slower; the call is made again.
    Throttled {
        /// The call, like `iam:ListRoles`.
        call: &'a str,
    },
}

/// What happens while a plan is applied. Changes are told by their index in the plan.
#[derive(Debug, Clone, Copy)]
pub enum ApplyEvent<'a> {
    /// A change begins.
    Started {
        /// The change.
        change: usize,
    },
    /// A step of a change begins.
    Step {
        /// The change.
        change: usize,
        /// The step's index in the change.
        step: usize,
    },
    /// A call failed in a way that time heals, and is made again.
    Retry {
        /// The change.
        change: usize,
        /// The failure.
        error: &'a CallError,
        /// After how long.
        pause: Duration,
    },
    /// An operation of a stack set was begun, or found begun by an earlier run.
    Operation {
        /// The change.
        change: usize,
        /// The operation.
        operation: &'a OperationId,
    },
    /// How far an operation is; at most every few seconds.
    Progress {
        /// The change.
        change: usize,
        /// The operation.
        operation: &'a OperationId,
        /// How many accounts are how far.
        counts: Counts,
    },
    /// Another operation of the stack set runs and is waited for.
    Waiting {
        /// The stack set.
        stack_set: &'a StackSetName,
        /// The other operation; `OperationId::is_ours` tells whether a run of Rolecall started it.
        operation: &'a RunningOperation,
    },
    /// The quota on stack instances that are worked on at the same time is used up.
    WaitingForRoom {
        /// The stack set whose operation is refused.
        stack_set: &'a StackSetName,
        /// Another stack set.
        other: &'a StackSetName,
        /// The operation of the other one that is waited for.
        operation: &'a RunningOperation,
    },
    /// AWS asks to go slower; the call is made again.
    Throttled {
        /// The call, like `iam:ListRoles`.
        call: &'a str,
    },
    /// A change ended.
    Ended {
        /// The change.
        change: usize,
        /// How.
        outcome: &'a Outcome,
    },
}

/// How many accounts of an operation are how far (CloudFormation `StackSetOperationResultStatus`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Those that have it.
    pub succeeded: usize,
    /// Those that failed.
    pub failed: usize,
    /// Those that are being worked on.
    pub running: usize,
    /// Those that wait.
    pub pending: usize,
    /// Those that were given up.
    pub cancelled: usize,
    /// Whether there are more accounts than were counted.
    pub more: bool,
}
