//! Two roles, attribute by attribute.

use std::collections::BTreeSet;

use super::finding::{DefinitionPart, Difference};
use crate::role::Role;
use crate::template::Definition;

/// What differs between a role as it was applied and as it is.
pub(super) fn of_roles(applied: &Role, live: &Role) -> Vec<Difference> {
    // No `..`: a new field does not compile until someone decides how its drift is told.
    let Role { name, path, description, trust, max_session, boundary, attached, managed, inline, tags } = applied;
    let mut found = Vec::new();
    if live.name != *name {
        found.push(Difference::Name { applied: name.clone(), live: live.name.clone() });
    }
    if live.path != *path {
        found.push(Difference::Path { applied: path.clone(), live: live.path.clone() });
    }
    if live.trust != *trust {
        let (applied, live) = (trust.clone(), live.trust.clone());
        let ids: BTreeSet<String> = live.orphaned_principals().into_iter().map(Into::into).collect();
        found.push(if ids.is_empty() {
            Difference::Trust { applied, live }
        } else {
            Difference::PrincipalDeleted { ids, applied, live }
        });
    }
    for (name, document) in &live.inline {
        match inline.get(name) {
            None => found.push(Difference::InlineAdded { name: name.clone(), live: document.clone() }),
            Some(applied) if applied != document => {
                let (applied, live) = (applied.clone(), document.clone());
                found.push(Difference::InlineChanged { name: name.clone(), applied, live });
            }
            Some(_) => {}
        }
    }
    let removed = inline.iter().filter(|(name, _)| !live.inline.contains_key(*name));
    found.extend(
        removed.map(|(name, applied)| Difference::InlineRemoved { name: name.clone(), applied: applied.clone() }),
    );
    found.extend(live.attached.difference(attached).cloned().map(Difference::Attached));
    found.extend(attached.difference(&live.attached).cloned().map(Difference::Detached));
    let names: BTreeSet<_> = managed.keys().chain(live.managed.keys()).collect();
    for name in names {
        let (applied, live) = (managed.get(name), live.managed.get(name));
        if applied != live {
            found.push(Difference::OwnPolicy { name: name.clone(), applied: applied.cloned(), live: live.cloned() });
        }
    }
    if live.boundary != *boundary {
        found.push(Difference::Boundary { applied: boundary.clone(), live: live.boundary.clone() });
    }
    if live.max_session != *max_session {
        found.push(Difference::MaxSession { applied: *max_session, live: live.max_session });
    }
    if live.description != *description {
        found.push(Difference::Description { applied: description.clone(), live: live.description.clone() });
    }
    let keys: BTreeSet<_> = tags.keys().chain(live.tags.keys()).collect();
    for key in keys {
        let (applied, live) = (tags.get(key), live.tags.get(key));
        if applied != live {
            found.push(Difference::Tag { key: key.clone(), applied: applied.cloned(), live: live.cloned() });
        }
    }
    found
}

/// What differs between two definitions of a stack set.
pub(super) fn of_definitions(applied: &Definition, live: &Definition) -> BTreeSet<DefinitionPart> {
    let Definition { description, template, capabilities, tags, auto_deployment, managed_execution } = applied;
    [
        (live.template != *template, DefinitionPart::Template),
        (live.description != *description, DefinitionPart::Description),
        (live.capabilities != *capabilities, DefinitionPart::Capabilities),
        (live.tags != *tags, DefinitionPart::Tags),
        (live.auto_deployment != *auto_deployment, DefinitionPart::AutoDeployment),
        (live.managed_execution != *managed_execution, DefinitionPart::ManagedExecution),
    ]
    .into_iter()
    .filter_map(|(differs, part)| differs.then_some(part))
    .collect()
}

/// Makes an attribute of a role what it is, not what it was.
pub(super) fn keep(role: &mut Role, difference: &Difference) {
    match difference {
        Difference::Trust { applied: _, live } | Difference::PrincipalDeleted { ids: _, applied: _, live } => {
            role.trust = live.clone();
        }
        Difference::InlineAdded { name, live } | Difference::InlineChanged { name, applied: _, live } => {
            role.inline.insert(name.clone(), live.clone());
        }
        Difference::InlineRemoved { name, applied: _ } => {
            role.inline.remove(name);
        }
        Difference::Attached(arn) => {
            role.attached.insert(arn.clone());
        }
        Difference::Detached(arn) => {
            role.attached.remove(arn);
        }
        Difference::OwnPolicy { name, applied: _, live: Some(policy) } => {
            role.managed.insert(name.clone(), policy.clone());
        }
        Difference::OwnPolicy { name, applied: _, live: None } => {
            role.managed.remove(name);
        }
        Difference::Boundary { applied: _, live } => role.boundary.clone_from(live),
        Difference::MaxSession { applied: _, live } => role.max_session = *live,
        Difference::Description { applied: _, live } => role.description.clone_from(live),
        Difference::Tag { key, applied: _, live: Some(value) } => {
            role.tags.insert(key.clone(), value.clone());
        }
        Difference::Tag { key, applied: _, live: None } => {
            role.tags.remove(key);
        }
        // Neither can be kept while the rest is changed: the role is made anew.
        Difference::Path { .. } | Difference::Name { .. } => {}
    }
}
