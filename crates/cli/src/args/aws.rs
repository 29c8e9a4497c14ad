//! How AWS is reached.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use rolecall_core::ids::RoleName;

use super::parse::{parse_parallelism, parse_timeout};

/// How AWS is reached.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "AWS")]
pub(crate) struct AwsArgs {
    /// How many accounts are worked on at the same time
    #[arg(long, value_name = "N", default_value = "32", value_parser = parse_parallelism)]
    pub(crate) parallelism: NonZeroUsize,
    /// Use a simulated organization instead of AWS, from an organization file or a snapshot; its state is kept in
    /// .rolecall/ between runs
    ///
    /// For several organizations, give several files or a directory of them.
    #[arg(long, value_name = "ORGFILE")]
    pub(crate) sandbox: Vec<PathBuf>,
    /// The role that is assumed in members, instead of `access.member_role`: where nothing is written, one that only reads
    #[arg(long, value_name = "NAME")]
    pub(crate) member_role: Option<RoleName>,
    /// After how long without an answer a call is made again, like 20s; over a slow line more
    #[arg(long, value_name = "DURATION", default_value = "20s", value_parser = parse_timeout)]
    pub(crate) call_timeout: Duration,
}
