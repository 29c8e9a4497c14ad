//! Accounts that are closed: pending closure, closed for some time, gone.

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::membership::{self, Departure};
use super::{later, seconds};
use crate::cfn;
use crate::org::input::{self, AccountInput};
use crate::org::{AccountEvent, AccountState, error};
use crate::switches::ClosedState;
use crate::wire::{Call, WireError};
use crate::world::World;

/// How many can be under way at the same time (Organizations quotas).
const MOST_AT_A_TIME: usize = 3;
/// The time in which only so many accounts can be closed: a tenth of the members, 10 to 1,000.
const QUOTA_PERIOD: SignedDuration = SignedDuration::from_hours(30 * 24);

/// `CloseAccount`.
pub(in crate::org) fn close(world: &mut World, call: &Call<Value>) -> Result<Value, WireError> {
    let AccountInput { account_id } = input::read(call)?;
    let org = &mut world.org;
    if account_id == org.management_account {
        return Err(error::constraint("CANNOT_CLOSE_MANAGEMENT_ACCOUNT", "You cannot close a management account."));
    }
    match org.accounts.get(&account_id).ok_or_else(error::account_not_found)?.state {
        AccountState::Active | AccountState::PendingActivation => {}
        AccountState::Suspended | AccountState::PendingClosure | AccountState::Closed => {
            return Err(error::already_closed());
        }
    }
    if org.closing.len() >= MOST_AT_A_TIME {
        return Err(error::constraint(
            "CLOSE_ACCOUNT_REQUESTS_LIMIT_EXCEEDED",
            "You attempted to exceed the number of accounts that you can close at a time.",
        ));
    }
    let since = world.now.checked_sub(QUOTA_PERIOD).unwrap_or(jiff::Timestamp::MIN);
    org.closures.retain(|closed| *closed > since);
    let members = org.accounts.len().saturating_sub(1);
    if org.closures.len() >= (members / 10).clamp(10, 1000) {
        return Err(error::constraint(
            "CLOSE_ACCOUNT_QUOTA_EXCEEDED",
            "You have exceeded close account quota for the past 30 days.",
        ));
    }
    org.closures.push(world.now);
    if let Some(account) = org.accounts.get_mut(&account_id) {
        account.state = AccountState::PendingClosure;
    }
    let closed = later(world.now, seconds(world.switches.account_closure_seconds));
    org.closing.insert(account_id.clone(), closed);
    cfn::on_account_event(world, &AccountEvent::Closed, &account_id);
    Ok(json!({}))
}

/// Finishes the closures that are due, and lets go of accounts that were closed long ago.
pub(super) fn finish_due(world: &mut World) {
    let now = world.now;
    let state = match world.switches.closed_account_state {
        ClosedState::Suspended => AccountState::Suspended,
        ClosedState::Closed => AccountState::Closed,
    };
    let org = &mut world.org;
    let closed: Vec<String> =
        org.closing.iter().filter(|(_, at)| **at <= now).map(|(account, _)| account.clone()).collect();
    for id in closed {
        let at = org.closing.remove(&id).unwrap_or(now);
        if let Some(account) = org.accounts.get_mut(&id) {
            account.state = state;
            org.closed.insert(id, at);
        }
    }
    let listed = SignedDuration::from_hours(24 * i64::from(world.switches.closed_account_days));
    let gone: Vec<String> = world
        .org
        .closed
        .iter()
        .filter(|(_, at)| later(**at, listed) <= now)
        .map(|(account, _)| account.clone())
        .collect();
    for id in gone {
        membership::depart(world, &id, Departure::Gone);
    }
}
