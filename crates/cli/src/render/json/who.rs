//! Who changed what drifted, as part of a document.

use std::collections::BTreeSet;

use rolecall_core::ids::{AccountId, RoleName};
use rolecall_core::who::{Touch, Who};
use serde::Serialize;

use crate::render::names::Names;

#[derive(Debug, Serialize)]
pub(super) struct WhoBody<'a> {
    /// The roles that were looked up.
    roles: Vec<RoleBody<'a>>,
    /// The accounts in which CloudTrail may not be looked at.
    denied: &'a BTreeSet<AccountId>,
    /// The roles that were not looked up for another reason.
    left_out: Vec<PlaceBody<'a>>,
}

#[derive(Debug, Serialize)]
struct RoleBody<'a> {
    account: &'a AccountId,
    account_name: Option<&'a str>,
    role: &'a RoleName,
    /// The last calls that changed it, the newest first.
    calls: &'a [Touch],
}

#[derive(Debug, Serialize)]
struct PlaceBody<'a> {
    account: &'a AccountId,
    role: &'a RoleName,
}

impl<'a> WhoBody<'a> {
    pub(super) fn of(who: &'a Who, names: &'a Names) -> Self {
        let Who { touches, denied, left_out } = who;
        Self {
            roles: touches
                .iter()
                .map(|((account, role), calls)| RoleBody {
                    account,
                    account_name: names.accounts.get(account).map(String::as_str),
                    role,
                    calls,
                })
                .collect(),
            denied,
            left_out: left_out.iter().map(|(account, role)| PlaceBody { account, role }).collect(),
        }
    }
}
