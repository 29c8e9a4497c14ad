//! From what was written to what it means: defaults, ARNs in the right partition, documents from their files.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::diagnostic::code;
use super::load::Loader;
use super::model::{
    Access, Adopt, AdoptAccounts, Amount, AutoDeployment, CallAs, Delivery, Integration, Limits, Located, LockUse,
    ManagementAccount, OrganizationSpec, OuRef, Overlay, RoleSpec, Rollout, Targets, Tolerate, TrustSpec,
};
use super::principal;
use super::read::{At, Entries, List};
use super::report::Report;
use super::written::{self, InlinePolicy, ManagedPolicy, Unit};
use crate::drift::Ignore;
use crate::ids::{
    AccountId, ExternalId, InlineName, IntegrationName, Partition, PolicyArn, RolePath, TagKey, TagValue,
};
use crate::policy::PolicyDoc;

/// The parts of an integration that took some work; those that could not be made were reported.
pub(super) struct Lowered {
    pub(super) external_id: Option<ExternalId>,
    pub(super) overrides: BTreeMap<AccountId, ExternalId>,
    pub(super) principals: BTreeSet<String>,
    pub(super) boundary: Option<PolicyArn>,
    pub(super) member: Permissions,
    pub(super) management: Permissions,
}

/// What a role may do, and its tags.
#[derive(Default)]
pub(super) struct Permissions {
    pub(super) managed: BTreeSet<PolicyArn>,
    pub(super) inline: BTreeMap<InlineName, PolicyDoc>,
    pub(super) tags: BTreeMap<TagKey, TagValue>,
}

pub(super) fn organization(written: &written::Organization) -> Option<OrganizationSpec> {
    let written::Organization { id, management_account } = written;
    Some(OrganizationSpec {
        id: id.as_ref()?.value.clone(),
        management_account: management_account.as_ref().map(|account| account.value.clone()),
    })
}

/// `None` never: the defaults are a role name and a Region.
pub(super) fn access(written: Option<&written::Access>) -> Option<Access> {
    let member_role = written.and_then(|access| access.member_role.as_ref()).map(|role| role.value.clone());
    let region = written.and_then(|access| access.region.as_ref()).map(|written::OneRegion(region)| region.clone());
    Some(Access {
        member_role: member_role.or_else(|| "OrganizationAccountAccessRole".parse().ok())?,
        call_as: written.and_then(|access| access.call_as).unwrap_or(CallAs::Management),
        region: region.or_else(|| "us-east-1".parse().ok())?,
        lock: match written.and_then(|access| access.lock.as_ref()).map(|lock| lock.value) {
            Some(false) => LockUse::Off,
            Some(true) | None => LockUse::On,
        },
        profile: written.and_then(|access| access.profile.as_ref()).map(|profile| profile.value.clone()),
        role_arn: written.and_then(|access| access.role_arn.as_ref()).map(|role| role.value.clone()),
    })
}

pub(super) fn limits(written: Option<&written::Limits>) -> Limits {
    let defaults = Limits::default();
    let Some(written::Limits { max_deletes, max_change_percent }) = written else { return defaults };
    Limits {
        max_deletes: max_deletes.as_ref().map_or(defaults.max_deletes, |limit| limit.value.0),
        max_change_percent: max_change_percent.as_ref().map_or(defaults.max_change_percent, |limit| limit.value.0),
    }
}

/// The ignores. One of an integration that is not there ignores nothing, and is told.
pub(super) fn ignores(
    written: &[written::Ignore],
    integrations: &BTreeMap<IntegrationName, Integration>,
    report: &mut Report,
) -> Vec<Ignore> {
    let lowered = written.iter().filter_map(|ignore| {
        let written::Ignore { integration, accounts, attribute, reason, until } = ignore;
        if let Some(name) = integration.as_ref().filter(|name| !integrations.contains_key(&name.value)) {
            let known: Vec<&str> = integrations.keys().map(IntegrationName::as_str).collect();
            let message = format!("there is no integration `{}`", name.value);
            let diagnostic = report.error(name.at, code::UNKNOWN_INTEGRATION, message);
            if !known.is_empty() {
                diagnostic.expected(format!("one of {}", known.join(", ")));
            }
        }
        Some(Ignore {
            integration: integration.as_ref().map(|name| name.value.clone()),
            accounts: items(accounts.as_ref()).map(|account| account.value.clone()).collect(),
            attribute: attribute.as_ref()?.value.clone(),
            reason: reason.as_ref()?.value.0.clone(),
            until: until.as_ref()?.value,
        })
    });
    lowered.collect()
}

pub(super) fn integration(written: &written::Integration, loader: &mut Loader<'_>, report: &mut Report) -> Lowered {
    let role = written.role.as_ref();
    let overlay = match &written.management_account {
        Some(written::ManagementAccount::Covered(overlay)) => Some(overlay),
        Some(written::ManagementAccount::Excluded(_)) | None => None,
    };
    let principals = role.and_then(|role| role.trust.as_ref()).and_then(|trust| trust.value.principals.as_ref());
    let partition = loader.partition;
    Lowered {
        external_id: written.external_id.as_ref().and_then(|source| loader.external_id(source, report)),
        overrides: entries(written.external_id_overrides.as_ref())
            .filter_map(|(account, source)| Some((account.value.clone(), loader.external_id(source, report)?)))
            .collect(),
        principals: items(principals).filter_map(|text| principal::to_arn(text, partition, report)).collect(),
        boundary: role
            .and_then(|role| role.permissions_boundary.as_ref())
            .and_then(|policy| managed_policy(policy, partition, report)),
        member: Permissions {
            managed: managed(role.and_then(|role| role.managed_policies.as_ref()), partition, report),
            inline: inline(role.and_then(|role| role.inline_policies.as_ref()), loader, report),
            tags: tags(role.and_then(|role| role.tags.as_ref())),
        },
        management: Permissions {
            managed: managed(overlay.and_then(|overlay| overlay.managed_policies.as_ref()), partition, report),
            inline: inline(overlay.and_then(|overlay| overlay.inline_policies.as_ref()), loader, report),
            tags: tags(overlay.and_then(|overlay| overlay.tags.as_ref())),
        },
    }
}

fn items<T>(list: Option<&List<T>>) -> impl Iterator<Item = &T> {
    list.into_iter().flat_map(|list| &list.items)
}

fn entries<K, V>(entries: Option<&Entries<K, V>>) -> impl Iterator<Item = &(At<K>, V)> {
    entries.into_iter().flat_map(|entries| &entries.entries)
}

fn managed(list: Option<&List<At<ManagedPolicy>>>, partition: Partition, report: &mut Report) -> BTreeSet<PolicyArn> {
    items(list).filter_map(|policy| managed_policy(policy, partition, report)).collect()
}

fn managed_policy(written: &At<ManagedPolicy>, partition: Partition, report: &mut Report) -> Option<PolicyArn> {
    let arn = match &written.value {
        ManagedPolicy::Aws(name) => return format!("arn:{partition}:iam::aws:policy/{name}").parse().ok(),
        ManagedPolicy::Arn(arn) => arn,
    };
    if arn.as_str().split(':').nth(1) != Some(partition.as_str()) {
        report
            .error(written.at, code::WRONG_PARTITION, format!("`{arn}` is in another partition than `access.region`"))
            .expected(format!("an ARN that begins with arn:{partition}:"));
        return None;
    }
    Some(arn.clone())
}

fn inline(
    policies: Option<&Entries<InlineName, InlinePolicy>>,
    loader: &mut Loader<'_>,
    report: &mut Report,
) -> BTreeMap<InlineName, PolicyDoc> {
    entries(policies).filter_map(|(name, policy)| Some((name.value.clone(), loader.policy(policy, report)?))).collect()
}

fn tags(tags: Option<&Entries<TagKey, At<TagValue>>>) -> BTreeMap<TagKey, TagValue> {
    entries(tags).map(|(key, value)| (key.value.clone(), value.value.clone())).collect()
}

impl Lowered {
    /// The integration, if nothing that it needs is missing.
    pub(super) fn finish(self, written: &written::Integration, report: &Report) -> Option<Integration> {
        let Self { external_id, overrides, principals, boundary, member, management } = self;
        let written::Integration {
            external_id: _,
            external_id_overrides: _,
            role,
            management_account,
            targets,
            rollout,
            tolerate,
            adopt,
            renamed_from,
            limits: own_limits,
        } = written;
        Some(Integration {
            external_id: external_id?,
            external_id_overrides: overrides,
            role: role_spec(role.as_ref()?, principals, boundary, member)?,
            management_account: match management_account {
                Some(written::ManagementAccount::Excluded(_)) => ManagementAccount::Excluded,
                Some(written::ManagementAccount::Covered(_)) | None => ManagementAccount::Covered(Overlay {
                    managed_policies: management.managed,
                    inline_policies: management.inline,
                    tags: management.tags,
                }),
            },
            targets: target_units(targets.as_ref().map(|targets| &targets.value), report),
            rollout: rollout_spec(rollout.as_ref()),
            tolerate: tolerated(tolerate.as_ref()),
            adopt: adopted(adopt.as_ref()),
            renamed_from: renamed_from.as_ref().map(|name| name.value.clone()),
            limits: own_limits.as_ref().map(|block| limits(Some(&block.value))),
        })
    }
}

fn role_spec(
    written: &written::Role,
    principals: BTreeSet<String>,
    boundary: Option<PolicyArn>,
    permissions: Permissions,
) -> Option<RoleSpec> {
    let written::Role {
        name,
        path,
        description,
        max_session_duration,
        trust,
        managed_policies: _,
        inline_policies: _,
        permissions_boundary: _,
        tags: _,
    } = written;
    let conditions = trust.as_ref()?.value.conditions.as_ref();
    Some(RoleSpec {
        name: name.as_ref()?.value.clone(),
        path: path.as_ref().map_or_else(RolePath::root, |path| path.value.clone()),
        description: description.as_ref().map(|description| description.value.0.clone()).unwrap_or_default(),
        max_session: max_session_duration.as_ref().map(|limit| limit.value).unwrap_or_default(),
        trust: TrustSpec { principals, conditions: conditions.map_or(Value::Null, |document| document.value.clone()) },
        boundary,
        managed_policies: permissions.managed,
        inline_policies: permissions.inline,
        tags: permissions.tags,
    })
}

fn target_units(written: Option<&written::Targets>, report: &Report) -> Targets {
    let units = |list: Option<&List<At<Unit>>>| -> Vec<Located<OuRef>> {
        items(list).map(|unit| Located { value: unit.value.0.clone(), at: report.location(unit.at) }).collect()
    };
    let accounts = written.and_then(|targets| targets.exclude_accounts.as_ref());
    Targets {
        organizational_units: units(written.and_then(|targets| targets.organizational_units.as_ref())),
        exclude_organizational_units: units(written.and_then(|targets| targets.exclude_organizational_units.as_ref())),
        exclude_accounts: items(accounts).map(|account| account.value.clone()).collect(),
    }
}

fn rollout_spec(written: Option<&written::Rollout>) -> Rollout {
    let auto = written.and_then(|rollout| rollout.auto_deployment.as_ref()).is_none_or(|auto| auto.value);
    let retain = written.and_then(|rollout| rollout.retain_on_account_removal.as_ref()).is_some_and(|keep| keep.value);
    let amount = |written: Option<&At<written::Amount>>, default| written.map_or(default, |amount| amount.value.0);
    Rollout {
        delivery: written.and_then(|rollout| rollout.delivery.as_ref()).map_or(Delivery::StackSet, |way| way.value),
        auto_deployment: match (auto, retain) {
            (false, _) => AutoDeployment::Off,
            (true, false) => AutoDeployment::On,
            (true, true) => AutoDeployment::OnRetaining,
        },
        max_concurrent: amount(written.and_then(|rollout| rollout.max_concurrent.as_ref()), Amount::Percent(100)),
        failure_tolerance: amount(written.and_then(|rollout| rollout.failure_tolerance.as_ref()), Amount::Percent(10)),
    }
}

fn adopted(written: Option<&written::Adopt>) -> Adopt {
    let Some(written::Adopt { accounts, stack_set }) = written else { return Adopt::default() };
    Adopt {
        accounts: match accounts {
            Some(written::AdoptAccounts::All) => AdoptAccounts::All,
            Some(written::AdoptAccounts::These(list)) => {
                AdoptAccounts::These(list.items.iter().map(|account| account.value.clone()).collect())
            }
            None => AdoptAccounts::default(),
        },
        stack_set: stack_set.as_ref().map(|name| name.value.clone()),
    }
}

fn tolerated(written: Option<&written::Tolerate>) -> Tolerate {
    let Some(written::Tolerate { inline_policies, managed_policies, tags }) = written else {
        return Tolerate::default();
    };
    Tolerate {
        inline_policies: items(inline_policies.as_ref()).cloned().collect(),
        managed_policies: items(managed_policies.as_ref()).cloned().collect(),
        tags: items(tags.as_ref()).cloned().collect(),
    }
}
