//! The `Condition` element.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::{Value, json};

use super::error::{At, Problems, Reported, describe, quoted};
use super::read::{OneOrMany, object, one_or_many};

/// One test of a statement: a key of the request compared with values.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Condition {
    /// How they are compared.
    pub operator: Operator,
    /// The condition key as written; its case has no meaning.
    pub key: String,
    /// The values, sorted, without duplicates. Booleans and numbers are texts.
    pub values: Vec<String>,
}

/// A condition operator.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Operator {
    /// The operator as written; its case has no meaning.
    pub written: String,
    /// How a key with several values in the request is tested.
    pub quantifier: Quantifier,
    /// The comparison itself.
    pub comparison: Comparison,
    /// What happens when the request has no such key.
    pub absent: Absent,
}

/// How a key with several values in the request is tested.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub enum Quantifier {
    /// No prefix: the key has one value.
    Single,
    /// `ForAllValues:`. True when the request has no such key.
    ForAllValues,
    /// `ForAnyValue:`.
    ForAnyValue,
}

/// What happens when the request has no such key.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub enum Absent {
    /// What the comparison itself says: false, or true for a negated one.
    Tested,
    /// `IfExists`: the condition holds.
    Holds,
}

macro_rules! comparisons {
    ($($name:ident)*) => {
        /// A comparison, named as in the IAM User Guide ("Condition operators"). `ArnEquals` and `ArnNotEquals` behave as
        /// `ArnLike` and `ArnNotLike`, and are read as these.
        #[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
        #[allow(missing_docs)]
        pub enum Comparison { $($name,)* }

        impl Comparison {
            const NAMES: &[(&str, Self)] = &[
                $((stringify!($name), Self::$name),)*
                ("ArnEquals", Self::ArnLike),
                ("ArnNotEquals", Self::ArnNotLike),
            ];
        }
    };
}

comparisons! {
    StringEquals StringNotEquals StringEqualsIgnoreCase StringNotEqualsIgnoreCase StringLike StringNotLike
    NumericEquals NumericNotEquals NumericLessThan NumericLessThanEquals NumericGreaterThan NumericGreaterThanEquals
    DateEquals DateNotEquals DateLessThan DateLessThanEquals DateGreaterThan DateGreaterThanEquals
    Bool BinaryEquals IpAddress NotIpAddress ArnLike ArnNotLike Null
}

impl Operator {
    /// The operator that a name stands for, whatever its case; `None` when IAM has no such operator.
    fn parse(written: &str) -> Option<Self> {
        let (quantifier, rest) = match strip_prefix_ignoring_case(written, "ForAllValues:") {
            Some(rest) => (Quantifier::ForAllValues, rest),
            None => match strip_prefix_ignoring_case(written, "ForAnyValue:") {
                Some(rest) => (Quantifier::ForAnyValue, rest),
                None => (Quantifier::Single, written),
            },
        };
        let (absent, name) = match strip_suffix_ignoring_case(rest, "IfExists") {
            Some(name) => (Absent::Holds, name),
            None => (Absent::Tested, rest),
        };
        let (_, comparison) = *Comparison::NAMES.iter().find(|(known, _)| known.eq_ignore_ascii_case(name))?;
        if comparison == Comparison::Null && absent == Absent::Holds {
            return None;
        }
        Some(Self { written: written.to_owned(), quantifier, comparison, absent })
    }
}

fn strip_prefix_ignoring_case<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let (start, rest) = text.split_at_checked(prefix.len())?;
    start.eq_ignore_ascii_case(prefix).then_some(rest)
}

fn strip_suffix_ignoring_case<'a>(text: &'a str, suffix: &str) -> Option<&'a str> {
    let (rest, end) = text.split_at_checked(text.len().checked_sub(suffix.len())?)?;
    end.eq_ignore_ascii_case(suffix).then_some(rest)
}

impl Condition {
    /// The test in canonical form: equal for tests that cannot be told apart by any request.
    pub(super) fn meaning(&self) -> Value {
        let Operator { written: _, quantifier, comparison, absent } = &self.operator;
        json!([quantifier, comparison, absent, self.key.to_ascii_lowercase(), self.values])
    }
}

/// Reads a `Condition` element into its tests, sorted by operator and key. Operators without keys are dropped: they test
/// nothing. A key without values stays, for it is never met.
pub(super) fn read(value: &Value, at: &At<'_>, problems: &mut Problems) -> Result<Vec<Condition>, Reported> {
    let mut conditions = Vec::new();
    let mut seen = BTreeSet::new();
    let mut result = Ok(());
    for (name, keys) in object(value, at, problems)? {
        let at = at.key(name);
        let (Some(operator), Ok(keys)) = (Operator::parse(name), object(keys, &at, problems)) else {
            result = Err(Reported);
            if Operator::parse(name).is_none() {
                problems.report(&at, quoted(name), "a condition operator such as StringEquals or ArnLike");
            }
            continue;
        };
        for (key, values) in keys {
            let at = at.key(key);
            if !seen.insert((name.to_ascii_lowercase(), key.to_ascii_lowercase())) {
                result = Err(problems.report(&at, "a second test of this key", "each key once; case has no meaning"));
            }
            match read_values(operator.comparison, values, &at, problems) {
                Ok(values) => {
                    conditions.push(Condition { operator: operator.clone(), key: key.clone(), values });
                }
                Err(reported) => result = Err(reported),
            }
        }
    }
    conditions.sort_by(|a, b| (&a.operator.written, &a.key).cmp(&(&b.operator.written, &b.key)));
    result.map(|()| conditions)
}

fn read_values(
    comparison: Comparison,
    values: &Value,
    at: &At<'_>,
    problems: &mut Problems,
) -> Result<Vec<String>, Reported> {
    let mut values = one_or_many(values, at, |value, at| match value {
        Value::String(text) if comparison == Comparison::Bool => Ok(boolean_in_lower_case(text)),
        Value::String(text) => Ok(text.clone()),
        Value::Bool(value) => Ok(value.to_string()),
        Value::Number(number) if !number.is_f64() => Ok(number.to_string()),
        Value::Number(number) => {
            Err(problems.report(at, format!("the number {number}"), "a whole number, or the number as a string"))
        }
        other => Err(problems.report(at, describe(other), "a string, a number or a boolean")),
    })?;
    values.sort();
    values.dedup();
    Ok(values)
}

/// `True` as `true`; anything else, such as a policy variable, as it is.
fn boolean_in_lower_case(text: &str) -> String {
    let lower = text.to_ascii_lowercase();
    if lower == "true" || lower == "false" { lower } else { text.to_owned() }
}

/// The tests as they stand in a document: keys under operators, both as written.
pub(super) fn as_written(conditions: &[Condition]) -> BTreeMap<&str, BTreeMap<&str, OneOrMany<'_>>> {
    let mut operators: BTreeMap<&str, BTreeMap<&str, OneOrMany<'_>>> = BTreeMap::new();
    for Condition { operator, key, values } in conditions {
        operators.entry(&operator.written).or_default().insert(key, OneOrMany(values));
    }
    operators
}
