//! Events, and where they are kept.

use std::collections::VecDeque;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::world::{hex, uuid};

/// At most this many events are kept of all accounts and Regions together; the oldest are forgotten first.
const MOST: usize = 20_000;
/// How long events can be looked up (CloudTrail User Guide, "Working with CloudTrail event history").
const KEPT: SignedDuration = SignedDuration::from_hours(90 * 24);

/// The events of all accounts, the oldest first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Trail {
    events: VecDeque<Event>,
    /// The number of the last event.
    last: u64,
    #[serde(skip)]
    recording: Recording,
}

/// Whether events are kept.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Recording {
    #[default]
    On,
    Off,
}

/// What happened, and by what it can be looked up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Event {
    /// Its number, from 1.
    pub(super) n: u64,
    pub(super) time: Timestamp,
    /// The account in whose history it stands.
    pub(super) account: String,
    /// The Region in whose history it stands.
    pub(super) region: String,
    pub(super) id: String,
    pub(super) name: String,
    /// The service's host, for example `iam.amazonaws.com`.
    pub(super) source: String,
    pub(super) username: Option<String>,
    pub(super) access_key: Option<String>,
    pub(super) resources: Vec<Resource>,
    /// The whole record, as JSON.
    pub(super) record: String,
}

/// Something that an event is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Resource {
    /// Its type, for example `AWS::IAM::Role`.
    pub(super) kind: String,
    pub(super) name: String,
}

/// Where an event stands among the others.
pub(super) type Place = (Timestamp, u64);

impl Trail {
    /// A trail that keeps nothing: what an organization file describes was there before.
    pub(crate) fn off() -> Self {
        Self { recording: Recording::Off, ..Self::default() }
    }

    /// Whether events are kept.
    pub(super) fn is_on(&self) -> bool {
        self.recording == Recording::On
    }

    /// Whether nothing ever happened.
    pub(crate) fn is_empty(&self) -> bool {
        self.last == 0
    }

    /// The number and the id of the next event.
    pub(super) fn next(&mut self, seed: &str) -> (u64, String) {
        self.last += 1;
        (self.last, uuid(&hex(&[seed, "event", &self.last.to_string()])))
    }

    /// Keeps an event. What stack sets did is told late, so it need not be the newest.
    pub(super) fn keep(&mut self, event: Event) {
        let oldest = event.time.checked_sub(KEPT).unwrap_or(Timestamp::MIN);
        let at = self.events.partition_point(|kept| kept.place() < event.place());
        self.events.insert(at, event);
        while self.events.len() > MOST || self.events.front().is_some_and(|kept| kept.time < oldest) {
            self.events.pop_front();
        }
    }

    /// The events of an account in a Region up to a time, and not older than CloudTrail keeps them, the newest first.
    pub(super) fn newest(&self, account: &str, region: &str, until: Timestamp) -> impl Iterator<Item = &Event> {
        let oldest = until.checked_sub(KEPT).unwrap_or(Timestamp::MIN);
        let is_there = move |event: &&Event| event.time <= until && event.time >= oldest;
        self.events
            .iter()
            .rev()
            .filter(move |event| event.account == account && event.region == region)
            .filter(is_there)
    }
}

impl Event {
    pub(super) fn place(&self) -> Place {
        (self.time, self.n)
    }

    /// `Event` of the service model.
    pub(super) fn shape(&self) -> Value {
        let Self { n: _, time, account: _, region: _, id, name, source, username, access_key, resources, record } =
            self;
        let resources: Vec<Value> = resources
            .iter()
            .map(|Resource { kind, name }| json!({ "ResourceType": kind, "ResourceName": name }))
            .collect();
        let mut shape = Map::new();
        let mut set = |key: &str, value: Value| drop(shape.insert(key.to_owned(), value));
        set("EventId", json!(id));
        set("EventName", json!(name));
        set("ReadOnly", json!("false"));
        set("EventTime", json!(time.as_second()));
        set("EventSource", json!(source));
        set("Resources", Value::Array(resources));
        set("CloudTrailEvent", json!(record));
        for (key, value) in [("Username", username), ("AccessKeyId", access_key)] {
            if let Some(value) = value {
                set(key, json!(value));
            }
        }
        Value::Object(shape)
    }
}
