//! From units and filters to accounts.

use std::collections::{BTreeMap, BTreeSet};

use super::engine::Task;
use super::model::{Filter, StackSet, Targets};
use super::switches::{MovedInstances, PendingActivation, RecordedUnit};
use crate::org::AccountState;
use crate::world::World;

/// Whether stack sets can do anything in an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    /// They can.
    Open,
    /// Its state keeps them from it; they skip it.
    Suspended,
    /// It is not in the organization.
    Outside,
}

/// How far stack sets reach into an account now.
pub(super) fn reach(world: &World, account: &str) -> Reach {
    let Some(account) = world.org.accounts.get(account) else { return Reach::Outside };
    match (account.state, world.switches.pending_activation) {
        (AccountState::Active, _) | (AccountState::PendingActivation, PendingActivation::Deployed) => Reach::Open,
        (
            AccountState::PendingActivation
            | AccountState::PendingClosure
            | AccountState::Suspended
            | AccountState::Closed,
            _,
        ) => Reach::Suspended,
    }
}

/// Some units of an organization with everything below them.
#[derive(Debug)]
pub(super) struct Cover<'a> {
    /// The covered units and the root, each with the one of the given units that is recorded of accounts in it.
    recorded: BTreeMap<&'a str, &'a str>,
}

impl<'a> Cover<'a> {
    /// What these units cover.
    pub(super) fn of(world: &'a World, units: impl IntoIterator<Item = &'a String>) -> Self {
        let given: BTreeSet<&str> = units.into_iter().map(String::as_str).collect();
        let places = world.org.units.keys().map(String::as_str).chain([world.org.root.as_str()]);
        let covering = |place: &'a str| {
            let path = world.org.path(place);
            let mut covering = path.into_iter().filter(|unit| given.contains(unit));
            match world.switches.recorded_unit {
                RecordedUnit::Nearest => covering.next_back(),
                RecordedUnit::Outermost => covering.next(),
            }
        };
        Self { recorded: places.filter_map(|place| covering(place).map(|unit| (place, unit))).collect() }
    }

    /// The given unit that covers a unit or the root.
    pub(super) fn unit(&self, place: &str) -> Option<&'a str> {
        self.recorded.get(place).copied()
    }
}

/// The accounts that the targets mean, with the unit that is recorded of each. The management account is never one.
pub(super) fn accounts(world: &World, targets: &Targets) -> Vec<(String, String)> {
    let cover = Cover::of(world, &targets.units);
    let members = world.org.accounts.values().filter(|account| account.id != world.org.management_account);
    let meant = members.filter(|account| targets.filter.passes(&account.id));
    meant.filter_map(|account| Some((account.id.clone(), cover.unit(&account.parent)?.to_owned()))).collect()
}

/// The instances that the targets mean, as tasks, in these Regions or in all. Those of accounts that are in one of the
/// units, and those that are recorded under one.
pub(super) fn instances(
    world: &World,
    set: &StackSet,
    targets: &Targets,
    regions: Option<&BTreeSet<String>>,
) -> Vec<Task> {
    let cover = Cover::of(world, &targets.units);
    let mut tasks = Vec::new();
    for ((account, region), instance) in set.instances.iter() {
        if regions.is_some_and(|regions| !regions.contains(region)) {
            continue;
        }
        let is_listed = matches!(&targets.filter, Filter::Union(accounts) if accounts.contains(account));
        let present = || world.org.accounts.get(account).and_then(|account| cover.unit(&account.parent));
        let recorded = || cover.unit(&instance.unit);
        let unit = match world.switches.moved_instances {
            MovedInstances::EitherUnit => present().or_else(recorded),
            MovedInstances::RecordedUnit => recorded(),
            MovedInstances::PresentUnit => present(),
        };
        let unit = match unit {
            Some(unit) if targets.filter.passes(account) => unit,
            None if is_listed => &instance.unit,
            Some(_) | None => continue,
        };
        tasks.push(Task { account: account.clone(), region: region.clone(), unit: unit.to_owned() });
    }
    tasks
}
