//! The command line as it is typed. What it means is decided in the commands.
#![expect(clippy::doc_markdown, reason = "the comments are help texts, which are shown as they stand")]

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};
use rolecall_core::address::Target;
use rolecall_core::ids::RunId;
use rolecall_core::ids::{Region, RoleName};
use rolecall_core::spec::CallAs;
use rolecall_sandbox::{Clock, FaultRule};

use crate::examples;

/// Keeps third-party IAM roles in an AWS Organization as one YAML file says.
///
/// `plan` shows what differs between the file and AWS, `apply` makes it so. There is no state file: what is Rolecall's is
/// told by a tag, and every run reads AWS anew. With `--sandbox` everything is done in a simulated organization.
#[derive(Debug, Parser)]
#[command(name = "rolecall", version, long_version = LONG_VERSION, max_term_width = 100, after_long_help = examples::TOP)]
pub(crate) struct Arguments {
    /// How much is said, and how.
    #[command(flatten)]
    pub(crate) output: OutputArgs,
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
}

const LONG_VERSION: &str =
    concat!(env!("CARGO_PKG_VERSION"), "\nconfiguration version 1\nplan file and report format 1.0");

/// How much is said, and how.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Output")]
pub(crate) struct OutputArgs {
    /// Print without colour; NO_COLOR does the same
    #[arg(long, global = true)]
    pub(crate) no_color: bool,
    /// Print results and errors only, no progress
    #[arg(long, short, global = true, conflicts_with = "verbose")]
    pub(crate) quiet: bool,
    /// Show every account and what is going on; twice: the AWS calls that were made too
    #[arg(long, short, global = true, action = ArgAction::Count)]
    pub(crate) verbose: u8,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Check the files; nothing is read from AWS
    #[command(after_long_help = examples::VALIDATE)]
    Validate(ValidateArgs),
    /// Show what would change
    ///
    /// Reads the organization, the stack sets and the roles in every target account, and shows what `apply` would do.
    /// Changes nothing. The exit code is 0 whether or not there are changes, unless --detailed-exitcode is given.
    #[command(after_long_help = examples::PLAN)]
    Plan(PlanArgs),
    /// Make the organization match the files
    ///
    /// Plans, asks, and applies. With a file that `plan --out` wrote, it does exactly what that plan says, without asking,
    /// and refuses if anything moved since. What fails in one account does not stop the others; run it again to finish.
    #[command(after_long_help = examples::APPLY)]
    Apply(ApplyArgs),
    /// Free the lock that a run left behind
    ///
    /// `apply` holds a lock on the organization while it changes something, and frees it whatever comes of the run. A run
    /// Delete everything that carries Rolecall's tags, or a part of it
    #[command(after_long_help = examples::DESTROY)]
    Destroy(DestroyArgs),
    /// that is killed leaves it. Shows who holds it and since when, asks, and frees it.
    #[command(after_long_help = examples::UNLOCK)]
    Unlock(UnlockArgs),
    /// Show how every account stands, integration by integration
    #[command(after_long_help = examples::STATUS)]
    Status(ReadArgs),
    /// Show the organization as a tree, with what targets each account
    #[command(after_long_help = examples::ACCOUNTS)]
    Accounts(ReadArgs),
    /// Write a configuration for what is there already
    ///
    /// Looks in every account for roles that ask for an external ID, and for the service-managed stack sets that made them,
    /// and writes them as integrations into a new file. Equal roles become one integration. What a file cannot say stands
    /// at its end, in comments. Changes nothing; `plan -f FILE` then shows what would be taken over.
    #[command(after_long_help = examples::IMPORT)]
    Import(ImportArgs),
    /// Keep what is in the organization in a file, to plan from it or to rehearse on it
    ///
    /// Reads every account in use and changes nothing. `plan --observed FILE` plans from it without credentials;
    /// `--sandbox FILE` makes a simulated organization of it, in which a change is rehearsed. There are no secrets in the
    /// file, but the organization's account names, e-mail addresses and external IDs are.
    #[command(after_long_help = examples::SNAPSHOT)]
    Snapshot(SnapshotArgs),
    /// Check beforehand whether plan and apply can work; changes nothing
    ///
    /// Checks who the caller is, the organization, trusted access and delegated administration, the member role in every
    /// target account, and each permission that plan and apply need, and says what is missing and how to get it.
    /// Permissions are checked by asking IAM to simulate policies (iam:SimulatePrincipalPolicy); where that is not allowed,
    /// those to read are tried out, and those to write are `not checked`. The exit code is 0 when all is ok, 1 when a check
    /// failed, and 3 when none failed but some could not be made.
    #[command(after_long_help = examples::DOCTOR)]
    Doctor(DoctorArgs),
    /// Print the least-privilege IAM policies of the pipeline's roles
    ///
    /// With -f the policy is narrowed to the organization, the Region, the member role and the roles of the file; without
    /// it, it fits every file. docs/permissions.md tells how to use it.
    #[command(after_long_help = examples::IAM_POLICY)]
    IamPolicy(IamPolicyArgs),
    /// Show a plan that `plan --out` saved
    #[command(after_long_help = examples::SHOW)]
    Show(ShowArgs),
    /// Print the JSON Schema of the configuration file
    #[command(after_long_help = examples::SCHEMA)]
    Schema,
    /// Print a completion script for a shell
    #[command(after_long_help = examples::COMPLETIONS)]
    Completions(CompletionsArgs),
    /// Run, fill or reset the simulated organization
    #[command(after_long_help = examples::SANDBOX)]
    Sandbox(SandboxArgs),
}

/// Which files are read.
#[derive(Debug, Clone, Args)]
pub(crate) struct FileArgs {
    /// A configuration file, or a directory of *.yaml and *.yml files; may be given several times
    #[arg(long, short, value_name = "FILE-OR-DIR", default_value = "rolecall.yaml")]
    pub(crate) file: Vec<PathBuf>,
}

/// The form of the result.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct FormatArgs {
    /// The form of the result on standard output
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
}

/// The form of the result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people
    Text,
    /// For programs: one versioned document
    Json,
}

/// How AWS is reached.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "AWS")]
pub(crate) struct AwsArgs {
    /// How many accounts are worked on at the same time
    #[arg(long, value_name = "N", default_value = "32", value_parser = parse_parallelism)]
    pub(crate) parallelism: NonZeroUsize,
    /// Use a simulated organization instead of AWS, from an organization file or a snapshot; its state is kept in
    /// .rolecall/ between runs
    #[arg(long, value_name = "ORGFILE")]
    pub(crate) sandbox: Option<PathBuf>,
    /// After how long without an answer a call is made again, like 20s; over a slow line more
    #[arg(long, value_name = "DURATION", default_value = "20s", value_parser = parse_timeout)]
    pub(crate) call_timeout: std::time::Duration,
}

/// What keeps two runs apart.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Lock")]
pub(crate) struct LockArgs {
    /// Wait this long for another run's lock, and at most this long for an operation that is in the way, like 10m
    ///
    /// Without it, a lock is not waited for at all, and an operation as long as it takes.
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    pub(crate) lock_timeout: Option<std::time::Duration>,
    /// Take no lock; `access.lock: false` in the file does the same
    #[arg(long)]
    pub(crate) no_lock: bool,
}

/// What is looked at instead of AWS.
#[derive(Debug, Clone, Args)]
pub(crate) struct ObservedArgs {
    /// Look at what `rolecall snapshot` kept instead of AWS: no credentials are used, and nothing is sent anywhere
    #[arg(long, value_name = "SNAPSHOT", conflicts_with = "sandbox")]
    pub(crate) observed: Option<PathBuf>,
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
    /// The role that is assumed in members, instead of `access.member_role`
    #[arg(long, value_name = "NAME")]
    pub(crate) member_role: Option<RoleName>,
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

/// Which part of the plan is meant.
#[derive(Debug, Clone, Args)]
pub(crate) struct TargetArgs {
    /// Plan this part only: an integration, or an address as plans show them; may be given several times
    ///
    /// Meant for exceptional use: what is left out is not checked.
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) target: Vec<Target>,
}

/// `rolecall validate`
#[derive(Debug, Args)]
pub(crate) struct ValidateArgs {
    #[command(flatten)]
    pub(crate) files: FileArgs,
    #[command(flatten)]
    pub(crate) format: FormatArgs,
}

/// `rolecall plan`
#[derive(Debug, Args)]
pub(crate) struct PlanArgs {
    #[command(flatten)]
    pub(crate) files: FileArgs,
    #[command(flatten)]
    pub(crate) targets: TargetArgs,
    #[command(flatten)]
    pub(crate) format: FormatArgs,
    /// Save the plan, to be applied with `rolecall apply FILE`
    #[arg(long, short, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// Exit with 2 if there are changes, with 3 if there are none but some accounts could not be read
    #[arg(long)]
    pub(crate) detailed_exitcode: bool,
    /// Plan what `rolecall destroy` would do
    #[arg(long)]
    pub(crate) destroy: bool,
    #[command(flatten)]
    pub(crate) observed: ObservedArgs,
    #[command(flatten)]
    pub(crate) aws: AwsArgs,
}

/// `rolecall apply`
#[derive(Debug, Args)]
pub(crate) struct ApplyArgs {
    /// A plan that `rolecall plan --out` saved; it is applied without a question
    #[arg(value_name = "PLANFILE", conflicts_with_all = ["file", "target"])]
    pub(crate) plan: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) files: FileArgs,
    #[command(flatten)]
    pub(crate) targets: TargetArgs,
    #[command(flatten)]
    pub(crate) format: FormatArgs,
    /// Do not ask
    #[arg(long)]
    pub(crate) auto_approve: bool,
    /// Delete this many roles, though it is more than `limits.max_deletes`; must be the number of the plan
    #[arg(long, value_name = "N")]
    pub(crate) allow_deletes: Option<usize>,
    /// Change this many roles, though it is more than `limits.max_change_percent`; must be the number of the plan
    #[arg(long, value_name = "N")]
    pub(crate) allow_changes: Option<usize>,
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
    pub(crate) files: FileArgs,
    #[command(flatten)]
    pub(crate) targets: TargetArgs,
    #[command(flatten)]
    pub(crate) format: FormatArgs,
    /// Do not ask
    #[arg(long)]
    pub(crate) auto_approve: bool,
    /// Delete this many roles, though it is more than `limits.max_deletes`; must be the number of the plan
    #[arg(long, value_name = "N")]
    pub(crate) allow_deletes: Option<usize>,
    /// Touch this many roles, though it is more than `limits.max_change_percent`; must be the number of the plan
    #[arg(long, value_name = "N")]
    pub(crate) allow_changes: Option<usize>,
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

/// `rolecall status` and `rolecall accounts`
#[derive(Debug, Args)]
pub(crate) struct ReadArgs {
    #[command(flatten)]
    pub(crate) files: FileArgs,
    #[command(flatten)]
    pub(crate) format: FormatArgs,
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
    #[arg(long, short, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) aws: AwsArgs,
}

/// `rolecall doctor`
#[derive(Debug, Args)]
pub(crate) struct DoctorArgs {
    #[command(flatten)]
    pub(crate) files: FileArgs,
    #[command(flatten)]
    pub(crate) format: FormatArgs,
    /// What the permissions are to be good for
    #[arg(long = "for", value_enum, value_name = "COMMAND", default_value_t = DoctorPurpose::Apply)]
    pub(crate) purpose: DoctorPurpose,
    #[command(flatten)]
    pub(crate) aws: AwsArgs,
}

/// What permissions are checked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum DoctorPurpose {
    /// Reading only
    Plan,
    /// Reading and writing
    Apply,
}

/// `rolecall iam-policy`
#[derive(Debug, Args)]
pub(crate) struct IamPolicyArgs {
    /// What the policy allows
    #[arg(long = "for", value_enum, value_name = "COMMAND")]
    pub(crate) purpose: PolicyPurpose,
    /// Whose policy it is
    #[arg(long, value_enum, default_value_t = PolicyPart::Caller)]
    pub(crate) part: PolicyPart,
    /// A configuration file, or a directory of them, to which the policy is narrowed; may be given several times
    #[arg(long, short, value_name = "FILE-OR-DIR")]
    pub(crate) file: Vec<PathBuf>,
}

/// What a policy is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum PolicyPurpose {
    /// `plan`, `status` and `accounts`: reading only
    Plan,
    /// The same as `plan`
    Drift,
    /// `apply`: what `plan` needs, and writing
    Apply,
    /// `doctor`: what `plan` needs, and asking IAM what is allowed
    Doctor,
}

/// Whose policy it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum PolicyPart {
    /// The role with whose credentials the program runs
    Caller,
    /// The role `access.member_role` in the other accounts
    Member,
}

/// `rolecall show`
#[derive(Debug, Args)]
pub(crate) struct ShowArgs {
    /// The plan that `rolecall plan --out` saved
    #[arg(value_name = "PLANFILE")]
    pub(crate) plan: PathBuf,
    #[command(flatten)]
    pub(crate) format: FormatArgs,
}

/// `rolecall completions`
#[derive(Debug, Args)]
pub(crate) struct CompletionsArgs {
    /// The shell
    #[arg(value_enum)]
    pub(crate) shell: clap_complete::Shell,
}

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
    pub(crate) latency: std::time::Duration,
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

/// More at a time would be throttled by AWS long before, and run out of sockets here.
const MAX_PARALLELISM: usize = 512;

fn parse_parallelism(text: &str) -> Result<NonZeroUsize, String> {
    let number: Option<NonZeroUsize> =
        text.parse().ok().filter(|number: &NonZeroUsize| number.get() <= MAX_PARALLELISM);
    number.ok_or_else(|| format!("`{text}` is not a number from 1 to {MAX_PARALLELISM}"))
}

fn parse_duration(text: &str) -> Result<std::time::Duration, String> {
    let expected = || format!("`{text}` is not a duration like 30ms, 2s or 10m");
    let duration: jiff::SignedDuration = text.parse().map_err(|_| expected())?;
    duration.try_into().map_err(|_| expected())
}

/// Below this a call would be given up before any answer could come.
const SHORTEST_TIMEOUT: std::time::Duration = std::time::Duration::from_millis(10);

fn parse_timeout(text: &str) -> Result<std::time::Duration, String> {
    let timeout = parse_duration(text)?;
    if timeout < SHORTEST_TIMEOUT { Err(format!("`{text}` is too short for any answer")) } else { Ok(timeout) }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_arguments_are_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn every_command_has_an_example_in_its_long_help() {
        fn check(command: &mut clap::Command) {
            if command.get_name() == "help" {
                return;
            }
            let help = command.render_long_help().to_string();
            assert!(help.contains("rolecall ") && help.contains("Examples:"), "{}: {help}", command.get_name());
            command.get_subcommands_mut().for_each(check);
        }
        check(&mut Arguments::command());
    }

    #[test]
    fn a_saved_plan_and_a_file_exclude_each_other() {
        assert!(Arguments::try_parse_from(["rolecall", "apply", "plan.json", "-f", "a.yaml"]).is_err());
        assert!(Arguments::try_parse_from(["rolecall", "apply", "plan.json", "--target", "prowler"]).is_err());
        assert!(Arguments::try_parse_from(["rolecall", "apply", "plan.json", "--allow-deletes", "7"]).is_ok());
    }

    #[test]
    fn the_parallelism_has_bounds() {
        assert_eq!(parse_parallelism("32").map(NonZeroUsize::get), Ok(32));
        assert!(["0", "513", "-1", "many"].iter().all(|text| parse_parallelism(text).is_err()));
    }

    #[test]
    fn a_lock_is_freed_unasked_only_by_name() {
        assert!(Arguments::try_parse_from(["rolecall", "unlock", "--auto-approve"]).is_err());
        assert!(Arguments::try_parse_from(["rolecall", "unlock", "0123456789abcdef", "--auto-approve"]).is_ok());
        assert!(Arguments::try_parse_from(["rolecall", "unlock", "anything"]).is_err());
    }

    #[test]
    fn the_latency_is_read() {
        assert_eq!(parse_duration("30ms"), Ok(std::time::Duration::from_millis(30)));
        assert!(parse_duration("-1s").is_err() && parse_duration("soon").is_err());
    }
}
