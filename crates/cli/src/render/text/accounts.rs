//! The organization as a tree.

use std::collections::BTreeMap;

use rolecall_core::desired::Desired;
use rolecall_core::ids::{AccountId, OuId};
use rolecall_core::org::{Account, AccountState, Org};

use super::page::{BOLD, Page, paint};
use crate::render::clean::clean;
use crate::render::words;

/// Deeper than AWS nests units; a saved organization may hold a cycle.
const MAX_DEPTH: usize = 16;

/// The organization as a tree: units, their accounts with state, and the integrations that target each.
pub(crate) fn accounts_text(org: &Org, desired: &Desired) -> String {
    let mut tree = Tree { org, desired, units: BTreeMap::new(), accounts: BTreeMap::new(), page: Page::default() };
    for (id, unit) in &org.units {
        tree.units.entry(&unit.parent).or_default().push(id);
    }
    for (id, account) in &org.accounts {
        tree.accounts.entry(&account.parent).or_default().push((id, account));
    }
    for units in tree.units.values_mut() {
        units.sort_by_cached_key(|id| (org.unit_path(id), *id));
    }
    tree.page.plain(format_args!("{}  {}", paint(BOLD, "Root"), org.root));
    tree.branch(&org.root, "", 0);
    tree.summary();
    tree.page.finish()
}

struct Tree<'a> {
    org: &'a Org,
    desired: &'a Desired,
    units: BTreeMap<&'a OuId, Vec<&'a OuId>>,
    accounts: BTreeMap<&'a OuId, Vec<(&'a AccountId, &'a Account)>>,
    page: Page,
}

/// A line of the tree.
enum Leaf<'a> {
    Unit(&'a OuId),
    Account(&'a AccountId, &'a Account),
}

impl<'a> Tree<'a> {
    /// What is directly in a unit, its accounts first.
    fn branch(&mut self, unit: &OuId, indent: &str, depth: usize) {
        if depth > MAX_DEPTH {
            return;
        }
        let accounts = self.accounts.get(unit).into_iter().flatten().map(|(id, account)| Leaf::Account(id, account));
        let units = self.units.get(unit).into_iter().flatten().map(|id| Leaf::Unit(id));
        let leaves: Vec<Leaf<'a>> = accounts.chain(units).collect();
        let last = leaves.len().saturating_sub(1);
        for (index, leaf) in leaves.into_iter().enumerate() {
            let (twig, below) = if index == last { ("└─ ", "   ") } else { ("├─ ", "│  ") };
            match leaf {
                Leaf::Account(id, account) => {
                    let line = self.account(id, account);
                    self.page.plain(format_args!("{indent}{twig}{line}"));
                }
                Leaf::Unit(id) => {
                    let name = self.org.units.get(id).and_then(|unit| unit.name.as_deref());
                    let name = name.map(|name| format!("{}  ", paint(BOLD, clean(name)))).unwrap_or_default();
                    self.page.plain(format_args!("{indent}{twig}{name}{id}"));
                    self.branch(id, &format!("{indent}{below}"), depth + 1);
                }
            }
        }
    }

    fn account(&self, id: &AccountId, account: &Account) -> String {
        let mut line = format!("{id} {}", clean(&account.name));
        if *id == self.org.management_account {
            line.push_str("  management account");
        }
        if account.state != AccountState::Active {
            line.push_str("  ");
            line.push_str(&clean(account.state.as_str()));
        }
        let targeting = targeting(self.desired, id);
        line.push_str("  ");
        line.push_str(&if targeting.is_empty() { "-".to_owned() } else { targeting.join(", ") });
        line
    }

    fn summary(&mut self) {
        let mut states: BTreeMap<&AccountState, usize> = BTreeMap::new();
        for account in self.org.accounts.values() {
            *states.entry(&account.state).or_default() += 1;
        }
        let states: Vec<String> =
            states.into_iter().map(|(state, number)| format!("{number} {}", clean(state.as_str()))).collect();
        self.page.gap();
        self.page.plain(format_args!(
            "{}: {}. {}.",
            words::count(self.org.accounts.len(), "account"),
            states.join(", "),
            words::count(self.org.units.len(), "organizational unit"),
        ));
        for (name, integration) in &self.desired.integrations {
            let targets = integration.members.len() + usize::from(integration.management.is_some());
            let inactive = match integration.inactive.len() {
                0 => String::new(),
                1 => " (1 more is not in use)".to_owned(),
                number => format!(" ({number} more are not in use)"),
            };
            self.page.plain(format_args!("{name} targets {}{inactive}.", words::count(targets, "account")));
        }
    }
}

/// The integrations that target an account, or would if it were in use.
pub(in crate::render) fn targeting<'a>(desired: &'a Desired, id: &AccountId) -> Vec<&'a str> {
    desired
        .integrations
        .iter()
        .filter(|(_, integration)| integration.targets(id) || integration.inactive.contains(id))
        .map(|(name, _)| name.as_str())
        .collect()
}
