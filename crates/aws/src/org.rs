//! Reading the organization.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_organizations::types as sdk;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use rolecall_core::ids::{AccountId, OrgId, OuId};
use rolecall_core::org::{Account, AccountState, Org, Unit};

use crate::classify::failed;
use crate::connect::Connection;
use crate::error::{CallError, CallErrorKind};

/// Whether the names of units are read, which costs a call for each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnitNames {
    /// Something is named by them, or shows them.
    Needed,
    /// Ids are enough.
    NotNeeded,
}

/// The organization's id and management account (Organizations `DescribeOrganization`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OrgIdentity {
    /// The organization's id.
    pub(crate) id: OrgId,
    /// The management account.
    pub(crate) management_account: AccountId,
    /// What the organization was made for.
    pub(crate) features: Features,
}

/// What an organization was made for (Organizations `FeatureSet`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Features {
    /// Everything, StackSets among it.
    All,
    /// One bill.
    ConsolidatedBilling,
}

/// Units nest five deep below the root (Organizations User Guide, quotas), so a unit at that depth has none below it.
const MAX_DEPTH: usize = 5;

/// Which organization the caller is in. Any account of it may ask.
pub(crate) async fn describe_org(connection: &Connection) -> Result<OrgIdentity, CallError> {
    const CALL: &str = "organizations:DescribeOrganization";
    let _permit = connection.turn(CALL).await;
    let answer =
        connection.organizations.describe_organization().send().await.map_err(failed(&connection.site, CALL))?;
    let organization = answer.organization();
    let id = organization.and_then(sdk::Organization::id).unwrap_or_default();
    let management = organization.and_then(sdk::Organization::master_account_id).unwrap_or_default();
    let features = match organization.and_then(sdk::Organization::feature_set) {
        Some(sdk::OrganizationFeatureSet::ConsolidatedBilling) => Features::ConsolidatedBilling,
        Some(_) | None => Features::All,
    };
    match (id.parse(), management.parse()) {
        (Ok(id), Ok(management_account)) => Ok(OrgIdentity { id, management_account, features }),
        _ => Err(bad_answer(connection, CALL, format!("organization `{id}` of account `{management}`"))),
    }
}

/// Reads the organization that the caller is in.
///
/// Fails when the caller may not read it: only the management account and delegated administrators may.
pub async fn read_org(connection: &Connection, names: UnitNames, wanted: &BTreeSet<OuId>) -> Result<Org, CallError> {
    let identity = describe_org(connection).await?;
    read_tree(connection, identity, names, wanted).await
}

/// Reads the tree and the accounts.
///
/// `ListAccounts` tells each account's place by its path, so the tree costs no further call as long as ids are enough.
/// Names and units without accounts cost `ListOrganizationalUnitsForParent` for each unit; they are read when `names`
/// are needed, or one of the wanted units was not seen on any path. Where paths are missing, the tree is walked.
pub(crate) async fn read_tree(
    connection: &Connection,
    identity: OrgIdentity,
    names: UnitNames,
    wanted: &BTreeSet<OuId>,
) -> Result<Org, CallError> {
    let listed = list_accounts(connection).await?;
    let mut tree = match Tree::of_paths(&listed) {
        Some(tree) => tree,
        None => walk(connection, &listed).await?,
    };
    let is_missing = |id: &OuId| *id != tree.root && !tree.units.contains_key(id);
    if tree.is_partial && (names == UnitNames::Needed || wanted.iter().any(is_missing)) {
        tree.units = list_units(connection, &tree).await?;
    }
    let accounts = listed
        .into_iter()
        .map(|listed| {
            let parent = tree.parents.remove(&listed.id).unwrap_or_else(|| tree.root.clone());
            (listed.id, Account { name: listed.name, email: listed.email, state: listed.state, parent })
        })
        .collect();
    let OrgIdentity { id, management_account, features: _ } = identity;
    Ok(Org { id, management_account, root: tree.root, units: tree.units, accounts })
}

/// An account as it is listed.
#[derive(Debug)]
struct Listed {
    id: AccountId,
    name: String,
    email: String,
    state: AccountState,
    /// The root and the units above the account, the root first; `None` where AWS does not tell.
    path: Option<Vec<OuId>>,
}

/// What is known about the tree.
#[derive(Debug)]
struct Tree {
    root: OuId,
    units: BTreeMap<OuId, Unit>,
    parents: BTreeMap<AccountId, OuId>,
    /// Whether names, and units without accounts, are missing.
    is_partial: bool,
}

impl Tree {
    /// The tree as the accounts' paths draw it; `None` if one has no path.
    fn of_paths(accounts: &[Listed]) -> Option<Self> {
        let root = accounts.first()?.path.as_ref()?.first()?.clone();
        let mut tree = Self { root, units: BTreeMap::new(), parents: BTreeMap::new(), is_partial: true };
        for account in accounts {
            let path = account.path.as_deref()?;
            for pair in path.windows(2) {
                let [above, unit] = pair else { continue };
                tree.units.entry(unit.clone()).or_insert_with(|| Unit { name: None, parent: above.clone() });
            }
            tree.parents.insert(account.id.clone(), path.last()?.clone());
        }
        Some(tree)
    }

    fn depth(&self, unit: &OuId) -> usize {
        std::iter::successors(self.units.get(unit), |unit| self.units.get(&unit.parent)).take(MAX_DEPTH + 1).count()
    }
}

async fn list_accounts(connection: &Connection) -> Result<Vec<Listed>, CallError> {
    const CALL: &str = "organizations:ListAccounts";
    let mut accounts = Vec::new();
    let mut token = None;
    loop {
        let _permit = connection.turn(CALL).await;
        let request = connection.organizations.list_accounts().set_next_token(token);
        let page = request.send().await.map_err(failed(&connection.site, CALL))?;
        for account in page.accounts() {
            let id = account.id().unwrap_or_default();
            let listed = listed(account).ok_or_else(|| bad_answer(connection, CALL, format!("account id `{id}`")))?;
            accounts.push(listed);
        }
        // A page may be empty and yet not the last.
        token = page.next_token.filter(|token| !token.is_empty());
        if token.is_none() {
            return Ok(accounts);
        }
    }
}

fn listed(account: &sdk::Account) -> Option<Listed> {
    // `Status` is retired in favour of `State`, which older endpoints do not have.
    let state = account.state().map(sdk::AccountState::as_str);
    let state = state.or_else(|| account.status().map(sdk::AccountStatus::as_str)).unwrap_or("ACTIVE");
    Some(Listed {
        id: account.id()?.parse().ok()?,
        name: account.name().unwrap_or_default().to_owned(),
        email: account.email().unwrap_or_default().to_owned(),
        state: AccountState::from(state),
        path: account.paths().first().and_then(|path| units_of_path(path)),
    })
}

/// The root and units of a path like `o-abc123def4/r-ab12/ou-ab12-11111111/111111111111/`, the root first.
fn units_of_path(path: &str) -> Option<Vec<OuId>> {
    let mut parts: Vec<&str> = path.trim_end_matches('/').split('/').collect();
    parts.pop()?.parse::<AccountId>().ok()?;
    let (organization, units) = parts.split_first()?;
    organization.parse::<OrgId>().ok()?;
    let units: Vec<OuId> = units.iter().map(|unit| unit.parse().ok()).collect::<Option<_>>()?;
    units.first().is_some_and(OuId::is_root).then_some(units)
}

/// The classic walk: every unit is asked for the accounts and the units in it.
async fn walk(connection: &Connection, accounts: &[Listed]) -> Result<Tree, CallError> {
    let root = find_root(connection).await?;
    let empty = Tree { root, units: BTreeMap::new(), parents: BTreeMap::new(), is_partial: false };
    let units = list_units(connection, &empty).await?;
    let known: BTreeSet<&AccountId> = accounts.iter().map(|account| &account.id).collect();
    let parents: Vec<(OuId, Vec<AccountId>)> = stream::iter(units.keys().chain([&empty.root]))
        .map(|unit| async move { Ok::<_, CallError>((unit.clone(), accounts_in(connection, unit).await?)) })
        .buffer_unordered(connection.parallelism.get())
        .try_collect()
        .await?;
    let parents = parents
        .into_iter()
        .flat_map(|(unit, accounts)| accounts.into_iter().map(move |account| (account, unit.clone())))
        .filter(|(account, _)| known.contains(account))
        .collect();
    Ok(Tree { units, parents, ..empty })
}

async fn find_root(connection: &Connection) -> Result<OuId, CallError> {
    const CALL: &str = "organizations:ListRoots";
    let _permit = connection.turn(CALL).await;
    let page = connection.organizations.list_roots().send().await.map_err(failed(&connection.site, CALL))?;
    let id = page.roots().first().and_then(sdk::Root::id).unwrap_or_default();
    id.parse().map_err(|_| bad_answer(connection, CALL, format!("root id `{id}`")))
}

/// The units right below one, with their names.
struct Below {
    parent: OuId,
    depth: usize,
    units: Vec<(OuId, String)>,
}

/// All units below the root with their names. Units that are known already are asked at once, the others as they are
/// found.
async fn list_units(connection: &Connection, tree: &Tree) -> Result<BTreeMap<OuId, Unit>, CallError> {
    let mut found: BTreeMap<OuId, Unit> = BTreeMap::new();
    let mut asked: BTreeSet<OuId> = BTreeSet::new();
    let mut next: Vec<(OuId, usize)> = tree.units.keys().map(|id| (id.clone(), tree.depth(id))).collect();
    next.push((tree.root.clone(), 0));
    while !next.is_empty() {
        next.retain(|(id, depth)| *depth < MAX_DEPTH && asked.insert(id.clone()));
        let lists: Vec<Below> = stream::iter(next)
            .map(|(parent, depth)| async move {
                let units = units_in(connection, &parent).await?;
                Ok::<_, CallError>(Below { parent, depth, units })
            })
            .buffer_unordered(connection.parallelism.get())
            .try_collect()
            .await?;
        next = Vec::new();
        for Below { parent, depth, units } in lists {
            for (id, name) in units {
                next.push((id.clone(), depth + 1));
                found.insert(id, Unit { name: Some(name), parent: parent.clone() });
            }
        }
    }
    Ok(found)
}

async fn units_in(connection: &Connection, parent: &OuId) -> Result<Vec<(OuId, String)>, CallError> {
    const CALL: &str = "organizations:ListOrganizationalUnitsForParent";
    let mut units = Vec::new();
    let mut token = None;
    loop {
        let _permit = connection.turn(CALL).await;
        let request = connection
            .organizations
            .list_organizational_units_for_parent()
            .parent_id(parent.as_str())
            .set_next_token(token);
        let page = request.send().await.map_err(failed(&connection.site, CALL))?;
        for unit in page.organizational_units() {
            let id = unit.id().unwrap_or_default();
            let id = id.parse().map_err(|_| bad_answer(connection, CALL, format!("unit id `{id}`")))?;
            units.push((id, unit.name().unwrap_or_default().to_owned()));
        }
        token = page.next_token.filter(|token| !token.is_empty());
        if token.is_none() {
            return Ok(units);
        }
    }
}

async fn accounts_in(connection: &Connection, parent: &OuId) -> Result<Vec<AccountId>, CallError> {
    const CALL: &str = "organizations:ListAccountsForParent";
    let mut accounts = Vec::new();
    let mut token = None;
    loop {
        let _permit = connection.turn(CALL).await;
        let request =
            connection.organizations.list_accounts_for_parent().parent_id(parent.as_str()).set_next_token(token);
        let page = request.send().await.map_err(failed(&connection.site, CALL))?;
        for account in page.accounts() {
            let id = account.id().unwrap_or_default();
            accounts.push(id.parse().map_err(|_| bad_answer(connection, CALL, format!("account id `{id}`")))?);
        }
        token = page.next_token.filter(|token| !token.is_empty());
        if token.is_none() {
            return Ok(accounts);
        }
    }
}

fn bad_answer(connection: &Connection, call: &'static str, what: String) -> CallError {
    CallError::of_answer(&connection.site, call, CallErrorKind::BadAnswer, "unexpected answer", what)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(id: &str, path: Option<&str>) -> Listed {
        Listed {
            id: id.parse().unwrap(),
            name: String::new(),
            email: String::new(),
            state: AccountState::Active,
            path: path.and_then(units_of_path),
        }
    }

    #[test]
    fn a_path_names_the_root_and_the_units_above_an_account() {
        let units = units_of_path("o-abc123def4/r-ab12/ou-ab12-11111111/ou-ab12-22222222/111111111111/").unwrap();
        let units: Vec<&str> = units.iter().map(OuId::as_str).collect();
        assert_eq!(units, ["r-ab12", "ou-ab12-11111111", "ou-ab12-22222222"]);
    }

    #[test]
    fn what_is_no_path_of_an_account_is_none() {
        for path in
            ["", "/", "o-abc123def4/", "o-abc123def4/111111111111/", "r-ab12/111111111111/", "o-abc123def4/r-ab12/"]
        {
            assert_eq!(units_of_path(path), None, "{path}");
        }
    }

    #[test]
    fn paths_draw_the_tree() {
        let accounts = [
            listed("111111111111", Some("o-abc123def4/r-ab12/111111111111/")),
            listed("222222222222", Some("o-abc123def4/r-ab12/ou-ab12-11111111/ou-ab12-22222222/222222222222/")),
        ];
        let tree = Tree::of_paths(&accounts).unwrap();
        assert_eq!(tree.root.as_str(), "r-ab12");
        assert_eq!(tree.units.len(), 2);
        assert_eq!(tree.depth(&"ou-ab12-22222222".parse().unwrap()), 2);
        assert_eq!(tree.parents[&"111111111111".parse::<AccountId>().unwrap()].as_str(), "r-ab12");
    }

    #[test]
    fn one_missing_path_makes_the_tree_unknown() {
        let accounts =
            [listed("111111111111", Some("o-abc123def4/r-ab12/111111111111/")), listed("222222222222", None)];
        assert!(Tree::of_paths(&accounts).is_none());
    }
}
