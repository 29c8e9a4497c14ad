//! Tags of the root, units and accounts.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::input::{self, ResourceInput, Tag, TagInput, UntagInput};
use super::{error, list, read};
use crate::wire::{Call, WireError};
use crate::world::World;

const MAX_TAGS: usize = 50;

/// `ListTagsForResource`.
pub(super) fn list(world: &World, call: &Call<Value>) -> Result<Value, WireError> {
    let ResourceInput { resource_id } = input::read(call)?;
    check_resource(world, &resource_id)?;
    let none = BTreeMap::new();
    let tags = world.org.tags.get(&resource_id).unwrap_or(&none);
    list::page(
        world,
        call,
        "Tags",
        |position| read::after(tags, position).map(|(key, value)| (key, (key, value))),
        |(key, value)| json!({ "Key": key, "Value": value }),
    )
}

/// `TagResource`.
pub(super) fn tag(world: &mut World, call: &Call<Value>) -> Result<Value, WireError> {
    let TagInput { resource_id, tags } = input::read(call)?;
    check_resource(world, &resource_id)?;
    let tags = checked(tags)?;
    let mut merged = world.org.tags.get(&resource_id).cloned().unwrap_or_default();
    merged.extend(tags);
    check_count(&merged)?;
    world.org.tags.insert(resource_id, merged);
    Ok(json!({}))
}

/// `UntagResource`.
pub(super) fn untag(world: &mut World, call: &Call<Value>) -> Result<Value, WireError> {
    let UntagInput { resource_id, tag_keys } = input::read(call)?;
    check_resource(world, &resource_id)?;
    if let Some(tags) = world.org.tags.get_mut(&resource_id) {
        tags.retain(|key, _| !tag_keys.contains(key));
    }
    Ok(json!({}))
}

/// Tags as a map, refused when a key comes twice or belongs to AWS.
pub(super) fn checked(tags: Vec<Tag>) -> Result<BTreeMap<String, String>, WireError> {
    let mut out = BTreeMap::new();
    for Tag { key, value } in tags {
        if key.to_lowercase().starts_with("aws:") {
            return Err(error::invalid("INVALID_SYSTEM_TAGS_PARAMETER", "Tag keys cannot begin with aws:."));
        }
        if key.is_empty() || key.chars().count() > 128 || value.chars().count() > 256 {
            return Err(error::invalid("MAX_LENGTH_EXCEEDED", "A tag key has 1 to 128 characters, a value up to 256."));
        }
        if out.insert(key, value).is_some() {
            return Err(error::invalid("DUPLICATE_TAG_KEY", "Tag keys must be unique among the tags."));
        }
    }
    check_count(&out)?;
    Ok(out)
}

fn check_count(tags: &BTreeMap<String, String>) -> Result<(), WireError> {
    if tags.len() <= MAX_TAGS {
        return Ok(());
    }
    Err(error::constraint("MAX_TAG_LIMIT_EXCEEDED", "You have exceeded the number of tags for this resource."))
}

fn check_resource(world: &World, id: &str) -> Result<(), WireError> {
    if !world.org.path(id).is_empty() || world.org.policies.known.contains_key(id) {
        Ok(())
    } else {
        Err(error::target_not_found())
    }
}
