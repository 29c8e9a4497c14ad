//! Accounts that could not be read for the same reason, and accounts that are not in use.

use std::collections::BTreeMap;

use rolecall_core::ids::AccountId;
use rolecall_core::observed::ReadFailure;
use rolecall_core::org::AccountState;

/// Accounts in which the same call failed with the same code. Nothing is made safe to show yet.
#[derive(Debug)]
pub(in crate::render) struct FailureGroup<'a> {
    /// The call, like `sts:AssumeRole`.
    pub(in crate::render) call: &'a str,
    /// AWS's code of the error.
    pub(in crate::render) code: &'a str,
    /// The accounts, in order, and what AWS said in each.
    pub(in crate::render) failures: Vec<(&'a AccountId, &'a ReadFailure)>,
}

impl<'a> FailureGroup<'a> {
    /// The accounts.
    pub(in crate::render) fn accounts(&self) -> Vec<&'a AccountId> {
        self.failures.iter().map(|(account, _)| *account).collect()
    }

    /// What the user can do, if any of the failures says.
    pub(in crate::render) fn advice(&self) -> Option<&'a str> {
        self.failures.iter().find_map(|(_, failure)| failure.advice.as_deref())
    }
}

/// The failures, alike ones together.
pub(in crate::render) fn failures(unknown: &BTreeMap<AccountId, ReadFailure>) -> Vec<FailureGroup<'_>> {
    let mut grouped: BTreeMap<(&str, &str), Vec<(&AccountId, &ReadFailure)>> = BTreeMap::new();
    for (account, failure) in unknown {
        grouped.entry((&failure.call, &failure.code)).or_default().push((account, failure));
    }
    grouped.into_iter().map(|((call, code), failures)| FailureGroup { call, code, failures }).collect()
}

/// Accounts that are not in use, by what AWS says they are.
pub(in crate::render) fn by_state(
    inactive: &BTreeMap<AccountId, AccountState>,
) -> BTreeMap<&AccountState, Vec<&AccountId>> {
    let mut grouped: BTreeMap<&AccountState, Vec<&AccountId>> = BTreeMap::new();
    for (account, state) in inactive {
        grouped.entry(state).or_default().push(account);
    }
    grouped
}
