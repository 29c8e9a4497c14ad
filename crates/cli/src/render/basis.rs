//! What a result rests on, where that is not all of AWS as it is now.

use std::collections::BTreeSet;

use rolecall_core::ids::AccountId;
use rolecall_core::org::Org;
use rolecall_core::portion::{Portion, Shard};
use serde::Serialize;

use super::facts::Facts;

/// What a result rests on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Basis<'a> {
    /// What was looked at, when it was not AWS as it is now.
    pub(crate) facts: Option<&'a Facts>,
    /// Which accounts were looked at, when it was not all of them.
    pub(crate) looked_at: Option<&'a LookedAt>,
}

impl<'a> Basis<'a> {
    /// All of AWS as it is now.
    pub(crate) const AWS: Self = Self { facts: None, looked_at: None };

    /// All accounts, by AWS or by these facts.
    pub(crate) fn of(facts: Option<&'a Facts>) -> Self {
        Self { facts, looked_at: None }
    }
}

/// The accounts that were looked at, where it was not all of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct LookedAt {
    /// What `--accounts` named; empty for all.
    #[serde(rename = "accounts")]
    places: Vec<String>,
    /// Which part of them it was; null when it was all of them.
    shard: Option<Shard>,
    #[serde(rename = "looked_at")]
    inside: usize,
    #[serde(rename = "left_out")]
    outside: usize,
}

impl LookedAt {
    /// A portion of an organization; `None` where nothing was left out.
    pub(crate) fn of(portion: &Portion, accounts: &BTreeSet<AccountId>, org: &Org) -> Option<Self> {
        let Portion { places, shard } = portion;
        (!portion.is_whole()).then(|| Self {
            places: places.iter().map(ToString::to_string).collect(),
            shard: *shard,
            inside: accounts.len(),
            outside: org.accounts.len() - accounts.len(),
        })
    }

    /// How many accounts were left out, as a sentence.
    pub(crate) fn sentence(&self) -> String {
        let Self { places: _, shard, inside, outside } = self;
        let part = shard.map(|shard| format!(", part {shard}")).unwrap_or_default();
        let all = inside + outside;
        format!("This is about {inside} of {all} accounts{part}; the others were not looked at.")
    }
}
