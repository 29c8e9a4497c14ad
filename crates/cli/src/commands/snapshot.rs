//! `rolecall snapshot`

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use rolecall_aws::{Whole, observe_whole};
use rolecall_core::observed::Reading;
use rolecall_core::snapshot::Snapshot;

use crate::args::SnapshotArgs;
use crate::error::{CommandError, Outcome};
use crate::output::Output;
use crate::progress;
use crate::runtime;
use crate::session;
use crate::snapshot_file;
use crate::source::Source;

pub(super) fn run(args: &SnapshotArgs, output: &Output) -> Result<Outcome, CommandError> {
    let source = Source::of(&args.source, output)?;
    if let Some(path) = &args.out {
        snapshot_file::check_replaceable(path)?;
    }
    let snapshot = runtime::run(take(&source, args, output))?;
    if let Some(path) = &args.out {
        snapshot_file::write(path, &snapshot)?;
        output.note(&format!("Wrote {}: {}", path.display(), told(&snapshot)));
    } else {
        output.result(&snapshot_file::to_text(&snapshot)?)?;
        output.note(&told(&snapshot));
    }
    Ok(Outcome::Done)
}

async fn take(source: &Source, args: &SnapshotArgs, output: &Output) -> Result<Snapshot, CommandError> {
    let access = &source.access;
    session::with(access, &args.aws, output, async |connection, interrupts| {
        let taken_at = Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        let progress = progress::Reading::begin(output, progress::Errand::Roles);
        let watch = |event: rolecall_aws::ObserveEvent<'_>| progress.watch(event);
        let names: BTreeSet<_> = source.role_names();
        let read = Box::pin(observe_whole(connection, source.organization(), &names, &watch));
        let read = interrupts.or(read).await?;
        let Whole { observed, other_roles } = read.map_err(|error| source.unobserved(&error))?;
        Ok(Snapshot { taken_at, access: access.clone(), observed, other_roles })
    })
    .await
}

fn told(snapshot: &Snapshot) -> String {
    let observed = &snapshot.observed;
    let unread = observed.roles.values().filter(|reading| reading.known().is_none()).count();
    let roles: usize = observed.roles.values().filter_map(Reading::known).map(BTreeMap::len).sum();
    let sets = observed.stack_sets.known().map_or(0, BTreeMap::len);
    let failures = if unread > 0 { format!("; {unread} accounts could not be read") } else { String::new() };
    format!(
        "{} accounts of {}, {roles} roles and {sets} stack sets{failures}.",
        observed.org.accounts.len(),
        observed.org.id
    )
}
