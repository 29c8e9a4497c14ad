//! The rules one by one, the documents that are refused, the laws, and the pairs that must never be equal.

mod attacks;
mod laws;
mod live;
mod refused;
mod rules;
mod vendors;

use serde_json::{Value, json};

use super::{PolicyDoc, PolicyKind};
use crate::ids::Partition;

fn trust(value: &Value) -> PolicyDoc {
    PolicyDoc::from_value(value, PolicyKind::Trust, Partition::Aws).unwrap()
}

fn permission(value: &Value) -> PolicyDoc {
    PolicyDoc::from_value(value, PolicyKind::Permission, Partition::Aws).unwrap()
}

fn live(value: &Value) -> PolicyDoc {
    PolicyDoc::from_live(&value.to_string(), PolicyKind::Trust, Partition::Aws)
}

/// A document with this one statement.
fn one(statement: &Value) -> Value {
    json!({ "Version": "2012-10-17", "Statement": [statement] })
}

/// The trust that vendors ask for, with fields replaced by those given; `null` takes a field away.
fn vendor_trust(changes: &Value) -> Value {
    changed(
        json!({
            "Effect": "Allow",
            "Principal": { "AWS": "arn:aws:iam::123456789012:root" },
            "Action": "sts:AssumeRole",
            "Condition": { "StringEquals": { "sts:ExternalId": "Abc-123" } },
        }),
        changes,
    )
}

/// A permission policy with fields replaced by those given; `null` takes a field away.
fn bucket_access(changes: &Value) -> Value {
    changed(
        json!({
            "Effect": "Allow",
            "Action": ["s3:GetObject", "s3:ListBucket"],
            "Resource": ["arn:aws:s3:::reports", "arn:aws:s3:::reports/*"],
        }),
        changes,
    )
}

fn changed(mut statement: Value, changes: &Value) -> Value {
    for (key, value) in changes.as_object().unwrap() {
        if value.is_null() {
            statement.as_object_mut().unwrap().remove(key);
        } else {
            statement[key] = value.clone();
        }
    }
    one(&statement)
}

/// The paths and findings of a document that is refused.
fn problems(value: &Value, kind: PolicyKind) -> Vec<String> {
    let error = PolicyDoc::from_value(value, kind, Partition::Aws).unwrap_err();
    error.problems().iter().map(ToString::to_string).collect()
}
