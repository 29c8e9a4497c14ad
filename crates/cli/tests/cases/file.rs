//! What is in a file that the program wrote.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde::Deserialize;
use serde_json::Value;

use crate::stage::{check, in_order, values};

/// How much of a file is shown when it is not as it should be.
const LENGTH: usize = 8_000;

/// A file and what it holds.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Written {
    /// The file's name.
    pub(crate) name: String,
    /// Texts that are in it, in this order.
    #[serde(default)]
    pub(crate) holds: Vec<String>,
    /// Texts that are not.
    #[serde(default)]
    pub(crate) lacks: Vec<String>,
    /// Values in the JSON document that it is, by JSON pointer.
    #[serde(default)]
    pub(crate) json: BTreeMap<String, Value>,
    /// What it ends with: a file that was not written whole does not.
    #[serde(default)]
    pub(crate) end: String,
}

impl Written {
    /// Looks at the file below this directory.
    pub(crate) fn check(&self, directory: &Path) -> Result<(), String> {
        let Self { name, holds, lacks, json, end } = self;
        let text = fs::read_to_string(directory.join(name)).map_err(|error| format!("{name}: {error}"))?;
        let begins: String = text.chars().take(LENGTH).collect();
        let wrong = |problem: String| format!("{name}: {problem}\n{begins}");
        in_order(&text, holds).map_err(|missing| wrong(format!("it lacks {missing:?}")))?;
        for found in lacks {
            check(!text.contains(found), || wrong(format!("there is {found:?}")))?;
        }
        check(text.ends_with(end.as_str()), || wrong(format!("it does not end with {end:?}")))?;
        values(&text, json).map_err(wrong)
    }
}
