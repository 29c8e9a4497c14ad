//! What turns one role into another, call by call.

use std::collections::BTreeMap;

use crate::ids::{PolicyName, TagKey};
use crate::own_policy::{Attachment, OwnPolicy};
use crate::role::Role;
use crate::step::{PolicyCall, RoleCall};

/// The calls that make a role that exists into another of the same name and path: what narrows comes first, what
/// widens comes last, so that a run that is cut off leaves the role with less than it should have, not more.
pub fn edits(from: &Role, to: &Role) -> Vec<RoleCall> {
    // No `..`: a new field does not compile until someone decides how it is changed.
    let Role { name: _, path: _, description, trust, max_session, boundary, attached, managed, inline, tags } = to;
    let mut calls = Vec::new();

    calls.extend(from.attached.difference(attached).cloned().map(RoleCall::Detach));
    let unwanted = from.managed.iter().filter(|(name, _)| !managed.contains_key(*name));
    calls.extend(unwanted.flat_map(|(name, policy)| policy_deletion(name, policy)));
    calls.extend(from.inline.keys().filter(|name| !inline.contains_key(*name)).cloned().map(RoleCall::DeleteInline));
    if let Some(boundary) = boundary.as_ref().filter(|boundary| from.boundary.as_ref() != Some(boundary)) {
        calls.push(RoleCall::PutBoundary(boundary.clone()));
    }
    if from.trust != *trust {
        calls.push(RoleCall::SetTrust(trust.clone()));
    }
    if from.description != *description || from.max_session != *max_session {
        calls.push(RoleCall::Update { description: description.clone(), max_session: *max_session });
    }
    let gone: std::collections::BTreeSet<TagKey> =
        from.tags.keys().filter(|key| !tags.contains_key(*key)).cloned().collect();
    if !gone.is_empty() {
        calls.push(RoleCall::Untag(gone));
    }
    let set: BTreeMap<_, _> = tags
        .iter()
        .filter(|(key, value)| from.tags.get(*key) != Some(value))
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    if !set.is_empty() {
        calls.push(RoleCall::Tag(set));
    }
    calls.extend(
        inline
            .iter()
            .filter(|(name, document)| from.inline.get(*name) != Some(document))
            .map(|(name, document)| RoleCall::PutInline { name: name.clone(), document: document.clone() }),
    );
    calls.extend(attached.difference(&from.attached).cloned().map(RoleCall::Attach));
    calls.extend(managed.iter().flat_map(|(name, policy)| policy_edits(name, from.managed.get(name), policy)));
    if boundary.is_none() && from.boundary.is_some() {
        calls.push(RoleCall::DeleteBoundary);
    }
    calls
}

/// The calls that make a customer-managed policy of the role, if it is not there, or make it another.
fn policy_edits(name: &PolicyName, from: Option<&OwnPolicy>, to: &OwnPolicy) -> Vec<RoleCall> {
    let OwnPolicy { document, attachment, idle_versions } = to;
    let mut calls = Vec::new();
    match from {
        None => calls.push(PolicyCall::Create(document.clone())),
        Some(from) => {
            // IAM keeps five versions and no more, so the old ones make room first.
            let are_superfluous = from.idle_versions != *idle_versions;
            calls.extend(are_superfluous.then_some(PolicyCall::DeleteIdleVersions));
            if from.document != *document {
                calls.extend([PolicyCall::AddVersion(document.clone()), PolicyCall::DeleteIdleVersions]);
            }
        }
    }
    match (from.map_or(Attachment::Detached, |from| from.attachment), attachment) {
        (Attachment::Detached, Attachment::Attached) => calls.push(PolicyCall::Attach),
        (Attachment::Attached, Attachment::Detached) => calls.insert(0, PolicyCall::Detach),
        (Attachment::Attached, Attachment::Attached) | (Attachment::Detached, Attachment::Detached) => {}
    }
    calls.into_iter().map(|call| RoleCall::Policy { name: name.clone(), call }).collect()
}

/// The calls that delete a customer-managed policy of the role: IAM refuses to delete one that has other versions, or that
/// somebody has.
fn policy_deletion(name: &PolicyName, policy: &OwnPolicy) -> Vec<RoleCall> {
    let OwnPolicy { document: _, attachment, idle_versions } = policy;
    let mut calls = Vec::new();
    calls.extend((*attachment == Attachment::Attached).then_some(PolicyCall::Detach));
    calls.extend((!idle_versions.is_empty()).then_some(PolicyCall::DeleteIdleVersions));
    calls.push(PolicyCall::Delete);
    calls.into_iter().map(|call| RoleCall::Policy { name: name.clone(), call }).collect()
}

/// The calls that make a role: a bare one, then the edits.
pub fn creation(role: &Role) -> Vec<RoleCall> {
    let Role { name: _, path, description, trust, max_session, boundary, attached: _, managed: _, inline: _, tags } =
        role;
    let mut calls = vec![RoleCall::Create {
        path: path.clone(),
        description: description.clone(),
        trust: trust.clone(),
        max_session: *max_session,
        boundary: boundary.clone(),
        tags: tags.clone(),
    }];
    calls.extend(edits(&role.bare(), role));
    calls
}

/// The calls that delete a role: edits to a bare one, for IAM refuses to delete a role that has policies.
pub fn deletion(role: &Role) -> Vec<RoleCall> {
    let mut calls = edits(role, &role.bare());
    calls.push(RoleCall::Delete);
    calls
}
