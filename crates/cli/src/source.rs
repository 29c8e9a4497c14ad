//! How an organization is reached that no file need describe yet: what `snapshot` and `import` begin with.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

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

/// Read without being named, where it is there.
const USUAL: &str = "rolecall.yaml";

/// How AWS is reached, and the files that say so, if there are any.
#[derive(Debug)]
pub(crate) struct Source {
    access: Access,
    configuration: Option<Configuration>,
}

impl Source {
    /// The files that are named, or the usual one where it is there; options count more than files.
    ///
    /// The member role of the options is for reading. It is the organization's only where no file names one.
    pub(crate) fn of(args: &SourceArgs, aws: &AwsArgs, output: &Output) -> Result<Self, CommandError> {
        let SourceArgs { file, region, call_as } = args;
        let files = match file.as_slice() {
            [] if Path::new(USUAL).is_file() => vec![PathBuf::from(USUAL)],
            named => named.to_vec(),
        };
        let configuration = match files.as_slice() {
            [] => None,
            _ => Some(configuration::load_one(&FileArgs { file: files }, "this command", output)?),
        };
        let written = configuration.as_ref().map(|configuration| configuration.spec.access.clone());
        let mut access = if let Some(access) = written {
            access
        } else {
            let usual = spec::usual_access()
                .ok_or_else(|| CommandError::new(ErrorKind::Internal, "there are no defaults for `access`"))?;
            let member_role = aws.member_role.clone().unwrap_or(usual.member_role);
            Access { member_role, ..usual }
        };
        access.region = region.clone().unwrap_or(access.region);
        access.call_as = call_as.map_or(access.call_as, CallAs::from);
        Ok(Self { access, configuration })
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
        session::with(&self.access, aws, output, async |connection, interrupts| {
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
            (ObserveError::NotManagement { .. } | ObserveError::Resolve(_), None) => {
                CommandError::of(ErrorKind::Aws, error)
                    .hint("use credentials of the management account, or pass --call-as delegated-admin")
            }
        }
    }
}
