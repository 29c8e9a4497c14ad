//! `rolecall sandbox`
#![expect(clippy::doc_markdown, reason = "the comments are help texts, which are shown as they stand")]

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};
use rolecall_sandbox::{Clock, FaultRule};

use super::parse::parse_duration;
use crate::examples;

/// `rolecall sandbox`
#[derive(Debug, Args)]
pub(crate) struct SandboxArgs {
    /// What to do with the simulated organization.
    #[command(subcommand)]
    pub(crate) command: SandboxCommand,
}

/// What to do with the simulated organization.
#[derive(Debug, Subcommand)]
pub(crate) enum SandboxCommand {
    /// Serve the simulated AWS until interrupted
    ///
    /// Organizations, IAM, STS and CloudFormation StackSets over HTTP, for the AWS CLI and SDKs as much as for Rolecall: set
    /// AWS_ENDPOINT_URL to the address that is printed. Any credentials act as the administrator of the management account;
    /// an access key id of twelve digits as that of the account it names.
    #[command(after_long_help = examples::SANDBOX_SERVE)]
    Serve(ServeArgs),
    /// Write an organization file of any size
    #[command(after_long_help = examples::SANDBOX_GENERATE)]
    Generate(GenerateArgs),
    /// Forget what runs with --sandbox changed
    #[command(after_long_help = examples::SANDBOX_RESET)]
    Reset(ResetArgs),
}

/// `rolecall sandbox serve`
#[derive(Debug, Args)]
pub(crate) struct ServeArgs {
    /// The organization file, or the snapshot, to begin with
    #[arg(long, value_name = "ORGFILE")]
    pub(crate) org: PathBuf,
    /// Where to listen; port 0 takes a free one
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:4566")]
    pub(crate) listen: std::net::SocketAddr,
    /// How long every answer is delayed, like 30ms
    #[arg(long, value_name = "DURATION", default_value = "0ms", value_parser = parse_duration)]
    pub(crate) latency: Duration,
    /// How simulated time passes: `real` (30 times as fast as ours), `5x`, or `60-seconds-per-request` (and only then)
    ///
    /// Without it, as the organization file says, or `real`.
    #[arg(long, value_name = "CLOCK")]
    pub(crate) clock: Option<Clock>,
    /// The simulated time to begin with, like 2027-01-01T00:00:00Z, instead of the present
    #[arg(long, value_name = "TIME")]
    pub(crate) time: Option<jiff::Timestamp>,
    /// What ids and faults at a rate are derived from: the same requests with the same seed, clock and time get the same
    /// answers
    #[arg(long, value_name = "TEXT")]
    pub(crate) seed: Option<String>,
    /// Keep the state in this file; without it the state is gone when the server ends
    #[arg(long, value_name = "FILE")]
    pub(crate) state: Option<PathBuf>,
    /// Write every request and its answer to this file, a JSON object a line
    #[arg(long, value_name = "FILE")]
    pub(crate) record: Option<PathBuf>,
    /// A file of faults, as YAML or JSON; crates/sandbox/README.md describes it
    #[arg(long, value_name = "FILE")]
    pub(crate) faults: Option<PathBuf>,
    /// A fault on one line, as described below; may be given several times, and comes after those of the file
    #[arg(long, value_name = "SPEC")]
    pub(crate) fault: Vec<FaultRule>,
}

/// `rolecall sandbox generate`
#[derive(Debug, Args)]
pub(crate) struct GenerateArgs {
    /// How many accounts, the management account included
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub(crate) accounts: u32,
    /// How many organizational units
    #[arg(long, value_name = "M", default_value = "10", value_parser = clap::value_parser!(u32).range(0..=10_000))]
    pub(crate) ous: u32,
    /// How deep the units are nested, 3 unless there are fewer; AWS allows five
    #[arg(long, value_name = "D", value_parser = clap::value_parser!(u32).range(1..=5))]
    pub(crate) depth: Option<u32>,
    /// The same seed gives the same file
    #[arg(long, value_name = "S", default_value = "1")]
    pub(crate) seed: u64,
    /// Write to this file instead of standard output
    #[arg(long, short, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
}

/// `rolecall sandbox reset`
#[derive(Debug, Args)]
pub(crate) struct ResetArgs {
    /// The organization file whose state is forgotten; without it, all states kept in .rolecall/sandbox
    #[arg(long, value_name = "ORGFILE")]
    pub(crate) org: Option<PathBuf>,
}
