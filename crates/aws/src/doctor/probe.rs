//! Where IAM may not be asked: what reading shows of the permissions to read.

use aws_sdk_cloudformation::types::StackSetStatus;
use aws_sdk_iam::types::EntityType;
use rolecall_core::ids::{RolePath, StackSetName};
use rolecall_core::permissions::{Need, Part, Scene};

use super::organization::settled;
use super::permissions::{Denial, Standing, Standings, Trial};
use crate::classify::failed;
use crate::error::{CallError, CallErrorKind};
use crate::lock::read_lock;
use crate::sessions::Iam;
use crate::stack_sets::call_as;

/// An operation, a policy and a parameter that are not there: that they are not found shows that they may be looked for.
const NOTHING: &str = "rolecall-doctor";

/// Calls what reads, and leaves open what writes. `refusal` is why IAM could not be asked.
pub(super) async fn read(
    trial: &Trial<'_>,
    part: Part,
    iam: &Iam,
    wanted: &[Need],
    scene: Scene<'_>,
    refusal: &CallError,
) -> Result<Standings, CallError> {
    let probe = Probe { trial, part, iam, scene };
    let unknown = || Standing::Unknown(format!("{} was refused with {}", refusal.call(), refusal.code()));
    let mut standings = Standings::new();
    for need in wanted {
        let called = {
            let _permit = trial.connection.permit().await;
            settled(probe.call(need.action).await)?
        };
        let standing = match called {
            Ok(Called::Answered) => Standing::Allowed,
            Ok(Called::Not) => unknown(),
            Err(error) => of_error(&error),
        };
        standings.insert(*need, standing);
    }
    Ok(standings)
}

/// AWS looks at permissions before it looks at anything else, so that any answer but a refusal shows that it is allowed.
fn of_error(error: &CallError) -> Standing {
    match error.kind() {
        CallErrorKind::Denied => Standing::Denied(Denial::Implicit),
        CallErrorKind::DeniedByOrganization => Standing::Denied(Denial::Organization),
        CallErrorKind::NotFound | CallErrorKind::Invalid => Standing::Allowed,
        _ => Standing::Unknown(format!("{} failed with {}", error.call(), error.code())),
    }
}

/// Whether a call was made.
enum Called {
    /// It was, and answered.
    Answered,
    /// It would write, or there is nothing to call it about.
    Not,
}

struct Probe<'a> {
    trial: &'a Trial<'a>,
    part: Part,
    iam: &'a Iam,
    scene: Scene<'a>,
}

impl Probe<'_> {
    async fn call(&self, action: &'static str) -> Result<Called, CallError> {
        match action.split_once(':').unwrap_or_default() {
            ("organizations", name) if self.part == Part::Caller => self.organizations(action, name).await,
            ("cloudformation", name) if self.part == Part::Caller => self.cloudformation(action, name).await,
            ("iam", name) => self.iam(action, name).await,
            ("ssm", "GetParameter") if self.part == Part::Caller => {
                read_lock(self.trial.connection, &self.scene.org.id).await.map(|_| Called::Answered)
            }
            ("cloudtrail", "LookupEvents") => {
                let history = self.trial.connection.sessions.history(self.scene.account).await?;
                let request = history.client.lookup_events().max_results(1);
                request.send().await.map_err(failed(&history.site, action)).map(|_| Called::Answered)
            }
            _ => Ok(Called::Not),
        }
    }

    async fn organizations(&self, action: &'static str, name: &str) -> Result<Called, CallError> {
        let connection = self.trial.connection;
        let (client, site) = (&connection.organizations, &connection.site);
        let root = self.scene.org.root.as_str();
        match name {
            // Without these there would be no organization to look at.
            "DescribeOrganization" | "ListAccounts" | "ListDelegatedAdministrators" => {}
            "ListRoots" => drop(client.list_roots().send().await.map_err(failed(site, action))?),
            "ListAccountsForParent" => {
                let request = client.list_accounts_for_parent().parent_id(root).max_results(1);
                drop(request.send().await.map_err(failed(site, action))?);
            }
            "ListOrganizationalUnitsForParent" => {
                let request = client.list_organizational_units_for_parent().parent_id(root).max_results(1);
                drop(request.send().await.map_err(failed(site, action))?);
            }
            _ => return Ok(Called::Not),
        }
        Ok(Called::Answered)
    }

    async fn cloudformation(&self, action: &'static str, name: &str) -> Result<Called, CallError> {
        let connection = self.trial.connection;
        let (client, site, part) = (&connection.cloudformation, &connection.site, call_as(connection));
        if name == "DescribeOrganizationsAccess" {
            let request = client.describe_organizations_access().call_as(part);
            return request.send().await.map_err(failed(site, action)).map(|_| Called::Answered);
        }
        if name == "ListStackSets" {
            let request = client.list_stack_sets().status(StackSetStatus::Active).call_as(part).max_results(1);
            return request.send().await.map_err(failed(site, action)).map(|_| Called::Answered);
        }
        let Some(set) = self.trial.setting.stack_sets.first().map(StackSetName::as_str) else {
            return Ok(Called::Not);
        };
        match name {
            "DescribeStackSet" => {
                let request = client.describe_stack_set().stack_set_name(set).call_as(part);
                drop(request.send().await.map_err(failed(site, action))?);
            }
            "ListStackInstances" => {
                let request = client.list_stack_instances().stack_set_name(set).call_as(part).max_results(1);
                drop(request.send().await.map_err(failed(site, action))?);
            }
            "ListStackSetOperations" => {
                let request = client.list_stack_set_operations().stack_set_name(set).call_as(part).max_results(1);
                drop(request.send().await.map_err(failed(site, action))?);
            }
            "DescribeStackSetOperation" => {
                let request = client.describe_stack_set_operation().stack_set_name(set).operation_id(NOTHING);
                drop(request.call_as(part).send().await.map_err(failed(site, action))?);
            }
            "ListStackSetOperationResults" => {
                let request = client.list_stack_set_operation_results().stack_set_name(set).operation_id(NOTHING);
                drop(request.call_as(part).send().await.map_err(failed(site, action))?);
            }
            _ => return Ok(Called::Not),
        }
        Ok(Called::Answered)
    }

    async fn iam(&self, action: &'static str, name: &str) -> Result<Called, CallError> {
        let Iam { client, site } = self.iam;
        match name {
            "ListRoles" => drop(client.list_roles().max_items(1).send().await.map_err(failed(site, action))?),
            "GetAccountAuthorizationDetails" => {
                let request = client.get_account_authorization_details().filter(EntityType::Role).max_items(1);
                drop(request.send().await.map_err(failed(site, action))?);
            }
            _ => return self.role(action, name).await,
        }
        Ok(Called::Answered)
    }

    /// A role that is not there is checked as if it had no path, so only one without is good to ask for.
    async fn role(&self, action: &'static str, name: &str) -> Result<Called, CallError> {
        let Iam { client, site } = self.iam;
        let described = self.trial.setting.roles.iter().flatten();
        let Some(role) = described.filter(|role| role.path == RolePath::root()).map(|role| role.name.as_str()).next()
        else {
            return Ok(Called::Not);
        };
        match name {
            "GetRole" => drop(client.get_role().role_name(role).send().await.map_err(failed(site, action))?),
            "ListRolePolicies" => {
                drop(client.list_role_policies().role_name(role).send().await.map_err(failed(site, action))?);
            }
            "ListAttachedRolePolicies" => {
                drop(client.list_attached_role_policies().role_name(role).send().await.map_err(failed(site, action))?);
            }
            "GetRolePolicy" => {
                let request = client.get_role_policy().role_name(role).policy_name(NOTHING);
                drop(request.send().await.map_err(failed(site, action))?);
            }
            _ => return Ok(Called::Not),
        }
        Ok(Called::Answered)
    }
}
