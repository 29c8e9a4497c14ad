//! Addresses: how people and scripts name the parts of a plan.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::ids::{AccountId, IntegrationName, InvalidId};

/// The name of one part of a plan.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Address {
    /// `organization.trusted_access`
    TrustedAccess,
    /// `prowler.management_role`
    ManagementRole(IntegrationName),
    /// `prowler.stack_set`
    StackSet(IntegrationName),
    /// `prowler.instances`
    Instances(IntegrationName),
    /// `prowler.role["222222222222"]`
    MemberRole(IntegrationName, AccountId),
}

impl Address {
    /// The integration that the part belongs to; trusted access belongs to all.
    pub fn integration(&self) -> Option<&IntegrationName> {
        match self {
            Self::TrustedAccess => None,
            Self::ManagementRole(name) | Self::StackSet(name) | Self::Instances(name) | Self::MemberRole(name, _) => {
                Some(name)
            }
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TrustedAccess => f.write_str("organization.trusted_access"),
            Self::ManagementRole(name) => write!(f, "{name}.management_role"),
            Self::StackSet(name) => write!(f, "{name}.stack_set"),
            Self::Instances(name) => write!(f, "{name}.instances"),
            Self::MemberRole(name, account) => write!(f, "{name}.role[\"{account}\"]"),
        }
    }
}

const EXPECTED: &str = "an address like prowler, prowler.management_role, prowler.stack_set, prowler.instances, \
                        prowler.role[\"222222222222\"] or organization.trusted_access";

impl FromStr for Address {
    type Err = InvalidId;
    fn from_str(text: &str) -> Result<Self, InvalidId> {
        parse(text).ok_or_else(|| InvalidId { found: text.to_owned(), expected: EXPECTED })
    }
}

fn parse(text: &str) -> Option<Address> {
    if text == "organization.trusted_access" {
        return Some(Address::TrustedAccess);
    }
    let (name, part) = text.split_once('.')?;
    let name: IntegrationName = name.parse().ok()?;
    match part {
        "management_role" => Some(Address::ManagementRole(name)),
        "stack_set" => Some(Address::StackSet(name)),
        "instances" => Some(Address::Instances(name)),
        _ => {
            let account = part.strip_prefix("role[")?.strip_suffix(']')?;
            let account = account.strip_prefix('"').and_then(|a| a.strip_suffix('"')).unwrap_or(account);
            Some(Address::MemberRole(name, account.parse().ok()?))
        }
    }
}

impl TryFrom<String> for Address {
    type Error = InvalidId;
    fn try_from(text: String) -> Result<Self, InvalidId> {
        text.parse()
    }
}

impl From<Address> for String {
    fn from(address: Address) -> String {
        address.to_string()
    }
}

/// What `--target` names: one part, or everything of an integration.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Target {
    /// Everything of an integration.
    Integration(IntegrationName),
    /// One part.
    Part(Address),
}

impl Target {
    /// The integration that is meant, or the one that the part belongs to.
    pub fn integration(&self) -> Option<&IntegrationName> {
        match self {
            Self::Integration(name) => Some(name),
            Self::Part(part) => part.integration(),
        }
    }

    /// Whether the part is meant.
    pub fn covers(&self, address: &Address) -> bool {
        match self {
            Self::Integration(name) => address.integration() == Some(name),
            Self::Part(part) => part == address,
        }
    }
}

impl FromStr for Target {
    type Err = InvalidId;
    fn from_str(text: &str) -> Result<Self, InvalidId> {
        if let Ok(name) = text.parse::<IntegrationName>() {
            return Ok(Self::Integration(name));
        }
        text.parse().map(Self::Part)
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Integration(name) => name.fmt(f),
            Self::Part(part) => part.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_address_reads_back_as_it_is_printed() {
        for text in [
            "organization.trusted_access",
            "prowler.management_role",
            "prowler.stack_set",
            "prowler.instances",
            "prowler.role[\"222222222222\"]",
        ] {
            assert_eq!(text.parse::<Address>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn the_quotes_that_a_shell_eats_may_be_missing() {
        assert_eq!(
            "prowler.role[222222222222]".parse::<Address>().unwrap(),
            "prowler.role[\"222222222222\"]".parse().unwrap()
        );
    }

    #[test]
    fn what_is_no_address_is_refused_with_examples() {
        let error = "prowler.roles".parse::<Address>().unwrap_err();
        assert!(error.to_string().contains("prowler.stack_set"), "{error}");
    }

    #[test]
    fn an_integration_targets_all_its_parts_and_no_other() {
        let target: Target = "prowler".parse().unwrap();
        assert!(target.covers(&"prowler.instances".parse().unwrap()));
        assert!(!target.covers(&"spot.instances".parse().unwrap()));
        assert!(!target.covers(&Address::TrustedAccess));
    }
}
