//! Reading a template of ours back.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{NO_VALUE, TemplateRoles};
use crate::ids::{AccountId, Partition, RolePath};
use crate::policy::{PolicyDoc, PolicyKind};
use crate::role::Role;

/// Reads a template of ours; anything that we would not have written makes it someone else's.
pub(super) fn read(body: &str) -> Option<TemplateRoles> {
    let template: Value = serde_json::from_str(body).ok()?;
    let template = only_keys(&template, &["AWSTemplateFormatVersion", "Conditions", "Description", "Resources"])?;
    // An adopted stack set keeps the logical id that its role had: another one would make CloudFormation make a second role.
    let (_, resource) = template.get("Resources")?.as_object().filter(|all| all.len() == 1)?.iter().next()?;
    let resource = only_keys(resource, &["Properties", "Type"])?;
    if resource.get("Type")? != "AWS::IAM::Role" {
        return None;
    }
    let no_conditions = Map::new();
    let conditions = match template.get("Conditions") {
        Some(conditions) => conditions.as_object()?,
        None => &no_conditions,
    };
    let properties = resource.get("Properties")?;
    let role = |account: Option<&str>| {
        let seen = Evaluation { account, conditions }.value(properties, 0)?.value()?;
        role_of(&seen).map(Arc::new)
    };
    let mut special = BTreeMap::new();
    for account in accounts_named(template.get("Conditions")) {
        special.insert(account.clone(), role(Some(account.as_str()))?);
    }
    Some(TemplateRoles { default: role(None)?, special })
}

fn only_keys<'a>(value: &'a Value, allowed: &[&str]) -> Option<&'a Map<String, Value>> {
    value.as_object().filter(|object| object.keys().all(|key| allowed.contains(&key.as_str())))
}

fn accounts_named(conditions: Option<&Value>) -> BTreeSet<AccountId> {
    match conditions {
        Some(Value::String(text)) => text.parse().into_iter().collect(),
        Some(Value::Array(elements)) => elements.iter().flat_map(|element| accounts_named(Some(element))).collect(),
        Some(Value::Object(members)) => members.values().flat_map(|member| accounts_named(Some(member))).collect(),
        Some(Value::Null | Value::Bool(_) | Value::Number(_)) | None => BTreeSet::new(),
    }
}

/// Evaluates the few intrinsic functions that our own templates use. `None` anywhere means: not one of ours.
struct Evaluation<'a> {
    account: Option<&'a str>,
    conditions: &'a Map<String, Value>,
}

/// Deeper than any template of ours, and shallow enough for any stack.
const MAX_DEPTH: usize = 64;

/// What a value comes to.
enum Seen {
    Value(Value),
    /// `AWS::NoValue`: the element or member is not there.
    Nothing,
}

impl Seen {
    fn value(self) -> Option<Value> {
        match self {
            Self::Value(value) => Some(value),
            Self::Nothing => None,
        }
    }
}

impl Evaluation<'_> {
    fn value(&self, value: &Value, depth: usize) -> Option<Seen> {
        if depth > MAX_DEPTH {
            return None;
        }
        match value {
            Value::Array(elements) => {
                let seen: Option<Vec<Seen>> = elements.iter().map(|element| self.value(element, depth + 1)).collect();
                Some(Seen::Value(Value::Array(seen?.into_iter().filter_map(Seen::value).collect())))
            }
            Value::Object(members) => match intrinsic(members) {
                None => {
                    let seen: Option<Vec<(&String, Seen)>> =
                        members.iter().map(|(key, member)| Some((key, self.value(member, depth + 1)?))).collect();
                    let kept = seen?.into_iter().filter_map(|(key, member)| Some((key.clone(), member.value()?)));
                    Some(Seen::Value(Value::Object(kept.collect())))
                }
                Some(("Ref", Value::String(name))) if name == NO_VALUE => Some(Seen::Nothing),
                Some(("Fn::If", Value::Array(arguments))) => {
                    let [Value::String(condition), then, otherwise] = arguments.as_slice() else { return None };
                    let chosen = if self.named(condition, depth + 1)? { then } else { otherwise };
                    self.value(chosen, depth + 1)
                }
                Some(_) => None,
            },
            scalar => Some(Seen::Value(scalar.clone())),
        }
    }

    fn named(&self, name: &str, depth: usize) -> Option<bool> {
        self.holds(self.conditions.get(name)?, depth)
    }

    fn holds(&self, condition: &Value, depth: usize) -> Option<bool> {
        if depth > MAX_DEPTH {
            return None;
        }
        match intrinsic(condition.as_object()?)? {
            ("Condition", Value::String(name)) => self.named(name, depth + 1),
            ("Fn::Or", Value::Array(tests)) => {
                let held: Option<Vec<bool>> = tests.iter().map(|test| self.holds(test, depth + 1)).collect();
                Some(held?.contains(&true))
            }
            ("Fn::Equals", Value::Array(sides)) => {
                let [account, Value::String(wanted)] = sides.as_slice() else { return None };
                let is_account_id = intrinsic(account.as_object()?)? == ("Ref", &json!("AWS::AccountId"));
                is_account_id.then(|| self.account == Some(wanted.as_str()))
            }
            _ => None,
        }
    }
}

/// An object of one member whose key is that of an intrinsic function.
fn intrinsic(members: &Map<String, Value>) -> Option<(&str, &Value)> {
    let (key, argument) = members.iter().next().filter(|_| members.len() == 1)?;
    (key == "Ref" || key == "Condition" && argument.is_string() || key.starts_with("Fn::")).then_some((key, argument))
}

fn role_of(properties: &Value) -> Option<Role> {
    let properties = only_keys(
        properties,
        &[
            "AssumeRolePolicyDocument",
            "Description",
            "ManagedPolicyArns",
            "MaxSessionDuration",
            "Path",
            "PermissionsBoundary",
            "Policies",
            "RoleName",
            "Tags",
        ],
    )?;
    let mut inline = BTreeMap::new();
    for policy in properties.get("Policies")?.as_array()? {
        let policy = only_keys(policy, &["PolicyDocument", "PolicyName"])?;
        inline
            .insert(from(policy.get("PolicyName")?)?, document(policy.get("PolicyDocument")?, PolicyKind::Permission));
    }
    let mut tags = BTreeMap::new();
    for tag in properties.get("Tags")?.as_array()? {
        let tag = only_keys(tag, &["Key", "Value"])?;
        tags.insert(from(tag.get("Key")?)?, from(tag.get("Value")?)?);
    }
    Some(Role {
        name: from(properties.get("RoleName")?)?,
        path: properties.get("Path").map_or(Some(RolePath::root()), from)?,
        description: properties.get("Description").map_or(Some(String::new()), from)?,
        trust: document(properties.get("AssumeRolePolicyDocument")?, PolicyKind::Trust),
        max_session: from(properties.get("MaxSessionDuration")?)?,
        boundary: properties.get("PermissionsBoundary").map_or(Some(None), from)?,
        attached: from(properties.get("ManagedPolicyArns")?)?,
        inline,
        tags,
    })
}

fn from<T: for<'de> Deserialize<'de>>(value: &Value) -> Option<T> {
    T::deserialize(value).ok()
}

/// Our templates write principals as ARNs, so the partition is in the document already.
fn document(value: &Value, kind: PolicyKind) -> PolicyDoc {
    PolicyDoc::from_live(&value.to_string(), kind, Partition::Aws)
}
