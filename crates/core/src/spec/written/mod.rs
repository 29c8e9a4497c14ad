//! What the files say, as they say it: every key may be missing, every value has its place.
//!
//! The docs of the fields are the descriptions in the JSON Schema.

mod integration;
mod role;
mod values;

use serde_json::{Value, json};

pub(super) use integration::{
    Adopt, AdoptAccounts, Entry, Integration, ManagementAccount, Overlay, Rollout, Targets, Tolerate,
};
pub(super) use role::{Document, InlinePolicy, ManagedPolicy, Notation, Role, Trust, to_json};
pub(super) use values::{Amount, ExternalIdSource, Unit};

use super::diagnostic::code;
use super::model::{CallAs, Pattern};
use super::read::{At, Block, Entries, List, Read, mapping, wrong_type};
use super::report::{Mark, Report};
use super::scalar::{Text, describe, text, whole_number};
use super::tree::{Kind, Node};
use crate::day::Day;
use crate::ids::{AccountId, IntegrationName, OrgId, ProfileName, Region, RoleArn, RoleName};
use values::choice;

mapping! {
    /// Third-party IAM roles that Rolecall keeps in every account of an AWS Organization.
    struct File {
        /// The version of this format: 1.
        required version: Version, missing "write `version: 1`";
        /// The organization that the roles are for. Rolecall refuses to touch any other.
        required organization: Organization,
            missing "`aws organizations describe-organization` says the id";
        /// How AWS is reached.
        optional access: Block<Access>;
        /// Above what `apply` stops until it is told the number.
        optional limits: Block<Limits>;
        /// What `drift` does not count.
        optional drift: Block<Drift>;
        /// The vendors' accesses, by a name of your choice.
        required integrations: Entries<IntegrationName, Entry>;
    }
}

mapping! {
    /// The organization that the roles are for.
    struct Organization {
        /// The organization's id, as `aws organizations describe-organization` says it.
        required id: At<OrgId>, schema { "examples": ["o-abc123def4"] },
            missing "`aws organizations describe-organization` says the id";
        /// The management account's id, in quotes; checked when given.
        optional management_account: At<AccountId>, schema { "examples": ["111111111111"] };
    }
}

mapping! {
    /// How AWS is reached.
    struct Access {
        /// The role that is assumed in member accounts to read and repair roles.
        optional member_role: At<RoleName>, schema { "default": "OrganizationAccountAccessRole" };
        /// As whom StackSets are called: `self` in the management account, or as a delegated administrator.
        optional call_as: CallAs, schema { "default": "self" };
        /// The one Region of the stack sets and of their stack in each account. IAM itself is global.
        optional region: OneRegion, schema { "default": "us-east-1" };
        /// Whether `apply` takes a lock, so that two runs do not meet. Nothing has to be set up for it.
        optional lock: At<bool>, schema { "default": true };
        /// The profile of the AWS configuration files whose credentials are used, instead of the ordinary ones.
        optional profile: At<ProfileName>, schema { "examples": ["org-b"] };
        /// The role that is assumed first, with the ordinary credentials or the profile's; everything is done as that role.
        optional role_arn: At<RoleArn>, schema { "examples": ["arn:aws:iam::111111111111:role/Rolecall"] };
    }
}

mapping! {
    /// Above what `apply` stops until it is told the number.
    struct Limits {
        /// How many roles one run may delete.
        optional max_deletes: At<Count>, schema { "default": 5 };
        /// How large a part of the existing roles one run may change or delete, in per cent.
        optional max_change_percent: At<Percent>, schema { "default": 30 };
    }
}

mapping! {
    /// What `drift` does not count.
    struct Drift {
        /// Differences that are known, each with its reason and the last day on which it is good.
        optional ignore: List<Ignore>;
    }
}

mapping! {
    /// A difference that is known. It is still shown, and when its day is past, it counts.
    struct Ignore {
        /// The integration; any when left out.
        optional integration: At<IntegrationName>;
        /// The accounts, by id in quotes; any when left out.
        optional accounts: List<At<AccountId>>;
        /// The attribute as `drift` names it, in which `*` stands for any text.
        required attribute: At<Pattern>,
            schema { "examples": ["trust", "inline_policies.debug", "managed_policies.*", "tags.team", "role", "instance"] },
            missing "`rolecall drift` names the attribute of every difference";
        /// Why it is known and left so.
        required reason: At<Text>, missing "say why, for whoever reads the report next";
        /// The last day on which it does not count, in UTC.
        required until: At<Day>,
            schema { "examples": ["2026-12-31"] },
            missing "every exception ends some day; write one that makes you look at it again";
    }
}

impl Read for Day {
    fn read(node: &Node, _: Mark, report: &mut Report) -> Option<Self> {
        let Kind::Scalar(_) = &node.kind else {
            wrong_type(node, Self::EXPECTED, report);
            return None;
        };
        let day = node.plain_text().parse().ok();
        if day.is_none() {
            report.error(node.at, code::BAD_VALUE, format!("found {}", describe(node))).expected(Self::EXPECTED);
        }
        day
    }

    fn schema() -> Value {
        json!({ "type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$" })
    }
}

choice! {
    CallAs {
        "self" => CallAs::Management,
        "delegated_admin" => CallAs::DelegatedAdmin,
    }
}

/// `version: 1`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Version;

impl Read for Version {
    fn read(node: &Node, _: Mark, report: &mut Report) -> Option<Self> {
        const EXPECTED: &str = "1";
        let number = whole_number(node, EXPECTED, report)?;
        if number == 1 {
            return Some(Self);
        }
        report
            .error(node.at, code::BAD_VALUE, format!("this Rolecall does not know version {number} of the format"))
            .expected(EXPECTED);
        None
    }

    fn schema() -> Value {
        json!({ "const": 1 })
    }
}

/// A Region; a list of Regions gets an explanation.
#[derive(Debug, Clone)]
pub(super) struct OneRegion(pub(super) Region);

impl Read for OneRegion {
    fn read(node: &Node, owner: Mark, report: &mut Report) -> Option<Self> {
        if let Kind::List(_) = node.kind {
            report
                .error(node.at, code::SEVERAL_REGIONS, "a named role cannot be in more than one Region")
                .expected(Region::EXPECTED)
                .hint(
                    "IAM is global: the stack of a second Region would try to make the same role again and fail; \
                     one Region covers every account",
                );
            return None;
        }
        Region::read(node, owner, report).map(Self)
    }

    fn schema() -> Value {
        Region::schema()
    }
}

/// A whole number.
#[derive(Debug, Clone, Copy)]
pub(super) struct Count(pub(super) u32);

impl Read for Count {
    fn read(node: &Node, _: Mark, report: &mut Report) -> Option<Self> {
        whole_number(node, "a whole number, 0 or more", report).map(Self)
    }

    fn schema() -> Value {
        json!({ "type": "integer", "minimum": 0, "maximum": u32::MAX })
    }
}

/// A whole number from 0 to 100.
#[derive(Debug, Clone, Copy)]
pub(super) struct Percent(pub(super) u32);

impl Read for Percent {
    fn read(node: &Node, _: Mark, report: &mut Report) -> Option<Self> {
        const EXPECTED: &str = "a whole number from 0 to 100";
        if let Some(digits) = node.plain_text().strip_suffix('%') {
            wrong_type(node, EXPECTED, report).hint(format!("write {digits}"));
            return None;
        }
        let number = whole_number(node, EXPECTED, report)?;
        if number <= 100 {
            return Some(Self(number));
        }
        report.error(node.at, code::BAD_VALUE, format!("{number} per cent is more than all")).expected(EXPECTED);
        None
    }

    fn schema() -> Value {
        json!({ "type": "integer", "minimum": 0, "maximum": 100 })
    }
}

/// Reads a text by `FromStr`; what it expects is what the type says.
pub(super) fn parsed<T: std::str::FromStr>(node: &Node, expected: &str, report: &mut Report) -> Option<T> {
    let text = text(node, expected, report)?;
    if let Ok(value) = text.parse() {
        return Some(value);
    }
    let found = super::scalar::describe(node);
    report.error(node.at, code::BAD_VALUE, format!("found {found}")).expected(expected);
    None
}
