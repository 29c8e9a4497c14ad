//! Waiting for operations that are not this run's.

use std::collections::BTreeMap;
use std::time::Duration;

use rolecall_core::ids::StackSetName;
use rolecall_core::observed::{Observed, Reading, RunningOperation};
use tokio::time::Instant;

use crate::connect::Connection;
use crate::error::CallError;
use crate::events::ApplyEvent;
use crate::operations::{Wait, wait};
use crate::stack_sets::list_operations;
use crate::stop::Stop;

/// How a wait for running operations ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Waited {
    /// None ran.
    NoneRan,
    /// They ended; what was observed before is stale now.
    Ended,
    /// The run was stopped.
    Stopped,
    /// The limit passed.
    TimedOut {
        /// The stack set.
        stack_set: StackSetName,
        /// The operation that still runs.
        operation: RunningOperation,
    },
}

/// Waits until no operation runs on any stack set of ours, whoever started it: an interrupted run of Rolecall, or
/// somebody else, whom the event names. As long as it takes when there is no limit.
pub async fn wait_for_running(
    connection: &Connection,
    observed: &Observed,
    limit: Option<Duration>,
    watch: &(dyn Fn(ApplyEvent<'_>) + Sync),
    stop: &Stop,
) -> Result<Waited, CallError> {
    let deadline = deadline(limit);
    let sets = observed.stack_sets.known().into_iter().flat_map(BTreeMap::iter);
    let running = sets.filter_map(|(name, set)| match set {
        Reading::Known(set) if set.owner().is_some() => Some((name, set.running.clone()?)),
        Reading::Known(_) | Reading::Unreadable(_) => None,
    });
    let mut waited = Waited::NoneRan;
    for (name, operation) in running {
        waited = wait_for_others(connection, name, operation, deadline, watch, stop).await?;
        if waited != Waited::Ended {
            return Ok(waited);
        }
    }
    Ok(waited)
}

pub(crate) fn deadline(limit: Option<Duration>) -> Option<Instant> {
    /// A run that waits longer waits for ever; the clock does not reach the longest times that can be typed.
    const LONGEST: Duration = Duration::from_hours(24 * 365);
    limit.map(|limit| Instant::now() + limit.min(LONGEST))
}

/// Waits for an operation, and for those that were queued behind it.
pub(crate) async fn wait_for_others(
    connection: &Connection,
    stack_set: &StackSetName,
    first: RunningOperation,
    deadline: Option<Instant>,
    watch: &(dyn Fn(ApplyEvent<'_>) + Sync),
    stop: &Stop,
) -> Result<Waited, CallError> {
    let mut next = Some(first);
    while let Some(operation) = next {
        watch(ApplyEvent::Waiting { stack_set, operation: &operation });
        match wait(connection, stack_set, &operation.id, stop, deadline, None).await? {
            Wait::Ended(_) => {}
            Wait::Stopped => return Ok(Waited::Stopped),
            Wait::TimedOut => return Ok(Waited::TimedOut { stack_set: stack_set.clone(), operation }),
        }
        // The list lags behind, so the one that just ended may still seem to run.
        let listed = list_operations(connection, stack_set).await?;
        next = listed.into_iter().filter_map(|listed| listed.running).find(|running| running.id != operation.id);
    }
    Ok(Waited::Ended)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_limit_that_can_be_typed_is_a_deadline() {
        assert!(deadline(Some(Duration::MAX)).is_some_and(|at| at > Instant::now()));
        assert_eq!(deadline(None), None);
    }
}
