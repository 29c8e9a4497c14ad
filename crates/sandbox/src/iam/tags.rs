//! Tags of IAM's entities.

use std::collections::{BTreeMap, BTreeSet};

use super::IamError;

/// Tags, by key. Keys are unique without regard to case.
pub(crate) type TagMap = BTreeMap<String, String>;

/// At most this many tags on an entity.
const MAX_TAGS: usize = 50;

/// The tags of an entity that is being made.
pub(crate) fn new(tags: &[(String, String)]) -> Result<TagMap, IamError> {
    let mut map = TagMap::new();
    merge(&mut map, tags)?;
    Ok(map)
}

/// Adds tags to what is there: same key (without regard to case) overwrites.
pub(super) fn merge(tags: &mut TagMap, new: &[(String, String)]) -> Result<(), IamError> {
    let mut seen = BTreeSet::new();
    let mut merged = tags.clone();
    for (number, (key, value)) in new.iter().enumerate() {
        check_tag(number + 1, key, value)?;
        if !seen.insert(key.to_lowercase()) {
            return Err(IamError::invalid("Duplicate tag keys found. Please note that Tag keys are case insensitive."));
        }
        let lower = key.to_lowercase();
        merged.retain(|present, _| present.to_lowercase() != lower);
        merged.insert(key.clone(), value.clone());
    }
    if merged.len() > MAX_TAGS {
        return Err(IamError::limit(format!("The number of tags has reached the maximum limit of {MAX_TAGS}.")));
    }
    *tags = merged;
    Ok(())
}

/// Removes tags by key, without regard to case; keys that are not there are ignored.
pub(super) fn remove(tags: &mut TagMap, keys: &[&str]) {
    let keys: BTreeSet<String> = keys.iter().map(|key| key.to_lowercase()).collect();
    tags.retain(|key, _| !keys.contains(&key.to_lowercase()));
}

fn check_tag(number: usize, key: &str, value: &str) -> Result<(), IamError> {
    let fits = |text: &str| {
        text.chars().all(|character| character.is_alphanumeric() || character == ' ' || "_.:/=+-@".contains(character))
    };
    if key.is_empty() {
        return Err(violation(number, key, "key", "have length greater than or equal to 1"));
    }
    if key.chars().count() > 128 {
        return Err(violation(number, key, "key", "have length less than or equal to 128"));
    }
    if value.chars().count() > 256 {
        return Err(violation(number, value, "value", "have length less than or equal to 256"));
    }
    if key.to_lowercase().starts_with("aws:") {
        return Err(IamError::invalid("Tag keys starting with 'aws:' are reserved for internal use"));
    }
    if !fits(key) {
        return Err(violation(number, key, "key", r"satisfy regular expression pattern: [\p{L}\p{Z}\p{N}_.:/=+\-@]+"));
    }
    if !fits(value) {
        let must = r"satisfy regular expression pattern: [\p{L}\p{Z}\p{N}_.:/=+\-@]*";
        return Err(violation(number, value, "value", must));
    }
    Ok(())
}

fn violation(number: usize, text: &str, member: &str, must: &str) -> IamError {
    IamError::validation(format!(
        "1 validation error detected: Value '{text}' at 'tags.{number}.member.{member}' failed to satisfy constraint: \
         Member must {must}"
    ))
}
