//! `rolecall status`

use rolecall_aws::UnitNames;
use rolecall_core::portion::Portion;
use rolecall_core::status::Matrix;

use crate::args::{ReadArgs, ReportFormat};
use crate::configuration;
use crate::deliveries::Deliveries;
use crate::error::{CommandError, Outcome};
use crate::organizations::{Report, check_one_page};
use crate::output::Output;
use crate::render::{Count, status_counts, status_html, status_json, status_markdown, status_text};
use crate::survey::{Aim, Scope, Survey, surveys};

/// How one organization stands.
struct Standing {
    survey: Survey,
    matrix: Matrix,
}

impl Report for Standing {
    const COMMAND: &'static str = "status";

    fn counts(&self) -> Vec<Count> {
        status_counts(&self.matrix)
    }

    fn verdict(&self) -> Result<Outcome, CommandError> {
        Ok(Outcome::Done)
    }
}

pub(super) fn run(args: &ReadArgs<ReportFormat>, output: &Output) -> Result<Outcome, CommandError> {
    let deliveries = Deliveries::of(&args.format)?;
    deliveries.spare(args.files.paths().iter().chain(&args.observed.observed).chain(&args.aws.sandbox))?;
    let configurations = configuration::load(&args.files, output)?;
    if deliveries.includes(ReportFormat::Html) || deliveries.includes(ReportFormat::Markdown) {
        check_one_page(&configurations)?;
    }
    let scope = Scope { aim: Aim::Configuration, targets: &[], units: UnitNames::Needed, portion: &Portion::WHOLE };
    let standings = surveys(configurations, (&args.observed, &args.aws), scope, output)?.map(|_, survey| {
        let matrix = survey.matrix();
        Standing { survey, matrix }
    });
    deliveries.deliver(output, |format, _| match format {
        ReportFormat::Text => {
            Ok(standings.text(|_, Standing { survey, matrix }| status_text(matrix, &survey.view(output))))
        }
        ReportFormat::Json => {
            standings.json(|_, Standing { survey, matrix }| status_json(matrix, &survey.names, survey.basis()))
        }
        ReportFormat::Markdown => standings.alone(|configuration, Standing { survey, matrix }| {
            status_markdown(matrix, configuration.organization(), &survey.view(output))
        }),
        ReportFormat::Html => standings
            .page(|Standing { survey, matrix }| status_html(matrix, &survey.plan, &survey.html_view(&survey.map()))),
    })?;
    standings.end(output)
}
