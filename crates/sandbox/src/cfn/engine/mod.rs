//! Time: operations begin, work through their Regions and accounts, and end.

mod pace;
mod queue;
mod run;
mod work;

pub(super) use self::queue::{Task, submit};

use jiff::{SignedDuration, Timestamp};

use self::run::Run;
use super::error;
use super::model::{Operation, OperationStatus, StackSet, WireName};
use crate::wire::WireError;
use crate::world::World;

/// How long an operation takes that has nothing to do.
const EMPTY: SignedDuration = SignedDuration::from_secs(2);

/// Lets every operation that is due progress to the world's present.
pub(super) fn tick(world: &mut World) {
    let mut others_ended = false;
    loop {
        let mut ended = false;
        for id in world.cfn.open.clone() {
            let Some(mut set) = world.cfn.sets.remove(&id) else { continue };
            if others_ended {
                queue::start(world, &mut set);
            }
            ended |= progress(world, &mut set);
            if set.open_operation().is_none() {
                world.cfn.open.remove(&id);
            }
            world.cfn.sets.insert(id, set);
        }
        if !ended {
            return;
        }
        others_ended = true;
    }
}

/// Asks an operation to stop: what has begun is finished, what has not is cancelled.
pub(super) fn stop(world: &mut World, set: &mut StackSet, operation: &str) -> Result<(), WireError> {
    let index = set.operations.iter().position(|other| other.id == operation);
    let index = index.ok_or_else(|| error::operation_not_found(operation))?;
    let at = world.now;
    let Some(mut run) = Run::of(set, index) else { return Err(error::operation_not_found(operation)) };
    if !run.operation.status.is_open() {
        let state = run.operation.status.name();
        return Err(error::invalid_operation(format!(
            "Operation {operation} is in {state} state and cannot be stopped"
        )));
    }
    run.operation.status = OperationStatus::Stopping;
    run.operation.stopped = Some(at);
    run.settle(world, at);
    queue::start(world, set);
    Ok(())
}

/// What is next in an operation.
#[derive(Debug, Clone, Copy)]
enum Step {
    /// A task is done, the one of this place in this Region's list.
    Task { region: usize, place: usize },
    /// The operation ends without a task.
    End,
}

/// Works through a stack set's operations until the present; says whether one of them ended.
fn progress(world: &mut World, set: &mut StackSet) -> bool {
    let mut ended = false;
    while let Some((at, index, step)) = next(set).filter(|(at, _, _)| *at <= world.now) {
        let Some(mut run) = Run::of(set, index) else { return ended };
        match step {
            Step::Task { region, place } => run.finish(world, region, place, at),
            Step::End => run.end(at),
        }
        if !run.operation.status.is_open() {
            ended = true;
            queue::start(world, set);
        }
    }
    ended
}

/// What happens next to a stack set: when, in which of its operations, and what.
fn next(set: &StackSet) -> Option<(Timestamp, usize, Step)> {
    let running = set.operations.iter().enumerate();
    let running = running
        .filter(|(_, operation)| matches!(operation.status, OperationStatus::Running | OperationStatus::Stopping));
    let next = running.map(|(index, operation)| {
        let (at, step) = next_step(operation);
        (at, index, step)
    });
    next.min_by_key(|(at, index, _)| (*at, *index))
}

fn next_step(operation: &Operation) -> (Timestamp, Step) {
    let regions = operation.regions.iter().enumerate();
    let tasks = regions.flat_map(|(region, run)| {
        let running = run.running.iter().enumerate();
        running.map(move |(place, (until, _))| (*until, Step::Task { region, place }))
    });
    let empty = (later(operation.begun.unwrap_or(operation.created), EMPTY), Step::End);
    tasks.min_by_key(|(until, _)| *until).unwrap_or(empty)
}

/// A time after another; at the end of time, that end.
fn later(from: Timestamp, by: SignedDuration) -> Timestamp {
    from.checked_add(by).unwrap_or(Timestamp::MAX)
}
