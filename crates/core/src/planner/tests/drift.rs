//! The laws of drift, on any world that a few mishaps can make.

use proptest::prelude::*;

use super::laws::{File, Mishap, after, explain, files, mishaps, whole};
use super::perform::perform;
use crate::day::Day;
use crate::drift::{Report, What, healing, report};
use crate::ids::AccountId;
use crate::observed::{Observed, Reading};
use crate::plan::Plan;
use crate::planner::testing::{denied, desired};
use crate::portion::{Portion, keep};

fn today() -> Day {
    Day::new(2026, 11, 21).unwrap()
}

fn judge(file: &File, world: &Observed) -> Report {
    report(&desired(&whole(file), world), world, &[], today())
}

fn heal(file: &File, world: &Observed) -> Plan {
    healing(&desired(&whole(file), world), world, &[], today())
}

/// Another file that says nothing new of which accounts are targets and how they get the role: AWS does not show when such
/// a word was last applied.
fn edited(file: &File, other: &File) -> File {
    File {
        units: file.units.clone(),
        excluded: file.excluded.clone(),
        overridden: other.overridden.clone(),
        is_direct: file.is_direct,
        is_automatic: other.is_automatic,
        has_management: file.has_management,
        has_second: other.has_second && file.has_second,
        action: other.action,
        statements: other.statements,
        role_name: other.role_name,
        path: other.path,
        adopts: file.adopts,
        is_renamed: other.is_renamed,
        releases: other.releases,
    }
}

fn told(report: &Report) -> String {
    report.findings.iter().map(|finding| format!("{finding:?}")).collect::<Vec<_>>().join("\n")
}

/// What nothing can be done about without the user.
fn is_held(what: &What) -> bool {
    matches!(
        what,
        What::OwnershipRemoved { .. } | What::InstanceElsewhere(_) | What::InstanceFailed(_) | What::InstanceMissing
    )
}

fn templates(world: &Observed) -> Vec<&str> {
    let sets = world.stack_sets.known().into_iter().flat_map(|sets| sets.values());
    sets.filter_map(Reading::known).map(|set| set.template.as_str()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn what_was_applied_and_left_alone_has_not_drifted(file in files()) {
        let world = after(&file, &[]);
        let found = judge(&file, &world);
        prop_assert!(found.findings.is_empty(), "{}", told(&found));
        prop_assert!(found.pending.changes.is_empty(), "{}", explain(&found.pending));
    }

    #[test]
    fn an_edited_file_is_no_drift(first in files(), second in files()) {
        let world = after(&first, &[]);
        let found = judge(&edited(&first, &second), &world);
        prop_assert!(found.findings.is_empty(), "{}", told(&found));
    }

    #[test]
    fn healing_leaves_no_drift_but_what_is_held(first in files(), second in files(), mishaps in mishaps()) {
        let world = after(&first, &mishaps);
        let second = edited(&first, &second);
        let todo = heal(&second, &world);
        let healed = perform(world, &todo);
        let rest = judge(&second, &healed);
        let again = heal(&second, &healed);
        prop_assert!(again.changes.is_empty(), "healed by\n{}\nagain\n{}", explain(&todo), explain(&again));
        for finding in &rest.findings {
            let is_left = again.holds.iter().any(|hold| hold.address.integration() == finding.integration());
            prop_assert!(is_held(&finding.what) || is_left, "{finding:?} after\n{}", explain(&todo));
        }
    }

    #[test]
    fn healing_changes_no_template(first in files(), second in files(), mishaps in mishaps()) {
        let world = after(&first, &mishaps);
        let todo = heal(&edited(&first, &second), &world);
        let healed = perform(world.clone(), &todo);
        prop_assert_eq!(templates(&world), templates(&healed));
    }

    #[test]
    fn what_cannot_be_read_has_not_drifted(first in files(), second in files(), hidden in 0..8192u32) {
        let mut world = after(&first, &[]);
        let accounts: Vec<AccountId> = world.roles.keys().cloned().collect();
        for account in accounts.into_iter().enumerate().filter(|(place, _)| hidden >> place & 2 != 0).map(|(_, account)| account) {
            world.roles.insert(account, Reading::Unreadable(denied()));
        }
        let sets = world.stack_sets.known().into_iter().flatten().map(|(name, _)| name.clone());
        let unreadable = sets.map(|name| (name, Reading::Unreadable(denied()))).collect();
        if hidden & 1 != 0 {
            world.stack_sets = Reading::Known(unreadable);
        }
        let found = judge(&edited(&first, &second), &world);
        prop_assert!(found.findings.is_empty(), "{}", told(&found));
    }

    // Whether an integration without a stack set was applied before is told by the accounts that are looked at.
    #[test]
    fn the_parts_find_in_the_accounts_what_the_whole_finds(
        first in files(), second in files(), mishaps in mishaps(), of in 1..5u32,
    ) {
        let first = File { is_direct: [false, false], ..first };
        let world = after(&first, &mishaps);
        let second = edited(&first, &second);
        let whole = judge(&second, &world);
        let mut parts = Vec::new();
        for number in 1..=of {
            let shard = format!("{number}/{of}").parse().unwrap();
            let accounts = Portion { places: Vec::new(), shard: Some(shard) }.of(&world.org).unwrap();
            let mut seen = world.clone();
            keep(&mut seen, &accounts);
            parts.extend(judge(&second, &seen).within(&accounts).findings);
        }
        for finding in whole.findings.iter().filter(|finding| finding.account().is_some()) {
            prop_assert!(parts.contains(finding), "only the whole finds {finding:?}");
        }
        for finding in parts.iter().filter(|finding| finding.account().is_some()) {
            prop_assert!(whole.findings.contains(finding), "only a part finds {finding:?}");
        }
    }

    #[test]
    fn a_changed_role_of_ours_is_found(file in files(), number in 0..12usize, role in 0..2usize) {
        let before = after(&file, &[]);
        let world = after(&file, &[Mishap::ChangeTrust(number, role)]);
        let found = judge(&file, &world);
        prop_assert_eq!(found.findings.is_empty(), before == world, "{}", told(&found));
    }
}
