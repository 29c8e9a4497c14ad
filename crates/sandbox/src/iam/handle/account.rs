//! The account itself: its alias and its counts.

use super::page::page;
use super::{Operation, own, own_mut, read, write};
use crate::iam::IamError;
use crate::wire::{Call, Reply, WireError};
use crate::world::World;

pub(super) const OPERATIONS: &[Operation] = &[
    read("ListAccountAliases", &[], list_aliases),
    write("CreateAccountAlias", &["AccountAlias"], create_alias),
    write("DeleteAccountAlias", &["AccountAlias"], delete_alias),
    read("GetAccountSummary", &[], summary),
];

fn list_aliases(world: &World, call: &Call) -> Result<Reply, WireError> {
    let alias = own(world, call)?.alias.as_ref();
    let page =
        page(world, call, |position| alias.filter(|_| position.is_none()).map(|alias| (alias, alias)).into_iter())?;
    Ok(Reply::result(|xml| {
        xml.texts("AccountAliases", &page.rows);
        page.end(xml);
    }))
}

/// Aliases are unique in all of AWS; an account has one, which another replaces.
fn create_alias(world: &mut World, call: &Call) -> Result<Reply, WireError> {
    let alias = call.params.required("AccountAlias")?;
    if world.iam.values().any(|iam| iam.alias.as_deref() == Some(alias)) {
        return Err(IamError::already_exists(format!("The account alias {alias} already exists.")).into());
    }
    own_mut(world, call)?.alias = Some(alias.to_owned());
    Ok(Reply::Nothing)
}

fn delete_alias(world: &mut World, call: &Call) -> Result<Reply, WireError> {
    let alias = call.params.required("AccountAlias")?;
    let present = &mut own_mut(world, call)?.alias;
    if present.as_deref() == Some(alias) {
        *present = None;
        return Ok(Reply::Nothing);
    }
    Err(IamError::no_such_entity(format!("The account alias {alias} cannot be found.")).into())
}

fn summary(world: &World, call: &Call) -> Result<Reply, WireError> {
    let iam = own(world, call)?;
    let in_use = iam.users.values().map(|user| user.mfa_devices.len()).sum();
    let versions = iam.policies.values().map(|policy| policy.versions.len()).sum();
    let rows = [
        ("AccessKeysPerUserQuota", 2),
        ("AccountAccessKeysPresent", 0),
        ("AccountMFAEnabled", 0),
        ("AccountPasswordPresent", 0),
        ("AccountSigningCertificatesPresent", 0),
        ("AssumeRolePolicySizeQuota", world.switches.trust_policy_size),
        ("AttachedPoliciesPerGroupQuota", 10),
        ("AttachedPoliciesPerRoleQuota", world.switches.policies_per_role),
        ("AttachedPoliciesPerUserQuota", 10),
        ("GlobalEndpointTokenVersion", 1),
        ("GroupPolicySizeQuota", 5_120),
        ("Groups", iam.groups.len()),
        ("GroupsPerUserQuota", 10),
        ("GroupsQuota", 300),
        ("InstanceProfiles", iam.instance_profiles.len()),
        ("InstanceProfilesQuota", 1000),
        ("MFADevices", iam.virtual_mfa_devices.len()),
        ("MFADevicesInUse", in_use),
        ("Policies", iam.policies.len()),
        ("PoliciesQuota", 1500),
        ("PolicySizeQuota", 6_144),
        ("PolicyVersionsInUse", versions),
        ("PolicyVersionsInUseQuota", 10_000),
        ("Providers", iam.oidc_providers.len() + iam.saml_providers.len()),
        ("RolePolicySizeQuota", 10_240),
        ("Roles", iam.roles.len()),
        ("RolesQuota", world.switches.roles_per_account),
        ("ServerCertificates", 0),
        ("ServerCertificatesQuota", 20),
        ("SigningCertificatesPerUserQuota", 2),
        ("UserPolicySizeQuota", 2_048),
        ("Users", iam.users.len()),
        ("UsersQuota", 5000),
        ("VersionsPerPolicyQuota", 5),
    ];
    Ok(Reply::result(|xml| {
        xml.element("SummaryMap", |xml| {
            for (key, value) in rows {
                xml.element("entry", |xml| {
                    xml.text("key", key);
                    xml.text("value", value);
                });
            }
        });
    }))
}
