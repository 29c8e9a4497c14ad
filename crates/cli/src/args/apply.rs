//! The commands that change something: `apply`, `destroy` and `unlock`.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};
use rolecall_core::ids::RunId;

use super::parse::{parse_count, parse_duration};
use super::{ApplyFormat, AwsArgs, FileArgs, FormatArgs, ScopeArgs};

/// What keeps two runs apart.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Lock")]
pub(crate) struct LockArgs {
    /// Wait this long for another run's lock, and at most this long for an operation that is in the way, like 10m
    ///
    /// Without it, a lock is not waited for at all, and an operation as long as it takes.
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    pub(crate) lock_timeout: Option<Duration>,
    /// Take no lock; `access.lock: false` in the file does the same
    #[arg(long)]
    pub(crate) no_lock: bool,
}

/// What is agreed to beforehand.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct ConsentArgs {
    /// Do not ask
    #[arg(long)]
    pub(crate) auto_approve: bool,
    /// Delete this many roles, though it is more than `limits.max_deletes`; must be the number of the plan
    #[arg(long, value_name = "N", value_parser = parse_count)]
    pub(crate) allow_deletes: Option<usize>,
    /// Change this many roles, though it is more than `limits.max_change_percent`; must be the number of the plan
    #[arg(long, value_name = "N", value_parser = parse_count)]
    pub(crate) allow_changes: Option<usize>,
}

/// Which changes are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Only {
    /// Those that undo drift, so that everything is again what was last applied
    Drift,
}

/// `rolecall apply`
#[derive(Debug, Args)]
pub(crate) struct ApplyArgs {
    /// A plan that `rolecall plan --out` saved; it is applied without a question
    ///
    /// With -f it is refused unless it was made from just what these files say now.
    #[arg(value_name = "PLANFILE", conflicts_with = "target")]
    pub(crate) plan: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) scope: ScopeArgs,
    #[command(flatten)]
    pub(crate) format: FormatArgs<ApplyFormat>,
    #[command(flatten)]
    pub(crate) consent: ConsentArgs,
    /// Make only these changes; what else the files would change is left for another run
    #[arg(long, value_enum, conflicts_with = "plan")]
    pub(crate) only: Option<Only>,
    /// Begin operations of stack sets and do not wait for their end; what must come after them is left for the next run
    #[arg(long)]
    pub(crate) no_wait: bool,
    #[command(flatten)]
    pub(crate) lock: LockArgs,
    #[command(flatten)]
    pub(crate) aws: AwsArgs,
}

/// `rolecall destroy`
#[derive(Debug, Args)]
pub(crate) struct DestroyArgs {
    #[command(flatten)]
    pub(crate) scope: ScopeArgs,
    #[command(flatten)]
    pub(crate) format: FormatArgs<ApplyFormat>,
    #[command(flatten)]
    pub(crate) consent: ConsentArgs,
    #[command(flatten)]
    pub(crate) lock: LockArgs,
    #[command(flatten)]
    pub(crate) aws: AwsArgs,
}

/// `rolecall unlock`
#[derive(Debug, Args)]
pub(crate) struct UnlockArgs {
    /// The run that holds the lock; a lock that another one holds is not freed
    #[arg(value_name = "ID")]
    pub(crate) id: Option<RunId>,
    #[command(flatten)]
    pub(crate) files: FileArgs,
    /// Do not ask; the run must be named
    #[arg(long, requires = "id")]
    pub(crate) auto_approve: bool,
    #[command(flatten)]
    pub(crate) aws: AwsArgs,
}
