//! Terraform against the sandbox.

use std::fs;

use super::{ACME, LIMIT, Records, Stage, script};
use crate::outcome::Outcome;
use crate::python::Python;
use crate::run::{self, Failure};
use crate::terraform::Terraform;

/// Creates, changes and destroys what `tests/conformance/terraform` says; left out where Terraform or its provider is not.
pub(super) fn against_sandbox(python: &Python, records: &Records) -> Result<Outcome, Failure> {
    let directory = run::target()?.join("conformance/terraform");
    if directory.exists() {
        fs::remove_dir_all(&directory)?;
    }
    fs::create_dir_all(&directory)?;
    for entry in run::root().join("tests/conformance/terraform").read_dir()? {
        let file = entry?;
        fs::copy(file.path(), directory.join(file.file_name()))?;
    }
    let terraform = match Terraform::prepare(&directory)? {
        Ok(terraform) => terraform,
        Err(missing) => return Ok(Outcome::LeftOut(missing.0)),
    };
    let stage = Stage::set(records, "terraform_sandbox", ACME)?;
    let mut command = python.command();
    terraform.settings(&mut command)?;
    command.env("TERRAFORM_DIRECTORY", terraform.directory());
    run::run(command.arg(script("terraform_sandbox.py")).arg(&stage.sandbox.url), LIMIT)?;
    Ok(Outcome::Passed)
}
