//! What AWS has not caught up with, and how long it is tried again.

use std::time::Duration;

use rolecall_core::step::{PolicyCall, RoleCall};
use tokio::time::{Instant, sleep};

use crate::error::{CallError, CallErrorKind};

/// How long what AWS has not caught up with is tried again, and how quickly things are looked at again.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Patience {
    /// The first pause; each is twice the one before.
    pub(crate) first: Duration,
    /// The longest pause.
    pub(crate) longest: Duration,
    /// After how much time a retry is given up.
    pub(crate) total: Duration,
    /// The first pause after an attempt that AWS failed to answer.
    pub(crate) first_fault: Duration,
    /// The longest such pause.
    pub(crate) longest_fault: Duration,
}

impl Patience {
    /// For AWS: IAM settles within seconds, at times within a minute or two.
    pub(crate) const AWS: Self = Self {
        first: Duration::from_secs(1),
        longest: Duration::from_secs(10),
        total: Duration::from_mins(1),
        first_fault: Duration::from_millis(500),
        longest_fault: Duration::from_secs(20),
    };

    /// For an endpoint on this machine, which is a simulation.
    pub(crate) const LOCAL: Self = Self {
        first: Duration::from_millis(100),
        longest: Duration::from_secs(1),
        total: Duration::from_secs(10),
        first_fault: Duration::from_millis(20),
        longest_fault: Duration::from_millis(500),
    };

    /// The pauses, without end.
    pub(crate) fn pauses(self) -> impl Iterator<Item = Duration> {
        std::iter::successors(Some(self.first), move |pause| Some((*pause * 2).min(self.longest)))
    }
}

/// Repeats a call while it fails in a way that time heals, for a bounded time. `told` hears of each pause.
pub(crate) async fn patiently<T>(
    patience: Patience,
    heals: impl Fn(&CallError) -> bool,
    told: impl Fn(&CallError, Duration),
    mut call: impl AsyncFnMut() -> Result<T, CallError>,
) -> Result<T, CallError> {
    let end = Instant::now() + patience.total;
    for pause in patience.pauses() {
        match call().await {
            Err(error) if heals(&error) && Instant::now() + pause <= end => {
                told(&error, pause);
                sleep(pause).await;
            }
            done => return done,
        }
    }
    call().await
}

/// Whether IAM refused a change because something else is being changed at the same moment.
pub(crate) fn is_iam_busy(error: &CallError) -> bool {
    matches!(error.code(), "ConcurrentModification" | "EntityTemporarilyUnmodifiable")
}

/// Whether IAM does not know a principal yet that may have been made seconds ago. The same message means a principal
/// that does not exist at all.
pub(crate) fn is_unknown_principal(error: &CallError) -> bool {
    error.code() == "MalformedPolicyDocument" && error.message().contains("Invalid principal")
}

/// Whether the role that was just created is not seen everywhere yet.
pub(crate) fn is_role_too_fresh(error: &CallError) -> bool {
    match error.kind() {
        CallErrorKind::Denied => true,
        // Not "Policy arn:... does not exist or is not attachable", which no time heals.
        CallErrorKind::NotFound => error.message().to_lowercase().contains("role with name"),
        _ => false,
    }
}

/// Whether a policy that a step before this one created is not seen everywhere yet.
pub(crate) fn is_own_policy_too_fresh(error: &CallError, call: &RoleCall) -> bool {
    error.kind() == CallErrorKind::NotFound
        && matches!(call, RoleCall::Policy { name: _, call: PolicyCall::Attach | PolicyCall::AddVersion(_) })
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;
    use crate::canned;

    const QUICK: Patience = Patience {
        first: Duration::from_millis(1),
        longest: Duration::from_millis(4),
        total: Duration::from_millis(40),
        ..Patience::LOCAL
    };

    fn error(message: &str) -> CallError {
        let site = canned::site("http://127.0.0.1:1");
        CallError::of_answer(&site, "iam:CreateRole", CallErrorKind::NotFound, "test", message.to_owned())
    }

    #[tokio::test]
    async fn what_heals_is_tried_until_it_does() {
        let calls = Cell::new(0);
        let result = patiently(
            QUICK,
            |_| true,
            |_, _| {},
            async || {
                calls.set(calls.get() + 1);
                if calls.get() < 4 { Err(error("not yet")) } else { Ok(calls.get()) }
            },
        )
        .await;
        assert_eq!(result.unwrap(), 4);
    }

    #[tokio::test]
    async fn what_does_not_heal_in_time_fails() {
        let pauses = Cell::new(0);
        let told = |_: &CallError, _| pauses.set(pauses.get() + 1);
        let result: Result<(), _> = patiently(QUICK, |_| true, told, async || Err(error("never"))).await;
        assert!(result.is_err());
        // 1 + 2 + 4 + 4 ... milliseconds fit 11 times into 40; a slow machine fits fewer.
        assert!((1..=11).contains(&pauses.get()), "{}", pauses.get());
    }

    #[tokio::test]
    async fn what_time_does_not_heal_fails_at_once() {
        let calls = Cell::new(0);
        let result: Result<(), _> = patiently(
            QUICK,
            |_| false,
            |_, _| {},
            async || {
                calls.set(calls.get() + 1);
                Err(error("no"))
            },
        )
        .await;
        assert!(result.is_err());
        assert_eq!(calls.get(), 1);
    }

    #[test]
    fn a_missing_policy_is_not_a_fresh_role() {
        assert!(is_role_too_fresh(&error("The role with name Scan cannot be found.")));
        assert!(!is_role_too_fresh(&error("Policy arn:aws:iam::aws:policy/X does not exist or is not attachable.")));
    }
}
