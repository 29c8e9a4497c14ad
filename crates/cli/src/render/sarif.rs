//! What is wrong with the files, as SARIF 2.1.0 (OASIS, 2020), which code hosts show in the lines of a pull request.

use std::fmt::Write as _;
use std::path::{Component, Path, PathBuf};

use rolecall_core::spec::{Diagnostic, Diagnostics, Location, Severity, code};
use serde_json::{Value, json};

use super::clean::clean;

/// What the URIs of files are relative to.
#[derive(Debug)]
pub(crate) struct Root {
    /// The top of the working copy.
    pub(crate) top: PathBuf,
    /// The directory from which files are named.
    pub(crate) here: PathBuf,
}

/// Where the code of a diagnostic is explained.
const HELP: &str = concat!(env!("CARGO_PKG_REPOSITORY"), "/blob/main/docs/configuration.md");

/// Problems as a SARIF log of one run. Every code is a rule, whether it was found or not.
pub(crate) fn validate_sarif(problems: &Diagnostics, root: &Root) -> Result<String, serde_json::Error> {
    let results: Vec<Value> = problems.list.iter().map(|problem| result(problem, problems, root)).collect();
    let rules: Vec<Value> = code::ALL.iter().zip(code::MEANINGS).map(|(id, meaning)| rule(id, meaning)).collect();
    serde_json::to_string(&json!({
        "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/schemas/sarif-schema-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "Rolecall",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "informationUri": env!("CARGO_PKG_REPOSITORY"),
                "rules": rules,
            } },
            "automationDetails": { "id": "rolecall/validate/" },
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    }))
}

fn rule(id: &str, meaning: &str) -> Value {
    json!({
        "id": id,
        "shortDescription": { "text": meaning.trim() },
        "helpUri": HELP,
    })
}

fn result(problem: &Diagnostic, problems: &Diagnostics, root: &Root) -> Value {
    // No `..`: a new part of a diagnostic does not compile until someone decides how it is written.
    let Diagnostic { severity, code, location, message: _, expected: _, hint: _, related } = problem;
    let place = |at: &Location| physical(at, problems.source(&at.file), root);
    let related: Vec<Value> = related
        .iter()
        .enumerate()
        .map(|(id, (at, why))| json!({ "id": id, "physicalLocation": place(at), "message": { "text": text(why) } }))
        .collect();
    // Code hosts show nothing that has no place; the files themselves are to blame, the first as well as any.
    let place = match (location, problems.sources.first()) {
        (Some(at), _) => Some(place(at)),
        (None, Some(file)) => Some(json!({ "artifactLocation": artifact(&file.name, root) })),
        (None, None) => None,
    };
    let locations: Vec<Value> = place.into_iter().map(|place| json!({ "physicalLocation": place })).collect();
    let mut result = json!({
        "ruleId": code,
        "level": match severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        },
        "message": { "text": sentences(problem) },
        "locations": locations,
    });
    if let (Some(index), Some(members)) = (code::ALL.iter().position(|known| known == code), result.as_object_mut()) {
        members.insert("ruleIndex".to_owned(), index.into());
    }
    if let (false, Some(members)) = (related.is_empty(), result.as_object_mut()) {
        members.insert("relatedLocations".to_owned(), related.into());
    }
    result
}

/// The message, what would have been accepted, and what to do.
fn sentences(problem: &Diagnostic) -> String {
    let Diagnostic { message, expected, hint, .. } = problem;
    let expected = expected.iter().map(|expected| format!("Expected {}.", text(expected)));
    let hint = hint.iter().map(|hint| format!("Hint: {}", text(hint)));
    let rest: Vec<String> = expected.chain(hint).collect();
    if rest.is_empty() { text(message) } else { format!("{}. {}", text(message), rest.join(" ")) }
}

/// A text that no viewer takes for a link: `[text](target)` is one in SARIF.
fn text(text: &str) -> String {
    clean(text).replace("](", "] (")
}

fn physical(at: &Location, source: Option<&str>, root: &Root) -> Value {
    let Location { file, line, column, bytes } = at;
    let mut region = json!({ "startLine": line, "startColumn": column });
    let end = source.and_then(|source| source.get(bytes.0..bytes.1)).filter(|marked| !marked.is_empty());
    if let (Some(marked), Some(members)) = (end, region.as_object_mut()) {
        let (end_line, end_column) = end_of(marked, (*line, *column));
        members.insert("endLine".to_owned(), end_line.into());
        members.insert("endColumn".to_owned(), end_column.into());
    }
    json!({ "artifactLocation": artifact(file, root), "region": region })
}

/// The line, and the column behind the last character, of a text that begins at this line and column.
fn end_of(marked: &str, (line, column): (usize, usize)) -> (usize, usize) {
    let last = marked.rsplit('\n').next().unwrap_or_default().chars().count();
    match marked.matches('\n').count() {
        0 => (line, column + last),
        below => (line + below, 1 + last),
    }
}

fn artifact(file: &str, root: &Root) -> Value {
    let path = plain(&root.here.join(file));
    match path.strip_prefix(plain(&root.top)) {
        Ok(below) => json!({ "uri": uri(below), "uriBaseId": "%SRCROOT%" }),
        Err(_) => json!({ "uri": format!("file://{}", uri(&path)) }),
    }
}

/// A path without `.` and `..`; links are not followed.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                plain.pop();
            }
            Component::Prefix(_) | Component::RootDir | Component::Normal(_) => plain.push(part),
        }
    }
    plain
}

/// A path as a URI has it: slashes, and percent signs for all that is not unreserved (RFC 3986, section 2.3).
fn uri(path: &Path) -> String {
    let mut uri = String::new();
    for byte in path.to_string_lossy().replace('\\', "/").bytes() {
        if byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(uri, "%{byte:02X}");
        }
    }
    uri
}
