//! Fault files: a list of rules as YAML or JSON.

use super::rule::FaultRule;

/// Why a text is no fault file, with its place in the text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct FaultFileError(String);

impl FaultRule {
    /// Reads a list of rules, as YAML or JSON; an empty text is an empty list.
    ///
    /// # Errors
    /// Syntax errors, unknown keys, wrong types and rules that could never apply, with line, column and an excerpt.
    pub fn parse_list(text: &str) -> Result<Vec<Self>, FaultFileError> {
        if text.trim().is_empty() {
            return Ok(Vec::new());
        }
        let options = serde_saphyr::options! { strict_booleans: true };
        serde_saphyr::from_str_with_options(text, options).map_err(|error| {
            let text = error.to_string();
            FaultFileError(text.strip_prefix("error: ").unwrap_or(&text).to_owned())
        })
    }
}
