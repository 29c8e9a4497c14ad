//! Holds that say the same.

use std::collections::BTreeMap;

use rolecall_core::ids::AccountId;
use rolecall_core::plan::Hold;

use crate::render::hold::{Weight, accounts, advice, message, request_id, weight};
use crate::render::names::Names;

/// What holds have in common that say the same. Nothing is made safe to show yet.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::render) struct HoldGroup<'a> {
    /// The integration, or the address where it belongs to none.
    pub(in crate::render) subject: String,
    /// What is in the way.
    pub(in crate::render) message: String,
    /// What the user can do.
    pub(in crate::render) advice: &'a str,
    /// AWS's id of the request that failed.
    pub(in crate::render) request_id: Option<&'a str>,
}

/// The holds of this weight, and the accounts that each names, in order.
pub(in crate::render) fn holds<'a>(
    holds: &'a [Hold],
    kind: Weight,
    names: &Names,
) -> BTreeMap<HoldGroup<'a>, Vec<&'a AccountId>> {
    let mut grouped: BTreeMap<HoldGroup<'a>, Vec<&'a AccountId>> = BTreeMap::new();
    for hold in holds.iter().filter(|hold| weight(&hold.reason) == kind) {
        let about = accounts(&hold.reason);
        let subject = match hold.address.integration().filter(|_| !about.is_empty()) {
            Some(integration) => integration.to_string(),
            None => hold.address.to_string(),
        };
        let group = HoldGroup {
            subject,
            message: message(&hold.reason, names),
            advice: advice(&hold.reason),
            request_id: request_id(&hold.reason),
        };
        grouped.entry(group).or_default().extend(about);
    }
    for accounts in grouped.values_mut() {
        accounts.sort_unstable();
        accounts.dedup();
    }
    grouped
}
