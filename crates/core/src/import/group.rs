//! Roles of one name in many accounts as one integration.

use std::collections::{BTreeMap, BTreeSet};

use super::shape::{self, Shape};
use super::targets::{self, Description};
use super::{LeftOut, Reason, Thing};
use crate::ids::{AccountId, ExternalId, InlineName, Partition, PolicyArn, RoleName, StackSetName, TagKey, TagValue};
use crate::observed::{LiveStackSet, PermissionModel, Reading};
use crate::org::AccountState;
use crate::policy::PolicyDoc;
use crate::role::Role;
use crate::snapshot::Snapshot;

/// What is found in the accounts, as an integration would say it.
#[derive(Debug)]
pub(super) struct Draft {
    pub(super) role: RoleName,
    pub(super) shape: Shape,
    pub(super) external_id: ExternalId,
    pub(super) overrides: BTreeMap<AccountId, ExternalId>,
    pub(super) management: Management,
    pub(super) targets: Description,
    pub(super) delivery: Found,
}

/// What the management account has.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Management {
    /// No role of this name, or one that is not like it.
    Nothing,
    /// The same and this.
    Overlay(Box<Overlay>),
}

/// What the management account's role has besides.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Overlay {
    pub(super) managed: BTreeSet<PolicyArn>,
    pub(super) inline: BTreeMap<InlineName, PolicyDoc>,
    pub(super) tags: BTreeMap<TagKey, TagValue>,
}

/// How the roles came to the accounts.
#[derive(Debug)]
pub(super) enum Found {
    /// One by one.
    ByHand,
    /// By a stack set, and in these accounts one by one.
    StackSet { name: StackSetName, set: Box<LiveStackSet>, by_hand: BTreeSet<AccountId> },
}

/// The roles of one name, by account.
pub(super) type Namesakes<'a> = BTreeMap<&'a AccountId, &'a Role>;

type Read<'a> = BTreeMap<&'a AccountId, (Shape, ExternalId)>;

/// The integration that most of the roles of one name are; what is not like it is left out.
pub(super) fn draft(snapshot: &Snapshot, roles: &Namesakes<'_>, left_out: &mut Vec<LeftOut>) -> Option<Draft> {
    let name = &roles.values().next()?.name;
    let partition = Partition::of(&snapshot.access.region);
    let mut read = Read::new();
    for (account, role) in roles {
        match shape::of_role(role, partition) {
            Ok(found) => drop(read.insert(account, found)),
            Err(reason) => left_out.push(LeftOut::role(name, account, reason)),
        }
    }
    if read.is_empty() {
        return None;
    }
    if name.as_str().starts_with("StackSet-") {
        left_out.extend(read.keys().map(|account| LeftOut::role(name, account, Reason::MadeUpName)));
        return None;
    }
    let management = &snapshot.observed.org.management_account;
    let member_shapes = read.iter().filter(|(account, _)| **account != management).map(|(_, (shape, _))| shape);
    let shape = most_frequent(member_shapes).or_else(|| read.values().next().map(|(shape, _)| shape))?.clone();
    let delivery = delivery(snapshot, name, &read);
    let delivered = match &delivery {
        Found::ByHand => BTreeSet::new(),
        Found::StackSet { name: _, set, by_hand: _ } => set.instances.keys().collect(),
    };
    let mut members: BTreeSet<AccountId> = BTreeSet::new();
    for (account, (found, _)) in read.iter().filter(|(account, _)| **account != management) {
        if *found == shape || delivered.contains(account) {
            members.insert((*account).clone());
        }
        if *found != shape {
            left_out.push(LeftOut::role(name, account, Reason::Differs(differences(&shape, found))));
        }
    }
    let is_active = |id: &&&AccountId| {
        snapshot.observed.org.accounts.get(**id).is_some_and(|account| account.state == AccountState::Active)
    };
    members.extend(delivered.iter().filter(is_active).map(|id| (*id).clone()));
    let external_id = most_frequent(read.values().map(|(_, external_id)| external_id))?.clone();
    let overlay = match read.get(management) {
        None => Management::Nothing,
        Some((found, _)) => {
            if let Some(overlay) = overlay(&shape, found) {
                Management::Overlay(Box::new(overlay))
            } else {
                left_out.push(LeftOut::role(name, management, Reason::Differs(differences(&shape, found))));
                Management::Nothing
            }
        }
    };
    let covers =
        |account: &AccountId| members.contains(account) || (account == management && overlay != Management::Nothing);
    let overrides = read.iter().filter(|(account, (_, own))| covers(account) && *own != external_id);
    let overrides = overrides.map(|(account, (_, own))| ((*account).clone(), own.clone())).collect();
    let targets = targets::describe(&snapshot.observed.org, &members);
    Some(Draft { role: name.clone(), shape, external_id, overrides, management: overlay, targets, delivery })
}

/// The one that occurs most often; of several, the first in order.
fn most_frequent<'a, T: Ord + 'a>(all: impl Iterator<Item = &'a T>) -> Option<&'a T> {
    let mut counts: BTreeMap<&T, usize> = BTreeMap::new();
    for one in all {
        *counts.entry(one).or_default() += 1;
    }
    counts.into_iter().rev().max_by_key(|(_, count)| *count).map(|(one, _)| one)
}

/// The stack set that made most of the roles: their accounts have its instances, and their name stands in its template.
fn delivery(snapshot: &Snapshot, name: &RoleName, read: &Read<'_>) -> Found {
    let sets = snapshot.observed.stack_sets.known().into_iter().flatten();
    let sets = sets.filter_map(|(set_name, reading)| Some((set_name, reading.known()?)));
    let candidates = sets.filter(|(_, set)| {
        set.owner().is_none()
            && set.permission_model == PermissionModel::ServiceManaged
            && set.template.contains(name.as_str())
    });
    let reach = |set: &LiveStackSet| read.keys().filter(|account| set.instances.contains_key(**account)).count();
    let best = candidates.map(|(name, set)| (reach(set), name, set)).filter(|(reach, _, _)| *reach > 0);
    match best.max_by_key(|(reach, name, _)| (*reach, std::cmp::Reverse(*name))) {
        None => Found::ByHand,
        Some((_, name, set)) => Found::StackSet {
            name: name.clone(),
            set: Box::new(set.clone()),
            by_hand: read
                .keys()
                .filter(|account| !set.instances.contains_key(**account))
                .map(|account| (*account).clone())
                .collect(),
        },
    }
}

/// What the management account's role has besides the members'; `None` when it lacks something, or is another role.
fn overlay(member: &Shape, management: &Shape) -> Option<Overlay> {
    // No `..`: a new attribute does not compile until someone decides whether it may differ there.
    let Shape { path, description, max_session, boundary, attached, inline, tags, principals, conditions } = member;
    let is_same = *path == management.path
        && *description == management.description
        && *max_session == management.max_session
        && *boundary == management.boundary
        && *principals == management.principals
        && *conditions == management.conditions;
    let is_more = attached.is_subset(&management.attached)
        && inline.keys().all(|name| management.inline.contains_key(name))
        && tags.keys().all(|key| management.tags.contains_key(key));
    let differs = |(name, document): &(&InlineName, &PolicyDoc)| inline.get(*name) != Some(*document);
    (is_same && is_more).then(|| Overlay {
        managed: management.attached.difference(attached).cloned().collect(),
        inline: management.inline.iter().filter(differs).map(|(name, policy)| (name.clone(), policy.clone())).collect(),
        tags: management
            .tags
            .iter()
            .filter(|(key, value)| tags.get(*key) != Some(*value))
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect(),
    })
}

/// The attributes that differ, for people.
fn differences(one: &Shape, other: &Shape) -> String {
    // No `..`: a new attribute does not compile until it is compared here.
    let Shape { path, description, max_session, boundary, attached, inline, tags, principals, conditions } = one;
    let pairs = [
        ("path", *path != other.path),
        ("description", *description != other.description),
        ("max_session_duration", *max_session != other.max_session),
        ("permissions_boundary", *boundary != other.boundary),
        ("managed_policies", *attached != other.attached),
        ("inline_policies", *inline != other.inline),
        ("tags", *tags != other.tags),
        ("trust.principals", *principals != other.principals),
        ("trust.conditions", *conditions != other.conditions),
    ];
    pairs.iter().filter(|(_, differs)| *differs).map(|(name, _)| *name).collect::<Vec<_>>().join(", ")
}

/// The stack sets that are nobody's and of which nothing is said by a draft.
pub(super) fn unused_stack_sets(snapshot: &Snapshot, drafts: &[&Draft]) -> Vec<LeftOut> {
    let used: BTreeSet<&StackSetName> = drafts
        .iter()
        .filter_map(|draft| match &draft.delivery {
            Found::StackSet { name, .. } => Some(name),
            Found::ByHand => None,
        })
        .collect();
    let sets = match &snapshot.observed.stack_sets {
        Reading::Known(sets) => sets,
        Reading::Unreadable(failure) => {
            return vec![LeftOut { thing: Thing::StackSets, reason: Reason::Unread(failure.to_string()) }];
        }
    };
    sets.iter()
        .filter(|(name, _)| !used.contains(name))
        .filter_map(|(name, reading)| {
            let reason = match reading {
                Reading::Known(set) if set.owner().is_some() => return None,
                Reading::Known(_) => Reason::NoRole,
                Reading::Unreadable(failure) => Reason::Unread(failure.to_string()),
            };
            Some(LeftOut { thing: Thing::StackSet(name.clone()), reason })
        })
        .collect()
}
