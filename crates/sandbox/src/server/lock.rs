//! One process at a time for a kept state.

use std::fs::{File, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};

use super::state_file::StateFileError;

/// A state that nobody else may use; released when this is dropped, or the process ends in whatever way.
#[derive(Debug)]
pub(super) struct StateLock {
    _file: File,
}

impl StateLock {
    /// Locks the file beside the state that is there for it, and writes this process's id into it.
    pub(super) fn acquire(state: &Path) -> Result<Self, StateFileError> {
        let cannot = |cause| StateFileError::Lock { path: state.to_owned(), cause };
        let mut file = open(state).map_err(cannot)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(StateFileError::InUse { path: state.to_owned(), by: Holder::read(&mut file) });
            }
            Err(TryLockError::Error(cause)) => return Err(cannot(cause)),
        }
        write(&mut file).map_err(cannot)?;
        Ok(Self { _file: file })
    }
}

/// Who has a state, as far as that is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holder {
    /// The process of this id.
    Process(u32),
    /// A process that did not say which it is.
    Unknown,
}

impl std::fmt::Display for Holder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Process(id) => write!(f, "process {id}"),
            Self::Unknown => f.write_str("another process"),
        }
    }
}

impl Holder {
    fn read(file: &mut File) -> Self {
        let mut text = String::new();
        let read = file.read_to_string(&mut text).ok();
        read.and_then(|_| text.trim().parse().ok()).map_or(Self::Unknown, Self::Process)
    }
}

fn open(state: &Path) -> io::Result<File> {
    if let Some(directory) = state.parent().filter(|directory| *directory != Path::new("")) {
        std::fs::create_dir_all(directory)?;
    }
    let mut name = state.as_os_str().to_owned();
    name.push(".lock");
    // What the holder wrote is read when it is locked.
    File::options().read(true).write(true).create(true).truncate(false).open(PathBuf::from(name))
}

fn write(file: &mut File) -> io::Result<()> {
    file.set_len(0)?;
    file.rewind()?;
    writeln!(file, "{}", std::process::id())
}
