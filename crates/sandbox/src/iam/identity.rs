//! What roles, users and groups have in common: inline and managed policies, a boundary, tags.

use std::collections::{BTreeMap, BTreeSet};

use super::checks::{check_identity_document, size};
use super::{Account, IamError, TagMap, aws_managed, schema};
use crate::access::{Policy, Source};

/// How many managed policies a user or a group can have; a role's quota is a switch.
const MAX_ATTACHED: usize = 10;

/// What IAM calls an identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum IdentityKind {
    /// A role.
    Role,
    /// A user.
    User,
    /// A group of users.
    Group,
}

impl IdentityKind {
    /// The kind as error texts and ARNs write it.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Role => "role",
            Self::User => "user",
            Self::Group => "group",
        }
    }

    /// The kind as operations and members write it.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Role => "Role",
            Self::User => "User",
            Self::Group => "Group",
        }
    }

    /// The quota on all inline policies together, in characters without whitespace.
    fn inline_size(self) -> usize {
        match self {
            Self::Role => 10_240,
            Self::User => 2_048,
            Self::Group => 5_120,
        }
    }

    fn source(self) -> Source {
        match self {
            Self::Role => Source::Role,
            Self::User => Source::User,
            Self::Group => Source::Group,
        }
    }

    fn missing_policy(self, policy: &str) -> IamError {
        IamError::no_such_entity(format!("The {} policy with name {policy} cannot be found.", self.word()))
    }
}

/// The policies of an identity.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PoliciesOf<'a> {
    /// Inline policies by name, as submitted.
    pub(crate) inline: &'a BTreeMap<String, String>,
    /// The ARNs of managed policies.
    pub(crate) attached: &'a BTreeSet<String>,
}

impl<'a> PoliciesOf<'a> {
    /// The text of an inline policy.
    pub(crate) fn inline_policy(self, kind: IdentityKind, name: &str) -> Result<&'a str, IamError> {
        self.inline.get(name).map(String::as_str).ok_or_else(|| kind.missing_policy(name))
    }
}

struct PoliciesMut<'a> {
    inline: &'a mut BTreeMap<String, String>,
    attached: &'a mut BTreeSet<String>,
}

impl Account {
    /// The policies of an identity.
    pub(crate) fn policies_of(&self, kind: IdentityKind, name: &str) -> Result<PoliciesOf<'_>, IamError> {
        let (inline, attached) = match kind {
            IdentityKind::Role => self.role(name).map(|role| (&role.inline, &role.attached)),
            IdentityKind::User => self.user(name).map(|user| (&user.inline, &user.attached)),
            IdentityKind::Group => self.group(name).map(|group| (&group.inline, &group.attached)),
        }?;
        Ok(PoliciesOf { inline, attached })
    }

    fn policies_of_mut(&mut self, kind: IdentityKind, name: &str) -> Result<PoliciesMut<'_>, IamError> {
        let (inline, attached) = match kind {
            IdentityKind::Role => self.role_mut(name).map(|role| (&mut role.inline, &mut role.attached)),
            IdentityKind::User => self.user_mut(name).map(|user| (&mut user.inline, &mut user.attached)),
            IdentityKind::Group => self.group_mut(name).map(|group| (&mut group.inline, &mut group.attached)),
        }?;
        Ok(PoliciesMut { inline, attached })
    }

    /// Writes an inline policy, replacing one of the same name.
    pub(crate) fn put_inline_policy(
        &mut self,
        kind: IdentityKind,
        name: &str,
        policy: &str,
        document: &str,
    ) -> Result<(), IamError> {
        schema::member("PolicyName", policy)?;
        let policies = self.policies_of_mut(kind, name)?;
        check_identity_document(document)?;
        let others: usize =
            policies.inline.iter().filter(|(present, _)| *present != policy).map(|(_, text)| size(text)).sum();
        let limit = kind.inline_size();
        if others + size(document) > limit {
            let message = format!("Maximum policy size of {limit} bytes exceeded for {} {name}", kind.word());
            return Err(IamError::limit(message));
        }
        policies.inline.insert(policy.to_owned(), document.to_owned());
        Ok(())
    }

    /// Deletes an inline policy.
    pub(crate) fn delete_inline_policy(
        &mut self,
        kind: IdentityKind,
        name: &str,
        policy: &str,
    ) -> Result<(), IamError> {
        let removed = self.policies_of_mut(kind, name)?.inline.remove(policy);
        removed.map(|_| ()).ok_or_else(|| kind.missing_policy(policy))
    }

    /// Attaches a managed policy; attaching it again changes nothing.
    pub(crate) fn attach_policy(&mut self, kind: IdentityKind, name: &str, arn: &str) -> Result<(), IamError> {
        self.policies_of(kind, name)?;
        let service_linked = kind == IdentityKind::Role && self.role(name)?.service_linked();
        if aws_managed::for_service_linked_roles(arn) && !service_linked {
            let message = "Cannot attach a Service Role Policy to a Customer Role.";
            return Err(IamError::new(400, "PolicyNotAttachable", message));
        }
        self.check_attachable(arn)?;
        let limit = match kind {
            IdentityKind::Role => self.quotas.policies_per_role,
            IdentityKind::User | IdentityKind::Group => MAX_ATTACHED,
        };
        let policies = self.policies_of_mut(kind, name)?;
        if !policies.attached.contains(arn) && policies.attached.len() >= limit {
            let message = format!("Cannot exceed quota for PoliciesPer{}: {limit}", kind.title());
            return Err(IamError::limit(message));
        }
        policies.attached.insert(arn.to_owned());
        Ok(())
    }

    /// Detaches a managed policy.
    pub(crate) fn detach_policy(&mut self, kind: IdentityKind, name: &str, arn: &str) -> Result<(), IamError> {
        if self.policies_of_mut(kind, name)?.attached.remove(arn) {
            Ok(())
        } else {
            Err(IamError::no_such_entity(format!("Policy {arn} was not found.")))
        }
    }

    /// Whether there is a managed policy of this ARN, AWS's own included.
    pub(crate) fn has_managed(&self, arn: &str) -> bool {
        aws_managed::exists(arn) || self.policy(arn).is_ok()
    }

    fn check_attachable(&self, arn: &str) -> Result<(), IamError> {
        if self.has_managed(arn) {
            return Ok(());
        }
        Err(IamError::no_such_entity(format!("Policy {arn} does not exist or is not attachable.")))
    }

    pub(super) fn check_boundary(&self, arn: &str) -> Result<(), IamError> {
        if self.has_managed(arn) {
            return Ok(());
        }
        Err(IamError::no_such_entity(format!("Scope ARN: {arn} does not exist or is not attachable.")))
    }

    /// Everything that grants something to an identity: its own policies, and for a user those of its groups.
    pub(crate) fn granting(&self, kind: IdentityKind, name: &str) -> Vec<Policy<'_>> {
        let groups = match kind {
            IdentityKind::User => self.user(name).ok().into_iter().flat_map(|user| &user.groups).collect(),
            IdentityKind::Role | IdentityKind::Group => Vec::new(),
        };
        let groups = groups.into_iter().map(|group| (IdentityKind::Group, group.as_str()));
        std::iter::once((kind, name))
            .chain(groups)
            .filter_map(|(kind, name)| Some((kind, self.policies_of(kind, name).ok()?)))
            .flat_map(|(kind, policies)| {
                let inline = policies.inline.iter().map(move |(name, document)| Policy {
                    id: name.clone(),
                    source: kind.source(),
                    document,
                });
                inline.chain(policies.attached.iter().filter_map(|arn| self.managed(arn)))
            })
            .collect()
    }

    /// A managed policy as it takes part in a decision, when its document is simulated.
    pub(crate) fn managed(&self, arn: &str) -> Option<Policy<'_>> {
        let source = if aws_managed::exists(arn) { Source::AwsManaged } else { Source::UserManaged };
        Some(Policy { id: arn.to_owned(), source, document: self.managed_document(arn)? })
    }

    /// The ARN of the permissions boundary of an identity, when it has one.
    pub(crate) fn boundary_of(&self, kind: IdentityKind, name: &str) -> Option<&str> {
        match kind {
            IdentityKind::Role => self.role(name).ok()?.boundary.as_deref(),
            IdentityKind::User => self.user(name).ok()?.boundary.as_deref(),
            IdentityKind::Group => None,
        }
    }

    /// The tags of an entity, to change them.
    pub(super) fn tags_mut(&mut self, entity: Tagged<'_>) -> Result<&mut TagMap, IamError> {
        match entity {
            Tagged::Role(name) => self.role_mut(name).map(|role| &mut role.tags),
            Tagged::User(name) => self.user_mut(name).map(|user| &mut user.tags),
            Tagged::Policy(arn) => self.policy_mut(arn).map(|policy| &mut policy.tags),
            Tagged::InstanceProfile(name) => self.instance_profile_mut(name).map(|profile| &mut profile.tags),
            Tagged::OidcProvider(arn) => self.oidc_provider_mut(arn).map(|provider| &mut provider.tags),
            Tagged::SamlProvider(arn) => self.saml_provider_mut(arn).map(|provider| &mut provider.tags),
            Tagged::MfaDevice(serial) => self.virtual_mfa_device_mut(serial).map(|device| &mut device.tags),
        }
    }

    /// The tags of an entity.
    pub(crate) fn tags_of(&self, entity: Tagged<'_>) -> Result<&TagMap, IamError> {
        match entity {
            Tagged::Role(name) => self.role(name).map(|role| &role.tags),
            Tagged::User(name) => self.user(name).map(|user| &user.tags),
            Tagged::Policy(arn) => self.policy(arn).map(|policy| &policy.tags),
            Tagged::InstanceProfile(name) => self.instance_profile(name).map(|profile| &profile.tags),
            Tagged::OidcProvider(arn) => self.oidc_provider(arn).map(|provider| &provider.tags),
            Tagged::SamlProvider(arn) => self.saml_provider(arn).map(|provider| &provider.tags),
            Tagged::MfaDevice(serial) => self.virtual_mfa_device(serial).map(|device| &device.tags),
        }
    }

    /// Adds tags; the same key overwrites.
    pub(crate) fn tag(&mut self, entity: Tagged<'_>, tags: &[(String, String)]) -> Result<(), IamError> {
        super::tags::merge(self.tags_mut(entity)?, tags)
    }

    /// Removes tags; keys that are not there are ignored.
    pub(crate) fn untag(&mut self, entity: Tagged<'_>, keys: &[&str]) -> Result<(), IamError> {
        super::tags::remove(self.tags_mut(entity)?, keys);
        Ok(())
    }

    /// Sets the permissions boundary of a role or a user.
    pub(crate) fn set_boundary(&mut self, bounded: Bounded<'_>, arn: &str) -> Result<(), IamError> {
        self.boundary_of_mut(bounded)?;
        self.check_boundary(arn)?;
        *self.boundary_of_mut(bounded)? = Some(arn.to_owned());
        Ok(())
    }

    /// Removes the permissions boundary of a role or a user.
    pub(crate) fn remove_boundary(&mut self, bounded: Bounded<'_>) -> Result<(), IamError> {
        let (word, name) = match bounded {
            Bounded::Role(name) => ("Role", name),
            Bounded::User(name) => ("User", name),
        };
        match self.boundary_of_mut(bounded)?.take() {
            Some(_) => Ok(()),
            None => Err(IamError::no_such_entity(format!("{word} {name} has no permissions boundary."))),
        }
    }

    fn boundary_of_mut(&mut self, bounded: Bounded<'_>) -> Result<&mut Option<String>, IamError> {
        match bounded {
            Bounded::Role(name) => self.role_mut(name).map(|role| &mut role.boundary),
            Bounded::User(name) => self.user_mut(name).map(|user| &mut user.boundary),
        }
    }
}

/// What can have tags, by what its operations name it with.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Tagged<'a> {
    /// By name.
    Role(&'a str),
    /// By name.
    User(&'a str),
    /// A customer managed policy, by ARN.
    Policy(&'a str),
    /// By name.
    InstanceProfile(&'a str),
    /// By ARN.
    OidcProvider(&'a str),
    /// By ARN.
    SamlProvider(&'a str),
    /// A virtual device, by serial number.
    MfaDevice(&'a str),
}

/// What can have a permissions boundary, by name.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Bounded<'a> {
    /// A role.
    Role(&'a str),
    /// A user.
    User(&'a str),
}
