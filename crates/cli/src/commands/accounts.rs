//! `rolecall accounts`

use std::collections::BTreeSet;

use rolecall_aws::{Connection, UnitNames, read_org};
use rolecall_core::desired::Desired;
use rolecall_core::org::Org;

use crate::args::{PlainFormat, ReadArgs};
use crate::configuration::{self, Configuration};
use crate::deliveries::Deliveries;
use crate::error::{CommandError, Outcome};
use crate::interrupt::Interrupts;
use crate::organizations::{Report, Sections};
use crate::output::Output;
use crate::render::{Count, Facts, accounts_json, accounts_text};
use crate::runtime;
use crate::session;
use crate::snapshot_file::{SnapshotFile, Snapshots};

/// One organization, and what targets its accounts.
struct Tree {
    org: Org,
    desired: Desired,
    facts: Option<Facts>,
}

impl Tree {
    fn of(configuration: &Configuration, org: Org, facts: Option<Facts>) -> Result<Self, CommandError> {
        let desired = configuration.resolve(&org)?;
        Ok(Self { org, desired, facts })
    }
}

impl Report for Tree {
    const COMMAND: &'static str = "accounts";

    fn counts(&self) -> Vec<Count> {
        vec![Count { key: "accounts", words: "accounts", number: self.org.accounts.len() }]
    }

    fn verdict(&self) -> Result<Outcome, CommandError> {
        Ok(Outcome::Done)
    }
}

pub(super) fn run(args: &ReadArgs<PlainFormat>, output: &Output) -> Result<Outcome, CommandError> {
    let deliveries = Deliveries::of(&args.format)?;
    deliveries.spare(args.files.paths().iter().chain(&args.observed.observed).chain(&args.aws.sandbox))?;
    let trees = trees(args, output)?;
    deliveries.deliver(output, |format, _| match format {
        PlainFormat::Text => Ok(trees.text(|_, tree| accounts_text(&tree.org, &tree.desired))),
        PlainFormat::Json => trees.json(|_, tree| accounts_json(&tree.org, &tree.desired, tree.facts.as_ref())),
    })?;
    trees.end(output)
}

fn trees(args: &ReadArgs<PlainFormat>, output: &Output) -> Result<Sections<Tree>, CommandError> {
    let configurations = configuration::load(&args.files, output)?;
    if let Some(mut snapshots) = Snapshots::read(&args.observed)? {
        return Sections::of(configurations, |configuration| {
            let SnapshotFile { snapshot, facts } = snapshots.take(configuration)?;
            output.message(&facts.sentence());
            Tree::of(configuration, snapshot.observed.org, Some(facts))
        });
    }
    let read = async |configuration: &Configuration, connection: &Connection, interrupts: &mut Interrupts| {
        // Names are what people look for here, whether or not the file uses them.
        let org = interrupts.or(read_org(connection, UnitNames::Needed, &BTreeSet::new())).await?;
        Tree::of(configuration, org.map_err(|error| session::failed_call(&error))?, None)
    };
    runtime::run(session::each(configurations, &args.aws, output, read))
}
