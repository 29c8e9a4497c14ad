//! The commands that read and show.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use rolecall_core::portion::{AccountPlace, Portion, Shard};

use super::{
    AwsArgs, DriftFormat, FileArgs, Format, FormatArgs, ObservedArgs, Only, ReportFormat, ScopeArgs, ShowFormat,
    SourceArgs, ValidateFormat,
};
use crate::examples;

/// `rolecall validate`
#[derive(Debug, Args)]
pub(crate) struct ValidateArgs {
    #[command(flatten)]
    pub(crate) files: FileArgs,
    #[command(flatten)]
    pub(crate) format: FormatArgs<ValidateFormat>,
}

/// `rolecall plan`
#[derive(Debug, Args)]
pub(crate) struct PlanArgs {
    #[command(flatten)]
    pub(crate) scope: ScopeArgs,
    #[command(flatten)]
    pub(crate) format: FormatArgs<ReportFormat>,
    /// Save the plan, to be applied with `rolecall apply FILE`
    #[arg(long, short, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// Exit with 2 if there are changes, with 3 if there are none but some accounts could not be read
    #[arg(long)]
    pub(crate) detailed_exitcode: bool,
    /// Plan what `rolecall destroy` would do
    #[arg(long, conflicts_with = "only")]
    pub(crate) destroy: bool,
    /// Plan what `rolecall apply --only` would do
    #[arg(long, value_enum)]
    pub(crate) only: Option<Only>,
    #[command(flatten)]
    pub(crate) observed: ObservedArgs,
    #[command(flatten)]
    pub(crate) aws: AwsArgs,
}

/// `rolecall drift`
#[derive(Debug, Args)]
pub(crate) struct DriftArgs {
    #[command(flatten)]
    pub(crate) scope: ScopeArgs,
    #[command(flatten)]
    pub(crate) format: FormatArgs<DriftFormat>,
    #[command(flatten)]
    pub(crate) pending: PendingArgs,
    /// Whether to look up in CloudTrail who last changed each drifted role
    #[arg(long, value_enum, value_name = "WHEN", default_value_t = WhoUse::Auto)]
    pub(crate) who: WhoUse,
    #[command(flatten)]
    pub(crate) portion: PortionArgs,
    #[command(flatten)]
    pub(crate) observed: ObservedArgs,
    #[command(flatten)]
    pub(crate) aws: AwsArgs,
}

/// What pending changes alone come to.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct PendingArgs {
    /// Exit with 2 if nothing drifted and all is known, but changes are pending
    #[arg(long)]
    pub(crate) pending_exitcode: bool,
}

/// Which accounts are looked at.
#[derive(Debug, Clone, Args)]
pub(crate) struct PortionArgs {
    /// Look only at this account, or at those in this unit and below (an id, a name or a path); may be given several times
    #[arg(long, value_name = "OU-or-id")]
    accounts: Vec<AccountPlace>,
    /// Look only at one of n parts of the accounts, like 2/5
    ///
    /// Which part an account is in depends on its id alone. `rolecall report merge` joins the JSON documents of all parts.
    #[arg(long, value_name = "i/n")]
    shard: Option<Shard>,
}

impl PortionArgs {
    /// The accounts that are meant.
    pub(crate) fn portion(&self) -> Portion {
        Portion { places: self.accounts.clone(), shard: self.shard }
    }
}

/// Whether it is looked up who changed a role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum WhoUse {
    /// In the accounts that let the program look
    Auto,
    /// Never
    Off,
}

/// `rolecall report`
#[derive(Debug, Args)]
pub(crate) struct ReportArgs {
    /// What to do with the documents.
    #[command(subcommand)]
    pub(crate) command: ReportCommand,
}

/// What is done with documents of other runs.
#[derive(Debug, Subcommand)]
pub(crate) enum ReportCommand {
    /// Join the documents of all parts to the report of all accounts
    ///
    /// Takes what `rolecall drift --shard i/n --format json` wrote for each of the n parts, in any order, and reports what one
    /// run over all accounts would have reported, with the same exit codes. Nothing is sent anywhere. A part that is missing or
    /// there twice is an error, and what was changed while the parts were read is unknown.
    #[command(after_long_help = examples::REPORT_MERGE)]
    Merge(MergeArgs),
}

/// `rolecall report merge`
#[derive(Debug, Args)]
pub(crate) struct MergeArgs {
    /// The documents of all parts
    #[arg(value_name = "FILE", required = true)]
    pub(crate) documents: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) format: FormatArgs<DriftFormat>,
    #[command(flatten)]
    pub(crate) pending: PendingArgs,
}

/// `rolecall status` and `rolecall accounts`
#[derive(Debug, Args)]
pub(crate) struct ReadArgs<F: Format> {
    #[command(flatten)]
    pub(crate) files: FileArgs,
    #[command(flatten)]
    pub(crate) format: FormatArgs<F>,
    #[command(flatten)]
    pub(crate) observed: ObservedArgs,
    #[command(flatten)]
    pub(crate) aws: AwsArgs,
}

/// `rolecall import`
#[derive(Debug, Args)]
pub(crate) struct ImportArgs {
    #[command(flatten)]
    pub(crate) source: SourceArgs,
    /// Write to this file, which must not be there yet, instead of standard output
    #[arg(long, short, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) observed: ObservedArgs,
    #[command(flatten)]
    pub(crate) aws: AwsArgs,
}

/// `rolecall snapshot`
#[derive(Debug, Args)]
pub(crate) struct SnapshotArgs {
    #[command(flatten)]
    pub(crate) source: SourceArgs,
    /// Write to this file instead of standard output; an older snapshot there is replaced, anything else is left alone
    ///
    /// With the files of several organizations, a directory, in which each gets a file named by its id.
    #[arg(long, short, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) aws: AwsArgs,
}

/// `rolecall show`
#[derive(Debug, Args)]
pub(crate) struct ShowArgs {
    /// The plan that `rolecall plan --out` saved
    #[arg(value_name = "PLANFILE")]
    pub(crate) plan: PathBuf,
    #[command(flatten)]
    pub(crate) format: FormatArgs<ShowFormat>,
}

/// `rolecall completions`
#[derive(Debug, Args)]
pub(crate) struct CompletionsArgs {
    /// The shell
    #[arg(value_enum)]
    pub(crate) shell: clap_complete::Shell,
}
