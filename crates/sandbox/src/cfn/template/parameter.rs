//! The Parameters block.

use std::collections::BTreeMap;

use regex_lite::Regex;
use serde_json::{Map, Value};

use super::error::{TemplateError, format_error, not_simulated, other_error};
use super::text::scalar;

/// A parameter of a template.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Parameter {
    /// The type as declared: `String`, `List<AWS::EC2::Subnet::Id>`.
    pub(crate) type_name: String,
    /// The value when none is given.
    pub(crate) default: Option<String>,
    /// Whether descriptions of a stack mask the value.
    pub(crate) no_echo: bool,
    /// What it is for.
    pub(crate) description: Option<String>,
    /// The values it may have; empty when it may have any.
    pub(crate) allowed_values: Vec<String>,
    /// The regular expression that a value must match as a whole.
    pub(crate) allowed_pattern: Option<String>,
    /// What to say instead of which constraint failed.
    constraint_description: Option<String>,
    length: Bounds,
    range: Bounds,
}

/// Inclusive bounds.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
struct Bounds {
    least: Option<f64>,
    most: Option<f64>,
}

const KEYS: [&str; 11] = [
    "AllowedPattern",
    "AllowedValues",
    "ConstraintDescription",
    "Default",
    "Description",
    "MaxLength",
    "MaxValue",
    "MinLength",
    "MinValue",
    "NoEcho",
    "Type",
];

impl Parameter {
    pub(super) fn read(declared: &Value) -> Result<Self, TemplateError> {
        let members =
            declared.as_object().ok_or_else(|| format_error("Any Parameters member must be a JSON object."))?;
        if let Some(unknown) = members.keys().find(|key| !KEYS.contains(&key.as_str())) {
            return Err(other_error(format!("Invalid template parameter property '{unknown}'")));
        }
        let type_name = text(members, "Type")?
            .ok_or_else(|| format_error("Every Parameters object must contain a Type member."))?;
        if !is_type(&type_name) {
            return Err(format_error(format!("Unrecognized parameter type: {type_name}")));
        }
        let allowed_values = match members.get("AllowedValues") {
            None => Some(Vec::new()),
            Some(values) => values.as_array().and_then(|values| values.iter().map(scalar).collect()),
        };
        Ok(Self {
            type_name,
            default: text(members, "Default")?,
            no_echo: text(members, "NoEcho")?.is_some_and(|flag| flag.eq_ignore_ascii_case("true")),
            description: text(members, "Description")?,
            allowed_values: allowed_values
                .ok_or_else(|| format_error("Every AllowedValues value must be a string."))?,
            allowed_pattern: text(members, "AllowedPattern")?,
            constraint_description: text(members, "ConstraintDescription")?,
            length: Bounds { least: number(members, "MinLength")?, most: number(members, "MaxLength")? },
            range: Bounds { least: number(members, "MinValue")?, most: number(members, "MaxValue")? },
        })
    }

    /// The parameter's value for `Ref`: a text, or a list of texts.
    fn value(&self, name: &str, text: &str) -> Result<Value, TemplateError> {
        if self.type_name.starts_with("AWS::SSM::Parameter::Value<") {
            return Err(not_simulated(format!("parameters of type {}", self.type_name)));
        }
        if !self.is_list() {
            self.check(name, text)?;
            return Ok(Value::from(text));
        }
        let elements: Vec<&str> = text.split(',').map(str::trim).collect();
        elements.iter().try_for_each(|element| self.check(name, element))?;
        Ok(Value::from(elements))
    }

    fn is_list(&self) -> bool {
        self.type_name == "CommaDelimitedList" || self.type_name.starts_with("List<")
    }

    fn check(&self, name: &str, text: &str) -> Result<(), TemplateError> {
        match (self.broken_constraint(name, text)?, &self.constraint_description) {
            (None, _) => Ok(()),
            (Some(_), Some(description)) => {
                Err(other_error(format!("Parameter {name} failed to satisfy constraint: {description}")))
            }
            (Some(what), None) => Err(other_error(format!("Parameter '{name}' {what}"))),
        }
    }

    fn broken_constraint(&self, name: &str, text: &str) -> Result<Option<String>, TemplateError> {
        if !self.allowed_values.is_empty() && !self.allowed_values.iter().any(|allowed| allowed == text) {
            return Ok(Some("must be one of AllowedValues".to_owned()));
        }
        if matches!(self.type_name.as_str(), "Number" | "List<Number>") {
            return Ok(match text.parse::<f64>() {
                Ok(number) => {
                    self.range.broken(number, "must be a number not less than", "must be a number not greater than", "")
                }
                Err(_) => Some("must be a number".to_owned()),
            });
        }
        if let Some(pattern) = &self.allowed_pattern {
            let whole = Regex::new(&format!("^(?:{pattern})$")).map_err(|error| {
                not_simulated(format!("the regular expression {pattern} of parameter '{name}': {error}"))
            })?;
            if !whole.is_match(text) {
                return Ok(Some(format!("must match pattern {pattern}")));
            }
        }
        #[expect(clippy::cast_precision_loss, reason = "a template has at most 51,200 bytes, a value 4,096")]
        let length = text.chars().count() as f64;
        Ok(self.length.broken(length, "must contain at least", "must contain at most", " characters"))
    }
}

impl Bounds {
    fn broken(self, number: f64, below: &str, above: &str, unit: &str) -> Option<String> {
        match (self.least, self.most) {
            (Some(least), _) if number < least => Some(format!("{below} {least}{unit}")),
            (_, Some(most)) if number > most => Some(format!("{above} {most}{unit}")),
            _ => None,
        }
    }
}

/// The values that `Ref` gives, from those given to the stack and the defaults.
///
/// # Errors
/// A value is given to no parameter, missing without a default, or outside of the parameter's constraints.
pub(super) fn values(
    declared: &BTreeMap<String, Parameter>,
    given: &BTreeMap<String, String>,
) -> Result<BTreeMap<String, Value>, TemplateError> {
    let list = |names: Vec<&str>| names.join(", ");
    let unknown: Vec<&str> = given.keys().map(String::as_str).filter(|name| !declared.contains_key(*name)).collect();
    if !unknown.is_empty() {
        return Err(other_error(format!("Parameters: [{}] do not exist in the template", list(unknown))));
    }
    let missing: Vec<&str> = declared
        .iter()
        .filter(|(name, parameter)| parameter.default.is_none() && !given.contains_key(*name))
        .map(|(name, _)| name.as_str())
        .collect();
    if !missing.is_empty() {
        return Err(other_error(format!("Parameters: [{}] must have values", list(missing))));
    }
    declared
        .iter()
        .filter_map(|(name, parameter)| {
            let text = given.get(name).or(parameter.default.as_ref())?;
            Some(parameter.value(name, text).map(|value| (name.clone(), value)))
        })
        .collect()
}

/// The types of the user guide's "Supported parameter data types", those of AWS resources by their form only.
fn is_type(name: &str) -> bool {
    let inner = name.strip_prefix("List<").and_then(|rest| rest.strip_suffix('>'));
    matches!(name, "String" | "Number" | "CommaDelimitedList")
        || inner == Some("Number")
        || inner.unwrap_or(name).starts_with("AWS::")
}

fn text(members: &Map<String, Value>, key: &str) -> Result<Option<String>, TemplateError> {
    let text = |value| scalar(value).ok_or_else(|| format_error(format!("Every {key} member must be a string.")));
    members.get(key).map(text).transpose()
}

fn number(members: &Map<String, Value>, key: &str) -> Result<Option<f64>, TemplateError> {
    let parse =
        |text: String| text.parse::<f64>().map_err(|_| format_error(format!("Every {key} member must be a number.")));
    text(members, key)?.map(parse).transpose()
}
