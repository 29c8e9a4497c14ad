//! Condition blocks, evaluated as the IAM reference of condition operators says.

use std::collections::BTreeMap;

use super::pattern::matches;

/// What a request says about itself: condition keys in lower case, and their values.
pub(crate) type Context = BTreeMap<String, Vec<String>>;

/// The set operators that stand before a condition operator.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Quantifier {
    Single,
    ForAllValues,
    ForAnyValue,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum MissingKey {
    Decides,
    Passes,
}

struct Operator<'a> {
    quantifier: Quantifier,
    name: &'a str,
    missing: MissingKey,
}

const NAMES: [&str; 27] = [
    "stringequals",
    "stringnotequals",
    "stringequalsignorecase",
    "stringnotequalsignorecase",
    "stringlike",
    "stringnotlike",
    "numericequals",
    "numericnotequals",
    "numericlessthan",
    "numericlessthanequals",
    "numericgreaterthan",
    "numericgreaterthanequals",
    "dateequals",
    "datenotequals",
    "datelessthan",
    "datelessthanequals",
    "dategreaterthan",
    "dategreaterthanequals",
    "bool",
    "binaryequals",
    "ipaddress",
    "notipaddress",
    "arnequals",
    "arnlike",
    "arnnotequals",
    "arnnotlike",
    "null",
];

/// Whether IAM has this operator, with its set operator and `IfExists`.
pub(crate) fn known_operator(operator: &str) -> bool {
    let lower = operator.to_ascii_lowercase();
    let operator = parse(&lower);
    NAMES.contains(&operator.name)
}

fn parse(lower: &str) -> Operator<'_> {
    let (quantifier, rest) = if let Some(rest) = lower.strip_prefix("forallvalues:") {
        (Quantifier::ForAllValues, rest)
    } else if let Some(rest) = lower.strip_prefix("foranyvalue:") {
        (Quantifier::ForAnyValue, rest)
    } else {
        (Quantifier::Single, lower)
    };
    match rest.strip_suffix("ifexists") {
        Some(name) => Operator { quantifier, name, missing: MissingKey::Passes },
        None => Operator { quantifier, name: rest, missing: MissingKey::Decides },
    }
}

/// Whether every condition of a block holds. Operators that are not simulated (dates, addresses, binaries) never hold.
pub(crate) fn holds(block: &BTreeMap<String, BTreeMap<String, Vec<String>>>, context: &Context) -> bool {
    block.iter().all(|(operator, keys)| {
        let lower = operator.to_ascii_lowercase();
        let operator = parse(&lower);
        keys.iter().all(|(key, wanted)| key_holds(&operator, context.get(&key.to_ascii_lowercase()), wanted))
    })
}

fn key_holds(operator: &Operator<'_>, actual: Option<&Vec<String>>, wanted: &[String]) -> bool {
    if operator.name == "null" {
        return wanted.iter().any(|want| want.eq_ignore_ascii_case("true") == actual.is_none());
    }
    let (base, negated) = match operator.name {
        "stringnotequals" => ("stringequals", true),
        "stringnotequalsignorecase" => ("stringequalsignorecase", true),
        "stringnotlike" => ("stringlike", true),
        "arnnotequals" | "arnnotlike" => ("arnlike", true),
        "numericnotequals" => ("numericequals", true),
        other => (other, false),
    };
    let Some(actual) = actual.filter(|values| !values.is_empty()) else {
        return match operator.quantifier {
            Quantifier::ForAllValues => true,
            Quantifier::ForAnyValue => operator.missing == MissingKey::Passes,
            Quantifier::Single => operator.missing == MissingKey::Passes || negated,
        };
    };
    let one = |value: &String| wanted.iter().any(|want| value_holds(base, value, want)) != negated;
    match operator.quantifier {
        Quantifier::ForAllValues => actual.iter().all(one),
        Quantifier::Single | Quantifier::ForAnyValue => actual.iter().any(one),
    }
}

fn value_holds(operator: &str, actual: &str, wanted: &str) -> bool {
    match operator {
        "stringequals" => actual == wanted,
        "stringequalsignorecase" | "bool" => actual.eq_ignore_ascii_case(wanted),
        "stringlike" => matches(wanted, actual),
        "arnequals" | "arnlike" => arn_matches(wanted, actual),
        "numericequals" => numbers(actual, wanted).is_some_and(|(a, b)| a == b),
        "numericlessthan" => numbers(actual, wanted).is_some_and(|(a, b)| a < b),
        "numericlessthanequals" => numbers(actual, wanted).is_some_and(|(a, b)| a <= b),
        "numericgreaterthan" => numbers(actual, wanted).is_some_and(|(a, b)| a > b),
        "numericgreaterthanequals" => numbers(actual, wanted).is_some_and(|(a, b)| a >= b),
        _ => false,
    }
}

fn numbers(actual: &str, wanted: &str) -> Option<(i64, i64)> {
    Some((actual.parse().ok()?, wanted.parse().ok()?))
}

/// ARN patterns match part by part: a wildcard does not reach over a colon, except in the last part.
fn arn_matches(pattern: &str, arn: &str) -> bool {
    let patterns: Vec<&str> = pattern.splitn(6, ':').collect();
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    if pattern == "*" {
        return true;
    }
    patterns.len() == parts.len() && patterns.iter().zip(&parts).all(|(pattern, part)| matches(pattern, part))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holds_with(operator: &str, wanted: &str, actual: Option<&str>) -> bool {
        let block = BTreeMap::from([(
            operator.to_owned(),
            BTreeMap::from([("sts:ExternalId".to_owned(), vec![wanted.to_owned()])]),
        )]);
        let context = actual.map(|value| ("sts:externalid".to_owned(), vec![value.to_owned()])).into_iter().collect();
        holds(&block, &context)
    }

    #[test]
    fn a_missing_external_id_passes_only_the_operators_that_let_it() {
        assert!(!holds_with("StringEquals", "x", None));
        assert!(!holds_with("StringLike", "*", None));
        assert!(!holds_with("ForAnyValue:StringEquals", "x", None));
        assert!(holds_with("StringEqualsIfExists", "x", None));
        assert!(holds_with("ForAllValues:StringEquals", "x", None));
        assert!(holds_with("StringNotEquals", "x", None));
        assert!(holds_with("Null", "true", None));
    }

    #[test]
    fn external_ids_are_case_sensitive_and_operators_are_not() {
        assert!(holds_with("stringequals", "Abc", Some("Abc")));
        assert!(!holds_with("StringEquals", "Abc", Some("abc")));
        assert!(holds_with("StringLike", "A?c*", Some("Abcdef")));
    }

    #[test]
    fn arn_wildcards_stay_in_their_part() {
        assert!(arn_matches("arn:aws:iam::232136659152:role/prowler*", "arn:aws:iam::232136659152:role/prowler/x"));
        assert!(!arn_matches("arn:aws:iam::*", "arn:aws:iam::232136659152:role/prowler"));
        assert!(!arn_matches("arn:aws:*:role/x", "arn:aws:iam::1:role/x"));
    }
}
