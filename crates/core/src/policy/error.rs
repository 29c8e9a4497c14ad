//! What is wrong with a policy document, and where in it.

use std::fmt;

use serde_json::Value;

/// A document that cannot be taken as a policy.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum PolicyError {
    /// The text is not JSON, or is JSON that has two readings: a key given twice, a number that is not a whole one.
    #[error("the text is not usable JSON: {reason}")]
    Json {
        /// What the JSON reader says, with the place.
        reason: String,
        /// The line in the text, from 1; 0 when the reader could not tell.
        line: usize,
        /// The column in the line, in bytes from 1; 0 when the reader could not tell.
        column: usize,
    },
    /// The document is JSON, but not a policy that IAM would accept. Never empty, in the order of the document's paths.
    #[error("{}", Listed(.0))]
    Invalid(Vec<Problem>),
}

impl PolicyError {
    pub(super) fn json(error: &serde_json::Error) -> Self {
        Self::Json { reason: error.to_string(), line: error.line(), column: error.column() }
    }

    /// Every problem found, in the order of the document's paths; empty when the text is not JSON at all.
    pub fn problems(&self) -> &[Problem] {
        match self {
            Self::Json { .. } => &[],
            Self::Invalid(problems) => problems,
        }
    }
}

struct Listed<'a>(&'a [Problem]);

impl fmt::Display for Listed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.0.iter().enumerate() {
            let separator = if index == 0 { "" } else { "; " };
            write!(f, "{separator}{problem}")?;
        }
        Ok(())
    }
}

/// One thing wrong with a policy document.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Problem {
    /// Where it is.
    pub path: DocPath,
    /// What stands there, as a noun phrase: `the number 12`, `no Principal`.
    pub found: String,
    /// What would have been accepted, as a noun phrase.
    pub expected: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: found {}, expected {}", self.path, self.found, self.expected)
    }
}

/// A place in a document, from the outside in. It is shown as `Statement[1].Action`; the empty path is the whole document.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct DocPath(pub Vec<Segment>);

/// One step of a [`DocPath`].
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Segment {
    /// Into the value of this key.
    Key(String),
    /// Into the list element with this index, from 0.
    Index(usize),
}

impl fmt::Display for DocPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("the document");
        }
        for (depth, segment) in self.0.iter().enumerate() {
            match segment {
                Segment::Index(index) => write!(f, "[{index}]")?,
                Segment::Key(key) if key.is_empty() || !key.bytes().all(|b| b.is_ascii_alphanumeric()) => {
                    write!(f, "[{key:?}]")?;
                }
                Segment::Key(key) if depth == 0 => f.write_str(key)?,
                Segment::Key(key) => write!(f, ".{key}")?,
            }
        }
        Ok(())
    }
}

/// A place in a document while it is being read. It borrows, so that a sound document costs no path.
#[derive(Clone, Copy)]
pub(super) enum At<'a> {
    Root,
    Key(&'a At<'a>, &'a str),
    Index(&'a At<'a>, usize),
}

impl<'a> At<'a> {
    pub(super) fn key(&'a self, key: &'a str) -> At<'a> {
        At::Key(self, key)
    }

    pub(super) fn index(&'a self, index: usize) -> At<'a> {
        At::Index(self, index)
    }

    fn path(&self) -> DocPath {
        let mut segments = Vec::new();
        let mut here = self;
        loop {
            here = match here {
                At::Root => break,
                At::Key(parent, key) => {
                    segments.push(Segment::Key((*key).to_owned()));
                    parent
                }
                At::Index(parent, index) => {
                    segments.push(Segment::Index(*index));
                    parent
                }
            };
        }
        segments.reverse();
        DocPath(segments)
    }
}

/// The value could not be read, and [`Problems`] holds the reason.
#[derive(Debug)]
pub(super) struct Reported;

/// The problems found so far.
#[derive(Default)]
pub(super) struct Problems(Vec<Problem>);

impl Problems {
    /// Notes a problem. What it gives back lets a reader end with `return Err(problems.report(..))`.
    pub(super) fn report(&mut self, at: &At<'_>, found: impl Into<String>, expected: impl Into<String>) -> Reported {
        self.0.push(Problem { path: at.path(), found: found.into(), expected: expected.into() });
        Reported
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn into_error(mut self) -> PolicyError {
        self.0.sort();
        self.0.dedup();
        PolicyError::Invalid(self.0)
    }
}

/// A value as a noun phrase, cut to a length that fits a message.
pub(super) fn describe(value: &Value) -> String {
    match value {
        Value::Null => "nothing".to_owned(),
        Value::Bool(value) => format!("the boolean {value}"),
        Value::Number(number) => format!("the number {number}"),
        Value::String(text) => quoted(text),
        Value::Array(items) if items.is_empty() => "an empty list".to_owned(),
        Value::Array(_) => "a list".to_owned(),
        Value::Object(fields) if fields.is_empty() => "an empty mapping".to_owned(),
        Value::Object(_) => "a mapping".to_owned(),
    }
}

/// A text between backquotes, cut to a length that fits a message.
pub(super) fn quoted(text: &str) -> String {
    const LONGEST: usize = 80;
    match text.char_indices().nth(LONGEST) {
        None => format!("`{text}`"),
        Some((end, _)) => format!("`{}...`", &text[..end]),
    }
}
