//! `rolecall import`

use std::collections::BTreeSet;
use std::path::Path;

use rolecall_core::ids::IntegrationName;
use rolecall_core::import::{Import, import};
use rolecall_core::snapshot::Snapshot;

use crate::args::{Again, AwsArgs, ImportArgs, word};
use crate::error::{CommandError, Outcome};
use crate::load;
use crate::output::Output;
use crate::plan_file::{check_place, write_new};
use crate::runtime;
use crate::snapshot_file::{SnapshotFile, Snapshots};
use crate::source::Source;

pub(super) fn run(args: &ImportArgs, output: &Output) -> Result<Outcome, CommandError> {
    if let Some(path) = args.out.as_deref().filter(|path| path.exists()) {
        return Err(CommandError::user(format!("{} is there: `import` writes a new file only", path.display()))
            .hint("name another file with -o, and take over by hand what you want of it"));
    }
    args.out.iter().try_for_each(|path| check_place(path))?;
    let snapshot = seen(args, output)?;
    let made = import(&snapshot);
    if let Some(path) = &args.out {
        written(path, &made, &args.aws, output)?;
    } else {
        output.result(&made.text)?;
    }
    output.note(&told(&made));
    if !made.ours.is_empty() {
        let ours: Vec<&str> = made.ours.iter().map(IntegrationName::as_str).collect();
        output.message(&format!(
            "warning: {} of Rolecall already, and not in this file: a plan of it alone would delete their roles. Put its \
             integrations into their file.",
            match ours.as_slice() {
                [only] => format!("integration {only} is"),
                several => format!("integrations {} are", several.join(", ")),
            }
        ));
    }
    Ok(Outcome::Done)
}

fn seen(args: &ImportArgs, output: &Output) -> Result<Snapshot, CommandError> {
    if let Some(snapshots) = Snapshots::read(&args.observed)? {
        let SnapshotFile { snapshot, facts } = snapshots.only()?;
        output.message(&facts.sentence());
        return Ok(snapshot);
    }
    let source = Source::of(&args.source, &args.aws, output)?;
    runtime::run(source.snapshot(&BTreeSet::new(), &args.aws, output))
}

fn written(path: &Path, made: &Import, aws: &AwsArgs, output: &Output) -> Result<(), CommandError> {
    write_new(path, made.text.as_bytes())
        .map_err(|error| CommandError::user(format!("cannot write {}: {}", path.display(), load::describe(&error))))?;
    output.note(&format!("Wrote {}. To see what it would take over, run:", path.display()));
    output.note(&format!("  rolecall plan -f {}{}", word(&path.to_string_lossy()), Again::of_sandbox(aws)));
    Ok(())
}

fn told(made: &Import) -> String {
    let count = |number: usize, noun: &str| format!("{number} {noun}{}", if number == 1 { "" } else { "s" });
    let left = match made.left_out.len() {
        0 => String::new(),
        number => format!("; {} found and left out, for the reasons at the end of the file", count(number, "thing")),
    };
    format!("{}{left}.", count(made.integrations.len(), "integration"))
}
