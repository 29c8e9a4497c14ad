//! Automatic deployment: what stack sets do by themselves when accounts come and go. It knows units, never filters.

use std::collections::{BTreeMap, BTreeSet};

use super::engine::{self, Task};
use super::model::{
    Action, AutoDeployment, Filter, Leaving, Operation, OperationRef, OperationStatus, Origin, Preferences, StackSet,
    StackSetStatus, Targets,
};
use super::switches::{DepartedAccounts, MoveBetweenTargets};
use super::targets::Cover;
use crate::org::AccountEvent;
use crate::world::World;

/// What a stack set is to do about an account.
#[derive(Debug)]
struct Reaction {
    set: String,
    /// What to take away first.
    leave: Option<Action>,
    /// The unit under which the account joins then.
    join: Option<String>,
}

pub(super) fn on_account_event(world: &mut World, event: &AccountEvent, account: &str) {
    // The management account is never a target, wherever in the organization it is.
    if account == world.org.management_account || !world.org.stack_sets_access {
        return;
    }
    let sets = world.cfn.sets.values().filter(|set| set.status == StackSetStatus::Active);
    let reactions: Vec<Reaction> = sets.filter_map(|set| reaction(world, set, event, account)).collect();
    // What an account has to lose goes before what it is to get (AWS: the creation is queued behind the deletion).
    let mut left = Vec::new();
    for Reaction { set, leave, join: _ } in &reactions {
        if let Some(action) = leave {
            left.extend(take_away(world, set, account, *action));
        }
    }
    let mut joined = BTreeMap::new();
    for (set, unit) in in_order(world, &reactions) {
        let mut after = left.clone();
        after.extend(dependencies(world, &set).iter().filter_map(|other| joined.get(other).cloned()));
        if let Some(operation) = join(world, &set, account, &unit, after) {
            joined.insert(set, operation);
        }
    }
}

/// What a stack set does about an event; `None` when that is nothing.
fn reaction(world: &World, set: &StackSet, event: &AccountEvent, account: &str) -> Option<Reaction> {
    let AutoDeployment::On { leaving, depends_on: _ } = &set.auto else { return None };
    let leave = match leaving {
        Leaving::Deleted => Action::Delete,
        Leaving::Retained => Action::Retain,
    };
    let cover = Cover::of(world, set.targets.keys());
    let unit = |place: &str| cover.unit(place).map(str::to_owned);
    let react = |leave, join| Some(Reaction { set: set.id.clone(), leave, join });
    match event {
        AccountEvent::Created => {
            let parent = &world.org.accounts.get(account)?.parent;
            react(None, Some(unit(parent)?))
        }
        AccountEvent::Moved { from, to } => match (unit(from), unit(to)) {
            (None, None) => None,
            (None, joined) => react(None, joined),
            (Some(_), None) => react(Some(leave), None),
            (Some(before), Some(after)) if before == after => None,
            (Some(_), joined) => match world.switches.move_between_targets {
                MoveBetweenTargets::Kept => None,
                MoveBetweenTargets::Recreated => react(Some(leave), joined),
            },
        },
        // A closed account stays in its unit with its instance, which every later operation skips.
        AccountEvent::Closed => None,
        AccountEvent::Left { from } => {
            unit(from)?;
            match world.switches.departed_accounts {
                DepartedAccounts::Retained => react(Some(Action::Retain), None),
                DepartedAccounts::Deleted | DepartedAccounts::Stuck => react(Some(leave), None),
            }
        }
    }
}

/// The stack sets that an account joins with the units, each after those that it depends on.
fn in_order(world: &World, reactions: &[Reaction]) -> Vec<(String, String)> {
    let mut waiting: BTreeMap<&String, &String> =
        reactions.iter().filter_map(|reaction| Some((&reaction.set, reaction.join.as_ref()?))).collect();
    let mut order = Vec::new();
    while !waiting.is_empty() {
        let is_free = |set: &String| !dependencies(world, set).iter().any(|other| waiting.contains_key(other));
        // Dependencies are free of circles when they are set; an update of a third one may close one.
        let free: Vec<&String> = waiting.keys().copied().filter(|set| is_free(set)).collect();
        let next = if free.is_empty() { waiting.keys().copied().collect() } else { free };
        for set in next {
            if let Some(unit) = waiting.remove(set) {
                order.push((set.clone(), unit.clone()));
            }
        }
    }
    order
}

/// The ids of the stack sets whose automatic deployments come before those of this one.
fn dependencies(world: &World, set: &str) -> Vec<String> {
    let Some(AutoDeployment::On { leaving: _, depends_on }) = world.cfn.sets.get(set).map(|set| &set.auto) else {
        return Vec::new();
    };
    let ids = depends_on.iter().filter_map(|arn| arn.split_once(":stackset/").map(|(_, id)| id.to_owned()));
    ids.filter(|id| world.cfn.sets.get(id).is_some_and(|set| set.status == StackSetStatus::Active)).collect()
}

/// Makes instances for an account in the Regions of the target.
fn join(world: &mut World, id: &str, account: &str, unit: &str, after: Vec<OperationRef>) -> Option<OperationRef> {
    let set = world.cfn.sets.get(id)?;
    let regions = set.targets.get(unit)?.iter().cloned();
    let tasks = regions.map(|region| Task { account: account.to_owned(), region, unit: unit.to_owned() }).collect();
    submit(world, id, Action::Create, tasks, after)
}

/// Takes away the instances of an account.
fn take_away(world: &mut World, id: &str, account: &str, action: Action) -> Option<OperationRef> {
    let instances = world.cfn.sets.get(id)?.instances.of_account(account);
    let tasks: Vec<Task> = instances
        .map(|((account, region), instance)| Task {
            account: account.clone(),
            region: region.clone(),
            unit: instance.unit.clone(),
        })
        .collect();
    if tasks.is_empty() { None } else { submit(world, id, action, tasks, Vec::new()) }
}

fn submit(
    world: &mut World,
    id: &str,
    action: Action,
    tasks: Vec<Task>,
    after: Vec<OperationRef>,
) -> Option<OperationRef> {
    let units: BTreeSet<String> = tasks.iter().map(|task| task.unit.clone()).collect();
    let operation = Operation {
        id: world.next_uuid(),
        action,
        origin: Origin::AutoDeployment,
        status: OperationStatus::Queued,
        created: world.now,
        begun: None,
        stopped: None,
        ended: None,
        preferences: Preferences::DEFAULT,
        targets: Some(Targets { units, filter: Filter::None }),
        drops: BTreeSet::new(),
        after,
        regions: Vec::new(),
        results: BTreeMap::new(),
    };
    let submitted = OperationRef { set: id.to_owned(), operation: operation.id.clone() };
    let mut set = world.cfn.sets.remove(id)?;
    engine::submit(world, &mut set, operation, tasks);
    world.cfn.sets.insert(id.to_owned(), set);
    Some(submitted)
}
