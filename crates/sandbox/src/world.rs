//! The whole simulated state.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::faults::Faults;
use crate::iam::{self, IamError, Trust};
use crate::switches::Switches;
use crate::{cfn, org, ssm, sts, trail};

/// The whole simulated state: everything a restarted sandbox needs to go on.
///
/// It is deterministic: the same calls at the same simulated times on the same seed give the same state, ids included.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct World {
    /// The simulated present.
    pub(crate) now: Timestamp,
    /// The present of the clients, by which sessions expire. Differs from `now` when simulated time runs faster.
    pub(crate) wall: Timestamp,
    /// What ids are derived from, with `serial`.
    pub(crate) seed: String,
    /// How many ids were made.
    pub(crate) serial: u64,
    /// Behaviours that can be chosen.
    pub(crate) switches: Switches,
    /// The organization.
    pub(crate) org: org::Organization,
    /// IAM, by account id: one entry for each account of the organization.
    pub(crate) iam: BTreeMap<String, iam::Account>,
    /// What readers of IAM still see.
    #[serde(default, skip_serializing_if = "iam::Past::is_empty")]
    pub(crate) iam_past: iam::Past,
    /// The sessions handed out by STS.
    pub(crate) sts: sts::Sessions,
    /// CloudFormation.
    pub(crate) cfn: cfn::State,
    /// The parameters of Systems Manager.
    #[serde(default)]
    pub(crate) ssm: ssm::Store,
    /// What CloudTrail keeps.
    #[serde(default, skip_serializing_if = "trail::Trail::is_empty")]
    pub(crate) trail: trail::Trail,
    /// The faults in force. They end with the server.
    #[serde(skip)]
    pub(crate) faults: Faults,
}

/// Why a saved state is not usable.
#[derive(Debug, thiserror::Error)]
#[error("the saved state of the sandbox cannot be read")]
pub struct StateError(#[source] serde_json::Error);

impl World {
    /// The state as JSON.
    pub fn to_json(&self) -> Result<String, StateError> {
        serde_json::to_string(self).map_err(StateError)
    }

    /// Reads what [`World::to_json`] wrote.
    pub fn from_json(text: &str) -> Result<Self, StateError> {
        serde_json::from_str(text).map_err(StateError)
    }

    /// The next id: 64 lower-case hex digits that depend on the seed and on how many ids were made before.
    pub(crate) fn next_hex(&mut self) -> String {
        self.serial += 1;
        hex(&[&self.seed, &self.serial.to_string()])
    }

    /// The next UUID, in the usual form.
    pub(crate) fn next_uuid(&mut self) -> String {
        uuid(&self.next_hex())
    }

    /// IAM of an account of the organization, as its readers see it.
    pub(crate) fn iam(&self, account: &str) -> Result<&iam::Account, IamError> {
        let current = self.iam.get(account).ok_or_else(|| IamError::no_account(account))?;
        Ok(self.iam_past.seen(account, self.now, self.iam_delay()).unwrap_or(current))
    }

    /// IAM of an account of the organization, to change it.
    pub(crate) fn iam_mut(&mut self, account: &str) -> Result<&mut iam::Account, IamError> {
        let delay = self.iam_delay();
        let quotas = self.switches.iam_quotas();
        let current = self.iam.get_mut(account).ok_or_else(|| IamError::no_account(account))?;
        if !delay.is_zero() {
            self.iam_past.remember(current, self.now, delay);
        }
        current.set_quotas(quotas);
        Ok(current)
    }

    fn iam_delay(&self) -> SignedDuration {
        SignedDuration::from_secs(i64::from(self.switches.iam_delay_seconds))
    }

    /// The role of an ARN, in any account of the organization.
    pub(crate) fn role_by_arn(&self, arn: &str) -> Option<&iam::Role> {
        let (account, name) = split_principal(arn, "role/")?;
        self.iam(account).ok()?.role(name).ok().filter(|role| role.arn == arn)
    }

    /// The unique id of the role or user of an ARN, in any account of the organization.
    pub(crate) fn principal_id(&self, arn: &str) -> Option<&str> {
        if let Some(role) = self.role_by_arn(arn) {
            return Some(&role.id);
        }
        let (account, name) = split_principal(arn, "user/")?;
        self.iam(account).ok()?.user(name).ok().filter(|user| user.arn == arn).map(|user| user.id.as_str())
    }

    /// Checks a trust policy and turns it into the form that IAM stores.
    pub(crate) fn trust(&self, text: &str) -> Result<Trust, IamError> {
        Trust::parse(self, text)
    }
}

/// Account and name of an IAM ARN whose resource begins with a kind: `role/`.
fn split_principal<'a>(arn: &'a str, kind: &str) -> Option<(&'a str, &'a str)> {
    let (_, rest) = arn.split_once(":iam::")?;
    let (account, resource) = rest.split_once(':')?;
    Some((account, resource.strip_prefix(kind)?.rsplit('/').next()?))
}

/// 64 lower-case hex digits that depend on all parts and their order.
pub(crate) fn hex(parts: &[&str]) -> String {
    let mut digest = Sha256::new();
    for part in parts {
        digest.update((part.len() as u64).to_be_bytes());
        digest.update(part.as_bytes());
    }
    hex_digits(&digest.finalize())
}

/// Bytes as lower-case hex digits.
pub(crate) fn hex_digits(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let halves = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    halves.map(|half| char::from(DIGITS[usize::from(half)])).collect()
}

/// A UUID of the first 32 of at least that many hex digits.
pub(crate) fn uuid(hex: &str) -> String {
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..32])
}

/// An IAM unique id: the prefix (for example `AROA`) and 17 characters of IAM's alphabet, from at least 34 hex digits.
pub(crate) fn unique_id(prefix: &str, hex: &str) -> String {
    const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let body = hex.as_bytes().chunks(2).take(17).map(|pair| {
        let number =
            pair.iter().fold(0_usize, |sum, digit| sum * 16 + char::from(*digit).to_digit(16).unwrap_or(0) as usize);
        char::from(ALPHABET[number % ALPHABET.len()])
    });
    prefix.chars().chain(body).collect()
}

/// The timestamps of the Query protocol, to the second.
pub(crate) fn iso_time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_have_their_shapes() {
        let digits = hex(&["seed", "1"]);
        assert_eq!(digits.len(), 64);
        assert_ne!(digits, hex(&["seed1", ""]));
        assert_eq!(uuid(&digits).len(), 36);
        let id = unique_id("AROA", &digits);
        assert_eq!(id.len(), 21);
        assert!(id.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit()));
    }
}
