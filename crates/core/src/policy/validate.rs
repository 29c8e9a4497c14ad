//! What IAM demands of a document beyond being understood. Only documents that users write are checked.
//!
//! The checks look at the document as written and pass over what has the wrong shape: that was reported when it was read.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::ids::{AccountId, Partition};

use super::PolicyKind;
use super::document::{ID, STATEMENT};
use super::error::{At, Problems, describe, quoted};
use super::principal::PrincipalType;
use super::statement::{ACTION, CONDITION, PRINCIPAL, RESOURCE, SID};

/// Reports everything that IAM would refuse in a document of this kind.
pub(super) fn check(value: &Value, kind: PolicyKind, problems: &mut Problems) {
    let Value::Object(fields) = value else { return };
    let at = At::Root;
    if kind == PolicyKind::Permission && fields.contains_key(ID) {
        problems.report(&at.key(ID), "an Id", "none; only a trust policy has one");
    }
    let Some(statements) = fields.get(STATEMENT) else { return };
    let mut sids = BTreeSet::new();
    each(statements, &at.key(STATEMENT), &mut |statement, at| {
        if let Value::Object(fields) = statement {
            check_sid(fields, at, &mut sids, problems);
            match kind {
                PolicyKind::Trust => check_trust(fields, at, problems),
                PolicyKind::Permission => check_permission(fields, at, problems),
            }
            check_condition(fields, at, problems);
        }
    });
    if problems.is_empty() {
        // The document has a known shape, so it is only a few levels deep.
        check_characters(value, &at, problems);
    }
}

/// Calls `check` for a value that stands alone, or for each in a list.
fn each<'v>(value: &'v Value, at: &At<'_>, check: &mut dyn FnMut(&'v Value, &At<'_>)) {
    match value {
        Value::Array(items) => items.iter().enumerate().for_each(|(index, item)| check(item, &at.index(index))),
        one => check(one, at),
    }
}

/// Calls `check` for each text under any of the keys.
fn each_text(fields: &Map<String, Value>, keys: [&str; 2], at: &At<'_>, check: &mut dyn FnMut(&str, &At<'_>)) {
    for key in keys {
        let Some(value) = fields.get(key) else { continue };
        each(value, &at.key(key), &mut |item, at| {
            if let Value::String(text) = item {
                check(text, at);
            }
        });
    }
}

fn check_sid<'v>(fields: &'v Map<String, Value>, at: &At<'_>, sids: &mut BTreeSet<&'v str>, problems: &mut Problems) {
    let Some(Value::String(sid)) = fields.get(SID) else { return };
    let at = at.key(SID);
    if !sid.bytes().all(|b| b.is_ascii_alphanumeric()) {
        problems.report(&at, quoted(sid), "only the letters A to Z, a to z and digits");
    }
    // An empty one is no Sid: the console writes it in every statement.
    if !sid.is_empty() && !sids.insert(sid) {
        problems.report(&at, format!("{} a second time", quoted(sid)), "a Sid that no other statement has");
    }
}

fn check_trust(fields: &Map<String, Value>, at: &At<'_>, problems: &mut Problems) {
    for key in RESOURCE.into_iter().filter(|key| fields.contains_key(*key)) {
        problems.report(&at.key(key), format!("a {key}"), "none; the resource of a trust policy is the role itself");
    }
    if !PRINCIPAL.iter().any(|key| fields.contains_key(*key)) {
        problems.report(at, "no Principal", "the principals that are trusted");
    }
    each_text(fields, ACTION, at, &mut |action, at| {
        if !action.get(..4).is_some_and(|service| service.eq_ignore_ascii_case("sts:")) {
            problems.report(at, quoted(action), "an action of STS, such as sts:AssumeRole");
        }
    });
    for key in PRINCIPAL {
        let Some(Value::Object(types)) = fields.get(key) else { continue };
        let at = at.key(key);
        if types.values().all(|list| list.as_array().is_some_and(Vec::is_empty)) {
            problems.report(&at, "no principal", "at least one principal");
        }
        each_text(types, [PrincipalType::Aws.as_str(), ""], &at, &mut |principal, at| {
            if !is_aws_principal(principal) {
                problems.report(
                    at,
                    quoted(principal),
                    "an account id or an ARN of an account, role, user or session, without wildcards \
                     (to trust some roles of an account, trust the account and test aws:PrincipalArn)",
                );
            }
        });
    }
}

/// Whether IAM takes a text as an AWS principal of a trust policy (IAM User Guide, "AWS JSON policy elements: Principal").
/// A wildcard inside an ARN is taken too but matches nothing, and a unique id is what remains of a deleted role: neither passes.
fn is_aws_principal(principal: &str) -> bool {
    if principal == "*" || principal.parse::<AccountId>().is_ok() {
        return true;
    }
    let parts: Vec<_> = principal.splitn(6, ':').collect();
    let ["arn", partition, service, "", account, resource] = parts[..] else { return false };
    let kinds: &[&str] = match service {
        "iam" => &["role/", "user/"],
        "sts" => &["assumed-role/", "federated-user/"],
        _ => return false,
    };
    let named = kinds.iter().any(|kind| resource.strip_prefix(kind).is_some_and(|name| !name.is_empty()));
    partition.parse::<Partition>().is_ok()
        && account.parse::<AccountId>().is_ok()
        && (named || (service == "iam" && resource == "root"))
        && !resource.contains(['*', '?'])
}

fn check_permission(fields: &Map<String, Value>, at: &At<'_>, problems: &mut Problems) {
    for key in PRINCIPAL.into_iter().filter(|key| fields.contains_key(*key)) {
        problems.report(&at.key(key), format!("a {key}"), "none; the principal of a role's policy is the role itself");
    }
    if !RESOURCE.iter().any(|key| fields.contains_key(*key)) {
        problems.report(at, "no Resource", "Resource or NotResource");
    }
    each_text(fields, ACTION, at, &mut |action, at| {
        if action != "*" && !is_action(action) {
            problems.report(at, quoted(action), "an action such as s3:GetObject, or `*`");
        }
    });
    each_text(fields, RESOURCE, at, &mut |resource, at| {
        if resource != "*" && !resource.starts_with("arn:") {
            problems.report(at, quoted(resource), "an ARN, or `*`");
        }
    });
}

fn is_action(action: &str) -> bool {
    action.split_once(':').is_some_and(|(service, name)| {
        let letters =
            |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_*?".contains(&b));
        letters(service) && letters(name)
    })
}

fn check_condition(fields: &Map<String, Value>, at: &At<'_>, problems: &mut Problems) {
    let Some(Value::Object(operators)) = fields.get(CONDITION) else { return };
    let at = at.key(CONDITION);
    for (operator, keys) in operators {
        let at = at.key(operator);
        for (key, values) in keys.as_object().into_iter().flatten() {
            if values.as_array().is_some_and(Vec::is_empty) {
                problems.report(
                    &at.key(key),
                    describe(values),
                    "at least one value; without one the test always fails",
                );
            }
        }
    }
}

/// Reports characters that IAM takes in no policy document: the pattern is `[\t\n\r\x20-\xFF]+` (IAM `policyDocumentType`).
fn check_characters(value: &Value, at: &At<'_>, problems: &mut Problems) {
    let check = |text: &str, problems: &mut Problems| {
        if let Some(c) = text.chars().find(|c| !matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{ff}')) {
            problems.report(at, format!("the character {c:?}"), "only characters up to U+00FF, as IAM demands");
        }
    };
    match value {
        Value::String(text) => check(text, problems),
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                check_characters(item, &at.index(index), problems);
            }
        }
        Value::Object(fields) => {
            for (key, value) in fields {
                check(key, problems);
                check_characters(value, &at.key(key), problems);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
