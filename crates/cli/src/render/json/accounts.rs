//! The organization as a document.

use rolecall_core::desired::Desired;
use rolecall_core::ids::{AccountId, OrgId, OuId};
use rolecall_core::org::{Org, Unit};
use serde::Serialize;

use crate::render::basis::Basis;
use crate::render::facts::Facts;
use crate::render::text::targeting;

/// The organization as a JSON document (`schemas/accounts.schema.json`).
pub(crate) fn accounts_json(org: &Org, desired: &Desired, facts: Option<&Facts>) -> Result<String, serde_json::Error> {
    super::document("accounts", Basis::of(facts), OrgBody::of(org, desired))
}

#[derive(Debug, Serialize)]
struct OrgBody<'a> {
    organization: &'a OrgId,
    management_account: &'a AccountId,
    root: &'a OuId,
    organizational_units: Vec<UnitBody<'a>>,
    accounts: Vec<AccountBody<'a>>,
}

#[derive(Debug, Serialize)]
struct UnitBody<'a> {
    id: &'a OuId,
    /// Null when names were not read.
    name: Option<&'a str>,
    parent: &'a OuId,
    path: String,
}

#[derive(Debug, Serialize)]
struct AccountBody<'a> {
    account: &'a AccountId,
    name: &'a str,
    email: &'a str,
    state: &'a str,
    parent: &'a OuId,
    path: String,
    /// The integrations that target it, or would if it were in use.
    integrations: Vec<&'a str>,
}

impl<'a> OrgBody<'a> {
    fn of(org: &'a Org, desired: &'a Desired) -> Self {
        let Org { id, management_account, root, units, accounts } = org;
        let unit = |(id, Unit { name, parent }): (&'a OuId, &'a Unit)| UnitBody {
            id,
            name: name.as_deref(),
            parent,
            path: org.unit_path(id),
        };
        let account = |(id, account): (&'a AccountId, &'a rolecall_core::org::Account)| AccountBody {
            account: id,
            name: &account.name,
            email: &account.email,
            state: account.state.as_str(),
            parent: &account.parent,
            path: org.unit_path(&account.parent),
            integrations: targeting(desired, id),
        };
        Self {
            organization: id,
            management_account,
            root,
            organizational_units: units.iter().map(unit).collect(),
            accounts: accounts.iter().map(account).collect(),
        }
    }
}
