//! The paces of all kinds of calls, and who hears when AWS refuses.

use std::collections::BTreeMap;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use rolecall_core::ids::AccountId;
use tokio::sync::watch;

use crate::pace::{Pace, Rate};

/// A pace for each operation in each account: AWS counts by account, and for some services by operation.
#[derive(Debug)]
pub(crate) struct Paces {
    rates: Rates,
    known: Mutex<BTreeMap<Kind, Arc<Pace>>>,
    /// Whether calls that AWS refuses are made again.
    is_over: AtomicBool,
    /// The operation that AWS refused last.
    throttled: watch::Sender<String>,
}

/// Whose calls of which operation, like `iam:ListRoles`; no account for those of the caller.
type Kind = (Option<AccountId>, String);

/// Which rates are kept before AWS refuses anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rates {
    /// Those that AWS publishes.
    Published,
    /// None: a simulation has none.
    Unknown,
}

impl Rates {
    /// Organizations' rates for one account (Organizations User Guide, "Quotas for AWS Organizations") and CloudTrail's
    /// (CloudTrail User Guide, "Quotas"); the other services publish none.
    fn of(self, call: &str) -> Rate {
        match (self, call) {
            (Self::Published, "organizations:ListAccounts") => Rate::new(8, 12),
            (
                Self::Published,
                "organizations:ListAccountsForParent" | "organizations:ListOrganizationalUnitsForParent",
            ) => Rate::new(5, 8),
            (Self::Published, "cloudtrail:LookupEvents") => Rate::new(2, 2),
            (Self::Published | Self::Unknown, _) => Rate::UNKNOWN,
        }
    }
}

impl Paces {
    pub(crate) fn new(rates: Rates) -> Self {
        Self {
            rates,
            known: Mutex::default(),
            is_over: AtomicBool::new(false),
            throttled: watch::Sender::new(String::new()),
        }
    }

    /// The pace of an operation in an account, or of the caller.
    pub(crate) fn of(&self, account: Option<&AccountId>, call: &str) -> Arc<Pace> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let pace = known
            .entry((account.cloned(), call.to_owned()))
            .or_insert_with(|| Arc::new(Pace::new(self.rates.of(call))));
        Arc::clone(pace)
    }

    /// From now on calls that AWS refuses fail, as the run is to end.
    pub(crate) fn end(&self) {
        self.is_over.store(true, Ordering::Relaxed);
    }

    /// Calls that AWS refuses are made again.
    pub(crate) fn go_on(&self) {
        self.is_over.store(false, Ordering::Relaxed);
    }

    /// Whether calls that AWS refuses fail.
    pub(crate) fn is_over(&self) -> bool {
        self.is_over.load(Ordering::Relaxed)
    }

    /// Lets those who listen know that AWS refused an operation.
    pub(crate) fn tell(&self, call: &str) {
        self.throttled.send_replace(call.to_owned());
    }

    /// Does some work, and tells of refusals meanwhile: not of each, but of the last before it is listened again.
    pub(crate) async fn telling<T>(&self, told: impl Fn(&str), work: impl Future<Output = T>) -> T {
        let mut heard = self.throttled.subscribe();
        let mut work = pin!(work);
        loop {
            tokio::select! {
                done = &mut work => return done,
                Ok(()) = heard.changed() => {
                    let call = heard.borrow_and_update().clone();
                    told(&call);
                }
            }
        }
    }
}
