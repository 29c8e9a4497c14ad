//! The schema of the configuration file, which is generated from the types.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use crate::outcome::Outcome;
use crate::run::{self, Failure};

fn file() -> PathBuf {
    run::root().join("schemas/rolecall.schema.json")
}

/// What the program says its schema is.
fn generated() -> Result<Vec<u8>, Failure> {
    let command = &mut Command::new(run::target()?.join("debug/rolecall"));
    let output = command.arg("schema").output()?;
    if !output.status.success() {
        return Err(format!("rolecall schema: {}", String::from_utf8_lossy(&output.stderr)).into());
    }
    Ok(output.stdout)
}

/// Builds the program and writes its schema to `schemas/`.
pub(crate) fn write() -> Result<(), Failure> {
    run::run(&mut run::cargo(&run::BUILD), run::HOUR)?;
    fs::write(file(), generated()?)?;
    Ok(())
}

/// Whether the file in `schemas/` is what the program says.
pub(crate) fn check() -> Result<Outcome, Failure> {
    run::run(&mut run::cargo(&run::BUILD), run::HOUR)?;
    let wanted = generated()?;
    if fs::read(file()).is_ok_and(|kept| kept == wanted) {
        return Ok(Outcome::Passed);
    }
    Ok(Outcome::Failed("schemas/rolecall.schema.json is stale: run `cargo xtask schema`".to_owned()))
}
