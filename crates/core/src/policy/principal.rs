//! The `Principal` element.

use std::collections::BTreeMap;

use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::Value;

use crate::ids::{AccountId, Partition};

use super::error::{At, Problems, Reported, describe, quoted};
use super::read::{OneOrMany, object, text, texts};

/// A kind of principal: the keys under `Principal`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum PrincipalType {
    /// Accounts, roles, users and sessions of AWS.
    Aws,
    /// An S3 canonical user id.
    CanonicalUser,
    /// SAML and OIDC identity providers.
    Federated,
    /// Services of AWS, by their domain name.
    Service,
}

impl PrincipalType {
    const ALL: [Self; 4] = [Self::Aws, Self::CanonicalUser, Self::Federated, Self::Service];

    /// The type as it stands in a document.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Aws => "AWS",
            Self::CanonicalUser => "CanonicalUser",
            Self::Federated => "Federated",
            Self::Service => "Service",
        }
    }
}

/// The principals of a statement.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Principals {
    /// `"Principal": "*"`.
    Everyone,
    /// Principals by type, sorted, without duplicates and without empty lists. AWS accounts are root ARNs.
    ByType(BTreeMap<PrincipalType, Vec<String>>),
}

impl Principals {
    /// The principals of one type.
    pub fn of(&self, kind: PrincipalType) -> &[String] {
        match self {
            Self::Everyone => &[],
            Self::ByType(lists) => lists.get(&kind).map_or(&[], Vec::as_slice),
        }
    }

    pub(super) fn read(
        value: &Value,
        at: &At<'_>,
        partition: Partition,
        problems: &mut Problems,
    ) -> Result<Self, Reported> {
        const EXPECTED: &str = "`*`, or a mapping with AWS, Service or Federated";
        match value {
            Value::String(star) if star == "*" => return Ok(Self::Everyone),
            Value::Object(_) => {}
            other => return Err(problems.report(at, describe(other), EXPECTED)),
        }
        let mut lists = BTreeMap::new();
        let mut result = Ok(());
        for (name, value) in object(value, at, problems)? {
            let at = at.key(name);
            let Some(kind) = PrincipalType::ALL.into_iter().find(|kind| kind.as_str() == name) else {
                result = Err(problems.report(&at, quoted(name), "AWS, Service, Federated or CanonicalUser"));
                continue;
            };
            match Self::read_list(kind, value, &at, partition, problems) {
                Ok(list) if list.is_empty() => {}
                Ok(list) => {
                    lists.insert(kind, list);
                }
                Err(reported) => result = Err(reported),
            }
        }
        result.map(|()| Self::ByType(lists))
    }

    fn read_list(
        kind: PrincipalType,
        value: &Value,
        at: &At<'_>,
        partition: Partition,
        problems: &mut Problems,
    ) -> Result<Vec<String>, Reported> {
        if kind != PrincipalType::Aws {
            return texts(value, at, problems);
        }
        let mut list = super::read::one_or_many(value, at, |item, at| match item {
            Value::Number(_) => {
                Err(problems.report(at, describe(item), "a string; quote an account id, or its leading zeros are lost"))
            }
            item => text(item, at, problems).map(|principal| account_as_arn(principal, partition)),
        })?;
        list.sort();
        list.dedup();
        Ok(list)
    }

    /// The types and lists in canonical form. `"*"` counts as `{"AWS": "*"}` where `star` says so.
    pub(super) fn meaning(&self, star: Star) -> Value {
        match (self, star) {
            (Self::Everyone, Star::AnyAws) => Value::from_iter([(PrincipalType::Aws.as_str(), vec!["*"])]),
            (Self::Everyone, Star::Everyone) => Value::from("*"),
            (Self::ByType(lists), _) => lists.iter().map(|(kind, list)| (kind.as_str(), list.clone())).collect(),
        }
    }
}

/// What `"Principal": "*"` is equal to.
#[derive(Clone, Copy)]
pub(super) enum Star {
    /// `{"AWS": "*"}`: either spelling of an `Allow` trusts any AWS account.
    AnyAws,
    /// Nothing else: a `Deny` of `"*"` may also cover services, so the other spelling may be a weaker `Deny`.
    Everyone,
}

/// An account id as the root ARN it stands for; anything else as it is (IAM User Guide, "AWS JSON policy elements: Principal").
fn account_as_arn(principal: String, partition: Partition) -> String {
    match principal.parse::<AccountId>() {
        Ok(account) => format!("arn:{partition}:iam::{account}:root"),
        Err(_) => principal,
    }
}

impl Serialize for Principals {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Everyone => serializer.serialize_str("*"),
            Self::ByType(lists) => {
                let mut map = serializer.serialize_map(Some(lists.len()))?;
                for (kind, list) in lists {
                    map.serialize_entry(kind.as_str(), &OneOrMany(list))?;
                }
                map.end()
            }
        }
    }
}
