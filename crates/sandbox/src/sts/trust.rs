//! Whether a role's trust policy lets a caller in.

use crate::access::{Context, Effect, Principals, expand, holds, listed, matches_action};
use crate::iam::Role;
use crate::wire::{Caller, Identity};
use crate::world::World;

/// What a trust policy says of a caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It names the caller itself: inside the account nothing more is needed.
    Named,
    /// It leaves it to the caller's account, whose own policies must allow it too.
    Delegated,
    /// It does not let the caller in.
    Refused,
}

/// What the trust policy of `role` says of `action` (`sts:AssumeRole`) by a caller.
pub(super) fn verdict(world: &World, role: &Role, caller: &Caller, action: &str, context: &Context) -> Verdict {
    let Ok(mut document) = role.trust.stored() else { return Verdict::Refused };
    expand(&mut document, context);
    let mut verdict = Verdict::Refused;
    for statement in &document.statements {
        let principal = match (&statement.principal, &statement.not_principal) {
            (Some(principals), _) => matched(world, principals, caller),
            (None, Some(others)) if matched(world, others, caller) == Verdict::Refused => Verdict::Named,
            (None, _) => Verdict::Refused,
        };
        let applies = principal != Verdict::Refused
            && listed(&statement.action, |pattern| matches_action(pattern, action))
            && holds(&statement.condition, context);
        match statement.effect {
            Effect::Deny if applies => return Verdict::Refused,
            Effect::Allow if applies && verdict != Verdict::Named => verdict = principal,
            Effect::Allow | Effect::Deny => {}
        }
    }
    verdict
}

fn matched(world: &World, principals: &Principals, caller: &Caller) -> Verdict {
    let Principals::Kinds(kinds) = principals else { return Verdict::Named };
    let mut found = Verdict::Refused;
    for principal in kinds.get("AWS").into_iter().flatten() {
        if principal == "*" || names(world, principal, caller) {
            return Verdict::Named;
        }
        if is_root_of(principal, &caller.account) {
            found = Verdict::Delegated;
        }
    }
    found
}

fn names(world: &World, principal: &str, caller: &Caller) -> bool {
    if principal == caller.arn || principal == caller.principal_arn() || principal == caller.user_id {
        return true;
    }
    let Identity::Session { role_name, role_arn: _ } = &caller.identity else { return false };
    // Roles of the organization stand in a trust policy as their unique ids.
    world.iam(&caller.account).ok().and_then(|iam| iam.role(role_name).ok()).is_some_and(|role| role.id == principal)
}

fn is_root_of(principal: &str, account: &str) -> bool {
    principal
        .strip_prefix("arn:")
        .and_then(|rest| rest.split_once(":iam::"))
        .and_then(|(_, rest)| rest.strip_suffix(":root"))
        .is_some_and(|named| named == account)
}
