//! The CloudFormation template that delivers a role, and reading it back: it is what was last applied.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::ids::{AccountId, ExternalId, Partition, TagKey, TagValue};
use crate::observed::ManagedExecution;
use crate::policy::{PolicyDoc, PolicyKind};
use crate::role::Role;
use crate::spec::AutoDeployment;

/// How large a template may be in a request, in bytes (CloudFormation quota "Template body size in a request").
pub const MAX_BYTES: usize = 51_200;

/// The capability that a template with a named role needs.
pub const CAPABILITY: &str = "CAPABILITY_NAMED_IAM";

/// What a stack set is, apart from its instances.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Definition {
    /// The description.
    pub description: String,
    /// The template.
    pub template: Template,
    /// The capabilities it is given.
    pub capabilities: BTreeSet<String>,
    /// The tags of the stack set, which AWS hands down to the stacks.
    pub tags: BTreeMap<TagKey, TagValue>,
    /// What happens when an account joins or leaves a target.
    pub auto_deployment: AutoDeployment,
    /// Whether operations that do not conflict run at the same time.
    pub managed_execution: ManagedExecution,
}

/// A template: its text, and the roles that it makes if it is one of ours.
#[derive(Clone, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub struct Template {
    body: Arc<str>,
    roles: Option<TemplateRoles>,
}

/// The role that a template makes, by account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplateRoles {
    /// In any account.
    pub default: Arc<Role>,
    /// In these accounts instead.
    pub special: BTreeMap<AccountId, Arc<Role>>,
}

impl TemplateRoles {
    /// The role in an account.
    pub fn in_account(&self, account: &AccountId) -> &Arc<Role> {
        self.special.get(account).unwrap_or(&self.default)
    }
}

impl Template {
    /// The template that makes a role, with another external ID in some accounts.
    ///
    /// The same role has the same bytes. Account by account differences are conditions of the template, not parameter
    /// overrides: overrides cost a call for each account to read back, and automatic deployment ignores them.
    pub fn render(role: &Role, overrides: &BTreeMap<ExternalId, BTreeSet<AccountId>>) -> Self {
        let mut template = json!({
            "AWSTemplateFormatVersion": "2010-09-09",
            "Description": format!("Role {}, kept by Rolecall: changes made here are undone.", role.name),
            "Resources": { RESOURCE: { "Type": "AWS::IAM::Role", "Properties": properties(role, overrides) } },
        });
        if !overrides.is_empty() {
            template["Conditions"] = conditions(overrides);
        }
        Self::from(template.to_string())
    }

    /// The text.
    pub fn body(&self) -> &str {
        &self.body
    }

    /// The roles that it makes; `None` when it is not exactly a template of ours.
    pub fn roles(&self) -> Option<&TemplateRoles> {
        self.roles.as_ref()
    }
}

/// Templates are the same when their texts are, or when both are ours and make the same roles.
impl PartialEq for Template {
    fn eq(&self, other: &Self) -> bool {
        self.body == other.body || (self.roles.is_some() && self.roles == other.roles)
    }
}

impl Eq for Template {}

impl fmt::Debug for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Template({} bytes)", self.body.len())
    }
}

impl From<String> for Template {
    fn from(body: String) -> Self {
        let roles = read(&body);
        Self { body: body.into(), roles }
    }
}

impl From<Template> for String {
    fn from(template: Template) -> String {
        template.body.to_string()
    }
}

const RESOURCE: &str = "Role";
const NO_VALUE: &str = "AWS::NoValue";
const ANY_OVERRIDE: &str = "HasOwnExternalId";

fn properties(role: &Role, overrides: &BTreeMap<ExternalId, BTreeSet<AccountId>>) -> Value {
    // No `..`: a new field of a role does not compile until someone decides how a stack carries it.
    let Role { name, path, description, trust, max_session, boundary, attached, inline, tags } = role;
    let mut trust = trust.to_value();
    if !overrides.is_empty() {
        vary_external_id(&mut trust, overrides);
    }
    let policies: Vec<Value> = inline
        .iter()
        .map(|(name, document)| json!({ "PolicyName": name, "PolicyDocument": document.to_value() }))
        .collect();
    let tags: Vec<Value> = tags.iter().map(|(key, value)| json!({ "Key": key, "Value": value })).collect();
    let mut properties = json!({
        "RoleName": name,
        "Path": path,
        "AssumeRolePolicyDocument": trust,
        "MaxSessionDuration": max_session,
        "ManagedPolicyArns": attached,
        "Policies": policies,
        "Tags": tags,
    });
    if !description.is_empty() {
        properties["Description"] = json!(description);
    }
    if let Some(boundary) = boundary {
        properties["PermissionsBoundary"] = json!(boundary);
    }
    properties
}

/// Replaces every external ID in a trust policy by a list of which each account sees one element.
fn vary_external_id(value: &mut Value, overrides: &BTreeMap<ExternalId, BTreeSet<AccountId>>) {
    match value {
        Value::Object(members) => {
            for (key, member) in members {
                if key.eq_ignore_ascii_case("sts:ExternalId") {
                    let mut choices = vec![json!({ "Fn::If": [ANY_OVERRIDE, { "Ref": NO_VALUE }, member.take()] })];
                    choices.extend(overrides.keys().enumerate().map(|(index, external_id)| {
                        json!({ "Fn::If": [condition_name(index), external_id, { "Ref": NO_VALUE }] })
                    }));
                    *member = Value::Array(choices);
                } else {
                    vary_external_id(member, overrides);
                }
            }
        }
        Value::Array(elements) => elements.iter_mut().for_each(|element| vary_external_id(element, overrides)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn condition_name(index: usize) -> String {
    format!("OwnExternalId{}", index + 1)
}

fn conditions(overrides: &BTreeMap<ExternalId, BTreeSet<AccountId>>) -> Value {
    let mut conditions = Map::new();
    let mut all = Vec::new();
    for (index, accounts) in overrides.values().enumerate() {
        let tests =
            accounts.iter().map(|account| json!({ "Fn::Equals": [{ "Ref": "AWS::AccountId" }, account] })).collect();
        conditions.insert(condition_name(index), any_of(tests));
        all.push(json!({ "Condition": condition_name(index) }));
    }
    conditions.insert(ANY_OVERRIDE.to_owned(), any_of(all));
    Value::Object(conditions)
}

/// `Fn::Or` takes two to ten conditions, so more become a tree, and one stands for itself.
fn any_of(mut tests: Vec<Value>) -> Value {
    while tests.len() > 10 {
        tests = tests
            .chunks(10)
            .map(|chunk| if let [one] = chunk { one.clone() } else { json!({ "Fn::Or": chunk }) })
            .collect();
    }
    match tests.pop() {
        Some(only) if tests.is_empty() => only,
        Some(last) => {
            tests.push(last);
            json!({ "Fn::Or": tests })
        }
        None => json!({ "Fn::Equals": ["", "none"] }),
    }
}

/// Reads a template of ours; anything that we would not have written makes it someone else's.
fn read(body: &str) -> Option<TemplateRoles> {
    let template: Value = serde_json::from_str(body).ok()?;
    let template = only_keys(&template, &["AWSTemplateFormatVersion", "Conditions", "Description", "Resources"])?;
    let resource = only_keys(template.get("Resources")?, &[RESOURCE])?.get(RESOURCE)?;
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
        path: from(properties.get("Path")?)?,
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::planner::testing::role;

    fn overrides(accounts: usize) -> BTreeMap<ExternalId, BTreeSet<AccountId>> {
        let mut overrides: BTreeMap<ExternalId, BTreeSet<AccountId>> = BTreeMap::new();
        for number in 1..=accounts {
            let external_id = format!("legacy-{}", number % 3).parse().unwrap();
            overrides.entry(external_id).or_default().insert(format!("{number:012}").parse().unwrap());
        }
        overrides
    }

    #[test]
    fn the_same_role_has_the_same_bytes() {
        assert_eq!(Template::render(&role(), &overrides(7)).body(), Template::render(&role(), &overrides(7)).body());
    }

    #[test]
    fn a_template_reads_back_as_the_role_it_was_made_from() {
        let template = Template::render(&role(), &BTreeMap::new());
        let roles = template.roles().unwrap();
        assert_eq!(*roles.default, role());
        assert!(roles.special.is_empty());
    }

    #[test]
    fn each_account_has_its_own_external_id_and_the_others_the_common_one() {
        for accounts in [1, 2, 11, 130] {
            let template = Template::render(&role(), &overrides(accounts));
            let roles = template.roles().unwrap();
            assert_eq!(*roles.default, role());
            for number in 1..=accounts {
                let seen = roles.in_account(&format!("{number:012}").parse().unwrap());
                let trust = seen.trust.to_json();
                assert!(trust.contains(&format!("legacy-{}", number % 3)), "{accounts}: {trust}");
                assert!(!trust.contains("vendor-external-id"), "{accounts}: {trust}");
            }
            assert!(template.body().len() < MAX_BYTES);
        }
    }

    #[test]
    fn a_template_that_makes_anything_else_is_not_ours() {
        let body = Template::render(&role(), &BTreeMap::new()).body().to_owned();
        let mut value: Value = serde_json::from_str(&body).unwrap();
        value["Resources"]["Backdoor"] = json!({ "Type": "AWS::IAM::User" });
        assert!(Template::from(value.to_string()).roles().is_none());
        for (from, to) in [("AWS::IAM::Role", "AWS::IAM::User"), ("\"Tags\"", "\"Labels\""), ("{", "[")] {
            assert!(Template::from(body.replacen(from, to, 1)).roles().is_none(), "{from}");
        }
        assert_ne!(Template::from(value.to_string()), Template::from(body));
    }

    #[test]
    fn the_same_template_with_other_white_space_is_the_same() {
        let template = Template::render(&role(), &overrides(2));
        let value: Value = serde_json::from_str(template.body()).unwrap();
        assert_eq!(Template::from(serde_json::to_string_pretty(&value).unwrap()), template);
    }
}
