//! A connection to AWS, or to a simulated organization that lives as long as the command.

use rolecall_aws::{CallError, ConnectError, ConnectOptions, Connection, ObserveError};
use rolecall_core::spec::Access;

use crate::args::AwsArgs;
use crate::configuration::Configuration;
use crate::embedded::Embedded;
use crate::error::{CommandError, ErrorKind};
use crate::interrupt::Interrupts;
use crate::output::Output;

/// Connects, works, and closes the connection whatever came of the work: the state of a simulated organization is kept
/// even after an error.
pub(crate) async fn with<T>(
    access: &Access,
    args: &AwsArgs,
    output: &Output,
    work: impl AsyncFnOnce(&Connection, &mut Interrupts) -> Result<T, CommandError>,
) -> Result<T, CommandError> {
    let mut interrupts = Interrupts::listen()?;
    let embedded = match &args.sandbox {
        Some(organization) => Some(Embedded::start(organization, output).await?),
        None => None,
    };
    let mut access = access.clone();
    access.member_role = args.member_role.clone().unwrap_or(access.member_role);
    let options = ConnectOptions {
        access,
        parallelism: args.parallelism,
        endpoint: embedded.as_ref().map(Embedded::endpoint),
        call_timeout: args.call_timeout,
    };
    let result = async {
        let connection =
            interrupts.or(Box::pin(Connection::open(options))).await?.map_err(|error| unconnected(&error))?;
        let caller = connection.caller();
        tracing::info!(account = %caller.account, arn = %caller.arn, "connected");
        let result = work(&connection, &mut interrupts).await;
        tracing::debug!(calls = ?connection.calls(), "calls made");
        result
    }
    .await;
    let closed = match embedded {
        Some(embedded) => embedded.close().await,
        None => Ok(()),
    };
    // What went wrong first says more.
    let value = result?;
    closed.map(|()| value)
}

/// The error of a call, with AWS's request id and what to do.
pub(crate) fn failed_call(error: &CallError) -> CommandError {
    let mut shown = CommandError::of(ErrorKind::Aws, error);
    if let Some(id) = error.request_id() {
        shown = shown.note(format!("AWS request id {id}"));
    }
    advised(shown, error.advice())
}

fn unconnected(error: &ConnectError) -> CommandError {
    match error {
        ConnectError::Call(error) => failed_call(error),
        ConnectError::Caller { .. } => advised(CommandError::of(ErrorKind::Aws, error), error.advice()),
    }
}

/// Why the organization could not be observed.
pub(crate) fn unobserved(error: &ObserveError, configuration: &Configuration) -> CommandError {
    match error {
        ObserveError::Call(error) => failed_call(error),
        ObserveError::NotManagement { .. } => advised(CommandError::of(ErrorKind::Aws, error), error.advice()),
        ObserveError::Resolve(errors) => configuration.unresolved(errors),
    }
}

fn advised(error: CommandError, advice: Option<&str>) -> CommandError {
    match advice {
        Some(advice) => error.hint(advice),
        None => error,
    }
}
