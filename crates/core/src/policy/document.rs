//! A whole policy document.

use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::{Value, json};

use crate::ids::Partition;

use super::error::{At, Problems, Reported, describe};
use super::read::{object, one_or_many, only_keys, text};
use super::statement::Statement;

pub(super) const ID: &str = "Id";
pub(super) const STATEMENT: &str = "Statement";
const VERSION: &str = "Version";

/// The version of the policy language.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Version {
    /// `2008-10-17`, also of a document that names none: policy variables are plain text.
    V2008,
    /// `2012-10-17`.
    V2012,
}

impl Version {
    fn as_str(self) -> &'static str {
        match self {
            Self::V2008 => "2008-10-17",
            Self::V2012 => "2012-10-17",
        }
    }

    fn read(value: &Value, at: &At<'_>, problems: &mut Problems) -> Result<Self, Reported> {
        [Self::V2012, Self::V2008]
            .into_iter()
            .find(|version| value.as_str() == Some(version.as_str()))
            .ok_or_else(|| problems.report(at, describe(value), "2012-10-17 or 2008-10-17"))
    }
}

/// A policy document that was understood.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Document {
    version: Version,
    id: Option<String>,
    /// In an order that does not depend on the order they were written in.
    pub(super) statements: Vec<Statement>,
    /// The order in which they were written, which has no meaning: each one's number and its place in `statements`.
    written: Vec<(usize, usize)>,
}

impl Document {
    pub(super) fn read(value: &Value, partition: Partition, problems: &mut Problems) -> Result<Self, Reported> {
        let at = At::Root;
        let fields = object(value, &at, problems)?;
        let keys = only_keys(fields, &[VERSION, ID, STATEMENT], &at, problems);
        let version = match fields.get(VERSION) {
            None => Ok(Version::V2008),
            Some(version) => Version::read(version, &at.key(VERSION), problems),
        };
        let id = fields.get(ID).map(|id| text(id, &at.key(ID), problems)).transpose();
        let statements = match fields.get(STATEMENT) {
            None => Err(problems.report(&at, "no Statement", "at least one statement")),
            Some(Value::Array(none)) if none.is_empty() => {
                Err(problems.report(&at.key(STATEMENT), "an empty list", "at least one statement"))
            }
            Some(value) => {
                one_or_many(value, &at.key(STATEMENT), |value, at| Statement::read(value, at, partition, problems))
            }
        };
        keys?;
        let (statements, written) = sorted(statements?);
        Ok(Self { version: version?, id: id?, statements, written })
    }

    /// The statements in the order in which they were written, and their numbers from 0; one that was written twice is here
    /// once.
    pub(super) fn as_written(&self) -> impl Iterator<Item = (usize, &Statement)> {
        self.written.iter().filter_map(|(number, place)| Some((*number, self.statements.get(*place)?)))
    }

    /// The same document with other statements.
    pub(super) fn with(&self, statements: Vec<Statement>) -> Self {
        let (statements, written) = sorted(statements);
        Self { version: self.version, id: self.id.clone(), statements, written }
    }

    /// The document in canonical form: equal for documents that cannot be told apart by any request.
    pub(super) fn meaning(&self) -> String {
        let Self { version, id: _, statements, written: _ } = self;
        let mut statements: Vec<_> = statements.iter().map(Statement::meaning).collect();
        statements.sort();
        statements.dedup();
        json!([version.as_str(), statements]).to_string()
    }
}

/// Sorts by Sid first, so that a changed statement keeps its place in a line diff, then by meaning, then by how it is
/// written, so that the order never depends on the order given. The second list says in the order given which statement went
/// where.
fn sorted(statements: Vec<Statement>) -> (Vec<Statement>, Vec<(usize, usize)>) {
    let mut numbered: Vec<(usize, Statement)> = statements.into_iter().enumerate().collect();
    numbered.sort_by_cached_key(|(_, statement)| {
        (statement.sid.clone(), statement.meaning(), serde_json::to_string(statement).unwrap_or_default())
    });
    // The sort is stable, so of equal statements the one that was written first stays.
    numbered.dedup_by(|(_, later), (_, first)| later == first);
    let mut places: Vec<(usize, usize)> =
        numbered.iter().enumerate().map(|(place, (number, _))| (*number, place)).collect();
    places.sort_unstable();
    (numbered.into_iter().map(|(_, statement)| statement).collect(), places)
}

impl Serialize for Document {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { version, id, statements, written: _ } = self;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry(VERSION, version.as_str())?;
        if let Some(id) = id {
            map.serialize_entry(ID, id)?;
        }
        map.serialize_entry(STATEMENT, statements)?;
        map.end()
    }
}
