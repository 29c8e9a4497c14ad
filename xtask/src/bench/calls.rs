//! The calls that the sandbox counted, and the least time that they can take.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Deserialize;

use crate::run::Failure;
use crate::sandbox::{self, Sandbox};

/// One call in the sandbox's audit log; it has more fields than are needed here.
#[derive(Debug, Deserialize)]
struct Entry {
    service: String,
    operation: String,
    account: String,
}

/// The calls of one program.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Calls {
    /// By service and operation, such as `iam:ListRoles`.
    by_operation: BTreeMap<String, usize>,
    /// IAM calls by the account in which they act.
    iam_by_account: BTreeMap<String, usize>,
    /// The account of who called.
    caller: Option<String>,
}

impl Calls {
    /// Reads the sandbox's log.
    ///
    /// # Errors
    /// When the sandbox does not answer as expected.
    pub(crate) fn of_sandbox(sandbox: &Sandbox) -> Result<Self, Failure> {
        let log: Vec<Entry> = serde_json::from_str(&sandbox::get(&sandbox.url, "/_sandbox/audit")?)?;
        let mut calls = Self::default();
        for Entry { service, operation, account } in log {
            if operation == "GetCallerIdentity" {
                calls.caller = Some(account);
            } else if service == "iam" {
                *calls.iam_by_account.entry(account).or_default() += 1;
            }
            *calls.by_operation.entry(format!("{service}:{operation}")).or_default() += 1;
        }
        Ok(calls)
    }

    fn of(&self, operation: &str) -> usize {
        self.by_operation.get(operation).copied().unwrap_or(0)
    }

    /// The accounts in which roles were read, other than that of who called.
    pub(crate) fn members(&self) -> Vec<String> {
        self.iam_by_account.keys().filter(|id| Some(*id) != self.caller.as_ref()).cloned().collect()
    }

    /// How many there were.
    pub(crate) fn total(&self) -> usize {
        self.by_operation.values().sum()
    }

    /// How many there were for the average account: the way into it and everything there.
    pub(crate) fn per_account(&self) -> f64 {
        let in_accounts = self.of("sts:AssumeRole") + self.iam_by_account.values().sum::<usize>();
        ratio(in_accounts, self.iam_by_account.len())
    }

    /// The longest chain of calls of which each needs the answer of the one before.
    ///
    /// Who is calling, and of which organization; then every page of the list of accounts, as each page names the next;
    /// then, in the account with the most calls, the way into it and one call after the other. Or the stack sets in place
    /// of the accounts: their list, then the pages of the instances of the average one.
    pub(crate) fn chain(&self) -> usize {
        let start = self.of("sts:GetCallerIdentity") + self.of("organizations:DescribeOrganization");
        let enter = self.of("sts:AssumeRole").min(1);
        let account = enter + self.iam_by_account.values().max().copied().unwrap_or(0);
        let sets = self.of("cloudformation:DescribeStackSet").max(1);
        let instances = self.of("cloudformation:ListStackInstances").div_ceil(sets);
        let accounts_chain = self.of("organizations:ListAccounts") + account;
        let stack_sets_chain = self.of("cloudformation:ListStackSets") + instances;
        start + accounts_chain.max(stack_sets_chain)
    }

    /// The least time: the longest chain, and all other calls at once as far as the parallelism goes.
    pub(crate) fn floor(&self, latency: Duration, parallelism: usize) -> Duration {
        let chain = self.chain();
        latency.mul_f64(ratio(chain, 1) + ratio(self.total() - chain, parallelism))
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts of calls are far below 2^52")]
fn ratio(part: usize, whole: usize) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn calls(operations: &[(&str, usize)], iam: &[(&str, usize)]) -> Calls {
        Calls {
            by_operation: operations.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect(),
            iam_by_account: iam.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect(),
            caller: None,
        }
    }

    #[test]
    fn floor_is_the_chain_and_the_rest_by_the_parallelism() {
        let operations = [
            ("sts:GetCallerIdentity", 1),
            ("organizations:DescribeOrganization", 1),
            ("organizations:ListAccounts", 50),
            ("sts:AssumeRole", 1000),
            ("iam:ListRoles", 1000),
            ("iam:GetAccountAuthorizationDetails", 1000),
            ("cloudformation:ListStackSets", 1),
            ("cloudformation:DescribeStackSet", 3),
            ("cloudformation:ListStackInstances", 30),
        ];
        let calls = calls(&operations, &[("1", 2), ("2", 2)]);
        assert_eq!(calls.chain(), 1 + 1 + 50 + 1 + 2);
        assert_eq!(calls.total(), 3086);
        let floor = calls.floor(Duration::from_millis(30), 32);
        // 55 in a row and 3,031 in 32 lanes.
        assert_eq!(floor.as_millis(), 4491);
    }

    #[test]
    fn a_chain_of_stack_instances_may_be_the_longest() {
        let operations = [("cloudformation:ListStackSets", 1), ("cloudformation:ListStackInstances", 40)];
        assert_eq!(calls(&operations, &[("1", 2)]).chain(), 41);
    }

    #[test]
    fn nothing_takes_no_time() {
        let none = calls(&[], &[]);
        assert_eq!((none.total(), none.chain(), none.floor(Duration::from_millis(30), 32)), (0, 0, Duration::ZERO));
    }
}
