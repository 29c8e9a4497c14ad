//! Deleting a stack in an account.

use aws_sdk_cloudformation::types as sdk;
use rolecall_core::ids::{AccountId, StackId};

use crate::classify::failed;
use crate::connect::Connection;
use crate::error::{CallError, CallErrorKind};
use crate::sessions::Stacks;
use crate::stop::Stop;

/// How a delete ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Deleted {
    /// The stack is gone.
    Gone,
    /// The run was stopped while AWS deletes it.
    Stopped,
}

/// Deletes a stack and waits until it is gone. One that is gone already is none that fails.
pub(crate) async fn delete(
    connection: &Connection,
    account: &AccountId,
    stack: &StackId,
    stop: &Stop,
) -> Result<Deleted, CallError> {
    const CALL: &str = "cloudformation:DeleteStack";
    let stacks = connection.sessions.cloudformation(account).await?;
    {
        let _permit = connection.permit().await;
        let request = stacks.client.delete_stack().stack_name(stack.as_str());
        request.send().await.map_err(failed(&stacks.site, CALL))?;
    }
    for pause in connection.patience.pauses() {
        if is_gone(connection, &stacks, stack).await? {
            return Ok(Deleted::Gone);
        }
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = stop.stopped() => return Ok(Deleted::Stopped),
        }
    }
    Ok(Deleted::Gone)
}

async fn is_gone(connection: &Connection, stacks: &Stacks, stack: &StackId) -> Result<bool, CallError> {
    const CALL: &str = "cloudformation:DescribeStacks";
    let _permit = connection.permit().await;
    let answer = stacks.client.describe_stacks().stack_name(stack.as_str()).send().await;
    let answer = match answer.map_err(failed(&stacks.site, CALL)) {
        Ok(answer) => answer,
        // CloudFormation has no code of its own for this.
        Err(error) if error.message().contains("does not exist") => return Ok(true),
        Err(error) => return Err(error),
    };
    let Some(described) = answer.stacks().first() else { return Ok(true) };
    match described.stack_status().map(sdk::StackStatus::as_str) {
        Some("DELETE_COMPLETE") => Ok(true),
        Some("DELETE_FAILED") => {
            let reason = described.stack_status_reason().unwrap_or("it does not say why").to_owned();
            let error = CallError::of_answer(&stacks.site, CALL, CallErrorKind::Unexpected, "DELETE_FAILED", reason);
            Err(error.advise(format!("look at the events of {stack}, clear what is in the way, and apply again")))
        }
        _ => Ok(false),
    }
}
