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

/// What the service control policies say of `action` (`iam:GetRole`) on `resource` by somebody in `account`. The
/// management account is not held to any. `context`
/// gives the condition keys.
pub(crate) fn verdict(
    org: &Organization,
    account: &str,
    action: &str,
    resource: &str,
    context: impl FnOnce() -> Context,
) -> Verdict {
    let policies = &org.policies;
    if policies.state == PolicyTypeState::Disabled || policies.attached.is_empty() || account == org.management_account
    {
        return Verdict::Open;
    }
    let context = context();
    // Where nothing else is attached, AWS's policy allows everything.
    let levels = org.path(account).into_iter().filter_map(|place| policies.attached.get(place));
    let mut verdict = Verdict::Open;
    for attached in levels {
        let documents = attached.iter().filter_map(|id| policies.known.get(id)).map(|policy| policy.content.as_str());
        match decide(documents, action, resource, &context) {
            Decision::Denied => return Verdict::Denied,
            Decision::Silent => verdict = Verdict::NotAllowed,
            Decision::Allowed => {}
        }
    }
    verdict
}
