//! Declared properties against live ones.

use serde_json::{Map, Value, json};

use crate::cfn::model::{DifferenceType, PropertyDifference};

/// How a list is compared.
enum Order {
    /// Element by element.
    Kept,
    /// As a set of scalars.
    Free,
    /// As objects known by the value of a member.
    By(&'static str),
}

/// The differences between declared properties and the live ones of the same names.
pub(super) fn differences(expected: &Map<String, Value>, actual: &Map<String, Value>) -> Vec<PropertyDifference> {
    let mut found = Vec::new();
    for (name, expected) in expected {
        compare(&format!("/{name}"), Some(expected), actual.get(name), &mut found);
    }
    found
}

fn compare(path: &str, expected: Option<&Value>, actual: Option<&Value>, found: &mut Vec<PropertyDifference>) {
    let difference = match (expected, actual) {
        (Some(Value::Object(expected)), Some(Value::Object(actual))) => {
            let names: std::collections::BTreeSet<&String> = expected.keys().chain(actual.keys()).collect();
            for name in names {
                compare(&format!("{path}/{name}"), expected.get(name), actual.get(name), found);
            }
            return;
        }
        (Some(Value::Array(expected)), Some(Value::Array(actual))) => {
            compare_lists(path, expected, actual, found);
            return;
        }
        // Policies write one value with or without a list.
        (Some(Value::Array(expected)), Some(actual)) => {
            compare_lists(path, expected, std::slice::from_ref(actual), found);
            return;
        }
        (Some(expected), Some(Value::Array(actual))) => {
            compare_lists(path, std::slice::from_ref(expected), actual, found);
            return;
        }
        (Some(expected), Some(actual)) if same(expected, actual) => return,
        (Some(_), Some(_)) => DifferenceType::NotEqual,
        (Some(_), None) => DifferenceType::Remove,
        (None, Some(_)) => DifferenceType::Add,
        (None, None) => return,
    };
    found.push(PropertyDifference {
        path: path.to_owned(),
        expected: shown(expected),
        actual: shown(actual),
        difference,
    });
}

fn compare_lists(path: &str, expected: &[Value], actual: &[Value], found: &mut Vec<PropertyDifference>) {
    let pairs: Vec<(usize, Option<&Value>, Option<&Value>)> = match order(expected, actual) {
        Order::Kept => {
            (0..expected.len().max(actual.len())).map(|index| (index, expected.get(index), actual.get(index))).collect()
        }
        Order::Free => matched(expected, actual, same),
        Order::By(member) => matched(expected, actual, |left, right| left.get(member) == right.get(member)),
    };
    for (index, expected, actual) in pairs {
        compare(&format!("{path}/{index}"), expected, actual, found);
    }
}

fn order(expected: &[Value], actual: &[Value]) -> Order {
    let mut all = expected.iter().chain(actual);
    if all.clone().all(|value| !value.is_object() && !value.is_array()) {
        return Order::Free;
    }
    let known_by = ["PolicyName", "Key"];
    let member = known_by.into_iter().find(|member| all.all(|value| value.get(member).is_some()));
    member.map_or(Order::Kept, Order::By)
}

/// The values of two lists that belong together, then those that only one of them has; with the index in the list that
/// has it.
fn matched<'a>(
    expected: &'a [Value],
    actual: &'a [Value],
    belong: impl Fn(&Value, &Value) -> bool,
) -> Vec<(usize, Option<&'a Value>, Option<&'a Value>)> {
    let mut left: Vec<(usize, &Value)> = actual.iter().enumerate().collect();
    let mut pairs = Vec::new();
    for (index, value) in expected.iter().enumerate() {
        let found = left.iter().position(|(_, other)| belong(value, other));
        let found = found.map(|position| left.remove(position).1);
        pairs.push((index, Some(value), found));
    }
    pairs.extend(left.into_iter().map(|(index, value)| (index, None, Some(value))));
    pairs
}

/// Whether two scalars mean the same: numbers and truth values are texts to templates, an account is its root.
fn same(expected: &Value, actual: &Value) -> bool {
    if expected.is_object() || expected.is_array() || actual.is_object() || actual.is_array() {
        return expected == actual;
    }
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let (expected, actual) = (text(expected), text(actual));
    let is_account = |text: &str| text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit());
    expected == actual || is_account(&expected) && actual == format!("arn:aws:iam::{expected}:root")
}

/// A value as differences show it: a text as it is, nothing as `null`, anything else as JSON.
fn shown(value: Option<&Value>) -> String {
    match value {
        None => json!(null).to_string(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::differences;
    use crate::cfn::model::WireName;

    fn found(expected: &Value, actual: &Value) -> Vec<(String, String, String, &'static str)> {
        let found = differences(expected.as_object().unwrap(), actual.as_object().unwrap());
        found.into_iter().map(|found| (found.path, found.expected, found.actual, found.difference.name())).collect()
    }

    #[test]
    fn what_means_the_same_is_no_difference() {
        let expected = json!({
            "MaxSessionDuration": "3600",
            "ManagedPolicyArns": ["a", "b"],
            "Tags": [{ "Key": "x", "Value": "1" }, { "Key": "y", "Value": "2" }],
            "Document": { "Statement": [{ "Action": ["s3:Get*"], "Principal": { "AWS": "111122223333" } }] },
        });
        let actual = json!({
            "MaxSessionDuration": 3600,
            "ManagedPolicyArns": ["b", "a"],
            "Tags": [{ "Key": "y", "Value": "2" }, { "Key": "x", "Value": "1" }],
            "Document": { "Statement": { "Action": "s3:Get*", "Principal": { "AWS": "arn:aws:iam::111122223333:root" } } },
        });
        assert_eq!(found(&expected, &actual), []);
    }

    #[test]
    fn differences_have_a_place_and_a_kind() {
        let expected = json!({
            "Description": "old", "Path": "/x/", "Arns": ["a", "b"],
            "Policies": [{ "PolicyName": "p", "PolicyDocument": { "Statement": [{ "Action": "s3:Get*" }] } }],
        });
        let actual = json!({
            "Description": "new", "Arns": ["b", "c"],
            "Policies": [
                { "PolicyName": "extra", "PolicyDocument": {} },
                { "PolicyName": "p", "PolicyDocument": { "Statement": [{ "Action": "s3:*" }] } },
            ],
        });
        let wanted = [
            ("/Arns/0", "a", "null", "REMOVE"),
            ("/Arns/1", "null", "c", "ADD"),
            ("/Description", "old", "new", "NOT_EQUAL"),
            ("/Path", "/x/", "null", "REMOVE"),
            ("/Policies/0/PolicyDocument/Statement/0/Action", "s3:Get*", "s3:*", "NOT_EQUAL"),
            ("/Policies/0", "null", r#"{"PolicyDocument":{},"PolicyName":"extra"}"#, "ADD"),
        ];
        let wanted: Vec<_> = wanted
            .into_iter()
            .map(|(path, expected, actual, kind)| (path.to_owned(), expected.to_owned(), actual.to_owned(), kind))
            .collect();
        assert_eq!(found(&expected, &actual), wanted);
    }
}
