//! What readers of IAM still see: IAM is consistent only after a while.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::Account;

/// The states that accounts had before their latest changes, by account id; empty unless IAM's delay is switched on.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Past(BTreeMap<String, Vec<(Timestamp, Account)>>);

impl Past {
    /// Whether nothing is remembered.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Remembers the state of an account before a change that is made now, and forgets what nobody sees any more.
    pub(crate) fn remember(&mut self, before: &Account, now: Timestamp, delay: SignedDuration) {
        let states = self.0.entry(before.id.clone()).or_default();
        states.retain(|(changed, _)| is_visible(*changed, now, delay));
        states.push((now, before.clone()));
    }

    /// The state of an account that is seen now; `None` when that is the current one.
    pub(crate) fn seen(&self, account: &str, now: Timestamp, delay: SignedDuration) -> Option<&Account> {
        let states = self.0.get(account)?;
        states.iter().find(|(changed, _)| is_visible(*changed, now, delay)).map(|(_, before)| before)
    }
}

/// Whether readers still see what was before a change.
fn is_visible(changed: Timestamp, now: Timestamp, delay: SignedDuration) -> bool {
    changed.checked_add(delay).is_ok_and(|settled| now < settled)
}
