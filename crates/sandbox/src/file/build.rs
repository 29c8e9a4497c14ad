//! From an organization file to a world.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};

use super::{
    AccountEntry, MemberRole, OrganizationFile, Origin, PolicyEntry, RoleEntry, StackSetEntry, UnitEntry, copied,
};
use crate::cfn;
use crate::iam::{self, IamError, NewPolicy, NewRole};
use crate::org::{self, Joined, MAX_UNIT_DEPTH};
use crate::switches::Switches;
use crate::world::{World, hex};

/// Why an organization cannot be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BuildError {
    /// An id that does not have the form AWS gives it.
    #[error("{what} \"{id}\" must match {pattern}")]
    BadId {
        /// What it is the id of.
        what: &'static str,
        /// As written.
        id: String,
        /// The form.
        pattern: &'static str,
    },
    /// An id or name twice.
    #[error("{what} \"{id}\" is used more than once")]
    Duplicate {
        /// What it is the id or name of.
        what: &'static str,
        /// As written.
        id: String,
    },
    /// Units nest at most five deep.
    #[error("unit \"{unit}\" is {depth} levels deep; AWS allows {MAX_UNIT_DEPTH}")]
    TooDeep {
        /// Its path of names.
        unit: String,
        /// Its depth.
        depth: usize,
    },
    /// The management account is always active.
    #[error("the management account must be ACTIVE")]
    ManagementNotActive,
    /// Service control policies do not affect the management account.
    #[error("`deny` has no effect on the management account; remove it")]
    ManagementDenied,
    /// IAM refuses a role as it is written.
    #[error("role \"{role}\" of account {account}: {message}")]
    Role {
        /// The account's id.
        account: String,
        /// The role's name.
        role: String,
        /// IAM's words.
        message: String,
    },
    /// A stack set cannot be made as it is written.
    #[error("stack set \"{stack_set}\": {message}")]
    StackSet {
        /// Its name.
        stack_set: String,
        /// What is wrong with it.
        message: String,
    },
}

/// Checks that an organization can be built from a file.
pub(super) fn check(file: &OrganizationFile) -> Result<(), BuildError> {
    World::new(file, Timestamp::UNIX_EPOCH).map(|_| ())
}

impl World {
    /// The world that an organization file describes, at a time. Ids that the file leaves out are derived from it.
    ///
    /// # Errors
    /// Ids and names that AWS would not give, and roles that IAM would refuse.
    pub fn new(file: &OrganizationFile, now: Timestamp) -> Result<Self, BuildError> {
        let OrganizationFile {
            organization,
            management_account,
            root,
            trusted_access,
            switches,
            seed,
            clock: _,
            origin,
            accounts,
            units,
            stack_sets,
        } = file;
        check_id("organization id", organization, "o-", 10, "o-[a-z0-9]{10,32}")?;
        let root = root.clone().unwrap_or_else(|| format!("r-{}", &hex(&[organization, "root"])[..4]));
        check_id("root id", &root, "r-", 4, "r-[0-9a-z]{4,32}")?;
        check_account_id(management_account)?;
        let mut builder = Builder {
            world: World {
                now,
                wall: now,
                seed: seed.clone().unwrap_or_else(|| organization.clone()),
                serial: 0,
                // What the file describes is there for everybody from the start.
                switches: Switches { iam_delay_seconds: 0, ..switches.clone() },
                org: org::Organization {
                    id: organization.clone(),
                    management_account: management_account.clone(),
                    root: root.clone(),
                    units: BTreeMap::new(),
                    accounts: BTreeMap::new(),
                    closing: BTreeMap::new(),
                    closed: BTreeMap::new(),
                    closures: Vec::new(),
                    departed: BTreeMap::new(),
                    handshakes: BTreeMap::new(),
                    policies: org::Policies::default(),
                    creations: BTreeMap::new(),
                    services: BTreeMap::new(),
                    delegated: BTreeMap::new(),
                    tags: BTreeMap::new(),
                    stack_sets_access: false,
                },
                iam: BTreeMap::new(),
                iam_past: iam::Past::default(),
                sts: BTreeMap::new(),
                cfn: crate::cfn::State::default(),
                ssm: crate::ssm::Store::default(),
                trail: crate::trail::Trail::off(),
                faults: crate::faults::Faults::default(),
            },
            taken: given_account_ids(accounts, units)?,
            emails: BTreeSet::new(),
            joined_at: now.checked_sub(SignedDuration::from_hours(400 * 24)).unwrap_or(Timestamp::MIN),
            roles: Vec::new(),
            policies: Vec::new(),
        };
        builder.taken.insert(management_account.clone());
        builder.children(&root, "", 0, accounts, units)?;
        builder.management()?;
        if *trusted_access {
            org::activate_stack_sets_access(&mut builder.world).map_err(|error| {
                let management = builder.world.org.management_account.clone();
                role_error(&management, "AWSServiceRoleForCloudFormationStackSetsOrgAdmin", error)
            })?;
        }
        let Builder { mut world, roles, policies, .. } = builder;
        match origin {
            Origin::Written => {
                seed_stack_sets(&mut world, stack_sets)?;
                create_policies(&mut world, &policies)?;
                for (account, entry) in roles {
                    let made = create_role(&mut world, &account, entry);
                    made.map_err(|error| role_error(&account, &entry.name, error))?;
                }
            }
            Origin::Copied { unseen } => copied::fill(&mut world, unseen, stack_sets, &policies, &roles)?,
        }
        world.switches.iam_delay_seconds = switches.iam_delay_seconds;
        world.trail = crate::trail::Trail::default();
        Ok(world)
    }
}

struct Builder<'a> {
    world: World,
    taken: BTreeSet<String>,
    emails: BTreeSet<String>,
    /// When the accounts joined: long enough ago to be removed again.
    joined_at: Timestamp,
    /// Roles by hand, made last: their trust policies may name each other's accounts.
    roles: Vec<(String, &'a RoleEntry)>,
    /// Policies by hand, made before the roles that may have them.
    policies: Vec<(String, &'a PolicyEntry)>,
}

impl<'a> Builder<'a> {
    fn children(
        &mut self,
        parent: &str,
        path: &str,
        depth: usize,
        accounts: &'a [AccountEntry],
        units: &'a [UnitEntry],
    ) -> Result<(), BuildError> {
        for (index, entry) in accounts.iter().enumerate() {
            self.account(parent, &format!("{path}#{index}"), entry)?;
        }
        let mut names = BTreeSet::new();
        for unit in units {
            let path = if path.is_empty() { unit.name.clone() } else { format!("{path}/{}", unit.name) };
            if !names.insert(&unit.name) {
                return Err(BuildError::Duplicate { what: "unit", id: path });
            }
            if depth + 1 > MAX_UNIT_DEPTH {
                return Err(BuildError::TooDeep { unit: path, depth: depth + 1 });
            }
            let id = self.unit(parent, &path, unit)?;
            self.children(&id, &path, depth + 1, &unit.accounts, &unit.units)?;
        }
        Ok(())
    }

    fn unit(&mut self, parent: &str, path: &str, unit: &UnitEntry) -> Result<String, BuildError> {
        let org = &mut self.world.org;
        let suffix = org.root.trim_start_matches("r-").to_owned();
        let id = match &unit.id {
            None => format!("ou-{suffix}-{}", &hex(&[&org.id, "unit", path])[..8]),
            Some(id) => {
                let prefix = format!("ou-{suffix}-");
                check_id("unit id", id, &prefix, 8, "ou-<root's suffix>-[a-z0-9]{8,32}")?;
                id.clone()
            }
        };
        let unit = org::Unit { id: id.clone(), name: unit.name.clone(), parent: parent.to_owned() };
        match org.units.insert(id.clone(), unit) {
            None => Ok(id),
            Some(_) => Err(BuildError::Duplicate { what: "unit id", id }),
        }
    }

    fn account(&mut self, parent: &str, place: &str, entry: &'a AccountEntry) -> Result<(), BuildError> {
        let AccountEntry { name, id, email, state, alias, member_role, deny, policies, roles } = entry;
        let id = id.clone().unwrap_or_else(|| self.derive_account_id(place, name));
        let management = id == self.world.org.management_account;
        if management && *state != org::AccountState::Active {
            return Err(BuildError::ManagementNotActive);
        }
        if management && !deny.is_empty() {
            return Err(BuildError::ManagementDenied);
        }
        let email = email.clone().unwrap_or_else(|| format!("aws+{id}@example.com"));
        if !self.emails.insert(email.to_lowercase()) {
            return Err(BuildError::Duplicate { what: "e-mail address", id: email });
        }
        let account = org::Account {
            id: id.clone(),
            name: name.clone(),
            email,
            state: *state,
            parent: parent.to_owned(),
            joined: match member_role {
                MemberRole::None => Joined::Invited,
                MemberRole::Named(_) if management => Joined::Invited,
                MemberRole::Named(_) => Joined::Created,
            },
            joined_at: self.joined_at,
            deny: deny.clone(),
        };
        self.world.org.accounts.insert(id.clone(), account);
        let mut iam = iam::Account::new(&id);
        iam.alias.clone_from(alias);
        self.world.iam.insert(id.clone(), iam);
        if let MemberRole::Named(role) = member_role
            && !management
        {
            let made = org::create_member_role(&mut self.world, &id, role);
            made.map_err(|error| role_error(&id, role, error))?;
        }
        self.policies.extend(policies.iter().map(|policy| (id.clone(), policy)));
        self.roles.extend(roles.iter().map(|role| (id.clone(), role)));
        Ok(())
    }

    fn management(&mut self) -> Result<(), BuildError> {
        let id = self.world.org.management_account.clone();
        if self.world.org.accounts.contains_key(&id) {
            return Ok(());
        }
        let email = format!("aws+{id}@example.com");
        if !self.emails.insert(email.clone()) {
            return Err(BuildError::Duplicate { what: "e-mail address", id: email });
        }
        let account = org::Account {
            id: id.clone(),
            name: "Management".to_owned(),
            email,
            state: org::AccountState::Active,
            parent: self.world.org.root.clone(),
            joined: Joined::Invited,
            joined_at: self.joined_at,
            deny: BTreeSet::new(),
        };
        self.world.org.accounts.insert(id.clone(), account);
        self.world.iam.insert(id.clone(), iam::Account::new(&id));
        Ok(())
    }

    fn derive_account_id(&mut self, place: &str, name: &str) -> String {
        let mut attempt = 0_u32;
        loop {
            let digits = hex(&[&self.world.org.id, "account", place, name, &attempt.to_string()]);
            let number = u64::from_str_radix(&digits[..15], 16).unwrap_or(0);
            let id = format!("{:012}", 100_000_000_000 + number % 900_000_000_000);
            if self.taken.insert(id.clone()) {
                return id;
            }
            attempt += 1;
        }
    }
}

pub(super) fn seed_stack_sets(world: &mut World, stack_sets: &[StackSetEntry]) -> Result<(), BuildError> {
    for entry in stack_sets {
        let unknown = entry.instances.iter().find(|instance| !world.iam.contains_key(&instance.account));
        let made = match unknown {
            Some(instance) => Err(format!("there is no account {}", instance.account)),
            None => cfn::seed_stack_set(world, entry),
        };
        made.map_err(|message| BuildError::StackSet { stack_set: entry.name.clone(), message })?;
    }
    Ok(())
}

pub(super) fn create_policies(world: &mut World, policies: &[(String, &PolicyEntry)]) -> Result<(), BuildError> {
    for (account, entry) in policies {
        create_policy(world, account, entry).map_err(|error| role_error(account, &entry.name, error))?;
    }
    Ok(())
}

fn create_policy(world: &mut World, account: &str, entry: &PolicyEntry) -> Result<(), IamError> {
    let PolicyEntry { name, path, document, idle_versions } = entry;
    let now = world.now;
    let iam = world.iam_mut(account)?;
    let new = NewPolicy {
        name: name.clone(),
        path: path.clone().unwrap_or_else(|| "/".to_owned()),
        document: document.to_string(),
        description: None,
        tags: Vec::new(),
    };
    iam.create_policy(new, now)?;
    if let Some(policy) = iam.policies.get_mut(&name.to_lowercase()) {
        policy.number_versions(idle_versions);
    }
    Ok(())
}

fn create_role(world: &mut World, account: &str, entry: &RoleEntry) -> Result<(), IamError> {
    let RoleEntry {
        name,
        path,
        description,
        max_session_duration,
        trust,
        inline_policies,
        managed_policies,
        permissions_boundary,
        tags,
    } = entry;
    let trust = world.trust(&trust.to_string())?;
    let now = world.now;
    let iam = world.iam_mut(account)?;
    let new = NewRole {
        name: name.clone(),
        path: path.clone().unwrap_or_else(|| "/".to_owned()),
        trust,
        description: description.clone(),
        max_session: max_session_duration.unwrap_or(3600),
        boundary: permissions_boundary.clone(),
        tags: tags.iter().map(|(key, value)| (key.clone(), value.clone())).collect(),
    };
    iam.create_role(new, now)?;
    for (policy, document) in inline_policies {
        iam.put_role_policy(name, policy, &document.to_string())?;
    }
    for policy in managed_policies {
        let arn = if policy.starts_with("arn:") { policy.clone() } else { format!("arn:aws:iam::aws:policy/{policy}") };
        iam.attach_role_policy(name, &arn)?;
    }
    Ok(())
}

fn given_account_ids(accounts: &[AccountEntry], units: &[UnitEntry]) -> Result<BTreeSet<String>, BuildError> {
    let mut taken = BTreeSet::new();
    let mut pending: Vec<(&[AccountEntry], &[UnitEntry])> = vec![(accounts, units)];
    while let Some((accounts, units)) = pending.pop() {
        for id in accounts.iter().filter_map(|account| account.id.as_ref()) {
            check_account_id(id)?;
            if !taken.insert(id.clone()) {
                return Err(BuildError::Duplicate { what: "account id", id: id.clone() });
            }
        }
        pending.extend(units.iter().map(|unit| (unit.accounts.as_slice(), unit.units.as_slice())));
    }
    Ok(taken)
}

pub(super) fn role_error(account: &str, role: &str, error: IamError) -> BuildError {
    BuildError::Role { account: account.to_owned(), role: role.to_owned(), message: error.message }
}

fn check_account_id(id: &str) -> Result<(), BuildError> {
    if iam::is_account_id(id) {
        return Ok(());
    }
    Err(BuildError::BadId { what: "account id", id: id.to_owned(), pattern: "twelve digits, in quotes" })
}

fn check_id(
    what: &'static str,
    id: &str,
    prefix: &str,
    shortest: usize,
    pattern: &'static str,
) -> Result<(), BuildError> {
    let fits = id.strip_prefix(prefix).is_some_and(|rest| {
        (shortest..=32).contains(&rest.len())
            && rest.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
    });
    if fits { Ok(()) } else { Err(BuildError::BadId { what, id: id.to_owned(), pattern }) }
}
