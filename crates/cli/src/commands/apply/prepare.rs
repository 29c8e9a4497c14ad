//! What comes before anything is changed: the connection, the lock, and the plan that is to be carried out.

use std::convert::Infallible;

use rolecall_aws::{Connection, Operations, Stop, UnitNames, Waited};
use rolecall_core::guard::{self, Refusal};
use rolecall_core::plan::Plan;
use rolecall_core::portion::Portion;

use super::{Job, Order};
use crate::args::Again;
use crate::error::{CommandError, ErrorKind};
use crate::interrupt::Interrupts;
use crate::lock::{Held, Lock};
use crate::organizations::Company;
use crate::output::Output;
use crate::progress::waiting;
use crate::session::{self, Session};
use crate::stale;
use crate::survey::{Scope, Survey, survey};

/// An organization in which work can begin.
pub(super) struct Ready {
    session: Session,
    pub(super) survey: Survey,
    /// None where nothing will be changed, or no lock is wanted.
    held: Option<Held>,
}

impl Ready {
    pub(super) fn connection(&self) -> &Connection {
        &self.session.connection
    }

    /// Frees the lock and ends the session because of an error, which is told with what else went wrong.
    pub(super) async fn fail(self, error: CommandError, interrupts: &mut Interrupts, output: &Output) -> CommandError {
        let (_, Err::<Infallible, _>(error)) = self.end(Err(error), interrupts, output).await;
        error
    }

    /// Frees the lock and ends the session, whatever came of the work; what came of it stays what it is.
    pub(super) async fn end<T>(
        self,
        result: Result<T, CommandError>,
        interrupts: &mut Interrupts,
        output: &Output,
    ) -> (Survey, Result<T, CommandError>) {
        let Self { session, survey, held } = self;
        let result = match held {
            Some(held) => held.release(&session.connection, result, interrupts, output).await,
            None => result,
        };
        (survey, session.close(result).await)
    }
}

impl Job {
    /// Connects, takes the lock if something is to be changed, and plans.
    pub(super) async fn prepare(
        &self,
        order: &Order,
        company: Company,
        interrupts: &mut Interrupts,
        output: &Output,
    ) -> Result<Ready, CommandError> {
        let sandbox = session::sandbox_of(order.configuration.organization(), company, &self.aws)?;
        let access = &order.configuration.spec.access;
        let session = Session::open(access, sandbox.as_deref(), &self.aws, interrupts, output).await?;
        match self.look(order, &session.connection, interrupts, output).await {
            Ok((survey, held)) => Ok(Ready { session, survey, held }),
            Err(error) => session.close(Err(error)).await,
        }
    }

    async fn look(
        &self,
        order: &Order,
        connection: &Connection,
        interrupts: &mut Interrupts,
        output: &Output,
    ) -> Result<(Survey, Option<Held>), CommandError> {
        let again = Again::of_one(&order.configuration.files, &self.aws);
        let Some(lock) = Lock::of(&order.configuration.spec, &self.lock, self.command, &again) else {
            return Ok((self.planned(order, connection, interrupts, output).await?, None));
        };
        lock.wait_until_free(connection, interrupts, output).await?;
        if let Some(survey) = self.without_lock(order, connection, interrupts, output).await? {
            return Ok((survey, None));
        }
        let held = lock.take(connection, interrupts, output).await?;
        output.note("Took the lock; reading once more what it now protects.");
        match self.planned(order, connection, interrupts, output).await {
            Ok(survey) => Ok((survey, Some(held))),
            Err(error) => held.release(connection, Err(error), interrupts, output).await,
        }
    }

    /// What is to be seen where nothing will be changed, so that it takes no lock: a run with nothing to do must not
    /// write, and a refused one neither. `None` where there is something to do; it is then looked at again under the
    /// lock, as another run may have worked in between.
    async fn without_lock(
        &self,
        order: &Order,
        connection: &Connection,
        interrupts: &mut Interrupts,
        output: &Output,
    ) -> Result<Option<Survey>, CommandError> {
        let spec = &order.configuration.spec;
        if let Some(reviewed) = order.reviewed.as_ref().filter(|reviewed| !reviewed.changes.is_empty()) {
            guard::clear(reviewed, spec, &self.allowed).map_err(|refusals| refused(&refusals))?;
            let confirmed = interrupts.or(rolecall_aws::confirm_organization(connection, spec)).await?;
            confirmed.map_err(|error| session::unobserved(&error, &order.configuration))?;
            return Ok(None);
        }
        let survey = self.planned(order, connection, interrupts, output).await?;
        let is_refused = guard::clear(&survey.plan, spec, &self.allowed).is_err();
        Ok((survey.plan.changes.is_empty() || is_refused).then_some(survey))
    }

    /// The survey from which work begins; if a plan was saved, it must be the one that would be made now.
    async fn planned(
        &self,
        order: &Order,
        connection: &Connection,
        interrupts: &mut Interrupts,
        output: &Output,
    ) -> Result<Survey, CommandError> {
        let survey = self.settled(order, connection, interrupts, output).await?;
        if let Some(reviewed) = &order.reviewed {
            still_fresh(reviewed, &survey.plan)?;
        }
        Ok(survey)
    }

    /// The survey of an organization in which no operation of ours runs: an interrupted run, or somebody else, is
    /// waited for. With `--no-wait` nobody is, and the plan holds what the operation is in the way of.
    async fn settled(
        &self,
        order: &Order,
        connection: &Connection,
        interrupts: &mut Interrupts,
        output: &Output,
    ) -> Result<Survey, CommandError> {
        loop {
            let scope = Scope {
                aim: order.aim,
                targets: &order.targets,
                units: UnitNames::NotNeeded,
                portion: &Portion::WHOLE,
            };
            let survey = survey(connection, interrupts, &order.configuration, scope, output).await?;
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

/// The error that says why a plan may not be applied.
pub(super) fn refused(refusals: &[Refusal]) -> CommandError {
    let reasons: Vec<String> = refusals.iter().map(ToString::to_string).collect();
    let options: Vec<String> = refusals.iter().map(Refusal::option).collect();
    CommandError::new(ErrorKind::Refused, format!("refused, and nothing was changed: {}", reasons.join("; ")))
        .hint(format!("if that is what you want, pass {}", options.join(" ")))
}
