//! Terraform against the sandbox.

use std::fs;
use std::path::PathBuf;

use super::{ACME, Records, Stage, run_program, script};
use crate::outcome::Outcome;
use crate::python::Python;
use crate::run::{self, Failure};
use crate::terraform::{Missing, Terraform};

/// Creates, changes and destroys what `tests/conformance/terraform` says; left out where Terraform or its provider is not.
pub(super) fn against_sandbox(python: &Python, records: &Records) -> Result<Outcome, Failure> {
    let terraform = match prepared("tests/conformance/terraform", "conformance/terraform")? {
        Ok(terraform) => terraform,
        Err(missing) => return Ok(Outcome::LeftOut(missing.0)),
    };
    let stage = Stage::set(records, "terraform_sandbox", ACME)?;
    let mut command = python.command();
    terraform.settings(&mut command)?;
    command.env("TERRAFORM_DIRECTORY", terraform.directory());
    run_program(command.arg(script("terraform_sandbox.py")).arg(&stage.sandbox.url), "terraform_sandbox")?;
    Ok(Outcome::Passed)
}

/// Looks for every kind of drift of `tests/drift` with `terraform plan`; left out where Terraform or its provider is not.
pub(super) fn on_drift() -> Result<Outcome, Failure> {
    let terraform = match prepared("tests/drift/terraform", "conformance/drift")? {
        Ok(terraform) => terraform,
        Err(missing) => return Ok(Outcome::LeftOut(missing.0)),
    };
    let mut command = run::cargo(&["test", "--workspace", "--test", "kinds", "--", "by terraform"]);
    terraform.settings(&mut command)?;
    run::run(command.env("TERRAFORM_DIRECTORY", terraform.directory()), run::HOUR)?;
    Ok(Outcome::Passed)
}

/// Terraform in a new directory below `target`, with the configuration of a directory of the repository.
fn prepared(configuration: &str, place: &str) -> Result<Result<Terraform, Missing>, Failure> {
    let directory: PathBuf = run::target()?.join(place);
    if directory.exists() {
        fs::remove_dir_all(&directory)?;
    }
    fs::create_dir_all(&directory)?;
    for entry in run::root().join(configuration).read_dir()? {
        let file = entry?;
        fs::copy(file.path(), directory.join(file.file_name()))?;
    }
    Terraform::prepare(&directory)
}
