//! Paging: at most twenty rows a page, and an opaque token for the rest.

use serde_json::{Map, Value};

use super::error;
use super::input::{self, Page};
use crate::wire::{Call, WireError, decode_page, encode_page};

/// The most rows of a page, in every list operation of Organizations.
const MOST: usize = 20;

/// Answers a list operation: the rows after the token's position, under the member `name`.
///
/// `rows` gives rows in ascending order of their key, all of them after the key it is given.
pub(super) fn page<'a, T: 'a, I>(
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
    let after = match next_token {
        None => None,
        Some(token) => Some(
            decode_page(&token)
                .ok_or_else(|| error::invalid("INVALID_NEXT_TOKEN", "You provided an invalid NextToken."))?,
        ),
    };
    let mut rows = rows(after);
    let taken: Vec<(&str, T)> = rows.by_ref().take(limit).collect();
    let mut answer = Map::new();
    answer.insert(name.to_owned(), taken.iter().map(|(_, row)| shape(row)).collect());
    if let (Some((last, _)), Some(_)) = (taken.last(), rows.next()) {
        answer.insert("NextToken".to_owned(), Value::String(encode_page(last)));
    }
    Ok(Value::Object(answer))
}
