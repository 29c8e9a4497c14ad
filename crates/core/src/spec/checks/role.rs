//! What IAM limits on a role.

use std::collections::{BTreeMap, BTreeSet};

use super::Case;
use crate::ids::InlineName;
use crate::placement::{INLINE_LIMIT, MANAGED_LIMIT, Placement, place};
use crate::policy::{Oversized, PolicyDoc, Segment, Unsplittable};
use crate::spec::diagnostic::code;
use crate::spec::load;
use crate::spec::read::{At, Entries};
use crate::spec::report::{Mark, Report};
use crate::spec::written::{InlinePolicy, ManagementAccount, Overlay};

/// How many managed policies a role may have, before and after the quota is raised as far as it goes (IAM User Guide, "IAM
/// and AWS STS quotas").
const MANAGED_QUOTA: usize = 10;
const MANAGED_MOST: usize = 20;

type Policies = Entries<InlineName, InlinePolicy>;

/// Inline policies that do not fit become managed ones, as far as they can be divided.
pub(super) fn inline_policies_can_be_placed(case: &Case<'_>, report: &mut Report) {
    let [member, both] = placements(case);
    let mut told = BTreeSet::new();
    for placement in [member, both].into_iter().flatten() {
        for (policy, oversized) in &placement.oversized {
            if told.insert((policy.clone(), oversized.statement)) {
                too_large(case, policy, oversized, report);
            }
        }
        names_differ_in_more_than_case(case, &placement, &mut told, report);
    }
}

fn too_large(case: &Case<'_>, policy: &InlineName, oversized: &Oversized, report: &mut Report) {
    let Some((name, written)) = find(case, policy) else { return };
    let Oversized { statement, sid, size, reason } = oversized;
    let at = match written {
        InlinePolicy::InPlace(document) => {
            let path = [Segment::Key("Statement".to_owned()), Segment::Index(*statement)];
            load::place(&document.node, &path, "")
        }
        InlinePolicy::File(_) => name.at,
    };
    let sid = sid.as_ref().map(|sid| format!(" ({sid})")).unwrap_or_default();
    let number = statement + 1;
    let hint = match reason {
        Unsplittable::NotAction => {
            "a statement with NotAction cannot be divided: shorten its lists, or list the actions"
        }
        Unsplittable::OneAction => {
            "only the list of actions can be divided: shorten the resources with wildcards, or write several statements \
             with some of the resources each"
        }
    };
    report
        .error(
            at,
            code::POLICY_TOO_LARGE,
            format!(
                "statement {number}{sid} of `{policy}` cannot have less than {size} characters without white space"
            ),
        )
        .expected(format!(
            "at most {MANAGED_LIMIT}, IAM's limit for a managed policy: all inline policies of a role may have \
             {INLINE_LIMIT}, and what is more goes into managed policies"
        ))
        .hint(hint);
}

/// The names of managed policies are unique whatever their case (IAM User Guide, "IAM and AWS STS quotas"), and are made of
/// those of inline policies.
fn names_differ_in_more_than_case(
    case: &Case<'_>,
    placement: &Placement,
    told: &mut BTreeSet<(InlineName, usize)>,
    report: &mut Report,
) {
    let mut seen = BTreeMap::new();
    let declared = case.lowered.member.inline.keys().chain(case.lowered.management.inline.keys());
    for policy in declared.filter(|policy| !placement.inline.contains_key(*policy)) {
        let Some(first) = seen.insert(policy.as_str().to_ascii_lowercase(), policy).filter(|first| *first != policy)
        else {
            continue;
        };
        let Some((name, _)) = find(case, policy).filter(|_| told.insert((policy.clone(), usize::MAX))) else {
            continue;
        };
        report
            .error(name.at, code::CONTRADICTION, format!("`{first}` and `{policy}` differ in case only"))
            .expected("other names: both become managed policies, whose names IAM takes for the same");
    }
}

/// The attached policies of the file, and those that inline policies become.
pub(super) fn managed_policies_within_their_quota(case: &Case<'_>, report: &mut Report) {
    let [member, both] = placements(case);
    let role = case.written.value.role.as_ref();
    let listed: BTreeSet<_> = case.lowered.member.managed.iter().collect();
    let at = role.and_then(|role| {
        let list = role.managed_policies.as_ref().map(|list| list.owner);
        list.or_else(|| role.inline_policies.as_ref().map(|policies| policies.owner))
    });
    let made = member.map_or(0, |placement| placement.managed.len());
    check_quota(listed.len(), made, at, report);
    if listed.len() + made <= MANAGED_QUOTA {
        let listed = listed.into_iter().chain(&case.lowered.management.managed).collect::<BTreeSet<_>>();
        let at = overlay(case).and_then(|overlay| {
            let list = overlay.managed_policies.as_ref().map(|list| list.owner);
            list.or_else(|| overlay.inline_policies.as_ref().map(|policies| policies.owner))
        });
        check_quota(listed.len(), both.map_or(0, |placement| placement.managed.len()), at, report);
    }
}

fn check_quota(listed: usize, made: usize, at: Option<Mark>, report: &mut Report) {
    let Some(at) = at else { return };
    let count = listed + made;
    let made = match made {
        0 => String::new(),
        _ => format!(": {listed} that are listed, and {made} for inline policies that do not fit into the role"),
    };
    let message = format!("the role has {count} managed policies{made}");
    if count > MANAGED_MOST {
        report
            .error(at, code::TOO_MANY, message)
            .expected(format!("at most {MANAGED_MOST}, to which IAM's quota can be raised"));
    } else if count > MANAGED_QUOTA {
        report
            .warning(at, code::TOO_MANY, message)
            .expected(format!("at most {MANAGED_QUOTA}, IAM's quota unless it was raised in every account"));
    }
}

/// Where the inline policies go: those of the member role, and those of the management account's.
fn placements(case: &Case<'_>) -> [Option<Placement>; 2] {
    let name = case.written.value.role.as_ref().and_then(|role| role.name.as_ref());
    let member: &BTreeMap<InlineName, PolicyDoc> = &case.lowered.member.inline;
    let mut both = member.clone();
    both.extend(case.lowered.management.inline.clone());
    [member, &both].map(|declared| name.map(|name| place(&name.value, declared)))
}

/// Where an inline policy is written; what is written for the management account counts there.
fn find<'a>(case: &Case<'a>, policy: &InlineName) -> Option<&'a (At<InlineName>, InlinePolicy)> {
    let role = case.written.value.role.as_ref().and_then(|role| role.inline_policies.as_ref());
    let of = |policies: &'a Policies| policies.entries.iter().find(|(name, _)| name.value == *policy);
    let own = overlay(case).and_then(|overlay| overlay.inline_policies.as_ref());
    own.and_then(of).or_else(|| role.and_then(of))
}

pub(super) fn overlay<'a>(case: &Case<'a>) -> Option<&'a Overlay> {
    match case.written.value.management_account.as_ref()? {
        ManagementAccount::Covered(overlay) => Some(overlay),
        ManagementAccount::Excluded(_) => None,
    }
}
