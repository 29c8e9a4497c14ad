//! The state between runs.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::lock::{Holder, StateLock};
use crate::world::{World, hex};

/// Where the state is kept, and what it must have started from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StateFile {
    /// The file; its directory is made when missing.
    pub path: PathBuf,
    /// The [`fingerprint`] of the organization file.
    pub fingerprint: String,
}

/// What is in the file.
#[derive(Serialize, Deserialize)]
struct Saved<W> {
    fingerprint: String,
    world: W,
}

/// Why a state cannot be kept or used.
#[derive(Debug, thiserror::Error)]
pub enum StateFileError {
    /// The file cannot be read.
    #[error("cannot read the sandbox's state {path}")]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        cause: io::Error,
    },
    /// The file is not a state, or one of another version.
    #[error("{path} is not a state of this version of the sandbox; `sandbox reset` forgets it")]
    Format {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        cause: serde_json::Error,
    },
    /// The state started from another organization file.
    #[error(
        "the sandbox's state {path} started from another organization file, or from this one before it was changed; \
         `sandbox reset` forgets that state"
    )]
    OtherOrganization {
        /// The file.
        path: PathBuf,
    },
    /// Another process uses the state.
    #[error("the sandbox's state {path} is in use by {by}")]
    InUse {
        /// The state's file.
        path: PathBuf,
        /// Who uses it.
        by: Holder,
    },
    /// The state cannot be locked.
    #[error("cannot lock the sandbox's state {path}")]
    Lock {
        /// The state's file.
        path: PathBuf,
        /// Why.
        #[source]
        cause: io::Error,
    },
    /// The state cannot be turned into JSON.
    #[error("cannot turn the sandbox's state into JSON")]
    Serialize(#[source] serde_json::Error),
    /// The file cannot be written.
    #[error("cannot write the sandbox's state {path}")]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        cause: io::Error,
    },
}

/// What tells one organization file from another: a digest of its text.
pub fn fingerprint(text: &str) -> String {
    hex(&["organization file", text])
}

/// Whether there was a state to forget.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Forgotten {
    /// There was one.
    State,
    /// There was none.
    Nothing,
}

/// Removes a kept state, unless a process uses it.
///
/// # Errors
/// A state that is in use, and a file that cannot be locked or removed.
pub fn forget(path: &Path) -> Result<Forgotten, StateFileError> {
    if !path.exists() {
        return Ok(Forgotten::Nothing);
    }
    let _lock = StateLock::acquire(path)?;
    match std::fs::remove_file(path) {
        Ok(()) => Ok(Forgotten::State),
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => Ok(Forgotten::Nothing),
        Err(cause) => Err(StateFileError::Write { path: path.to_owned(), cause }),
    }
}

impl StateFile {
    /// Keeps every other process from using the state while the answer lives.
    pub(super) fn lock(&self) -> Result<StateLock, StateFileError> {
        StateLock::acquire(&self.path)
    }

    /// The saved state; `None` when nothing was saved yet.
    pub(super) fn load(&self) -> Result<Option<World>, StateFileError> {
        let path = || self.path.clone();
        let text = match std::fs::read_to_string(&self.path) {
            Ok(text) => text,
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(cause) => return Err(StateFileError::Read { path: path(), cause }),
        };
        let saved: Saved<World> =
            serde_json::from_str(&text).map_err(|cause| StateFileError::Format { path: path(), cause })?;
        if saved.fingerprint != self.fingerprint {
            return Err(StateFileError::OtherOrganization { path: path() });
        }
        Ok(Some(saved.world))
    }

    /// The bytes to save for a state.
    pub(super) fn serialize(&self, world: &World) -> Result<Vec<u8>, StateFileError> {
        let saved = Saved { fingerprint: self.fingerprint.clone(), world };
        serde_json::to_vec(&saved).map_err(StateFileError::Serialize)
    }

    /// Replaces the file in one step, so that a crash leaves the old state or the new one.
    pub(super) fn write(&self, bytes: &[u8]) -> Result<(), StateFileError> {
        self.replace(bytes).map_err(|cause| StateFileError::Write { path: self.path.clone(), cause })
    }

    fn replace(&self, bytes: &[u8]) -> io::Result<()> {
        let directory = match self.path.parent() {
            Some(parent) if parent != Path::new("") => parent,
            _ => Path::new("."),
        };
        std::fs::create_dir_all(directory)?;
        let mut file = tempfile::NamedTempFile::new_in(directory)?;
        file.write_all(bytes)?;
        file.persist(&self.path)?;
        Ok(())
    }
}
