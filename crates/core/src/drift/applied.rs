//! What the organization was last told to be, as far as AWS shows it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::desired::{Desired, DesiredDelivery, DesiredIntegration, DesiredStackSet};
use crate::ids::{AccountId, IntegrationName, OperationId, StackSetName};
use crate::observed::{LiveRole, LiveRoles, LiveStackSet, Observed, Reading};
use crate::org::AccountState;
use crate::planner::{Found, Holder, UNDECLARED, definition_of, find_role, without_tolerated};
use crate::role::{DIGEST_TAG, Role, Seal};
use crate::spec::{Adopt, AdoptAccounts, Tolerate};
use crate::template::Template;

/// What was last applied, and what is not known of it.
pub(super) struct Applied {
    /// The desired state of back then.
    pub(super) desired: Desired,
    /// Roles that drifted and are to change as well: what was applied is not known, so the file stands in for it.
    pub(super) mixed: BTreeSet<(IntegrationName, AccountId)>,
}

/// Puts together what was last applied. What was never applied is not in it, and neither is what was meanwhile taken out of
/// the files but for stack sets, which are still there.
pub(super) fn last_applied(desired: &Desired, observed: &Observed) -> Applied {
    let mut integrations = BTreeMap::new();
    let mut mixed = BTreeSet::new();
    for (name, wanted) in &desired.integrations {
        let mut reading = Reader { observed, name, wanted, mixed: &mut mixed };
        if let Some(applied) = reading.integration() {
            integrations.insert(name.clone(), applied);
        }
    }
    let sets = observed.stack_sets.known().into_iter().flatten();
    for (stack_set, set) in sets.filter_map(|(name, set)| Some((name, set.known()?))) {
        let declared =
            |owner: &IntegrationName| desired.integrations.iter().any(|(name, wanted)| wanted.is_owner(name, owner));
        if let Some(owner) = set.owner().filter(|owner| !declared(owner))
            && let Some(integration) = undeclared(observed, stack_set, set)
        {
            integrations.entry(owner).or_insert(integration);
        }
    }
    let desired = Desired {
        organization: desired.organization.clone(),
        integrations,
        inactive: desired.inactive.clone(),
        released: BTreeSet::new(),
    };
    Applied { desired, mixed }
}

/// Reads what one integration of the files was.
struct Reader<'a, 'b> {
    observed: &'a Observed,
    name: &'a IntegrationName,
    wanted: &'a DesiredIntegration,
    mixed: &'b mut BTreeSet<(IntegrationName, AccountId)>,
}

/// What was last applied to a role that IAM calls keep.
enum Last {
    /// This.
    Known(Arc<Role>),
    /// Something that the role is not any more, and the file is not either.
    Unknown,
    /// Nothing.
    Never,
}

impl<'a> Reader<'a, '_> {
    fn integration(&mut self) -> Option<DesiredIntegration> {
        match self.wanted.stack_set_in(self.name, self.observed) {
            Ok(Some(found)) if self.is_ours(found.set) => Some(self.of_stack_set(found)),
            // What cannot be read, or is in the way, is what the planner says of the file.
            Ok(Some(_)) | Err(_) => Some(DesiredIntegration {
                members: self.wanted.members.clone(),
                delivery: self.wanted.delivery.clone(),
                adopt: self.wanted.adopt.clone(),
                ..self.frame()
            }),
            Ok(None) => self.without_stack_set(),
        }
    }

    fn is_ours(&self, set: &LiveStackSet) -> bool {
        set.owner().is_some_and(|owner| self.wanted.is_owner(self.name, &owner))
    }

    fn of_stack_set(&mut self, Found { name: stack_set, set }: Found<'a>) -> DesiredIntegration {
        let template = Template::from(set.template.clone());
        let changed_by_others = set.last_update.as_ref().is_some_and(|id| !id.is_ours());
        let definition = match self.wanted.stack_set() {
            Some(wanted) if changed_by_others => wanted.definition.clone(),
            Some(_) | None => definition_of(set, template.clone()),
        };
        let wanted = self.wanted.stack_set();
        let mut adopted = BTreeSet::new();
        let mut members = BTreeMap::new();
        for account in active_members(self.observed) {
            let role = template.roles().map(|roles| roles.in_account(account)).or(self.wanted.members.get(account));
            if let Some(role) = role.and_then(|role| self.member(account, role, set, &mut adopted)) {
                members.insert(account.clone(), role);
            }
        }
        let role_name = template.roles().map_or(&self.wanted.role_name, |roles| &roles.default.name).clone();
        let delivery = DesiredDelivery::StackSet(Box::new(DesiredStackSet {
            name: stack_set.clone(),
            definition,
            units: set.units.clone(),
            preferences: wanted.map_or(UNDECLARED, |wanted| wanted.preferences),
        }));
        let stack_set = self.wanted.adopt.stack_set.clone();
        let adopt = Adopt { accounts: AdoptAccounts::These(adopted), stack_set };
        DesiredIntegration { role_name, members, delivery, adopt, ..self.frame() }
    }

    /// The role that a member had, if it had one.
    fn member(
        &mut self,
        account: &AccountId,
        role: &Arc<Role>,
        set: &LiveStackSet,
        adopted: &mut BTreeSet<AccountId>,
    ) -> Option<Arc<Role>> {
        let target = self.wanted.members.get(account);
        match (target, set.instances.contains_key(account)) {
            (Some(_), true) => Some(role.clone()),
            (Some(target), false) => self.without_instance(account, (role, target), set, adopted),
            // Instances that our own operation made were targets then.
            (None, true) => set.last_create.as_ref().is_none_or(OperationId::is_ours).then(|| role.clone()),
            (None, false) => None,
        }
    }

    /// A target account without an instance: adopted, or in a unit that the stack set was deployed to.
    fn without_instance(
        &mut self,
        account: &AccountId,
        (role, target): (&Arc<Role>, &Arc<Role>),
        set: &LiveStackSet,
        adopted: &mut BTreeSet<AccountId>,
    ) -> Option<Arc<Role>> {
        let org = &self.observed.org;
        let is_deployed_to = org
            .accounts
            .get(account)
            .is_some_and(|account| org.ancestors(account).any(|unit| set.units.contains(unit)));
        let Some(Reading::Known(roles)) = self.observed.roles.get(account) else {
            return is_deployed_to.then(|| role.clone());
        };
        let Some((_, live)) = find_role(roles, &target.name).or_else(|| find_role(roles, &role.name)) else {
            return is_deployed_to.then(|| role.clone());
        };
        match self.wanted.holder(self.name, &live.role) {
            Holder::Us if live.role.seal() != Seal::Missing && self.wanted.adopt.covers(account) => {
                adopted.insert(account.clone());
                self.known_or_file(account, target, Deployed::Somewhere)
            }
            // To be handed over, which is a pending change.
            Holder::Us if live.role.seal() != Seal::Missing => None,
            Holder::Us => is_deployed_to.then(|| role.clone()),
            Holder::Another(_) | Holder::Nobody => None,
        }
    }

    /// No stack set is there: the roles that IAM calls keep, or a stack set that was deleted.
    fn without_stack_set(&mut self) -> Option<DesiredIntegration> {
        let footprint = self.footprint();
        if footprint == Footprint::None {
            return None;
        }
        let is_direct = matches!(self.wanted.delivery, DesiredDelivery::Direct);
        if !is_direct && footprint == Footprint::Stacks {
            return Some(DesiredIntegration {
                role_name: self.wanted.role_name.clone(),
                members: self.wanted.members.clone(),
                delivery: self.wanted.delivery.clone(),
                adopt: self.wanted.adopt.clone(),
                ..self.frame()
            });
        }
        let mut members = BTreeMap::new();
        for (account, role) in &self.wanted.members {
            // Where a stack set is to take over, accounts without a role were none of ours yet.
            let deployed = if is_direct { Deployed::Somewhere } else { Deployed::Nowhere };
            if let Some(last) = self.known_or_file(account, role, deployed) {
                members.insert(account.clone(), last);
            }
        }
        let role_name = members.values().next().map_or(&self.wanted.role_name, |role| &role.name).clone();
        let adopt = Adopt { accounts: AdoptAccounts::default(), stack_set: None };
        Some(DesiredIntegration { role_name, members, delivery: DesiredDelivery::Direct, adopt, ..self.frame() })
    }

    /// What an integration has whatever delivers its members' roles.
    fn frame(&mut self) -> DesiredIntegration {
        let management = self.wanted.management.as_ref().and_then(|(account, role)| {
            Some((account.clone(), self.known_or_file(account, role, Deployed::Somewhere)?))
        });
        DesiredIntegration {
            role_name: self.wanted.role_name.clone(),
            management,
            members: BTreeMap::new(),
            delivery: DesiredDelivery::Direct,
            inactive: self.wanted.inactive.clone(),
            tolerate: self.wanted.tolerate.clone(),
            adopt: Adopt::default(),
            renamed_from: self.wanted.renamed_from.clone(),
        }
    }

    /// What was last applied to a role that IAM calls keep, or what the file says where that is not known.
    fn known_or_file(&mut self, account: &AccountId, wanted: &Arc<Role>, deployed: Deployed) -> Option<Arc<Role>> {
        match self.last(account, wanted, deployed) {
            Last::Known(role) => Some(role),
            Last::Unknown => {
                self.mixed.insert((self.name.clone(), account.clone()));
                Some(wanted.clone())
            }
            Last::Never => None,
        }
    }

    fn last(&self, account: &AccountId, wanted: &Arc<Role>, deployed: Deployed) -> Last {
        let Some(Reading::Known(roles)) = self.observed.roles.get(account) else { return Last::Known(wanted.clone()) };
        let Some((_, live)) = find_role(roles, &wanted.name) else {
            return match (self.under_another_name(roles), deployed) {
                (Some(live), _) => Last::Known(live.role.clone()),
                (None, Deployed::Somewhere) => Last::Known(wanted.clone()),
                (None, Deployed::Nowhere) => Last::Never,
            };
        };
        match self.wanted.holder(self.name, &live.role) {
            Holder::Us => {}
            // The digest tag shows that the role lost the tag that says whose it is.
            Holder::Nobody if live.role.seal() != Seal::Missing => return Last::Known(wanted.clone()),
            Holder::Another(_) | Holder::Nobody => return Last::Never,
        }
        let kept = without_tolerated(live, wanted, &self.wanted.tolerate);
        match kept.seal() {
            Seal::Intact => Last::Known(kept),
            Seal::Broken | Seal::Missing if is_written_as(&kept, wanted) => Last::Known(wanted.clone()),
            Seal::Broken | Seal::Missing => Last::Unknown,
        }
    }

    /// A role of ours that is as it was written, and that the file calls by another name now.
    fn under_another_name<'c>(&self, roles: &'c LiveRoles) -> Option<&'c LiveRole> {
        let is_ours = |live: &&LiveRole| matches!(self.wanted.holder(self.name, &live.role), Holder::Us);
        roles.values().filter(is_ours).find(|live| live.role.seal() == Seal::Intact)
    }

    /// What was made for the integration, in any account.
    fn footprint(&self) -> Footprint {
        let known = self.observed.roles.values().filter_map(Reading::known).flat_map(BTreeMap::values);
        let is_ours = |live: &&LiveRole| match self.wanted.holder(self.name, &live.role) {
            Holder::Us => true,
            // The digest tag shows that the role lost the tag that says whose it is.
            Holder::Nobody => live.role.name == self.wanted.role_name && live.role.seal() != Seal::Missing,
            Holder::Another(_) => false,
        };
        let ours = known.filter(is_ours);
        ours.map(|live| if live.role.seal() == Seal::Missing { Footprint::Stacks } else { Footprint::Calls })
            .max()
            .unwrap_or(Footprint::None)
    }
}

/// Whether an integration is deployed, so that an absent role of its is one that was deleted.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Deployed {
    Somewhere,
    Nowhere,
}

/// What is there of an integration.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Footprint {
    /// Nothing.
    None,
    /// Roles that IAM calls made.
    Calls,
    /// Roles without a digest tag, which stacks make.
    Stacks,
}

/// Whether the digest tag says that this was written.
fn is_written_as(live: &Role, wanted: &Role) -> bool {
    let tag = live.tags.iter().find(|(key, _)| key.as_str() == DIGEST_TAG);
    tag.is_some_and(|(_, value)| value.as_str() == wanted.digest())
}

/// A stack set of ours that no file names: it is as it was applied.
fn undeclared(observed: &Observed, stack_set: &StackSetName, set: &LiveStackSet) -> Option<DesiredIntegration> {
    let template = Template::from(set.template.clone());
    let roles = template.roles()?.clone();
    let members = active_members(observed)
        .filter(|account| set.instances.contains_key(*account))
        .map(|account| (account.clone(), roles.in_account(account).clone()))
        .collect();
    Some(DesiredIntegration {
        role_name: roles.default.name.clone(),
        management: None,
        members,
        delivery: DesiredDelivery::StackSet(Box::new(DesiredStackSet {
            name: stack_set.clone(),
            definition: definition_of(set, template),
            units: set.units.clone(),
            preferences: UNDECLARED,
        })),
        inactive: BTreeSet::new(),
        tolerate: Tolerate::default(),
        adopt: Adopt::default(),
        renamed_from: None,
    })
}

/// The accounts in use, without the management account.
fn active_members(observed: &Observed) -> impl Iterator<Item = &AccountId> {
    let org = &observed.org;
    org.accounts
        .iter()
        .filter(|(id, account)| account.state == AccountState::Active && **id != org.management_account)
        .map(|(id, _)| id)
}
