//! A template's text as a JSON value.

use serde_json::Value;

use super::error::{TemplateError, format_error, other_error};
use super::yaml;

/// Reads JSON, when the text begins with a brace as `CloudFormation` tells the two apart, or else YAML.
///
/// # Errors
/// The text is not well-formed, not a mapping, or has a null somewhere.
pub(super) fn read(text: &str) -> Result<Value, TemplateError> {
    let value = if text.trim_start().starts_with('{') {
        serde_json::from_str(text).map_err(|error| {
            let (line, column) = (error.line(), error.column());
            format_error(format!("JSON not well-formed. (line {line}, column {column})"))
        })?
    } else {
        yaml::read(text)?
    };
    if !value.is_object() {
        return Err(format_error("unsupported structure."));
    }
    refuse_nulls(&value, &mut Vec::new())?;
    Ok(value)
}

fn refuse_nulls(value: &Value, path: &mut Vec<String>) -> Result<(), TemplateError> {
    match value {
        Value::Null => Err(other_error(format!("[/{}] 'null' values are not allowed in templates", path.join("/")))),
        Value::Array(elements) => elements.iter().enumerate().try_for_each(|(index, element)| {
            path.push(index.to_string());
            refuse_nulls(element, path)?;
            path.pop();
            Ok(())
        }),
        Value::Object(members) => members.iter().try_for_each(|(key, member)| {
            path.push(key.clone());
            refuse_nulls(member, path)?;
            path.pop();
            Ok(())
        }),
        Value::Bool(_) | Value::Number(_) | Value::String(_) => Ok(()),
    }
}

/// The text of a text, number or truth value, as `CloudFormation` passes it on where a text belongs.
pub(super) fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(truth) => Some(truth.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::read;

    fn refusal(text: &str) -> String {
        read(text).unwrap_err().to_string()
    }

    #[test]
    fn json_and_yaml_are_told_apart_by_the_first_brace() {
        assert_eq!(read(" {\"a\": [1, true]}").unwrap(), json!({ "a": [1, true] }));
        assert_eq!(read("a: [1, true]").unwrap(), json!({ "a": [1, true] }));
        assert_eq!(refusal("{a: 1}"), "Template format error: JSON not well-formed. (line 1, column 2)");
    }

    #[test]
    fn a_template_is_a_mapping() {
        for text in ["", "   ", "just text", "- a", "12"] {
            assert_eq!(refusal(text), "Template format error: unsupported structure.", "{text:?}");
        }
    }

    #[test]
    fn a_null_is_refused_with_its_place() {
        let wanted = "[/a/1/b] 'null' values are not allowed in templates";
        assert_eq!(refusal("a:\n- x\n- b:\n"), wanted);
        assert_eq!(refusal(r#"{"a": ["x", {"b": null}]}"#), wanted);
    }

    #[test]
    fn nesting_is_bounded_in_both_languages() {
        assert!(refusal(&format!("{{\"a\": {}", "[".repeat(100_000))).contains("JSON not well-formed"));
        assert!(refusal(&format!("a: {}", "[".repeat(100_000))).contains("YAML not well-formed"));
    }
}
