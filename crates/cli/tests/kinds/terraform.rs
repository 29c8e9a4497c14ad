//! `terraform plan`, which reads everything that the configuration in `tests/drift/terraform` made.

use std::fs;
use std::path::PathBuf;

use serde_json::Value;

use crate::kinds::Told;
use crate::stage::{MANAGEMENT, Stage};

fn directory() -> Result<PathBuf, String> {
    std::env::var_os("TERRAFORM_DIRECTORY")
        .map(PathBuf::from)
        .ok_or_else(|| "TERRAFORM_DIRECTORY is not set".to_owned())
}

/// Makes everything, as if nothing had ever been made.
pub(crate) fn apply(stage: &Stage) -> Result<(), String> {
    // Terraform has no resource for it.
    stage.call(MANAGEMENT, "cloudformation", "ActivateOrganizationsAccess", &Value::Null)?;
    let directory = directory()?;
    for remembered in ["terraform.tfstate", "terraform.tfstate.backup"] {
        // What is not there need not go.
        drop(fs::remove_file(directory.join(remembered)));
    }
    let words = ["apply", "-auto-approve", "-input=false", "-no-color"];
    let ended = stage.run(&directory, "terraform", &words)?;
    if ended.code == Some(0) {
        Ok(())
    } else {
        Err(format!("terraform apply failed\n{}\n{}", ended.stdout, ended.stderr))
    }
}

/// Whether a plan has changes. One that fails says that something is wrong, too.
pub(crate) fn told(stage: &Stage) -> Result<Told, String> {
    let words = ["plan", "-detailed-exitcode", "-input=false", "-no-color", "-lock=false"];
    let ended = stage.run(&directory()?, "terraform", &words)?;
    Ok(Told::something(ended.code != Some(0), format!("{}\n{}", ended.stdout, ended.stderr)))
}
