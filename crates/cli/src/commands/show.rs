//! `rolecall show`

use super::plan::plan_counts;
use crate::args::{ShowArgs, ShowFormat};
use crate::configuration::Configuration;
use crate::deliveries::Deliveries;
use crate::error::{CommandError, Outcome};
use crate::organizations::{Report, Sections};
use crate::output::Output;
use crate::plan_file::SavedPlan;
use crate::render::{Count, View, plan_json, plan_text};
use crate::survey::detail;

impl Report for SavedPlan {
    const COMMAND: &'static str = "plan";

    fn counts(&self) -> Vec<Count> {
        plan_counts(&self.plan)
    }

    fn verdict(&self) -> Result<Outcome, CommandError> {
        Ok(Outcome::Done)
    }
}

pub(super) fn run(args: &ShowArgs, output: &Output) -> Result<Outcome, CommandError> {
    let deliveries = Deliveries::of(&args.format)?;
    let saved = SavedPlan::read(&args.plan)?;
    let by = saved.first().map(|saved| format!("\nSaved {} by Rolecall {}.", saved.created_at, saved.rolecall_version));
    let sections = saved.into_iter().map(|saved| (Configuration::saved(saved.spec.clone()), Ok(saved)));
    let plans = Sections::made(sections.collect());
    deliveries.deliver(output, |format, _| match format {
        ShowFormat::Text => Ok(plans.text(|_, saved| {
            let facts = saved.facts();
            let view = View {
                names: &saved.names,
                detail: detail(output),
                aim: saved.aim,
                checked: None,
                facts: facts.as_ref(),
            };
            plan_text(&saved.plan, &view)
        })),
        ShowFormat::Json => plans.json(|_, saved| plan_json(&saved.plan, &saved.names, saved.facts().as_ref())),
    })?;
    if let (Some(ShowFormat::Text), Some(by)) = (deliveries.shown(), by) {
        output.note(&by);
    }
    plans.end(output)
}
