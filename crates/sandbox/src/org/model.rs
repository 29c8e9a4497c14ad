//! What Organizations remembers.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::handshakes::Handshake;
use super::policies::Policies;

/// An organization with all features.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Organization {
    /// `o-..`
    pub(crate) id: String,
    /// The id of the management account.
    pub(crate) management_account: String,
    /// `r-..`
    pub(crate) root: String,
    /// Organizational units by id.
    pub(crate) units: BTreeMap<String, Unit>,
    /// Accounts by id, the management account among them.
    pub(crate) accounts: BTreeMap<String, Account>,
    /// Accounts that are being closed, and when that is done.
    #[serde(default)]
    pub(crate) closing: BTreeMap<String, Timestamp>,
    /// Accounts whose closure is complete, and since when.
    #[serde(default)]
    pub(crate) closed: BTreeMap<String, Timestamp>,
    /// When accounts were closed lately, for the quota on that.
    #[serde(default)]
    pub(crate) closures: Vec<Timestamp>,
    /// Accounts that left, as they were.
    #[serde(default)]
    pub(crate) departed: BTreeMap<String, Account>,
    /// Invitations, by `h-..` id.
    #[serde(default)]
    pub(crate) handshakes: BTreeMap<String, Handshake>,
    /// Service control policies.
    #[serde(default)]
    pub(crate) policies: Policies,
    /// Requests to create an account, by `car-..` id.
    pub(crate) creations: BTreeMap<String, Creation>,
    /// Service principals with trusted access, and since when.
    pub(crate) services: BTreeMap<String, Timestamp>,
    /// Delegated administrators: account id, then service principal, and since when.
    pub(crate) delegated: BTreeMap<String, BTreeMap<String, Timestamp>>,
    /// Tags of units, accounts and the root, by id.
    pub(crate) tags: BTreeMap<String, BTreeMap<String, String>>,
    /// Whether `cloudformation:ActivateOrganizationsAccess` is in effect. Enabling the service principal in
    /// Organizations alone does not put it in effect.
    pub(crate) stack_sets_access: bool,
}

/// An organizational unit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Unit {
    /// `ou-..`
    pub(crate) id: String,
    /// Its name, unique among its siblings.
    pub(crate) name: String,
    /// The id of the root or unit above it.
    pub(crate) parent: String,
}

/// An account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Account {
    /// Twelve digits.
    pub(crate) id: String,
    /// Its name.
    pub(crate) name: String,
    /// The address of its root user.
    pub(crate) email: String,
    /// Its state.
    pub(crate) state: AccountState,
    /// The id of the root or unit it is in.
    pub(crate) parent: String,
    /// How it joined.
    pub(crate) joined: Joined,
    /// When it joined.
    pub(crate) joined_at: Timestamp,
    /// Actions that are denied in this account whatever its policies say, as by a service control policy.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub(crate) deny: BTreeSet<String>,
}

/// The states of an account, as the Organizations model has them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum AccountState {
    /// Its sign-up is not complete.
    PendingActivation,
    /// In use.
    Active,
    /// Suspended.
    Suspended,
    /// Being closed.
    PendingClosure,
    /// Closed.
    Closed,
}

/// How an account joined its organization.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum Joined {
    /// By invitation.
    Invited,
    /// Created inside it.
    Created,
}

/// A request to create an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Creation {
    /// `car-..`
    pub(crate) id: String,
    /// The name asked for.
    pub(crate) account_name: String,
    /// The address asked for.
    pub(crate) email: String,
    /// The name of the role to make in it, trusting the management account.
    pub(crate) role_name: String,
    /// Tags for the account.
    pub(crate) tags: BTreeMap<String, String>,
    /// When it was asked for.
    pub(crate) requested: Timestamp,
    /// How far it is.
    pub(crate) state: CreationState,
}

/// How far the creation of an account is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum CreationState {
    /// Not there yet.
    InProgress {
        /// When it will be there.
        ready: Timestamp,
    },
    /// There.
    Succeeded {
        /// The account's id.
        account: String,
        /// Since when.
        completed: Timestamp,
    },
    /// Refused.
    Failed {
        /// AWS's reason, for example `EMAIL_ALREADY_EXISTS`.
        reason: String,
        /// Since when.
        completed: Timestamp,
    },
}

impl AccountState {
    /// The name on the wire.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::PendingActivation => "PENDING_ACTIVATION",
            Self::Active => "ACTIVE",
            Self::Suspended => "SUSPENDED",
            Self::PendingClosure => "PENDING_CLOSURE",
            Self::Closed => "CLOSED",
        }
    }

    /// The older `Status` of the same state; accounts that never had one show none.
    pub(crate) fn status(self) -> Option<&'static str> {
        match self {
            Self::PendingActivation => None,
            Self::Active => Some("ACTIVE"),
            Self::Suspended | Self::Closed => Some("SUSPENDED"),
            Self::PendingClosure => Some("PENDING_CLOSURE"),
        }
    }
}

impl Organization {
    /// Whether there is a root or unit of this id.
    pub(crate) fn has_parent(&self, id: &str) -> bool {
        id == self.root || self.units.contains_key(id)
    }

    /// The ids from the root down to the given root, unit or account, itself last; empty for an unknown id.
    pub(crate) fn path(&self, id: &str) -> Vec<&str> {
        let mut path = Vec::new();
        let mut at = id;
        loop {
            if at == self.root {
                path.push(self.root.as_str());
                break;
            }
            if let Some(unit) = self.units.get(at) {
                path.push(unit.id.as_str());
                at = &unit.parent;
            } else if let Some(account) = self.accounts.get(at) {
                path.push(account.id.as_str());
                at = &account.parent;
            } else {
                return Vec::new();
            }
        }
        path.reverse();
        path
    }

    /// The ARN of a root (`root`), unit (`ou`) or account (`account`).
    pub(crate) fn arn(&self, kind: &str, id: &str) -> String {
        format!("arn:aws:organizations::{}:{kind}/{}/{id}", self.management_account, self.id)
    }

    /// The pattern among an account's denied actions that matches an action, which must be in its usual case.
    pub(crate) fn denies(&self, account: &str, action: &str) -> bool {
        let action = action.to_ascii_lowercase();
        self.accounts.get(account).is_some_and(|account| {
            account.deny.iter().any(|pattern| crate::access::matches(&pattern.to_ascii_lowercase(), &action))
        })
    }

    /// Whether the account may call in place of the management account for a service.
    pub(crate) fn is_delegated(&self, account: &str, service_principal: &str) -> bool {
        self.delegated.get(account).is_some_and(|services| services.contains_key(service_principal))
    }
}
