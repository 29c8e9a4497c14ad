//! Accounts that leave the organization, and that join it.

use std::collections::{BTreeMap, BTreeSet};

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::later;
use crate::cfn;
use crate::iam;
use crate::org::input::{self, AccountInput};
use crate::org::{Account, AccountEvent, AccountState, Joined, error};
use crate::wire::{Call, WireError};
use crate::world::World;

/// An account that was created can be removed after this time.
const WAIT_PERIOD: SignedDuration = SignedDuration::from_hours(4 * 24);

/// What is left of an account that leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Departure {
    /// It goes on outside of the organization, and can be invited again.
    Alive,
    /// It was closed for so long that there is none any more.
    Gone,
}

/// `RemoveAccountFromOrganization`. What the account holds in IAM stays; it is only no member any more.
pub(in crate::org) fn remove(world: &mut World, call: &Call<Value>) -> Result<Value, WireError> {
    let AccountInput { account_id } = input::read(call)?;
    check(world, &account_id)?;
    depart(world, &account_id, Departure::Alive);
    Ok(json!({}))
}

/// `LeaveOrganization`, called by the account itself.
pub(in crate::org) fn leave(world: &mut World, call: &Call<Value>) -> Result<Value, WireError> {
    let account = call.caller.account.clone();
    check(world, &account)?;
    depart(world, &account, Departure::Alive);
    Ok(json!({}))
}

fn check(world: &World, id: &str) -> Result<(), WireError> {
    if id == world.org.management_account {
        return Err(error::management_cannot_leave());
    }
    let account = world.org.accounts.get(id).ok_or_else(error::account_not_found)?;
    if world.org.delegated.contains_key(id) {
        return Err(error::constraint(
            "CANNOT_REMOVE_DELEGATED_ADMINISTRATOR_FROM_ORG",
            "You cannot remove a delegated administrator from the organization.",
        ));
    }
    if account.joined == Joined::Created && world.now < later(account.joined_at, WAIT_PERIOD) {
        return Err(error::constraint(
            "WAIT_PERIOD_ACTIVE",
            "An account that was created in the organization must wait 4 days before it can be removed.",
        ));
    }
    Ok(())
}

/// Takes an account out of the organization.
pub(super) fn depart(world: &mut World, id: &str, departure: Departure) {
    let org = &mut world.org;
    let Some(account) = org.accounts.remove(id) else { return };
    let from = account.parent.clone();
    org.tags.remove(id);
    org.closing.remove(id);
    org.closed.remove(id);
    org.policies.attached.remove(id);
    match departure {
        Departure::Alive => drop(org.departed.insert(id.to_owned(), account)),
        Departure::Gone => {}
    }
    cfn::on_account_event(world, &AccountEvent::Left { from }, id);
}

/// Takes an account that accepted an invitation into the root.
pub(in crate::org) fn join(world: &mut World, id: &str, tags: BTreeMap<String, String>) {
    let now = world.now;
    let known = world.org.departed.remove(id);
    let (name, email) = known.map_or_else(
        || (format!("account-{id}"), format!("aws+{id}@example.com")),
        |account| (account.name, account.email),
    );
    let account = Account {
        id: id.to_owned(),
        name,
        email,
        state: AccountState::Active,
        parent: world.org.root.clone(),
        joined: Joined::Invited,
        joined_at: now,
        deny: BTreeSet::new(),
    };
    world.org.accounts.insert(id.to_owned(), account);
    if !tags.is_empty() {
        world.org.tags.insert(id.to_owned(), tags);
    }
    world.iam.entry(id.to_owned()).or_insert_with(|| iam::Account::new(id));
    cfn::on_account_event(world, &AccountEvent::Created, id);
}
