//! `rolecall doctor`

use rolecall_aws::Verdict;
use rolecall_core::permissions::Purpose;

use super::plan::unwritten;
use crate::args::{DoctorArgs, DoctorPurpose, PlainFormat};
use crate::configuration;
use crate::deliveries::Deliveries;
use crate::error::{CommandError, ErrorKind, Outcome};
use crate::output::Output;
use crate::progress::{Errand, Reading};
use crate::render::{doctor_json, doctor_text};
use crate::runtime;
use crate::session;
use crate::survey::detail;

pub(super) fn run(args: &DoctorArgs, output: &Output) -> Result<Outcome, CommandError> {
    let deliveries = Deliveries::of(&args.format)?;
    let configuration = configuration::load_one(&args.files, "doctor", output)?;
    let purpose = match args.purpose {
        DoctorPurpose::Plan => Purpose::Plan,
        DoctorPurpose::Drift => Purpose::Drift,
        DoctorPurpose::Apply => Purpose::Apply,
    };
    let work = session::with(&configuration.spec.access, &args.aws, output, async |connection, interrupts| {
        let progress = Reading::begin(output, Errand::Checking);
        let watch = |event: rolecall_aws::ObserveEvent<'_>| progress.watch(event);
        let diagnose = Box::pin(rolecall_aws::diagnose(connection, &configuration.spec, purpose, &watch));
        let diagnosis = interrupts.or(diagnose).await?;
        drop(progress);
        diagnosis.map_err(|error| session::failed_call(&error))
    });
    let diagnosis = runtime::run(work)?;
    deliveries.deliver(output, |format, _| match format {
        PlainFormat::Text => Ok(doctor_text(&diagnosis, detail(output))),
        PlainFormat::Json => doctor_json(&diagnosis).map_err(|error| unwritten(&error)),
    })?;
    match (diagnosis.count(Verdict::Failed), diagnosis.count(Verdict::NotChecked)) {
        (0, 0) => Ok(Outcome::Done),
        (0, _) => Ok(Outcome::Unknown),
        (1, _) => Err(CommandError::new(ErrorKind::Aws, "1 check failed; nothing was changed")),
        (failed, _) => Err(CommandError::new(ErrorKind::Aws, format!("{failed} checks failed; nothing was changed"))),
    }
}
