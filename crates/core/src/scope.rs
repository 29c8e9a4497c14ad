//! What of an organization a plan looks at: which accounts, and which roles in them.

use std::collections::{BTreeMap, BTreeSet};

use crate::desired::Desired;
use crate::ids::{AccountId, RoleName, StackSetName};
use crate::observed::{LiveStackSet, Reading};
use crate::org::{AccountState, Org};
use crate::spec::{Delivery, Spec};
use crate::template::Template;

/// How thoroughly an account is searched for roles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Search {
    /// Roles of the names that matter; others of ours are found when that costs nothing more.
    Named,
    /// Those, and every other role that has an ownership tag.
    Owned,
}

/// The stack sets as they are observed.
pub type StackSets = Reading<BTreeMap<StackSetName, Reading<LiveStackSet>>>;

/// The accounts whose roles a plan needs, and how thoroughly they are searched.
///
/// The management account is always searched for roles that no file declares any more, as only IAM calls ever make
/// them there. With any direct delivery that holds for every account in use. Otherwise the targets are read, and the
/// accounts that still have an instance of a stack set of ours.
pub fn accounts(spec: &Spec, org: &Org, desired: &Desired, stack_sets: &StackSets) -> BTreeMap<AccountId, Search> {
    let is_active = |id: &AccountId| org.accounts.get(id).is_some_and(|account| account.state == AccountState::Active);
    let mut accounts = BTreeMap::new();
    for integration in desired.integrations.values() {
        accounts.extend(integration.members.keys().map(|id| (id.clone(), Search::Named)));
    }
    let with_instance = ours(stack_sets).flat_map(|set| set.instances.keys()).filter(|id| is_active(id));
    accounts.extend(with_instance.map(|id| (id.clone(), Search::Named)));
    let has_direct = spec.integrations.values().any(|wanted| wanted.rollout.delivery == Delivery::Direct);
    if has_direct {
        accounts.extend(org.accounts.keys().filter(|id| is_active(id)).map(|id| (id.clone(), Search::Owned)));
    }
    accounts.insert(org.management_account.clone(), Search::Owned);
    accounts
}

/// The names, in lower case, of the roles that matter: what the files say, and what our stack sets made before the
/// files said something else.
pub fn role_names(desired: &Desired, stack_sets: &StackSets) -> BTreeSet<String> {
    let lower = |name: &RoleName| name.as_str().to_lowercase();
    let mut names: BTreeSet<String> = desired.integrations.values().map(|wanted| lower(&wanted.role_name)).collect();
    for set in ours(stack_sets) {
        if let Some(roles) = Template::from(set.template.clone()).roles() {
            names.extend(roles.special.values().chain([&roles.default]).map(|role| lower(&role.name)));
        }
    }
    names
}

/// The stack sets whose name is one of ours. A snapshot holds others too.
fn ours(stack_sets: &StackSets) -> impl Iterator<Item = &LiveStackSet> {
    let named = stack_sets.known().into_iter().flatten();
    named.filter(|(name, _)| name.as_str().starts_with(StackSetName::PREFIX)).filter_map(|(_, set)| set.known())
}
