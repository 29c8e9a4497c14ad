//! Applying a cleared plan: phase by phase, each change's steps in order, without a choice of its own.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use futures_util::{StreamExt as _, stream};
use rolecall_core::guard::Cleared;
use rolecall_core::ids::{AccountId, OperationId, RoleName, StackId, StackSetName};
use rolecall_core::observed::RunningOperation;
use rolecall_core::plan::{Change, Phase, Plan, Subject};
use rolecall_core::step::{RoleCall, StackSetCall, Step};

use crate::applied::{Applied, ChangeResult, EndedOperation, Failure, OperationEnd, Outcome, Submission, done};
use crate::blocked::Blocked;
use crate::connect::Connection;
use crate::error::{CallError, CallErrorKind};
use crate::events::{ApplyEvent, Counts};
use crate::operations::{Wait, results, wait};
use crate::perform;
use crate::perform::stack::Deleted;
use crate::perform::stack_set::Begun;
use crate::retry::{is_iam_busy, is_own_policy_too_fresh, is_role_too_fresh, is_unknown_principal, patiently};
use crate::room::{Room, find_taker, may_want_room, wait_for_room};
use crate::stack_sets::list_operations;
use crate::stop::Stop;
use crate::wait::{Waited, deadline, wait_for_others};

/// What is asked of an apply besides its plan.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ApplyOptions {
    /// What is done after an operation of a stack set was begun.
    pub operations: Operations,
    /// How long an operation that is in the way is waited for; as long as it takes when `None`.
    pub lock_timeout: Option<Duration>,
}

/// What is done after an operation of a stack set was begun.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Operations {
    /// Its end is waited for.
    #[default]
    Await,
    /// The run goes on without it. An operation that AWS does not take while another runs is left for the next run.
    Submit,
}

/// Makes a plan so.
///
/// A phase begins when the one before it ended. Within a phase changes run at the same time, as many as the
/// parallelism allows, but those of one stack set one after another. A failure is kept in the result; what builds on
/// it is skipped and everything else goes on. Credentials that expire, or `stop`, end the run: no step begins any
/// more, IAM calls that run are finished, and an operation that runs is left running and named.
pub async fn apply(
    connection: &Connection,
    cleared: &Cleared<'_>,
    options: ApplyOptions,
    watch: &(dyn Fn(ApplyEvent<'_>) + Sync),
    stop: &Stop,
) -> Applied {
    let plan = cleared.plan();
    let run = Run {
        connection,
        plan,
        options,
        watch,
        stop,
        is_hopeless: AtomicBool::new(false),
        is_access_new: AtomicBool::new(false),
        last_operations: Mutex::new(plan.last_operations.clone()),
    };
    let told = |call: &str| watch(ApplyEvent::Throttled { call });
    let mut work = Box::pin(connection.paces.telling(told, run.phases()));
    let outcomes = tokio::select! {
        outcomes = &mut work => outcomes,
        () = stop.stopped() => {
            // Throttled calls are no calls that run: they would keep the user waiting for minutes.
            connection.paces.end();
            work.await
        }
    };
    connection.paces.go_on();
    let results = outcomes.into_iter().map(|(index, outcome)| {
        let change = &plan.changes[index];
        ChangeResult { change: index, address: change.address.clone(), done: done(change, &outcome), outcome }
    });
    Applied { results: results.collect() }
}

/// The changes by phase, by their indices.
fn phases(plan: &Plan) -> BTreeMap<Phase, Vec<usize>> {
    let mut phases: BTreeMap<Phase, Vec<usize>> = BTreeMap::new();
    for (index, change) in plan.changes.iter().enumerate() {
        phases.entry(change.phase).or_default().push(index);
    }
    phases
}

/// The changes of one phase, those of one stack set together, in the plan's order.
fn chains(plan: &Plan, indices: &[usize]) -> Vec<Vec<usize>> {
    let mut of_sets: BTreeMap<&StackSetName, Vec<usize>> = BTreeMap::new();
    let mut chains = Vec::new();
    for &index in indices {
        match &plan.changes[index].subject {
            Subject::StackSet { name, .. } | Subject::Instances { stack_set: name, .. } => {
                of_sets.entry(name).or_default().push(index);
            }
            Subject::TrustedAccess | Subject::Role { .. } => chains.push(vec![index]),
        }
    }
    chains.extend(of_sets.into_values());
    chains
}

/// Why a change ends before its last step.
enum Break {
    Failed(CallError),
    StillRunning(StackSetName, OperationId),
    /// An operation of this stack set runs, which need not be the one that is changed, and nothing is waited for.
    InTheWay(StackSetName),
    Stopped,
}

impl From<CallError> for Break {
    fn from(error: CallError) -> Self {
        Self::Failed(error)
    }
}

/// What became of a step on a stack set.
enum Passed {
    /// The call did it.
    Done,
    /// The operation that it began ended.
    Ended(EndedOperation),
    /// The operation that it began goes on.
    Submitted(StackSetName, OperationId),
}

/// What a step on a role comes after, which tells what IAM may not have caught up with.
#[derive(Clone, Copy, PartialEq, Eq)]
enum After {
    Nothing,
    Create,
    Delete,
}

struct Run<'a> {
    connection: &'a Connection,
    plan: &'a Plan,
    options: ApplyOptions,
    watch: &'a (dyn Fn(ApplyEvent<'_>) + Sync),
    stop: &'a Stop,
    /// The caller's credentials do not work any more.
    is_hopeless: AtomicBool,
    /// This run let StackSets into the organization, which takes a moment to be true everywhere.
    is_access_new: AtomicBool,
    last_operations: Mutex<BTreeMap<StackSetName, OperationId>>,
}

impl Run<'_> {
    /// Carries out the phases, and says how each change ended, by its index.
    async fn phases(&self) -> BTreeMap<usize, Outcome> {
        let mut outcomes: BTreeMap<usize, Outcome> = BTreeMap::new();
        let mut blocked = Blocked::default();
        for indices in phases(self.plan).into_values() {
            let ended: Vec<Vec<(usize, Outcome)>> = stream::iter(chains(self.plan, &indices))
                .map(|chain| self.chain(chain, &blocked))
                .buffer_unordered(self.connection.parallelism.get())
                .collect()
                .await;
            for (index, outcome) in ended.into_iter().flatten() {
                blocked.learn(&self.plan.changes[index], &outcome);
                outcomes.insert(index, outcome);
            }
        }
        outcomes
    }

    fn is_over(&self) -> bool {
        self.stop.is_stopped() || self.is_hopeless.load(Ordering::Relaxed)
    }

    async fn chain(&self, chain: Vec<usize>, blocked: &Blocked) -> Vec<(usize, Outcome)> {
        let mut outcomes = Vec::new();
        for index in chain {
            let change = &self.plan.changes[index];
            let outcome = match (blocked.because(change), blocked.waits_for(change)) {
                (Some(because), _) => Outcome::Skipped { because: because.clone() },
                (None, Some(stack_set)) => Outcome::Left { stack_set: stack_set.clone() },
                (None, None) if self.is_over() => Outcome::NotStarted,
                (None, None) => {
                    (self.watch)(ApplyEvent::Started { change: index });
                    self.change(index, change).await
                }
            };
            (self.watch)(ApplyEvent::Ended { change: index, outcome: &outcome });
            outcomes.push((index, outcome));
        }
        outcomes
    }

    async fn change(&self, index: usize, change: &Change) -> Outcome {
        let mut after = After::Nothing;
        let mut operations: Vec<EndedOperation> = Vec::new();
        let mut submitted: Option<Submission> = None;
        for (number, step) in change.steps.iter().enumerate() {
            if self.is_over() {
                return Outcome::Interrupted { steps: number };
            }
            (self.watch)(ApplyEvent::Step { change: index, step: number });
            let result = match step {
                Step::ActivateTrustedAccess => self.activate_trusted_access().await,
                Step::Role { account, role, call } => {
                    let result = self.role_step(index, account, role, call, after).await;
                    after = match call {
                        RoleCall::Create { .. } => After::Create,
                        RoleCall::Delete => After::Delete,
                        _ => after,
                    };
                    result
                }
                Step::StackSet { name, call } => match self.stack_set_step(index, change, name, call).await {
                    Ok(Passed::Ended(operation)) => {
                        let goes_on = operation.end == OperationEnd::Succeeded;
                        operations.push(operation);
                        if !goes_on {
                            return Outcome::Failed(Failure::Operations(operations));
                        }
                        Ok(())
                    }
                    Ok(Passed::Submitted(stack_set, operation)) => {
                        let begun = submitted.get_or_insert_with(|| Submission::on(stack_set));
                        begun.operations.push(operation);
                        begun.steps = number + 1;
                        Ok(())
                    }
                    Ok(Passed::Done) => Ok(()),
                    Err(stopped) => Err(stopped),
                },
                Step::DeleteStack { account, stack } => self.delete_stack(account, stack).await,
            };
            match result {
                Ok(()) => {}
                Err(Break::Failed(error)) => {
                    if error.stops_everything() {
                        self.is_hopeless.store(true, Ordering::Relaxed);
                    }
                    return Outcome::Failed(Failure::Call { step: number, error });
                }
                Err(Break::StillRunning(stack_set, operation)) => {
                    return Outcome::StillRunning { stack_set, operation };
                }
                Err(Break::InTheWay(stack_set)) => {
                    return submitted.map_or(Outcome::Left { stack_set }, Outcome::Submitted);
                }
                Err(Break::Stopped) => return Outcome::Interrupted { steps: number },
            }
        }
        if let Some(mut begun) = submitted {
            begun.steps = change.steps.len();
            return Outcome::Submitted(begun);
        }
        if operations.iter().all(EndedOperation::is_clean) {
            Outcome::Done
        } else {
            Outcome::Failed(Failure::Operations(operations))
        }
    }

    async fn activate_trusted_access(&self) -> Result<(), Break> {
        perform::stack_set::activate_trusted_access(self.connection).await?;
        self.is_access_new.store(true, Ordering::Relaxed);
        Ok(())
    }

    /// Makes an IAM call, again while IAM is busy with the role or has not heard of it, or of a principal, yet.
    async fn role_step(
        &self,
        index: usize,
        account: &AccountId,
        role: &RoleName,
        call: &RoleCall,
        after: After,
    ) -> Result<(), Break> {
        let heals = |error: &CallError| {
            is_iam_busy(error)
                || is_unknown_principal(error)
                || is_own_policy_too_fresh(error, call)
                || match after {
                    After::Nothing => false,
                    After::Create => error.call().starts_with("iam:") && is_role_too_fresh(error),
                    After::Delete => error.kind() == CallErrorKind::AlreadyExists,
                }
        };
        let told = |error: &CallError, pause| self.tell_retry(index, error, pause);
        let connection = self.connection;
        patiently(connection.patience, heals, told, async || {
            let _permit = connection.permit().await;
            let iam = connection.sessions.iam(account).await?;
            perform::role::perform(iam, &connection.documents, (account, role), call).await
        })
        .await?;
        Ok(())
    }

    async fn delete_stack(&self, account: &AccountId, stack: &StackId) -> Result<(), Break> {
        match perform::stack::delete(self.connection, account, stack, self.stop).await? {
            Deleted::Gone => Ok(()),
            Deleted::Stopped => Err(Break::Stopped),
        }
    }

    /// Makes a CloudFormation call and waits for the operation that it begins. Others' operations are waited for
    /// first. With `--no-wait` neither is.
    async fn stack_set_step(
        &self,
        index: usize,
        change: &Change,
        name: &StackSetName,
        call: &StackSetCall,
    ) -> Result<Passed, Break> {
        let id = call.operation_id(name, self.last_operation(name).as_ref());
        let deadline = deadline(self.options.lock_timeout);
        let begun = loop {
            match self.begin(index, name, call, &id).await {
                Err(error) if error.code() == "OperationInProgressException" => match self.options.operations {
                    Operations::Await => self.wait_for_others(name, error, deadline).await?,
                    Operations::Submit => return Err(Break::InTheWay(name.clone())),
                },
                Err(error) if may_want_room(call, &error) => match self.options.operations {
                    Operations::Await => self.wait_for_room(name, error, deadline).await?,
                    Operations::Submit => return Err(self.without_room(error).await?),
                },
                begun => break begun?,
            }
        };
        let Begun::Operation(operation) = begun else { return Ok(Passed::Done) };
        self.remember(name, &operation);
        (self.watch)(ApplyEvent::Operation { change: index, operation: &operation });
        if self.options.operations == Operations::Submit {
            return Ok(Passed::Submitted(name.clone(), operation));
        }
        let progress = |counts: Counts| {
            (self.watch)(ApplyEvent::Progress { change: index, operation: &operation, counts });
        };
        match wait(self.connection, name, &operation, self.stop, None, Some(&progress)).await? {
            Wait::Stopped | Wait::TimedOut => Err(Break::StillRunning(name.clone(), operation)),
            Wait::Ended(ending) => {
                // One operation that went well speaks for itself; of several, each must say which accounts it reached.
                let accounts = if ending.is_clean() && change.steps.len() == 1 {
                    BTreeMap::new()
                } else {
                    results(self.connection, name, &operation, &ending).await?
                };
                Ok(Passed::Ended(EndedOperation { id: operation, end: ending.end, reason: ending.reason, accounts }))
            }
        }
    }

    async fn begin(
        &self,
        index: usize,
        name: &StackSetName,
        call: &StackSetCall,
        id: &OperationId,
    ) -> Result<Begun, CallError> {
        let is_access_new = self.is_access_new.load(Ordering::Relaxed);
        let heals = |error: &CallError| {
            error.code() == "StaleRequestException"
                || is_access_new && error.message().contains("enable organizations access")
        };
        let told = |error: &CallError, pause| self.tell_retry(index, error, pause);
        patiently(self.connection.patience, heals, told, async || {
            perform::stack_set::perform(self.connection, name, call, id).await
        })
        .await
    }

    /// Waits for the operation that is in the way. AWS names it in the message, and in a list that may lag behind.
    async fn wait_for_others(
        &self,
        name: &StackSetName,
        refusal: CallError,
        deadline: Option<tokio::time::Instant>,
    ) -> Result<(), Break> {
        let listed = list_operations(self.connection, name).await?;
        let Some(running) = listed.into_iter().find_map(|operation| operation.running) else {
            tokio::time::sleep(self.connection.patience.first).await;
            return match deadline {
                _ if self.is_over() => Err(Break::Stopped),
                Some(deadline) if tokio::time::Instant::now() > deadline => Err(Break::Failed(refusal)),
                Some(_) | None => Ok(()),
            };
        };
        match wait_for_others(self.connection, name, running, deadline, self.watch, self.stop).await? {
            Waited::NoneRan | Waited::Ended => Ok(()),
            Waited::Stopped => Err(Break::Stopped),
            Waited::TimedOut { stack_set: _, operation } => Err(Break::Failed(still_runs(refusal, &operation))),
        }
    }

    /// Why a call ends for which there is no room, where nothing is waited for.
    async fn without_room(&self, refusal: CallError) -> Result<Break, CallError> {
        Ok(match find_taker(self.connection, self.stop).await? {
            Some((other, _)) => Break::InTheWay(other),
            None if self.is_over() => Break::Stopped,
            None => Break::Failed(refusal),
        })
    }

    async fn wait_for_room(
        &self,
        name: &StackSetName,
        refusal: CallError,
        deadline: Option<tokio::time::Instant>,
    ) -> Result<(), Break> {
        match wait_for_room(self.connection, name, deadline, self.watch, self.stop).await? {
            Room::Maybe => Ok(()),
            Room::NoneTaken => Err(Break::Failed(refusal)),
            Room::Stopped => Err(Break::Stopped),
            Room::TimedOut(operation) => Err(Break::Failed(still_runs(refusal, &operation))),
        }
    }

    fn tell_retry(&self, change: usize, error: &CallError, pause: Duration) {
        (self.watch)(ApplyEvent::Retry { change, error, pause });
    }

    fn last_operation(&self, name: &StackSetName) -> Option<OperationId> {
        self.last_operations.lock().unwrap_or_else(PoisonError::into_inner).get(name).cloned()
    }

    fn remember(&self, name: &StackSetName, operation: &OperationId) {
        let mut last = self.last_operations.lock().unwrap_or_else(PoisonError::into_inner);
        last.insert(name.clone(), operation.clone());
    }
}

/// A refusal because of an operation that runs longer than it may be waited for.
fn still_runs(refusal: CallError, operation: &RunningOperation) -> CallError {
    let RunningOperation { id, action: _, started: _ } = operation;
    refusal.advise(format!("operation {id} still runs; wait for it, or allow more time with --lock-timeout"))
}
