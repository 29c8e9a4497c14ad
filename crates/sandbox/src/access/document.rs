//! A policy document as IAM's grammar has it.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Serialize, Serializer};
use serde_json::{Map, Value};

/// Why a text is no policy document. The texts are the messages of `MalformedPolicyDocument`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum DocumentError {
    /// Not JSON at all.
    #[error("This policy contains invalid Json")]
    NotJson,
    /// JSON, but not of the grammar.
    #[error("Syntax errors in policy.")]
    Syntax,
    /// Something only the older parser of IAM finds, for example an effect in the wrong case.
    #[error("The policy failed legacy parsing")]
    Legacy,
    /// Two statements of one id.
    #[error("Statement IDs (SID) in a single policy must be unique.")]
    DuplicateSid,
    /// A statement without actions.
    #[error("Policy statement must contain actions.")]
    NoActions,
}

/// Whether a statement allows or denies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) enum Effect {
    /// Grants, unless something denies.
    Allow,
    /// Denies, whatever grants.
    Deny,
}

/// A list that a statement matches against, or, negated, everything outside of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Listed {
    /// `Action`, `Resource`.
    In(Vec<String>),
    /// `NotAction`, `NotResource`.
    NotIn(Vec<String>),
}

/// The principals of a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Principals {
    /// `"*"`: everyone.
    Everyone,
    /// By kind (`AWS`, `Service`, `Federated`, `CanonicalUser`).
    Kinds(BTreeMap<String, Vec<String>>),
}

/// One statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Statement {
    /// Its id, which may be empty.
    pub(crate) sid: Option<String>,
    /// Allow or deny.
    pub(crate) effect: Effect,
    /// Who, in a policy on a resource.
    pub(crate) principal: Option<Principals>,
    /// Everyone but these, in a policy on a resource.
    pub(crate) not_principal: Option<Principals>,
    /// What may be done; `None` only in a document that was not checked for it.
    pub(crate) action: Listed,
    /// To what; `None` in a trust policy.
    pub(crate) resource: Option<Listed>,
    /// Operator, then key, then values.
    pub(crate) condition: BTreeMap<String, BTreeMap<String, Vec<String>>>,
}

/// A policy document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Document {
    /// `Version` as written; absent means 2008-10-17.
    pub(crate) version: Option<String>,
    /// `Id` as written.
    pub(crate) id: Option<String>,
    /// The statements in order.
    pub(crate) statements: Vec<Statement>,
}

impl Document {
    /// Reads a document and checks what every kind of policy must keep to.
    pub(crate) fn parse(text: &str) -> Result<Self, DocumentError> {
        let value: Value = serde_json::from_str(text).map_err(|_| DocumentError::NotJson)?;
        let Value::Object(mut top) = value else { return Err(DocumentError::Syntax) };
        let version = optional_string(&mut top, "Version")?;
        if version.as_deref().is_some_and(|version| !matches!(version, "2008-10-17" | "2012-10-17")) {
            return Err(DocumentError::Syntax);
        }
        let id = optional_string(&mut top, "Id")?;
        let statements = match top.remove("Statement") {
            Some(Value::Array(items)) if !items.is_empty() => items,
            Some(single @ Value::Object(_)) => vec![single],
            _ => return Err(DocumentError::Syntax),
        };
        if !top.is_empty() {
            return Err(DocumentError::Syntax);
        }
        let statements: Vec<Statement> = statements.into_iter().map(statement).collect::<Result<_, _>>()?;
        let mut sids = BTreeSet::new();
        for sid in statements.iter().filter_map(|statement| statement.sid.as_deref()).filter(|sid| !sid.is_empty()) {
            if !sids.insert(sid) {
                return Err(DocumentError::DuplicateSid);
            }
        }
        Ok(Self { version, id, statements })
    }

    /// The document as compact JSON in IAM's order of members; lists of one element become that element.
    pub(crate) fn to_json(&self) -> String {
        // Strings and string-keyed maps always serialize.
        serde_json::to_string(self).unwrap_or_default()
    }
}

fn statement(value: Value) -> Result<Statement, DocumentError> {
    let Value::Object(mut members) = value else { return Err(DocumentError::Syntax) };
    let sid = optional_string(&mut members, "Sid")?;
    if sid.as_deref().is_some_and(|sid| !sid.bytes().all(|byte| byte.is_ascii_alphanumeric())) {
        return Err(DocumentError::Syntax);
    }
    let effect = match optional_string(&mut members, "Effect")?.as_deref() {
        Some("Allow") => Effect::Allow,
        Some("Deny") => Effect::Deny,
        Some(other) if other.eq_ignore_ascii_case("allow") || other.eq_ignore_ascii_case("deny") => {
            return Err(DocumentError::Legacy);
        }
        _ => return Err(DocumentError::Syntax),
    };
    let principal = members.remove("Principal").map(principals).transpose()?;
    let not_principal = members.remove("NotPrincipal").map(principals).transpose()?;
    let action = listed(&mut members, "Action", "NotAction")?.ok_or(DocumentError::NoActions)?;
    let resource = listed(&mut members, "Resource", "NotResource")?;
    let condition = match members.remove("Condition") {
        None => BTreeMap::new(),
        Some(value) => conditions(value)?,
    };
    if !members.is_empty() || (principal.is_some() && not_principal.is_some()) {
        return Err(DocumentError::Syntax);
    }
    Ok(Statement { sid, effect, principal, not_principal, action, resource, condition })
}

fn optional_string(members: &mut Map<String, Value>, name: &str) -> Result<Option<String>, DocumentError> {
    match members.remove(name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(DocumentError::Syntax),
    }
}

fn listed(members: &mut Map<String, Value>, positive: &str, negative: &str) -> Result<Option<Listed>, DocumentError> {
    match (members.remove(positive), members.remove(negative)) {
        (None, None) => Ok(None),
        (Some(value), None) => nonempty_strings(value).map(Listed::In).map(Some),
        (None, Some(value)) => nonempty_strings(value).map(Listed::NotIn).map(Some),
        (Some(_), Some(_)) => Err(DocumentError::Syntax),
    }
}

fn nonempty_strings(value: Value) -> Result<Vec<String>, DocumentError> {
    let items = strings(value)?;
    if items.is_empty() { Err(DocumentError::NoActions) } else { Ok(items) }
}

fn strings(value: Value) -> Result<Vec<String>, DocumentError> {
    let items = match value {
        Value::Array(items) => items,
        single => vec![single],
    };
    items
        .into_iter()
        .map(|item| match item {
            Value::String(text) => Ok(text),
            _ => Err(DocumentError::Syntax),
        })
        .collect()
}

fn principals(value: Value) -> Result<Principals, DocumentError> {
    match value {
        Value::String(text) if text == "*" => Ok(Principals::Everyone),
        Value::Object(kinds) => {
            let mut out = BTreeMap::new();
            for (kind, value) in kinds {
                if !matches!(kind.as_str(), "AWS" | "Service" | "Federated" | "CanonicalUser") {
                    return Err(DocumentError::Syntax);
                }
                out.insert(kind, strings(value)?);
            }
            Ok(Principals::Kinds(out))
        }
        _ => Err(DocumentError::Syntax),
    }
}

fn conditions(value: Value) -> Result<BTreeMap<String, BTreeMap<String, Vec<String>>>, DocumentError> {
    let Value::Object(operators) = value else { return Err(DocumentError::Syntax) };
    let mut out = BTreeMap::new();
    for (operator, keys) in operators {
        if !super::condition::known_operator(&operator) {
            return Err(DocumentError::Syntax);
        }
        let Value::Object(keys) = keys else { return Err(DocumentError::Syntax) };
        let mut by_key = BTreeMap::new();
        for (key, value) in keys {
            let items = match value {
                Value::Array(items) => items,
                single => vec![single],
            };
            let values = items.into_iter().map(condition_value).collect::<Result<Vec<_>, _>>()?;
            by_key.insert(key, values);
        }
        out.insert(operator, by_key);
    }
    Ok(out)
}

/// Condition values may be written as booleans and numbers; they mean their text.
fn condition_value(value: Value) -> Result<String, DocumentError> {
    match value {
        Value::String(text) => Ok(text),
        Value::Bool(flag) => Ok(flag.to_string()),
        Value::Number(number) => Ok(number.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => Err(DocumentError::Syntax),
    }
}

struct OneOrMany<'a>(&'a [String]);

impl Serialize for OneOrMany<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            [single] => serializer.serialize_str(single),
            many => many.serialize(serializer),
        }
    }
}

impl Serialize for Principals {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Everyone => serializer.serialize_str("*"),
            Self::Kinds(kinds) => serializer.collect_map(kinds.iter().map(|(kind, list)| (kind, OneOrMany(list)))),
        }
    }
}

impl Serialize for Document {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeMap;
        let mut map = serializer.serialize_map(None)?;
        if let Some(version) = &self.version {
            map.serialize_entry("Version", version)?;
        }
        if let Some(id) = &self.id {
            map.serialize_entry("Id", id)?;
        }
        map.serialize_entry("Statement", &self.statements)?;
        map.end()
    }
}

impl Serialize for Statement {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeMap;
        let mut map = serializer.serialize_map(None)?;
        if let Some(sid) = &self.sid {
            map.serialize_entry("Sid", sid)?;
        }
        map.serialize_entry("Effect", &self.effect)?;
        if let Some(principal) = &self.principal {
            map.serialize_entry("Principal", principal)?;
        }
        if let Some(not_principal) = &self.not_principal {
            map.serialize_entry("NotPrincipal", not_principal)?;
        }
        match &self.action {
            Listed::In(actions) => map.serialize_entry("Action", &OneOrMany(actions))?,
            Listed::NotIn(actions) => map.serialize_entry("NotAction", &OneOrMany(actions))?,
        }
        match &self.resource {
            None => {}
            Some(Listed::In(list)) => map.serialize_entry("Resource", &OneOrMany(list))?,
            Some(Listed::NotIn(list)) => map.serialize_entry("NotResource", &OneOrMany(list))?,
        }
        if !self.condition.is_empty() {
            let operators: BTreeMap<&String, BTreeMap<&String, OneOrMany<'_>>> = self
                .condition
                .iter()
                .map(|(operator, keys)| (operator, keys.iter().map(|(key, list)| (key, OneOrMany(list))).collect()))
                .collect();
            map.serialize_entry("Condition", &operators)?;
        }
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_come_back_in_order_and_lists_of_one_as_scalars() {
        let text = r#"{"Statement":[{"Action":["sts:AssumeRole"],"Effect":"Allow","Principal":{"AWS":["a"]},
            "Condition":{"Bool":{"aws:SecureTransport":true}},"Sid":""}],"Version":"2012-10-17"}"#;
        let document = Document::parse(text).unwrap();
        assert_eq!(
            document.to_json(),
            r#"{"Version":"2012-10-17","Statement":[{"Sid":"","Effect":"Allow","Principal":{"AWS":"a"},"Action":"sts:AssumeRole","Condition":{"Bool":{"aws:SecureTransport":"true"}}}]}"#
        );
    }

    #[test]
    fn what_is_wrong_is_named() {
        let cases = [
            ("{", DocumentError::NotJson),
            ("[]", DocumentError::Syntax),
            (r#"{"Statement":[]}"#, DocumentError::Syntax),
            (r#"{"Statement":{"Effect":"allow","Action":"*","Resource":"*"}}"#, DocumentError::Legacy),
            (r#"{"Statement":{"Effect":"Allow","Resource":"*"}}"#, DocumentError::NoActions),
            (r#"{"Statement":{"Effect":"Allow","Action":"*","Surprise":1}}"#, DocumentError::Syntax),
            (
                r#"{"Statement":{"Effect":"Allow","Action":"*","Condition":{"StringIs":{"a":"b"}}}}"#,
                DocumentError::Syntax,
            ),
            (
                r#"{"Statement":[{"Sid":"A","Effect":"Allow","Action":"*"},{"Sid":"A","Effect":"Allow","Action":"*"}]}"#,
                DocumentError::DuplicateSid,
            ),
        ];
        for (text, error) in cases {
            assert_eq!(Document::parse(text), Err(error), "{text}");
        }
    }
}
