//! A live role in the terms of a file: everything but the external ID, which may differ from account to account.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::Reason;
use crate::desired::trust_policy;
use crate::ids::{ExternalId, InlineName, Partition, PolicyArn, RolePath, TagKey, TagValue};
use crate::placement::declared;
use crate::policy::{
    Absent, Comparison, Condition, Effect, Element, PolicyDoc, PolicyKind, PrincipalType, Principals, Quantifier,
};
use crate::role::{Role, SessionLimit};
use crate::spec::TrustSpec;

/// What of a role is the same in every account that an integration covers.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Shape {
    pub(super) path: RolePath,
    pub(super) description: String,
    pub(super) max_session: SessionLimit,
    pub(super) boundary: Option<PolicyArn>,
    pub(super) attached: BTreeSet<PolicyArn>,
    pub(super) inline: BTreeMap<InlineName, PolicyDoc>,
    pub(super) tags: BTreeMap<TagKey, TagValue>,
    pub(super) principals: BTreeSet<String>,
    /// Further conditions, as JSON.
    pub(super) conditions: String,
}

/// A role as a file could say it, or why it cannot.
pub(super) fn of_role(role: &Role, partition: Partition) -> Result<(Shape, ExternalId), Reason> {
    // No `..`: a new attribute does not compile until someone decides how it is imported.
    let Role { name, path, description, trust, max_session, boundary, attached, managed, inline, tags } = role;
    let (trust, external_id) = read_trust(trust, partition)?;
    let inline = declared(name, inline, managed);
    for (name, document) in &inline {
        PolicyDoc::from_value(&document.to_value(), PolicyKind::Permission, partition)
            .map_err(|error| Reason::Policy { name: name.clone(), problem: error.to_string() })?;
    }
    let TrustSpec { principals, conditions } = trust;
    let shape = Shape {
        path: path.clone(),
        description: description.clone(),
        max_session: *max_session,
        boundary: boundary.clone(),
        attached: attached.clone(),
        inline,
        tags: tags.clone(),
        principals,
        conditions: conditions.to_string(),
    };
    Ok((shape, external_id))
}

/// Takes a trust policy apart, and makes sure that the parts give it again.
fn read_trust(trust: &PolicyDoc, partition: Partition) -> Result<(TrustSpec, ExternalId), Reason> {
    let statement = match trust.statements() {
        [only] => only,
        [] => return Err(Reason::Unreadable),
        many => return Err(Reason::Statements(many.len())),
    };
    if statement.effect == Effect::Deny {
        return Err(Reason::Denies);
    }
    if trust.has_wildcard_principal() {
        return Err(Reason::Wildcard);
    }
    if let Some(id) = trust.orphaned_principals().first() {
        return Err(Reason::Orphan((*id).to_owned()));
    }
    let principals = match &statement.principal {
        Some(Element::Listed(Principals::ByType(lists))) => {
            if let Some(kind) = lists.keys().find(|kind| **kind != PrincipalType::Aws) {
                return Err(Reason::Principals(*kind));
            }
            lists.get(&PrincipalType::Aws).cloned().unwrap_or_default()
        }
        _ => return Err(Reason::Wildcard),
    };
    let is_plain = matches!(&statement.action, Element::Listed(actions)
        if matches!(actions.as_slice(), [action] if action.eq_ignore_ascii_case("sts:AssumeRole")));
    if !is_plain {
        return Err(Reason::Actions(statement.action.list().join(", ")));
    }
    let (conditions, external_id) = read_conditions(&statement.condition)?;
    let read = TrustSpec { principals: principals.into_iter().collect(), conditions };
    match trust_policy(&read, &external_id, partition) {
        Ok(made) if made == *trust => Ok((read, external_id)),
        _ => Err(Reason::Unreadable),
    }
}

/// The external ID, and the other conditions as a file says them.
fn read_conditions(tests: &[Condition]) -> Result<(Value, ExternalId), Reason> {
    let mut external_id = None;
    let mut others: BTreeMap<&str, Map<String, Value>> = BTreeMap::new();
    for Condition { operator, key, values } in tests {
        if !key.eq_ignore_ascii_case("sts:ExternalId") {
            let value = match values.as_slice() {
                [one] => Value::from(one.as_str()),
                many => many.iter().map(String::as_str).collect(),
            };
            others.entry(&operator.written).or_default().insert(key.clone(), value);
            continue;
        }
        let is_plain = operator.comparison == Comparison::StringEquals
            && operator.quantifier == Quantifier::Single
            && operator.absent == Absent::Tested;
        if !is_plain {
            return Err(Reason::Operator(operator.written.clone()));
        }
        external_id = match (external_id, values.as_slice()) {
            (None, [only]) => Some(only.parse().map_err(|_| Reason::ExternalId(only.clone()))?),
            (_, many) => return Err(Reason::ExternalIds(many.len().max(2))),
        };
    }
    let conditions = match others.len() {
        0 => Value::Null,
        _ => others.into_iter().map(|(operator, keys)| (operator.to_owned(), Value::Object(keys))).collect(),
    };
    external_id.map(|id| (conditions, id)).ok_or(Reason::NoExternalId)
}
