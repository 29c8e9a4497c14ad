//! Writing a file: YAML in blocks, everything quoted that some reader could take for something else.

use std::fmt::Write as _;

use serde_json::{Map, Value};

/// Text as it grows. Comments keep their place between values.
#[derive(Debug, Default)]
pub(super) struct Page {
    text: String,
}

impl Page {
    /// A comment, each line of it on its own.
    pub(super) fn comment(&mut self, depth: usize, text: &str) {
        for line in text.lines() {
            self.line(depth, &format!("# {}", line.replace(char::is_control, " ")));
        }
    }

    /// A line.
    pub(super) fn line(&mut self, depth: usize, text: &str) {
        // Writing to a string cannot fail.
        let _ = writeln!(self.text, "{:indent$}{text}", "", indent = 2 * depth);
    }

    /// An empty line.
    pub(super) fn gap(&mut self) {
        self.text.push('\n');
    }

    /// A key and its value, below it where it is a mapping or a list of mappings.
    pub(super) fn entry(&mut self, depth: usize, key: &str, value: &Value) {
        match value {
            Value::Object(members) if !members.is_empty() => {
                self.line(depth, &format!("{}:", scalar(key)));
                self.members(depth + 1, members);
            }
            Value::Array(items) if items.iter().any(|item| item.is_object() || item.is_array()) => {
                self.line(depth, &format!("{}:", scalar(key)));
                for item in items {
                    self.item(depth + 1, item);
                }
            }
            Value::Array(items) => {
                let shown: Vec<String> = items.iter().map(flat).collect();
                let line = format!("{}: [{}]", scalar(key), shown.join(", "));
                if shown.len() < 2 || line.len() + 2 * depth <= WIDTH {
                    return self.line(depth, &line);
                }
                self.line(depth, &format!("{}:", scalar(key)));
                for item in shown {
                    self.line(depth + 1, &format!("- {item}"));
                }
            }
            other => self.line(depth, &format!("{}: {}", scalar(key), flat(other))),
        }
    }

    /// The members of a mapping, those of a policy in the order in which people write them.
    pub(super) fn members(&mut self, depth: usize, members: &Map<String, Value>) {
        let mut keys: Vec<&String> = members.keys().collect();
        keys.sort_by_key(|key| (USUAL.iter().position(|usual| usual == key).unwrap_or(USUAL.len()), *key));
        for key in keys {
            if let Some(value) = members.get(key) {
                self.entry(depth, key, value);
            }
        }
    }

    fn item(&mut self, depth: usize, item: &Value) {
        let mut inner = Self::default();
        match item {
            Value::Object(members) if !members.is_empty() => inner.members(depth + 1, members),
            other => inner.line(depth + 1, &flat(other)),
        }
        // The first line's indentation makes room for the dash.
        let at = 2 * depth;
        let _ = write!(self.text, "{:at$}- {}", "", &inner.text[at + 2..]);
    }

    /// The text.
    pub(super) fn finish(self) -> String {
        self.text
    }
}

/// Lists longer than this are written one element a line.
const WIDTH: usize = 120;

/// The keys of a policy document.
const USUAL: [&str; 9] =
    ["Version", "Id", "Statement", "Sid", "Effect", "Action", "NotAction", "Resource", "NotResource"];

/// A value on one line.
fn flat(value: &Value) -> String {
    match value {
        Value::String(text) => scalar(text),
        // JSON is YAML, but an account id must not stand there as a number.
        other => other.to_string(),
    }
}

/// A text as YAML writes it: plain where no reader could take it for anything else, otherwise in double quotes.
pub(super) fn scalar(text: &str) -> String {
    const WORDS: [&str; 9] = ["true", "false", "null", "yes", "no", "on", "off", "y", "n"];
    let is_plain = text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"_./-".contains(&b))
        && !WORDS.contains(&text.to_ascii_lowercase().as_str());
    if is_plain { text.to_owned() } else { Value::from(text).to_string() }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_a_reader_could_mistake_is_quoted() {
        for text in ["0042", "222222222222", "no", "True", "2012-10-17", "a: b", "", "*", "a#b", "1h", "é"] {
            assert!(scalar(text).starts_with('"'), "{text}");
        }
        for text in ["SecurityAudit", "job-function/ViewOnlyAccess", "o-abc123def4", "us-east-1"] {
            assert_eq!(scalar(text), text);
        }
    }

    #[test]
    fn mappings_and_lists_are_written_in_blocks() {
        let mut page = Page::default();
        let policy = json!({
            "Statement": [
                { "Resource": "*", "Effect": "Allow", "Action": ["s3:Get*", "s3:List*"] },
                { "Effect": "Deny", "Action": "iam:*", "Resource": "*", "Condition": { "Bool": { "a:b": "true" } } },
            ],
            "Version": "2012-10-17",
        });
        page.comment(0, "one\ntwo");
        page.entry(0, "policy", &policy);
        page.entry(0, "empty", &json!({}));
        insta::assert_snapshot!(page.finish(), @r#"
        # one
        # two
        policy:
          Version: "2012-10-17"
          Statement:
            - Effect: Allow
              Action: ["s3:Get*", "s3:List*"]
              Resource: "*"
            - Effect: Deny
              Action: "iam:*"
              Resource: "*"
              Condition:
                Bool:
                  "a:b": "true"
        empty: {}
        "#);
    }
}
