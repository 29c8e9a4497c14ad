//! What the resource types for roles, users and groups have in common: the policies that they declare.

use std::collections::BTreeMap;

use super::message::{ResourceError, handler};
use super::properties::{Versions, each, inline, texts};
use crate::cfn::template::Resource;
use crate::iam::{Account, IamError, IdentityKind};

/// Gives a new identity the policies that its resource declares.
pub(super) fn add_policies(
    iam: &mut Account,
    kind: IdentityKind,
    name: &str,
    resource: &Resource,
) -> Result<(), ResourceError> {
    let policies = inline(resource)?;
    put_policies(iam, kind, name, &policies)
        .and_then(|()| each(texts(resource, "ManagedPolicyArns"), |arn| iam.attach_policy(kind, name, arn)))
        .map_err(|error| handler(resource, &error))
}

/// Changes the policies that differ between two versions of a resource, and no others.
pub(super) fn change_policies(
    iam: &mut Account,
    kind: IdentityKind,
    name: &str,
    versions: Versions<'_>,
) -> Result<(), ResourceError> {
    let (old, new) = (inline(versions.before.0)?, inline(versions.after.0)?);
    for policy in old.keys().filter(|policy| !new.contains_key(*policy)) {
        // Gone already is as good.
        drop(iam.delete_inline_policy(kind, name, policy));
    }
    let changed = new.into_iter().filter(|(policy, text)| old.get(policy) != Some(text)).collect();
    let (gone, added) = versions.texts("ManagedPolicyArns");
    put_policies(iam, kind, name, &changed).map_err(|error| handler(versions.after.0, &error))?;
    for arn in gone {
        drop(iam.detach_policy(kind, name, arn));
    }
    each(added, |arn| iam.attach_policy(kind, name, arn)).map_err(|error| handler(versions.after.0, &error))
}

/// Takes away the policies that a resource declares: what someone else put there stays in the way.
pub(super) fn remove_policies(iam: &mut Account, kind: IdentityKind, name: &str, resource: &Resource) {
    for policy in inline(resource).unwrap_or_default().keys() {
        drop(iam.delete_inline_policy(kind, name, policy));
    }
    for arn in texts(resource, "ManagedPolicyArns") {
        drop(iam.detach_policy(kind, name, arn));
    }
}

fn put_policies(
    iam: &mut Account,
    kind: IdentityKind,
    name: &str,
    policies: &BTreeMap<String, String>,
) -> Result<(), IamError> {
    each(policies, |(policy, document)| iam.put_inline_policy(kind, name, policy, document))
}
