//! `rolecall iam-policy`

use rolecall_core::permissions::{Part, Purpose, Setting, policy};

use super::plan::unwritten;
use crate::args::{FileArgs, IamPolicyArgs, PolicyPart, PolicyPurpose};
use crate::configuration;
use crate::error::{CommandError, Outcome};
use crate::output::Output;

pub(super) fn run(args: &IamPolicyArgs, output: &Output) -> Result<Outcome, CommandError> {
    let mut setting = if args.file.is_empty() {
        Setting::generic()
    } else {
        let files = FileArgs { file: args.file.clone() };
        Setting::of(&configuration::load_one(&files, "iam-policy", output)?.spec)
    };
    if let Some(role) = &args.member_role {
        setting.member_role = role.to_string();
    }
    let purpose = match args.purpose {
        PolicyPurpose::Plan => Purpose::Plan,
        PolicyPurpose::Drift => Purpose::Drift,
        PolicyPurpose::Apply => Purpose::Apply,
        PolicyPurpose::Doctor => Purpose::Doctor,
    };
    let part = match args.part {
        PolicyPart::Caller => Part::Caller,
        PolicyPart::Member => Part::Member,
    };
    let text = serde_json::to_string_pretty(&policy(purpose, part, &setting)).map_err(|error| unwritten(&error))?;
    output.result(&text)?;
    Ok(Outcome::Done)
}
