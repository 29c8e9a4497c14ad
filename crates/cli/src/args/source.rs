//! What is looked at: files, an organization, a snapshot, and which part of them.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use rolecall_core::address::Target;
use rolecall_core::ids::Region;
use rolecall_core::spec::CallAs;

/// The configuration file where none is named.
pub(crate) const DEFAULT_FILE: &str = "rolecall.yaml";

/// Which files are read.
#[derive(Debug, Clone, Args)]
pub(crate) struct FileArgs {
    /// A configuration file, or a directory of *.yaml and *.yml files; may be given several times [default: rolecall.yaml]
    ///
    /// Files of the same organization are one configuration. Those of several organizations are worked on one after the
    /// other, and what fails in one does not keep the others back.
    #[arg(long, short, value_name = "FILE-OR-DIR")]
    pub(crate) file: Vec<PathBuf>,
}

impl FileArgs {
    /// The files that are meant.
    pub(crate) fn paths(&self) -> Vec<PathBuf> {
        if self.file.is_empty() { vec![PathBuf::from(DEFAULT_FILE)] } else { self.file.clone() }
    }
}

/// Which part of the plan is meant.
#[derive(Debug, Clone, Args)]
pub(crate) struct TargetArgs {
    /// Plan this part only: an integration, or an address as plans show them; may be given several times
    ///
    /// Meant for exceptional use: what is left out is not checked.
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) target: Vec<Target>,
}

/// What is looked at, and which part of it is meant.
#[derive(Debug, Clone, Args)]
pub(crate) struct ScopeArgs {
    #[command(flatten)]
    pub(crate) files: FileArgs,
    #[command(flatten)]
    pub(crate) targets: TargetArgs,
}

/// What is looked at instead of AWS.
#[derive(Debug, Clone, Args)]
pub(crate) struct ObservedArgs {
    /// Look at what `rolecall snapshot` kept instead of AWS: no credentials are used, and nothing is sent anywhere
    ///
    /// For several organizations, give several files or a directory of them.
    #[arg(long, value_name = "SNAPSHOT", conflicts_with = "sandbox")]
    pub(crate) observed: Vec<PathBuf>,
}

/// How an organization is reached that no file need describe yet.
#[derive(Debug, Clone, Args)]
pub(crate) struct SourceArgs {
    /// Configuration files whose `access` is used, and whose roles are looked for; rolecall.yaml where it is there
    #[arg(long, short, value_name = "FILE-OR-DIR")]
    pub(crate) file: Vec<PathBuf>,
    /// The Region of the stack sets, instead of `access.region`
    #[arg(long, value_name = "REGION")]
    pub(crate) region: Option<Region>,
    /// As whom StackSets are called, instead of `access.call_as`
    #[arg(long, value_enum)]
    pub(crate) call_as: Option<CallAsArg>,
}

/// As whom StackSets are called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum CallAsArg {
    /// The caller is in the management account
    #[value(name = "self")]
    Management,
    /// The caller is in an account that administers StackSets for the organization
    DelegatedAdmin,
}

impl From<CallAsArg> for CallAs {
    fn from(arg: CallAsArg) -> Self {
        match arg {
            CallAsArg::Management => Self::Management,
            CallAsArg::DelegatedAdmin => Self::DelegatedAdmin,
        }
    }
}
