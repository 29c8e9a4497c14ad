//! What is checked, and what came of it.

use std::collections::BTreeSet;

use rolecall_core::ids::AccountId;

use crate::connect::Caller;

/// What was found out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnosis {
    /// Who asked.
    pub caller: Caller,
    /// The checks, in the order in which one builds on another.
    pub checks: Vec<Check>,
}

impl Diagnosis {
    /// How many checks ended so.
    pub fn count(&self, verdict: Verdict) -> usize {
        self.checks.iter().filter(|check| check.verdict == verdict).count()
    }
}

/// What is checked. Of a subject that concerns accounts there is a check for each way in which it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// Who calls.
    Caller,
    /// The organization: its id, its management account and its features.
    Organization,
    /// Whether the caller is in an account from which StackSets take calls.
    CallerAccount,
    /// Whether StackSets may act in the organization.
    TrustedAccess,
    /// Whether the accounts and units can be read.
    Accounts,
    /// Whether the file fits the organization.
    Targets,
    /// Whether the member role can be assumed.
    MemberRole,
    /// What planning takes of the caller.
    PlanAsCaller,
    /// What applying takes of the caller, besides.
    ApplyAsCaller,
    /// What planning takes of the member role.
    PlanAsMember,
    /// What applying takes of the member role, besides.
    ApplyAsMember,
    /// Whether the caller may look up who changed a role: `drift` says it where it may, and does without elsewhere.
    HistoryAsCaller,
    /// Whether the member role may look up who changed a role.
    HistoryAsMember,
}

/// How a check ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// It is as it must be.
    Ok,
    /// It is not.
    Failed,
    /// It could not be found out.
    NotChecked,
}

/// One check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// Of what.
    pub subject: Subject,
    /// How it ended.
    pub verdict: Verdict,
    /// What was found, as a phrase.
    pub message: String,
    /// Where, when it is about accounts.
    pub accounts: BTreeSet<AccountId>,
    /// The actions that are not allowed, or not known to be.
    pub actions: BTreeSet<&'static str>,
    /// What to do about it.
    pub advice: Option<String>,
}

impl Check {
    pub(super) fn ok(subject: Subject, message: impl Into<String>) -> Self {
        Self::new(subject, Verdict::Ok, message.into())
    }

    pub(super) fn failed(subject: Subject, message: impl Into<String>) -> Self {
        Self::new(subject, Verdict::Failed, message.into())
    }

    pub(super) fn not_checked(subject: Subject, message: impl Into<String>) -> Self {
        Self::new(subject, Verdict::NotChecked, message.into())
    }

    pub(super) fn new(subject: Subject, verdict: Verdict, message: String) -> Self {
        Self { subject, verdict, message, accounts: BTreeSet::new(), actions: BTreeSet::new(), advice: None }
    }

    #[must_use]
    pub(super) fn advise(self, advice: impl Into<String>) -> Self {
        Self { advice: Some(advice.into()), ..self }
    }

    #[must_use]
    pub(super) fn within(self, accounts: BTreeSet<AccountId>) -> Self {
        Self { accounts, ..self }
    }
}
