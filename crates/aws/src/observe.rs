//! Reading everything a plan is made from.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use rolecall_core::desired::{ResolveError, resolve};
use rolecall_core::ids::{AccountId, OuId};
use rolecall_core::observed::{Observed, Reading};
use rolecall_core::portion::{Portion, PortionError};
use rolecall_core::scope;
use rolecall_core::spec::{CallAs, OrganizationSpec, OuRef, Spec};

use crate::connect::Connection;
use crate::error::CallError;
use crate::events::ObserveEvent;
use crate::org::{OrgIdentity, UnitNames, describe_org, read_tree};
use crate::roles::{AccountRoles, Names, read_roles};
use crate::stack_sets::{read_stack_sets, reading, trusted_access};

/// Why an organization could not be observed at all.
#[derive(Debug, thiserror::Error)]
pub enum ObserveError {
    /// A call failed without which nothing can be planned.
    #[error(transparent)]
    Call(#[from] CallError),
    /// The caller is in another account than StackSets take calls from.
    #[error(
        "the credentials are for account {account}, and StackSets take calls only from the management account \
         {management_account} or from a delegated administrator"
    )]
    NotManagement {
        /// The caller's account.
        account: AccountId,
        /// The management account.
        management_account: AccountId,
    },
    /// The files do not fit the organization.
    #[error("the configuration does not fit the organization")]
    Resolve(Vec<ResolveError>),
    /// The accounts to look at are none of this organization.
    #[error(transparent)]
    Portion(#[from] PortionError),
}

impl ObserveError {
    /// What the user can do.
    pub fn advice(&self) -> Option<&str> {
        match self {
            Self::Call(error) => error.advice(),
            Self::NotManagement { .. } => Some(
                "use credentials of the management account, or set `access.call_as: delegated_admin` if this account is \
                 a delegated administrator for StackSets; `rolecall doctor` checks that",
            ),
            Self::Resolve(_) => None,
            Self::Portion(_) => Some("`rolecall accounts` lists the accounts and units"),
        }
    }
}

/// Reads the organization, our stack sets, and the live roles of every account that matters.
///
/// The organization's id is checked before anything else is asked. Then the organization and the stack sets are read
/// at the same time, and after them the accounts, as many at a time as the parallelism allows. An account or a stack
/// set that cannot be read is `Unreadable` in the result, not an error; missing or expired credentials are an error.
/// The names of units are read only when the files use one, or when `names` asks for them: they cost a call a unit.
/// Accounts outside of the portion are not asked anything, and are not in the result.
pub async fn observe(
    connection: &Connection,
    spec: &Spec,
    portion: &Portion,
    names: UnitNames,
    watch: &(dyn Fn(ObserveEvent<'_>) + Sync),
) -> Result<Observed, ObserveError> {
    let told = |call: &str| watch(ObserveEvent::Throttled { call });
    connection.paces.telling(told, Box::pin(read(connection, spec, portion, names, watch))).await
}

async fn read(
    connection: &Connection,
    spec: &Spec,
    portion: &Portion,
    names: UnitNames,
    watch: &(dyn Fn(ObserveEvent<'_>) + Sync),
) -> Result<Observed, ObserveError> {
    let identity = describe_org(connection).await?;
    check(connection, Some(&spec.organization), &identity)?;
    let names = if portion.names_units() { UnitNames::Needed } else { names };
    let (names, ids) = wanted_units(spec, names);
    let organization = async {
        let org = read_tree(connection, identity, names, &ids).await?;
        watch(ObserveEvent::Organization { accounts: org.accounts.len() });
        Ok::<_, CallError>(org)
    };
    let access = async { reading(trusted_access(connection).await) };
    let adopted = spec.integrations.values().filter_map(|wanted| wanted.adopt.stack_set.clone()).collect();
    let sets = async { reading(read_stack_sets(connection, &adopted).await) };
    let (org, trusted_access, stack_sets) = tokio::try_join!(organization, access, sets)?;
    let desired = resolve(spec, &org).map_err(ObserveError::Resolve)?;
    let portion = portion.of(&org)?;
    let accounts: BTreeSet<AccountId> = scope::accounts(&org).intersection(&portion).cloned().collect();
    watch(ObserveEvent::Roles { accounts: accounts.len() });
    let names =
        Names { roles: scope::role_names(&desired, &stack_sets), policies: scope::policy_names(&desired, &stack_sets) };
    let mut roles = BTreeMap::new();
    let mut foreign_policies = BTreeMap::new();
    let read = async |account: &AccountId| read_roles(connection, account, &names).await;
    for (account, reading) in read_accounts(connection, accounts, read, watch).await? {
        let reading = match reading {
            Reading::Known(AccountRoles { roles, foreign_policies: foreign }) => {
                if !foreign.is_empty() {
                    foreign_policies.insert(account.clone(), foreign);
                }
                Reading::Known(roles)
            }
            Reading::Unreadable(failure) => Reading::Unreadable(failure),
        };
        roles.insert(account, reading);
    }
    Ok(Observed { org, trusted_access, stack_sets, roles, foreign_policies })
}

/// Refuses the wrong organization, and a caller whom StackSets would refuse, by one call.
pub async fn confirm_organization(connection: &Connection, spec: &Spec) -> Result<(), ObserveError> {
    check(connection, Some(&spec.organization), &describe_org(connection).await?)
}

/// How this organization is another than the one that the files are about, if it is.
pub(crate) fn unfit(wanted: &OrganizationSpec, identity: &OrgIdentity) -> Option<ResolveError> {
    let OrgIdentity { id, management_account, features: _ } = identity;
    if wanted.id != *id {
        return Some(ResolveError::WrongOrganization { expected: wanted.id.clone(), found: id.clone() });
    }
    let expected = wanted.management_account.as_ref().filter(|expected| *expected != management_account)?;
    Some(ResolveError::WrongManagementAccount {
        organization: id.clone(),
        expected: expected.clone(),
        found: management_account.clone(),
    })
}

/// Refuses the wrong organization, if one is expected, and a caller whom StackSets would refuse.
pub(crate) fn check(
    connection: &Connection,
    wanted: Option<&OrganizationSpec>,
    identity: &OrgIdentity,
) -> Result<(), ObserveError> {
    if let Some(error) = wanted.and_then(|wanted| unfit(wanted, identity)) {
        return Err(ObserveError::Resolve(vec![error]));
    }
    let management_account = &identity.management_account;
    let account = &connection.caller().account;
    match connection.access.call_as {
        CallAs::Management if account != management_account => Err(ObserveError::NotManagement {
            account: account.clone(),
            management_account: management_account.clone(),
        }),
        CallAs::Management | CallAs::DelegatedAdmin => Ok(()),
    }
}

/// What must be known of units: their names, if the file uses one or the caller shows them, and the ids in the file.
pub(crate) fn wanted_units(spec: &Spec, mut names: UnitNames) -> (UnitNames, BTreeSet<OuId>) {
    let mut ids = BTreeSet::new();
    for integration in spec.integrations.values() {
        let targets = &integration.targets;
        for unit in targets.organizational_units.iter().chain(&targets.exclude_organizational_units) {
            match &unit.value {
                OuRef::Root => {}
                OuRef::Id(id) => {
                    ids.insert(id.clone());
                }
                OuRef::Path(_) => names = UnitNames::Needed,
            }
        }
    }
    (names, ids)
}

/// Reads accounts, as many at a time as the parallelism allows. One that cannot be read is `Unreadable`.
pub(crate) async fn read_accounts<T>(
    connection: &Connection,
    accounts: impl IntoIterator<Item = AccountId>,
    read: impl AsyncFn(&AccountId) -> Result<T, CallError>,
    watch: &(dyn Fn(ObserveEvent<'_>) + Sync),
) -> Result<BTreeMap<AccountId, Reading<T>>, CallError> {
    let read = &read;
    stream::iter(accounts)
        .map(|account| async move {
            let reading = reading(read(&account).await)?;
            let failure = match &reading {
                Reading::Known(_) => None,
                Reading::Unreadable(failure) => Some(failure),
            };
            watch(ObserveEvent::Account { account: &account, failure });
            Ok::<_, CallError>((account, reading))
        })
        .buffer_unordered(connection.parallelism.get())
        .try_collect()
        .await
}
