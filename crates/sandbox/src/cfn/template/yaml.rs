//! YAML as `CloudFormation` reads it: version 1.1 with the short forms of the intrinsic functions as tags, without aliases
//! and merges (user guide, "`CloudFormation` template formats").

use granit_parser::{Event, Parser, ScalarStyle, Span, StrInput, Tag, options};
use serde_json::{Map, Value, json};

use super::error::{TemplateError, format_error, function_error};

/// How deep lists and mappings may nest; for JSON, `serde_json` has a limit of 128.
const MAX_DEPTH: usize = 100;

/// Reads one document; an empty one is null.
pub(super) fn read(text: &str) -> Result<Value, TemplateError> {
    let mut limits = options! {
        flow_nesting_limit: MAX_DEPTH,
        block_nesting_limit: MAX_DEPTH,
        disallow_directives: true,
    };
    limits.set_emit_comments(false);
    let parser: Parser<'_, StrInput<'_>> = Parser::new_from_str_with_options(text, limits);
    let mut builder = Builder { stack: Vec::new(), root: None };
    for event in parser {
        let (event, span) = event.map_err(|error| malformed(error.marker().line(), error.marker().col() + 1))?;
        builder.event(event, span)?;
    }
    Ok(builder.root.unwrap_or(Value::Null))
}

struct Builder {
    stack: Vec<Open>,
    root: Option<Value>,
}

/// A list or mapping that has not ended.
struct Open {
    tag: Option<String>,
    content: Content,
}

enum Content {
    List(Vec<Value>),
    Mapping { members: Map<String, Value>, key: Option<String> },
}

impl Builder {
    fn event(&mut self, event: Event<'_>, span: Span) -> Result<(), TemplateError> {
        match event {
            Event::DocumentStart(..) if self.root.is_some() => Err(misplaced(span)),
            Event::Scalar(text, style, _, tag) => self.scalar(&text, style, tag.as_deref(), span),
            Event::SequenceStart(_, _, tag) => self.open(tag.as_deref(), Content::List(Vec::new()), span),
            Event::MappingStart(_, _, tag) => {
                self.open(tag.as_deref(), Content::Mapping { members: Map::new(), key: None }, span)
            }
            Event::SequenceEnd | Event::MappingEnd => {
                let Some(Open { tag, content }) = self.stack.pop() else { return Ok(()) };
                let value = match content {
                    Content::List(elements) => Value::Array(elements),
                    Content::Mapping { members, .. } => Value::Object(members),
                };
                self.place(tagged(tag, value), span)
            }
            Event::Alias(_) => Err(function_error("YAML aliases are not allowed in CloudFormation templates")),
            _ => Ok(()),
        }
    }

    fn open(&mut self, tag: Option<&Tag>, content: Content, span: Span) -> Result<(), TemplateError> {
        if self.stack.len() == MAX_DEPTH || self.wants_key() {
            return Err(misplaced(span));
        }
        let tag = match tag {
            Some(tag) if matches!(tag.core_suffix(), Some("map" | "seq")) => None,
            Some(tag) => Some(local(tag, span)?),
            None => None,
        };
        self.stack.push(Open { tag, content });
        Ok(())
    }

    fn scalar(&mut self, text: &str, style: ScalarStyle, tag: Option<&Tag>, span: Span) -> Result<(), TemplateError> {
        if let Some(Open { content: Content::Mapping { key: key @ None, .. }, .. }) = self.stack.last_mut() {
            // A merge; `CloudFormation` has none.
            if text == "<<" && style == ScalarStyle::Plain {
                return Err(misplaced(span));
            }
            *key = Some(text.to_owned());
            return Ok(());
        }
        let value = match tag.map(|tag| (tag, tag.core_suffix())) {
            None if style == ScalarStyle::Plain => plain(text),
            None | Some((_, Some("str"))) => Value::from(text),
            Some((_, Some("bool" | "int" | "float" | "null"))) => plain(text),
            Some((tag, _)) => tagged(Some(local(tag, span)?), Value::from(text)),
        };
        self.place(value, span)
    }

    fn wants_key(&self) -> bool {
        matches!(self.stack.last(), Some(Open { content: Content::Mapping { key: None, .. }, .. }))
    }

    /// Puts a finished value where it belongs. Of two members with one key the last stays, as in JSON.
    fn place(&mut self, value: Value, span: Span) -> Result<(), TemplateError> {
        match self.stack.last_mut().map(|open| &mut open.content) {
            None => self.root = Some(value),
            Some(Content::List(elements)) => elements.push(value),
            Some(Content::Mapping { members, key }) => {
                let key = key.take().ok_or_else(|| misplaced(span))?;
                members.insert(key, value);
            }
        }
        Ok(())
    }
}

/// The name of a short form: `Sub` for `!Sub`.
fn local(tag: &Tag, span: Span) -> Result<String, TemplateError> {
    if tag.handle() == "!" && !tag.suffix().is_empty() { Ok(tag.suffix().to_owned()) } else { Err(misplaced(span)) }
}

/// The long form of a short one.
fn tagged(tag: Option<String>, value: Value) -> Value {
    let Some(name) = tag else { return value };
    match (name.as_str(), value) {
        ("Ref" | "Condition", value) => json!({ name: value }),
        (_, value) => json!({ format!("Fn::{name}"): value }),
    }
}

/// What a scalar without quotes is.
///
/// A number with a leading zero, an underscore or a fraction stays the text it is: nothing in IAM wants such a number, and
/// account ids and versions must not be bent into one.
fn plain(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Value::Null,
        "true" | "True" | "TRUE" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" => return Value::Bool(true),
        "false" | "False" | "FALSE" | "no" | "No" | "NO" | "off" | "Off" | "OFF" => return Value::Bool(false),
        _ => {}
    }
    let digits = text.strip_prefix('-').unwrap_or(text);
    let decimal = digits == "0" || !digits.starts_with('0') && digits.bytes().all(|byte| byte.is_ascii_digit());
    match text.parse::<i64>() {
        Ok(number) if decimal => Value::from(number),
        _ => Value::from(text),
    }
}

fn misplaced(span: Span) -> TemplateError {
    malformed(span.start.line(), span.start.col() + 1)
}

fn malformed(line: usize, column: usize) -> TemplateError {
    format_error(format!("YAML not well-formed. (line {line}, column {column})"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::read;

    #[test]
    fn short_forms_are_long_forms() {
        let text = "a: !Ref X\nb: !GetAtt X.Arn\nc: !Sub '${X}-y'\nd: !If [C, !Ref X, 2]\ne: !Not [!Condition C]\n\
                    f: !Join\n  - ','\n  - - !Ref X\n    - 2\ng: !Sub 12\nh:\n  Fn::Base64: !Sub x\n";
        let wanted = json!({
            "a": { "Ref": "X" },
            "b": { "Fn::GetAtt": "X.Arn" },
            "c": { "Fn::Sub": "${X}-y" },
            "d": { "Fn::If": ["C", { "Ref": "X" }, 2] },
            "e": { "Fn::Not": [{ "Condition": "C" }] },
            "f": { "Fn::Join": [",", [{ "Ref": "X" }, 2]] },
            "g": { "Fn::Sub": "12" },
            "h": { "Fn::Base64": { "Fn::Sub": "x" } },
        });
        assert_eq!(read(text).unwrap(), wanted);
    }

    #[test]
    fn dates_account_ids_and_versions_stay_texts() {
        let text = "a: 2012-10-17\nb: 012345678901\nc: 123456789012\nd: '3600'\ne: 3600\nf: 1.10\ng: -5\nh: yes\n\
                    i: !!str 7\nj: 0\n12: k\nl: 123456789012345678901234567890";
        let wanted = json!({
            "a": "2012-10-17", "b": "012345678901", "c": 123_456_789_012_i64, "d": "3600", "e": 3600, "f": "1.10",
            "g": -5, "h": true, "i": "7", "j": 0, "12": "k", "l": "123456789012345678901234567890",
        });
        assert_eq!(read(text).unwrap(), wanted);
    }

    #[test]
    fn aliases_merges_foreign_tags_and_second_documents_are_refused() {
        for (text, wanted) in [
            ("a: &x 1\nb: *x", "Template error: YAML aliases are not allowed in CloudFormation templates"),
            ("a:\n  <<: {b: 1}", "Template format error: YAML not well-formed. (line 2, column 3)"),
            ("a: !!binary eA==", "Template format error: YAML not well-formed. (line 1, column 13)"),
            ("a: 1\n---\nb: 1", "Template format error: YAML not well-formed. (line 2, column 1)"),
            ("? [a]\n: b", "Template format error: YAML not well-formed. (line 1, column 3)"),
            ("a: b: c", "Template format error: YAML not well-formed. (line 1, column 5)"),
        ] {
            assert_eq!(read(text).unwrap_err().to_string(), wanted, "{text}");
        }
    }
}
