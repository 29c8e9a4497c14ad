//! A snapshot: what was seen of a whole organization, kept so that plans can be made from it later and elsewhere.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::desired::Desired;
use crate::ids::{AccountId, Region, RoleName};
use crate::observed::{Observed, ReadFailure, Reading};
use crate::scope;
use crate::spec::{Access, Spec};

/// What was seen of a whole organization, and what was passed over.
///
/// Every account in use was read, whether or not a file targeted it, so that a plan for an integration that did not
/// exist then can be made too.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    /// When it was begun, RFC 3339.
    pub taken_at: String,
    /// How AWS was reached.
    pub access: Access,
    /// What was seen. Its stack sets are ours and those that deploy a role with an external ID; its roles are those that
    /// the files named, those with an ownership tag, and those that ask for an external ID.
    pub observed: Observed,
    /// The other roles, by name, and the accounts in which they were: of these nothing but the name was kept. Roles under
    /// the paths that AWS keeps for itself are not here.
    pub other_roles: BTreeMap<RoleName, BTreeSet<AccountId>>,
}

/// Why nothing can be planned from a snapshot.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SnapshotError {
    /// Stack sets belong to a Region, and it was another one.
    #[error("the snapshot was taken in Region {taken}, but `access.region` is {wanted}")]
    OtherRegion {
        /// The Region of the snapshot.
        taken: Region,
        /// The Region in the file.
        wanted: Region,
    },
}

impl Snapshot {
    /// What reading the organization for these files would have shown when the snapshot was taken.
    ///
    /// Only what a plan looks at is in the result, as `observe` would have read nothing else. An account that
    /// has a role of a wanted name of which the snapshot kept nothing else is `Unreadable`: what is not in the snapshot is
    /// unknown, never absent.
    ///
    /// # Errors
    /// A snapshot of another Region.
    pub fn observed(mut self, spec: &Spec, desired: &Desired) -> Result<Observed, SnapshotError> {
        if self.access.region != spec.access.region {
            let (taken, wanted) = (self.access.region, spec.access.region.clone());
            return Err(SnapshotError::OtherRegion { taken, wanted });
        }
        let Observed { org, trusted_access: _, stack_sets, roles, foreign_policies: _ } = &mut self.observed;
        let scope = scope::accounts(org);
        let wanted = scope::role_names(desired, stack_sets);
        roles.retain(|account, _| scope.contains(account));
        for reading in roles.values_mut() {
            if let Reading::Known(roles) = reading {
                roles
                    .retain(|name, live| live.role.owner().is_some() || wanted.contains(&name.as_str().to_lowercase()));
            }
        }
        let passed_over = self.other_roles.iter().filter(|(name, _)| wanted.contains(&name.as_str().to_lowercase()));
        for (name, accounts) in passed_over {
            for account in accounts {
                if let Some(reading @ Reading::Known(_)) = roles.get_mut(account) {
                    *reading = Reading::Unreadable(not_kept(name));
                }
            }
        }
        Ok(self.observed)
    }
}

fn not_kept(role: &RoleName) -> ReadFailure {
    ReadFailure {
        call: "iam:GetRole".to_owned(),
        code: "(not in the snapshot)".to_owned(),
        message: format!("the account has a role {role}, of which the snapshot kept nothing but the name"),
        request_id: None,
        advice: Some("take the snapshot again with these files: `rolecall snapshot -f FILE`".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::IntegrationName;
    use crate::observed::LiveRole;
    use crate::org::AccountState;
    use crate::planner::plan;
    use crate::planner::testing::{account, denied, desired, foreign, fresh, id, integration, live, org, spec, tamper};
    use crate::role::OWNER_TAG;
    use crate::spec::OuRef;

    fn snapshot(observed: Observed, access: &Access) -> Snapshot {
        let taken_at = "2026-03-01T10:00:00Z".to_owned();
        Snapshot { taken_at, access: access.clone(), observed, other_roles: BTreeMap::new() }
    }

    fn world() -> Observed {
        fresh(org(&[(2, "prod", AccountState::Active), (3, "sec", AccountState::Active)]))
    }

    fn put(observed: &mut Observed, number: usize, role: LiveRole) {
        let Some(Reading::Known(roles)) = observed.roles.get_mut(&account(number)) else { panic!("not read") };
        roles.insert(role.role.name.clone(), role);
    }

    #[test]
    fn the_plan_from_a_snapshot_is_the_plan_from_aws() {
        let file = spec(&[("prowler", integration("ProwlerScan", &[OuRef::Root]))]);
        let mut observed = world();
        observed.roles.insert(account(3), Reading::Unreadable(denied()));
        let wanted = desired(&file, &observed);
        let seen = snapshot(observed.clone(), &file.access).observed(&file, &wanted).unwrap();
        assert_eq!(plan(&wanted, &seen), plan(&wanted, &observed));
    }

    #[test]
    fn a_role_of_which_only_the_name_was_kept_makes_its_account_unknown() {
        let file = spec(&[("prowler", integration("ProwlerScan", &[OuRef::Root]))]);
        let wanted = desired(&file, &world());
        let mut taken = snapshot(world(), &file.access);
        taken.other_roles.insert(id("prowlerSCAN"), BTreeSet::from([account(2)]));
        taken.other_roles.insert(id("Unrelated"), BTreeSet::from([account(3)]));
        let plan = plan(&wanted, &taken.observed(&file, &wanted).unwrap());
        assert_eq!(plan.unknown.keys().collect::<Vec<_>>(), [&account(2)]);
        assert_eq!(plan.unknown[&account(2)].code, "(not in the snapshot)");
        assert!(plan.changes.iter().any(|change| change.accounts().contains(&&account(3))));
    }

    #[test]
    fn roles_that_a_plan_does_not_look_at_are_left_out() {
        let file = spec(&[("prowler", integration("ProwlerScan", &[OuRef::Path(vec!["prod".to_owned()])]))]);
        let mut observed = world();
        for number in [2, 3] {
            put(&mut observed, number, live(foreign("Leftover"), "AROALEFTOVER"));
            put(&mut observed, number, live(foreign("OtherVendor"), "AROAOTHER"));
            tamper(&mut observed, &account(number), "Leftover", |role| {
                role.tags.insert(id(OWNER_TAG), id("prowler"));
            });
        }
        let wanted = desired(&file, &observed);
        let seen = snapshot(observed, &file.access).observed(&file, &wanted).unwrap();
        for number in [2, 3] {
            let kept = seen.roles[&account(number)].known().unwrap();
            assert_eq!(kept.keys().map(RoleName::as_str).collect::<Vec<_>>(), ["Leftover"]);
            assert_eq!(kept.values().next().unwrap().role.owner(), Some(id::<IntegrationName>("prowler")));
        }
    }

    #[test]
    fn a_snapshot_of_another_region_is_refused() {
        let mut file = spec(&[]);
        let taken = snapshot(world(), &file.access);
        file.access.region = id("eu-west-1");
        let wanted = desired(&file, &taken.observed);
        assert!(matches!(taken.observed(&file, &wanted), Err(SnapshotError::OtherRegion { .. })));
    }
}
