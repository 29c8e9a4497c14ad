//! What policies say of an action on a resource.

use super::{Context, Document, Effect, Listed, expand, holds, matches};

/// A policy that takes part in a decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Policy<'a> {
    /// What names it: the name of an inline policy, the ARN of a managed one.
    pub(crate) id: String,
    /// Where it comes from.
    pub(crate) source: Source,
    /// Its text.
    pub(crate) document: &'a str,
}

/// Where a policy comes from, as the policy simulator tells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    /// Inline in a user.
    User,
    /// Inline in a group.
    Group,
    /// Inline in a role.
    Role,
    /// Managed by AWS.
    AwsManaged,
    /// Managed by the customer.
    UserManaged,
    /// Given with the request.
    Given,
}

/// What policies say together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Decision {
    /// One allows and none denies.
    Allowed,
    /// One denies.
    Denied,
    /// None applies.
    Silent,
}

/// What policies say together, and which of them decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Evaluation<'p> {
    /// What they say.
    pub(crate) decision: Decision,
    /// The policies with a statement that decided.
    pub(crate) by: Vec<&'p str>,
}

/// Evaluates policies. A document that cannot be read grants nothing.
pub(crate) fn evaluate<'p>(
    policies: &'p [Policy<'_>],
    action: &str,
    resource: &str,
    context: &Context,
) -> Evaluation<'p> {
    let (mut allowed, mut denied) = (Vec::new(), Vec::new());
    for policy in policies {
        match decide([policy.document], action, resource, context) {
            Decision::Allowed => allowed.push(policy.id.as_str()),
            Decision::Denied => denied.push(policy.id.as_str()),
            Decision::Silent => {}
        }
    }
    if !denied.is_empty() {
        return Evaluation { decision: Decision::Denied, by: denied };
    }
    let decision = if allowed.is_empty() { Decision::Silent } else { Decision::Allowed };
    Evaluation { decision, by: allowed }
}

/// What documents say together. One that cannot be read grants nothing.
pub(crate) fn decide<'a>(
    documents: impl IntoIterator<Item = &'a str>,
    action: &str,
    resource: &str,
    context: &Context,
) -> Decision {
    let mut decision = Decision::Silent;
    for document in documents {
        let Ok(mut document) = Document::parse(document) else { continue };
        expand(&mut document, context);
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
