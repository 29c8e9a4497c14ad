//! `rolecall show`

use super::plan::unwritten;
use crate::args::{Format, ShowArgs};
use crate::error::{CommandError, Outcome};
use crate::output::Output;
use crate::plan_file::SavedPlan;
use crate::render::{View, plan_json, plan_text};
use crate::survey::detail;

pub(super) fn run(args: &ShowArgs, output: &Output) -> Result<Outcome, CommandError> {
    let saved = SavedPlan::read(&args.plan)?;
    let facts = saved.facts();
    match args.format.format {
        Format::Text => {
            let view = View { names: &saved.names, detail: detail(output), checked: None, facts: facts.as_ref() };
            output.result(&plan_text(&saved.plan, &view))?;
            output.note(&format!("\nSaved {} by Rolecall {}.", saved.created_at, saved.rolecall_version));
        }
        Format::Json => {
            output.result(&plan_json(&saved.plan, &saved.names, facts.as_ref()).map_err(|error| unwritten(&error))?)?;
        }
    }
    Ok(Outcome::Done)
}
