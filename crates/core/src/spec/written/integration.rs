//! An integration: one vendor's access.

use serde_json::{Value, json};

use super::role::{InlinePolicy, ManagedPolicy, Role};
use super::values::{Amount, ExternalIdSource, Unit, choice};
use crate::ids::{AccountId, InlineName, TagKey, TagValue};
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
