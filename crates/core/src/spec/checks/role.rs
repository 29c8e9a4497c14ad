//! What IAM limits on a role.

use std::collections::{BTreeMap, BTreeSet};

use super::Case;
use crate::policy::PolicyDoc;
use crate::spec::diagnostic::code;
use crate::spec::report::{Mark, Report};
use crate::spec::written::{ManagementAccount, Overlay};

/// How large all inline policies of a role may be, in characters without white space (IAM User Guide, "IAM and AWS STS
/// quotas").
const INLINE_LIMIT: usize = 10_240;

/// How many managed policies a role may have, before and after the quota is raised as far as it goes (IAM User Guide, "IAM
/// and AWS STS quotas").
const MANAGED_QUOTA: usize = 10;
const MANAGED_LIMIT: usize = 20;

pub(super) fn inline_policies_within_their_limit(case: &Case<'_>, report: &mut Report) {
    let written = case.written.value.role.as_ref().and_then(|role| role.inline_policies.as_ref());
    let member = &case.lowered.member.inline;
    let check = |size: usize, at: Option<Mark>, whose: &str, report: &mut Report| {
        if let Some(at) = at.filter(|_| size > INLINE_LIMIT) {
            report
                .error(
                    at,
                    code::POLICY_TOO_LARGE,
                    format!("the inline policies {whose} have {size} characters without white space"),
                )
                .expected(format!("at most {INLINE_LIMIT}, IAM's limit for all inline policies of a role"))
                .hint("move some of it into a managed policy");
        }
    };
    let size = member.values().map(PolicyDoc::size).sum();
    check(size, written.map(|policies| policies.owner), "of the role", report);
    if size <= INLINE_LIMIT {
        let mut both: BTreeMap<_, _> = member.iter().collect();
        both.extend(&case.lowered.management.inline);
        let size = both.values().map(|policy| policy.size()).sum();
        let at = overlay(case).and_then(|overlay| overlay.inline_policies.as_ref()).map(|policies| policies.owner);
        check(size, at, "of the role and of the management account's", report);
    }
}

pub(super) fn managed_policies_within_their_quota(case: &Case<'_>, report: &mut Report) {
    let member: BTreeSet<_> = case.lowered.member.managed.iter().collect();
    let at = case.written.value.role.as_ref().and_then(|role| role.managed_policies.as_ref()).map(|list| list.owner);
    check_quota(member.len(), at, report);
    if member.len() <= MANAGED_QUOTA {
        let both = member.into_iter().chain(&case.lowered.management.managed).collect::<BTreeSet<_>>();
        let at = overlay(case).and_then(|overlay| overlay.managed_policies.as_ref()).map(|list| list.owner);
        check_quota(both.len(), at, report);
    }
}

fn check_quota(count: usize, at: Option<Mark>, report: &mut Report) {
    let Some(at) = at else { return };
    if count > MANAGED_LIMIT {
        report
            .error(at, code::TOO_MANY, format!("the role has {count} managed policies"))
            .expected(format!("at most {MANAGED_LIMIT}, to which IAM's quota can be raised"));
    } else if count > MANAGED_QUOTA {
        report
            .warning(at, code::TOO_MANY, format!("the role has {count} managed policies"))
            .expected(format!("at most {MANAGED_QUOTA}, IAM's quota unless it was raised in every account"));
    }
}

pub(super) fn overlay<'a>(case: &Case<'a>) -> Option<&'a Overlay> {
    match case.written.value.management_account.as_ref()? {
        ManagementAccount::Covered(overlay) => Some(overlay),
        ManagementAccount::Excluded(_) => None,
    }
}
