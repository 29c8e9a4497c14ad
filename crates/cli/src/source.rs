//! How an organization is reached that no file need describe yet: what `snapshot` and `import` begin with.

use std::collections::BTreeSet;

use jiff::Timestamp;
use rolecall_aws::{ObserveError, Whole, observe_whole};
use rolecall_core::ids::RoleName;
use rolecall_core::snapshot::Snapshot;
use rolecall_core::spec::{self, Access, CallAs, OrganizationSpec};

use crate::args::{AwsArgs, FileArgs, SourceArgs};
use crate::configuration::{self, Configuration};
use crate::error::{CommandError, ErrorKind};
use crate::output::Output;
use crate::progress;
use crate::session;

/// How AWS is reached, and the files that say so, if there are any.
#[derive(Debug)]
pub(crate) struct Source {
    access: Access,
    configuration: Option<Configuration>,
}

impl Source {
    /// The files that are named, or the usual one where it is there: a source for each organization, or one without files.
    /// Options count more than files.
    ///
    /// The member role of the options is for reading. It is the organization's only where no file names one.
    pub(crate) fn all(args: &SourceArgs, aws: &AwsArgs, output: &Output) -> Result<Vec<Self>, CommandError> {
        let files = FileArgs { file: args.file.clone() };
        let has_files = !files.file.is_empty() || files.paths().iter().any(|usual| usual.is_file());
        if has_files {
            let sources = configuration::load(&files, output)?.into_iter().map(|configuration| Self {
                access: with_options(configuration.spec.access.clone(), args),
                configuration: Some(configuration),
            });
            return Ok(sources.collect());
        }
        let usual = spec::usual_access()
            .ok_or_else(|| CommandError::new(ErrorKind::Internal, "there are no defaults for `access`"))?;
        let member_role = aws.member_role.clone().unwrap_or(usual.member_role);
        let access = with_options(Access { member_role, ..usual }, args);
        Ok(vec![Self { access, configuration: None }])
    }

    /// The same for a command that works on one organization.
    pub(crate) fn of(args: &SourceArgs, aws: &AwsArgs, output: &Output) -> Result<Self, CommandError> {
        let mut sources = Self::all(args, aws, output)?.into_iter();
        match (sources.next(), sources.next()) {
            (Some(only), None) => Ok(only),
            _ => Err(CommandError::user("the files are of several organizations, and this works on one")
                .hint("name the files of one with -f, and run it once for each")),
        }
    }

    /// The files, if there are any.
    pub(crate) fn configuration(&self) -> Option<&Configuration> {
        self.configuration.as_ref()
    }

    /// The organization that the files are for.
    fn organization(&self) -> Option<&OrganizationSpec> {
        self.configuration.as_ref().map(|configuration| &configuration.spec.organization)
    }

    /// The names of the roles that the files declare.
    pub(crate) fn role_names(&self) -> BTreeSet<RoleName> {
        let integrations = self.configuration.iter().flat_map(|configuration| configuration.spec.integrations.values());
        integrations.map(|integration| integration.role.name.clone()).collect()
    }

    /// Reads the whole organization. Roles of these names are kept whole, whatever they are.
    pub(crate) async fn snapshot(
        &self,
        names: &BTreeSet<RoleName>,
        aws: &AwsArgs,
        output: &Output,
    ) -> Result<Snapshot, CommandError> {
        let organization = self.organization().map(|organization| &organization.id);
        session::with((&self.access, organization), aws, output, async |connection, interrupts| {
            let taken_at = Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
            let progress = progress::Reading::begin(output, progress::Errand::Roles);
            let watch = |event: rolecall_aws::ObserveEvent<'_>| progress.watch(event);
            let read = Box::pin(observe_whole(connection, self.organization(), names, &watch));
            let read = interrupts.or(read).await?;
            let Whole { observed, other_roles } = read.map_err(|error| self.unobserved(&error))?;
            Ok(Snapshot { taken_at, access: self.access.clone(), observed, other_roles })
        })
        .await
    }

    /// Why the organization could not be observed.
    fn unobserved(&self, error: &ObserveError) -> CommandError {
        match (error, &self.configuration) {
            (_, Some(configuration)) => session::unobserved(error, configuration),
            (ObserveError::Call(error), None) => session::failed_call(error),
            (ObserveError::NotManagement { .. } | ObserveError::Resolve(_) | ObserveError::Portion(_), None) => {
                CommandError::of(ErrorKind::Aws, error)
                    .hint("use credentials of the management account, or pass --call-as delegated-admin")
            }
        }
    }
}

fn with_options(mut access: Access, args: &SourceArgs) -> Access {
    let SourceArgs { file: _, region, call_as } = args;
    access.region = region.clone().unwrap_or(access.region);
    access.call_as = call_as.map_or(access.call_as, CallAs::from);
    access
}
