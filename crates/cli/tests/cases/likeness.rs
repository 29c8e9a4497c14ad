//! What two worlds have in common that came about in different ways.

use serde_json::{Map, Value};

/// What tells when something was made and under which number, and not what it is.
const INCIDENTAL: [&str; 9] = ["now", "wall", "serial", "sts", "id", "token", "last_used", "last_operation", "trail"];

/// What tells how it came to be.
const HISTORY: [&str; 2] = ["operations", "events"];

/// What of a world is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Compared {
    /// What is there, and the operations that made it.
    WithHistory,
    /// What is there. A run in which an account could not be read takes another way to the same end.
    Result,
}

/// A simulated world without times, generated ids and what hangs on them.
pub(crate) fn likeness(value: Value, compared: Compared) -> Value {
    match value {
        Value::Object(members) => object(members, compared),
        Value::Array(items) => Value::Array(items.into_iter().map(|item| likeness(item, compared)).collect()),
        Value::String(text) => Value::String(blurred(&text)),
        scalar => scalar,
    }
}

/// Members whose names are generated become a list in the order of what they hold.
fn object(members: Map<String, Value>, compared: Compared) -> Value {
    let is_left_out =
        |name: &str| INCIDENTAL.contains(&name) || compared == Compared::Result && HISTORY.contains(&name);
    let members = members.into_iter().filter(|(name, _)| !is_left_out(name));
    let members: Vec<(String, Value)> =
        members.map(|(name, value)| (blurred(&name), likeness(value, compared))).collect();
    let mut names: Vec<&String> = members.iter().map(|(name, _)| name).collect();
    names.sort();
    if names.windows(2).all(|two| two[0] != two[1]) {
        return Value::Object(members.into_iter().collect());
    }
    let mut texts: Vec<(String, Value)> = members.into_iter().map(|(_, value)| (value.to_string(), value)).collect();
    texts.sort_by(|(one, _), (other, _)| one.cmp(other));
    Value::Array(texts.into_iter().map(|(_, value)| value).collect())
}

/// A text with its runs of hexadecimal digits, as in UUIDs and digests, and its times blotted out.
fn blurred(text: &str) -> String {
    let is_time = text.len() >= 20 && text.ends_with('Z') && text.as_bytes()[10] == b'T';
    if is_time {
        return "~".to_owned();
    }
    let mut out = String::new();
    for word in text.split_inclusive(|c: char| !c.is_ascii_alphanumeric()) {
        let (body, end) = match word.char_indices().next_back() {
            Some((at, c)) if !c.is_ascii_alphanumeric() => word.split_at(at),
            _ => (word, ""),
        };
        let is_hex = body.len() >= 4 && body.chars().all(|c| c.is_ascii_digit() || ('a'..='f').contains(&c));
        // Account ids are digits too, and stay.
        let is_account = body.len() == 12 && body.chars().all(|c| c.is_ascii_digit());
        let is_generated = is_hex && !is_account;
        let is_unique_id = body.len() >= 16 && (body.starts_with("AROA") || body.starts_with("ANPA"));
        out.push_str(if is_generated || is_unique_id { "~" } else { body });
        out.push_str(end);
    }
    out
}
