//! What the files refer to: external IDs kept elsewhere, and policy files.

use std::collections::BTreeMap;
use std::rc::Rc;

use serde_json::Value;

use super::diagnostic::code;
use super::read::At;
use super::report::{FileId, Mark, Report};
use super::tree::{self, Kind, Node};
use super::written::{ExternalIdSource, InlinePolicy, Notation, to_json};
use super::{Lookup, SourceFile};
use crate::ids::{ExternalId, Partition};
use crate::policy::{DocPath, PolicyDoc, PolicyError, PolicyKind, Problem, Segment};

/// Fetches what the files refer to, each policy file once.
pub(super) struct Loader<'l> {
    lookup: &'l dyn Lookup,
    pub(super) partition: Partition,
    /// By the file that names it and the path; `None` when it cannot be used, which was reported.
    policies: BTreeMap<(FileId, String), Option<PolicyDoc>>,
}

impl<'l> Loader<'l> {
    pub(super) fn new(lookup: &'l dyn Lookup, partition: Partition) -> Self {
        Self { lookup, partition, policies: BTreeMap::new() }
    }

    /// The external ID that a source stands for. The text is not shown when it is wrong: it may be a secret of another kind.
    pub(super) fn external_id(&self, source: &At<ExternalIdSource>, report: &mut Report) -> Option<ExternalId> {
        let (found, place) = match &source.value {
            ExternalIdSource::Value(id) => return Some(id.clone()),
            ExternalIdSource::Environment(name) => {
                (self.lookup.environment(name), format!("the environment variable {name}"))
            }
            ExternalIdSource::File(path) => {
                let base = report.source(source.at.file).name.clone();
                (self.lookup.file(&base, path).map(without_newline), format!("the file `{path}`"))
            }
        };
        match found.map(|text| text.parse::<ExternalId>()) {
            Ok(Ok(id)) => Some(id),
            Ok(Err(_)) => {
                report
                    .error(source.at, code::BAD_EXTERNAL_ID, format!("what {place} holds is not an external ID"))
                    .expected(ExternalId::EXPECTED);
                None
            }
            Err(reason) => {
                report.error(source.at, code::BAD_EXTERNAL_ID, format!("cannot read {place}: {reason}"));
                None
            }
        }
    }

    /// The document of an inline policy.
    pub(super) fn policy(&mut self, policy: &InlinePolicy, report: &mut Report) -> Option<PolicyDoc> {
        let path = match policy {
            InlinePolicy::InPlace(document) => {
                let read = PolicyDoc::from_value(&document.value, PolicyKind::Permission, self.partition);
                return read.map_err(|error| report_policy(&error, &document.node, report)).ok();
            }
            InlinePolicy::File(path) => path,
        };
        let key = (path.at.file, path.value.0.clone());
        if let Some(known) = self.policies.get(&key) {
            return known.clone();
        }
        let policy = self.policy_file(path.at, &path.value.0, report);
        self.policies.insert(key, policy.clone());
        policy
    }

    fn policy_file(&self, at: Mark, path: &str, report: &mut Report) -> Option<PolicyDoc> {
        let base = report.source(at.file).name.clone();
        let Some(notation) = Notation::of_path(path) else {
            report
                .error(at, code::UNREADABLE_FILE, format!("`{path}` has no extension that tells what is in it"))
                .expected("a path that ends in .json, .yaml or .yml");
            return None;
        };
        let text = match self.lookup.file(&base, path) {
            Ok(text) => text,
            Err(reason) => {
                report
                    .error(at, code::UNREADABLE_FILE, format!("cannot read `{path}`: {reason}"))
                    .hint(format!("the path begins at the directory of {base}"));
                return None;
            }
        };
        let file = report.add_source(SourceFile { name: beside(&base, path), text });
        if notation == Notation::Json {
            check_json(file, report)?;
        }
        let node = tree::parse(file, "a policy document", report)?;
        let value = to_json(&node, notation, report);
        let read = PolicyDoc::from_value(&value, PolicyKind::Permission, self.partition);
        read.map_err(|error| report_policy(&error, &node, report)).ok()
    }
}

fn without_newline(mut text: String) -> String {
    if text.ends_with('\n') {
        text.pop();
        if text.ends_with('\r') {
            text.pop();
        }
    }
    text
}

/// A path as the user would write it who named the file that it stands in.
fn beside(base: &str, path: &str) -> String {
    match base.rfind('/') {
        Some(end) if !path.starts_with('/') => format!("{}{path}", &base[..=end]),
        _ => path.to_owned(),
    }
}

/// JSON is read as YAML, which allows more; what is not JSON is refused here, in JSON's own words.
fn check_json(file: FileId, report: &mut Report) -> Option<()> {
    let source = Rc::clone(report.source(file));
    let text = source.text.trim_start_matches('\u{FEFF}');
    if text.trim().is_empty() {
        // The reader of the tree says that the file is empty.
        return Some(());
    }
    let Err(error) = serde_json::from_str::<Value>(text) else { return Some(()) };
    let before: usize = source.text.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum();
    let line = source.text[before..].split(['\n', '\r']).next().unwrap_or_default();
    // serde_json counts bytes, and points at the last one that it has read.
    let start = line.floor_char_boundary(error.column().saturating_sub(1).min(line.len()));
    let length = line[start..].chars().next().map_or(0, char::len_utf8);
    let at = Mark {
        file,
        line: error.line(),
        column: line[..start].chars().count() + 1,
        bytes: (before + start, before + start + length),
    };
    let message = error.to_string();
    let message = message.split(" at line ").next().unwrap_or_default();
    report.error(at, code::SYNTAX, message).expected("JSON");
    None
}

/// Reports what is wrong with a policy, each thing where it stands.
pub(super) fn report_policy(error: &PolicyError, node: &Node, report: &mut Report) {
    for problem in error.problems() {
        report_problem(problem, 0, node, report);
    }
    if error.problems().is_empty() {
        report.error(node.at, code::BAD_POLICY, error.to_string());
    }
}

/// Reports a problem whose path leads from a node after its first segments.
pub(super) fn report_problem(problem: &Problem, first: usize, node: &Node, report: &mut Report) {
    let Problem { path: DocPath(path), found, expected } = problem;
    let path = &path[first..];
    let at = place(node, path, found);
    let message =
        if path.is_empty() { format!("found {found}") } else { format!("{}: found {found}", DocPath(path.to_vec())) };
    report.error(at, code::BAD_POLICY, message).expected(expected.clone());
}

/// Where a path leads to, or as far as the document goes along it. A scalar is blamed itself when the problem quotes it; else
/// the key that it belongs to.
pub(super) fn place(node: &Node, path: &[Segment], found: &str) -> Mark {
    let (mut at, mut here) = (node.at, node);
    for segment in path {
        let next = match (segment, &here.kind) {
            (Segment::Key(key), Kind::Mapping(entries)) => {
                entries.iter().find(|entry| entry.key.plain_text() == key).map(|entry| (entry.key.at, &entry.value))
            }
            (Segment::Index(index), Kind::List(items)) => items.get(*index).map(|item| (item.at, item)),
            _ => None,
        };
        let Some(next) = next else { return at };
        (at, here) = next;
    }
    match &here.kind {
        Kind::Scalar(scalar) if !scalar.text.is_empty() && found.contains(&scalar.text) => here.at,
        _ => at,
    }
}
