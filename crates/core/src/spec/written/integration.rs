//! An integration: one vendor's access.

use serde_json::{Value, json};

use super::Limits;
use super::role::{InlinePolicy, ManagedPolicy, Role};
use super::values::{Amount, ExternalIdSource, Unit, choice};
use crate::ids::{AccountId, InlineName, IntegrationName, StackSetName, TagKey, TagValue};
use crate::spec::diagnostic::code;
use crate::spec::model::{Delivery, Pattern};
use crate::spec::read::{At, Block, Entries, List, Read, mapping, wrong_type};
use crate::spec::report::{Mark, Report};
use crate::spec::tree::{Kind, Node, Scalar, Style};

mapping! {
    /// One vendor's access: an external ID, a role, and the accounts that have it.
    struct Integration {
        /// The external ID that the vendor presents: itself, `{env: NAME}` or `{file: PATH}`. AWS does not call it a secret.
        required external_id: At<ExternalIdSource>,
            schema { "examples": ["5f3e0f3c-9d7b-4c22-9a35-0d9d8f1f0a11", { "env": "PROWLER_EXTERNAL_ID" }] },
            missing "ask the vendor for it: without one, anybody who knows the role's ARN could have the vendor assume it";
        /// Accounts that keep another external ID, by account id in quotes.
        optional external_id_overrides: Entries<AccountId, At<ExternalIdSource>>;
        /// The role in member accounts.
        required role: Role;
        /// What the management account's role has besides, or `false` to leave that account out.
        optional management_account: ManagementAccount;
        /// Which accounts have the role.
        optional targets: Block<Targets>;
        /// How the role reaches the accounts.
        optional rollout: Rollout;
        /// What may be on the role besides what is written here. In names, `*` stands for any text.
        optional tolerate: Tolerate;
        /// What someone else made and Rolecall takes over, without deleting it.
        optional adopt: Adopt;
        /// The name that this integration had before; what carries that name is taken over.
        optional renamed_from: At<IntegrationName>;
        /// Above what `apply` stops for this integration alone, besides the limits for all.
        optional limits: Block<Limits>;
    }
}

mapping! {
    /// An integration that is let go: its roles stay where they are, and are not Rolecall's any more.
    struct Released {
        /// `true`, and nothing beside it.
        required retain: At<bool>, schema { "const": true };
    }
}

/// An integration that is kept, or one that is let go.
#[derive(Debug, Clone)]
pub(in crate::spec) enum Entry {
    /// It is kept as it says.
    Kept(Box<Block<Integration>>),
    /// It is let go.
    Released,
}

impl Read for Entry {
    fn read(node: &Node, owner: Mark, report: &mut Report) -> Option<Self> {
        let retain = match &node.kind {
            Kind::Mapping(entries) => entries.iter().find(|entry| entry.key.plain_text() == "retain"),
            Kind::Scalar(_) | Kind::List(_) => None,
        };
        let Some(retain) = retain else {
            return Block::read(node, owner, report).map(|kept| Self::Kept(Box::new(kept)));
        };
        if let Kind::Mapping(entries) = &node.kind
            && entries.len() > 1
        {
            report
                .error(retain.key.at, code::CONTRADICTION, "an integration that is let go says nothing else")
                .expected("`retain: true` alone")
                .hint("its roles stay as they are: take the other keys out");
            return None;
        }
        let released = Released::read(node, owner, report)?;
        let at = released.retain?;
        if !at.value {
            report
                .error(at.at, code::BAD_VALUE, "an integration that is not retained is one that no file names")
                .expected("true")
                .hint("take the integration out of the file, and its roles are deleted");
            return None;
        }
        Some(Self::Released)
    }

    fn schema() -> Value {
        json!({ "anyOf": [Block::<Integration>::schema(), Released::schema()] })
    }
}

mapping! {
    /// What someone else made and Rolecall takes over, without deleting it.
    struct Adopt {
        /// Accounts whose role of this name is taken over: `all`, or account ids in quotes. It is kept by IAM calls there.
        optional accounts: AdoptAccounts;
        /// A service-managed stack set that delivers the role: it is taken over with its instances. The line stays for good.
        optional stack_set: At<StackSetName>, schema { "examples": ["VendorRoleStackSet"] };
    }
}

/// `all`, or a list of accounts.
#[derive(Debug, Clone)]
pub(in crate::spec) enum AdoptAccounts {
    /// All.
    All,
    /// These.
    These(List<At<AccountId>>),
}

impl Read for AdoptAccounts {
    fn read(node: &Node, owner: Mark, report: &mut Report) -> Option<Self> {
        match &node.kind {
            Kind::Scalar(Scalar { text, style: _ }) if text == "all" => Some(Self::All),
            Kind::Scalar(_) => {
                wrong_type(node, "`all`, or a list of account ids", report);
                None
            }
            Kind::List(_) | Kind::Mapping(_) => List::read(node, owner, report).map(Self::These),
        }
    }

    fn schema() -> Value {
        json!({ "anyOf": [{ "const": "all" }, List::<At<AccountId>>::schema()] })
    }
}

mapping! {
    /// What the management account's role has besides the member role.
    struct Overlay {
        /// Further managed policies.
        optional managed_policies: List<At<ManagedPolicy>>;
        /// Further inline policies; one of a member policy's name takes its place.
        optional inline_policies: Entries<InlineName, InlinePolicy>;
        /// Further tags; one of a member tag's key takes its place.
        optional tags: Entries<TagKey, At<TagValue>>;
    }
}

mapping! {
    /// Which accounts have the role. Only accounts in use count; the management account has a key of its own.
    struct Targets {
        /// Units whose accounts, at any depth, have the role: ids, names, or paths of names. `Root` is the whole organization.
        optional organizational_units: List<At<Unit>>, schema { "examples": [["Root"]] };
        /// Units whose accounts, at any depth, do not.
        optional exclude_organizational_units: List<At<Unit>>;
        /// Accounts that do not, by id in quotes.
        optional exclude_accounts: List<At<AccountId>>;
    }
}

mapping! {
    /// How the role reaches the accounts.
    struct Rollout {
        /// `stack_set`: a service-managed stack set. `direct`: IAM calls through `access.member_role`.
        optional delivery: At<Delivery>, schema { "default": "stack_set" };
        /// Whether StackSets give the role to accounts that join a target unit.
        optional auto_deployment: At<bool>, schema { "default": true };
        /// Whether accounts that leave a target unit keep the role.
        optional retain_on_account_removal: At<bool>, schema { "default": false };
        /// How many accounts are worked on at the same time: a number, or a part of them.
        optional max_concurrent: At<Amount>, schema { "default": "100%" };
        /// How many accounts may fail before the rest is cancelled: a number, or a part of them.
        optional failure_tolerance: At<Amount>, schema { "default": "10%" };
    }
}

mapping! {
    /// What may be on the role besides what is written here. In names, `*` stands for any text.
    struct Tolerate {
        /// Names of inline policies.
        optional inline_policies: List<Pattern>;
        /// Names of managed policies (the last part of the ARN), or whole ARNs.
        optional managed_policies: List<Pattern>;
        /// Keys of tags.
        optional tags: List<Pattern>;
    }
}

choice! {
    Delivery {
        "stack_set" => Delivery::StackSet,
        "direct" => Delivery::Direct,
    }
}

/// What the management account has.
#[derive(Debug, Clone)]
pub(in crate::spec) enum ManagementAccount {
    /// `false`: nothing.
    Excluded(Mark),
    /// The member role and this.
    Covered(Overlay),
}

impl Read for ManagementAccount {
    fn read(node: &Node, owner: Mark, report: &mut Report) -> Option<Self> {
        const EXPECTED: &str = "a mapping of what the role has besides, or false";
        match &node.kind {
            Kind::Scalar(Scalar { text, style: Style::Plain }) if text == "false" => Some(Self::Excluded(node.at)),
            Kind::Scalar(Scalar { text, style: Style::Plain }) if text == "true" => {
                wrong_type(node, EXPECTED, report)
                    .hint("leave the key out: the management account has the role by default");
                None
            }
            Kind::Scalar(_) | Kind::List(_) => {
                wrong_type(node, EXPECTED, report);
                None
            }
            Kind::Mapping(_) => Overlay::read(node, owner, report).map(Self::Covered),
        }
    }

    fn schema() -> Value {
        json!({ "anyOf": [{ "const": false }, Overlay::schema()] })
    }
}
