//! Condition blocks, evaluated as the IAM reference of condition operators says.

use std::collections::BTreeMap;
use std::net::IpAddr;

use jiff::Timestamp;

use super::Context;
use super::pattern::matches;

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

/// Whether every condition of a block holds.
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
        "datenotequals" => ("dateequals", true),
        "notipaddress" => ("ipaddress", true),
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
        "stringequals" | "binaryequals" => actual == wanted,
        "stringequalsignorecase" | "bool" => actual.eq_ignore_ascii_case(wanted),
        "stringlike" => matches(wanted, actual),
        "arnequals" | "arnlike" => arn_matches(wanted, actual),
        "numericequals" => numbers(actual, wanted).is_some_and(|(a, b)| a == b),
        "numericlessthan" => numbers(actual, wanted).is_some_and(|(a, b)| a < b),
        "numericlessthanequals" => numbers(actual, wanted).is_some_and(|(a, b)| a <= b),
        "numericgreaterthan" => numbers(actual, wanted).is_some_and(|(a, b)| a > b),
        "numericgreaterthanequals" => numbers(actual, wanted).is_some_and(|(a, b)| a >= b),
        "dateequals" => times(actual, wanted).is_some_and(|(a, b)| a == b),
        "datelessthan" => times(actual, wanted).is_some_and(|(a, b)| a < b),
        "datelessthanequals" => times(actual, wanted).is_some_and(|(a, b)| a <= b),
        "dategreaterthan" => times(actual, wanted).is_some_and(|(a, b)| a > b),
        "dategreaterthanequals" => times(actual, wanted).is_some_and(|(a, b)| a >= b),
        "ipaddress" => actual.parse().is_ok_and(|address| in_range(address, wanted)),
        _ => false,
    }
}

fn times(actual: &str, wanted: &str) -> Option<(Timestamp, Timestamp)> {
    Some((time(actual)?, time(wanted)?))
}

/// A time as ISO 8601, of which a date alone is a form, or as seconds since 1970.
fn time(text: &str) -> Option<Timestamp> {
    let seconds = || text.parse().ok().and_then(|seconds| Timestamp::from_second(seconds).ok());
    text.parse().ok().or_else(|| format!("{text}T00:00:00Z").parse().ok()).or_else(seconds)
}

/// Whether an address is in a range (`203.0.113.0/24`), of which an address alone is a form.
fn in_range(address: IpAddr, range: &str) -> bool {
    let (network, length) = range.split_once('/').map_or((range, None), |(network, length)| (network, Some(length)));
    let bits = |address: IpAddr| match address {
        IpAddr::V4(address) => (u128::from(address.to_bits()) << 96, 32),
        IpAddr::V6(address) => (address.to_bits(), 128),
    };
    let Ok(network) = network.parse::<IpAddr>() else { return false };
    let ((address, width), (network, network_width)) = (bits(address), bits(network));
    let length = length.map_or(Some(width), |length| length.parse().ok()).filter(|length| *length <= width);
    let Some(length) = length.filter(|_| width == network_width) else { return false };
    let mask = u128::MAX.checked_shl(128 - length).unwrap_or(0);
    address & mask == network & mask
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
    fn dates_and_addresses_compare() {
        assert!(holds_with("DateLessThan", "2026-11-20T00:00:01Z", Some("2026-11-20T00:00:00Z")));
        assert!(!holds_with("DateLessThan", "2026-11-20T00:00:00Z", Some("2026-11-20T00:00:00Z")));
        assert!(holds_with("DateGreaterThanEquals", "2026-11-20", Some("2026-11-20T00:00:00Z")));
        assert!(holds_with("DateEquals", "0", Some("1970-01-01T00:00:00Z")));
        assert!(holds_with("DateNotEquals", "0", Some("1970-01-01T00:00:01Z")));
        assert!(holds_with("IpAddress", "203.0.113.0/24", Some("203.0.113.200")));
        assert!(!holds_with("IpAddress", "203.0.113.0/24", Some("203.0.114.1")));
        assert!(holds_with("NotIpAddress", "203.0.113.7", Some("203.0.113.8")));
        assert!(holds_with("IpAddress", "0.0.0.0/0", Some("203.0.113.8")));
        assert!(holds_with("IpAddress", "2001:db8::/32", Some("2001:db8:1::1")));
        assert!(!holds_with("IpAddress", "2001:db8::/32", Some("203.0.113.8")));
    }

    #[test]
    fn arn_wildcards_stay_in_their_part() {
        assert!(arn_matches("arn:aws:iam::232136659152:role/prowler*", "arn:aws:iam::232136659152:role/prowler/x"));
        assert!(!arn_matches("arn:aws:iam::*", "arn:aws:iam::232136659152:role/prowler"));
        assert!(!arn_matches("arn:aws:*:role/x", "arn:aws:iam::1:role/x"));
    }
}
