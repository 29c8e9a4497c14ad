//! The parameters of a request, as a record has them: members begin in lower case, secrets and long texts are left out.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::wire::Params;

/// What stands in a record for what must not be told.
const HIDDEN: &str = "HIDDEN_DUE_TO_SECURITY_REASONS";
/// What is part of every request and of no input.
const OF_THE_PROTOCOL: [&str; 2] = ["Action", "Version"];
/// What is left out.
const LEFT_OUT: [&str; 7] = [
    "authenticationCode1",
    "authenticationCode2",
    "newPassword",
    "oldPassword",
    "parameterValue",
    "password",
    "templateBody",
];
/// Whole numbers; the Query protocol does not tell them from texts.
const NUMBERS: [&str; 4] = ["failureToleranceCount", "maxConcurrentCount", "maxSessionDuration", "timeoutInMinutes"];

/// The parameters of a Query request.
pub(crate) fn of_query(params: &Params) -> Value {
    let is_input = |name: &str| !OF_THE_PROTOCOL.contains(&name) && !name.starts_with("X-Amz-");
    let paths: Vec<(Vec<&str>, &str)> = params
        .pairs()
        .filter(|(name, _)| is_input(name))
        .map(|(name, value)| (name.split('.').collect(), value))
        .collect();
    if paths.is_empty() { Value::Null } else { nested(&paths) }
}

/// A structure, from the paths and texts of what it has.
fn nested(paths: &[(Vec<&str>, &str)]) -> Value {
    let mut members: BTreeMap<&str, Vec<(Vec<&str>, &str)>> = BTreeMap::new();
    for (path, text) in paths {
        let Some((first, rest)) = path.split_first() else { continue };
        members.entry(first).or_default().push((rest.to_vec(), text));
    }
    if members.len() == 1
        && let Some(items) = members.get("member")
    {
        return list(items);
    }
    let mut object = Map::new();
    for (name, paths) in members {
        let name = lower_first(name);
        let value = match paths.as_slice() {
            [(rest, text)] if rest.is_empty() => scalar(&name, text),
            paths => nested(paths),
        };
        if !LEFT_OUT.contains(&name.as_str()) {
            object.insert(name, value);
        }
    }
    Value::Object(object)
}

/// A list, from what stands behind `member`: numbers, and the paths of the items.
fn list(items: &[(Vec<&str>, &str)]) -> Value {
    let mut numbered: BTreeMap<u32, Vec<(Vec<&str>, &str)>> = BTreeMap::new();
    for (path, text) in items {
        let Some((number, rest)) = path.split_first() else { continue };
        numbered.entry(number.parse().unwrap_or_default()).or_default().push((rest.to_vec(), text));
    }
    let item = |paths: Vec<(Vec<&str>, &str)>| match paths.as_slice() {
        [(rest, text)] if rest.is_empty() => json!(text),
        paths => nested(paths),
    };
    numbered.into_values().map(item).collect()
}

/// A text as the value that the service model makes of it.
pub(super) fn scalar(member: &str, text: &str) -> Value {
    match text {
        "true" => json!(true),
        "false" => json!(false),
        text if NUMBERS.contains(&member) => text.parse::<u32>().map_or_else(|_| json!(text), |number| json!(number)),
        text => json!(text),
    }
}

/// The parameters of a JSON request.
pub(crate) fn of_json(operation: &str, input: &Value) -> Value {
    let mut told = lower_members(input);
    let hidden: &[&str] = match operation {
        "CreateAccount" => &["accountName", "email"],
        "PutParameter" => &["value"],
        _ => &[],
    };
    if let Value::Object(members) = &mut told {
        for member in hidden {
            if let Some(value) = members.get_mut(*member) {
                *value = json!(HIDDEN);
            }
        }
    }
    if told.as_object().is_some_and(Map::is_empty) { Value::Null } else { told }
}

/// A value whose members, however deep, begin in lower case.
pub(crate) fn lower_members(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            members.iter().map(|(name, value)| (lower_first(name), lower_members(value))).collect()
        }
        Value::Array(items) => items.iter().map(lower_members).collect(),
        other => other.clone(),
    }
}

/// `RoleName` as records spell it: `roleName`.
pub(super) fn lower_first(name: &str) -> String {
    let mut characters = name.chars();
    characters.next().map_or_else(String::new, |first| first.to_lowercase().chain(characters).collect())
}
