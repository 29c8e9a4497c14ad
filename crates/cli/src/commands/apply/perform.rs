//! The run: all organizations are prepared, shown and asked about together, then changed one after the other.

use rolecall_aws::{Applied, ApplyOptions, Connection, Stop};
use rolecall_core::guard::{self, Cleared};
use rolecall_core::plan::{Plan, Tally};

use super::prepare::{Ready, refused};
use super::{Job, Order};
use crate::args::{ApplyFormat, Place};
use crate::configuration::Configuration;
use crate::deliveries::both;
use crate::error::{CommandError, ErrorKind, Outcome};
use crate::interrupt::Interrupts;
use crate::organizations::{Company, Report, Sections, check_one_page, is_interruption};
use crate::output::Output;
use crate::progress::Applying;
use crate::prompt;
use crate::render::{Count, applied_json, applied_markdown, applied_text, plan_text};
use crate::survey::{Survey, unread};

use super::super::plan::{plan_counts, unread_accounts};

/// What was done in one organization.
struct Done {
    survey: Survey,
    applied: Applied,
    ended: Result<Outcome, CommandError>,
}

impl Report for Done {
    const COMMAND: &'static str = "apply";

    fn counts(&self) -> Vec<Count> {
        let mut done = Tally::default();
        self.applied.results.iter().for_each(|result| done += result.done);
        let mut counts = vec![
            Count { key: "added", words: "added", number: done.add },
            Count { key: "changed", words: "changed", number: done.change },
            Count { key: "destroyed", words: "destroyed", number: done.destroy },
        ];
        counts.extend(unread_accounts(&self.survey.plan));
        counts
    }

    fn verdict(&self) -> Result<Outcome, CommandError> {
        self.ended.clone()
    }
}

/// The plan of one organization, before the question.
struct Proposal<'a>(&'a Survey);

impl Report for Proposal<'_> {
    const COMMAND: &'static str = "plan";

    fn counts(&self) -> Vec<Count> {
        plan_counts(&self.0.plan)
    }

    fn verdict(&self) -> Result<Outcome, CommandError> {
        Ok(Outcome::Done)
    }
}

/// One organization: what is to be done, and what it is ready for, or why it is not.
struct Work {
    order: Order,
    state: Result<Ready, CommandError>,
}

impl Job {
    pub(super) async fn run(&self, orders: Vec<Order>, output: &Output) -> Result<Outcome, CommandError> {
        if self.deliveries.includes(ApplyFormat::Markdown) {
            check_one_page(&orders)?;
        }
        let mut interrupts = Interrupts::listen()?;
        let works = Box::pin(self.prepare_all(orders, &mut interrupts, output)).await?;
        let shown = self.show(&works, output);
        let works = match shown {
            Ok(()) => Box::pin(self.sort_out(works, &mut interrupts, output)).await,
            Err(error) => return Err(withdraw(works, error, &mut interrupts, output).await),
        };
        if let [Work { order: _, state: Err(error) }] = works.as_slice() {
            return Err(error.clone());
        }
        match self.ask(&works, &mut interrupts, output).await {
            Ok(()) => Box::pin(self.carry_out(works, &mut interrupts, output)).await,
            Err(error) => Err(withdraw(works, error, &mut interrupts, output).await),
        }
    }

    /// Prepares each. What goes wrong with one of several is its own; an interruption ends all.
    async fn prepare_all(
        &self,
        orders: Vec<Order>,
        interrupts: &mut Interrupts,
        output: &Output,
    ) -> Result<Vec<Work>, CommandError> {
        let company = Company::of(&orders);
        let mut works = Vec::new();
        for order in orders {
            if company == Company::Several {
                output.note(&format!("{}:", order.configuration));
            }
            match Box::pin(self.prepare(&order, company, interrupts, output)).await {
                Err(error) if company == Company::Alone || is_interruption(&error) => {
                    return Err(withdraw(works, error, interrupts, output).await);
                }
                state => works.push(Work { order, state }),
            }
        }
        Ok(works)
    }

    /// Shows people what would be done, unless they saw it when it was saved.
    fn show(&self, works: &[Work], output: &Output) -> Result<(), CommandError> {
        let is_news = works.iter().any(|work| work.order.reviewed.is_none() && !work.is_idle());
        if !is_news || self.deliveries.shown() != Some(ApplyFormat::Text) {
            return Ok(());
        }
        let proposals = works.iter().map(|work| {
            let proposal = work.state.as_ref().map(|ready| Proposal(&ready.survey));
            (work.order.configuration.clone(), proposal.map_err(CommandError::clone))
        });
        let text = Sections::made(proposals.collect())
            .text(|_, Proposal(survey)| plan_text(&survey.plan, &survey.view(output)));
        output.result(&text)
    }

    /// Ends what goes beyond the limits.
    async fn sort_out(&self, works: Vec<Work>, interrupts: &mut Interrupts, output: &Output) -> Vec<Work> {
        let mut sorted = Vec::new();
        for Work { order, state } in works {
            let state = match state {
                Ok(ready) => match guard::clear(&ready.survey.plan, &order.configuration.spec, &self.allowed) {
                    Ok(_) => Ok(ready),
                    Err(refusals) => Err(ready.fail(refused(&refusals), interrupts, output).await),
                },
                Err(error) => Err(error),
            };
            sorted.push(Work { order, state });
        }
        sorted
    }

    /// Asks once about all that would be changed.
    async fn ask(&self, works: &[Work], interrupts: &mut Interrupts, output: &Output) -> Result<(), CommandError> {
        let Some(work) = works.iter().find(|work| !work.is_idle()) else { return Ok(()) };
        let answer = interrupts.or(prompt::approve(self.approval, work.order.question(), output)).await;
        // The terminal's cursor still stands behind the question.
        answer.inspect_err(|_| output.note(""))?
    }

    /// Changes one organization after the other. Once the user wants to stop, no other is begun.
    async fn carry_out(
        &self,
        works: Vec<Work>,
        interrupts: &mut Interrupts,
        output: &Output,
    ) -> Result<Outcome, CommandError> {
        let stop = Stop::new();
        let company = Company::of(&works);
        let mut done = Vec::new();
        let mut works = works.into_iter();
        while let Some(Work { order, state }) = works.next() {
            let result = match state {
                Ok(ready) if stop.is_stopped() => Err(ready.fail(not_begun(), interrupts, output).await),
                Ok(ready) => {
                    if company == Company::Several && !ready.survey.plan.changes.is_empty() {
                        output.note(&format!("{}:", order.configuration));
                    }
                    self.change(&order.configuration, ready, &stop, interrupts, output).await
                }
                Err(error) => Err(error),
            };
            match result {
                Err(error) if company == Company::Alone || is_interruption(&error) => {
                    return Err(withdraw(works.collect(), error, interrupts, output).await);
                }
                result => done.push((order.configuration, result)),
            }
        }
        let done = Sections::made(done);
        let delivered = self.deliver(&done, output);
        both(done.end(output), delivered)
    }

    /// Does what the plan of one organization says, and ends the session.
    async fn change(
        &self,
        configuration: &Configuration,
        ready: Ready,
        stop: &Stop,
        interrupts: &mut Interrupts,
        output: &Output,
    ) -> Result<Done, CommandError> {
        let plan = &ready.survey.plan;
        let performed = match guard::clear(plan, &configuration.spec, &self.allowed) {
            Err(refusals) => Err(refused(&refusals)),
            Ok(_) if plan.changes.is_empty() => Ok(Applied { results: Vec::new() }),
            Ok(cleared) => perform(ready.connection(), &cleared, self.options, stop, interrupts, output).await,
        };
        match performed {
            Err(error) => Err(ready.fail(error, interrupts, output).await),
            Ok(applied) => {
                let result = verdict(plan, &applied);
                let (survey, ended) = ready.end(result, interrupts, output).await;
                Ok(Done { survey, applied, ended })
            }
        }
    }

    fn deliver(&self, done: &Sections<Done>, output: &Output) -> Result<(), CommandError> {
        self.deliveries.deliver(output, |format, place| match format {
            ApplyFormat::Json => {
                done.json(|_, Done { survey, applied, ended: _ }| applied_json(&survey.plan, applied, &survey.names))
            }
            ApplyFormat::Markdown => done.alone(|_, Done { survey, applied, ended: _ }| {
                applied_markdown(&survey.plan, applied, &survey.view(output))
            }),
            ApplyFormat::Text => Ok(done.text(|_, done| text(done, place, output))),
        })
    }
}

impl Work {
    /// Whether nothing will be changed.
    fn is_idle(&self) -> bool {
        self.state.as_ref().is_ok_and(|ready| ready.survey.plan.changes.is_empty()) || self.state.is_err()
    }
}

/// What people read of one organization.
fn text(Done { survey, applied, ended: _ }: &Done, place: &Place, output: &Output) -> String {
    let (plan, view) = (&survey.plan, survey.view(output));
    match place {
        _ if plan.changes.is_empty() => plan_text(plan, &view),
        // The plan was shown before the question.
        Place::StandardOutput => applied_text(plan, applied, &view),
        Place::File(_) => format!("{}\n{}", plan_text(plan, &view), applied_text(plan, applied, &view)),
    }
}

/// Frees what the others hold, because the run ends with this error.
async fn withdraw(
    works: Vec<Work>,
    mut error: CommandError,
    interrupts: &mut Interrupts,
    output: &Output,
) -> CommandError {
    for ready in works.into_iter().filter_map(|work| work.state.ok()) {
        error = ready.fail(error, interrupts, output).await;
    }
    error
}

fn not_begun() -> CommandError {
    CommandError::new(ErrorKind::Partial, "not begun, as the run was interrupted; nothing was changed here")
        .hint("run `rolecall apply` again")
}

/// How a run ends that did this.
fn verdict(plan: &Plan, applied: &Applied) -> Result<Outcome, CommandError> {
    let is_in_order = applied.results.iter().all(|result| result.outcome.is_in_order());
    match (is_in_order, unread(plan)) {
        (true, None) => Ok(Outcome::Done),
        (true, Some(unread)) => Err(CommandError::new(ErrorKind::Partial, unread).hint(UNREAD)),
        (false, unread) => Err(incomplete(applied, unread)),
    }
}

/// Applies, and stops starting new work when interrupted; interrupted twice, it leaves at once.
async fn perform(
    connection: &Connection,
    cleared: &Cleared<'_>,
    options: ApplyOptions,
    stop: &Stop,
    interrupts: &mut Interrupts,
    output: &Output,
) -> Result<Applied, CommandError> {
    let progress = Applying::begin(output, cleared.plan());
    let watch = |event: rolecall_aws::ApplyEvent<'_>| progress.watch(event);
    let mut work = Box::pin(rolecall_aws::apply(connection, cleared, options, &watch, stop));
    tokio::select! {
        applied = &mut work => return Ok(applied),
        () = interrupts.next() => {}
    }
    stop.stop();
    progress.say(
        "Interrupted: nothing new is started; calls that are under way are finished. Interrupt again to leave at once.",
    );
    tokio::select! {
        applied = &mut work => Ok(applied),
        () = interrupts.next() => Err(CommandError::new(ErrorKind::Abandoned, "interrupted twice; what was under way is not known")
            .hint("operations that were started go on in AWS; run `rolecall apply` again: it reads everything anew, waits for them, and does the rest")),
    }
}

/// Where to look for the reasons.
const UNREAD: &str = "nothing was changed there; `rolecall plan` gives the reasons";
/// What comes next; the result in words says so already.
const AGAIN: &str =
    "run `rolecall apply` again: it reads everything anew, waits for operations that still run, and does the rest";

fn incomplete(applied: &Applied, unread: Option<String>) -> CommandError {
    let undone = applied.results.iter().filter(|result| !result.outcome.is_in_order()).count();
    let message = format!("{undone} of {} changes were not completed", applied.results.len());
    let error = CommandError::new(ErrorKind::Partial, message);
    unread.into_iter().fold(error, CommandError::note).hint(AGAIN)
}
