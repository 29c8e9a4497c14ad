//! Automatic deployment: what stack sets do by themselves when accounts come and go. It knows units, never filters.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::engine;
use super::model::{
    Action, Amount, AutoDeployment, ConcurrencyMode, Operation, OperationStatus, Preferences, StackSet, StackSetStatus,
    Task,
};
use crate::org::AccountEvent;
use crate::world::World;

/// Operation preferences do not apply to automatic deployments.
const PREFERENCES: Preferences = Preferences {
    concurrent: Amount::Count(1),
    tolerance: Amount::Count(0),
    mode: ConcurrencyMode::StrictFailureTolerance,
};

pub(super) fn on_account_event(world: &mut World, event: &AccountEvent, account: &str) {
    // The management account is never a target, wherever in the organization it is.
    if account == world.org.management_account {
        return;
    }
    let ids: Vec<String> = world
        .cfn
        .sets
        .values()
        .filter(|set| set.status == StackSetStatus::Active && set.auto != AutoDeployment::Off)
        .map(|set| set.id.clone())
        .collect();
    for id in ids {
        let Some(mut set) = world.cfn.sets.remove(&id) else { continue };
        react(world, &mut set, event, account);
        world.cfn.sets.insert(id, set);
    }
}

fn react(world: &mut World, set: &mut StackSet, event: &AccountEvent, account: &str) {
    let target = |world: &World, set: &StackSet, place: &str| {
        world.org.path(place).into_iter().rev().find(|unit| set.units.contains(*unit)).map(str::to_owned)
    };
    match event {
        AccountEvent::Created => {
            if let Some(unit) = target(world, set, account) {
                join(world, set, account, &unit);
            }
        }
        AccountEvent::Moved { from, to } => match (target(world, set, from), target(world, set, to)) {
            (None, Some(unit)) => join(world, set, account, &unit),
            (Some(_), None) => {
                let action = if set.auto == AutoDeployment::Retaining { Action::Retain } else { Action::Delete };
                leave(world, set, account, action);
            }
            // The account stays covered; whether AWS keeps its stack is not documented, and here it does.
            (Some(_), Some(_)) | (None, None) => {}
        },
        // A closed account keeps its instance, which every later operation skips.
        AccountEvent::Closed => {}
        AccountEvent::Left { from } => {
            if target(world, set, from).is_some() {
                // Outside of the organization the stack is out of reach; whether AWS still deletes it is not documented.
                leave(world, set, account, Action::Retain);
            }
        }
    }
}

fn join(world: &mut World, set: &mut StackSet, account: &str, unit: &str) {
    let mut operation = operation(world, Action::Create);
    let regions: BTreeSet<String> = set.regions.clone();
    for region in regions {
        let key = (account.to_owned(), region.clone());
        set.instances.entry(key).or_insert_with(|| engine::new_instance(unit, &operation.id));
        operation.waiting.push_back(Task { account: account.to_owned(), region, unit: unit.to_owned() });
    }
    engine::submit(&mut world.cfn, set, operation);
}

fn leave(world: &mut World, set: &mut StackSet, account: &str, action: Action) {
    let mut operation = operation(world, action);
    for ((in_account, region), instance) in &set.instances {
        if in_account == account {
            let unit = instance.unit.clone();
            operation.waiting.push_back(Task { account: account.to_owned(), region: region.clone(), unit });
        }
    }
    if !operation.waiting.is_empty() {
        engine::submit(&mut world.cfn, set, operation);
    }
}

fn operation(world: &mut World, action: Action) -> Operation {
    Operation {
        id: world.next_uuid(),
        action,
        status: OperationStatus::Running,
        created: world.now,
        ended: None,
        preferences: PREFERENCES,
        units: BTreeSet::new(),
        dropped_units: BTreeSet::new(),
        waiting: VecDeque::new(),
        running: Vec::new(),
        results: BTreeMap::new(),
    }
}
