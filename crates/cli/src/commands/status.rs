//! `rolecall status`

use rolecall_aws::UnitNames;
use rolecall_core::status;

use super::plan::unwritten;
use crate::args::{Format, ReadArgs};
use crate::configuration;
use crate::error::{CommandError, Outcome};
use crate::output::Output;
use crate::render::{status_json, status_text};
use crate::runtime;
use crate::session;
use crate::survey::{Aim, Scope, survey, survey_snapshot};

pub(super) fn run(args: &ReadArgs, output: &Output) -> Result<Outcome, CommandError> {
    let configuration = configuration::load_one(&args.files, "status", output)?;
    let survey = if let Some(snapshot) = &args.observed.observed {
        survey_snapshot(snapshot, &configuration, (Aim::Configuration, &[]), output)?
    } else {
        let work = session::with(&configuration.spec.access, &args.aws, output, async |connection, interrupts| {
            let scope = Scope { aim: Aim::Configuration, targets: &[], units: UnitNames::Needed };
            survey(connection, interrupts, &configuration, scope, output).await
        });
        runtime::run(work)?
    };
    let matrix = status::matrix(&survey.desired, &survey.observed, &survey.plan);
    let text = match args.format.format {
        Format::Text => status_text(&matrix, &survey.view(output)),
        Format::Json => {
            status_json(&matrix, &survey.names, survey.facts.as_ref()).map_err(|error| unwritten(&error))?
        }
    };
    output.result(&text)?;
    Ok(Outcome::Done)
}
