//! Whether a caller may do something.

use super::{Context, Document, Effect, Listed, holds, matches};
use crate::iam::IdentityKind;
use crate::wire::{Caller, Identity, WireError};
use crate::world::World;

/// Why a caller may not do something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Denial {
    /// The account's `deny` list, which acts like a service control policy.
    ServiceControlPolicy,
    /// A statement denies it.
    Explicit,
    /// No statement allows it.
    Implicit,
    /// The permissions boundary does not allow it.
    Boundary,
}

impl Denial {
    /// The error of the Query protocol, in AWS's words.
    pub(crate) fn wire_error(self, caller: &Caller, action: &str, resource: &str) -> WireError {
        let why = match self {
            Self::ServiceControlPolicy => "with an explicit deny in a service control policy".to_owned(),
            Self::Explicit => "with an explicit deny in an identity-based policy".to_owned(),
            Self::Implicit => format!("because no identity-based policy allows the {action} action"),
            Self::Boundary => format!("because no permissions boundary allows the {action} action"),
        };
        WireError::access_denied(&caller.arn, action, resource, &why)
    }
}

/// Whether a caller may do `action` (`iam:GetRole`) to `resource` (an ARN, or `*`).
pub(crate) fn authorize(world: &World, caller: &Caller, action: &str, resource: &str) -> Result<(), Denial> {
    if world.org.denies(&caller.account, action) {
        return Err(Denial::ServiceControlPolicy);
    }
    let (kind, name) = match &caller.identity {
        Identity::Administrator => return Ok(()),
        Identity::User { name, access_key: _ } => (IdentityKind::User, name),
        Identity::Session { role_name, role_arn: _ } => (IdentityKind::Role, role_name),
    };
    let iam = world.iam(&caller.account).map_err(|_| Denial::Implicit)?;
    let context = context(caller);
    match decide(iam.documents_of(kind, name), action, resource, &context) {
        Decision::Denied => return Err(Denial::Explicit),
        Decision::Silent => return Err(Denial::Implicit),
        Decision::Allowed => {}
    }
    let Some(boundary) = iam.boundary_of(kind, name) else { return Ok(()) };
    match decide(iam.managed_document(boundary), action, resource, &context) {
        Decision::Allowed => Ok(()),
        Decision::Denied | Decision::Silent => Err(Denial::Boundary),
    }
}

/// The condition keys of any request of a caller.
pub(crate) fn context(caller: &Caller) -> Context {
    Context::from([
        ("aws:principalarn".to_owned(), vec![caller.principal_arn().to_owned()]),
        ("aws:principalaccount".to_owned(), vec![caller.account.clone()]),
        ("aws:userid".to_owned(), vec![caller.user_id.clone()]),
        ("aws:securetransport".to_owned(), vec!["true".to_owned()]),
    ])
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Decision {
    Allowed,
    Denied,
    Silent,
}

/// What policies say together. A document that cannot be read grants nothing.
fn decide<'a>(
    documents: impl IntoIterator<Item = &'a str>,
    action: &str,
    resource: &str,
    context: &Context,
) -> Decision {
    let mut decision = Decision::Silent;
    for document in documents {
        let Ok(document) = Document::parse(document) else { continue };
        for statement in &document.statements {
            let applies = listed(&statement.action, |pattern| matches_action(pattern, action))
                && statement.resource.as_ref().is_none_or(|list| listed(list, |pattern| matches(pattern, resource)))
                && holds(&statement.condition, context);
            match statement.effect {
                Effect::Deny if applies => return Decision::Denied,
                Effect::Allow if applies => decision = Decision::Allowed,
                Effect::Allow | Effect::Deny => {}
            }
        }
    }
    decision
}

/// Whether a list takes something in, by what one entry of it does.
pub(crate) fn listed(list: &Listed, entry: impl Fn(&str) -> bool) -> bool {
    match list {
        Listed::In(entries) => entries.iter().any(|pattern| entry(pattern)),
        Listed::NotIn(entries) => !entries.iter().any(|pattern| entry(pattern)),
    }
}

/// Actions match without regard to case.
pub(crate) fn matches_action(pattern: &str, action: &str) -> bool {
    matches(&pattern.to_ascii_lowercase(), &action.to_ascii_lowercase())
}
