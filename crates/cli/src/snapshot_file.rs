//! Snapshots as files: what `snapshot` writes, and `--observed` and `--sandbox` read.

use std::fs;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use rolecall_core::ids::OrgId;
use rolecall_core::snapshot::Snapshot;
use serde::{Deserialize, Serialize};

use crate::args::ObservedArgs;
use crate::configuration::Configuration;
use crate::error::{CommandError, ErrorKind};
use crate::load;
use crate::plan_file::{Readers, check_place, write_whole};
use crate::render::Facts;

/// The version of the form (`schemas/snapshot.schema.json`). A file of another version is refused: it would be guessed at.
const FORMAT_VERSION: &str = "1.0";
const KIND: &str = "snapshot";
/// A snapshot of 10,000 accounts is far below this.
pub(crate) const MAX_SIZE: u64 = 2 << 30;

/// A snapshot that was read, and its age.
#[derive(Debug)]
pub(crate) struct SnapshotFile {
    pub(crate) snapshot: Snapshot,
    pub(crate) facts: Facts,
}

/// What every version of the file begins with.
#[derive(Debug, Deserialize)]
struct Header {
    format_version: String,
    rolecall_version: String,
    kind: String,
}

/// The whole file.
#[derive(Debug, Serialize, Deserialize)]
struct Whole<S> {
    format_version: String,
    /// Which Rolecall wrote it.
    rolecall_version: String,
    kind: String,
    snapshot: S,
}

/// Whether a text begins like a file that `snapshot` wrote, of whatever version.
pub(crate) fn is_snapshot(text: &str) -> bool {
    header(text).is_ok()
}

/// A snapshot as the text of its file: the same snapshot has the same bytes.
pub(crate) fn to_text(snapshot: &Snapshot) -> Result<String, CommandError> {
    let whole = Whole {
        format_version: FORMAT_VERSION.to_owned(),
        rolecall_version: env!("CARGO_PKG_VERSION").to_owned(),
        kind: KIND.to_owned(),
        snapshot,
    };
    let text = serde_json::to_string(&whole)
        .map_err(|error| CommandError::new(ErrorKind::Internal, "the snapshot cannot be written").because(&error))?;
    Ok(text + "\n")
}

/// Writes a snapshot, whole or not at all. What is there and is no snapshot stays.
pub(crate) fn write(path: &Path, snapshot: &Snapshot) -> Result<(), CommandError> {
    let text = to_text(snapshot)?;
    check_replaceable(path)?;
    write_whole(path, Readers::Owner, text.as_bytes())
}

/// Refuses a file that is there and is no snapshot. Asked before the organization is read, it saves the reading.
pub(crate) fn check_replaceable(path: &Path) -> Result<(), CommandError> {
    check_place(path)?;
    let is_file = fs::metadata(path).is_ok_and(|there| there.is_file() && there.len() > 0);
    if !is_file || load::read_text(path, MAX_SIZE).is_ok_and(|text| is_snapshot(&text)) {
        return Ok(());
    }
    Err(CommandError::user(format!("{} is there, and is not a snapshot: it is left alone", path.display()))
        .hint("name another file with -o, or remove this one first"))
}

/// Reads a snapshot from the text of its file.
pub(crate) fn parse(path: &Path, text: &str) -> Result<Snapshot, CommandError> {
    let shown = path.display();
    let again = "take it again: `rolecall snapshot -o FILE`";
    let header = header(text).map_err(|error| {
        CommandError::user(format!("{shown} is not a snapshot")).because(&error).hint("`rolecall snapshot` writes one")
    })?;
    if header.format_version != FORMAT_VERSION {
        let message = format!("{shown} has snapshot format {}, and this is {FORMAT_VERSION}", header.format_version);
        let by = format!("it was written by Rolecall {}; {again}", header.rolecall_version);
        return Err(CommandError::user(message).hint(by));
    }
    let whole: Whole<Snapshot> = serde_json::from_str(text)
        .map_err(|error| CommandError::user(format!("{shown} is damaged")).because(&error).hint(again))?;
    Ok(whole.snapshot)
}

/// The snapshots that `--observed` names.
#[derive(Debug)]
pub(crate) struct Snapshots(Vec<Named>);

/// A snapshot, until it is taken, and what it is named in messages.
#[derive(Debug)]
struct Named {
    path: PathBuf,
    organization: OrgId,
    file: Option<SnapshotFile>,
}

impl Snapshots {
    /// Reads files, and the JSON files directly in directories; `None` where nothing is named.
    pub(crate) fn read(args: &ObservedArgs) -> Result<Option<Self>, CommandError> {
        let paths = args.observed.iter().map(|path| load::expand(path, &["json"])).collect::<Result<Vec<_>, _>>()?;
        let read = paths.concat().into_iter().map(|path| {
            let file = SnapshotFile::read(&path)?;
            Ok(Named { path, organization: file.snapshot.observed.org.id.clone(), file: Some(file) })
        });
        let files = read.collect::<Result<Vec<_>, CommandError>>()?;
        Ok((!files.is_empty()).then_some(Self(files)))
    }

    /// Takes the snapshot from which these files are to be planned.
    pub(crate) fn take(&mut self, configuration: &Configuration) -> Result<SnapshotFile, CommandError> {
        let wanted = configuration.organization();
        let found = self.0.iter_mut().find(|named| named.organization == *wanted);
        found.and_then(|named| named.file.take()).ok_or_else(|| {
            let name = |named: &Named| {
                format!("{} is a snapshot of organization {}", named.path.display(), named.organization)
            };
            let names: Vec<String> = self.0.iter().map(name).collect();
            let message = format!("{}, but the configuration is for {wanted}", names.join(", "));
            CommandError::new(ErrorKind::Config, message)
        })
    }

    /// The one snapshot, for a command that works on one organization.
    pub(crate) fn only(self) -> Result<SnapshotFile, CommandError> {
        let named = self.0.len();
        let mut files = self.0.into_iter().filter_map(|named| named.file);
        match (files.next(), files.next()) {
            (Some(only), None) => Ok(only),
            _ => Err(CommandError::user(format!("--observed names {named} snapshots, and this takes one"))),
        }
    }
}

impl SnapshotFile {
    /// Reads a snapshot.
    pub(crate) fn read(path: &Path) -> Result<Self, CommandError> {
        let text = load::read_text(path, MAX_SIZE).map_err(|error| load::cannot_read(path, &error))?;
        let snapshot = parse(path, &text)?;
        let taken: Timestamp = snapshot.taken_at.parse().map_err(|error: jiff::Error| {
            CommandError::user(format!("{} is damaged", path.display())).because(&error)
        })?;
        Ok(Self { snapshot, facts: Facts::of_snapshot(taken, Timestamp::now()) })
    }
}

fn header(text: &str) -> Result<Header, serde_json::Error> {
    let header: Header = serde_json::from_str(text)?;
    if header.kind == KIND {
        return Ok(header);
    }
    Err(serde::de::Error::custom(format_args!("its `kind` is `{}`, not `{KIND}`", header.kind)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_snapshot_is_neither_read_nor_replaced() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("file");
        for (text, message) in [
            ("version: 1\n", "is not a snapshot"),
            (r#"{"format_version":"1.0","rolecall_version":"0.1.0","kind":"plan"}"#, "is not a snapshot"),
            (r#"{"format_version":"9.0","rolecall_version":"7.1.0","kind":"snapshot"}"#, "has snapshot format 9.0"),
            (r#"{"format_version":"1.0","rolecall_version":"0.1.0","kind":"snapshot"}"#, "is damaged"),
        ] {
            fs::write(&path, text).unwrap();
            let error = format!("{:?}", SnapshotFile::read(&path).unwrap_err());
            assert!(error.contains(message), "{error}");
            assert_eq!(check_replaceable(&path).is_ok(), text.contains("\"snapshot\""), "{text}");
        }
        fs::write(&path, "").unwrap();
        assert!(check_replaceable(&path).is_ok() && check_replaceable(&dir.path().join("none")).is_ok());
    }
}
