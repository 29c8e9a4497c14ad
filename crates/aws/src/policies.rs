//! The customer-managed policies of an account that Rolecall made, and those that are in the way of them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use aws_sdk_iam::types as sdk;
use rolecall_core::ids::{InvalidId, PolicyArn, RoleName};
use rolecall_core::observed::LiveRoles;
use rolecall_core::own_policy::{Attachment, OwnPolicy, PATH, name_of, path};
use rolecall_core::policy::PolicyKind;
use rolecall_core::role::Seal;

use crate::documents::Documents;

/// Customer-managed policies of one account as they are read, page by page.
pub(crate) struct Policies<'a> {
    documents: &'a Documents,
    /// The names that Rolecall gives, in lower case, and for which role.
    wanted: &'a BTreeMap<String, RoleName>,
    /// What Rolecall made, for whatever role.
    own: BTreeMap<PolicyArn, OwnPolicy>,
    /// What has a name that Rolecall would give, and is not Rolecall's.
    pub(crate) foreign: BTreeSet<PolicyArn>,
}

impl<'a> Policies<'a> {
    pub(crate) fn new(documents: &'a Documents, wanted: &'a BTreeMap<String, RoleName>) -> Self {
        Self { documents, wanted, own: BTreeMap::new(), foreign: BTreeSet::new() }
    }

    /// Keeps a policy if it matters.
    pub(crate) fn keep(&mut self, detail: &sdk::ManagedPolicyDetail) -> Result<(), InvalidId> {
        let of = detail.path().unwrap_or_default();
        let role = self.wanted.get(&detail.policy_name().unwrap_or_default().to_lowercase());
        if role.is_some_and(|role| !of.eq_ignore_ascii_case(&path(role))) {
            self.foreign.insert(detail.arn().unwrap_or_default().parse()?);
        } else if of.starts_with(PATH) {
            self.own.insert(detail.arn().unwrap_or_default().parse()?, self.read(detail)?);
        }
        Ok(())
    }

    fn read(&self, detail: &sdk::ManagedPolicyDetail) -> Result<OwnPolicy, InvalidId> {
        let (in_force, idle): (Vec<_>, Vec<_>) =
            detail.policy_version_list().iter().partition(|version| version.is_default_version());
        let document = in_force.first().and_then(|version| version.document()).unwrap_or_default();
        let idle = idle.iter().filter_map(|version| version.version_id());
        Ok(OwnPolicy {
            document: self.documents.read(document, PolicyKind::Permission),
            attachment: Attachment::Detached,
            idle_versions: idle.map(str::parse).collect::<Result<_, _>>()?,
        })
    }

    /// Gives the roles the policies that were made for them, attached or not. One that came to be after the policies were
    /// read stays among those that the role has.
    pub(crate) fn assign(&self, roles: &mut LiveRoles) {
        if self.own.is_empty() {
            return;
        }
        for live in roles.values_mut() {
            let role = &*live.role;
            let of_role = self.own.iter().filter_map(|(arn, policy)| Some((arn, name_of(arn, &role.name)?, policy)));
            let mut managed = BTreeMap::new();
            let mut attached = role.attached.clone();
            for (arn, name, policy) in of_role {
                let attachment = if attached.remove(arn) { Attachment::Attached } else { Attachment::Detached };
                managed.insert(name, OwnPolicy { attachment, ..policy.clone() });
            }
            if !managed.is_empty() {
                let role = Arc::make_mut(&mut live.role);
                role.managed = managed;
                role.attached = attached;
            }
        }
    }
}

/// Whether policies that were not asked for must be read: a role has some that were made for it, or is not what it was made
/// as. A run that was cut off may have left one that the role does not have any more.
pub(crate) fn are_missed(roles: &LiveRoles) -> bool {
    roles.values().any(|live| {
        live.role.seal() == Seal::Broken || live.role.attached.iter().any(|arn| name_of(arn, &live.role.name).is_some())
    })
}
