//! `rolecall status`

use rolecall_aws::UnitNames;

use super::plan::unwritten;
use crate::args::{ReadArgs, ReportFormat};
use crate::configuration;
use crate::deliveries::Deliveries;
use crate::error::{CommandError, Outcome};
use crate::output::Output;
use crate::render::{status_html, status_json, status_text};
use crate::runtime;
use crate::session;
use crate::survey::{Aim, Scope, survey, survey_snapshot};

pub(super) fn run(args: &ReadArgs<ReportFormat>, output: &Output) -> Result<Outcome, CommandError> {
    let deliveries = Deliveries::of(&args.format)?;
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
    let matrix = survey.matrix();
    deliveries.deliver(output, |format, _| match format {
        ReportFormat::Text => Ok(status_text(&matrix, &survey.view(output))),
        ReportFormat::Json => {
            status_json(&matrix, &survey.names, survey.facts.as_ref()).map_err(|error| unwritten(&error))
        }
        ReportFormat::Html => {
            status_html(&matrix, &survey.plan, &survey.html_view()).map_err(|error| unwritten(&error))
        }
    })?;
    Ok(Outcome::Done)
}
