//! Parameters and their constraints.

use super::super::testing::{context, given, property, refusal, with_property};
use serde_json::json;

fn declared(parameter: &str) -> String {
    with_property(&format!("Parameters: {{ X: {{ {parameter} }} }}"), "!Ref X")
}

fn given_x(parameter: &str, value: &str) -> String {
    refusal(&declared(parameter), &given(&[("X", value)]))
}

#[test]
fn a_value_goes_before_the_default() {
    let before = "Parameters: { X: { Type: String, Default: d } }";
    assert_eq!(property(before, "!Ref X", &context()), "d");
    assert_eq!(property(before, "!Ref X", &given(&[("X", "")])), "");
    assert_eq!(property("Parameters: { X: { Type: Number, Default: 7 } }", "!Ref X", &context()), "7");
}

#[test]
fn lists_are_separated_by_commas() {
    let before = "Parameters: { X: { Type: List<Number> } }";
    assert_eq!(property(before, "!Ref X", &given(&[("X", "80, 443")])), json!(["80", "443"]));
    let before = "Parameters: { X: { Type: 'List<AWS::EC2::Subnet::Id>' } }";
    assert_eq!(property(before, "!Ref X", &given(&[("X", "a,b")])), json!(["a", "b"]));
}

#[test]
fn missing_and_unknown_values_are_all_named() {
    let template = with_property("Parameters: { B: { Type: String }, A: { Type: String } }", "x");
    assert_eq!(refusal(&template, &context()), "Parameters: [A, B] must have values");
    let unknown = given(&[("Z", "1"), ("A", "1"), ("B", "1"), ("C", "1")]);
    assert_eq!(refusal(&template, &unknown), "Parameters: [C, Z] do not exist in the template");
}

#[test]
fn constraints_hold() {
    for (parameter, value, wanted) in [
        ("Type: String, AllowedValues: [a, 1]", "b", "Parameter 'X' must be one of AllowedValues"),
        ("Type: CommaDelimitedList, AllowedValues: [a, b]", "a,c", "Parameter 'X' must be one of AllowedValues"),
        ("Type: String, AllowedPattern: '[a-z]+'", "abc1", "Parameter 'X' must match pattern [a-z]+"),
        ("Type: String, AllowedPattern: 'a|b'", "ab", "Parameter 'X' must match pattern a|b"),
        ("Type: String, MinLength: 3", "ab", "Parameter 'X' must contain at least 3 characters"),
        ("Type: String, MaxLength: '3'", "äöüß", "Parameter 'X' must contain at most 3 characters"),
        ("Type: Number, MinValue: 5", "4.5", "Parameter 'X' must be a number not less than 5"),
        ("Type: Number, MaxValue: 5", "6", "Parameter 'X' must be a number not greater than 5"),
        ("Type: Number", "many", "Parameter 'X' must be a number"),
        (
            "Type: String, MinLength: 3, ConstraintDescription: must be long.",
            "ab",
            "Parameter X failed to satisfy constraint: must be long.",
        ),
    ] {
        assert_eq!(given_x(parameter, value), wanted, "{parameter}");
    }
}

#[test]
fn values_within_the_constraints_are_taken() {
    for (parameter, value) in [
        ("Type: String, AllowedValues: [a, 1]", "1"),
        (
            r"Type: String, AllowedPattern: '^arn:aws[a-z-]*:iam::\d{12}:role/[\w+=,.@/-]+$'",
            "arn:aws:iam::232136659152:role/a/b",
        ),
        ("Type: String, MinLength: 3, MaxLength: 4", "äöü"),
        ("Type: Number, MinValue: -1, MaxValue: 1", "-1"),
    ] {
        assert_eq!(
            property(&format!("Parameters: {{ X: {{ {parameter} }} }}"), "!Ref X", &given(&[("X", value)])),
            value
        );
    }
}

#[test]
fn a_default_is_held_against_the_constraints_too() {
    let template = declared("Type: String, Default: z, AllowedValues: [a, b]");
    assert_eq!(refusal(&template, &context()), "Parameter 'X' must be one of AllowedValues");
}

#[test]
fn wrong_declarations_are_refused() {
    for (parameter, wanted) in [
        ("Default: a", "Template format error: Every Parameters object must contain a Type member."),
        ("Type: Strin", "Template format error: Unrecognized parameter type: Strin"),
        ("Type: String, Required: true", "Invalid template parameter property 'Required'"),
        ("Type: String, Default: [a]", "Template format error: Every Default member must be a string."),
        ("Type: String, MinLength: short", "Template format error: Every MinLength member must be a number."),
        ("Type: String, AllowedValues: a", "Template format error: Every AllowedValues value must be a string."),
    ] {
        assert_eq!(refusal(&declared(parameter), &context()), wanted, "{parameter}");
    }
}

#[test]
fn what_the_simulation_cannot_read_is_said() {
    let stored = given_x("Type: 'AWS::SSM::Parameter::Value<String>'", "/name");
    assert_eq!(
        stored,
        "The simulated CloudFormation does not know parameters of type AWS::SSM::Parameter::Value<String>"
    );
    let pattern = given_x("Type: String, AllowedPattern: '(?=a)a'", "a");
    assert!(
        pattern.starts_with("The simulated CloudFormation does not know the regular expression (?=a)a"),
        "{pattern}"
    );
}
