//! The units of an organization in the order in which they are shown, each with its accounts.

use std::collections::{BTreeMap, HashSet};

use rolecall_core::ids::{AccountId, OuId};
use rolecall_core::org::{Account, Org};

/// A unit, or the root.
#[derive(Debug)]
pub(super) struct Branch<'a> {
    pub(super) id: &'a OuId,
    /// Its name, as far as it was read.
    pub(super) name: Option<&'a str>,
    /// The place in the list of the unit above; the root has none.
    pub(super) parent: Option<usize>,
    /// The accounts directly in it, by name.
    pub(super) accounts: Vec<(&'a AccountId, &'a Account)>,
}

/// Every unit and every account, once: the root first, each unit before what is in it. What hangs on no unit that is
/// known, or on itself, is shown in the root.
pub(super) fn branches(org: &Org) -> Vec<Branch<'_>> {
    let mut below: BTreeMap<&OuId, Vec<&OuId>> = BTreeMap::new();
    for (id, unit) in &org.units {
        below.entry(&unit.parent).or_default().push(id);
    }
    let mut walk = Walk { org, below, seen: HashSet::new(), branches: Vec::new() };
    walk.visit(&org.root, None);
    for id in org.units.keys() {
        walk.visit(id, Some(0));
    }
    let mut branches = walk.branches;
    let places: BTreeMap<&OuId, usize> =
        branches.iter().enumerate().map(|(place, branch)| (branch.id, place)).collect();
    for (id, account) in &org.accounts {
        let place = places.get(&account.parent).copied().unwrap_or(0);
        if let Some(branch) = branches.get_mut(place) {
            branch.accounts.push((id, account));
        }
    }
    for branch in &mut branches {
        branch.accounts.sort_by(|one, other| (&one.1.name, one.0).cmp(&(&other.1.name, other.0)));
    }
    branches
}

struct Walk<'a> {
    org: &'a Org,
    below: BTreeMap<&'a OuId, Vec<&'a OuId>>,
    seen: HashSet<&'a OuId>,
    branches: Vec<Branch<'a>>,
}

impl<'a> Walk<'a> {
    /// Adds a unit and what is below it. A saved organization may hold a cycle: nothing is added twice.
    fn visit(&mut self, id: &'a OuId, parent: Option<usize>) {
        let mut waiting = vec![(id, parent)];
        while let Some((id, parent)) = waiting.pop() {
            if !self.seen.insert(id) {
                continue;
            }
            let name = |id: &OuId| self.org.units.get(id).and_then(|unit| unit.name.as_deref());
            let place = self.branches.len();
            let mut below: Vec<&'a OuId> = self.below.get(id).cloned().unwrap_or_default();
            below.sort_by_key(|id| (name(id).is_none(), name(id), *id));
            waiting.extend(below.into_iter().rev().map(|id| (id, Some(place))));
            let name = if *id == self.org.root {
                Some("Root")
            } else {
                self.org.units.get(id).and_then(|unit| unit.name.as_deref())
            };
            self.branches.push(Branch { id, name, parent, accounts: Vec::new() });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::tests::{id, org};
    use rolecall_core::org::Unit;

    fn shown(org: &Org) -> Vec<(String, Option<usize>, usize)> {
        let name = |branch: &Branch<'_>| branch.name.map_or_else(|| branch.id.to_string(), str::to_owned);
        branches(org).iter().map(|branch| (name(branch), branch.parent, branch.accounts.len())).collect()
    }

    #[test]
    fn a_unit_stands_after_the_unit_above_and_before_its_neighbours() {
        let expected = [("Root", None, 1), ("Archive", Some(0), 0), ("Workloads", Some(0), 2), ("Prod", Some(2), 1)];
        assert_eq!(shown(&org()), expected.map(|(name, parent, accounts)| (name.to_owned(), parent, accounts)));
    }

    #[test]
    fn no_account_is_lost_where_units_are_unknown_or_form_a_cycle() {
        let mut org = org();
        org.units.insert(id("ou-ab12-workload1"), Unit { name: None, parent: id("ou-ab12-prod00001") });
        org.accounts.get_mut(&id("222222222222")).unwrap().parent = id("ou-ab12-unknown01");
        let shown = shown(&org);
        assert_eq!(shown.len(), 4, "{shown:?}");
        assert_eq!(shown.iter().map(|(_, _, accounts)| accounts).sum::<usize>(), org.accounts.len());
    }
}
