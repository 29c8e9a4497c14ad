//! Reading the files that the user named, and the files and variables that those name.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use rolecall_core::spec::{Lookup, SourceFile};

use crate::error::CommandError;

/// A configuration file above this size is a mistake.
const MAX_CONFIGURATION: u64 = 32 << 20;
/// So is a policy above this one; AWS's own limits are a hundred times smaller.
const MAX_POLICY: u64 = 1 << 20;

/// The configuration files of a run, kept for the excerpts of diagnostics.
#[derive(Debug, Default)]
pub(crate) struct Sources {
    files: Vec<SourceFile>,
}

impl Sources {
    /// Reads files, and the YAML files directly in directories.
    pub(crate) fn read(paths: &[PathBuf]) -> Result<Self, CommandError> {
        let mut files = Vec::new();
        let mut seen = BTreeSet::new();
        for path in paths {
            for file in expand(path, YAML)? {
                // The same file by two ways is one file; where it cannot be resolved, reading it says why.
                if fs::canonicalize(&file).map_or(true, |real| seen.insert(real)) {
                    let text = read_text(&file, MAX_CONFIGURATION).map_err(|error| {
                        let told = cannot_read(&file, &error);
                        if error.is_missing() { told.hint(NO_CONFIGURATION) } else { told }
                    })?;
                    files.push(SourceFile { name: file.display().to_string(), text });
                }
            }
        }
        Ok(Self { files })
    }

    /// The configuration files.
    pub(crate) fn files(&self) -> &[SourceFile] {
        &self.files
    }

    /// The text of a file, by its name.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.files.iter().find(|file| file.name == name).map(|file| file.text.as_str())
    }
}

/// What the names of variables begin with in which AWS and CI systems hand credentials to a job. Who writes the files is not
/// always who may have those.
const HOLDING_CREDENTIALS: [&str; 8] = ["AWS_", "ACTIONS_", "ATLANTIS_", "CI_", "GH_", "GITHUB_", "GITLAB_", "RUNNER_"];

impl Lookup for Sources {
    fn file(&self, base_file: &str, path: &str) -> Result<String, String> {
        let found = Path::new(base_file).parent().unwrap_or(Path::new("")).join(path);
        read_text(&found, MAX_POLICY).map_err(|error| match error {
            ReadError::Io(error) => describe(&error),
            other => format!("it {other}"),
        })
    }

    fn environment(&self, name: &str) -> Result<String, String> {
        if HOLDING_CREDENTIALS.iter().any(|prefix| name.starts_with(prefix)) {
            return Err(
                "variables of AWS and of CI systems can hold credentials, and plans show external IDs".to_owned()
            );
        }
        std::env::var(name).map_err(|error| match error {
            std::env::VarError::NotPresent => "it is not set".to_owned(),
            std::env::VarError::NotUnicode(_) => "it is not UTF-8 text".to_owned(),
        })
    }
}

const NO_CONFIGURATION: &str = "name the file with -f, or begin with one of the examples that come with Rolecall";

/// What the names of configuration files end in.
pub(crate) const YAML: &[&str] = &["yaml", "yml"];

/// A file stands for itself, a directory for the files directly in it whose names end in one of these, sorted by name.
pub(crate) fn expand(path: &Path, extensions: &[&str]) -> Result<Vec<PathBuf>, CommandError> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let entries = fs::read_dir(path).and_then(Iterator::collect::<io::Result<Vec<_>>>);
    let entries = entries.map_err(|error| cannot_read(path, &ReadError::Io(error)))?;
    let mut files: Vec<PathBuf> =
        entries.iter().map(fs::DirEntry::path).filter(|file| is_one(file, extensions)).collect();
    files.sort();
    if files.is_empty() {
        let wanted: Vec<String> = extensions.iter().map(|extension| format!("*.{extension}")).collect();
        let message = format!("there is no {} file in {}", wanted.join(" or "), path.display());
        return Err(CommandError::user(message).hint("directories below it are not searched; name each with -f"));
    }
    Ok(files)
}

fn is_one(path: &Path, extensions: &[&str]) -> bool {
    let hidden = path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
    let ends = |extension: &OsStr| extensions.iter().any(|wanted| extension.eq_ignore_ascii_case(wanted));
    path.extension().is_some_and(ends) && !hidden && !path.is_dir()
}

/// Why a text could not be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReadError {
    /// The file system refused.
    #[error("cannot be read")]
    Io(#[source] io::Error),
    /// It is too large to be what it should be.
    #[error("is larger than {limit} bytes")]
    TooLarge {
        /// The largest size, in bytes.
        limit: u64,
    },
    /// It is not a text.
    #[error("is not UTF-8 text: line {line} has a byte that does not belong there")]
    NotText {
        /// Where, from 1.
        line: usize,
    },
}

impl ReadError {
    /// Whether there is no such file.
    pub(crate) fn is_missing(&self) -> bool {
        matches!(self, Self::Io(error) if error.kind() == io::ErrorKind::NotFound)
    }
}

/// Reads a text of at most so many bytes.
pub(crate) fn read_text(path: &Path, limit: u64) -> Result<String, ReadError> {
    let mut bytes = Vec::new();
    // The limit is on what is read, not on what the file system says: pipes and devices have no size.
    File::open(path).and_then(|file| file.take(limit + 1).read_to_end(&mut bytes)).map_err(ReadError::Io)?;
    if bytes.len() as u64 > limit {
        return Err(ReadError::TooLarge { limit });
    }
    String::from_utf8(bytes).map_err(|error| {
        let good = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        ReadError::NotText { line: good.split(|byte| *byte == b'\n').count() }
    })
}

/// What to tell the user about it.
pub(crate) fn cannot_read(path: &Path, error: &ReadError) -> CommandError {
    let shown = path.display();
    match error {
        ReadError::Io(cause) => CommandError::user(format!("cannot read {shown}: {}", describe(cause))),
        ReadError::NotText { .. } => CommandError::user(format!("{shown} {error}"))
            .hint("save the file as UTF-8; some editors on Windows write UTF-16 unless told otherwise"),
        ReadError::TooLarge { .. } => CommandError::user(format!("{shown} {error}")),
    }
}

/// What the operating system says, without its number.
pub(crate) fn describe(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "there is no such file".to_owned(),
        io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        io::ErrorKind::IsADirectory => "it is a directory".to_owned(),
        _ => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_stands_for_its_yaml_files_in_order() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["b.yml", "a.yaml", "c.json", ".hidden.yaml"] {
            fs::write(dir.path().join(name), "version: 1\n").unwrap();
        }
        let sources = Sources::read(&[dir.path().to_owned(), dir.path().join("a.yaml")]).unwrap();
        let names: Vec<_> =
            sources.files().iter().map(|f| Path::new(&f.name).file_name().unwrap().to_owned()).collect();
        assert_eq!(names, ["a.yaml", "b.yml"]);
    }

    #[test]
    fn what_is_not_text_is_refused_with_its_line() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("rolecall.yaml");
        fs::write(&path, b"version: 1\nname: \xff\n").unwrap();
        assert!(matches!(read_text(&path, 1000), Err(ReadError::NotText { line: 2 })));
        assert!(matches!(read_text(&path, 5), Err(ReadError::TooLarge { limit: 5 })));
    }

    #[test]
    fn no_variable_is_read_that_can_hold_a_credential() {
        for name in ["AWS_SESSION_TOKEN", "GITHUB_TOKEN", "CI_JOB_TOKEN", "ATLANTIS_GH_TOKEN"] {
            assert!(Sources::default().environment(name).unwrap_err().contains("can hold credentials"), "{name}");
        }
        assert!(Sources::default().environment("PATH").is_ok());
    }

    #[test]
    fn a_named_file_is_looked_for_beside_the_file_that_names_it() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("id.txt"), "abc").unwrap();
        let sources = Sources::default();
        let base = dir.path().join("rolecall.yaml").display().to_string();
        assert_eq!(sources.file(&base, "id.txt").as_deref(), Ok("abc"));
        let error = sources.file(&base, "none.txt").unwrap_err();
        assert_eq!(error, "there is no such file");
    }
}
