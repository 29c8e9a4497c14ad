//! `rolecall accounts`

use std::collections::BTreeSet;

use rolecall_aws::{UnitNames, read_org};
use rolecall_core::org::Org;

use super::plan::unwritten;
use crate::args::{PlainFormat, ReadArgs};
use crate::configuration::{self, Configuration};
use crate::deliveries::Deliveries;
use crate::error::{CommandError, Outcome};
use crate::output::Output;
use crate::render::{accounts_json, accounts_text};
use crate::runtime;
use crate::session;
use crate::snapshot_file::SnapshotFile;

pub(super) fn run(args: &ReadArgs<PlainFormat>, output: &Output) -> Result<Outcome, CommandError> {
    let deliveries = Deliveries::of(&args.format)?;
    let configuration = configuration::load_one(&args.files, "accounts", output)?;
    let (org, facts) = match &args.observed.observed {
        Some(path) => {
            let SnapshotFile { snapshot, facts } = SnapshotFile::read_for(path, &configuration)?;
            output.message(&facts.sentence());
            (snapshot.observed.org, Some(facts))
        }
        None => (read(args, &configuration, output)?, None),
    };
    let desired = configuration.resolve(&org)?;
    deliveries.deliver(output, |format, _| match format {
        PlainFormat::Text => Ok(accounts_text(&org, &desired)),
        PlainFormat::Json => accounts_json(&org, &desired, facts.as_ref()).map_err(|error| unwritten(&error)),
    })?;
    Ok(Outcome::Done)
}

fn read(args: &ReadArgs<PlainFormat>, configuration: &Configuration, output: &Output) -> Result<Org, CommandError> {
    let work = session::with(&configuration.spec.access, &args.aws, output, async |connection, interrupts| {
        // Names are what people look for here, whether or not the file uses them.
        let org = interrupts.or(read_org(connection, UnitNames::Needed, &BTreeSet::new())).await?;
        org.map_err(|error| session::failed_call(&error))
    });
    runtime::run(work)
}
