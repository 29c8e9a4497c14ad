//! The intrinsic functions, with their arguments checked as far as a template alone tells.

use serde_json::{Map, Value};

use super::error::{TemplateError, format_error, function_error};
use super::sub::{Piece, pieces};

/// The pseudo parameter that takes the list element or member it stands for away.
pub(super) const NO_VALUE: &str = "AWS::NoValue";

/// A call of an intrinsic function where a value belongs.
#[derive(Debug)]
pub(super) enum Function<'a> {
    /// `Ref`.
    Ref(&'a str),
    /// `Fn::GetAtt`.
    GetAtt(&'a str, Attribute<'a>),
    /// `Fn::Sub` with the variables of its own.
    Sub(Vec<Piece<'a>>, Option<&'a Map<String, Value>>),
    /// `Fn::Join`: delimiter and list.
    Join(&'a str, &'a Value),
    /// `Fn::Select`: index and list.
    Select(&'a Value, &'a Value),
    /// `Fn::Split`: delimiter and text.
    Split(&'a str, &'a Value),
    /// `Fn::FindInMap`: mapping and two keys.
    FindInMap([&'a Value; 3]),
    /// `Fn::If`: the condition's name, then and else.
    If(&'a str, &'a Value, &'a Value),
    /// `Fn::Base64`.
    Base64(&'a Value),
    /// `Fn::ImportValue`.
    ImportValue(&'a Value),
    /// A function that `CloudFormation` knows and the simulation does not, by name.
    NotSimulated(&'static str, &'a Value),
}

/// The attribute of `Fn::GetAtt`.
#[derive(Debug)]
pub(super) enum Attribute<'a> {
    /// Written out.
    Named(&'a str),
    /// To be computed; `CloudFormation` allows `Ref` here.
    Computed(&'a Value),
}

/// A call of a function that holds or not.
#[derive(Debug)]
pub(super) enum Test<'a> {
    /// `Fn::Equals`.
    Equals(&'a Value, &'a Value),
    /// `Fn::And`.
    And(&'a [Value]),
    /// `Fn::Or`.
    Or(&'a [Value]),
    /// `Fn::Not`.
    Not(&'a Value),
    /// `Condition`: another condition by name.
    Condition(&'a str),
    /// `Fn::Contains`: list and text. Like the next two, in rules only.
    Contains(&'a Value, &'a Value),
    /// `Fn::EachMemberEquals`: list and text.
    EachMemberEquals(&'a Value, &'a Value),
    /// `Fn::EachMemberIn`: two lists.
    EachMemberIn(&'a Value, &'a Value),
}

impl<'a> Function<'a> {
    /// The function that an object calls; `None` for any other value.
    pub(super) fn of(value: &'a Value) -> Result<Option<Self>, TemplateError> {
        let Some((name, argument)) = call(value)? else { return Ok(None) };
        Self::named(name, argument).map(Some)
    }

    fn named(name: &str, argument: &'a Value) -> Result<Self, TemplateError> {
        Ok(match (name, elements(argument)) {
            ("Ref", _) => Self::Ref(
                argument.as_str().ok_or_else(|| format_error("Every Ref object must have a single String value."))?,
            ),
            ("Fn::GetAtt", _) => Self::get_att(argument)?,
            ("Fn::Sub", _) => Self::sub(argument)?,
            ("Fn::Join", [Value::String(delimiter), list]) if may_be_list(list) => Self::Join(delimiter, list),
            ("Fn::Select", [index, list]) if may_be_list(list) => Self::Select(index, list),
            ("Fn::Split", [Value::String(delimiter), text]) if !delimiter.is_empty() => Self::Split(delimiter, text),
            ("Fn::FindInMap", [mapping, first, second]) => Self::FindInMap([mapping, first, second]),
            ("Fn::If", [Value::String(condition), then, otherwise]) => Self::If(condition, then, otherwise),
            ("Fn::Base64", _) => Self::Base64(argument),
            ("Fn::ImportValue", _) => Self::ImportValue(argument),
            ("Fn::Cidr", _) => Self::NotSimulated("Fn::Cidr", argument),
            ("Fn::GetAZs", _) => Self::NotSimulated("Fn::GetAZs", argument),
            ("Fn::RefAll", _) => Self::NotSimulated("Fn::RefAll", argument),
            ("Fn::ValueOf", _) => Self::NotSimulated("Fn::ValueOf", argument),
            ("Fn::ValueOfAll", _) => Self::NotSimulated("Fn::ValueOfAll", argument),
            ("Fn::And" | "Fn::Equals" | "Fn::Not" | "Fn::Or", _) => {
                return Err(function_error(format!("{name} can only be used in the Conditions block of the template")));
            }
            (name, _) => return Err(wrong_arguments(name)),
        })
    }

    fn get_att(argument: &'a Value) -> Result<Self, TemplateError> {
        let parts = match argument {
            Value::String(both) => both.split_once('.').map(|(name, attribute)| (name, Attribute::Named(attribute))),
            Value::Array(elements) => match elements.as_slice() {
                [Value::String(name), Value::String(attribute)] => Some((name.as_str(), Attribute::Named(attribute))),
                [Value::String(name), computed @ Value::Object(_)] => {
                    Some((name.as_str(), Attribute::Computed(computed)))
                }
                _ => None,
            },
            _ => None,
        };
        match parts {
            Some((name, attribute)) if !name.is_empty() && !matches!(attribute, Attribute::Named("")) => {
                Ok(Self::GetAtt(name, attribute))
            }
            _ => Err(wrong_arguments("Fn::GetAtt")),
        }
    }

    fn sub(argument: &'a Value) -> Result<Self, TemplateError> {
        match (argument, elements(argument)) {
            (Value::String(text), _) => Ok(Self::Sub(pieces(text)?, None)),
            (_, [Value::String(text), Value::Object(variables)]) => Ok(Self::Sub(pieces(text)?, Some(variables))),
            _ => Err(wrong_arguments("Fn::Sub")),
        }
    }

    /// The values that the function computes with.
    pub(super) fn arguments(&self) -> Vec<&'a Value> {
        match self {
            Self::Ref(_) | Self::GetAtt(_, Attribute::Named(_)) => Vec::new(),
            Self::Sub(_, variables) => variables.iter().flat_map(|variables| variables.values()).collect(),
            Self::Select(first, second) | Self::If(_, first, second) => vec![first, second],
            Self::FindInMap(keys) => keys.to_vec(),
            Self::Join(_, one)
            | Self::Split(_, one)
            | Self::Base64(one)
            | Self::ImportValue(one)
            | Self::NotSimulated(_, one)
            | Self::GetAtt(_, Attribute::Computed(one)) => vec![one],
        }
    }
}

impl<'a> Test<'a> {
    /// The function that an object calls.
    pub(super) fn of(value: &'a Value) -> Result<Self, TemplateError> {
        let single = value.as_object().filter(|members| members.len() == 1).and_then(|members| members.iter().next());
        let Some((name, argument)) = single else { return Err(not_a_test()) };
        Ok(match (name.as_str(), elements(argument)) {
            ("Condition", _) => Self::Condition(
                argument.as_str().ok_or_else(|| format_error("Every Condition member must be a string."))?,
            ),
            ("Fn::Equals", [left, right]) => Self::Equals(left, right),
            ("Fn::And", tests) if (2..=10).contains(&tests.len()) => Self::And(tests),
            ("Fn::Or", tests) if (2..=10).contains(&tests.len()) => Self::Or(tests),
            ("Fn::Not", [test]) => Self::Not(test),
            ("Fn::Contains", [list, text]) => Self::Contains(list, text),
            ("Fn::EachMemberEquals", [list, text]) => Self::EachMemberEquals(list, text),
            ("Fn::EachMemberIn", [list, all]) => Self::EachMemberIn(list, all),
            (
                "Fn::And"
                | "Fn::Contains"
                | "Fn::EachMemberEquals"
                | "Fn::EachMemberIn"
                | "Fn::Equals"
                | "Fn::Not"
                | "Fn::Or",
                _,
            ) => return Err(wrong_arguments(name)),
            _ => return Err(not_a_test()),
        })
    }
}

fn not_a_test() -> TemplateError {
    format_error("Conditions can only be boolean operations on parameters and other conditions")
}

/// Name and argument, when a value is a function's call and not plain data.
fn call(value: &Value) -> Result<Option<(&str, &Value)>, TemplateError> {
    let Some(members) = value.as_object() else { return Ok(None) };
    let mut functions = members.iter().filter(|(name, _)| *name == "Ref" || name.starts_with("Fn::"));
    match functions.next() {
        Some((name, argument)) if members.len() == 1 => Ok(Some((name, argument))),
        // A member may well be called `Ref`; no property begins with `Fn::`.
        Some((name, _)) if name.starts_with("Fn::") => {
            Err(format_error(format!("{name} must be the only member of its object")))
        }
        _ => Ok(None),
    }
}

fn elements(argument: &Value) -> &[Value] {
    argument.as_array().map_or(&[], Vec::as_slice)
}

/// A list, or a call that may give one.
fn may_be_list(value: &Value) -> bool {
    value.is_array() || value.is_object()
}

/// The refusal of a call whose arguments are not what the function takes.
pub(super) fn wrong_arguments(name: &str) -> TemplateError {
    function_error(match name {
        "Fn::GetAtt" => {
            "every Fn::GetAtt object requires two non-empty parameters, the resource name and the resource attribute"
        }
        "Fn::Sub" => {
            "One or more Fn::Sub intrinsic functions don't specify expected arguments. Specify a string as first \
             argument, and an optional second argument to specify a mapping of values to replace in the string"
        }
        "Fn::Join" => {
            "every Fn::Join object requires two parameters, (1) a string delimiter and (2) a list of strings to be \
             joined or a function that returns a list of strings (such as Fn::GetAZs) to be joined."
        }
        "Fn::Select" => "Fn::Select requires a list argument with two elements: an integer index and a list",
        "Fn::Split" => {
            "every Fn::Split object requires two parameters, (1) a string delimiter and (2) a string to be split or a \
             function that returns a string to be split."
        }
        "Fn::FindInMap" => {
            "every Fn::FindInMap object requires three parameters, the map name, map key and the attribute for return \
             value"
        }
        "Fn::Base64" => "every Fn::Base64 object must have a String-typed value.",
        "Fn::ImportValue" => "every Fn::ImportValue object must have a String-typed value.",
        "Fn::If" => "Fn::If requires a list argument with the first element being a condition",
        "Fn::Contains" => "every Fn::Contains object requires a list of strings and a string.",
        "Fn::EachMemberEquals" => "every Fn::EachMemberEquals object requires a list of strings and a string.",
        "Fn::EachMemberIn" => "every Fn::EachMemberIn object requires two lists of strings.",
        "Fn::Equals" => "every Fn::Equals object requires a list of 2 string parameters.",
        "Fn::And" => "every Fn::And object requires a list of at least 2 and at most 10 boolean parameters.",
        "Fn::Or" => "every Fn::Or object requires a list of at least 2 and at most 10 boolean parameters.",
        "Fn::Not" => "every Fn::Not object requires a list with exactly 1 boolean parameter.",
        _ => {
            return function_error(format!(
                "Encountered unsupported function: {name} Supported functions are: [Fn::Base64, Fn::GetAtt, Fn::GetAZs, \
                 Fn::ImportValue, Fn::Join, Fn::Split, Fn::FindInMap, Fn::Select, Ref, Fn::Equals, Fn::If, Fn::Not, \
                 Condition, Fn::And, Fn::Or, Fn::Contains, Fn::EachMemberEquals, Fn::EachMemberIn, Fn::ValueOf, \
                 Fn::ValueOfAll, Fn::RefAll, Fn::Sub, Fn::Cidr]"
            ));
        }
    })
}
