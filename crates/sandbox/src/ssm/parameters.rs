//! One parameter, or several by name.

use serde_json::{Map, Value, json};

use super::handle::place;
use super::input::{self, NameInput, NamesInput, PutInput};
use super::model::{Kind, Parameter, Parameters};
use super::{error, tags};
use crate::wire::{Call, WireError};
use crate::world::World;

/// The most characters of a standard parameter's value.
const MOST_CHARACTERS: usize = 4096;
const MOST_LEVELS: usize = 15;
/// The most names of `GetParameters` and `DeleteParameters`.
const MOST_NAMES: usize = 10;

/// `PutParameter`. Without `Overwrite` it makes a parameter, or fails if there is one: of two at once, one wins.
pub(super) fn put(world: &mut World, call: &Call<Value>) -> Result<Value, WireError> {
    let PutInput { name, value, r#type, description, overwrite, tags } = input::read(call)?;
    check_name(&name)?;
    check_value(&value)?;
    let kind = r#type.as_deref().map(kind).transpose()?;
    let tags = tags::checked(tags)?;
    let modified = world.now;
    let parameters = world.ssm.of_mut(place(call));
    let before = parameters.get(&name);
    let (kind, tags, version) = match before {
        Some(_) if !overwrite => return Err(error::already_exists()),
        Some(_) if !tags.is_empty() => {
            return Err(error::validation(
                "Invalid request: tags and overwrite can't be used together. To create a parameter with tags, please \
                 remove overwrite flag. To update tags for an existing parameter, please use AddTagsToResource or \
                 RemoveTagsFromResource.",
            ));
        }
        Some(before) => (kind.unwrap_or(before.kind), before.tags.clone(), before.version + 1),
        None => match kind {
            Some(kind) => (kind, tags, 1),
            None => {
                return Err(error::validation("A parameter type is required when you create a parameter."));
            }
        },
    };
    let modified_by = call.caller.arn.clone();
    let parameter = Parameter { value, kind, description, version, modified, modified_by, tags };
    parameters.insert(name, parameter);
    Ok(json!({ "Version": version, "Tier": "Standard" }))
}

/// `GetParameter`, also of a version: `name:3`.
pub(super) fn get(world: &World, call: &Call<Value>) -> Result<Value, WireError> {
    let NameInput { name } = input::read(call)?;
    let (plain, version) = selector(&name);
    let found = world.ssm.of(place(call)).and_then(|parameters| parameters.get(plain));
    let parameter = found.ok_or_else(error::not_found)?;
    if version.is_some_and(|version| version != parameter.version.to_string()) {
        let message = format!("Systems Manager could not find version {} of {plain}.", version.unwrap_or_default());
        return Err(WireError::new(400, "ParameterVersionNotFound", message));
    }
    Ok(json!({ "Parameter": parameter.shape(plain, place(call)) }))
}

/// `GetParameters`.
pub(super) fn get_several(world: &World, call: &Call<Value>) -> Result<Value, WireError> {
    let names = names(call)?;
    let none = Parameters::new();
    let parameters = world.ssm.of(place(call)).unwrap_or(&none);
    let (known, unknown): (Vec<&String>, Vec<&String>) = names.iter().partition(|name| parameters.contains_key(*name));
    let shapes = known.into_iter().filter_map(|name| Some(parameters.get(name)?.shape(name, place(call))));
    Ok(json!({ "Parameters": shapes.collect::<Vec<_>>(), "InvalidParameters": unknown }))
}

/// `DeleteParameter`.
pub(super) fn delete(world: &mut World, call: &Call<Value>) -> Result<Value, WireError> {
    let NameInput { name } = input::read(call)?;
    let removed = world.ssm.of_mut(place(call)).remove(&name);
    removed.map(|_| Value::Object(Map::new())).ok_or_else(error::not_found)
}

/// `DeleteParameters`.
pub(super) fn delete_several(world: &mut World, call: &Call<Value>) -> Result<Value, WireError> {
    let names = names(call)?;
    let parameters = world.ssm.of_mut(place(call));
    let (deleted, invalid): (Vec<&String>, Vec<&String>) =
        names.iter().partition(|name| parameters.remove(*name).is_some());
    Ok(json!({ "DeletedParameters": deleted, "InvalidParameters": invalid }))
}

fn names(call: &Call<Value>) -> Result<Vec<String>, WireError> {
    let NamesInput { names } = input::read(call)?;
    if (1..=MOST_NAMES).contains(&names.len()) {
        return Ok(names);
    }
    Err(error::validation(
        "1 validation error detected: Value at 'names' failed to satisfy constraint: Member must have length less than \
         or equal to 10",
    ))
}

fn selector(name: &str) -> (&str, Option<&str>) {
    name.split_once(':').map_or((name, None), |(name, version)| (name, Some(version)))
}

fn kind(text: &str) -> Result<Kind, WireError> {
    match text {
        "String" => Ok(Kind::String),
        "StringList" => Ok(Kind::StringList),
        "SecureString" => Err(error::unsupported_type(text)),
        _ => Err(error::validation(format!(
            "1 validation error detected: Value '{text}' at 'type' failed to satisfy constraint: Member must satisfy \
             enum value set: [SecureString, StringList, String]"
        ))),
    }
}

fn check_name(name: &str) -> Result<(), WireError> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_.-/".contains(c);
    let segments: Vec<&str> = name.trim_start_matches('/').split('/').collect();
    let first = segments[0].to_ascii_lowercase();
    if name.is_empty() || name.len() > 1011 || !name.chars().all(is_plain) || segments.iter().any(|s| s.is_empty()) {
        return Err(error::validation(
            "Parameter name: can't be prefixed with \"ssm\" (case-insensitive). If formed as a path, it can consist of \
             sub-paths divided by slash symbol; each sub-path can be formed as a mix of letters, numbers and the \
             following 3 symbols .-_",
        ));
    }
    if name.contains('/') && !name.starts_with('/') {
        return Err(error::validation(
            "Parameter name must be a fully qualified name: a name that contains a slash begins with one.",
        ));
    }
    if segments.len() > MOST_LEVELS {
        return Err(error::too_deep());
    }
    if first.starts_with("aws") || first.starts_with("ssm") {
        return Err(WireError::new(
            400,
            "AccessDeniedException",
            format!("No access to reserved parameter name: {name}."),
        ));
    }
    Ok(())
}

fn check_value(value: &str) -> Result<(), WireError> {
    if value.is_empty() {
        return Err(error::validation(
            "1 validation error detected: Value '' at 'value' failed to satisfy constraint: Member must have length \
             greater than or equal to 1.",
        ));
    }
    if value.chars().count() > MOST_CHARACTERS {
        return Err(error::validation(
            "Standard tier parameters support a maximum parameter value of 4096 characters. To create a larger \
             parameter value, upgrade the parameter to use the advanced-parameter tier. For more information, see \
             https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-advanced-parameters.html",
        ));
    }
    if value.contains("{{") {
        return Err(error::validation("Parameter value: nested parameters are not supported: {{ }}."));
    }
    Ok(())
}
