//! The organization: its tree of units and the accounts in it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::ids::{AccountId, OrgId, OuId};
use crate::spec::OuRef;

/// An organization as Organizations holds it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Org {
    /// The organization's id.
    pub id: OrgId,
    /// The account that pays, and that StackSets never reach.
    pub management_account: AccountId,
    /// The root, parent of the top-level units.
    pub root: OuId,
    /// The units below the root.
    pub units: BTreeMap<OuId, Unit>,
    /// Every account, in whatever state.
    pub accounts: BTreeMap<AccountId, Account>,
}

/// An organizational unit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unit {
    /// Its name; `None` when names were not read because nothing asked for them.
    pub name: Option<String>,
    /// The unit above it, or the root.
    pub parent: OuId,
}

/// An account of the organization.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// Its name.
    pub name: String,
    /// The address of its root user.
    pub email: String,
    /// Where it is in its life.
    pub state: AccountState,
    /// The unit it is in, or the root.
    pub parent: OuId,
}

/// Where an account is in its life (Organizations `Account.State`).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum AccountState {
    /// Created, and not usable yet.
    PendingActivation,
    /// In use.
    Active,
    /// Closed or suspended by AWS; nothing in it can be read or changed.
    Suspended,
    /// Being closed.
    PendingClosure,
    /// Closed.
    Closed,
    /// A state that this version does not know; treated as not active.
    Other(String),
}

impl AccountState {
    /// The state as Organizations writes it.
    pub fn as_str(&self) -> &str {
        match self {
            Self::PendingActivation => "PENDING_ACTIVATION",
            Self::Active => "ACTIVE",
            Self::Suspended => "SUSPENDED",
            Self::PendingClosure => "PENDING_CLOSURE",
            Self::Closed => "CLOSED",
            Self::Other(state) => state,
        }
    }
}

impl From<&str> for AccountState {
    fn from(text: &str) -> Self {
        match text {
            "PENDING_ACTIVATION" => Self::PendingActivation,
            "ACTIVE" => Self::Active,
            "SUSPENDED" => Self::Suspended,
            "PENDING_CLOSURE" => Self::PendingClosure,
            "CLOSED" => Self::Closed,
            other => Self::Other(other.to_owned()),
        }
    }
}

impl fmt::Display for AccountState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Why a unit that the file names could not be found.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnitError {
    /// No unit has this id, name or path.
    #[error("the organization has no unit `{wanted}`")]
    Unknown {
        /// What the file says.
        wanted: String,
        /// Units of similar names, as paths.
        similar: Vec<String>,
    },
    /// Several units have this name.
    #[error("`{wanted}` names {} units: {}", candidates.len(), candidates.join(", "))]
    Ambiguous {
        /// What the file says.
        wanted: String,
        /// The paths and ids of the units it may mean.
        candidates: Vec<String>,
    },
}

impl Org {
    /// The units above an account, the nearest first, the root last.
    pub fn ancestors<'a>(&'a self, account: &Account) -> impl Iterator<Item = &'a OuId> {
        self.lineage(&account.parent)
    }

    /// A unit and the units above it, the root last. A broken chain ends early; it cannot loop.
    pub fn lineage<'a>(&'a self, unit: &OuId) -> impl Iterator<Item = &'a OuId> {
        // AWS nests units five deep; the bound guards against a cycle in a saved observation.
        let mut next =
            if *unit == self.root { Some(&self.root) } else { self.units.get_key_value(unit).map(|(id, _)| id) };
        std::iter::from_fn(move || {
            let here = next?;
            next = self
                .units
                .get(here)
                .map(|unit| self.units.get_key_value(&unit.parent).map_or(&self.root, |(id, _)| id));
            Some(here)
        })
        .take(64)
    }

    /// Whether a unit is, or lies below, another.
    pub fn is_within(&self, unit: &OuId, above: &OuId) -> bool {
        self.lineage(unit).any(|id| id == above)
    }

    /// Whether the organization has this unit or root.
    pub fn has_unit(&self, id: &OuId) -> bool {
        *id == self.root || self.units.contains_key(id)
    }

    /// The path of a unit for people: `Root/Workloads/Prod`, with ids where names were not read.
    pub fn unit_path(&self, id: &OuId) -> String {
        let mut names: Vec<&str> = self.lineage(id).map(|unit| self.unit_name(unit)).collect();
        names.reverse();
        if names.is_empty() { id.to_string() } else { names.join("/") }
    }

    fn unit_name<'a>(&'a self, id: &'a OuId) -> &'a str {
        if *id == self.root {
            return "Root";
        }
        self.units.get(id).and_then(|unit| unit.name.as_deref()).unwrap_or(id.as_str())
    }

    /// The unit that the file means.
    pub fn find_unit(&self, wanted: &OuRef) -> Result<OuId, UnitError> {
        match wanted {
            OuRef::Root => Ok(self.root.clone()),
            OuRef::Id(id) if self.has_unit(id) => Ok(id.clone()),
            OuRef::Id(id) => Err(UnitError::Unknown { wanted: id.to_string(), similar: Vec::new() }),
            OuRef::Path(names) => self.find_by_names(names, wanted),
        }
    }

    /// A single name is looked for in the whole tree; a path is followed from the root.
    fn find_by_names(&self, names: &[String], wanted: &OuRef) -> Result<OuId, UnitError> {
        let names = match names.split_first() {
            Some((first, rest)) if first == "Root" && !rest.is_empty() => rest,
            _ => names,
        };
        let found: Vec<&OuId> = match names {
            [name] => {
                self.units.iter().filter(|(_, unit)| unit.name.as_ref() == Some(name)).map(|(id, _)| id).collect()
            }
            path => self.units.keys().filter(|id| self.has_path(id, path)).collect(),
        };
        match found.as_slice() {
            [one] => Ok((*one).clone()),
            [] => Err(UnitError::Unknown { wanted: wanted.to_string(), similar: self.similar(names) }),
            many => Err(UnitError::Ambiguous {
                wanted: wanted.to_string(),
                candidates: many.iter().map(|id| format!("{} ({id})", self.unit_path(id))).collect(),
            }),
        }
    }

    fn has_path(&self, id: &OuId, path: &[String]) -> bool {
        let chain: Vec<&str> =
            self.lineage(id).filter(|unit| **unit != self.root).map(|unit| self.unit_name(unit)).collect();
        chain.len() == path.len() && chain.iter().rev().zip(path).all(|(have, want)| have == want)
    }

    fn similar(&self, names: &[String]) -> Vec<String> {
        let Some(last) = names.last().map(|name| name.to_lowercase()) else { return Vec::new() };
        let paths: BTreeSet<String> = self
            .units
            .iter()
            .filter(|(_, unit)| {
                unit.name.as_ref().is_some_and(|name| {
                    let name = name.to_lowercase();
                    name.contains(&last) || last.contains(&name)
                })
            })
            .map(|(id, _)| self.unit_path(id))
            .collect();
        paths.into_iter().take(5).collect()
    }
}
