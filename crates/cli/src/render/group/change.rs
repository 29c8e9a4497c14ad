//! Changes that are the same in many accounts, told once.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use rolecall_core::address::Address;
use rolecall_core::ids::{AccountId, IntegrationName};
use rolecall_core::plan::{Action, Change, Custody, Edit, Subject, Why};
use rolecall_core::role::Role;

/// A change, and the accounts in which the same is done.
#[derive(Debug)]
pub(in crate::render) struct Group<'a> {
    /// The first of the changes.
    pub(in crate::render) change: &'a Change,
    /// The accounts of member roles, in order; empty for what is not a member's role.
    pub(in crate::render) accounts: Vec<&'a AccountId>,
}

/// Puts member roles of one integration together that become the same from the same for the same reason. The groups
/// are in the order of their first change.
pub(in crate::render) fn groups(changes: &[Change]) -> Vec<Group<'_>> {
    let mut groups: Vec<Group<'_>> = Vec::new();
    // By a hash of what must be equal: in the worst case, every account differs from every other.
    let mut known: HashMap<u64, Vec<usize>> = HashMap::new();
    for change in changes {
        let Some(member) = Member::of(change) else {
            groups.push(Group { change, accounts: Vec::new() });
            continue;
        };
        let candidates = known.entry(member.hash()).or_default();
        let same = candidates.iter().copied().find(|index| {
            groups.get(*index).and_then(|group| Member::of(group.change)).is_some_and(|first| first.is_same(&member))
        });
        if let Some(group) = same.and_then(|index| groups.get_mut(index)) {
            group.accounts.push(member.account);
        } else {
            candidates.push(groups.len());
            groups.push(Group { change, accounts: vec![member.account] });
        }
    }
    groups
}

/// A change of a member's role.
struct Member<'a> {
    integration: &'a IntegrationName,
    account: &'a AccountId,
    why: Why,
    action: Action,
    custody: Custody,
    before: Option<&'a Role>,
    after: Option<&'a Role>,
}

impl<'a> Member<'a> {
    fn of(change: &'a Change) -> Option<Self> {
        let (Address::MemberRole(integration, _), Subject::Role { account, edit, custody }) =
            (&change.address, &change.subject)
        else {
            return None;
        };
        let (before, after) = sides(edit);
        Some(Self { integration, account, why: change.why, action: change.action(), custody: *custody, before, after })
    }

    /// Equal for what [`Member::is_same`] holds of.
    fn hash(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        (self.integration, self.action.symbol(), self.why.to_string()).hash(&mut hasher);
        for role in [self.before, self.after] {
            let policies = |role: &Role| role.managed.keys().cloned().collect::<Vec<_>>();
            role.map(|role| (&role.name, &role.trust, &role.attached, policies(role), &role.inline, &role.tags))
                .hash(&mut hasher);
        }
        hasher.finish()
    }

    fn is_same(&self, other: &Self) -> bool {
        self.integration == other.integration
            && self.why == other.why
            && self.action == other.action
            && self.custody == other.custody
            && is_same(self.before, other.before)
            && is_same(self.after, other.after)
    }
}

/// Accounts share roles, so that most comparisons need not look into them.
fn is_same(one: Option<&Role>, other: Option<&Role>) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => std::ptr::eq(one, other) || one == other,
        (None, None) => true,
        (Some(_), None) | (None, Some(_)) => false,
    }
}

/// What a role is and what it becomes.
pub(in crate::render) fn sides<T: std::ops::Deref>(edit: &Edit<T>) -> (Option<&T::Target>, Option<&T::Target>) {
    (edit.before().map(|before| &**before), edit.after().map(|after| &**after))
}
