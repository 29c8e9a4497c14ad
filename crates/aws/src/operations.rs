//! Operations of stack sets: waiting for their end and reading what came of each account.

use std::collections::BTreeMap;
use std::time::Duration;

use aws_sdk_cloudformation::types as sdk;
use rolecall_core::ids::{AccountId, OperationId, StackSetName};
use tokio::time::{Instant, sleep};

use crate::applied::{AccountEnd, AccountResult, OperationEnd};
use crate::classify::failed;
use crate::connect::Connection;
use crate::error::CallError;
use crate::events::Counts;
use crate::retry::Patience;
use crate::stack_sets::{bad_answer, call_as};
use crate::stop::Stop;

/// How a wait ended.
#[derive(Debug)]
pub(crate) enum Wait {
    /// The operation ended.
    Ended(Ending),
    /// The run was stopped.
    Stopped,
    /// It took too long.
    TimedOut,
}

/// How an operation ended.
#[derive(Debug)]
pub(crate) struct Ending {
    pub(crate) end: OperationEnd,
    pub(crate) reason: Option<String>,
    /// How many accounts failed, where AWS tells.
    failed: Option<usize>,
}

impl Ending {
    /// Whether AWS says that no account failed.
    pub(crate) fn is_clean(&self) -> bool {
        self.end == OperationEnd::Succeeded && self.failed == Some(0)
    }
}

/// Progress is counted no more often than every so many polls: counting takes a page for each hundred accounts.
const POLLS_PER_COUNT: usize = 3;

/// How many pages of results are counted for progress; beyond them there are just `more`.
const PAGES_COUNTED: usize = 10;

/// Waits until an operation ended, looking again after a second at first and ten seconds in the end.
///
/// Reads by `DescribeStackSetOperation`, the strongly consistent one.
pub(crate) async fn wait(
    connection: &Connection,
    stack_set: &StackSetName,
    operation: &OperationId,
    stop: &Stop,
    deadline: Option<Instant>,
    progress: Option<&(dyn Fn(Counts) + Sync)>,
) -> Result<Wait, CallError> {
    let mut pauses = connection.patience.pauses();
    for poll in 0_usize.. {
        if let Some(ending) = ending(connection, stack_set, operation).await? {
            return Ok(Wait::Ended(ending));
        }
        if let Some(progress) = progress.filter(|_| poll % POLLS_PER_COUNT == 0) {
            progress(count(connection, stack_set, operation).await?);
        }
        let pause = pauses.next().unwrap_or(connection.patience.longest);
        if deadline.is_some_and(|deadline| Instant::now() + pause > deadline) {
            return Ok(Wait::TimedOut);
        }
        tokio::select! {
            () = sleep(pause) => {}
            () = stop.stopped() => return Ok(Wait::Stopped),
        }
    }
    Ok(Wait::TimedOut)
}

/// How the operation ended; `None` while it runs.
async fn ending(
    connection: &Connection,
    stack_set: &StackSetName,
    operation: &OperationId,
) -> Result<Option<Ending>, CallError> {
    const CALL: &str = "cloudformation:DescribeStackSetOperation";
    let _permit = connection.turn(CALL).await;
    let request = connection.cloudformation.describe_stack_set_operation().stack_set_name(stack_set.as_str());
    let request = request.operation_id(operation.as_str()).call_as(call_as(connection));
    let answer = request.send().await.map_err(failed(&connection.site, CALL))?;
    let described = answer.stack_set_operation();
    let end = match described.and_then(sdk::StackSetOperation::status).map(sdk::StackSetOperationStatus::as_str) {
        Some("RUNNING" | "STOPPING" | "QUEUED") => return Ok(None),
        Some("SUCCEEDED") => OperationEnd::Succeeded,
        Some("FAILED") => OperationEnd::Failed,
        Some("STOPPED") => OperationEnd::Stopped,
        other => return Err(bad_answer(connection, CALL, format!("operation status `{}`", other.unwrap_or_default()))),
    };
    let details = described.and_then(sdk::StackSetOperation::status_details);
    let reason = described.and_then(sdk::StackSetOperation::status_reason);
    Ok(Some(Ending {
        end,
        reason: reason.filter(|reason| !reason.is_empty()).map(str::to_owned),
        failed: details
            .and_then(sdk::StackSetOperationStatusDetails::failed_stack_instances_count)
            .map(|count| usize::try_from(count).unwrap_or_default()),
    }))
}

/// How far the accounts of an operation are.
async fn count(
    connection: &Connection,
    stack_set: &StackSetName,
    operation: &OperationId,
) -> Result<Counts, CallError> {
    let mut counts = Counts::default();
    let mut pages = Pages::new(connection, stack_set, operation);
    for _ in 0..PAGES_COUNTED {
        let Some(page) = pages.next().await? else { return Ok(counts) };
        for summary in &page {
            match summary.status().map(sdk::StackSetOperationResultStatus::as_str) {
                Some("SUCCEEDED") => counts.succeeded += 1,
                Some("FAILED") => counts.failed += 1,
                Some("RUNNING") => counts.running += 1,
                Some("CANCELLED") => counts.cancelled += 1,
                _ => counts.pending += 1,
            }
        }
    }
    counts.more = pages.has_next();
    Ok(counts)
}

/// What came of each account of an operation that ended. The list is eventually consistent, so it is read again while
/// it speaks of fewer failures than the operation, or of accounts that still run.
pub(crate) async fn results(
    connection: &Connection,
    stack_set: &StackSetName,
    operation: &OperationId,
    ending: &Ending,
) -> Result<BTreeMap<AccountId, AccountResult>, CallError> {
    const ATTEMPTS: usize = 4;
    let pauses: Vec<Duration> = Patience::pauses(connection.patience).take(ATTEMPTS - 1).collect();
    for pause in pauses {
        let results = list_results(connection, stack_set, operation).await?;
        let of = |end| results.values().filter(|result| result.end == end).count();
        if of(AccountEnd::Unreported) == 0 && of(AccountEnd::Failed) >= ending.failed.unwrap_or_default() {
            return Ok(results);
        }
        sleep(pause).await;
    }
    list_results(connection, stack_set, operation).await
}

async fn list_results(
    connection: &Connection,
    stack_set: &StackSetName,
    operation: &OperationId,
) -> Result<BTreeMap<AccountId, AccountResult>, CallError> {
    let mut results = BTreeMap::new();
    let mut pages = Pages::new(connection, stack_set, operation);
    while let Some(page) = pages.next().await? {
        for summary in page {
            let end = match summary.status().map(sdk::StackSetOperationResultStatus::as_str) {
                Some("SUCCEEDED") => AccountEnd::Succeeded,
                Some("FAILED") => AccountEnd::Failed,
                Some("CANCELLED") => AccountEnd::Cancelled,
                _ => AccountEnd::Unreported,
            };
            let account = summary.account().unwrap_or_default();
            let account =
                account.parse().map_err(|_| bad_answer(connection, Pages::CALL, format!("account id `{account}`")))?;
            let reason = summary.status_reason.filter(|reason| !reason.is_empty());
            results.insert(account, AccountResult { end, reason });
        }
    }
    Ok(results)
}

/// The pages of `ListStackSetOperationResults`, a hundred accounts each.
struct Pages<'a> {
    connection: &'a Connection,
    stack_set: &'a StackSetName,
    operation: &'a OperationId,
    position: Position,
}

enum Position {
    First,
    At(String),
    End,
}

impl<'a> Pages<'a> {
    const CALL: &'static str = "cloudformation:ListStackSetOperationResults";

    fn new(connection: &'a Connection, stack_set: &'a StackSetName, operation: &'a OperationId) -> Self {
        Self { connection, stack_set, operation, position: Position::First }
    }

    fn has_next(&self) -> bool {
        !matches!(self.position, Position::End)
    }

    async fn next(&mut self) -> Result<Option<Vec<sdk::StackSetOperationResultSummary>>, CallError> {
        let token = match &self.position {
            Position::First => None,
            Position::At(token) => Some(token.clone()),
            Position::End => return Ok(None),
        };
        let Self { connection, stack_set, operation, .. } = *self;
        let _permit = connection.turn(Self::CALL).await;
        let request = connection.cloudformation.list_stack_set_operation_results();
        let request = request.stack_set_name(stack_set.as_str()).operation_id(operation.as_str()).set_next_token(token);
        let request = request.max_results(100).call_as(call_as(connection));
        let answer = request.send().await.map_err(failed(&connection.site, Self::CALL))?;
        self.position = answer.next_token.filter(|token| !token.is_empty()).map_or(Position::End, Position::At);
        Ok(Some(answer.summaries.unwrap_or_default()))
    }
}
