//! Which kinds of drift are told, and which differences that mean nothing are not: by `drift`, by CloudFormation's own drift
//! detection and by `terraform plan`.
//!
//! `tests/drift/kinds.yaml` says what is done to a world in which everything is as it was applied, and who tells of it. All
//! three are measured here; Terraform only where `TERRAFORM_DIRECTORY` names a directory with `tests/drift/terraform` in it,
//! ready to run (`cargo xtask test` makes it). What the README and `docs/drift.md` say is held against that file.

#[path = "../cases/aws.rs"]
#[expect(dead_code, reason = "the cases look for texts in answers")]
mod aws;
mod cloudformation;
#[path = "../../../../tests/support/http.rs"]
mod http;
mod kinds;
#[path = "../cases/process.rs"]
mod process;
mod rolecall;
#[path = "../../../../tests/support/sandbox.rs"]
#[expect(dead_code, reason = "the cases start the program as a sandbox")]
mod sandbox;
mod stage;
mod tables;
mod terraform;

use std::path::PathBuf;
use std::sync::Arc;

use libtest_mimic::{Arguments, Failed, Trial};

use crate::kinds::{File, Kind, Teller, Told};
use crate::stage::Bases;

fn main() {
    let mut arguments = Arguments::from_args();
    // Each of them starts programs of its own.
    arguments.test_threads = arguments.test_threads.or(Some(4));
    let file = match File::read() {
        Ok(file) => Arc::new(file),
        Err(problem) => {
            let trials = vec![Trial::test("kinds.yaml", || Err(problem.into()))];
            libtest_mimic::run(&arguments, trials).exit();
        }
    };
    let bases = Arc::new(Bases::default());
    let all = file.kinds.iter().map(|kind| ("drift", kind)).chain(file.harmless.iter().map(|kind| ("harmless", kind)));
    let mut trials: Vec<Trial> = all
        .flat_map(|(title, kind)| {
            Teller::ALL.into_iter().filter(|teller| teller.is_here()).map(move |teller| (title, kind, teller))
        })
        .map(|(title, kind, teller)| {
            let (kind, file, bases) = (kind.clone(), Arc::clone(&file), Arc::clone(&bases));
            let name = format!("{title}, by {}: {}", teller.words(), kind.name);
            Trial::test(name, move || measure(&file, &kind, teller, &bases).map_err(Failed::from))
        })
        .collect();
    for teller in Teller::ALL.into_iter().filter(|teller| teller.is_here()) {
        let (file, bases) = (Arc::clone(&file), Arc::clone(&bases));
        let nothing = Kind::nothing();
        let name = format!("nothing, by {}", teller.words());
        trials.push(Trial::test(name, move || measure(&file, &nothing, teller, &bases).map_err(Failed::from)));
    }
    trials.push(Trial::test("the README and the documentation say what is measured", move || {
        tables::check(&file).map_err(Failed::from)
    }));
    libtest_mimic::run(&arguments, trials).exit();
}

/// Does what a kind says to a world of its own, and compares what is told of it.
fn measure(file: &File, kind: &Kind, teller: Teller, bases: &Bases) -> Result<(), String> {
    let stage = bases.stage(teller)?;
    kind.happen(file, &stage)?;
    let expected = kind.expected(teller);
    let told = match teller {
        Teller::Rolecall => rolecall::told(&stage)?,
        Teller::CloudFormation => cloudformation::told(&stage),
        Teller::Terraform => terraform::told(&stage)?,
    };
    if told.outcome == expected {
        return Ok(());
    }
    let Told { outcome, said } = told;
    Err(format!("MEASURED {}|{}|{outcome}|{expected}\n{said}", teller.words(), kind.name))
}

/// The repository.
fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..")
}
