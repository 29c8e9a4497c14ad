//! `rolecall show`

use super::plan::{plan_counts, refusals};
use crate::args::{ShowArgs, ShowFormat};
use crate::configuration::Configuration;
use crate::deliveries::Deliveries;
use crate::error::{CommandError, Outcome};
use crate::organizations::{Report, Sections, check_one_page};
use crate::output::Output;
use crate::plan_file::SavedPlan;
use crate::render::{Basis, Count, Facts, View, plan_json, plan_markdown, plan_text};
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
    deliveries.spare([&args.plan])?;
    let saved = SavedPlan::read(&args.plan)?;
    let by = saved.first().map(|saved| format!("\nSaved {} by Rolecall {}.", saved.created_at, saved.rolecall_version));
    if deliveries.includes(ShowFormat::Markdown) {
        check_one_page(&saved)?;
    }
    let sections = saved.into_iter().map(|saved| (Configuration::saved(saved.spec.clone()), Ok(saved)));
    let plans = Sections::made(sections.collect());
    deliveries.deliver(output, |format, _| match format {
        ShowFormat::Text => Ok(plans.text(|_, saved| {
            let facts = saved.facts();
            plan_text(&saved.plan, &view(saved, facts.as_ref(), output))
        })),
        ShowFormat::Markdown => plans.alone(|configuration, saved| {
            let facts = saved.facts();
            let view = view(saved, facts.as_ref(), output);
            plan_markdown(&saved.plan, &view, &refusals(&saved.plan, &configuration.spec))
        }),
        ShowFormat::Json => {
            plans.json(|_, saved| plan_json(&saved.plan, &saved.names, Basis::of(saved.facts().as_ref())))
        }
    })?;
    if let (Some(ShowFormat::Text), Some(by)) = (deliveries.shown(), by) {
        output.note(&by);
    }
    plans.end(output)
}

fn view<'a>(saved: &'a SavedPlan, facts: Option<&'a Facts>, output: &Output) -> View<'a> {
    View { names: &saved.names, detail: detail(output), aim: saved.aim, checked: None, basis: Basis::of(facts) }
}
