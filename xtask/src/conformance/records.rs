//! What the sandboxes were asked and answered while everything else ran.

use std::ffi::OsString;
use std::fs;
use std::path::PathBuf;

use super::{LIMIT, script};
use crate::outcome::Outcome;
use crate::python::Python;
use crate::run::{self, Failure};

/// A directory of records: files that `rolecall sandbox serve --record` writes.
pub(crate) struct Records {
    directory: PathBuf,
}

impl Records {
    /// Forgets the records of earlier runs.
    ///
    /// # Errors
    /// When the directory cannot be emptied.
    pub(crate) fn begin() -> Result<Self, Failure> {
        let directory = run::target()?.join("records");
        if directory.exists() {
            fs::remove_dir_all(&directory)?;
        }
        fs::create_dir_all(&directory)?;
        Ok(Self { directory })
    }

    /// The environment variable that makes the sandboxes of case folders record, and its value.
    pub(crate) fn variable(&self) -> (&'static str, OsString) {
        ("ROLECALL_RECORDS", self.directory.clone().into_os_string())
    }

    /// A file for a part of the suite.
    pub(super) fn file(&self, part: &str) -> PathBuf {
        self.directory.join(format!("{part}.jsonl"))
    }

    /// Holds every answer against AWS's own description of its API, and the programs to having used every operation.
    pub(super) fn check(&self, python: &Python) -> Result<Outcome, Failure> {
        run::run(python.command().arg(script("answers.py")).arg(&self.directory), LIMIT)?;
        Ok(Outcome::Passed)
    }
}
