//! Roles as they were found in a real organization.

use std::collections::{BTreeMap, BTreeSet};

use super::build::{BuildError, create_policies, role_error, seed_stack_sets};
use super::{PolicyEntry, RoleEntry, StackSetEntry};
use crate::iam::{IamError, NewPolicy, NewRole, Trust};
use crate::world::World;

/// A policy whose document nobody copied. It grants nothing.
const UNKNOWN_POLICY: &str =
    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"none:None","Resource":"*"}]}"#;

/// Makes the stacks, and then the roles what they were: those that were found, and of those that the stacks made only
/// the ones in accounts where nobody could look.
pub(super) fn fill(
    world: &mut World,
    unseen: &BTreeSet<String>,
    stack_sets: &[StackSetEntry],
    policies: &[(String, &PolicyEntry)],
    roles: &[(String, &RoleEntry)],
) -> Result<(), BuildError> {
    let before: BTreeMap<String, BTreeSet<String>> =
        world.iam.iter().map(|(account, iam)| (account.clone(), iam.roles.keys().cloned().collect())).collect();
    for (account, entry) in roles {
        let is_copied = |name: &str| policies.iter().any(|(of, policy)| of == account && policy.name == name);
        let made = create_unknown_policies(world, account, entry, &is_copied);
        made.map_err(|error| role_error(account, &entry.name, error))?;
    }
    let unknown: BTreeMap<String, BTreeSet<String>> =
        world.iam.iter().map(|(account, iam)| (account.clone(), iam.policies.keys().cloned().collect())).collect();
    seed_stack_sets(world, stack_sets)?;
    for (account, iam) in &mut world.iam {
        if !unseen.contains(account) {
            let kept = before.get(account);
            // What StackSets themselves need in an account is no stack's.
            iam.roles.retain(|name, role| {
                kept.is_some_and(|kept| kept.contains(name))
                    || role.service_linked()
                    || name.starts_with("stacksets-exec-")
            });
            // So are the policies that were found, and those that the stacks made are not counted twice.
            let kept = unknown.get(account);
            iam.policies.retain(|name, _| kept.is_some_and(|kept| kept.contains(name)));
        }
    }
    create_policies(world, policies)?;
    for (account, entry) in roles {
        create_role(world, account, entry).map_err(|error| role_error(account, &entry.name, error))?;
    }
    Ok(())
}

/// Makes the account's own managed policies that a role has and of which nothing but the name was copied.
fn create_unknown_policies(
    world: &mut World,
    account: &str,
    entry: &RoleEntry,
    is_copied: &dyn Fn(&str) -> bool,
) -> Result<(), IamError> {
    let now = world.now;
    let iam = world.iam_mut(account)?;
    for arn in entry.managed_policies.iter().chain(&entry.permissions_boundary) {
        let (path, name) = path_and_name(arn);
        let is_missing = arn.contains(&format!("::{account}:policy/")) && iam.policy(arn).is_err();
        if is_missing && !is_copied(name) {
            let new = NewPolicy {
                name: name.to_owned(),
                path: path.to_owned(),
                document: UNKNOWN_POLICY.to_owned(),
                description: None,
                tags: Vec::new(),
            };
            iam.create_policy(new, now)?;
        }
    }
    Ok(())
}

/// Makes a role as it was found. One that is there already, like the member role, stays.
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
    let now = world.now;
    let iam = world.iam_mut(account)?;
    if iam.role(name).is_ok() {
        return Ok(());
    }
    let new = NewRole {
        name: name.clone(),
        path: path.clone().unwrap_or_else(|| "/".to_owned()),
        trust: Trust::as_found(&trust.to_string()),
        description: description.clone(),
        max_session: max_session_duration.unwrap_or(3600),
        boundary: None,
        tags: tags.iter().map(|(key, value)| (key.clone(), value.clone())).collect(),
    };
    iam.create_role(new, now)?;
    if let Some(role) = iam.roles.get_mut(&name.to_lowercase()) {
        role.boundary.clone_from(permissions_boundary);
        role.attached = managed_policies.iter().cloned().collect();
        role.inline = inline_policies.iter().map(|(name, document)| (name.clone(), document.to_string())).collect();
    }
    Ok(())
}

/// The path, from slash to slash, and the name of a policy's ARN.
fn path_and_name(arn: &str) -> (&str, &str) {
    let rest = arn.split_once(":policy").map_or("", |(_, rest)| rest);
    rest.rsplit_once('/').map_or(("/", rest), |(path, name)| (&rest[..=path.len()], name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_of_a_policy_is_from_slash_to_slash() {
        assert_eq!(path_and_name("arn:aws:iam::222222222222:policy/Boundary"), ("/", "Boundary"));
        assert_eq!(path_and_name("arn:aws:iam::222222222222:policy/team/a/Boundary"), ("/team/a/", "Boundary"));
    }
}
