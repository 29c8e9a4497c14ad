//! What the file says to ignore, why, and until when.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::finding::{Finding, Standing};
use crate::day::Day;
use crate::ids::{AccountId, IntegrationName};
use crate::spec::Pattern;

/// Drift that is known and does not count until a day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ignore {
    /// The integration; any when there is none.
    pub integration: Option<IntegrationName>,
    /// The accounts; any when there are none.
    pub accounts: BTreeSet<AccountId>,
    /// The attribute, as findings name it: `trust`, `inline_policies.debug`, `tags.*`.
    pub attribute: Pattern,
    /// Why.
    pub reason: String,
    /// The last day on which it is ignored.
    pub until: Day,
}

impl Ignore {
    /// Whether the day is past on which it was good for the last time.
    pub fn has_expired(&self, today: Day) -> bool {
        self.until < today
    }

    /// Whether it is about this finding, expired or not.
    pub fn covers(&self, finding: &Finding) -> bool {
        // No `..`: a new key decides too, or does not compile.
        let Self { integration, accounts, attribute, reason: _, until: _ } = self;
        let is_integration = integration.is_none() || integration.as_ref() == finding.integration();
        let is_account = accounts.is_empty() || finding.account().is_some_and(|account| accounts.contains(account));
        is_integration && is_account && attribute.matches(&finding.what.attribute())
    }
}

/// How a finding stands today. Of several ignores the one that lasts longest is named.
pub(super) fn standing(finding: &Finding, ignores: &[Ignore], today: Day) -> Standing {
    let good = ignores.iter().filter(|ignore| !ignore.has_expired(today) && ignore.covers(finding));
    match good.max_by_key(|ignore| ignore.until) {
        Some(ignore) => Standing::Ignored { reason: ignore.reason.clone(), until: ignore.until },
        None => Standing::Open,
    }
}
