//! `rolecall show`

use super::plan::unwritten;
use crate::args::{ShowArgs, ShowFormat};
use crate::deliveries::Deliveries;
use crate::error::{CommandError, Outcome};
use crate::output::Output;
use crate::plan_file::SavedPlan;
use crate::render::{View, plan_json, plan_text};
use crate::survey::detail;

pub(super) fn run(args: &ShowArgs, output: &Output) -> Result<Outcome, CommandError> {
    let deliveries = Deliveries::of(&args.format)?;
    let saved = SavedPlan::read(&args.plan)?;
    let facts = saved.facts();
    let view =
        View { names: &saved.names, detail: detail(output), aim: saved.aim, checked: None, facts: facts.as_ref() };
    deliveries.deliver(output, |format, _| match format {
        ShowFormat::Text => Ok(plan_text(&saved.plan, &view)),
        ShowFormat::Json => plan_json(&saved.plan, view.names, view.facts).map_err(|error| unwritten(&error)),
    })?;
    if deliveries.shown() == Some(ShowFormat::Text) {
        output.note(&format!("\nSaved {} by Rolecall {}.", saved.created_at, saved.rolecall_version));
    }
    Ok(Outcome::Done)
}
