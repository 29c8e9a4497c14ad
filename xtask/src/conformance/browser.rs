//! Reports in headless Chromium.

use std::fs;

use super::{Records, Stage, run_program, script};
use crate::outcome::Outcome;
use crate::python::Python;
use crate::run::{self, Failure};

/// Opens reports and uses them as a reader would; screenshots are left in `target/conformance/screenshots`. Left out where
/// there is no Chromium, but not on a forge.
pub(super) fn reports(python: &Python, records: &Records) -> Result<Outcome, Failure> {
    if !run::exists("chromium", "--version") {
        let why = "there is no `chromium`";
        return if std::env::var_os("CI").is_some() { Err(why.into()) } else { Ok(Outcome::LeftOut(why.to_owned())) };
    }
    let screenshots = run::target()?.join("conformance/screenshots");
    fs::create_dir_all(&screenshots)?;
    let stage = Stage::set(records, "browser", "tests/conformance/report/organization.yaml")?;
    let mut command = python.command();
    command.env("ROLECALL", &stage.rolecall).env("SCREENSHOTS", screenshots);
    run_program(command.arg(script("browser.py")).arg(&stage.sandbox.url), "browser")?;
    Ok(Outcome::Passed)
}
