//! Policy documents, compared by what they mean.
//!
//! IAM gives the same grant many spellings: a scalar or a list of one, any order, an account id or its root ARN. A
//! comparison of texts sees drift where there is none; a careless comparison of meanings misses drift that is there.
//! [`PolicyDoc`] folds exactly the differences that AWS documents as having no effect (IAM User Guide, "IAM JSON policy
//! reference"), and nothing else: where the documentation is silent, two documents differ.

mod condition;
mod document;
mod error;
mod inspect;
mod json;
mod principal;
mod read;
mod split;
mod statement;
#[cfg(test)]
mod tests;
mod validate;

use std::cmp::Ordering;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

pub use self::condition::{Absent, Comparison, Condition, Operator, Quantifier};
pub use self::error::{DocPath, PolicyError, Problem, Segment};
pub use self::principal::{PrincipalType, Principals};
pub use self::read::Element;
pub use self::split::{Oversized, Unsplittable};
pub use self::statement::{Effect, Statement};

use self::document::Document;
use self::error::Problems;
use self::json::Unambiguous;
use crate::ids::Partition;

/// What a policy document is for, which decides what it must and must not have.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PolicyKind {
    /// A role's trust policy: principals, and no resources.
    Trust,
    /// An inline policy of a role: resources, and no principals.
    Permission,
}

/// A policy document in canonical form; two documents that mean the same are `==`.
///
/// `Sid` and `Id` have no effect on what a document grants: they are kept and written, not compared. Cloning is cheap.
/// Comparing documents that share their content costs nothing, so a caller that meets one text often reads it once.
///
/// It is serialized as its JSON. Deserializing never refuses a document as [`PolicyDoc::from_value`] does, because what
/// was saved may be a live document of any shape; use it for what Rolecall wrote, never for what a user wrote.
#[derive(Clone, Debug)]
pub struct PolicyDoc(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    /// Equal for documents that mean the same, and for no others.
    meaning: Box<str>,
    content: Content,
}

#[derive(Debug)]
enum Content {
    Understood(Document),
    /// A live document that Rolecall cannot interpret: equal to nothing but itself. Text that is not JSON is a string.
    Opaque(Value),
}

impl PolicyDoc {
    /// Reads a document that a user wrote, and refuses whatever IAM would refuse or would not understand as written.
    ///
    /// The error lists every problem, each with its path in the document.
    pub fn from_value(value: &Value, kind: PolicyKind, partition: Partition) -> Result<Self, PolicyError> {
        let mut problems = Problems::default();
        let document = Document::read(value, partition, &mut problems);
        validate::check(value, kind, &mut problems);
        match document {
            Ok(document) if problems.is_empty() => Ok(Self::understood(document)),
            _ => Err(problems.into_error()),
        }
    }

    /// Reads a JSON text that a user wrote; as [`PolicyDoc::from_value`], and also refuses a key given twice.
    pub fn parse(text: &str, kind: PolicyKind, partition: Partition) -> Result<Self, PolicyError> {
        let Unambiguous(value) = serde_json::from_str(text).map_err(|error| PolicyError::json(&error))?;
        Self::from_value(&value, kind, partition)
    }

    /// Reads a document as IAM returned it, percent-decoded. It never fails: what cannot be understood differs from
    /// every document that can, so that it is seen as drift. What IAM stores has passed IAM's own checks of its kind.
    pub fn from_live(text: &str, _kind: PolicyKind, partition: Partition) -> Self {
        match serde_json::from_str(text) {
            Ok(Unambiguous(value)) => Self::from_any(value, partition),
            Err(_) => Self::opaque(Value::from(text)),
        }
    }

    fn from_any(value: Value, partition: Partition) -> Self {
        match Document::read(&value, partition, &mut Problems::default()) {
            Ok(document) => Self::understood(document),
            Err(_) => Self::opaque(value),
        }
    }

    fn understood(document: Document) -> Self {
        let meaning = document.meaning().into();
        Self(Arc::new(Inner { meaning, content: Content::Understood(document) }))
    }

    /// The meaning of an understood document is a JSON list; that of an opaque one begins with a word, so they never meet.
    fn opaque(value: Value) -> Self {
        let meaning = format!("opaque {value}").into();
        Self(Arc::new(Inner { meaning, content: Content::Opaque(value) }))
    }

    /// The document as JSON in canonical form, ready to send: lists sorted, a list of one as its element, AWS accounts
    /// as root ARNs, `Version` always there. Reading it gives an equal document.
    pub fn to_value(&self) -> Value {
        match &self.0.content {
            Content::Understood(document) => written(serde_json::to_value(document)),
            Content::Opaque(value) => value.clone(),
        }
    }

    /// The document as compact JSON, its keys in the order in which people write them.
    pub fn to_json(&self) -> String {
        written(serde_json::to_string(self))
    }

    /// The document as JSON indented by two spaces, for line diffs; its keys in the order in which people write them.
    pub fn to_pretty(&self) -> String {
        written(serde_json::to_string_pretty(self))
    }

    /// A text that is the same for equal documents and for no others; for digests, not for reading. Digests are kept
    /// in tags of live roles, so a change to this text makes roles look changed.
    pub fn meaning(&self) -> &str {
        &self.0.meaning
    }

    /// The size that IAM counts against its quotas: characters without white space (IAM User Guide, "IAM and AWS STS
    /// quotas").
    pub fn size(&self) -> usize {
        match &self.0.content {
            Content::Opaque(Value::String(text)) => text.chars().filter(|c| !c.is_whitespace()).count(),
            _ => self.to_json().chars().filter(|c| !c.is_whitespace()).count(),
        }
    }
}

/// A document is made of texts, lists and mappings with text keys: writing it to memory has no way to fail.
fn written<T: Default>(result: serde_json::Result<T>) -> T {
    result.unwrap_or_default()
}

impl PartialEq for PolicyDoc {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.0.meaning == other.0.meaning
    }
}

impl Eq for PolicyDoc {}

impl PartialOrd for PolicyDoc {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for PolicyDoc {
    fn cmp(&self, other: &Self) -> Ordering {
        if Arc::ptr_eq(&self.0, &other.0) { Ordering::Equal } else { self.0.meaning.cmp(&other.0.meaning) }
    }
}

impl Hash for PolicyDoc {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.meaning.hash(state);
    }
}

impl Serialize for PolicyDoc {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.0.content {
            Content::Understood(document) => document.serialize(serializer),
            Content::Opaque(value) => value.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for PolicyDoc {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // Account ids are ARNs in what was saved, so the partition has nothing left to decide.
        Unambiguous::deserialize(deserializer).map(|Unambiguous(value)| Self::from_any(value, Partition::Aws))
    }
}
