//! Customer-managed policies that Rolecall makes for a role: those of its declared inline policies that do not fit into it.
//!
//! Such a policy belongs to the role whose name is in its path, and so to whom the role belongs. A tag could not say so:
//! `GetAccountAuthorizationDetails` shows none of a policy, and CloudFormation's `AWS::IAM::ManagedPolicy` has none.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::ids::{AccountId, InlineName, InvalidId, Partition, PolicyArn, PolicyName, PolicyVersion, RoleName};
use crate::policy::PolicyDoc;
use crate::role::hex;

/// What the paths of all policies that Rolecall makes begin with.
pub const PATH: &str = "/rolecall/";

/// A customer-managed policy that Rolecall makes for a role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnPolicy {
    /// The document of the version in force.
    pub document: PolicyDoc,
    /// Whether the role has it.
    pub attachment: Attachment,
    /// Versions that are not in force; none as Rolecall leaves it. They grant nothing until somebody puts one in force.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub idle_versions: BTreeSet<PolicyVersion>,
}

impl From<PolicyDoc> for OwnPolicy {
    /// The policy as it should be: attached, in one version.
    fn from(document: PolicyDoc) -> Self {
        Self { document, attachment: Attachment::Attached, idle_versions: BTreeSet::new() }
    }
}

/// Whether a role has a policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Attachment {
    /// It does.
    Attached,
    /// The policy is there, and grants the role nothing.
    Detached,
}

/// The path of the policies of a role.
pub fn path(role: &RoleName) -> String {
    format!("{PATH}{role}/")
}

/// The name of a part, from 1, of an inline policy of a role: `VendorRole.additions.1`. What the policy says is no part of
/// it, so it stays when the policy grows. A name that were too long is cut, and told from others by a digest.
pub fn name(role: &RoleName, policy: &InlineName, part: usize) -> Option<PolicyName> {
    const LIMIT: usize = 128;
    let end = format!(".{part}");
    let mut name = format!("{role}.{policy}");
    if name.len() + end.len() > LIMIT {
        let digest = hex(&Sha256::digest(policy.as_str()));
        let end = format!("-{}{end}", &digest[..8]);
        name.truncate(LIMIT - end.len());
        return format!("{name}{end}").parse().ok();
    }
    format!("{name}{end}").parse().ok()
}

/// The inline policy of which a policy of the role is a part, and which part it is, from 1. A name that was cut stays so.
pub fn part_of<'a>(name: &'a PolicyName, role: &RoleName) -> Option<(&'a str, usize)> {
    let (policy, part) = name.as_str().strip_prefix(role.as_str())?.strip_prefix('.')?.rsplit_once('.')?;
    Some((policy, part.parse().ok()?))
}

/// The ARN of a policy of a role.
///
/// # Errors
///
/// None: the parts of an ARN make one.
pub fn arn(
    partition: Partition,
    account: &AccountId,
    role: &RoleName,
    name: &PolicyName,
) -> Result<PolicyArn, InvalidId> {
    format!("arn:{partition}:iam::{account}:policy{}{name}", path(role)).parse()
}

/// The name of a policy of this role; `None` for any other policy.
pub fn name_of(arn: &PolicyArn, role: &RoleName) -> Option<PolicyName> {
    arn.resource().strip_prefix(&path(role))?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(role: &str, policy: &str, part: usize) -> PolicyName {
        name(&role.parse().unwrap(), &policy.parse().unwrap(), part).unwrap()
    }

    #[test]
    fn a_name_that_fits_is_the_roles_and_the_policys_and_the_number_of_the_part() {
        assert_eq!(named("VendorRole", "additions", 2).as_str(), "VendorRole.additions.2");
    }

    #[test]
    fn names_that_are_cut_stay_different() {
        let (role, long) = ("r".repeat(64), "p".repeat(127));
        let names =
            [named(&role, &format!("{long}a"), 1), named(&role, &format!("{long}b"), 1), named(&role, &long, 12)];
        assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), 3);
        assert!(names.iter().all(|name| name.as_str().len() == 128), "{names:?}");
    }

    #[test]
    fn a_policy_belongs_to_the_role_in_its_path() {
        let (role, name): (RoleName, PolicyName) = ("VendorRole".parse().unwrap(), named("VendorRole", "additions", 1));
        let arn = arn(Partition::AwsUsGov, &"123456789012".parse().unwrap(), &role, &name).unwrap();
        assert_eq!(arn.as_str(), "arn:aws-us-gov:iam::123456789012:policy/rolecall/VendorRole/VendorRole.additions.1");
        assert_eq!(name_of(&arn, &role), Some(name));
        assert_eq!(name_of(&arn, &"Vendor".parse().unwrap()), None);
        let below: PolicyArn = "arn:aws:iam::123456789012:policy/rolecall/VendorRole/deeper/x".parse().unwrap();
        assert_eq!(name_of(&below, &role), None);
    }
}
