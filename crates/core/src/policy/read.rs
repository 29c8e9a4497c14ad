//! The shapes that every part of a policy document is made of, and how they are written back.

use serde::ser::{Serialize, SerializeSeq, Serializer};
use serde_json::{Map, Value};

use super::error::{At, Problems, Reported, describe};

/// Whether an element is given as itself or as its `Not` form: `Action` or `NotAction`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Element<T> {
    /// What is listed (`Action`, `Resource`, `Principal`).
    Listed(T),
    /// Everything except what is listed (`NotAction`, `NotResource`, `NotPrincipal`).
    AllBut(T),
}

impl<T> Element<T> {
    /// What is listed, whichever way it counts.
    pub fn list(&self) -> &T {
        match self {
            Self::Listed(list) | Self::AllBut(list) => list,
        }
    }

    /// The name of the form, for the canonical text of a statement.
    pub(super) fn form(&self) -> &'static str {
        match self {
            Self::Listed(_) => "Listed",
            Self::AllBut(_) => "AllBut",
        }
    }

    /// The key of the document that the element stands under, given those of the two forms.
    pub(super) fn key(&self, [listed, all_but]: [&'static str; 2]) -> &'static str {
        match self {
            Self::Listed(_) => listed,
            Self::AllBut(_) => all_but,
        }
    }

    /// Reads an element from whichever of its two keys is there.
    pub(super) fn read(
        fields: &Map<String, Value>,
        [listed, all_but]: [&'static str; 2],
        at: &At<'_>,
        problems: &mut Problems,
        read: impl Fn(&Value, &At<'_>, &mut Problems) -> Result<T, Reported>,
    ) -> Result<Option<Self>, Reported> {
        match (fields.get(listed), fields.get(all_but)) {
            (None, None) => Ok(None),
            (Some(value), None) => read(value, &at.key(listed), problems).map(|list| Some(Self::Listed(list))),
            (None, Some(value)) => read(value, &at.key(all_but), problems).map(|list| Some(Self::AllBut(list))),
            (Some(_), Some(_)) => {
                Err(problems.report(at, format!("both {listed} and {all_but}"), format!("{listed} or {all_but}")))
            }
        }
    }
}

/// Reads a mapping.
pub(super) fn object<'v>(
    value: &'v Value,
    at: &At<'_>,
    problems: &mut Problems,
) -> Result<&'v Map<String, Value>, Reported> {
    match value {
        Value::Object(fields) => Ok(fields),
        other => Err(problems.report(at, describe(other), "a mapping")),
    }
}

/// Reads a text.
pub(super) fn text(value: &Value, at: &At<'_>, problems: &mut Problems) -> Result<String, Reported> {
    match value {
        Value::String(text) => Ok(text.clone()),
        other => Err(problems.report(at, describe(other), "a string")),
    }
}

/// Refuses keys that are not among those known: a misspelt `Condition` would otherwise widen what a statement grants.
pub(super) fn only_keys(
    fields: &Map<String, Value>,
    known: &[&str],
    at: &At<'_>,
    problems: &mut Problems,
) -> Result<(), Reported> {
    let mut result = Ok(());
    for key in fields.keys().filter(|key| !known.contains(&key.as_str())) {
        result = Err(problems.report(&at.key(key), "an unknown key", format!("one of {}", known.join(", "))));
    }
    result
}

/// Reads a value that stands alone or in a list; both mean the same. All elements are read even when one fails.
pub(super) fn one_or_many<'v, T>(
    value: &'v Value,
    at: &At<'_>,
    mut read: impl FnMut(&'v Value, &At<'_>) -> Result<T, Reported>,
) -> Result<Vec<T>, Reported> {
    let Value::Array(items) = value else {
        return read(value, at).map(|one| vec![one]);
    };
    let results: Vec<_> = items.iter().enumerate().map(|(index, item)| read(item, &at.index(index))).collect();
    results.into_iter().collect()
}

/// Reads one or many texts into a sorted list without duplicates.
pub(super) fn texts(value: &Value, at: &At<'_>, problems: &mut Problems) -> Result<Vec<String>, Reported> {
    let mut texts = one_or_many(value, at, |item, at| text(item, at, problems))?;
    texts.sort();
    texts.dedup();
    Ok(texts)
}

/// Reads one or many texts, of which there must be one at least.
pub(super) fn some_texts(value: &Value, at: &At<'_>, problems: &mut Problems) -> Result<Vec<String>, Reported> {
    let texts = texts(value, at, problems)?;
    if texts.is_empty() {
        return Err(problems.report(at, "an empty list", "at least one string"));
    }
    Ok(texts)
}

/// Writes a list with one element as that element, which is how people write it.
pub(super) struct OneOrMany<'a>(pub(super) &'a [String]);

impl Serialize for OneOrMany<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if let [one] = self.0 {
            return serializer.serialize_str(one);
        }
        let mut seq = serializer.serialize_seq(Some(self.0.len()))?;
        for text in self.0 {
            seq.serialize_element(text)?;
        }
        seq.end()
    }
}
