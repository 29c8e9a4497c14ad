//! The lock of an organization: a parameter of Systems Manager in the caller's account, in the Region of the files.
//!
//! `PutParameter` without `Overwrite` makes it or fails because it is there, so of two runs one wins, and nothing has to
//! be set up. It takes `ssm:GetParameter`, `ssm:PutParameter` and `ssm:DeleteParameter` on
//! `parameter/rolecall/lock/*`.

use std::time::Duration;

use aws_sdk_ssm::types::ParameterType;
use rolecall_core::ids::{OrgId, RunId};
use rolecall_core::lock::{Holder, Occupant, parameter};
use tokio::time::{Instant, sleep};

use crate::classify::failed;
use crate::connect::Connection;
use crate::error::{CallError, CallErrorKind};
use crate::stop::Stop;
use crate::wait::deadline;

/// How a wait for a lock ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Locking {
    /// It is free, or taken by this run.
    Ours,
    /// Somebody else has it, and the time is up.
    Held(Occupant),
    /// The run was stopped.
    Stopped,
}

/// What came of freeing a lock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Freed {
    /// It is free now.
    Freed,
    /// Somebody freed it before.
    WasFree,
    /// Another run has it, and keeps it.
    Held(Occupant),
}

/// How long somebody else's lock is waited for.
#[derive(Clone, Copy)]
pub struct LockWait<'a> {
    /// How long; not at all when `None`.
    pub limit: Option<Duration>,
    /// Hears who has the lock, each time it was looked at.
    pub watch: &'a (dyn Fn(&Occupant) + Sync),
    /// Ends the wait.
    pub stop: &'a Stop,
}

/// Who holds an organization's lock (SSM `GetParameter`); nobody when `None`.
pub async fn read_lock(connection: &Connection, organization: &OrgId) -> Result<Option<Occupant>, CallError> {
    let request = connection.ssm.get_parameter().name(parameter(organization));
    match request.send().await.map_err(failed(&connection.site, "ssm:GetParameter")) {
        Ok(answer) => {
            let value = answer.parameter.and_then(|parameter| parameter.value);
            Ok(Some(value.map_or(Occupant::Unknown, |value| Occupant::from_value(&value))))
        }
        Err(error) if error.kind() == CallErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Waits until nobody holds the lock, without taking it.
pub async fn wait_for_lock(
    connection: &Connection,
    organization: &OrgId,
    wait: LockWait<'_>,
) -> Result<Locking, CallError> {
    wait_while(connection, wait, async || read_lock(connection, organization).await).await
}

/// Takes the lock. A stop ends the wait, never a call: the lock is then either ours or not.
pub async fn take_lock(
    connection: &Connection,
    organization: &OrgId,
    holder: &Holder,
    wait: LockWait<'_>,
) -> Result<Locking, CallError> {
    wait_while(connection, wait, async || try_to_take(connection, organization, holder).await).await
}

/// Frees the lock if it is that run's. Somebody who takes it between the look and the delete would lose it: Systems
/// Manager has no conditional delete, so it is looked at right before.
pub async fn free_lock(connection: &Connection, organization: &OrgId, run: &RunId) -> Result<Freed, CallError> {
    match read_lock(connection, organization).await? {
        None => Ok(Freed::WasFree),
        Some(occupant) if occupant.run() == Some(run) => delete(connection, organization).await,
        Some(occupant) => Ok(Freed::Held(occupant)),
    }
}

/// Frees the lock if what is written in it is still this.
pub async fn take_away_lock(
    connection: &Connection,
    organization: &OrgId,
    seen: &Occupant,
) -> Result<Freed, CallError> {
    match read_lock(connection, organization).await? {
        None => Ok(Freed::WasFree),
        Some(occupant) if occupant == *seen => delete(connection, organization).await,
        Some(occupant) => Ok(Freed::Held(occupant)),
    }
}

async fn delete(connection: &Connection, organization: &OrgId) -> Result<Freed, CallError> {
    let request = connection.ssm.delete_parameter().name(parameter(organization));
    match request.send().await.map_err(failed(&connection.site, "ssm:DeleteParameter")) {
        Ok(_) => Ok(Freed::Freed),
        // An attempt whose answer was lost did it, or somebody else did in this moment.
        Err(error) if error.kind() == CallErrorKind::NotFound => Ok(Freed::Freed),
        Err(error) => Err(error),
    }
}

/// Who has the lock instead of this run; nobody when `None`, so it is this run's now.
async fn try_to_take(
    connection: &Connection,
    organization: &OrgId,
    holder: &Holder,
) -> Result<Option<Occupant>, CallError> {
    let request = connection.ssm.put_parameter().name(parameter(organization)).value(holder.to_value());
    let request = request.r#type(ParameterType::String).description(DESCRIPTION);
    match request.send().await.map_err(failed(&connection.site, "ssm:PutParameter")) {
        Ok(_) => Ok(None),
        Err(error) if error.kind() == CallErrorKind::AlreadyExists => {
            match read_lock(connection, organization).await? {
                // An attempt whose answer was lost took it.
                Some(occupant) if occupant.run() == Some(&holder.run) => Ok(None),
                Some(occupant) => Ok(Some(occupant)),
                // Freed in between, or not to be seen yet: tried again after a pause.
                None => Ok(Some(Occupant::Unknown)),
            }
        }
        Err(error) => Err(error),
    }
}

const DESCRIPTION: &str = "Rolecall's lock. A run of `rolecall apply` holds it; `rolecall unlock` frees it.";

async fn wait_while(
    connection: &Connection,
    LockWait { limit, watch, stop }: LockWait<'_>,
    mut occupied: impl AsyncFnMut() -> Result<Option<Occupant>, CallError>,
) -> Result<Locking, CallError> {
    let end = deadline(limit);
    for pause in connection.patience.pauses() {
        let Some(occupant) = occupied().await? else { return Ok(Locking::Ours) };
        let Some(left) = end.and_then(|end| end.checked_duration_since(Instant::now())) else {
            return Ok(Locking::Held(occupant));
        };
        watch(&occupant);
        tokio::select! {
            () = sleep(pause.min(left)) => {}
            () = stop.stopped() => return Ok(Locking::Stopped),
        }
    }
    Ok(Locking::Stopped)
}
