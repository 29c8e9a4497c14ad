//! Which of the inline policies that a file declares stay in the role, and which become customer-managed policies because
//! they do not fit.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use crate::ids::{InlineName, PolicyName, RoleName};
use crate::own_policy::{OwnPolicy, name, part_of};
use crate::policy::{Oversized, PolicyDoc};

/// How large all inline policies of a role may be, in characters without white space (IAM User Guide, "IAM and AWS STS
/// quotas").
pub const INLINE_LIMIT: usize = 10_240;

/// How large a managed policy may be, in characters without white space (IAM User Guide, "IAM and AWS STS quotas").
pub const MANAGED_LIMIT: usize = 6_144;

/// Where the declared inline policies of a role go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placement {
    /// Those that stay in the role.
    pub inline: BTreeMap<InlineName, PolicyDoc>,
    /// Those that do not, as customer-managed policies: each in one or several parts.
    pub managed: BTreeMap<PolicyName, PolicyDoc>,
    /// What is too large for a customer-managed policy, and cannot be divided.
    pub oversized: Vec<(InlineName, Oversized)>,
}

/// Places the inline policies that a file declares for a role.
///
/// As long as they fit, all stay inline. When they do not, the largest goes, then the next, until the rest fits: so as few as
/// possible go. Which they are, their names and their parts depend on nothing but the declared policies.
pub fn place(role: &RoleName, declared: &BTreeMap<InlineName, PolicyDoc>) -> Placement {
    let mut by_size: Vec<(usize, &InlineName)> =
        declared.iter().map(|(name, document)| (document.size(), name)).collect();
    by_size.sort_by_key(|(size, name)| (Reverse(*size), *name));
    let mut total: usize = by_size.iter().map(|(size, _)| size).sum();
    let mut placement = Placement { inline: declared.clone(), managed: BTreeMap::new(), oversized: Vec::new() };
    for (size, policy) in by_size {
        if total <= INLINE_LIMIT {
            break;
        }
        total -= size;
        let Some(document) = placement.inline.remove(policy) else { continue };
        let (parts, oversized) = document.parts(MANAGED_LIMIT);
        let named =
            parts.into_iter().enumerate().filter_map(|(index, part)| Some((name(role, policy, index + 1)?, part)));
        placement.managed.extend(named);
        placement.oversized.extend(oversized.into_iter().map(|statement| (policy.clone(), statement)));
    }
    placement
}

/// The inline policies that a file would declare for a role that has these: its inline policies, and those whose parts its
/// customer-managed policies are.
pub fn declared(
    role: &RoleName,
    inline: &BTreeMap<InlineName, PolicyDoc>,
    managed: &BTreeMap<PolicyName, OwnPolicy>,
) -> BTreeMap<InlineName, PolicyDoc> {
    let mut parts: BTreeMap<InlineName, BTreeMap<usize, &PolicyDoc>> = BTreeMap::new();
    for (name, policy) in managed {
        let (of, part) = part_of(name, role).unwrap_or((name.as_str(), 1));
        // What a managed policy can be called, an inline policy can be called, too.
        let Ok(of) = of.parse() else { continue };
        parts.entry(of).or_default().insert(part, &policy.document);
    }
    let mut declared = inline.clone();
    for (name, parts) in parts {
        let documents = declared.remove(&name).into_iter().chain(parts.into_values().cloned());
        if let Some(whole) = documents.reduce(|whole, part| whole.joined(&part)) {
            declared.insert(name, whole);
        }
    }
    declared
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;
    use crate::ids::Partition;
    use crate::policy::PolicyKind;

    fn role() -> RoleName {
        "VendorRole".parse().unwrap()
    }

    fn id(name: &str) -> InlineName {
        name.parse().unwrap()
    }

    fn document(statements: &[Value]) -> PolicyDoc {
        let value = json!({ "Version": "2012-10-17", "Statement": statements });
        PolicyDoc::from_value(&value, PolicyKind::Permission, Partition::Aws).unwrap()
    }

    /// A statement of about `size` characters that is like no other of another number.
    fn statement(number: usize, size: usize) -> Value {
        let resource = format!("arn:aws:s3:::bucket-{number}-{}", "x".repeat(size));
        json!({ "Sid": format!("S{}", 997 * number % 1000), "Effect": "Allow", "Action": "s3:GetObject", "Resource": resource })
    }

    /// What documents grant together: each pair of one action and of all that else is in its statement.
    fn grants<'a>(documents: impl IntoIterator<Item = &'a PolicyDoc>) -> BTreeSet<String> {
        let mut grants = BTreeSet::new();
        for document in documents {
            for mut statement in document.to_value()["Statement"].as_array().unwrap().clone() {
                let actions = match statement["Action"].take() {
                    Value::Array(actions) => actions,
                    one => vec![one],
                };
                statement["Sid"] = Value::Null;
                grants.extend(actions.into_iter().map(|action| format!("{action} {statement}")));
            }
        }
        grants
    }

    #[test]
    fn what_fits_stays_inline() {
        let declared = BTreeMap::from([
            (id("large"), document(&[statement(1, 5_000)])),
            (id("small"), document(&[statement(2, 4_800)])),
        ]);
        assert_eq!(place(&role(), &declared).inline, declared);
    }

    #[test]
    fn the_largest_goes_when_not_all_fit() {
        let declared = BTreeMap::from([
            (id("a"), document(&[statement(1, 3_000)])),
            (id("b"), document(&[statement(2, 5_000)])),
            (id("c"), document(&[statement(3, 3_000)])),
        ]);
        let placement = place(&role(), &declared);
        assert_eq!(placement.inline.keys().collect::<Vec<_>>(), [&id("a"), &id("c")]);
        let names: Vec<&str> = placement.managed.keys().map(PolicyName::as_str).collect();
        assert_eq!(names, ["VendorRole.b.1"]);
    }

    #[test]
    fn a_statement_is_divided_by_its_actions_and_keeps_its_sid_once() {
        let actions: Vec<String> = (0..600).map(|number| format!("service{number}:DescribeSomething")).collect();
        let whole = document(&[json!({ "Sid": "All", "Effect": "Allow", "Action": actions, "Resource": "*" })]);
        let placement = place(&role(), &BTreeMap::from([(id("all"), whole.clone())]));
        assert_eq!(placement.managed.len(), 4);
        assert!(placement.oversized.is_empty());
        let sids = placement.managed.values().filter(|part| part.to_json().contains("\"Sid\"")).count();
        assert_eq!(sids, 1);
        assert_eq!(grants(placement.managed.values()), grants([&whole]));
    }

    #[test]
    fn what_cannot_be_divided_is_told_with_its_place_and_size() {
        let not_action = json!({ "Sid": "Rest", "Effect": "Deny", "NotAction": "s3:*",
            "Resource": format!("arn:aws:s3:::{}", "y".repeat(7_000)) });
        let whole = document(&[statement(1, 5_000), not_action, statement(2, 6_500)]);
        let placement = place(&role(), &BTreeMap::from([(id("wide"), whole)]));
        let told: Vec<_> = placement.oversized.iter().map(|(_, told)| (told.statement, told.reason)).collect();
        assert_eq!(told, [(1, crate::policy::Unsplittable::NotAction), (2, crate::policy::Unsplittable::OneAction)]);
        assert!(placement.oversized.iter().all(|(_, told)| told.size > MANAGED_LIMIT), "{placement:?}");
    }

    fn policies() -> impl Strategy<Value = Vec<Vec<usize>>> {
        let sizes = proptest::collection::vec(0..5_900usize, 1..9);
        proptest::collection::vec(sizes, 1..5)
    }

    /// The policies `p0`, `p1` and so on, with statements of these sizes.
    fn declared_policies(policies: &[Vec<usize>]) -> BTreeMap<InlineName, PolicyDoc> {
        let with_statements = |(policy, sizes): (usize, &Vec<usize>)| {
            let statements = sizes.iter().enumerate().map(|(index, size)| statement(100 * policy + index, *size));
            (id(&format!("p{policy}")), document(&statements.collect::<Vec<_>>()))
        };
        policies.iter().enumerate().map(with_statements).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn everything_is_granted_once_and_fits(policies in policies()) {
            let declared = declared_policies(&policies);
            let Placement { inline, managed, oversized } = place(&role(), &declared);
            prop_assert_eq!(oversized, vec![]);
            prop_assert!(inline.values().map(PolicyDoc::size).sum::<usize>() <= INLINE_LIMIT);
            prop_assert!(managed.values().all(|part| part.size() <= MANAGED_LIMIT));
            prop_assert_eq!(grants(inline.values().chain(managed.values())), grants(declared.values()));
        }

        #[test]
        fn what_was_placed_is_told_as_it_was_declared(policies in policies()) {
            let written = declared_policies(&policies);
            let Placement { inline, managed, oversized: _ } = place(&role(), &written);
            let managed = managed.into_iter().map(|(name, document)| (name, document.into())).collect();
            prop_assert_eq!(declared(&role(), &inline, &managed), written);
        }

        #[test]
        fn a_policy_goes_only_when_the_others_leave_it_no_room(policies in policies()) {
            let declared = declared_policies(&policies);
            let Placement { inline, managed, oversized: _ } = place(&role(), &declared);
            let kept: usize = inline.values().map(PolicyDoc::size).sum();
            let gone = declared.iter().filter(|(name, _)| !inline.contains_key(*name));
            let smallest = gone.map(|(_, document)| document.size()).min();
            prop_assert!(smallest.is_none_or(|size| kept + size > INLINE_LIMIT));
            prop_assert_eq!(managed.is_empty(), smallest.is_none());
        }

        #[test]
        fn a_statement_added_at_the_end_changes_one_part_and_renames_none(
            sizes in proptest::collection::vec(100..5_900usize, 4..20), more in 100..5_900usize,
        ) {
            let before = place(&role(), &declared_policies(&[[sizes.clone(), vec![5_900, 5_900]].concat()])).managed;
            let after = place(&role(), &declared_policies(&[[sizes, vec![5_900, 5_900, more]].concat()])).managed;
            let changed = after.iter().filter(|(name, part)| before.get(*name) != Some(part)).count();
            prop_assert_eq!(changed, 1);
            prop_assert!(before.keys().all(|name| after.contains_key(name)));
        }
    }
}
