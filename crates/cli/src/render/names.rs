//! The names of accounts and units beside their ids.

use std::collections::BTreeMap;

use rolecall_core::ids::{AccountId, OuId};
use rolecall_core::org::Org;
use serde::{Deserialize, Serialize};

use super::clean::clean;

/// The names of accounts, and the paths of units, as far as they were read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Names {
    /// By account, its name.
    pub(crate) accounts: BTreeMap<AccountId, String>,
    /// By unit, its path from the root: `Root/Workloads/Prod`.
    pub(crate) units: BTreeMap<OuId, String>,
}

impl Names {
    /// The names in an organization.
    pub(crate) fn of(org: &Org) -> Self {
        let named = org.units.iter().filter(|(_, unit)| unit.name.is_some()).map(|(id, _)| id);
        Self {
            accounts: org.accounts.iter().map(|(id, account)| (id.clone(), account.name.clone())).collect(),
            units: named.chain([&org.root]).map(|id| (id.clone(), org.unit_path(id))).collect(),
        }
    }

    /// `222222222222 (payments-prod)`, or the id alone; safe to show.
    pub(super) fn account(&self, id: &AccountId) -> String {
        match self.accounts.get(id).filter(|name| !name.is_empty()) {
            Some(name) => format!("{id} ({})", clean(name)),
            None => id.to_string(),
        }
    }

    /// `ou-ab12-cd34ef56 (Root/Workloads)`, or the id alone; safe to show.
    pub(super) fn unit(&self, id: &OuId) -> String {
        match self.units.get(id) {
            Some(path) => format!("{id} ({})", clean(path)),
            None => id.to_string(),
        }
    }
}
