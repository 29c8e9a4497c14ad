//! The three answers: what drifted, what is pending, what is unknown.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::applied::{Applied, last_applied};
use super::finding::{Blind, Finding, Place, Purity, Standing, What};
use super::ignore::{Ignore, standing};
use super::{differences, finding};
use crate::address::{Address, Target};
use crate::day::Day;
use crate::desired::Desired;
use crate::edits::edits;
use crate::ids::{AccountId, IntegrationName, OrgId, RoleName};
use crate::observed::{Observed, ReadFailure, Reading, StackInstance};
use crate::org::AccountState;
use crate::plan::{Action, Change, Custody, Edit, Hold, HoldReason, InstanceAction, Plan, Subject, Why};
use crate::planner::{plan, steps as role_steps};
use crate::role::{DIGEST_TAG, Role, Seal};
use crate::template::Template;

/// What drifted, what is pending, and what is unknown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The organization.
    pub organization: OrgId,
    /// The day for which ignores were judged.
    pub today: Day,
    /// What is not as it was last applied; by integration, place and attribute.
    pub findings: Vec<Finding>,
    /// What is as it was last applied, and would be changed: a plan without the changes that undo drift.
    pub pending: Plan,
    /// What could not be looked at besides accounts.
    pub blind: Vec<Blind>,
    /// Ignores that have expired and would still cover something.
    pub expired: Vec<Ignore>,
    /// By integration, the accounts that were looked at.
    pub checked: BTreeMap<IntegrationName, BTreeSet<AccountId>>,
}

impl Report {
    /// Findings that count.
    pub fn open(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| finding.is_open())
    }

    /// The part of the report that is about these targets; all of it when there are none.
    #[must_use]
    pub fn only(mut self, targets: &[Target]) -> Self {
        if targets.is_empty() {
            return self;
        }
        let is_meant = |address: &Address| targets.iter().any(|target| target.covers(address));
        self.findings.retain(|finding| is_meant(&finding.address));
        self.checked.retain(|name, _| targets.iter().any(|target| target.integration() == Some(name)));
        self.pending = self.pending.only(targets);
        self
    }

    /// The part of the report that is about these accounts, and what is about none: stack sets and the organization.
    #[must_use]
    pub fn within(mut self, accounts: &BTreeSet<AccountId>) -> Self {
        self.findings.retain(|finding| finding.account().is_none_or(|account| accounts.contains(account)));
        self.pending.unknown.retain(|account, _| accounts.contains(account));
        self.pending.inactive.retain(|account, _| accounts.contains(account));
        self
    }

    /// Accounts that could not be read, and why.
    pub fn unknown(&self) -> &BTreeMap<AccountId, ReadFailure> {
        &self.pending.unknown
    }

    /// Accounts that are not in use and would be targets.
    pub fn inactive(&self) -> &BTreeMap<AccountId, AccountState> {
        &self.pending.inactive
    }

    /// Whether something could not be looked at.
    pub fn is_incomplete(&self) -> bool {
        !self.pending.unknown.is_empty() || !self.blind.is_empty()
    }
}

/// What a report is made from.
pub(super) struct Judgement<'a> {
    desired: &'a Desired,
    observed: &'a Observed,
    ignores: &'a [Ignore],
    today: Day,
    applied: Applied,
    /// What makes the organization again what it was last told to be.
    undo: Plan,
}

impl<'a> Judgement<'a> {
    pub(super) fn new(desired: &'a Desired, observed: &'a Observed, ignores: &'a [Ignore], today: Day) -> Self {
        let applied = last_applied(desired, observed);
        let mut undo = plan(&applied.desired, observed);
        undo.changes.retain(undoes_drift);
        Self { desired, observed, ignores, today, applied, undo }
    }

    pub(super) fn report(self) -> Report {
        let mut pending = plan(self.desired, self.observed);
        let is_undone = |change: &Change| {
            self.undo.changes.iter().any(|undo| undo.address == change.address && undo.subject == change.subject)
        };
        pending.changes.retain(|change| !is_undone(change));
        let found = self.undo.changes.iter().flat_map(|change| self.of_change(change));
        let mut findings: Vec<Finding> =
            found.chain(self.undo.holds.iter().filter_map(|hold| self.of_hold(hold))).collect();
        for finding in &mut findings {
            finding.standing = standing(finding, self.ignores, self.today);
        }
        findings.sort_by_cached_key(|finding| {
            (finding.integration().cloned(), finding.place.clone(), finding.what.attribute(), finding.what.word())
        });
        findings.dedup();
        let has_expired = |ignore: &&Ignore| {
            ignore.has_expired(self.today) && findings.iter().any(|finding| finding.is_open() && ignore.covers(finding))
        };
        let expired = self.ignores.iter().filter(has_expired).cloned().collect();
        // What is in the way of the file is in the way of looking, too.
        let holds = self.undo.holds.iter().chain(&pending.holds);
        let mut blind: Vec<Blind> = Vec::new();
        for found in holds.filter_map(blind_spot) {
            if !blind.contains(&found) {
                blind.push(found);
            }
        }
        let checked = self.checked(&pending);
        let organization = self.desired.organization.clone();
        Report { organization, today: self.today, findings, pending, blind, expired, checked }
    }

    pub(super) fn healing(self) -> Plan {
        let mut healing = Plan { changes: Vec::new(), ..self.undo.clone() };
        for change in &self.undo.changes {
            let mut findings = self.of_change(change);
            for finding in &mut findings {
                finding.standing = standing(finding, self.ignores, self.today);
            }
            match &change.subject {
                _ if !findings.is_empty() && findings.iter().all(|finding| !finding.is_open()) => {}
                Subject::Role { account, edit: Edit::Update { .. } | Edit::Replace { .. }, custody: _ }
                    if self.purity(change.address.integration(), account) == Purity::DriftAndPending =>
                {
                    let reason = HoldReason::LastAppliedUnknown { account: account.clone() };
                    healing.holds.push(Hold { address: change.address.clone(), reason });
                }
                Subject::Role { account, edit: Edit::Update { before, after }, custody } => {
                    let kept = with_ignored(after, &findings);
                    let steps = role_steps(account, &kept.name, edits(before, &kept));
                    let edit = Edit::Update { before: before.clone(), after: Arc::new(kept) };
                    let subject = Subject::Role { account: account.clone(), edit, custody: *custody };
                    healing.changes.push(Change { subject, steps, ..change.clone() });
                }
                _ => healing.changes.push(change.clone()),
            }
        }
        healing.holds.sort_by(|a, b| a.address.cmp(&b.address));
        healing
    }

    fn purity(&self, integration: Option<&IntegrationName>, account: &AccountId) -> Purity {
        let is_mixed = integration.is_some_and(|name| self.applied.mixed.contains(&(name.clone(), account.clone())));
        if is_mixed { Purity::DriftAndPending } else { Purity::Drift }
    }

    /// What a change would undo.
    fn of_change(&self, change: &Change) -> Vec<Finding> {
        let integration = change.address.integration();
        let address = &change.address;
        let finding =
            |place: Place, what: What| Finding { address: address.clone(), place, what, standing: Standing::Open };
        match &change.subject {
            Subject::TrustedAccess => vec![finding(Place::Organization, What::TrustedAccessOff)],
            Subject::Role { account, edit, custody: _ } => {
                let purity = self.purity(integration, account);
                let found = of_role(edit, change.why, purity).into_iter();
                found.map(|what| finding(Place::Account(account.clone()), what)).collect()
            }
            Subject::StackSet { name, edit, custody: _, reaches: _ } => {
                let what = match edit {
                    Edit::Create(_) => What::StackSetDeleted,
                    Edit::Update { before, after } | Edit::Replace { before, after } => {
                        What::StackSetChanged(differences::of_definitions(after, before))
                    }
                    Edit::Delete(_) => return Vec::new(),
                };
                vec![finding(Place::StackSet(name.clone()), what)]
            }
            Subject::Instances { stack_set: _, action, accounts, units: _ } => accounts
                .iter()
                .map(|account| {
                    let what = match action {
                        InstanceAction::Create => What::InstanceMissing,
                        InstanceAction::Retry | InstanceAction::Recreate => {
                            What::InstanceFailed(self.instance(integration, account))
                        }
                        InstanceAction::Delete | InstanceAction::Abandon => What::InstanceUndeclared,
                    };
                    finding(Place::Account(account.clone()), what)
                })
                .collect(),
        }
    }

    fn instance(&self, integration: Option<&IntegrationName>, account: &AccountId) -> Option<StackInstance> {
        let sets = self.observed.stack_sets.known()?.values().filter_map(Reading::known);
        sets.filter(|set| set.owner().as_ref() == integration).find_map(|set| set.instances.get(account).cloned())
    }

    /// What drifted and nothing can be done about.
    fn of_hold(&self, Hold { address, reason }: &Hold) -> Option<Finding> {
        let (place, what) = match reason {
            HoldReason::RoleOutsideStackSet { account, role: _ } => {
                (Place::Account(account.clone()), What::InstanceMissing)
            }
            HoldReason::InstanceInoperable { account, reason: _ } => {
                let instance = self.instance(address.integration(), account);
                (Place::Account(account.clone()), What::InstanceFailed(instance))
            }
            HoldReason::InstanceElsewhere { account, region } => {
                (Place::Account(account.clone()), What::InstanceElsewhere(region.clone()))
            }
            HoldReason::RoleNotOurs { account, role, owner: None } if self.was_ours(account, role) => {
                (Place::Account(account.clone()), What::OwnershipRemoved { role: role.clone() })
            }
            HoldReason::StackSetNotOurs { stack_set, owner: None } if self.made_ours(address, stack_set) => (
                Place::StackSet(stack_set.clone()),
                What::StackSetChanged(BTreeSet::from([finding::DefinitionPart::Tags])),
            ),
            HoldReason::TrustedAccess { .. } => (Place::Organization, What::TrustedAccessOff),
            _ => return None,
        };
        Some(Finding { address: address.clone(), place, what, standing: Standing::Open })
    }

    /// Whether a role that says no more whose it is still has its digest tag.
    fn was_ours(&self, account: &AccountId, role: &RoleName) -> bool {
        let roles = self.observed.roles.get(account).and_then(Reading::known);
        roles.and_then(|roles| roles.get(role)).is_some_and(|live| live.role.seal() != Seal::Missing)
    }

    /// Whether a stack set that says no more whose it is makes roles of the integration.
    fn made_ours(&self, address: &Address, stack_set: &crate::ids::StackSetName) -> bool {
        let sets = self.observed.stack_sets.known();
        let set = sets.and_then(|sets| sets.get(stack_set)).and_then(Reading::known);
        let template = set.map(|set| Template::from(set.template.clone()));
        template.is_some_and(|template| {
            template.roles().is_some_and(|roles| roles.default.owner().as_ref() == address.integration())
        })
    }

    /// The accounts of each integration, by the files or by what was applied, that were read.
    fn checked(&self, pending: &Plan) -> BTreeMap<IntegrationName, BTreeSet<AccountId>> {
        let mut checked: BTreeMap<IntegrationName, BTreeSet<AccountId>> = BTreeMap::new();
        for (name, integration) in self.desired.integrations.iter().chain(&self.applied.desired.integrations) {
            let management = integration.management.iter().map(|(account, _)| account);
            let accounts = integration.members.keys().chain(management);
            let known = accounts.filter(|account| !pending.unknown.contains_key(*account)).cloned();
            checked.entry(name.clone()).or_default().extend(known);
        }
        checked
    }
}

/// Whether a change of the plan for what was last applied undoes something that others did. A role that is as we wrote it
/// and has no place any more is not drift: the file has changed.
fn undoes_drift(change: &Change) -> bool {
    match (&change.subject, change.why) {
        (_, Why::DeliveryChanged | Why::Released)
        | (
            Subject::Role { custody: Custody::Adopted | Custody::Released, .. }
            | Subject::Instances { action: InstanceAction::Abandon, .. },
            _,
        ) => false,
        (Subject::Role { edit: Edit::Delete(role), .. }, _) => role.seal() != Seal::Intact,
        (Subject::StackSet { .. }, _) => change.action() != Action::Delete,
        _ => true,
    }
}

/// What differs about a role that is made again what it was.
fn of_role(edit: &Edit<Arc<Role>>, why: Why, purity: Purity) -> Vec<What> {
    let (live, applied) = match edit {
        // No stack shows that it was ever there.
        Edit::Create(role) if why == Why::Missing => return vec![What::RoleMissing { role: role.name.clone() }],
        Edit::Create(role) => return vec![What::RoleDeleted { role: role.name.clone() }],
        Edit::Delete(role) => return vec![What::RoleUndeclared { role: role.name.clone() }],
        Edit::Update { before, after } | Edit::Replace { before, after } => (before, after),
    };
    let mut found = differences::of_roles(applied, live);
    // The digest tag follows from the rest; alone it is the difference.
    if found.iter().any(|difference| !is_digest(difference)) {
        found.retain(|difference| !is_digest(difference));
    }
    found.into_iter().map(|difference| What::Attribute { role: live.name.clone(), difference, purity }).collect()
}

/// A role as it was applied, but with what is ignored as it is.
fn with_ignored(applied: &Role, findings: &[Finding]) -> Role {
    let mut role = applied.clone();
    for finding in findings.iter().filter(|finding| !finding.is_open()) {
        if let What::Attribute { role: _, difference, purity: _ } = &finding.what {
            differences::keep(&mut role, difference);
        }
    }
    role
}

fn is_digest(difference: &finding::Difference) -> bool {
    matches!(difference, finding::Difference::Tag { key, .. } if key.as_str() == DIGEST_TAG)
}

/// What could not be looked at, by what is held for it.
fn blind_spot(hold: &Hold) -> Option<Blind> {
    match &hold.reason {
        HoldReason::TrustedAccessUnreadable { failure } => Some(Blind::TrustedAccess { failure: failure.clone() }),
        HoldReason::StackSetsUnreadable { failure } => {
            Some(Blind::Unreadable { stack_set: None, failure: failure.clone() })
        }
        HoldReason::StackSetUnreadable { stack_set, failure } => {
            Some(Blind::Unreadable { stack_set: Some(stack_set.clone()), failure: failure.clone() })
        }
        HoldReason::OperationRunning { stack_set, operation, action: _, waiting: _ } => {
            Some(Blind::OperationRunning { stack_set: stack_set.clone(), operation: operation.clone() })
        }
        _ => None,
    }
}
