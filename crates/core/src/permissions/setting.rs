//! The ARNs in which the kinds of resources are written, for one organization or for any.

use std::collections::BTreeSet;

use super::Kind;
use crate::ids::{AccountId, OrgId, OuId, Partition, Region, RoleName, RolePath, StackSetName};
use crate::org::Org;
use crate::own_policy;
use crate::spec::{CallAs, Delivery, Integration, LockUse, Spec};

/// The member role that Organizations makes in accounts that it creates, and that the file means when it names none.
const MEMBER_ROLE: &str = "OrganizationAccountAccessRole";

/// The service-linked role that `ActivateOrganizationsAccess` makes in the management account.
const SERVICE_LINKED_ROLE: &str =
    "aws-service-role/stacksets.cloudformation.amazonaws.com/AWSServiceRoleForCloudFormationStackSetsOrgAdmin";

/// What permissions are narrowed to. What is not known stays a wildcard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// The partition.
    pub partition: Partition,
    /// The organization.
    pub organization: Option<OrgId>,
    /// The management account.
    pub management_account: Option<AccountId>,
    /// As whom StackSets are called.
    pub call_as: CallAs,
    /// Whether `apply` takes a lock.
    pub lock: LockUse,
    /// The Region of the stack sets and of the lock.
    pub region: Option<Region>,
    /// The role that is assumed in members.
    pub member_role: String,
    /// The roles that are kept; any role when `None`.
    pub roles: Option<BTreeSet<ManagedRole>>,
    /// The stack sets that the file describes. Policies are not narrowed to them, but widened by those that have a name that
    /// we would not give: one whose integration left the file must be read and deleted, too.
    pub stack_sets: BTreeSet<StackSetName>,
}

/// A role that is kept.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ManagedRole {
    /// Its name.
    pub name: RoleName,
    /// Its path.
    pub path: RolePath,
}

impl Setting {
    /// What holds for every organization, file and Region.
    pub fn generic() -> Self {
        Self {
            partition: Partition::default(),
            organization: None,
            management_account: None,
            call_as: CallAs::Management,
            lock: LockUse::On,
            region: None,
            member_role: MEMBER_ROLE.to_owned(),
            roles: None,
            stack_sets: BTreeSet::new(),
        }
    }

    /// What the files say.
    pub fn of(spec: &Spec) -> Self {
        let roles = spec.integrations.values().map(|integration| &integration.role);
        let delivered = |integration: &Integration| integration.rollout.delivery == Delivery::StackSet;
        let stack_sets = spec.integrations.iter().filter(|(_, integration)| delivered(integration));
        let access = &spec.access;
        Self {
            partition: Partition::of(&access.region),
            organization: Some(spec.organization.id.clone()),
            management_account: spec.organization.management_account.clone(),
            call_as: access.call_as,
            lock: access.lock,
            region: Some(access.region.clone()),
            member_role: access.member_role.to_string(),
            roles: Some(roles.map(|role| ManagedRole { name: role.name.clone(), path: role.path.clone() }).collect()),
            stack_sets: stack_sets
                .map(|(name, wanted)| wanted.adopt.stack_set.clone().unwrap_or_else(|| StackSetName::of(name)))
                .collect(),
        }
    }

    /// The resources of a kind as a policy names them.
    pub fn resources(&self, kind: Kind) -> Vec<String> {
        let Self { partition, organization, management_account, region, member_role, .. } = self;
        let organization = organization.as_ref().map_or("o-*", OrgId::as_str);
        let management = management_account.as_ref().map_or("*", AccountId::as_str);
        let region = region.as_ref().map_or("*", Region::as_str);
        let sets = self.stack_set_patterns();
        match kind {
            Kind::Any | Kind::History => vec!["*".to_owned()],
            Kind::Units => vec![
                format!("arn:{partition}:organizations::{management}:ou/{organization}/ou-*"),
                format!("arn:{partition}:organizations::{management}:root/{organization}/r-*"),
            ],
            Kind::StackSets => {
                let arn = |set| format!("arn:{partition}:cloudformation:{region}:{}:stackset/{set}:*", self.home());
                sets.map(arn).collect()
            }
            Kind::StackSetOperations => {
                let arns = |set| {
                    ["stackset-target", "stackset"]
                        .map(|kind| format!("arn:{partition}:cloudformation:{region}:{}:{kind}/{set}:*", self.home()))
                };
                // The account of AWS's own types is empty.
                let types = ["AWS-IAM-ManagedPolicy", "AWS-IAM-Role"]
                    .map(|name| format!("arn:{partition}:cloudformation:{region}:*:type/resource/{name}"));
                sets.flat_map(arns).chain(types).collect()
            }
            // As StackSets name the stacks.
            Kind::Stacks => {
                let names = sets.map(|set| format!("{}-*", set.trim_end_matches("-*")));
                names.map(|name| format!("arn:{partition}:cloudformation:{region}:*:stack/StackSet-{name}/*")).collect()
            }
            Kind::ServiceLinkedRole => vec![format!("arn:{partition}:iam::{management}:role/{SERVICE_LINKED_ROLE}")],
            Kind::Roles => self.role_resources(),
            Kind::Policies => vec![format!("arn:{partition}:iam::*:policy{}*", own_policy::PATH)],
            Kind::MemberRole => vec![format!("arn:{partition}:iam::*:role/{member_role}")],
            Kind::Principals => {
                vec![format!("arn:{partition}:iam::*:role/*"), format!("arn:{partition}:iam::*:user/*")]
            }
            Kind::Lock => vec![format!("arn:{partition}:ssm:{region}:*:parameter/rolecall/lock/{organization}")],
        }
    }

    /// The names of stack sets as patterns: all that we give, and those that others gave to adopted ones.
    fn stack_set_patterns(&self) -> impl Iterator<Item = String> {
        let adopted = self.stack_sets.iter().filter(|name| !name.as_str().starts_with(StackSetName::PREFIX));
        std::iter::once(format!("{}*", StackSetName::PREFIX)).chain(adopted.map(ToString::to_string))
    }

    /// The account of the stack sets: of a delegated administrator it is the management account's, which AWS leaves open
    /// whether policies must name it.
    fn home(&self) -> &str {
        match (self.call_as, &self.management_account) {
            (CallAs::Management, Some(account)) => account.as_str(),
            (CallAs::Management, None) | (CallAs::DelegatedAdmin, _) => "*",
        }
    }

    fn role_resources(&self) -> Vec<String> {
        let partition = self.partition;
        match &self.roles {
            None => vec![format!("arn:{partition}:iam::*:role/*")],
            Some(roles) => roles
                .iter()
                .map(|ManagedRole { name, path }| format!("arn:{partition}:iam::*:role{path}{name}"))
                .collect(),
        }
    }
}

/// Where somebody's permissions are tried out.
#[derive(Debug, Clone, Copy)]
pub struct Scene<'a> {
    /// The account of whoever calls.
    pub account: &'a AccountId,
    /// The organization.
    pub org: &'a Org,
}

impl Setting {
    /// Resources of a kind as they are or could be, without wildcards, on which permissions can be tried out. None where
    /// nothing of the kind is described, or where trying out says less than calling.
    pub fn examples(&self, kind: Kind, scene: Scene<'_>) -> Vec<String> {
        let Scene { account, org } = scene;
        let Self { partition, region, .. } = self;
        let Org { id: organization, management_account: management, root, units, accounts: _ } = org;
        let region = region.as_ref().map_or("us-east-1", Region::as_str);
        let stack_sets = |kind: &str, rest: &str| -> Vec<String> {
            let arn = format!("arn:{partition}:cloudformation:{region}:{management}:{kind}");
            self.stack_sets.iter().map(|name| format!("{arn}/{name}:{EXAMPLE_ID}{rest}")).collect()
        };
        match kind {
            Kind::Any | Kind::History => vec!["*".to_owned()],
            Kind::Units => {
                let arn = |kind: &str, id: &OuId| {
                    format!("arn:{partition}:organizations::{management}:{kind}/{organization}/{id}")
                };
                units.keys().take(1).map(|id| arn("ou", id)).chain([arn("root", root)]).collect()
            }
            Kind::StackSets => stack_sets("stackset", ""),
            Kind::StackSetOperations => {
                let mut examples = stack_sets("stackset", "");
                if !examples.is_empty() {
                    examples.extend(stack_sets("stackset-target", &format!("/{root}")));
                    let type_of =
                        |name| format!("arn:{partition}:cloudformation:{region}::type/resource/AWS-IAM-{name}");
                    examples.extend(["ManagedPolicy", "Role"].map(type_of));
                }
                examples
            }
            Kind::Stacks => {
                let arn = format!("arn:{partition}:cloudformation:{region}:{account}:stack/StackSet");
                self.stack_sets.iter().map(|name| format!("{arn}-{name}-{EXAMPLE_ID}/{EXAMPLE_ID}")).collect()
            }
            Kind::ServiceLinkedRole => vec![format!("arn:{partition}:iam::{management}:role/{SERVICE_LINKED_ROLE}")],
            Kind::Roles => {
                let roles = self.roles.iter().flatten();
                roles.map(|role| format!("arn:{partition}:iam::{account}:role{}{}", role.path, role.name)).collect()
            }
            Kind::Policies => {
                let roles = self.roles.iter().flatten();
                let policy = |role: &ManagedRole| {
                    format!("arn:{partition}:iam::{account}:policy{}example", own_policy::path(&role.name))
                };
                roles.map(policy).collect()
            }
            Kind::Lock => {
                vec![format!("arn:{partition}:ssm:{region}:{account}:parameter/rolecall/lock/{organization}")]
            }
            Kind::MemberRole | Kind::Principals => Vec::new(),
        }
    }
}

/// The unique part of the id of a stack set that may not be there.
const EXAMPLE_ID: &str = "00000000-0000-4000-8000-000000000000";
