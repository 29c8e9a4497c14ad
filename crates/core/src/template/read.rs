//! Reading a template of ours back.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{MANAGED_POLICY, NO_VALUE, TemplateRoles, is_role, logical_id};
use crate::ids::{AccountId, Partition, PolicyName, RoleName, RolePath};
use crate::own_policy::{self, OwnPolicy};
use crate::policy::{PolicyDoc, PolicyKind};
use crate::role::Role;

/// Reads a template of ours; anything that we would not have written makes it someone else's.
pub(super) fn read(body: &str) -> Option<TemplateRoles> {
    let template: Value = serde_json::from_str(body).ok()?;
    let template = only_keys(&template, &["AWSTemplateFormatVersion", "Conditions", "Description", "Resources"])?;
    // An adopted stack set keeps the logical id that its role had: another one would make CloudFormation make a second role.
    let resources = template.get("Resources")?.as_object()?;
    let (roles, others): (Vec<_>, Vec<_>) = resources.iter().partition(|(_, resource)| is_role(resource));
    let [(_, resource)] = roles.as_slice() else { return None };
    let resource = only_keys(resource, &["Properties", "Type"])?;
    let no_conditions = Map::new();
    let conditions = match template.get("Conditions") {
        Some(conditions) => conditions.as_object()?,
        None => &no_conditions,
    };
    let mut properties = resource.get("Properties")?.clone();
    let referred = take_references(&mut properties)?;
    let role = |account: Option<&str>| {
        let seen = Evaluation { account, conditions }.value(&properties, 0)?.value()?;
        let mut role = role_of(&seen)?;
        role.managed = others.iter().map(|(_, resource)| policy_of(resource, &role.name)).collect::<Option<_>>()?;
        let made: BTreeSet<String> = role.managed.keys().map(logical_id).collect();
        let written: BTreeSet<String> = others.iter().map(|(id, _)| (*id).clone()).collect();
        (made == written && made == referred).then(|| Arc::new(role))
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

/// Takes the references to policies of the template out of the list of the role's managed policies: their logical ids.
fn take_references(properties: &mut Value) -> Option<BTreeSet<String>> {
    let attached = properties.get_mut("ManagedPolicyArns")?.as_array_mut()?;
    let referred = attached.iter().filter_map(|policy| policy.get("Ref")?.as_str().map(str::to_owned)).collect();
    attached.retain(|policy| policy.get("Ref").is_none());
    Some(referred)
}

/// A customer-managed policy of the role.
fn policy_of(resource: &Value, role: &RoleName) -> Option<(PolicyName, OwnPolicy)> {
    let resource = only_keys(resource, &["Properties", "Type"])?;
    let properties = only_keys(resource.get("Properties")?, &["ManagedPolicyName", "Path", "PolicyDocument"])?;
    let is_ours = resource.get("Type")? == MANAGED_POLICY && *properties.get("Path")? == own_policy::path(role);
    let document = document(properties.get("PolicyDocument")?, PolicyKind::Permission);
    is_ours.then_some((from(properties.get("ManagedPolicyName")?)?, document.into()))
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
        managed: BTreeMap::new(),
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
