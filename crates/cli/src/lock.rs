//! The lock of an organization, as a command takes and frees it.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use rolecall_aws::{CallError, Connection, Freed, LockWait, Locking, Stop};
use rolecall_core::ids::{OrgId, RunId};
use rolecall_core::lock::Occupant;
use rolecall_core::spec::{LockUse, Spec};

use crate::args::{Again, LockArgs};
use crate::error::{CommandError, ErrorKind};
use crate::holder::{self, describe};
use crate::interrupt::Interrupts;
use crate::output::Output;
use crate::session;

/// While another run's lock is waited for, it is told again after this time.
const TELL_EVERY: Duration = Duration::from_secs(30);

/// The lock that a command needs.
#[derive(Debug)]
pub(crate) struct Lock {
    organization: OrgId,
    limit: Option<Duration>,
    command: &'static str,
    again: Again,
}

/// A lock that this run holds.
#[derive(Debug)]
#[must_use = "a lock that is not released stands in the way of the next run"]
pub(crate) struct Held {
    organization: OrgId,
    run: RunId,
    again: Again,
}

/// What a signal does to some work.
enum Signalled<T> {
    /// None came, or one, and the work ended all the same.
    Ended(T),
    /// A second one came before the work ended.
    Abandoned,
}

impl Lock {
    /// The lock that the file and the arguments ask for; none when either says so.
    pub(crate) fn of(spec: &Spec, args: &LockArgs, command: &'static str, again: &Again) -> Option<Self> {
        let LockArgs { lock_timeout, no_lock } = args;
        let is_wanted = spec.access.lock == LockUse::On && !no_lock;
        is_wanted.then(|| Self {
            organization: spec.organization.id.clone(),
            limit: *lock_timeout,
            command,
            again: again.clone(),
        })
    }

    /// Waits until no other run holds the lock, and does not take it.
    pub(crate) async fn wait_until_free(
        &self,
        connection: &Connection,
        interrupts: &mut Interrupts,
        output: &Output,
    ) -> Result<(), CommandError> {
        let (stop, told) = (Stop::new(), Told::default());
        let watch = |occupant: &Occupant| told.tell(occupant, output);
        let wait = LockWait { limit: self.limit, watch: &watch, stop: &stop };
        let waited = interrupts.or(rolecall_aws::wait_for_lock(connection, &self.organization, wait)).await?;
        match waited.map_err(|error| session::failed_call(&error))? {
            Locking::Ours => Ok(()),
            Locking::Held(occupant) => Err(self.in_the_way(&occupant)),
            Locking::Stopped => Err(CommandError::new(ErrorKind::Interrupted, "stopped; nothing was changed")),
        }
    }

    /// Takes the lock, after whoever has it.
    pub(crate) async fn take(
        &self,
        connection: &Connection,
        interrupts: &mut Interrupts,
        output: &Output,
    ) -> Result<Held, CommandError> {
        let holder = holder::this_run(self.command, &connection.caller().arn);
        let (organization, again) = (self.organization.clone(), self.again.clone());
        let held = Held { organization, run: holder.run.clone(), again };
        let (stop, told) = (Stop::new(), Told::default());
        let watch = |occupant: &Occupant| told.tell(occupant, output);
        let wait = LockWait { limit: self.limit, watch: &watch, stop: &stop };
        let taking = rolecall_aws::take_lock(connection, &self.organization, &holder, wait);
        match under(interrupts, &stop, Box::pin(taking)).await {
            Signalled::Abandoned => Err(held.left_behind(abandoned())),
            Signalled::Ended(Err(error)) => Err(session::failed_call(&error)),
            Signalled::Ended(Ok(Locking::Held(occupant))) => Err(self.in_the_way(&occupant)),
            Signalled::Ended(Ok(Locking::Stopped)) => Err(interrupted()),
            Signalled::Ended(Ok(Locking::Ours)) if stop.is_stopped() => {
                held.release(connection, Err(interrupted()), interrupts, output).await
            }
            Signalled::Ended(Ok(Locking::Ours)) => {
                tracing::info!(run = %held.run, "took the lock");
                Ok(held)
            }
        }
    }

    fn in_the_way(&self, occupant: &Occupant) -> CommandError {
        let organization = &self.organization;
        let since = if self.limit.is_some() { "still holds" } else { "holds" };
        let error = CommandError::new(ErrorKind::Locked, format!("another run {since} the lock of {organization}"))
            .note(describe(occupant));
        let error = match self.limit {
            None if !holder::is_dead(occupant) => error.hint("to wait for it, pass --lock-timeout 10m"),
            None | Some(_) => error,
        };
        error.hint(holder::how_to_free(occupant, &self.again))
    }
}

impl Held {
    /// Frees the lock once the work ended, however it did; what came of the work stays what it is. A run that was told
    /// twice to stop leaves at once, and the lock behind.
    pub(crate) async fn release<T>(
        self,
        connection: &Connection,
        result: Result<T, CommandError>,
        interrupts: &mut Interrupts,
        output: &Output,
    ) -> Result<T, CommandError> {
        let result = match result {
            Err(error) if error.kind() == ErrorKind::Abandoned => return Err(self.left_behind(error)),
            result => result,
        };
        let freeing = Box::pin(rolecall_aws::free_lock(connection, &self.organization, &self.run));
        let freed = match under(interrupts, &Stop::new(), freeing).await {
            Signalled::Ended(freed) => freed,
            Signalled::Abandoned => return Err(self.left_behind(abandoned())),
        };
        match (freed, result) {
            (Ok(Freed::Freed), result) => result,
            (Ok(Freed::WasFree | Freed::Held(_)), result) => {
                output.message(
                    "warning: somebody freed this run's lock while it ran; another run may have worked at the same time",
                );
                result
            }
            (Err(error), Ok(_)) => Err(self.stuck(&error)),
            (Err(error), Err(first)) => {
                let note = format!("the lock of {} could not be freed: {error}", self.organization);
                Err(first.note(note).hint(self.how_to_free()))
            }
        }
    }

    fn left_behind(&self, error: CommandError) -> CommandError {
        error.note(format!("this run's lock of {} was not freed", self.organization)).hint(self.how_to_free())
    }

    fn how_to_free(&self) -> String {
        let Self { organization: _, run, again } = self;
        format!("free the lock with `rolecall unlock {run}{again}`")
    }

    fn stuck(&self, error: &CallError) -> CommandError {
        let message = format!("everything was done, but the lock of {} could not be freed", self.organization);
        let shown = CommandError::new(ErrorKind::Aws, message).because(error);
        let shown = error.advice().into_iter().fold(shown, CommandError::hint);
        shown.hint(self.how_to_free())
    }
}

/// Lets work go on to its next stop after a first signal, and drops it after a second.
async fn under<T>(interrupts: &mut Interrupts, stop: &Stop, mut work: impl Future<Output = T> + Unpin) -> Signalled<T> {
    tokio::select! {
        done = &mut work => return Signalled::Ended(done),
        () = interrupts.next() => stop.stop(),
    }
    tokio::select! {
        done = &mut work => Signalled::Ended(done),
        () = interrupts.next() => Signalled::Abandoned,
    }
}

fn interrupted() -> CommandError {
    CommandError::new(ErrorKind::Interrupted, "interrupted; nothing was changed")
}

fn abandoned() -> CommandError {
    CommandError::new(ErrorKind::Abandoned, "interrupted twice; what was under way is not known")
}

/// When somebody else's lock was last told of.
#[derive(Debug, Default)]
struct Told(Mutex<Option<(Occupant, Instant)>>);

impl Told {
    fn tell(&self, occupant: &Occupant, output: &Output) {
        let mut told = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let is_news = told.as_ref().is_none_or(|(last, at)| last != occupant || at.elapsed() >= TELL_EVERY);
        if is_news {
            output.note(&format!("Waiting for the lock: {}", describe(occupant)));
            *told = Some((occupant.clone(), Instant::now()));
        }
    }
}
