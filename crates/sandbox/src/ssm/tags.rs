//! Tags of parameters.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::error;
use super::handle::place;
use super::input::{self, ResourceInput, Tag, TagInput, UntagInput};
use super::model::Parameter;
use crate::wire::{Call, WireError};
use crate::world::World;

const MOST_TAGS: usize = 50;

/// `AddTagsToResource`.
pub(super) fn add(world: &mut World, call: &Call<Value>) -> Result<Value, WireError> {
    let TagInput { tags } = input::read(call)?;
    let added = checked(tags)?;
    let parameter = tagged(world, call)?;
    let mut merged = parameter.tags.clone();
    merged.extend(added);
    if merged.len() > MOST_TAGS {
        return Err(error::too_many_tags());
    }
    parameter.tags = merged;
    Ok(Value::Object(Map::new()))
}

/// `RemoveTagsFromResource`.
pub(super) fn remove(world: &mut World, call: &Call<Value>) -> Result<Value, WireError> {
    let UntagInput { tag_keys } = input::read(call)?;
    tagged(world, call)?.tags.retain(|key, _| !tag_keys.contains(key));
    Ok(Value::Object(Map::new()))
}

/// `ListTagsForResource`.
pub(super) fn list(world: &mut World, call: &Call<Value>) -> Result<Value, WireError> {
    let tags = &tagged(world, call)?.tags;
    let list: Vec<Value> = tags.iter().map(|(key, value)| json!({ "Key": key, "Value": value })).collect();
    Ok(json!({ "TagList": list }))
}

/// Tags as a map, refused when a key belongs to AWS.
pub(super) fn checked(tags: Vec<Tag>) -> Result<BTreeMap<String, String>, WireError> {
    if tags.len() > MOST_TAGS {
        return Err(error::too_many_tags());
    }
    let mut map = BTreeMap::new();
    for Tag { key, value } in tags {
        if key.is_empty() || key.chars().count() > 128 || value.chars().count() > 256 {
            return Err(error::validation("A tag key has 1 to 128 characters, a value up to 256."));
        }
        if key.to_ascii_lowercase().starts_with("aws:") {
            return Err(error::validation("aws: prefixed tag key names are not allowed for external use."));
        }
        map.insert(key, value);
    }
    Ok(map)
}

fn tagged<'a>(world: &'a mut World, call: &Call<Value>) -> Result<&'a mut Parameter, WireError> {
    let ResourceInput { resource_type, resource_id } = input::read(call)?;
    if resource_type != "Parameter" {
        return Err(error::invalid_resource_type(&resource_type));
    }
    world.ssm.of_mut(place(call)).get_mut(&resource_id).ok_or_else(|| error::invalid_resource_id(&resource_id))
}
