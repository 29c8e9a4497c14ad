//! The guard: the only way from a plan to something that may be applied.

use std::collections::BTreeSet;

use crate::address::{Address, Target};
use crate::ids::{AccountId, IntegrationName};
use crate::plan::{Action, Change, Edit, Plan, Subject};
use crate::spec::Limits;

/// A plan that may be applied. Only [`clear`] makes one.
#[derive(Debug)]
pub struct Cleared<'a> {
    plan: &'a Plan,
}

impl Cleared<'_> {
    /// The plan.
    pub fn plan(&self) -> &Plan {
        self.plan
    }
}

/// The numbers that the user named, to go beyond a limit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Allowed {
    /// `--allow-deletes N`
    pub deletes: Option<usize>,
    /// `--allow-changes N`
    pub changes: Option<usize>,
}

/// Why a plan may not be applied.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// More roles would be deleted than the limit allows.
    #[error("the plan deletes {count} roles, and `limits.max_deletes` is {limit}")]
    TooManyDeletes {
        /// How many.
        count: usize,
        /// The limit in the file.
        limit: usize,
    },
    /// The user allowed another number of deletes.
    #[error("the plan deletes {count} roles, and --allow-deletes says {allowed}")]
    OtherDeletes {
        /// How many.
        count: usize,
        /// What the user named.
        allowed: usize,
    },
    /// A larger part of the existing roles would change than the limit allows.
    #[error(
        "the plan changes or deletes {count} of {existing} existing roles, and `limits.max_change_percent` is {limit}"
    )]
    TooManyChanges {
        /// How many.
        count: usize,
        /// Of how many.
        existing: usize,
        /// The limit in the file, in per cent.
        limit: usize,
    },
    /// The user allowed another number of changes.
    #[error("the plan changes or deletes {count} existing roles, and --allow-changes says {allowed}")]
    OtherChanges {
        /// How many.
        count: usize,
        /// What the user named.
        allowed: usize,
    },
}

impl Refusal {
    /// The option that lets the plan through.
    pub fn option(&self) -> String {
        match self {
            Self::TooManyDeletes { count, .. } | Self::OtherDeletes { count, .. } => format!("--allow-deletes {count}"),
            Self::TooManyChanges { count, .. } | Self::OtherChanges { count, .. } => format!("--allow-changes {count}"),
        }
    }
}

/// Fewer existing roles than this are too few for a percentage to mean anything.
pub const PERCENT_FLOOR: usize = 10;

/// Lets a plan through if it stays within the limits or the user named its numbers. All reasons are given.
pub fn clear<'a>(plan: &'a Plan, limits: &Limits, allowed: &Allowed) -> Result<Cleared<'a>, Vec<Refusal>> {
    let impact = Impact::of(plan);
    let refusals: Vec<Refusal> = [impact.check_deletes(*limits, allowed), impact.check_changes(*limits, allowed)]
        .into_iter()
        .flatten()
        .collect();
    if refusals.is_empty() { Ok(Cleared { plan }) } else { Err(refusals) }
}

/// How many existing roles a plan touches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Impact {
    /// Roles that are deleted, replaced ones included.
    pub deletes: usize,
    /// Roles that are changed or deleted.
    pub changes: usize,
    /// Roles of ours that exist.
    pub existing: usize,
}

impl Impact {
    /// Counts each role once, by integration and account, however many changes reach it.
    pub fn of(plan: &Plan) -> Self {
        let mut deleted = BTreeSet::new();
        let mut changed = BTreeSet::new();
        for change in &plan.changes {
            for key in touched(change) {
                if deletes_roles(change) {
                    deleted.insert(key);
                }
                changed.insert(key);
            }
        }
        Self { deletes: deleted.len(), changes: changed.len(), existing: plan.existing_roles }
    }

    fn check_deletes(&self, limits: Limits, allowed: &Allowed) -> Option<Refusal> {
        let (count, limit) = (self.deletes, limits.max_deletes as usize);
        match allowed.deletes {
            Some(allowed) if count > limit && allowed != count => Some(Refusal::OtherDeletes { count, allowed }),
            None if count > limit => Some(Refusal::TooManyDeletes { count, limit }),
            Some(_) | None => None,
        }
    }

    fn check_changes(&self, limits: Limits, allowed: &Allowed) -> Option<Refusal> {
        // Deletes above their own limit are allowed by their own number, or not at all.
        let counted = if self.deletes > limits.max_deletes as usize { self.deletes } else { 0 };
        let (count, existing, limit) = (self.changes - counted, self.existing, limits.max_change_percent as usize);
        let above = existing >= PERCENT_FLOOR && count * 100 > existing * limit;
        match allowed.changes {
            Some(allowed) if above && allowed != count => Some(Refusal::OtherChanges { count, allowed }),
            None if above => Some(Refusal::TooManyChanges { count, existing, limit }),
            Some(_) | None => None,
        }
    }
}

type RoleKey<'a> = (Option<&'a IntegrationName>, &'a AccountId);

/// The existing roles that a change touches. A role that comes to be is none of them.
fn touched(change: &Change) -> Vec<RoleKey<'_>> {
    let integration = change.address.integration();
    match (&change.subject, change.action()) {
        // A stack that failed is tried again: what there is of it is not a role that works.
        (Subject::TrustedAccess, _) | (_, Action::Create) | (Subject::Instances { .. }, Action::Update) => Vec::new(),
        _ => change.accounts().into_iter().map(|account| (integration, account)).collect(),
    }
}

fn deletes_roles(change: &Change) -> bool {
    match &change.subject {
        Subject::TrustedAccess => false,
        Subject::Role { account: _, edit } => matches!(edit, Edit::Delete(_) | Edit::Replace { .. }),
        Subject::StackSet { name: _, edit, reaches: _ } => matches!(edit, Edit::Replace { .. }),
        Subject::Instances { .. } => change.action() == Action::Delete,
    }
}

impl Plan {
    /// The part of the plan that the user asked for, and what it cannot do without: trusted access for anything of a
    /// stack set, and the stack set for its instances.
    #[must_use]
    pub fn only(mut self, targets: &[Target]) -> Self {
        if targets.is_empty() {
            return self;
        }
        let asked = |address: &Address| targets.iter().any(|target| target.covers(address));
        let wanted: BTreeSet<Address> =
            self.changes.iter().map(|change| &change.address).filter(|address| asked(address)).cloned().collect();
        let needed = |address: &Address| match address {
            Address::TrustedAccess => {
                wanted.iter().any(|other| matches!(other, Address::StackSet(_) | Address::Instances(_)))
            }
            Address::StackSet(name) => wanted.contains(&Address::Instances(name.clone())),
            Address::ManagementRole(_) | Address::Instances(_) | Address::MemberRole(..) => false,
        };
        self.changes.retain(|change| wanted.contains(&change.address) || needed(&change.address));
        self.holds.retain(|hold| asked(&hold.address));
        self
    }
}
