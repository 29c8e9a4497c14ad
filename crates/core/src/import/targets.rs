//! The smallest description of a set of accounts by units and exclusions.

use std::collections::{BTreeMap, BTreeSet};

use crate::ids::{AccountId, OuId};
use crate::org::{AccountState, Org};

/// Units, without units, without accounts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Description {
    pub(super) units: Vec<OuId>,
    pub(super) exclude_units: Vec<OuId>,
    pub(super) exclude_accounts: Vec<AccountId>,
}

/// Whether what lies above a unit already covers it. What an exclusion leaves out, nothing below brings back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Above {
    Nothing,
    Covered,
}

impl Description {
    /// How much there is to read. At the same number of lines, listing units says more than excluding others does, and
    /// excluding a unit more than excluding the accounts that happen to be in it.
    fn cost(&self) -> usize {
        let Self { units, exclude_units, exclude_accounts } = self;
        10 * units.len() + 11 * exclude_units.len() + 12 * exclude_accounts.len()
    }

    fn and(mut self, other: Self) -> Self {
        let Self { units, exclude_units, exclude_accounts } = other;
        self.units.extend(units);
        self.exclude_units.extend(exclude_units);
        self.exclude_accounts.extend(exclude_accounts);
        self
    }
}

/// The smallest description that selects exactly these of the members in use.
pub(super) fn describe(org: &Org, wanted: &BTreeSet<AccountId>) -> Description {
    let mut tree = Tree { wanted, units: BTreeMap::new(), accounts: BTreeMap::new() };
    for (id, unit) in &org.units {
        tree.units.entry(&unit.parent).or_default().push(id);
    }
    for (id, account) in &org.accounts {
        if account.state == AccountState::Active && *id != org.management_account {
            tree.accounts.entry(&account.parent).or_default().push(id);
        }
    }
    let mut found = tree.best(&org.root, Above::Nothing, 0).unwrap_or_default();
    found.units.sort();
    found.exclude_units.sort();
    found.exclude_accounts.sort();
    found
}

/// Deeper than AWS nests units; a saved organization may hold a cycle.
const MAX_DEPTH: usize = 16;

struct Tree<'a> {
    wanted: &'a BTreeSet<AccountId>,
    units: BTreeMap<&'a OuId, Vec<&'a OuId>>,
    accounts: BTreeMap<&'a OuId, Vec<&'a AccountId>>,
}

impl Tree<'_> {
    /// The smallest description of what is wanted in a unit; `None` when nothing in it can give that.
    fn best(&self, unit: &OuId, above: Above, depth: usize) -> Option<Description> {
        if depth > MAX_DEPTH {
            return None;
        }
        let as_it_is = self.inside(unit, above, depth);
        let changed = match above {
            Above::Nothing => self.inside(unit, Above::Covered, depth).map(|mut inside| {
                inside.units.push(unit.clone());
                inside
            }),
            Above::Covered => (!self.has_wanted(unit, depth))
                .then(|| Description { exclude_units: vec![unit.clone()], ..Description::default() }),
        };
        [as_it_is, changed].into_iter().flatten().min_by_key(Description::cost)
    }

    fn inside(&self, unit: &OuId, above: Above, depth: usize) -> Option<Description> {
        let accounts = self.accounts.get(unit).into_iter().flatten();
        let mut all = Description::default();
        for account in accounts {
            match (above, self.wanted.contains(*account)) {
                (Above::Nothing, false) | (Above::Covered, true) => {}
                (Above::Nothing, true) => return None,
                (Above::Covered, false) => all.exclude_accounts.push((*account).clone()),
            }
        }
        for below in self.units.get(unit).into_iter().flatten() {
            all = all.and(self.best(below, above, depth + 1)?);
        }
        Some(all)
    }

    fn has_wanted(&self, unit: &OuId, depth: usize) -> bool {
        let mut accounts = self.accounts.get(unit).into_iter().flatten();
        let units = self.units.get(unit).into_iter().flatten();
        depth <= MAX_DEPTH
            && (accounts.any(|account| self.wanted.contains(*account))
                || units.into_iter().any(|below| self.has_wanted(below, depth + 1)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::planner::testing::{account, org, ou};

    /// Accounts 2 to 4 in `prod`, 5 and 6 in `dev`, both below `work`; 7 in `sec`, 8 in the root; 9 in `dev`, suspended.
    fn world() -> Org {
        let active = AccountState::Active;
        let places = [(2, "prod"), (3, "prod"), (4, "prod"), (5, "dev"), (6, "dev"), (7, "sec"), (8, "root")];
        let mut members: Vec<_> = places.iter().map(|(number, unit)| (*number, *unit, active.clone())).collect();
        members.push((9, "dev", AccountState::Suspended));
        org(&members)
    }

    fn described(numbers: &[usize]) -> Description {
        describe(&world(), &numbers.iter().map(|number| account(*number)).collect())
    }

    #[test]
    fn whole_units_are_named_as_high_as_they_are_whole() {
        let root = world().root;
        assert_eq!(described(&[2, 3, 4, 5, 6, 7, 8]).units, [root]);
        assert_eq!(described(&[2, 3, 4, 5, 6]), Description { units: vec![ou("work")], ..Description::default() });
        assert_eq!(described(&[2, 3, 4]), Description { units: vec![ou("prod")], ..Description::default() });
        assert_eq!(described(&[]), Description::default());
    }

    #[test]
    fn the_few_that_are_not_meant_are_excluded() {
        let found = described(&[2, 4]);
        assert_eq!((found.units, found.exclude_accounts), (vec![ou("prod")], vec![account(3)]));
        let found = described(&[2, 3, 4, 5, 6, 8]);
        assert_eq!((found.units, found.exclude_units), (vec![world().root], vec![ou("sec")]));
    }

    #[test]
    fn every_set_of_accounts_is_described_exactly() {
        let org = world();
        for bits in 0_u32..128 {
            let wanted: BTreeSet<AccountId> =
                (0..7).filter(|bit| bits & (1 << bit) != 0).map(|bit| account(bit + 2)).collect();
            let Description { units, exclude_units, exclude_accounts } = describe(&org, &wanted);
            let selected: BTreeSet<AccountId> = org
                .accounts
                .iter()
                .filter(|(id, account)| {
                    account.state == AccountState::Active
                        && **id != org.management_account
                        && org.ancestors(account).any(|unit| units.contains(unit))
                        && !org.ancestors(account).any(|unit| exclude_units.contains(unit))
                        && !exclude_accounts.contains(id)
                })
                .map(|(id, _)| id.clone())
                .collect();
            assert_eq!(selected, wanted);
        }
    }
}
