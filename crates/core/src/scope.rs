//! What of an organization a plan looks at: which accounts, and which roles in them.

use std::collections::{BTreeMap, BTreeSet};

use crate::desired::Desired;
use crate::ids::{AccountId, RoleName, StackSetName};
use crate::observed::{LiveStackSet, Reading};
use crate::org::{AccountState, Org};
use crate::template::Template;

/// The stack sets as they are observed.
pub type StackSets = Reading<BTreeMap<StackSetName, Reading<LiveStackSet>>>;

/// The accounts whose roles a plan needs: all that are in use. A role that IAM calls made can only be found by its tag, in
/// any account, once no file names it or its targets any more.
pub fn accounts(org: &Org) -> BTreeSet<AccountId> {
    let in_use = org.accounts.iter().filter(|(_, account)| account.state == AccountState::Active);
    in_use.map(|(id, _)| id).chain([&org.management_account]).cloned().collect()
}

/// The names, in lower case, of the roles that matter: what the files say, and what our stack sets made before the
/// files said something else.
pub fn role_names(desired: &Desired, stack_sets: &StackSets) -> BTreeSet<String> {
    let lower = |name: &RoleName| name.as_str().to_lowercase();
    let mut names: BTreeSet<String> = desired.integrations.values().map(|wanted| lower(&wanted.role_name)).collect();
    for set in stack_sets.known().into_iter().flat_map(BTreeMap::values).filter_map(Reading::known) {
        if let Some(roles) = Template::from(set.template.clone()).roles() {
            names.extend(roles.special.values().chain([&roles.default]).map(|role| lower(&role.name)));
        }
    }
    names
}
