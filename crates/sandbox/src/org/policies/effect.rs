//! What service control policies leave of an account's permissions.

use super::model::PolicyTypeState;
use crate::access::{Context, Decision, decide};
use crate::org::Organization;

/// What the organization says of an action in an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It may be done, if the account's own policies allow it.
    Open,
    /// A policy denies it.
    Denied,
    /// On the way from the root to the account there is a place where no policy allows it.
    NotAllowed,
}

/// Whether there is any policy but AWS's own for an account to be held to. The management account is held to none.
pub(crate) fn is_restricted(org: &Organization, account: &str) -> bool {
    let policies = &org.policies;
    policies.state == PolicyTypeState::Enabled && !policies.attached.is_empty() && account != org.management_account
}

/// What the service control policies say of `action` (`iam:GetRole`) on `resource` by somebody in `account`.
pub(crate) fn verdict(org: &Organization, account: &str, action: &str, resource: &str, context: &Context) -> Verdict {
    if !is_restricted(org, account) {
        return Verdict::Open;
    }
    // Where nothing else is attached, AWS's policy allows everything.
    let policies = &org.policies;
    let levels = org.path(account).into_iter().filter_map(|place| policies.attached.get(place));
    let mut verdict = Verdict::Open;
    for attached in levels {
        let documents = attached.iter().filter_map(|id| policies.known.get(id)).map(|policy| policy.content.as_str());
        match decide(documents, action, resource, context) {
            Decision::Denied => return Verdict::Denied,
            Decision::Silent => verdict = Verdict::NotAllowed,
            Decision::Allowed => {}
        }
    }
    verdict
}
