//! `LookupEvents`.

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::error;
use super::model::{Event, Place};
use crate::wire::{Call, WireError, decode_page, encode_page, read_input};
use crate::world::World;

/// How many events a page has when nothing else is asked for, which is also the most.
const PAGE: usize = 50;
/// How long the value of an attribute can be.
const LONGEST_VALUE: usize = 2000;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Input {
    #[serde(default)]
    lookup_attributes: Vec<Attribute>,
    /// In seconds since 1970.
    start_time: Option<f64>,
    end_time: Option<f64>,
    event_category: Option<String>,
    max_results: Option<i64>,
    next_token: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Attribute {
    attribute_key: String,
    attribute_value: String,
}

/// The attributes by which events can be looked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Key {
    EventId,
    EventName,
    ReadOnly,
    Username,
    ResourceType,
    ResourceName,
    EventSource,
    AccessKeyId,
}

/// A page of the events of the caller's account in the call's Region, the newest first.
pub(super) fn events(world: &World, call: &Call<Value>) -> Result<Value, WireError> {
    let input: Input = read_input(call)?;
    let wanted = wanted(&input)?;
    let size = match input.max_results {
        None => PAGE,
        Some(asked) => {
            let size = usize::try_from(asked).ok().filter(|size| (1..=PAGE).contains(size));
            size.ok_or_else(error::invalid_max_results)?
        }
    };
    let after = input.next_token.as_deref().filter(|token| !token.is_empty()).map(position).transpose()?;
    let (start, end) = (seconds(input.start_time), seconds(input.end_time));
    if start.zip(end).is_some_and(|(start, end)| start > end) {
        return Err(error::invalid_time_range());
    }
    let category = match input.event_category.as_deref() {
        None => Category::Management,
        Some("insight") => Category::Insight,
        Some(_) => return Err(error::invalid_category()),
    };
    let told = world.now - SignedDuration::from_secs(i64::from(world.switches.trail_delay_seconds));
    let mut rows = world
        .trail
        .newest(&call.caller.account, &call.region, told)
        .filter(|_| category == Category::Management)
        .filter(|event| start.is_none_or(|start| event.time >= start) && end.is_none_or(|end| event.time <= end))
        .filter(|event| after.is_none_or(|after| event.place() < after))
        .filter(|event| wanted.as_ref().is_none_or(|(key, value)| key.fits(event, value)));
    let page: Vec<&Event> = rows.by_ref().take(size).collect();
    let mut answer = Map::new();
    answer.insert("Events".to_owned(), page.iter().map(|event| event.shape()).collect());
    if let (Some(last), Some(_)) = (page.last(), rows.next()) {
        let (time, n) = last.place();
        answer.insert("NextToken".to_owned(), Value::String(encode_page(&format!("{time}/{n}"))));
    }
    Ok(Value::Object(answer))
}

/// What kind of events is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Category {
    /// Calls.
    Management,
    /// What CloudTrail finds unusual: never anything.
    Insight,
}

/// The attribute and the value that events must have; `None` for all events.
fn wanted(input: &Input) -> Result<Option<(Key, &str)>, WireError> {
    let (key, value) = match input.lookup_attributes.as_slice() {
        [] => return Ok(None),
        [Attribute { attribute_key, attribute_value }] => (attribute_key, attribute_value.as_str()),
        _ => return Err(error::invalid_attributes("You can only specify one lookup attribute.")),
    };
    let Some(key) = Key::parse(key) else {
        return Err(error::invalid_attributes(&format!("The lookup attribute key {key} is not valid.")));
    };
    if value.is_empty() || value.chars().count() > LONGEST_VALUE {
        return Err(error::invalid_attributes("The value of a lookup attribute has 1 to 2000 characters."));
    }
    Ok(Some((key, value)))
}

impl Key {
    fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "EventId" => Self::EventId,
            "EventName" => Self::EventName,
            "ReadOnly" => Self::ReadOnly,
            "Username" => Self::Username,
            "ResourceType" => Self::ResourceType,
            "ResourceName" => Self::ResourceName,
            "EventSource" => Self::EventSource,
            "AccessKeyId" => Self::AccessKeyId,
            _ => return None,
        })
    }

    /// Whether an event has this value.
    fn fits(self, event: &Event, value: &str) -> bool {
        match self {
            Self::EventId => event.id == value,
            Self::EventName => event.name == value,
            // Reading calls are not recorded.
            Self::ReadOnly => value == "false",
            Self::Username => event.username.as_deref() == Some(value),
            Self::ResourceType => event.resources.iter().any(|resource| resource.kind == value),
            Self::ResourceName => event.resources.iter().any(|resource| resource.name == value),
            Self::EventSource => event.source == value,
            Self::AccessKeyId => event.access_key.as_deref() == Some(value),
        }
    }
}

/// The place that a page token names.
fn position(token: &str) -> Result<Place, WireError> {
    let place = decode_page(token).and_then(|text| {
        let (time, n) = text.split_once('/')?;
        Some((time.parse().ok()?, n.parse().ok()?))
    });
    place.ok_or_else(error::invalid_token)
}

/// A time of the service model; one that cannot be is no bound.
#[expect(clippy::cast_possible_truncation, reason = "a number too large becomes the greatest, which is no time")]
fn seconds(since_1970: Option<f64>) -> Option<Timestamp> {
    Timestamp::from_millisecond((since_1970? * 1000.0) as i64).ok()
}
