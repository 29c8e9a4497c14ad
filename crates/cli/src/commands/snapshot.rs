//! `rolecall snapshot`

use std::collections::BTreeMap;

use rolecall_core::observed::Reading;
use rolecall_core::snapshot::Snapshot;

use crate::args::SnapshotArgs;
use crate::error::{CommandError, Outcome};
use crate::output::Output;
use crate::runtime;
use crate::snapshot_file;
use crate::source::Source;

pub(super) fn run(args: &SnapshotArgs, output: &Output) -> Result<Outcome, CommandError> {
    let source = Source::of(&args.source, &args.aws, output)?;
    if let Some(path) = &args.out {
        snapshot_file::check_replaceable(path)?;
    }
    let snapshot = runtime::run(source.snapshot(&source.role_names(), &args.aws, output))?;
    if let Some(path) = &args.out {
        snapshot_file::write(path, &snapshot)?;
        output.note(&format!("Wrote {}: {}", path.display(), told(&snapshot)));
    } else {
        output.result(&snapshot_file::to_text(&snapshot)?)?;
        output.note(&told(&snapshot));
    }
    Ok(Outcome::Done)
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
