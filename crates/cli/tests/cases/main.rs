//! Runs every folder in `tests/cases`: the real program against a simulated organization, step by step.
//!
//! `cargo test --workspace --test cases` runs all of them, a word after it those whose name contains it.

mod aws;
mod case;
mod file;
#[path = "../../../../tests/support/http.rs"]
mod http;
mod likeness;
mod matrix;
mod operation;
mod process;
mod rehearsal;
#[path = "../../../../tests/support/sandbox.rs"]
mod sandbox;
mod shake;
mod stage;

use std::path::{Path, PathBuf};

use libtest_mimic::{Arguments, Failed, Trial};

use crate::case::Case;
use crate::shake::shake;
use crate::stage::Stage;

fn main() {
    let arguments = Arguments::from_args();
    let mut trials = Vec::new();
    for (name, folder) in folders() {
        if let Ok(case) = read(&folder) {
            for shock in case.shaken {
                let folder = folder.clone();
                let trial = move || read(&folder).and_then(|case| shake(&folder, &case, shock)).map_err(Failed::from);
                trials.push(Trial::test(format!("{name}, each call {shock:?}"), trial));
            }
            if !case.matrix.is_empty() {
                let folder = folder.clone();
                let trial = move || read(&folder).and_then(|case| matrix::run(&folder, &case)).map_err(Failed::from);
                trials.push(Trial::test(format!("{name}, every operation in every way"), trial));
            }
        }
        trials.push(Trial::test(name, move || play(&folder).map_err(Failed::from)));
    }
    libtest_mimic::run(&arguments, trials).exit();
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

fn read(folder: &Path) -> Result<Case, String> {
    let text = std::fs::read_to_string(folder.join("case.yaml")).map_err(|error| format!("case.yaml: {error}"))?;
    serde_saphyr::from_str(&text).map_err(|error| format!("case.yaml: {error}"))
}

/// Plays one case; the error is the whole story up to where it went wrong.
fn play(folder: &Path) -> Result<(), String> {
    let case = read(folder)?;
    let stage = Stage::set(folder, &case)?;
    stage.play(&case).map_err(|problem| format!("{}\n\n{problem}", case.about))
}
