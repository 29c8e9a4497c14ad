//! Writing a file for what is there already: roles that ask for an external ID, made by hand or by someone's stack set.

mod file;
mod group;
mod name;
mod reason;
mod shape;
mod targets;
#[cfg(test)]
mod tests;
mod write;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use self::group::{Draft, Namesakes};
pub use self::reason::Reason;
use crate::ids::{AccountId, IntegrationName, RoleName, StackSetName};
use crate::observed::{LiveStackSet, Observed, Reading};
use crate::snapshot::Snapshot;
use crate::spec::{self, Lookup, SourceFile};

/// A file for what is there, and what is not in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Import {
    /// The file, which `validate` accepts. What was left out stands at its end, in comments.
    pub text: String,
    /// The integrations, and the role of each.
    pub integrations: BTreeMap<IntegrationName, RoleName>,
    /// The integrations that are in the organization already. They are not in the file, so a plan of it alone would
    /// delete their roles.
    pub ours: BTreeSet<IntegrationName>,
    /// What was found and could not be said.
    pub left_out: Vec<LeftOut>,
}

/// Something that was found and is not in the file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct LeftOut {
    /// What it is.
    pub thing: Thing,
    /// Why it was left out.
    pub reason: Reason,
}

/// Something that was found.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Thing {
    /// A role in an account.
    Role(RoleName, AccountId),
    /// A stack set.
    StackSet(StackSetName),
    /// All stack sets.
    StackSets,
    /// An account.
    Account(AccountId),
}

impl LeftOut {
    fn role(name: &RoleName, account: &AccountId, reason: Reason) -> Self {
        Self { thing: Thing::Role(name.clone(), account.clone()), reason }
    }
}

impl fmt::Display for Thing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Role(name, account) => write!(f, "role {name} of account {account}"),
            Self::StackSet(name) => write!(f, "stack set {name}"),
            Self::StackSets => f.write_str("the stack sets"),
            Self::Account(account) => write!(f, "account {account}"),
        }
    }
}

/// Writes a file for what a snapshot holds and is not Rolecall's yet: one integration for each name of a role that asks for
/// an external ID.
///
/// Role names are unique among integrations, so where roles of one name differ, the most frequent one is in the file,
/// and the accounts with another are left out. Whatever the file says, a plan of it shows what would be taken over.
pub fn import(snapshot: &Snapshot) -> Import {
    let mut left_out = unread_accounts(snapshot);
    let mut drafts: BTreeMap<IntegrationName, Draft> = BTreeMap::new();
    let ours = owners(snapshot);
    let mut taken = ours.clone();
    for roles in namesakes(snapshot).values() {
        let Some(draft) = group::draft(snapshot, roles, &mut left_out) else { continue };
        let Some(name) = name::of_role(&draft.role, &taken) else { continue };
        match refusal(snapshot, &name, &draft) {
            None => {
                taken.insert(name.clone());
                drafts.insert(name, draft);
            }
            Some(problem) => {
                let reason = Reason::Refused(problem);
                left_out.extend(roles.keys().map(|account| LeftOut::role(&draft.role, account, reason.clone())));
            }
        }
    }
    left_out.extend(group::unused_stack_sets(snapshot, &drafts.values().collect::<Vec<_>>()));
    left_out.sort();
    Import {
        text: file::whole(snapshot, &ours, &drafts, &left_out),
        integrations: drafts.into_iter().map(|(name, draft)| (name, draft.role)).collect(),
        ours,
        left_out,
    }
}

/// The names of integrations that are in use already.
fn owners(snapshot: &Snapshot) -> BTreeSet<IntegrationName> {
    let Observed { org: _, trusted_access: _, stack_sets, roles, foreign_policies: _ } = &snapshot.observed;
    let sets = stack_sets.known().into_iter().flat_map(BTreeMap::values).filter_map(Reading::known);
    let roles = roles.values().filter_map(Reading::known).flat_map(BTreeMap::values);
    let of_sets: BTreeSet<IntegrationName> = sets.filter_map(LiveStackSet::owner).collect();
    roles.filter_map(|live| live.role.owner()).chain(of_sets).collect()
}

fn unread_accounts(snapshot: &Snapshot) -> Vec<LeftOut> {
    let readings = snapshot.observed.roles.iter();
    let unread = readings.filter_map(|(account, reading)| match reading {
        Reading::Known(_) => None,
        Reading::Unreadable(failure) => {
            Some(LeftOut { thing: Thing::Account(account.clone()), reason: Reason::Unread(failure.to_string()) })
        }
    });
    unread.collect()
}

/// The roles that ask for an external ID and are nobody's, by name: names that differ in case only are the same.
fn namesakes(snapshot: &Snapshot) -> BTreeMap<String, Namesakes<'_>> {
    let mut found: BTreeMap<String, Namesakes<'_>> = BTreeMap::new();
    for (account, reading) in &snapshot.observed.roles {
        for (name, live) in reading.known().into_iter().flatten() {
            let asks = live.role.trust.to_json().to_ascii_lowercase().contains("sts:externalid");
            if asks && live.role.owner().is_none() {
                found.entry(name.as_str().to_lowercase()).or_default().insert(account, &live.role);
            }
        }
    }
    found
}

/// What `validate` would say of a file with this integration alone.
fn refusal(snapshot: &Snapshot, name: &IntegrationName, draft: &Draft) -> Option<String> {
    let text = file::of_one(snapshot, name, draft);
    let source = SourceFile { name: "import".to_owned(), text };
    let problems = spec::parse(&[source], &Nothing).err()?;
    let messages: Vec<&str> = problems.list.iter().map(|problem| problem.message.as_str()).collect();
    Some(messages.join("; "))
}

/// A file that was just made refers to nothing.
struct Nothing;

impl Lookup for Nothing {
    fn file(&self, _: &str, _: &str) -> Result<String, String> {
        Err("there are no files".to_owned())
    }

    fn environment(&self, _: &str) -> Result<String, String> {
        Err("there is no environment".to_owned())
    }
}
