//! The commands about permissions: `doctor` and `iam-policy`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use rolecall_core::ids::RoleName;

use super::{AwsArgs, FileArgs, FormatArgs, PlainFormat};

/// `rolecall doctor`
#[derive(Debug, Args)]
pub(crate) struct DoctorArgs {
    #[command(flatten)]
    pub(crate) files: FileArgs,
    #[command(flatten)]
    pub(crate) format: FormatArgs<PlainFormat>,
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
    /// Reading, and saying who changed a role, which is optional
    Drift,
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
    /// The role that is assumed in members, instead of `access.member_role`
    #[arg(long, value_name = "NAME")]
    pub(crate) member_role: Option<RoleName>,
}

/// What a policy is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum PolicyPurpose {
    /// `plan`, `status` and `accounts`: reading only
    Plan,
    /// `drift`: what `plan` needs, and saying who changed a role, which is optional
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
