//! Credentials that are kept until they are about to end, or AWS says that they have.

use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use tokio::time::Instant;

/// Keeps the credentials of one identity. Of many calls that need others at the same time, one fetches them.
#[derive(Debug)]
pub(crate) struct Keeper {
    /// Credentials that end sooner than this are not used any more.
    margin: Duration,
    kept: Mutex<Kept>,
    fetching: tokio::sync::Mutex<()>,
    /// The ARN of the identity, once it is known.
    owner: OnceLock<String>,
}

#[derive(Debug, Default)]
struct Kept {
    /// The credentials, and when they were fetched.
    current: Option<(Credentials, Instant)>,
    ended: Option<Ended>,
}

/// Credentials that AWS did not take any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ended {
    /// When they end by what their source said.
    pub(crate) at: Option<SystemTime>,
}

impl Keeper {
    pub(crate) fn new(margin: Duration) -> Arc<Self> {
        let (kept, fetching, owner) = (Mutex::default(), tokio::sync::Mutex::default(), OnceLock::new());
        Arc::new(Self { margin, kept, fetching, owner })
    }

    /// The kept credentials, or others when these are about to end.
    pub(crate) async fn give<E>(&self, fetch: impl Future<Output = Result<Credentials, E>>) -> Result<Credentials, E> {
        if let Some(credentials) = self.fresh() {
            return Ok(credentials);
        }
        let _one_at_a_time = self.fetching.lock().await;
        if let Some(credentials) = self.fresh() {
            return Ok(credentials);
        }
        let credentials = fetch.await?;
        self.kept().current = Some((credentials.clone(), Instant::now()));
        Ok(credentials)
    }

    /// AWS did not take the credentials of an attempt that began then. Those that were fetched later are kept.
    pub(crate) fn dismiss(&self, began: Instant) {
        let mut kept = self.kept();
        if let Some((credentials, _)) = kept.current.take_if(|(_, fetched)| *fetched <= began) {
            kept.ended = Some(Ended { at: credentials.expiry() });
        }
    }

    /// The credentials that AWS last did not take any more, if that happened.
    pub(crate) fn ended(&self) -> Option<Ended> {
        self.kept().ended
    }

    /// Whose credentials these are, as an ARN, once it is known.
    pub(crate) fn owner(&self) -> Option<&str> {
        self.owner.get().map(String::as_str)
    }

    /// Notes whose credentials these are; the first word counts.
    pub(crate) fn belongs_to(&self, arn: &str) {
        self.owner.get_or_init(|| arn.to_owned());
    }

    fn fresh(&self) -> Option<Credentials> {
        let kept = self.kept();
        let (credentials, _) = kept.current.as_ref()?;
        let is_fresh = credentials.expiry().is_none_or(|expiry| SystemTime::now() + self.margin < expiry);
        is_fresh.then(|| credentials.clone())
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Ended {
    /// ` at 2026-01-31T12:00:00Z`, or nothing when nobody said when.
    pub(crate) fn when(self) -> String {
        let at = self.at.and_then(|at| DateTime::from(at).fmt(Format::DateTime).ok());
        at.map(|at| format!(" at {at}")).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    fn credentials(name: &str, expires_in: Option<Duration>) -> Credentials {
        let expiry = expires_in.map(|time| SystemTime::now() + time);
        Credentials::new(name, "secret", None, expiry, "test")
    }

    async fn give(keeper: &Keeper, fetched: Credentials) -> String {
        let given: Result<Credentials, ()> = keeper.give(async { Ok(fetched) }).await;
        given.unwrap().access_key_id().to_owned()
    }

    #[tokio::test]
    async fn credentials_are_kept_until_they_are_about_to_end() {
        let keeper = Keeper::new(Duration::from_secs(10));
        assert_eq!(give(&keeper, credentials("one", Some(Duration::from_mins(1)))).await, "one");
        assert_eq!(give(&keeper, credentials("two", None)).await, "one");
        let keeper = Keeper::new(Duration::from_secs(10));
        assert_eq!(give(&keeper, credentials("one", Some(Duration::from_secs(9)))).await, "one");
        assert_eq!(give(&keeper, credentials("two", None)).await, "two");
    }

    #[tokio::test]
    async fn those_that_aws_did_not_take_are_dismissed_and_later_ones_are_not() {
        let keeper = Keeper::new(Duration::ZERO);
        assert_eq!(give(&keeper, credentials("one", None)).await, "one");
        let began = Instant::now();
        keeper.dismiss(began);
        assert_eq!(keeper.ended(), Some(Ended { at: None }));
        tokio::time::sleep(Duration::from_millis(2)).await;
        assert_eq!(give(&keeper, credentials("two", None)).await, "two");
        // A call that began with the first ones hears of it late.
        keeper.dismiss(began);
        assert_eq!(give(&keeper, credentials("three", None)).await, "two");
    }

    #[tokio::test]
    async fn of_many_that_need_credentials_one_fetches_them() {
        let keeper = Keeper::new(Duration::ZERO);
        let fetches = Cell::new(0);
        let fetch = || async {
            fetches.set(fetches.get() + 1);
            tokio::time::sleep(Duration::from_millis(5)).await;
            Ok::<_, ()>(credentials("one", None))
        };
        let all = futures_util::future::join_all((0..10).map(|_| keeper.give(fetch()))).await;
        assert!(all.iter().all(Result::is_ok));
        assert_eq!(fetches.get(), 1);
    }
}
