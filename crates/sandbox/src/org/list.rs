//! Paging: at most twenty rows a page, and an opaque token for the rest.

use serde_json::{Map, Value};

use super::error;
use super::input::{self, Page};
use crate::switches::Presence;
use crate::wire::{Call, WireError, decode_page, encode_page};
use crate::world::World;

/// The most rows of a page, in every list operation of Organizations.
const MOST: usize = 20;

/// Answers a list operation: the rows after the token's position, under the member `name`.
///
/// `rows` gives rows in ascending order of their key, all of them after the key it is given.
pub(super) fn page<'a, T: 'a, I>(
    world: &World,
    call: &Call<Value>,
    name: &str,
    rows: impl FnOnce(Option<String>) -> I,
    shape: impl Fn(&T) -> Value,
) -> Result<Value, WireError>
where
    I: Iterator<Item = (&'a str, T)>,
{
    let Page { next_token, max_results } = input::read(call)?;
    let limit = match max_results {
        None => MOST,
        Some(number @ 1..=20) => usize::try_from(number).unwrap_or(MOST),
        Some(number) if number < 1 => {
            return Err(error::invalid("MIN_VALUE_EXCEEDED", "You specified a value for MaxResults below 1."));
        }
        Some(_) => return Err(error::invalid("MAX_VALUE_EXCEEDED", "You specified a value for MaxResults above 20.")),
    };
    let place = match next_token {
        None => Place::begin(world),
        Some(token) => decode_page(&token)
            .and_then(|text| Place::read(&text))
            .ok_or_else(|| error::invalid("INVALID_NEXT_TOKEN", "You provided an invalid NextToken."))?,
    };
    let mut answer = Map::new();
    let (shown, next) = match place {
        Place::Nothing(after) => (Vec::new(), Some(Place::Rows(after))),
        Place::Rows(after) => {
            let mut rows = rows(after);
            let taken: Vec<(&str, T)> = rows.by_ref().take(limit).collect();
            let next = match (taken.last(), rows.next()) {
                (Some((last, _)), Some(_)) => Some(Place::after(world, last)),
                _ => None,
            };
            (taken.iter().map(|(_, row)| shape(row)).collect(), next)
        }
    };
    answer.insert(name.to_owned(), Value::Array(shown));
    if let Some(next) = next {
        answer.insert("NextToken".to_owned(), Value::String(encode_page(&next.write())));
    }
    Ok(Value::Object(answer))
}

/// Where a list goes on.
enum Place {
    /// With the rows after this key, or with the first.
    Rows(Option<String>),
    /// With a page without rows, and then with the rows after this key.
    Nothing(Option<String>),
}

impl Place {
    fn begin(world: &World) -> Self {
        match world.switches.empty_pages {
            Presence::Present => Self::Nothing(None),
            Presence::Absent => Self::Rows(None),
        }
    }

    fn after(world: &World, key: &str) -> Self {
        match world.switches.empty_pages {
            Presence::Present => Self::Nothing(Some(key.to_owned())),
            Presence::Absent => Self::Rows(Some(key.to_owned())),
        }
    }

    fn read(text: &str) -> Option<Self> {
        let key = |key: &str| (!key.is_empty()).then(|| key.to_owned());
        let rows = text.strip_prefix("rows ").map(|after| Self::Rows(key(after)));
        rows.or_else(|| text.strip_prefix("nothing ").map(|after| Self::Nothing(key(after))))
    }

    fn write(&self) -> String {
        let key = |after: &Option<String>| after.clone().unwrap_or_default();
        match self {
            Self::Rows(after) => format!("rows {}", key(after)),
            Self::Nothing(after) => format!("nothing {}", key(after)),
        }
    }
}
