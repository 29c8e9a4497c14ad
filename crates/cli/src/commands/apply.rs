//! `rolecall apply`

use rolecall_aws::{Applied, ApplyOptions, Connection, Operations, Stop, UnitNames, Waited};
use rolecall_core::address::Target;
use rolecall_core::guard::{self, Allowed, Cleared, Refusal};
use rolecall_core::plan::Plan;

use super::plan::unwritten;
use crate::args::{ApplyArgs, ApplyFormat, AwsArgs, DestroyArgs, FileArgs, Only, Place};
use crate::configuration::{self, Configuration};
use crate::deliveries::{Deliveries, both};
use crate::error::{CommandError, ErrorKind, Outcome};
use crate::interrupt::Interrupts;
use crate::lock::Lock;
use crate::output::Output;
use crate::plan_file::SavedPlan;
use crate::progress::{Applying, waiting};
use crate::prompt::{self, Approval, Question};
use crate::render::{applied_json, applied_text, plan_text};
use crate::runtime;
use crate::session;
use crate::stale;
use crate::survey::{Aim, Scope, Survey, survey, unread};

const QUESTION: Question = Question {
    command: "apply",
    text: "\nDo you want to perform these actions?\n  \
           Rolecall will perform the actions described above.\n  \
           Only 'yes' will be accepted to approve.\n\n  \
           Enter a value: ",
    refused: "Apply cancelled. Nothing was changed.",
    without_terminal: "pass --auto-approve, or save a plan with `rolecall plan -o plan.json` and run `rolecall apply \
                       plan.json`",
};

const DESTROY: Question = Question {
    command: "destroy",
    text: "\nDo you really want to destroy all of this?\n  \
           Rolecall will delete the roles and stack sets shown above. There is no undo.\n  \
           Only 'yes' will be accepted to confirm.\n\n  \
           Enter a value: ",
    refused: "Destroy cancelled. Nothing was changed.",
    without_terminal: "pass --auto-approve, or save a plan with `rolecall plan --destroy -o plan.json` and run `rolecall \
                       apply plan.json`",
};

pub(super) fn run(args: &ApplyArgs, output: &Output) -> Result<Outcome, CommandError> {
    Job::of(args, output)?.start(&args.aws, output)
}

/// `rolecall destroy`
pub(super) fn destroy(args: &DestroyArgs, output: &Output) -> Result<Outcome, CommandError> {
    Job::of_destroy(args, output)?.start(&args.aws, output)
}

/// What the arguments mean.
struct Job {
    configuration: Configuration,
    aim: Aim,
    targets: Vec<Target>,
    /// The plan that was saved, which must still be the one to make.
    reviewed: Option<Plan>,
    approval: Approval,
    allowed: Allowed,
    deliveries: Deliveries<ApplyFormat>,
    options: ApplyOptions,
    /// None when something else sees to it that one run goes on at a time.
    lock: Option<Lock>,
}

impl Job {
    fn of(args: &ApplyArgs, output: &Output) -> Result<Self, CommandError> {
        let approval = if args.consent.auto_approve || args.plan.is_some() { Approval::Given } else { Approval::Ask };
        let deliveries = Deliveries::of(&args.format)?;
        check_approval(approval, &deliveries, &QUESTION, output)?;
        let allowed = Allowed { deletes: args.consent.allow_deletes, changes: args.consent.allow_changes };
        let (configuration, aim, targets, reviewed) = match &args.plan {
            Some(path) => {
                let saved = SavedPlan::read(path)?;
                let targets = saved.targets()?;
                made_from(&saved, &args.scope.files, output)?;
                let configuration = Configuration::saved(saved.spec);
                (configuration, saved.aim, targets, Some(saved.plan))
            }
            None => (
                configuration::load_one(&args.scope.files, "apply", output)?,
                match args.only {
                    Some(Only::Drift) => Aim::LastApplied,
                    None => Aim::Configuration,
                },
                args.scope.targets.target.clone(),
                None,
            ),
        };
        let lock = Lock::of(&configuration.spec, &args.lock, "rolecall apply");
        let operations = if args.no_wait { Operations::Submit } else { Operations::Await };
        let options = ApplyOptions { operations, lock_timeout: args.lock.lock_timeout };
        Ok(Self { configuration, aim, targets, reviewed, approval, allowed, deliveries, options, lock })
    }

    fn of_destroy(args: &DestroyArgs, output: &Output) -> Result<Self, CommandError> {
        let approval = if args.consent.auto_approve { Approval::Given } else { Approval::Ask };
        let deliveries = Deliveries::of(&args.format)?;
        check_approval(approval, &deliveries, &DESTROY, output)?;
        let configuration = configuration::load_one(&args.scope.files, "destroy", output)?;
        let lock = Lock::of(&configuration.spec, &args.lock, "rolecall destroy");
        Ok(Self {
            configuration,
            aim: Aim::Nothing,
            targets: args.scope.targets.target.clone(),
            reviewed: None,
            approval,
            allowed: Allowed { deletes: args.consent.allow_deletes, changes: args.consent.allow_changes },
            deliveries,
            options: ApplyOptions { operations: Operations::Await, lock_timeout: args.lock.lock_timeout },
            lock,
        })
    }

    fn start(&self, aws: &AwsArgs, output: &Output) -> Result<Outcome, CommandError> {
        let work = session::with(&self.configuration.spec.access, aws, output, async |connection, interrupts| {
            self.run(connection, interrupts, output).await
        });
        runtime::run(work)
    }

    fn question(&self) -> &'static Question {
        match self.aim {
            Aim::Configuration | Aim::LastApplied => &QUESTION,
            Aim::Nothing => &DESTROY,
        }
    }

    async fn run(
        &self,
        connection: &Connection,
        interrupts: &mut Interrupts,
        output: &Output,
    ) -> Result<Outcome, CommandError> {
        let Some(lock) = &self.lock else {
            let survey = self.settled(connection, interrupts, output).await?;
            return self.carry_out(&survey, connection, interrupts, output).await;
        };
        lock.wait_until_free(connection, interrupts, output).await?;
        if let Some(survey) = self.without_lock(connection, interrupts, output).await? {
            return self.carry_out(&survey, connection, interrupts, output).await;
        }
        let held = lock.take(connection, interrupts, output).await?;
        output.note("Took the lock; reading once more what it now protects.");
        let result = async {
            let survey = self.settled(connection, interrupts, output).await?;
            self.carry_out(&survey, connection, interrupts, output).await
        };
        let result = result.await;
        held.release(connection, result, interrupts, output).await
    }

    /// What is to be seen where nothing will be changed, so that it takes no lock: a run with nothing to do must not
    /// write, and a refused one neither. `None` where there is something to do; it is then looked at again under the
    /// lock, as another run may have worked in between.
    async fn without_lock(
        &self,
        connection: &Connection,
        interrupts: &mut Interrupts,
        output: &Output,
    ) -> Result<Option<Survey>, CommandError> {
        let spec = &self.configuration.spec;
        if let Some(reviewed) = self.reviewed.as_ref().filter(|reviewed| !reviewed.changes.is_empty()) {
            guard::clear(reviewed, spec, &self.allowed).map_err(|refusals| refused(&refusals))?;
            let confirmed = rolecall_aws::confirm_organization(connection, &self.configuration.spec);
            let confirmed = interrupts.or(confirmed).await?;
            confirmed.map_err(|error| session::unobserved(&error, &self.configuration))?;
            return Ok(None);
        }
        let survey = self.settled(connection, interrupts, output).await?;
        let is_refused = guard::clear(&survey.plan, spec, &self.allowed).is_err();
        Ok((survey.plan.changes.is_empty() || is_refused).then_some(survey))
    }

    /// Shows the plan, asks, and does it.
    async fn carry_out(
        &self,
        survey: &Survey,
        connection: &Connection,
        interrupts: &mut Interrupts,
        output: &Output,
    ) -> Result<Outcome, CommandError> {
        let plan = &survey.plan;
        if let Some(reviewed) = &self.reviewed {
            still_fresh(reviewed, plan)?;
        }
        if self.reviewed.is_none() && self.shows_text() && !plan.changes.is_empty() {
            output.result(&plan_text(plan, &survey.view(output)))?;
        }
        let cleared =
            guard::clear(plan, &self.configuration.spec, &self.allowed).map_err(|refusals| refused(&refusals))?;
        let applied = if plan.changes.is_empty() {
            Applied { results: Vec::new() }
        } else {
            let answer = interrupts.or(prompt::approve(self.approval, self.question(), output)).await;
            // The terminal's cursor still stands behind the question.
            answer.inspect_err(|_| output.note(""))??;
            let applied = perform(connection, &cleared, self.options, interrupts, output).await?;
            output.note("");
            applied
        };
        self.conclude(survey, &applied, output)
    }

    /// The survey of an organization in which no operation of ours runs: an interrupted run, or somebody else, is
    /// waited for. With `--no-wait` nobody is, and the plan holds what the operation is in the way of.
    async fn settled(
        &self,
        connection: &Connection,
        interrupts: &mut Interrupts,
        output: &Output,
    ) -> Result<Survey, CommandError> {
        loop {
            let scope = Scope { aim: self.aim, targets: &self.targets, units: UnitNames::NotNeeded };
            let survey = survey(connection, interrupts, &self.configuration, scope, output).await?;
            if self.options.operations == Operations::Submit {
                return Ok(survey);
            }
            let watch = |event: rolecall_aws::ApplyEvent<'_>| {
                if let rolecall_aws::ApplyEvent::Waiting { stack_set, operation } = event {
                    output.note(&waiting(stack_set.as_str(), operation));
                }
            };
            let (stop, limit) = (Stop::new(), self.options.lock_timeout);
            let waited = rolecall_aws::wait_for_running(connection, &survey.observed, limit, &watch, &stop);
            match interrupts.or(waited).await?.map_err(|error| session::failed_call(&error))? {
                Waited::NoneRan => return Ok(survey),
                Waited::Ended => {}
                Waited::Stopped => {
                    return Err(CommandError::new(ErrorKind::Interrupted, "stopped; nothing was changed"));
                }
                Waited::TimedOut { stack_set, operation } => {
                    let message = format!("{stack_set}: the operation {} still runs", operation.id);
                    return Err(CommandError::new(ErrorKind::Aws, message).hint("run `rolecall apply` again later"));
                }
            }
        }
    }

    fn conclude(&self, survey: &Survey, applied: &Applied, output: &Output) -> Result<Outcome, CommandError> {
        let delivered = self.deliver(survey, applied, output);
        let is_in_order = applied.results.iter().all(|result| result.outcome.is_in_order());
        let result = match (is_in_order, unread(&survey.plan)) {
            (true, None) => Ok(Outcome::Done),
            (true, Some(unread)) => Err(CommandError::new(ErrorKind::Partial, unread).hint(UNREAD)),
            (false, unread) => Err(incomplete(applied, unread)),
        };
        both(result, delivered)
    }

    /// Whether people see the plan before anything is done.
    fn shows_text(&self) -> bool {
        self.deliveries.shown() == Some(ApplyFormat::Text)
    }

    fn deliver(&self, survey: &Survey, applied: &Applied, output: &Output) -> Result<(), CommandError> {
        let Survey { plan, names, .. } = survey;
        let view = survey.view(output);
        self.deliveries.deliver(output, |format, place| match (format, place) {
            (ApplyFormat::Json, _) => applied_json(plan, applied, names).map_err(|error| unwritten(&error)),
            (ApplyFormat::Text, _) if plan.changes.is_empty() => Ok(plan_text(plan, &view)),
            // The plan was shown before the question.
            (ApplyFormat::Text, Place::StandardOutput) => Ok(applied_text(plan, applied, &view)),
            (ApplyFormat::Text, Place::File(_)) => {
                Ok(format!("{}\n{}", plan_text(plan, &view), applied_text(plan, applied, &view)))
            }
        })
    }
}

/// Refuses what can only end in a question that nobody sees or answers.
fn check_approval(
    approval: Approval,
    deliveries: &Deliveries<ApplyFormat>,
    question: &Question,
    output: &Output,
) -> Result<(), CommandError> {
    if approval == Approval::Ask && deliveries.shown() != Some(ApplyFormat::Text) {
        let message = "the plan is not shown as text, so there is nothing to approve";
        let hint = "pass --auto-approve, apply a saved plan, or write other formats to files: --output json=FILE";
        return Err(CommandError::user(message).hint(hint));
    }
    prompt::check(approval, question, output)
}

/// That a saved plan was made from the files that are named beside it: who can leave a plan for a pipeline is not always
/// who may change the files.
fn made_from(saved: &SavedPlan, files: &FileArgs, output: &Output) -> Result<(), CommandError> {
    if files.file.is_empty() || configuration::load_one(files, "apply PLANFILE", output)?.spec == saved.spec {
        return Ok(());
    }
    let message = "the saved plan was not made from what the files say now; nothing was changed";
    Err(CommandError::new(ErrorKind::Stale, message).hint("plan again, review it, and apply the new plan"))
}

fn still_fresh(reviewed: &Plan, fresh: &Plan) -> Result<(), CommandError> {
    let moved = stale::moved(reviewed, fresh);
    if moved.is_empty() {
        return Ok(());
    }
    Err(CommandError::new(ErrorKind::Stale, "Saved plan is stale; nothing was changed")
        .report(stale::list(&moved))
        .hint("plan again, review it, and apply the new plan"))
}

fn refused(refusals: &[Refusal]) -> CommandError {
    let reasons: Vec<String> = refusals.iter().map(ToString::to_string).collect();
    let options: Vec<String> = refusals.iter().map(Refusal::option).collect();
    CommandError::new(ErrorKind::Refused, format!("refused, and nothing was changed: {}", reasons.join("; ")))
        .hint(format!("if that is what you want, pass {}", options.join(" ")))
}

/// Applies, and stops starting new work when interrupted; interrupted twice, it leaves at once.
async fn perform(
    connection: &Connection,
    cleared: &Cleared<'_>,
    options: ApplyOptions,
    interrupts: &mut Interrupts,
    output: &Output,
) -> Result<Applied, CommandError> {
    let progress = Applying::begin(output, cleared.plan());
    let watch = |event: rolecall_aws::ApplyEvent<'_>| progress.watch(event);
    let stop = Stop::new();
    let mut work = Box::pin(rolecall_aws::apply(connection, cleared, options, &watch, &stop));
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
