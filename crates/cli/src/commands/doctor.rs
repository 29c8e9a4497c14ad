//! `rolecall doctor`

use rolecall_aws::{Connection, Diagnosis, Verdict};
use rolecall_core::permissions::Purpose;

use crate::args::{DoctorArgs, DoctorPurpose, PlainFormat};
use crate::configuration::{self, Configuration};
use crate::deliveries::Deliveries;
use crate::error::{CommandError, ErrorKind, Outcome};
use crate::interrupt::Interrupts;
use crate::organizations::Report;
use crate::output::Output;
use crate::progress::{Errand, Reading};
use crate::render::{Count, doctor_json, doctor_text};
use crate::runtime;
use crate::session;
use crate::survey::detail;

impl Report for Diagnosis {
    const COMMAND: &'static str = "doctor";

    fn counts(&self) -> Vec<Count> {
        vec![
            Count { key: "ok", words: "ok", number: self.count(Verdict::Ok) },
            Count { key: "failed", words: "failed", number: self.count(Verdict::Failed) },
            Count { key: "not_checked", words: "not checked", number: self.count(Verdict::NotChecked) },
        ]
    }

    fn verdict(&self) -> Result<Outcome, CommandError> {
        let failed = |what: String| CommandError::new(ErrorKind::Aws, format!("{what} failed; nothing was changed"));
        match (self.count(Verdict::Failed), self.count(Verdict::NotChecked)) {
            (0, 0) => Ok(Outcome::Done),
            (0, _) => Ok(Outcome::Unknown),
            (1, _) => Err(failed("1 check".to_owned())),
            (checks, _) => Err(failed(format!("{checks} checks"))),
        }
    }
}

pub(super) fn run(args: &DoctorArgs, output: &Output) -> Result<Outcome, CommandError> {
    let deliveries = Deliveries::of(&args.format)?;
    deliveries.spare(args.files.paths().iter().chain(&args.aws.sandbox))?;
    let configurations = configuration::load(&args.files, output)?;
    let purpose = match args.purpose {
        DoctorPurpose::Plan => Purpose::Plan,
        DoctorPurpose::Drift => Purpose::Drift,
        DoctorPurpose::Apply => Purpose::Apply,
    };
    let diagnose = async |configuration: &Configuration, connection: &Connection, interrupts: &mut Interrupts| {
        let progress = Reading::begin(output, Errand::Checking);
        let watch = |event: rolecall_aws::ObserveEvent<'_>| progress.watch(event);
        let diagnose = Box::pin(rolecall_aws::diagnose(connection, &configuration.spec, purpose, &watch));
        let diagnosis = interrupts.or(diagnose).await?;
        drop(progress);
        diagnosis.map_err(|error| session::failed_call(&error))
    };
    let diagnoses = runtime::run(session::each(configurations, &args.aws, output, diagnose))?;
    deliveries.deliver(output, |format, _| match format {
        PlainFormat::Text => Ok(diagnoses.text(|_, diagnosis| doctor_text(diagnosis, detail(output)))),
        PlainFormat::Json => diagnoses.json(|_, diagnosis| doctor_json(diagnosis)),
    })?;
    diagnoses.end(output)
}
