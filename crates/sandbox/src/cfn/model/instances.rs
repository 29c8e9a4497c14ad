//! The instances of a stack set, as they are and as they were a short while ago.

use std::borrow::Cow;
use std::collections::{BTreeMap, VecDeque};
use std::ops::Bound;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::Instance;

/// Account and Region.
pub(crate) type InstanceKey = (String, String);

/// The instances of a stack set by account and Region.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Instances {
    #[serde(with = "super::pairs")]
    present: BTreeMap<InstanceKey, Instance>,
    /// What was replaced or taken away, the oldest first, for as long as someone may still see it.
    past: VecDeque<Past>,
    /// How long that is, in simulated seconds.
    lag: u32,
}

/// How an instance was before it changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Past {
    /// When it changed.
    until: Timestamp,
    key: InstanceKey,
    /// `None` when it was not there.
    was: Option<Instance>,
}

impl Instances {
    /// No instances, of which readers hear that much later.
    pub(crate) fn new(lag: u32) -> Self {
        Self { present: BTreeMap::new(), past: VecDeque::new(), lag }
    }

    /// One of them.
    pub(crate) fn get(&self, key: &InstanceKey) -> Option<&Instance> {
        self.present.get(key)
    }

    /// All of them in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&InstanceKey, &Instance)> {
        self.present.iter()
    }

    /// Those of one account.
    pub(crate) fn of_account(&self, account: &str) -> impl Iterator<Item = (&InstanceKey, &Instance)> {
        let from = Bound::Included((account.to_owned(), String::new()));
        self.present.range((from, Bound::Unbounded)).take_while(move |((of, _), _)| of == account)
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.present.len()
    }

    /// Whether there is none.
    pub(crate) fn is_empty(&self) -> bool {
        self.present.is_empty()
    }

    /// One of them, to change it at a time.
    pub(crate) fn edit(&mut self, key: &InstanceKey, at: Timestamp) -> Option<&mut Instance> {
        self.remember(key, at);
        self.present.get_mut(key)
    }

    /// Puts one there at a time, unless it is there already.
    pub(crate) fn add(&mut self, key: &InstanceKey, at: Timestamp, instance: impl FnOnce() -> Instance) {
        if !self.present.contains_key(key) {
            self.remember(key, at);
            self.present.insert(key.clone(), instance());
        }
    }

    /// Takes one away at a time.
    pub(crate) fn remove(&mut self, key: &InstanceKey, at: Timestamp) {
        self.remember(key, at);
        self.present.remove(key);
    }

    /// What a reader sees who hears of everything that late.
    pub(crate) fn seen(&self, now: Timestamp) -> Cow<'_, BTreeMap<InstanceKey, Instance>> {
        let then = earlier(now, self.lag);
        let mut seen = Cow::Borrowed(&self.present);
        for past in self.past.iter().rev().take_while(|past| past.until > then) {
            match &past.was {
                Some(was) => seen.to_mut().insert(past.key.clone(), was.clone()),
                None => seen.to_mut().remove(&past.key),
            };
        }
        seen
    }

    fn remember(&mut self, key: &InstanceKey, at: Timestamp) {
        if self.lag == 0 {
            return;
        }
        let seen_by_all = earlier(at, self.lag);
        while self.past.front().is_some_and(|past| past.until <= seen_by_all) {
            self.past.pop_front();
        }
        self.past.push_back(Past { until: at, key: key.clone(), was: self.present.get(key).cloned() });
    }
}

/// That many seconds before a time.
pub(crate) fn earlier(at: Timestamp, seconds: u32) -> Timestamp {
    at.checked_sub(SignedDuration::from_secs(i64::from(seconds))).unwrap_or(Timestamp::MIN)
}
