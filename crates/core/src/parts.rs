//! What several runs saw, each of a part of an organization, as one.

use std::collections::{BTreeMap, BTreeSet};

use crate::ids::StackSetName;
use crate::observed::{LiveStackSet, Observed, ReadFailure, Reading};
use crate::scope::StackSets;

/// Joins what was seen of the parts of an organization, given in the order in which they were read.
///
/// The organization is as the last part saw it, and each account as the part saw it that read it. What every part reads must
/// be the same in all of them: a stack set that changed in between is `Unreadable`, because the roles read before belong to
/// another template or to other instances than those read after.
pub fn join(first: Observed, later: Vec<Observed>) -> Observed {
    let parts: Vec<&Observed> = [&first].into_iter().chain(&later).collect();
    let access: Vec<_> = parts.iter().map(|part| &part.trusted_access).collect();
    let (access, sets) = (agreed(&access, PartialEq::eq), stack_sets(&parts));
    let mut joined = later.into_iter().fold(first, |mut before, mut part| {
        part.roles.append(&mut before.roles);
        part.foreign_policies.append(&mut before.foreign_policies);
        part
    });
    joined.trusted_access = access.unwrap_or(joined.trusted_access);
    joined.stack_sets = sets.unwrap_or(joined.stack_sets);
    joined
}

fn stack_sets(parts: &[&Observed]) -> Option<StackSets> {
    let lists: Vec<_> = parts.iter().filter_map(|part| part.stack_sets.known()).collect();
    if lists.is_empty() {
        return None;
    }
    let names: BTreeSet<&StackSetName> = lists.iter().flat_map(|list| list.keys()).collect();
    let joined: BTreeMap<_, _> = names
        .into_iter()
        .map(|name| {
            let readings: Vec<_> = lists.iter().filter_map(|list| list.get(name)).collect();
            // One that a part has and another has not was made or deleted in between.
            let reading = if readings.len() == lists.len() { agreed(&readings, is_same) } else { None };
            (name.clone(), reading.unwrap_or_else(|| Reading::Unreadable(changed())))
        })
        .collect();
    Some(Reading::Known(joined))
}

/// What all who could read it saw: the failure where nobody could, and where they saw different things. None of nobody.
fn agreed<T: Clone>(readings: &[&Reading<T>], same: impl Fn(&T, &T) -> bool) -> Option<Reading<T>> {
    let known: Vec<&T> = readings.iter().filter_map(|reading| reading.known()).collect();
    match known.split_last() {
        None => readings.first().map(|reading| (*reading).clone()),
        Some((last, before)) if before.iter().all(|one| same(one, last)) => Some(Reading::Known((*last).clone())),
        Some(_) => Some(Reading::Unreadable(changed())),
    }
}

/// Whether nothing was done to a stack set between two readings. An operation that looks for drift changes nothing but
/// which one was the last.
fn is_same(one: &LiveStackSet, other: &LiveStackSet) -> bool {
    *one == LiveStackSet { last_operation: one.last_operation.clone(), ..other.clone() }
}

fn changed() -> ReadFailure {
    ReadFailure {
        call: "report merge".to_owned(),
        code: "(changed in between)".to_owned(),
        message: "it was changed while the parts of the organization were read".to_owned(),
        request_id: None,
        advice: Some("run the parts again".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observed::TrustedAccess;
    use crate::org::AccountState;
    use crate::planner::testing::{account, denied, fresh, org};
    use crate::portion::{Portion, keep};

    fn world() -> Observed {
        fresh(org(&[(2, "prod", AccountState::Active), (3, "sec", AccountState::Active)]))
    }

    fn part(number: u32) -> Observed {
        let mut part = world();
        let shard = Some(format!("{number}/2").parse().unwrap());
        let accounts = Portion { places: Vec::new(), shard }.of(&part.org).unwrap();
        part.roles.retain(|account, _| accounts.contains(account));
        part
    }

    #[test]
    fn parts_make_the_whole() {
        assert_eq!(join(part(1), vec![part(2)]), world());
        assert_eq!(join(part(2), vec![part(1)]), world());
        assert_eq!(join(world(), Vec::new()), world());
    }

    #[test]
    fn what_one_part_could_not_read_another_could() {
        let mut first = part(1);
        first.stack_sets = Reading::Unreadable(denied());
        first.trusted_access = Reading::Unreadable(denied());
        assert_eq!(join(first.clone(), vec![part(2)]), world());
        let mut second = part(2);
        second.stack_sets = Reading::Unreadable(denied());
        assert_eq!(join(first, vec![second]).stack_sets, Reading::Unreadable(denied()));
    }

    #[test]
    fn what_changed_in_between_is_unknown() {
        let mut second = part(2);
        second.trusted_access = Reading::Known(TrustedAccess::Enabled);
        assert_eq!(join(part(1), vec![second]).trusted_access, Reading::Unreadable(changed()));
    }

    #[test]
    fn an_account_that_came_in_between_is_unknown() {
        let (mut first, second) = (part(1), part(2));
        first.org.accounts.remove(&account(3));
        first.roles.remove(&account(3));
        let mut joined = join(first, vec![Observed { roles: BTreeMap::new(), ..second }]);
        let portion = Portion::WHOLE.of(&joined.org).unwrap();
        keep(&mut joined, &portion);
        assert!(matches!(joined.roles[&account(3)], Reading::Unreadable(_)));
    }
}
