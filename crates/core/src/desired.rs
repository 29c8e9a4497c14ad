//! What should be, account by account: the files resolved against the organization.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::ids::{
    AccountId, ExternalId, IntegrationName, OrgId, OuId, Partition, RoleName, StackSetName, TagKey, TagValue,
};
use crate::observed::ManagedExecution;
use crate::org::{AccountState, Org, UnitError};
use crate::placement::{Placement, place};
use crate::policy::{PolicyDoc, PolicyError, PolicyKind};
use crate::role::{OWNER_TAG, Role};
use crate::spec::{
    Adopt, Delivery, Integration, Located, Location, ManagementAccount, OuRef, RoleSpec, Spec, Tolerate, TrustSpec,
};
use crate::step::Preferences;
use crate::template::{CAPABILITY, Definition, Template};

/// What should be in one organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Desired {
    /// The organization.
    pub organization: OrgId,
    /// The integrations, by name.
    pub integrations: BTreeMap<IntegrationName, DesiredIntegration>,
    /// Accounts that would be targets if they were in use.
    pub inactive: BTreeMap<AccountId, AccountState>,
    /// Integrations that are let go: what carries their name stays, and is not ours any more.
    pub released: BTreeSet<IntegrationName>,
}

/// What one integration should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DesiredIntegration {
    /// The role's name.
    pub role_name: RoleName,
    /// The management account and the role there, if it is to have one.
    pub management: Option<(AccountId, Arc<Role>)>,
    /// The target accounts, without the management account, and the role there.
    pub members: BTreeMap<AccountId, Arc<Role>>,
    /// How the members get it.
    pub delivery: DesiredDelivery,
    /// Accounts that would be targets if they were in use.
    pub inactive: BTreeSet<AccountId>,
    /// What may be on the role besides ours.
    pub tolerate: Tolerate,
    /// What someone else made and is taken over.
    pub adopt: Adopt,
    /// The name it had before.
    pub renamed_from: Option<IntegrationName>,
}

/// How members get the role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DesiredDelivery {
    /// By IAM calls.
    Direct,
    /// By a stack set.
    StackSet(Box<DesiredStackSet>),
}

/// What a stack set should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DesiredStackSet {
    /// The name it is made under. One that is there already keeps its own.
    pub name: StackSetName,
    /// Its definition.
    pub definition: Definition,
    /// The units it is deployed to, none of which lies below another.
    pub units: BTreeSet<OuId>,
    /// At what speed its operations go.
    pub preferences: Preferences,
}

/// Why the files do not fit the organization.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ResolveError {
    /// The credentials are for another organization.
    #[error("these credentials are for organization {found}, but the configuration is for {expected}")]
    WrongOrganization {
        /// The one in the file.
        expected: OrgId,
        /// The one the credentials are for.
        found: OrgId,
    },
    /// The organization has another management account.
    #[error("the management account of {organization} is {found}, but the configuration says {expected}")]
    WrongManagementAccount {
        /// The organization.
        organization: OrgId,
        /// The one in the file.
        expected: AccountId,
        /// The one the organization has.
        found: AccountId,
    },
    /// A unit is not there, or its name is ambiguous.
    #[error("integration {integration}: {error}")]
    Unit {
        /// The integration that names it.
        integration: IntegrationName,
        /// Where the file names it.
        at: Location,
        /// What is wrong.
        #[source]
        error: UnitError,
    },
    /// The trust policy cannot be built.
    #[error("integration {integration}: the trust policy is not valid")]
    Trust {
        /// The integration.
        integration: IntegrationName,
        /// What is wrong.
        #[source]
        error: PolicyError,
    },
}

/// Resolves the files against an organization. All errors are reported, not the first.
pub fn resolve(spec: &Spec, org: &Org) -> Result<Desired, Vec<ResolveError>> {
    if let Some(error) = wrong_identity(spec, org) {
        return Err(vec![error]);
    }
    let mut errors = Vec::new();
    let mut integrations = BTreeMap::new();
    let mut inactive = BTreeMap::new();
    for (name, integration) in &spec.integrations {
        match resolve_integration(spec, org, name, integration, &mut inactive) {
            Ok(resolved) => {
                integrations.insert(name.clone(), resolved);
            }
            Err(mut found) => errors.append(&mut found),
        }
    }
    if errors.is_empty() {
        Ok(Desired { organization: org.id.clone(), integrations, inactive, released: spec.released.clone() })
    } else {
        Err(errors)
    }
}

fn wrong_identity(spec: &Spec, org: &Org) -> Option<ResolveError> {
    let wanted = &spec.organization;
    if wanted.id != org.id {
        return Some(ResolveError::WrongOrganization { expected: wanted.id.clone(), found: org.id.clone() });
    }
    let expected = wanted.management_account.as_ref().filter(|expected| **expected != org.management_account)?;
    Some(ResolveError::WrongManagementAccount {
        organization: org.id.clone(),
        expected: expected.clone(),
        found: org.management_account.clone(),
    })
}

fn resolve_integration(
    spec: &Spec,
    org: &Org,
    name: &IntegrationName,
    integration: &Integration,
    inactive: &mut BTreeMap<AccountId, AccountState>,
) -> Result<DesiredIntegration, Vec<ResolveError>> {
    let targets = &integration.targets;
    let mut errors = Vec::new();
    let units = find_units(org, name, &targets.organizational_units, &mut errors);
    let excluded = find_units(org, name, &targets.exclude_organizational_units, &mut errors);
    let builder = RoleBuilder {
        name,
        integration,
        partition: Partition::of(&spec.access.region),
        management_account: &org.management_account,
    };
    let roles = builder.roles().map_err(|error| ResolveError::Trust { integration: name.clone(), error });
    let roles = match roles {
        Ok(roles) if errors.is_empty() => roles,
        Ok(_) => return Err(errors),
        Err(error) => {
            errors.push(error);
            return Err(errors);
        }
    };

    let mut members = BTreeMap::new();
    let mut not_in_use = BTreeSet::new();
    for (id, account) in &org.accounts {
        let is_target = org.ancestors(account).any(|unit| units.contains(unit))
            && !org.ancestors(account).any(|unit| excluded.contains(unit))
            && !targets.exclude_accounts.contains(id)
            && *id != org.management_account;
        match &account.state {
            _ if !is_target => {}
            AccountState::Active => {
                members.insert(id.clone(), roles.member(id).clone());
            }
            state => {
                inactive.insert(id.clone(), state.clone());
                not_in_use.insert(id.clone());
            }
        }
    }
    let management = match &integration.management_account {
        ManagementAccount::Covered(_) if !targets.exclude_accounts.contains(&org.management_account) => {
            Some((org.management_account.clone(), roles.management.clone()))
        }
        ManagementAccount::Covered(_) | ManagementAccount::Excluded => None,
    };
    let delivery = match integration.rollout.delivery {
        Delivery::Direct => DesiredDelivery::Direct,
        Delivery::StackSet => {
            DesiredDelivery::StackSet(Box::new(builder.stack_set(&roles, top_units(org, &units, &excluded))))
        }
    };
    Ok(DesiredIntegration {
        role_name: integration.role.name.clone(),
        management,
        members,
        delivery,
        inactive: not_in_use,
        tolerate: integration.tolerate.clone(),
        adopt: integration.adopt.clone(),
        renamed_from: integration.renamed_from.clone(),
    })
}

fn find_units(
    org: &Org,
    integration: &IntegrationName,
    wanted: &[Located<OuRef>],
    errors: &mut Vec<ResolveError>,
) -> BTreeSet<OuId> {
    let mut found = BTreeSet::new();
    for unit in wanted {
        match org.find_unit(&unit.value) {
            Ok(id) => {
                found.insert(id);
            }
            Err(error) => {
                errors.push(ResolveError::Unit { integration: integration.clone(), at: unit.at.clone(), error });
            }
        }
    }
    found
}

/// The units that are neither below another nor within an excluded one.
fn top_units(org: &Org, units: &BTreeSet<OuId>, excluded: &BTreeSet<OuId>) -> BTreeSet<OuId> {
    units
        .iter()
        .filter(|unit| !org.lineage(unit).skip(1).any(|above| units.contains(above)))
        .filter(|unit| !org.lineage(unit).any(|above| excluded.contains(above)))
        .cloned()
        .collect()
}

/// Builds the roles of one integration.
struct RoleBuilder<'a> {
    name: &'a IntegrationName,
    integration: &'a Integration,
    partition: Partition,
    management_account: &'a AccountId,
}

/// The roles of one integration.
struct Roles {
    default: Arc<Role>,
    special: BTreeMap<AccountId, Arc<Role>>,
    management: Arc<Role>,
}

impl Desired {
    /// Nothing at all, in the same organization: what `destroy` makes so.
    #[must_use]
    pub fn nothing(&self) -> Self {
        Self {
            organization: self.organization.clone(),
            integrations: BTreeMap::new(),
            inactive: BTreeMap::new(),
            released: BTreeSet::new(),
        }
    }
}

impl Roles {
    fn member(&self, account: &AccountId) -> &Arc<Role> {
        self.special.get(account).unwrap_or(&self.default)
    }
}

impl RoleBuilder<'_> {
    fn roles(&self) -> Result<Roles, PolicyError> {
        let seal = |role: Role| match self.integration.rollout.delivery {
            Delivery::Direct => Arc::new(role.with_digest()),
            Delivery::StackSet => Arc::new(role),
        };
        let RoleSpec { name, inline_policies, .. } = &self.integration.role;
        let placed = place(name, inline_policies);
        let special = self.integration.external_id_overrides.iter();
        let special =
            special.map(|(account, external_id)| Ok((account.clone(), seal(self.member_role(external_id, &placed)?))));
        Ok(Roles {
            special: special.collect::<Result<_, _>>()?,
            management: Arc::new(self.management_role(placed.clone())?.with_digest()),
            default: seal(self.member_role(&self.integration.external_id, &placed)?),
        })
    }

    fn member_role(&self, external_id: &ExternalId, placed: &Placement) -> Result<Role, PolicyError> {
        // No `..`: a new key of the file does not compile until someone decides what it means for the role.
        let RoleSpec {
            name,
            path,
            description,
            max_session,
            trust,
            boundary,
            managed_policies,
            inline_policies: _,
            tags,
        } = &self.integration.role;
        // A policy that could not be divided was refused when the files were read.
        let Placement { inline, managed, oversized: _ } = placed;
        let mut tags = tags.clone();
        tags.extend(self.owner_tag());
        Ok(Role {
            name: name.clone(),
            path: path.clone(),
            description: description.clone(),
            trust: trust_policy(trust, external_id, self.partition)?,
            max_session: *max_session,
            boundary: boundary.clone(),
            attached: managed_policies.clone(),
            managed: managed.iter().map(|(name, document)| (name.clone(), document.clone().into())).collect(),
            inline: inline.clone(),
            tags,
        })
    }

    /// The role of the management account: what is placed for members holds for it, too, unless it has more.
    fn management_role(&self, mut placed: Placement) -> Result<Role, PolicyError> {
        let own = self.integration.external_id_overrides.get(self.management_account);
        let external_id = own.unwrap_or(&self.integration.external_id);
        let ManagementAccount::Covered(overlay) = &self.integration.management_account else {
            return self.member_role(external_id, &placed);
        };
        if !overlay.inline_policies.is_empty() {
            let mut declared = self.integration.role.inline_policies.clone();
            declared.extend(overlay.inline_policies.clone());
            placed = place(&self.integration.role.name, &declared);
        }
        let mut role = self.member_role(external_id, &placed)?;
        role.attached.extend(overlay.managed_policies.iter().cloned());
        role.tags.extend(overlay.tags.clone());
        Ok(role)
    }

    fn owner_tag(&self) -> Option<(TagKey, TagValue)> {
        // Both always parse: the key is a constant, and a name's characters are among those of tag values.
        Some((OWNER_TAG.parse().ok()?, self.name.as_str().parse().ok()?))
    }

    fn stack_set(&self, roles: &Roles, units: BTreeSet<OuId>) -> DesiredStackSet {
        let rollout = &self.integration.rollout;
        let mut overrides: BTreeMap<ExternalId, BTreeSet<AccountId>> = BTreeMap::new();
        for (account, external_id) in &self.integration.external_id_overrides {
            // A stack never runs in the management account.
            if *external_id != self.integration.external_id && account != self.management_account {
                overrides.entry(external_id.clone()).or_default().insert(account.clone());
            }
        }
        DesiredStackSet {
            name: StackSetName::of(self.name),
            definition: Definition {
                description: format!("{} for {}, kept by Rolecall", self.integration.role.name, self.name),
                template: Template::render(&roles.default, &overrides),
                capabilities: BTreeSet::from([CAPABILITY.to_owned()]),
                // AWS hands these down to the role, so there must be none that the role does not have.
                tags: self.owner_tag().into_iter().collect(),
                auto_deployment: rollout.auto_deployment,
                managed_execution: ManagedExecution::Active,
            },
            units,
            preferences: Preferences {
                max_concurrent: rollout.max_concurrent,
                failure_tolerance: rollout.failure_tolerance,
            },
        }
    }
}

/// The trust policy of a role: the principals may assume it if they present the external ID.
pub fn trust_policy(
    trust: &TrustSpec,
    external_id: &ExternalId,
    partition: Partition,
) -> Result<PolicyDoc, PolicyError> {
    let mut conditions = trust.conditions.as_object().cloned().unwrap_or_default();
    // Operators are the same whatever their case; a second `StringEquals` beside `stringequals` would be refused.
    let operator = conditions
        .keys()
        .find(|operator| operator.eq_ignore_ascii_case("StringEquals"))
        .cloned()
        .unwrap_or_else(|| "StringEquals".to_owned());
    let entry = conditions.entry(operator).or_insert_with(|| Value::Object(Map::new()));
    if let Value::Object(keys) = entry {
        keys.insert("sts:ExternalId".to_owned(), json!(external_id));
    }
    let document = json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Principal": { "AWS": trust.principals },
            "Action": "sts:AssumeRole",
            "Condition": conditions,
        }],
    });
    PolicyDoc::from_value(&document, PolicyKind::Trust, partition)
}
