//! A connection to AWS, or to a simulated organization that lives as long as the session.

use std::path::{Path, PathBuf};

use rolecall_aws::{CallError, ConnectError, ConnectOptions, Connection, ObserveError};
use rolecall_core::ids::OrgId;
use rolecall_core::spec::Access;

use crate::args::AwsArgs;
use crate::configuration::Configuration;
use crate::embedded::{self, Embedded};
use crate::error::{CommandError, ErrorKind};
use crate::interrupt::Interrupts;
use crate::organizations::{Company, Sections};
use crate::output::Output;

/// A connection, and what it is to.
pub(crate) struct Session {
    pub(crate) connection: Connection,
    /// None when it is to AWS.
    embedded: Option<Embedded>,
}

impl Session {
    /// Connects to AWS, or to the simulated organization of this file.
    pub(crate) async fn open(
        access: &Access,
        sandbox: Option<&Path>,
        args: &AwsArgs,
        interrupts: &mut Interrupts,
        output: &Output,
    ) -> Result<Self, CommandError> {
        let embedded = match sandbox {
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
        let opened = interrupts.or(Box::pin(Connection::open(options))).await;
        match opened.and_then(|opened| opened.map_err(|error| unconnected(&error))) {
            Ok(connection) => {
                let caller = connection.caller();
                tracing::info!(account = %caller.account, arn = %caller.arn, "connected");
                Ok(Self { connection, embedded })
            }
            Err(error) => close(embedded, Err(error)).await,
        }
    }

    /// Ends the session whatever came of the work: the state of a simulated organization is kept even after an error.
    pub(crate) async fn close<T>(self, result: Result<T, CommandError>) -> Result<T, CommandError> {
        let Self { connection, embedded } = self;
        tracing::debug!(calls = ?connection.calls(), "calls made");
        drop(connection);
        close(embedded, result).await
    }
}

async fn close<T>(embedded: Option<Embedded>, result: Result<T, CommandError>) -> Result<T, CommandError> {
    let closed = match embedded {
        Some(embedded) => embedded.close().await,
        None => Ok(()),
    };
    // What went wrong first says more.
    let value = result?;
    closed.map(|()| value)
}

/// Connects, works on one organization, which may not be known yet, and closes the connection.
pub(crate) async fn with<T>(
    (access, organization): (&Access, Option<&OrgId>),
    args: &AwsArgs,
    output: &Output,
    work: impl AsyncFnOnce(&Connection, &mut Interrupts) -> Result<T, CommandError>,
) -> Result<T, CommandError> {
    let mut interrupts = Interrupts::listen()?;
    let sandbox = match organization {
        Some(organization) => sandbox_of(organization, Company::Alone, args)?,
        None => embedded::only(&args.sandbox)?,
    };
    let session = Session::open(access, sandbox.as_deref(), args, &mut interrupts, output).await?;
    let result = work(&session.connection, &mut interrupts).await;
    session.close(result).await
}

/// Connects to one organization after the other and works on each. What goes wrong in one is its own; an interruption
/// ends all.
pub(crate) async fn each<T>(
    configurations: Vec<Configuration>,
    args: &AwsArgs,
    output: &Output,
    mut work: impl AsyncFnMut(&Configuration, &Connection, &mut Interrupts) -> Result<T, CommandError>,
) -> Result<Sections<T>, CommandError> {
    let mut interrupts = Interrupts::listen()?;
    let mut sections = Sections::begin(&configurations);
    for configuration in configurations {
        sections.announce(&configuration, output);
        let result = async {
            let sandbox = sandbox_of(configuration.organization(), sections.company(), args)?;
            let access = &configuration.spec.access;
            let session = Session::open(access, sandbox.as_deref(), args, &mut interrupts, output).await?;
            let result = work(&configuration, &session.connection, &mut interrupts).await;
            session.close(result).await
        };
        let result = result.await;
        sections.add(configuration, result)?;
    }
    Ok(sections)
}

/// The simulated organization that stands in for this one, if any does.
pub(crate) fn sandbox_of(
    organization: &OrgId,
    company: Company,
    args: &AwsArgs,
) -> Result<Option<PathBuf>, CommandError> {
    match (args.sandbox.as_slice(), company) {
        // A single file is taken for the single organization; if it is another's, the organization's check says so.
        ([only], Company::Alone) if !only.is_dir() => Ok(Some(only.clone())),
        (files, _) => embedded::of_organization(files, organization),
    }
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
        ObserveError::Portion(_) => advised(CommandError::of(ErrorKind::User, error), error.advice()),
    }
}

fn advised(error: CommandError, advice: Option<&str>) -> CommandError {
    match advice {
        Some(advice) => error.hint(advice),
        None => error,
    }
}
