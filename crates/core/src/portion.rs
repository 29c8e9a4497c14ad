//! A portion of an organization: the accounts that one of several runs looks at.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::ids::AccountId;
use crate::observed::{Observed, ReadFailure, Reading};
use crate::org::{Org, UnitError};
use crate::scope;
use crate::spec::OuRef;

/// Which accounts are looked at: those of any of the places, and of these the ones that fall to the shard.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Portion {
    /// Accounts and units; all accounts when there are none.
    pub places: Vec<AccountPlace>,
    /// One of several parts of about the same size.
    pub shard: Option<Shard>,
}

/// An account, or all accounts in a unit and below.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccountPlace {
    /// One account.
    Account(AccountId),
    /// A unit, by id, name or path.
    Unit(OuRef),
}

/// One of several parts of all accounts. An account always falls to the same part, whatever other accounts there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Shard {
    number: u32,
    of: u32,
}

/// A text that names no part.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a part like 2/5, of at most {max} parts", max = Shard::MAX)]
pub struct InvalidShard(String);

/// Why a portion is none of this organization.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PortionError {
    /// There is no such account.
    #[error("the organization has no account {0}")]
    Account(AccountId),
    /// There is no such unit, or there are several.
    #[error(transparent)]
    Unit(#[from] UnitError),
}

impl Portion {
    /// All accounts.
    pub const WHOLE: Self = Self { places: Vec::new(), shard: None };

    /// Whether nothing is left out.
    pub fn is_whole(&self) -> bool {
        self.places.is_empty() && self.shard.is_none()
    }

    /// Whether units are named otherwise than by their ids.
    pub fn names_units(&self) -> bool {
        self.places.iter().any(|place| matches!(place, AccountPlace::Unit(OuRef::Path(_))))
    }

    /// The accounts of the portion, in whatever state they are.
    ///
    /// # Errors
    /// A place that the organization does not have.
    pub fn of(&self, org: &Org) -> Result<BTreeSet<AccountId>, PortionError> {
        let mut accounts = BTreeSet::new();
        for place in &self.places {
            match place {
                AccountPlace::Account(id) if org.accounts.contains_key(id) => {
                    accounts.insert(id.clone());
                }
                AccountPlace::Account(id) => return Err(PortionError::Account(id.clone())),
                AccountPlace::Unit(unit) => {
                    let unit = org.find_unit(unit)?;
                    let within = org.accounts.iter().filter(|(_, account)| org.is_within(&account.parent, &unit));
                    accounts.extend(within.map(|(id, _)| id.clone()));
                }
            }
        }
        if self.places.is_empty() {
            accounts.extend(org.accounts.keys().cloned());
        }
        accounts.retain(|account| self.shard.is_none_or(|shard| shard.takes(account)));
        Ok(accounts)
    }
}

/// Keeps what was seen in these accounts, and makes every other account in use `Unreadable`: nothing is known of it, so
/// nothing is said of it or done there. So is an account of the portion that nobody looked at.
pub fn keep(observed: &mut Observed, portion: &BTreeSet<AccountId>) {
    observed.roles.retain(|account, _| portion.contains(account));
    observed.foreign_policies.retain(|account, _| portion.contains(account));
    for account in scope::accounts(&observed.org) {
        observed.roles.entry(account).or_insert_with(|| Reading::Unreadable(not_looked_at()));
    }
}

fn not_looked_at() -> ReadFailure {
    ReadFailure {
        call: "observe".to_owned(),
        code: "(not looked at)".to_owned(),
        message: "the account was not there yet when its part of the organization was read".to_owned(),
        request_id: None,
        advice: Some("run the parts again".to_owned()),
    }
}

impl Shard {
    /// More parts than this make no run shorter.
    pub const MAX: u32 = 1000;

    /// The part's number, from 1.
    pub fn number(self) -> u32 {
        self.number
    }

    /// How many parts there are.
    pub fn of(self) -> u32 {
        self.of
    }

    /// Whether an account falls to this part, by a hash of its id: 64-bit FNV-1a, then the finalizer of `MurmurHash3`, without
    /// which ids that follow each other would fall to the same part.
    pub fn takes(self, account: &AccountId) -> bool {
        const BASIS: u64 = 0xcbf2_9ce4_8422_2325;
        const PRIME: u64 = 0x0100_0000_01b3;
        let mix = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(PRIME);
        let stir = |hash: u64, factor: u64| (hash ^ (hash >> 33)).wrapping_mul(factor);
        let hash = account.as_str().bytes().fold(BASIS, mix);
        let hash = stir(stir(hash, 0xff51_afd7_ed55_8ccd), 0xc4ce_b9fe_1a85_ec53);
        (hash ^ (hash >> 33)) % u64::from(self.of) == u64::from(self.number - 1)
    }
}

impl FromStr for Shard {
    type Err = InvalidShard;

    fn from_str(text: &str) -> Result<Self, InvalidShard> {
        let invalid = || InvalidShard(text.to_owned());
        let (number, of) = text.split_once('/').ok_or_else(invalid)?;
        let number: u32 = number.parse().map_err(|_| invalid())?;
        let of: u32 = of.parse().map_err(|_| invalid())?;
        if (1..=of).contains(&number) && of <= Self::MAX { Ok(Self { number, of }) } else { Err(invalid()) }
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.number, self.of)
    }
}

impl TryFrom<String> for Shard {
    type Error = InvalidShard;

    fn try_from(text: String) -> Result<Self, InvalidShard> {
        text.parse()
    }
}

impl From<Shard> for String {
    fn from(shard: Shard) -> Self {
        shard.to_string()
    }
}

impl FromStr for AccountPlace {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Ok(account) = text.parse() {
            return Ok(Self::Account(account));
        }
        Ok(Self::Unit(match text.parse() {
            _ if text == "Root" => OuRef::Root,
            Ok(id) => OuRef::Id(id),
            Err(_) => OuRef::Path(text.split('/').map(str::to_owned).collect()),
        }))
    }
}

impl fmt::Display for AccountPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Account(account) => write!(f, "{account}"),
            Self::Unit(unit) => write!(f, "{unit}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::org::AccountState;
    use crate::planner::testing::{account, org};

    fn shard(text: &str) -> Shard {
        text.parse().unwrap()
    }

    #[test]
    fn every_account_falls_to_one_part_and_the_parts_are_about_as_large() {
        for (of, step) in (1..=7).flat_map(|of| [1, 7, 7919].map(|step| (of, step))) {
            let mut sizes = vec![0_usize; of as usize];
            for number in 0..7000_u64 {
                let id: AccountId = format!("{:012}", number * step + 100_000_000_000).parse().unwrap();
                let parts: Vec<u32> = (1..=of).filter(|part| shard(&format!("{part}/{of}")).takes(&id)).collect();
                let [part] = parts.as_slice() else { panic!("{id} falls to {parts:?} of {of}") };
                sizes[*part as usize - 1] += 1;
            }
            let fair = 7000 / of as usize;
            assert!(sizes.iter().all(|size: &usize| size.abs_diff(fair) < fair / 5), "{of} parts: {sizes:?}");
        }
    }

    #[test]
    fn what_is_no_part_is_refused() {
        for text in ["", "1", "0/2", "3/2", "1/0", "a/b", "1/1001", "-1/2"] {
            assert!(text.parse::<Shard>().is_err(), "{text}");
        }
        assert_eq!(shard("2/5").to_string(), "2/5");
    }

    #[test]
    fn places_are_accounts_and_units_and_what_is_not_there_is_an_error() {
        let org = org(&[(2, "prod", AccountState::Active), (3, "sec", AccountState::Suspended)]);
        let of = |places: &[&str]| {
            let places = places.iter().map(|place| place.parse().unwrap()).collect();
            Portion { places, shard: None }.of(&org)
        };
        assert_eq!(of(&["prod"]).unwrap(), BTreeSet::from([account(2)]));
        assert_eq!(of(&["prod", account(3).as_str()]).unwrap(), BTreeSet::from([account(2), account(3)]));
        assert_eq!(of(&["Root"]).unwrap(), of(&[]).unwrap());
        assert!(matches!(of(&["nowhere"]), Err(PortionError::Unit(_))));
        assert!(matches!(of(&["999999999999"]), Err(PortionError::Account(_))));
    }
}
