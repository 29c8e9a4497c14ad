//! The command line as it is typed. What it means is decided in the commands.

mod again;
mod apply;
mod aws;
mod output;
mod parse;
mod permissions;
mod read;
mod sandbox;
mod source;

use clap::{Parser, Subcommand};

pub(crate) use self::again::{Again, word};
pub(crate) use self::apply::{ApplyArgs, ConsentArgs, DestroyArgs, LockArgs, Only, UnlockArgs};
pub(crate) use self::aws::AwsArgs;
pub(crate) use self::output::{
    ApplyFormat, Delivery, DriftFormat, Format, FormatArgs, OutputArgs, Place, PlainFormat, ReportFormat, ShowFormat,
    ValidateFormat, names,
};
pub(crate) use self::permissions::{DoctorArgs, DoctorPurpose, IamPolicyArgs, PolicyPart, PolicyPurpose};
pub(crate) use self::read::{
    CompletionsArgs, DriftArgs, ImportArgs, MergeArgs, PendingArgs, PlanArgs, ReadArgs, ReportArgs, ReportCommand,
    ShowArgs, SnapshotArgs, ValidateArgs, WhoUse,
};
pub(crate) use self::sandbox::{GenerateArgs, ResetArgs, SandboxArgs, SandboxCommand, ServeArgs};
pub(crate) use self::source::{DEFAULT_FILE, FileArgs, ObservedArgs, ScopeArgs, SourceArgs, TargetArgs};
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
    /// Tell what others changed since the last apply; changes nothing
    ///
    /// Three answers are kept apart: drift is what is not as it was last applied; pending is what the files would change; and
    /// unknown is what could not be read, with the reason. The exit code is 2 if something drifted, 3 if nothing did as far
    /// as could be seen but something is unknown, and 0 otherwise, whether or not changes are pending.
    #[command(after_long_help = examples::DRIFT)]
    Drift(DriftArgs),
    /// Make the organization match the files
    ///
    /// Plans, asks, and applies. With a file that `plan --out` wrote, it does exactly what that plan says, without asking,
    /// and refuses if anything moved since. What fails in one account does not stop the others; run it again to finish.
    #[command(after_long_help = examples::APPLY)]
    Apply(ApplyArgs),
    /// Delete everything that carries Rolecall's tags, or a part of it
    #[command(after_long_help = examples::DESTROY)]
    Destroy(DestroyArgs),
    /// Free the lock that a run left behind
    ///
    /// `apply` holds a lock on the organization while it changes something, and frees it whatever comes of the run. A run
    /// that is killed leaves it. Shows who holds it and since when, asks, and frees it.
    #[command(after_long_help = examples::UNLOCK)]
    Unlock(UnlockArgs),
    /// Show how every account stands, integration by integration
    #[command(after_long_help = examples::STATUS)]
    Status(ReadArgs<ReportFormat>),
    /// Show the organization as a tree, with what targets each account
    #[command(after_long_help = examples::ACCOUNTS)]
    Accounts(ReadArgs<PlainFormat>),
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
    /// Join the reports of several runs
    #[command(after_long_help = examples::REPORT)]
    Report(ReportArgs),
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
    fn a_saved_plan_and_a_target_exclude_each_other() {
        assert!(Arguments::try_parse_from(["rolecall", "apply", "plan.json", "-f", "a.yaml"]).is_ok());
        assert!(Arguments::try_parse_from(["rolecall", "apply", "plan.json", "--target", "prowler"]).is_err());
        assert!(Arguments::try_parse_from(["rolecall", "apply", "plan.json", "--allow-deletes", "7"]).is_ok());
    }

    #[test]
    fn a_lock_is_freed_unasked_only_by_name() {
        assert!(Arguments::try_parse_from(["rolecall", "unlock", "--auto-approve"]).is_err());
        assert!(Arguments::try_parse_from(["rolecall", "unlock", "0123456789abcdef", "--auto-approve"]).is_ok());
        assert!(Arguments::try_parse_from(["rolecall", "unlock", "anything"]).is_err());
    }
}
