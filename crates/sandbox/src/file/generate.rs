//! Organization files of any size.

use super::{AccountEntry, MemberRole, OrganizationFile, Origin, UnitEntry};
use crate::org::{AccountState, MAX_UNIT_DEPTH};
use crate::switches::Switches;
use crate::world::hex;

/// What organization to make up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GenerateOptions {
    /// How many accounts, the management account among them; at least one.
    pub accounts: usize,
    /// How many organizational units.
    pub units: usize,
    /// How many levels the units have; one to five.
    pub depth: usize,
    /// What everything is derived from: the same options give the same file.
    pub seed: u64,
}

/// Why no such organization can be made up.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GenerateError {
    /// There is always a management account.
    #[error("an organization has at least one account")]
    NoAccounts,
    /// AWS's limit, and the least that holds the units.
    #[error("units can be 1 to {MAX_UNIT_DEPTH} levels deep, not {0}")]
    Depth(usize),
    /// Each level needs a unit.
    #[error("{units} units cannot be {depth} levels deep")]
    TooFewUnits {
        /// The units asked for.
        units: usize,
        /// The levels asked for.
        depth: usize,
    },
}

const UNIT_NAMES: [&str; 12] = [
    "Workloads",
    "Platform",
    "Security",
    "Data",
    "Sandbox",
    "Infrastructure",
    "Prod",
    "NonProd",
    "Staging",
    "Shared",
    "Retail",
    "Research",
];
const ACCOUNT_NAMES: [&str; 12] = [
    "payments",
    "search",
    "billing",
    "catalog",
    "identity",
    "network",
    "analytics",
    "mobile",
    "logistics",
    "support",
    "ledger",
    "media",
];

/// Makes up an organization.
///
/// # Errors
/// Numbers that no organization can have.
pub fn generate(options: GenerateOptions) -> Result<OrganizationFile, GenerateError> {
    let GenerateOptions { accounts, units, depth, seed } = options;
    if accounts == 0 {
        return Err(GenerateError::NoAccounts);
    }
    if units > 0 && !(1..=MAX_UNIT_DEPTH).contains(&depth) {
        return Err(GenerateError::Depth(depth));
    }
    if units > 0 && units < depth {
        return Err(GenerateError::TooFewUnits { units, depth });
    }
    let mut picks = Picks { seed: seed.to_string(), drawn: 0 };
    let mut slots = tree(units, depth, &mut picks);
    let management_account = account_id(&picks.seed, 0);
    let mut root = vec![account("management", &management_account)];
    for number in 1..accounts {
        let name = ACCOUNT_NAMES[picks.below(ACCOUNT_NAMES.len())];
        let entry = account(&format!("{name}-{number:05}"), &account_id(&picks.seed, number));
        if slots.is_empty() {
            root.push(entry);
        } else {
            let slot = picks.below(slots.len());
            slots[slot].accounts.push(entry);
        }
    }
    Ok(OrganizationFile {
        organization: format!("o-{}", &hex(&[&picks.seed, "organization"])[..10]),
        management_account,
        root: Some(format!("r-{}", &hex(&[&picks.seed, "root"])[..4])),
        trusted_access: false,
        switches: Switches::default(),
        seed: None,
        clock: None,
        origin: Origin::Written,
        stack_sets: Vec::new(),
        accounts: root,
        units: assemble(slots),
    })
}

/// A unit before it is put below its parent, which is always an earlier slot.
struct Slot {
    name: String,
    parent: Option<usize>,
    level: usize,
    accounts: Vec<AccountEntry>,
}

/// The first units form a chain of the full depth; each of the rest goes below the root or a unit that has room.
fn tree(units: usize, depth: usize, picks: &mut Picks) -> Vec<Slot> {
    let mut slots: Vec<Slot> = Vec::with_capacity(units);
    for number in 0..units {
        let parent = if number < depth {
            number.checked_sub(1)
        } else {
            let pick = picks.below(slots.len() + 1);
            slots.get(pick).filter(|slot| slot.level < depth).map(|_| pick)
        };
        let level = parent.map_or(1, |parent| slots[parent].level + 1);
        let name = UNIT_NAMES[picks.below(UNIT_NAMES.len())];
        slots.push(Slot { name: format!("{name}-{number:03}"), parent, level, accounts: Vec::new() });
    }
    slots
}

fn assemble(slots: Vec<Slot>) -> Vec<UnitEntry> {
    let mut top = Vec::new();
    let mut below: Vec<Vec<UnitEntry>> = slots.iter().map(|_| Vec::new()).collect();
    for (index, slot) in slots.into_iter().enumerate().rev() {
        let mut units = std::mem::take(&mut below[index]);
        units.reverse();
        let unit = UnitEntry { name: slot.name, id: None, accounts: slot.accounts, units };
        match slot.parent {
            Some(parent) => below[parent].push(unit),
            None => top.push(unit),
        }
    }
    top.reverse();
    top
}

fn account(name: &str, id: &str) -> AccountEntry {
    AccountEntry {
        name: name.to_owned(),
        id: Some(id.to_owned()),
        email: None,
        state: AccountState::Active,
        alias: None,
        member_role: MemberRole::default(),
        deny: std::collections::BTreeSet::new(),
        policies: Vec::new(),
        roles: Vec::new(),
    }
}

/// Distinct for distinct numbers, and different for different seeds.
fn account_id(seed: &str, number: usize) -> String {
    const ROOM: u64 = 900_000_000_000;
    let start = u64::from_str_radix(&hex(&[seed, "accounts"])[..15], 16).unwrap_or(0) % ROOM;
    // A step without a factor in common with ROOM (2, 3, 5) visits every number once.
    let offset = (number as u64 % ROOM).wrapping_mul(7_654_321) % ROOM;
    format!("{}", 100_000_000_000 + (start + offset) % ROOM)
}

struct Picks {
    seed: String,
    drawn: u64,
}

impl Picks {
    fn below(&mut self, bound: usize) -> usize {
        self.drawn += 1;
        let digits = hex(&[&self.seed, "pick", &self.drawn.to_string()]);
        usize::from_str_radix(&digits[..8], 16).unwrap_or(0) % bound.max(1)
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::world::World;

    #[test]
    fn the_file_has_what_was_asked_for_and_survives_yaml() {
        let options = GenerateOptions { accounts: 300, units: 25, depth: 4, seed: 7 };
        let file = generate(options).unwrap();
        let again = OrganizationFile::parse(&file.to_yaml().unwrap()).unwrap();
        assert_eq!(again, file);
        assert_eq!(generate(options).unwrap(), file);
        let world = World::new(&file, Timestamp::UNIX_EPOCH).unwrap();
        assert_eq!(world.org.accounts.len(), 300);
        assert_eq!(world.org.units.len(), 25);
        let deepest = world.org.units.keys().map(|id| world.org.path(id).len() - 1).max();
        assert_eq!(deepest, Some(4));
    }

    #[test]
    fn impossible_numbers_are_refused() {
        let options = GenerateOptions { accounts: 0, units: 0, depth: 0, seed: 1 };
        assert_eq!(generate(options), Err(GenerateError::NoAccounts));
        let options = GenerateOptions { accounts: 1, units: 3, depth: 6, seed: 1 };
        assert_eq!(generate(options), Err(GenerateError::Depth(6)));
        let options = GenerateOptions { accounts: 1, units: 3, depth: 4, seed: 1 };
        assert_eq!(generate(options), Err(GenerateError::TooFewUnits { units: 3, depth: 4 }));
    }
}
