//! From units and filters to accounts.

use std::collections::BTreeMap;

use super::input::{Filter, Targets};
use super::model::StackSet;
use crate::org::AccountState;
use crate::world::World;

/// The accounts that the targets mean, with the unit named for each. The management account is never one.
pub(super) fn accounts(world: &World, targets: &Targets) -> BTreeMap<String, String> {
    let mut meant = BTreeMap::new();
    for unit in &targets.units {
        for account in world.org.accounts_under(unit) {
            if account != world.org.management_account && passes(&targets.filter, account) {
                meant.entry(account.to_owned()).or_insert_with(|| unit.clone());
            }
        }
    }
    if let Filter::Union(accounts) = &targets.filter {
        for account in accounts.iter().filter(|account| world.org.accounts.contains_key(*account)) {
            if *account != world.org.management_account {
                let unit = targets.units.iter().next().cloned().unwrap_or_default();
                meant.entry(account.clone()).or_insert(unit);
            }
        }
    }
    meant
}

/// The accounts with an instance that the targets mean: by the unit recorded for them, or the one they are in.
pub(super) fn accounts_with_instance(world: &World, set: &StackSet, targets: &Targets) -> BTreeMap<String, String> {
    let mut meant = accounts(world, targets);
    for ((account, _), instance) in &set.instances {
        let is_recorded = targets.units.iter().any(|unit| world.org.is_under(&instance.unit, unit));
        if is_recorded && passes(&targets.filter, account) {
            meant.entry(account.clone()).or_insert_with(|| instance.unit.clone());
        }
    }
    meant
}

/// Whether stacks can be made in an account now.
pub(super) fn is_deployable(world: &World, account: &str) -> bool {
    world.org.accounts.get(account).is_some_and(|account| account.state == AccountState::Active)
}

fn passes(filter: &Filter, account: &str) -> bool {
    match filter {
        Filter::None | Filter::Union(_) => true,
        Filter::Intersection(accounts) => accounts.contains(account),
        Filter::Difference(accounts) => !accounts.contains(account),
    }
}
