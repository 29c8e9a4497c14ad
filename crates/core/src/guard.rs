//! The guard: the only way from a plan to something that may be applied.

use std::collections::{BTreeMap, BTreeSet};

use crate::address::{Address, Target};
use crate::ids::{AccountId, IntegrationName};
use crate::plan::{Action, Change, Custody, Edit, InstanceAction, Plan, Subject};
use crate::spec::{Limits, Spec};

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

/// What a limit is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// Every integration together: `limits` of the file.
    All,
    /// One integration: its own `limits`.
    Integration(IntegrationName),
}

/// Why a plan may not be applied.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// More roles would be deleted than a limit allows.
    #[error("the plan deletes {count} roles{}, and `{}.max_deletes` is {limit}", scope.whose(), scope.key())]
    TooManyDeletes {
        /// Which limit.
        scope: Scope,
        /// How many.
        count: usize,
        /// The limit in the file.
        limit: usize,
        /// How many in all: the number to name.
        all: usize,
    },
    /// The user allowed another number of deletes.
    #[error("the plan deletes {count} roles, and --allow-deletes says {allowed}")]
    OtherDeletes {
        /// How many.
        count: usize,
        /// What the user named.
        allowed: usize,
    },
    /// A larger part of the existing roles would change than a limit allows.
    #[error(
        "the plan changes or deletes {count} of {existing} existing roles{}, and `{}.max_change_percent` is {limit}",
        scope.whose(), scope.key()
    )]
    TooManyChanges {
        /// Which limit.
        scope: Scope,
        /// How many.
        count: usize,
        /// Of how many.
        existing: usize,
        /// The limit in the file, in per cent.
        limit: usize,
        /// How many in all: the number to name.
        all: usize,
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

impl Scope {
    fn whose(&self) -> String {
        match self {
            Self::All => String::new(),
            Self::Integration(name) => format!(" of {name}"),
        }
    }

    fn key(&self) -> String {
        match self {
            Self::All => "limits".to_owned(),
            Self::Integration(name) => format!("integrations.{name}.limits"),
        }
    }
}

impl Refusal {
    /// The option that lets the plan through.
    pub fn option(&self) -> String {
        match self {
            Self::TooManyDeletes { all: number, .. } | Self::OtherDeletes { count: number, .. } => {
                format!("--allow-deletes {number}")
            }
            Self::TooManyChanges { all: number, .. } | Self::OtherChanges { count: number, .. } => {
                format!("--allow-changes {number}")
            }
        }
    }
}

/// Fewer existing roles than this are too few for a percentage to mean anything.
pub const PERCENT_FLOOR: usize = 10;

/// Lets a plan through if it stays within the limits, those for all and those of each integration, or the user named its
/// numbers. All reasons are given.
pub fn clear<'a>(plan: &'a Plan, spec: &Spec, allowed: &Allowed) -> Result<Cleared<'a>, Vec<Refusal>> {
    let impact = Impact::of(plan);
    let own = spec.integrations.iter().filter_map(|(name, wanted)| {
        let counts = impact.of_integrations.get(name).copied().unwrap_or_default();
        Some((Scope::Integration(name.clone()), wanted.limits?, counts))
    });
    let bounds: Vec<(Scope, Limits, Counts)> =
        std::iter::once((Scope::All, spec.limits, impact.all)).chain(own).collect();
    let mut refusals = deletes(&bounds, impact.all.deletes, allowed);
    refusals.extend(changes(&bounds, impact.all, allowed));
    if refusals.is_empty() { Ok(Cleared { plan }) } else { Err(refusals) }
}

fn deletes(bounds: &[(Scope, Limits, Counts)], all: usize, allowed: &Allowed) -> Vec<Refusal> {
    let above = bounds.iter().filter(|(_, limits, counts)| counts.deletes > limits.max_deletes as usize);
    match allowed.deletes {
        Some(allowed) if allowed == all => Vec::new(),
        Some(allowed) => above.take(1).map(|_| Refusal::OtherDeletes { count: all, allowed }).collect(),
        None => above
            .map(|(scope, limits, counts)| Refusal::TooManyDeletes {
                scope: scope.clone(),
                count: counts.deletes,
                limit: limits.max_deletes as usize,
                all,
            })
            .collect(),
    }
}

fn changes(bounds: &[(Scope, Limits, Counts)], all: Counts, allowed: &Allowed) -> Vec<Refusal> {
    // Deletes above their own limit are allowed by their own number, or not at all.
    let are_deletes_counted = bounds.iter().any(|(_, limits, counts)| counts.deletes > limits.max_deletes as usize);
    let counted = |counts: Counts| counts.changes - if are_deletes_counted { counts.deletes } else { 0 };
    let above = bounds.iter().filter(|(_, limits, counts)| {
        counts.existing >= PERCENT_FLOOR
            && counted(*counts) * 100 > counts.existing * limits.max_change_percent as usize
    });
    let all = counted(all);
    match allowed.changes {
        Some(allowed) if allowed == all => Vec::new(),
        Some(allowed) => above.take(1).map(|_| Refusal::OtherChanges { count: all, allowed }).collect(),
        None => above
            .map(|(scope, limits, counts)| Refusal::TooManyChanges {
                scope: scope.clone(),
                count: counted(*counts),
                existing: counts.existing,
                limit: limits.max_change_percent as usize,
                all,
            })
            .collect(),
    }
}

/// How many existing roles a plan touches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Impact {
    /// In all.
    pub all: Counts,
    /// By integration.
    pub of_integrations: BTreeMap<IntegrationName, Counts>,
}

/// How many existing roles are touched.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
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
        let mut touches: BTreeMap<RoleKey<'_>, Touch> = BTreeMap::new();
        for change in &plan.changes {
            let touch = if deletes_roles(change) { Touch::Delete } else { Touch::Change };
            for key in touched(change) {
                let worst = touches.entry(key).or_insert(touch);
                *worst = touch.max(*worst);
            }
        }
        let existing = plan
            .existing_roles
            .iter()
            .map(|(name, existing)| (name.clone(), Counts { existing: *existing, ..Counts::default() }));
        let mut of_integrations: BTreeMap<IntegrationName, Counts> = existing.collect();
        for ((integration, _), touch) in touches {
            let counts = of_integrations.entry(integration.clone()).or_default();
            counts.changes += 1;
            counts.deletes += usize::from(touch == Touch::Delete);
        }
        let all = of_integrations.values().fold(Counts::default(), |all, counts| Counts {
            deletes: all.deletes + counts.deletes,
            changes: all.changes + counts.changes,
            existing: all.existing + counts.existing,
        });
        Self { all, of_integrations }
    }
}

/// What happens to a role, the worst last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Touch {
    Change,
    Delete,
}

type RoleKey<'a> = (&'a IntegrationName, &'a AccountId);

/// The existing roles of ours that a change touches. A role that comes to be, or comes to be ours, is none of them.
fn touched(change: &Change) -> Vec<RoleKey<'_>> {
    let Some(integration) = change.address.integration() else { return Vec::new() };
    let is_ours = match &change.subject {
        Subject::TrustedAccess => false,
        Subject::Role { account: _, edit, custody } => *custody != Custody::Adopted && edit.before().is_some(),
        Subject::StackSet { name: _, edit, custody, reaches: _ } => {
            *custody != Custody::Adopted && edit.before().is_some()
        }
        // A stack that failed is tried again: what there is of it is not a role that works. One that is abandoned stays.
        Subject::Instances { stack_set: _, action, accounts: _, units: _ } => match action {
            InstanceAction::Create | InstanceAction::Retry | InstanceAction::Abandon => false,
            InstanceAction::Delete | InstanceAction::Recreate => true,
        },
    };
    if !is_ours {
        return Vec::new();
    }
    change.accounts().into_iter().map(|account| (integration, account)).collect()
}

fn deletes_roles(change: &Change) -> bool {
    match &change.subject {
        Subject::TrustedAccess => false,
        Subject::Role { account: _, edit, custody: _ } => matches!(edit, Edit::Delete(_) | Edit::Replace { .. }),
        Subject::StackSet { name: _, edit, custody: _, reaches: _ } => matches!(edit, Edit::Replace { .. }),
        Subject::Instances { .. } => matches!(change.action(), Action::Delete | Action::Replace),
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
