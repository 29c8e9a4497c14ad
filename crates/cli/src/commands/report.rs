//! `rolecall report`

use rolecall_aws::UnitNames;

use super::drift::{Drifted, check_single, show};
use crate::args::{MergeArgs, ReportArgs, ReportCommand};
use crate::deliveries::Deliveries;
use crate::error::{CommandError, Outcome};
use crate::organizations::Sections;
use crate::output::Output;
use crate::part::{self, Joined};
use crate::survey::{Aim, Scope, conclude};

pub(super) fn run(args: &ReportArgs, output: &Output) -> Result<Outcome, CommandError> {
    match &args.command {
        ReportCommand::Merge(args) => merge(args, output),
    }
}

/// Makes the report of all parts from what they saw: nothing is sent anywhere.
fn merge(args: &MergeArgs, output: &Output) -> Result<Outcome, CommandError> {
    let deliveries = Deliveries::of(&args.format)?;
    deliveries.spare(&args.documents)?;
    let organizations = part::read(&args.documents)?;
    check_single(&deliveries, &organizations)?;
    let drifted = organizations.into_iter().map(|joined| {
        let Joined { configuration, portion, targets, observed, who, facts } = joined;
        let scope = Scope { aim: Aim::Configuration, targets: &targets, units: UnitNames::Needed, portion: &portion };
        let survey = conclude(&configuration, observed, scope, Some(facts))?;
        let drifted = Drifted::of(&configuration, survey, &targets, args.pending).with(who);
        Ok((configuration, Ok(drifted)))
    });
    let drifted = Sections::made(drifted.collect::<Result<_, CommandError>>()?);
    show(&drifted, &deliveries, output)
}
