//! Reading a whole organization, whatever the files target: for a snapshot, and for `import`.

use std::collections::{BTreeMap, BTreeSet};

use rolecall_core::ids::{AccountId, RoleName};
use rolecall_core::observed::{LiveRoles, Observed, Reading};
use rolecall_core::org::AccountState;
use rolecall_core::spec::OrganizationSpec;

use crate::connect::Connection;
use crate::error::CallError;
use crate::events::ObserveEvent;
use crate::observe::{ObserveError, check, read_accounts};
use crate::org::{UnitNames, describe_org, read_tree};
use crate::roles::{AllRoles, Names, read_all_roles};
use crate::stack_sets::{read_vendor_stack_sets, reading, trusted_access};

/// What was seen of a whole organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Whole {
    /// The organization with the names of its units; the stack sets that are ours, or deploy a role with an external ID;
    /// and of every account in use the roles that have a wanted name, an ownership tag or an external ID.
    pub observed: Observed,
    /// The other roles, by name, and the accounts in which they are.
    pub other_roles: BTreeMap<RoleName, BTreeSet<AccountId>>,
}

/// Reads a whole organization: every account in use, and all its stack sets.
///
/// An organization that is given is expected. An account or a stack set that cannot be read is `Unreadable`.
///
/// # Errors
/// The wrong organization, a caller whom StackSets refuse, missing or expired credentials, and an organization that
/// cannot be listed.
pub async fn observe_whole(
    connection: &Connection,
    expected: Option<&OrganizationSpec>,
    names: &BTreeSet<RoleName>,
    watch: &(dyn Fn(ObserveEvent<'_>) + Sync),
) -> Result<Whole, ObserveError> {
    let told = |call: &str| watch(ObserveEvent::Throttled { call });
    connection.paces.telling(told, Box::pin(read(connection, expected, names, watch))).await
}

async fn read(
    connection: &Connection,
    expected: Option<&OrganizationSpec>,
    names: &BTreeSet<RoleName>,
    watch: &(dyn Fn(ObserveEvent<'_>) + Sync),
) -> Result<Whole, ObserveError> {
    let identity = describe_org(connection).await?;
    check(connection, expected, &identity)?;
    let organization = async {
        let org = read_tree(connection, identity, UnitNames::Needed, &BTreeSet::new()).await?;
        watch(ObserveEvent::Organization { accounts: org.accounts.len() });
        Ok::<_, CallError>(org)
    };
    let access = async { reading(trusted_access(connection).await) };
    let sets = async { reading(read_vendor_stack_sets(connection).await) };
    let (org, trusted_access, stack_sets) = tokio::try_join!(organization, access, sets)?;
    let in_use = org.accounts.iter().filter(|(_, account)| account.state == AccountState::Active);
    let accounts: Vec<AccountId> = in_use.map(|(id, _)| id.clone()).collect();
    watch(ObserveEvent::Roles { accounts: accounts.len() });
    let names =
        Names { roles: names.iter().map(|name| name.as_str().to_lowercase()).collect(), policies: BTreeMap::new() };
    let roles = async |account: &AccountId| read_all_roles(connection, account, &names).await;
    let read = read_accounts(connection, accounts, roles, watch).await?;
    let mut other_roles: BTreeMap<RoleName, BTreeSet<AccountId>> = BTreeMap::new();
    let mut roles: BTreeMap<AccountId, Reading<LiveRoles>> = BTreeMap::new();
    for (account, reading) in read {
        let kept = match reading {
            Reading::Known(AllRoles { whole, others }) => {
                for name in others {
                    other_roles.entry(name).or_default().insert(account.clone());
                }
                Reading::Known(whole)
            }
            Reading::Unreadable(failure) => Reading::Unreadable(failure),
        };
        roles.insert(account, kept);
    }
    let foreign_policies = BTreeMap::new();
    Ok(Whole { observed: Observed { org, trusted_access, stack_sets, roles, foreign_policies }, other_roles })
}
