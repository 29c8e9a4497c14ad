//! Runs every folder in `tests/cases`: the real program against a simulated organization, step by step.
//!
//! `cargo test --workspace --test cases` runs all of them, a word after it those whose name contains it.

mod aws;
mod case;
#[path = "../../../../tests/support/http.rs"]
mod http;
mod process;
#[path = "../../../../tests/support/sandbox.rs"]
mod sandbox;
mod stage;

use std::path::{Path, PathBuf};

use libtest_mimic::{Arguments, Failed, Trial};

use crate::case::Case;
use crate::stage::Stage;

fn main() {
    let arguments = Arguments::from_args();
    let trials = folders().into_iter().map(|(name, folder)| {
        let trial = move || run(&folder).map_err(Failed::from);
        Trial::test(name, trial)
    });
    libtest_mimic::run(&arguments, trials.collect()).exit();
}

/// The repository.
fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

fn folders() -> Vec<(String, PathBuf)> {
    let entries = root().join("tests/cases").read_dir().expect("tests/cases is a directory");
    let paths = entries.map(|entry| entry.expect("tests/cases can be read").path());
    let mut folders: Vec<_> = paths
        .filter(|path| path.is_dir())
        .map(|path| (path.file_name().expect("a folder has a name").to_string_lossy().into_owned(), path))
        .collect();
    folders.sort();
    assert!(!folders.is_empty(), "no case was found");
    folders
}

/// Runs one case; the error is the whole story up to where it went wrong.
fn run(folder: &Path) -> Result<(), String> {
    let text = std::fs::read_to_string(folder.join("case.yaml")).map_err(|error| format!("case.yaml: {error}"))?;
    let case: Case = serde_saphyr::from_str(&text).map_err(|error| format!("case.yaml: {error}"))?;
    let mut stage = Stage::set(folder, &case)?;
    let story = stage.play(&case);
    story.map_err(|problem| format!("{}\n\n{problem}", case.about))
}
