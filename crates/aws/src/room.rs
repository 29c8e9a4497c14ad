//! Waiting for room in the quota on stack instances that are worked on at the same time.

use rolecall_core::ids::StackSetName;
use rolecall_core::observed::RunningOperation;
use rolecall_core::step::StackSetCall;
use tokio::time::{Instant, sleep};

use crate::connect::Connection;
use crate::error::CallError;
use crate::events::ApplyEvent;
use crate::operations::{Wait, wait};
use crate::stack_sets::{list_operations, list_stack_sets};
use crate::stop::Stop;

/// How a wait for room ended.
pub(crate) enum Room {
    /// An operation ended, so that there may be some.
    Maybe,
    /// Nothing runs that takes any: the refusal was about another quota.
    NoneTaken,
    /// The run was stopped.
    Stopped,
    /// The limit passed, and this operation still runs.
    TimedOut(RunningOperation),
}

/// How often running operations are looked for. Their list lags behind.
const LOOKS: usize = 5;

/// Whether a refusal may be about instances at once: AWS has one code for all quotas of stack sets, and the stack sets
/// of a Region work on 10,000 instances at the same time (CloudFormation User Guide, "StackSets quotas").
pub(crate) fn may_want_room(call: &StackSetCall, error: &CallError) -> bool {
    let works_on_instances = match call {
        StackSetCall::Update { .. }
        | StackSetCall::CreateInstances { .. }
        | StackSetCall::UpdateInstances { .. }
        | StackSetCall::DeleteInstances { .. } => true,
        StackSetCall::Create(_)
        | StackSetCall::Delete
        | StackSetCall::ActivateManagedExecution
        | StackSetCall::SetAutoDeployment(_) => false,
    };
    works_on_instances && error.code() == "LimitExceededException"
}

/// An operation of any stack set of the Region that takes room. None when nothing does, so that the refusal was about
/// another quota, or when the run was stopped.
pub(crate) async fn find_taker(
    connection: &Connection,
    stop: &Stop,
) -> Result<Option<(StackSetName, RunningOperation)>, CallError> {
    for pause in connection.patience.pauses().take(LOOKS) {
        let found = find_running(connection).await?;
        if found.is_some() {
            return Ok(found);
        }
        tokio::select! {
            () = sleep(pause) => {}
            () = stop.stopped() => return Ok(None),
        }
    }
    Ok(None)
}

/// Waits until an operation of any stack set of the Region has ended.
pub(crate) async fn wait_for_room(
    connection: &Connection,
    stack_set: &StackSetName,
    deadline: Option<Instant>,
    watch: &(dyn Fn(ApplyEvent<'_>) + Sync),
    stop: &Stop,
) -> Result<Room, CallError> {
    let Some((other, operation)) = find_taker(connection, stop).await? else {
        return Ok(if stop.is_stopped() { Room::Stopped } else { Room::NoneTaken });
    };
    watch(ApplyEvent::WaitingForRoom { stack_set, other: &other, operation: &operation });
    match wait(connection, &other, &operation.id, stop, deadline, None).await? {
        Wait::Ended(_) => {}
        Wait::Stopped => return Ok(Room::Stopped),
        Wait::TimedOut => return Ok(Room::TimedOut(operation)),
    }
    // What has ended makes room a moment later.
    tokio::select! {
        () = sleep(connection.patience.first) => Ok(Room::Maybe),
        () = stop.stopped() => Ok(Room::Stopped),
    }
}

async fn find_running(connection: &Connection) -> Result<Option<(StackSetName, RunningOperation)>, CallError> {
    for name in list_stack_sets(connection).await? {
        let listed = list_operations(connection, &name).await?;
        if let Some(running) = listed.into_iter().find_map(|operation| operation.running) {
            return Ok(Some((name, running)));
        }
    }
    Ok(None)
}
