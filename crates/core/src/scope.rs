//! What of an organization a plan looks at: which accounts, and which roles in them.

use std::collections::{BTreeMap, BTreeSet};

use crate::desired::Desired;
use crate::ids::{AccountId, RoleName, StackSetName};
use crate::observed::{LiveStackSet, Reading};
use crate::org::{AccountState, Org};
use crate::template::{Template, TemplateRoles};

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
    let made = applied(stack_sets);
    names.extend(made.iter().flat_map(TemplateRoles::all).map(|role| lower(&role.name)));
    names
}

/// The names, in lower case, of the customer-managed policies that matter, of the same origins, and the role of each.
pub fn policy_names(desired: &Desired, stack_sets: &StackSets) -> BTreeMap<String, RoleName> {
    let wanted = desired.integrations.values();
    let wanted =
        wanted.flat_map(|wanted| wanted.members.values().chain(wanted.management.iter().map(|(_, role)| role)));
    let made = applied(stack_sets);
    let roles = wanted.chain(made.iter().flat_map(TemplateRoles::all));
    let policies = roles.flat_map(|role| role.managed.keys().map(move |policy| (policy, &role.name)));
    policies.map(|(policy, role)| (policy.as_str().to_lowercase(), role.clone())).collect()
}

/// What the templates of our stack sets make.
fn applied(stack_sets: &StackSets) -> Vec<TemplateRoles> {
    let sets = stack_sets.known().into_iter().flat_map(BTreeMap::values).filter_map(Reading::known);
    sets.filter_map(|set| Template::from(set.template.clone()).roles().cloned()).collect()
}
