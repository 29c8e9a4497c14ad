//! Whether a caller may do something.

use super::{Context, Decision, decide, request_context};
use crate::iam::IdentityKind;
use crate::org;
use crate::wire::{Caller, Identity, WireError};
use crate::world::World;

/// Why a caller may not do something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Denial {
    /// The account's `deny` list, or a service control policy.
    ServiceControlPolicy,
    /// A statement denies it.
    Explicit(Layer),
    /// No statement allows it.
    Implicit(Layer),
}

/// The policies that must all allow something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Layer {
    /// The organization's service control policies.
    Organization,
    /// Those of the user or role, and of the user's groups.
    Identity,
    /// The permissions boundary.
    Boundary,
    /// Those that the session was made with.
    Session,
}

impl Layer {
    fn name(self) -> &'static str {
        match self {
            Self::Organization => "service control policy",
            Self::Identity => "identity-based policy",
            Self::Boundary => "permissions boundary",
            Self::Session => "session policy",
        }
    }
}

impl Denial {
    /// The error of the Query protocol, in AWS's words.
    pub(crate) fn wire_error(self, caller: &Caller, action: &str, resource: &str) -> WireError {
        let why = match self {
            Self::ServiceControlPolicy => "with an explicit deny in a service control policy".to_owned(),
            Self::Explicit(Layer::Identity) => "with an explicit deny in an identity-based policy".to_owned(),
            Self::Explicit(layer) => format!("with an explicit deny in a {}", layer.name()),
            Self::Implicit(layer) => format!("because no {} allows the {action} action", layer.name()),
        };
        WireError::access_denied(&caller.arn, action, resource, &why)
    }
}

/// Whether a caller may do `action` (`iam:GetRole`) to `resource` (an ARN, or `*`).
pub(crate) fn authorize(world: &World, caller: &Caller, action: &str, resource: &str) -> Result<(), Denial> {
    authorize_with(world, caller, action, resource, Context::new)
}

/// The same, with condition keys of the request beside those that every request has.
pub(crate) fn authorize_with(
    world: &World,
    caller: &Caller,
    action: &str,
    resource: &str,
    more: impl FnOnce() -> Context,
) -> Result<(), Denial> {
    if world.org.denies(&caller.account, action) {
        return Err(Denial::ServiceControlPolicy);
    }
    let is_restricted = org::is_restricted(&world.org, &caller.account);
    let session = caller.session(world);
    let session_policies = session.and_then(|session| session.policies.as_ref());
    let identity = match &caller.identity {
        Identity::Administrator if session_policies.is_none() && !is_restricted => return Ok(()),
        Identity::Administrator => None,
        Identity::User { name } => Some((IdentityKind::User, name)),
        Identity::Session { role_name, role_arn: _ } => Some((IdentityKind::Role, role_name)),
    };
    let mut context = request_context(world, caller);
    context.extend(more());
    match org::verdict(&world.org, &caller.account, action, resource, &context) {
        org::Verdict::Open => {}
        org::Verdict::Denied => return Err(Denial::ServiceControlPolicy),
        org::Verdict::NotAllowed => return Err(Denial::Implicit(Layer::Organization)),
    }
    let mut layers: Vec<(Layer, Vec<&str>)> = Vec::new();
    if let Some((kind, name)) = identity {
        let iam = world.iam(&caller.account).map_err(|_| Denial::Implicit(Layer::Identity))?;
        let granting = iam.granting(kind, name);
        layers.push((Layer::Identity, granting.into_iter().map(|policy| policy.document).collect()));
        if let Some(boundary) = iam.boundary_of(kind, name) {
            layers.push((Layer::Boundary, iam.managed_document(boundary).into_iter().collect()));
        }
    }
    if let Some(policies) = session_policies {
        layers.push((Layer::Session, policies.iter().map(String::as_str).collect()));
    }
    let decisions: Vec<(Layer, Decision)> =
        layers.into_iter().map(|(layer, documents)| (layer, decide(documents, action, resource, &context))).collect();
    let first = |wanted| decisions.iter().find(|(_, decision)| *decision == wanted).map(|(layer, _)| *layer);
    match (first(Decision::Denied), first(Decision::Silent)) {
        (Some(layer), _) => Err(Denial::Explicit(layer)),
        (None, Some(layer)) => Err(Denial::Implicit(layer)),
        (None, None) => Ok(()),
    }
}
