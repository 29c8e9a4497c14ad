//! `rolecall snapshot`

use std::collections::BTreeMap;
use std::path::Path;

use rolecall_core::observed::Reading;
use rolecall_core::snapshot::Snapshot;

use crate::args::SnapshotArgs;
use crate::error::{CommandError, Outcome};
use crate::organizations::{Report, Sections};
use crate::output::Output;
use crate::render::Count;
use crate::runtime;
use crate::snapshot_file;
use crate::source::Source;

/// A snapshot that was written.
struct Written;

impl Report for Written {
    const COMMAND: &'static str = "snapshot";

    fn counts(&self) -> Vec<Count> {
        Vec::new()
    }

    fn verdict(&self) -> Result<Outcome, CommandError> {
        Ok(Outcome::Done)
    }
}

pub(super) fn run(args: &SnapshotArgs, output: &Output) -> Result<Outcome, CommandError> {
    let sources = Source::all(&args.source, &args.aws, output)?;
    let [source] = sources.as_slice() else { return several(sources, args, output) };
    if let Some(path) = &args.out {
        snapshot_file::check_replaceable(path)?;
    }
    let snapshot = runtime::run(source.snapshot(&source.role_names(), &args.aws, output))?;
    if let Some(path) = &args.out {
        write(&snapshot, path, output)?;
    } else {
        output.result(&snapshot_file::to_text(&snapshot)?)?;
        output.note(&told(&snapshot));
    }
    Ok(Outcome::Done)
}

/// Writes a file for each organization, named by its id, into one directory.
fn several(sources: Vec<Source>, args: &SnapshotArgs, output: &Output) -> Result<Outcome, CommandError> {
    let Some(directory) = args.out.as_deref().filter(|out| out.is_dir()) else {
        let message = format!("the files are of {} organizations, and a snapshot is of one", sources.len());
        return Err(CommandError::user(message).hint("name a directory with -o, in which each gets a file of its own"));
    };
    let mut written = Sections::begin(&sources);
    for source in sources {
        let Some(configuration) = source.configuration().cloned() else { continue };
        written.announce(&configuration, output);
        let path = directory.join(format!("{}.json", configuration.organization()));
        written.add(configuration, take(&source, &path, args, output))?;
    }
    written.end(output)
}

fn take(source: &Source, path: &Path, args: &SnapshotArgs, output: &Output) -> Result<Written, CommandError> {
    snapshot_file::check_replaceable(path)?;
    let snapshot = runtime::run(source.snapshot(&source.role_names(), &args.aws, output))?;
    write(&snapshot, path, output)?;
    Ok(Written)
}

fn write(snapshot: &Snapshot, path: &Path, output: &Output) -> Result<(), CommandError> {
    snapshot_file::write(path, snapshot)?;
    output.note(&format!("Wrote {}: {}", path.display(), told(snapshot)));
    Ok(())
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
