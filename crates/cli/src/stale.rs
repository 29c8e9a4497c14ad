//! Whether a saved plan is still what would be done, and what moved if it is not.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use rolecall_core::address::Address;
use rolecall_core::ids::IntegrationName;
use rolecall_core::plan::{Change, Plan};

/// So many are named; the rest is counted.
const NAMED: usize = 20;

/// What moved between the plan that was reviewed and the one that would be made now, in lines; empty when nothing did.
///
/// The last operations of the stack sets are not compared: they say nothing about what would be done.
pub(crate) fn moved(reviewed: &Plan, fresh: &Plan) -> Vec<String> {
    let mut moves = Moves::default();
    let (before, after) = (by_address(&reviewed.changes, |c| &c.address), by_address(&fresh.changes, |c| &c.address));
    for address in keys(&before, &after) {
        match (before.get(address), after.get(address)) {
            (before, after) if before == after => {}
            (None, Some(new)) => moves.add(address, appeared(new)),
            (Some(_), None) => moves.add(address, "needs no change any more".to_owned()),
            _ => moves.add(address, "would be changed in another way".to_owned()),
        }
    }
    let (before, after) = (by_address(&reviewed.holds, |h| &h.address), by_address(&fresh.holds, |h| &h.address));
    for address in keys(&before, &after) {
        match (before.get(address), after.get(address)) {
            (before, after) if before == after => {}
            (None, Some(_)) => moves.add(address, "is held back now".to_owned()),
            (Some(_), None) => moves.add(address, "is not held back any more".to_owned()),
            _ => moves.add(address, "is held back for another reason".to_owned()),
        }
    }
    let mut lines = moves.lines();
    for account in reviewed.unknown.keys().chain(fresh.unknown.keys()).collect::<BTreeSet<_>>() {
        match (reviewed.unknown.get(account), fresh.unknown.get(account)) {
            (before, after) if before == after => {}
            (_, Some(failure)) => lines.push(format!("account {account} could not be read: {failure}")),
            (_, None) => lines.push(format!("account {account} can be read now")),
        }
    }
    if reviewed.organization != fresh.organization {
        lines.push(format!("the organization is {}, and was {}", fresh.organization, reviewed.organization));
    }
    lines
}

/// Addresses by what became of them, in the order in which they came; an integration's member roles are told together.
#[derive(Default)]
struct Moves<'a>(Vec<(Option<&'a IntegrationName>, String, Vec<&'a Address>)>);

impl<'a> Moves<'a> {
    fn add(&mut self, address: &'a Address, how: String) {
        let group = match address {
            Address::MemberRole(integration, _) => Some(integration),
            _ => None,
        };
        let known = self.0.iter_mut().find(|(other, text, _)| group.is_some() && *other == group && *text == how);
        match known {
            Some((_, _, addresses)) => addresses.push(address),
            None => self.0.push((group, how, vec![address])),
        }
    }

    fn lines(self) -> Vec<String> {
        let line = |(_, how, addresses): (_, String, Vec<&Address>)| match addresses.as_slice() {
            [first, .., _] => format!("{first} and {} more: {how}", addresses.len() - 1),
            [only] => format!("{only}: {how}"),
            [] => how,
        };
        self.0.into_iter().map(line).collect()
    }
}

/// The lines as a list that a person can read to the end.
pub(crate) fn list(lines: &[String]) -> String {
    let mut text = String::from("What moved since the plan was saved:");
    for line in lines.iter().take(NAMED) {
        let _ = write!(text, "\n  - {line}");
    }
    if lines.len() > NAMED {
        let _ = write!(text, "\n  - and {} more", lines.len() - NAMED);
    }
    text
}

fn appeared(changes: &[&Change]) -> String {
    let whys: BTreeSet<String> = changes.iter().map(|change| change.why.to_string()).collect();
    format!("needs to be changed now, as {}", whys.into_iter().collect::<Vec<_>>().join(", "))
}

type ByAddress<'a, T> = BTreeMap<&'a Address, Vec<&'a T>>;

fn by_address<T>(list: &[T], address: impl Fn(&T) -> &Address) -> ByAddress<'_, T> {
    let mut map: ByAddress<'_, T> = BTreeMap::new();
    for item in list {
        map.entry(address(item)).or_default().push(item);
    }
    map
}

fn keys<'a, T>(one: &ByAddress<'a, T>, other: &ByAddress<'a, T>) -> BTreeSet<&'a Address> {
    one.keys().chain(other.keys()).copied().collect()
}

#[cfg(test)]
mod tests {
    use rolecall_core::observed::ReadFailure;
    use rolecall_core::plan::{Subject, Why};

    use super::*;

    fn plan(changes: Vec<Change>) -> Plan {
        Plan {
            organization: "o-abc123def4".parse().unwrap(),
            changes,
            holds: Vec::new(),
            unknown: BTreeMap::new(),
            inactive: BTreeMap::new(),
            existing_roles: BTreeMap::new(),
            last_operations: BTreeMap::new(),
        }
    }

    fn access(why: Why) -> Change {
        Change::new(Address::TrustedAccess, why, Subject::TrustedAccess, Vec::new())
    }

    #[test]
    fn the_same_plan_after_other_operations_did_not_move() {
        let reviewed = plan(vec![access(Why::Missing)]);
        let mut fresh = reviewed.clone();
        fresh.last_operations.insert("rolecall-prowler".parse().unwrap(), "op-1".parse().unwrap());
        assert_eq!(moved(&reviewed, &fresh), Vec::<String>::new());
    }

    #[test]
    fn what_appears_disappears_and_changes_is_named() {
        let (empty, missing, drifted) =
            (plan(vec![]), plan(vec![access(Why::Missing)]), plan(vec![access(Why::Drifted)]));
        for (reviewed, fresh, expected) in [
            (&empty, &missing, "organization.trusted_access: needs to be changed now, as it does not exist yet"),
            (&missing, &empty, "organization.trusted_access: needs no change any more"),
            (&missing, &drifted, "organization.trusted_access: would be changed in another way"),
        ] {
            assert_eq!(moved(reviewed, fresh), [expected]);
        }
    }

    #[test]
    fn the_member_roles_of_an_integration_are_told_together() {
        let role = |account: &str| Change {
            address: format!("prowler.role[{account}]").parse().unwrap(),
            ..access(Why::Missing)
        };
        let fresh = plan(["222222222222", "333333333333", "444444444444"].map(role).to_vec());
        let expected = "prowler.role[\"222222222222\"] and 2 more: needs to be changed now, as it does not exist yet";
        assert_eq!(moved(&plan(vec![]), &fresh), [expected]);
    }

    #[test]
    fn an_account_that_cannot_be_read_any_more_moved() {
        let reviewed = plan(vec![]);
        let mut fresh = plan(vec![]);
        let failure = ReadFailure {
            call: "sts:AssumeRole".into(),
            code: "AccessDenied".into(),
            message: String::new(),
            request_id: None,
            advice: None,
        };
        fresh.unknown.insert("222222222222".parse().unwrap(), failure);
        let lines = moved(&reviewed, &fresh);
        assert_eq!(lines, ["account 222222222222 could not be read: sts:AssumeRole failed with AccessDenied"]);
    }

    #[test]
    fn a_long_list_is_cut_and_counted() {
        let lines: Vec<String> = (0..25).map(|n| n.to_string()).collect();
        assert!(list(&lines).ends_with("  - 19\n  - and 5 more"));
    }
}
