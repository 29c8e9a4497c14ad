//! The CloudFormation template that delivers a role, and reading it back: it is what was last applied.

mod read;
mod shape;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

use crate::ids::{AccountId, ExternalId, PolicyName, RoleName, TagKey, TagValue};
use crate::observed::ManagedExecution;
use crate::own_policy::{self, OwnPolicy};
use crate::role::{OWNER_TAG, Role, hex};
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
    /// The role as it is in any account.
    pub fn all(&self) -> impl Iterator<Item = &Arc<Role>> {
        self.special.values().chain([&self.default])
    }

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
        let mut resources = policies(role);
        resources.insert(RESOURCE.to_owned(), json!({ "Type": ROLE, "Properties": properties(role, overrides) }));
        let mut template = json!({
            "AWSTemplateFormatVersion": "2010-09-09",
            "Description": format!("Role {}, kept by Rolecall: changes made here are undone.", role.name),
            "Resources": resources,
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

    /// How the role of this name is written in it, whoever wrote it: its only role, or the one that is named so in place.
    /// `None` when that cannot be told.
    pub fn shape(&self, name: &RoleName) -> Option<Shape> {
        shape::of(&self.body, name)
    }

    /// The same template with its role written as in another. To CloudFormation a role under another logical id is another
    /// role, and one that newly says its path is one to replace. Someone else's template stays as it is.
    #[must_use]
    pub fn shaped_like(self, Shape { logical_id, path }: &Shape) -> Self {
        self.edited(|resources| {
            let current = resources.iter().find(|(_, resource)| is_role(resource)).map(|(id, _)| id.clone())?;
            let mut role = resources.remove(&current)?;
            let properties = role.get_mut("Properties")?.as_object_mut()?;
            if *path == PathProperty::Absent && properties.get("Path").is_some_and(|path| path == "/") {
                properties.remove("Path");
            }
            resources.insert(logical_id.clone(), role);
            Some(())
        })
    }

    /// The same template with roles that do not say any more that they are ours. Someone else's template stays as it is.
    #[must_use]
    pub fn without_ownership(self) -> Self {
        self.edited(|resources| {
            let role = resources.values_mut().find(|resource| is_role(resource))?;
            let tags = role.pointer_mut("/Properties/Tags")?.as_array_mut()?;
            tags.retain(|tag| tag.get("Key").and_then(Value::as_str) != Some(OWNER_TAG));
            Some(())
        })
    }

    /// A template of ours with its resources changed; any other, and one that cannot be changed, as it is.
    fn edited(self, edit: impl FnOnce(&mut Map<String, Value>) -> Option<()>) -> Self {
        if self.roles.is_none() {
            return self;
        }
        let Ok(mut template) = serde_json::from_str::<Value>(&self.body) else { return self };
        let resources = template.get_mut("Resources").and_then(Value::as_object_mut);
        match resources.and_then(edit) {
            Some(()) => Self::from(template.to_string()),
            None => self,
        }
    }
}

/// How a role is written in a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shape {
    /// Its key among the resources.
    pub logical_id: String,
    /// Whether its path is written.
    pub path: PathProperty,
}

/// Whether a role's path is written; one that is not is `/`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PathProperty {
    /// It is.
    Present,
    /// It is not.
    Absent,
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
        let roles = read::read(&body);
        Self { body: body.into(), roles }
    }
}

impl From<Template> for String {
    fn from(template: Template) -> String {
        template.body.to_string()
    }
}

const RESOURCE: &str = "Role";
const ROLE: &str = "AWS::IAM::Role";
const MANAGED_POLICY: &str = "AWS::IAM::ManagedPolicy";
const NO_VALUE: &str = "AWS::NoValue";
const ANY_OVERRIDE: &str = "HasOwnExternalId";

fn is_role(resource: &Value) -> bool {
    resource.get("Type").is_some_and(|kind| kind == ROLE)
}

/// The customer-managed policies of a role. The role refers to them, so they are there before it has them, and are deleted
/// after it has them no more.
fn policies(role: &Role) -> Map<String, Value> {
    let policy = |(name, policy): (&PolicyName, &OwnPolicy)| {
        let properties = json!({
            "ManagedPolicyName": name,
            "Path": own_policy::path(&role.name),
            "PolicyDocument": policy.document.to_value(),
        });
        (logical_id(name), json!({ "Type": MANAGED_POLICY, "Properties": properties }))
    };
    role.managed.iter().map(policy).collect()
}

/// Logical ids have letters and digits only, so that of a policy is made of a digest of its name.
fn logical_id(policy: &PolicyName) -> String {
    format!("Policy{}", &hex(&Sha256::digest(policy.as_str()))[..16])
}

fn properties(role: &Role, overrides: &BTreeMap<ExternalId, BTreeSet<AccountId>>) -> Value {
    // No `..`: a new field of a role does not compile until someone decides how a stack carries it.
    let Role { name, path, description, trust, max_session, boundary, attached, managed, inline, tags } = role;
    let attached: Vec<Value> = attached
        .iter()
        .map(|arn| json!(arn))
        .chain(managed.keys().map(|policy| json!({ "Ref": logical_id(policy) })))
        .collect();
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::planner::testing::{document, role};

    /// A role with two policies that did not fit.
    fn grown() -> Role {
        let mut role = role();
        for number in [1, 2] {
            let name = own_policy::name(&role.name, &"additions".parse().unwrap(), number).unwrap();
            let policy = document(&format!("s3:GetObject{number}")).into();
            role.managed.insert(name, policy);
        }
        role
    }

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
    fn policies_that_do_not_fit_are_resources_of_their_own_that_read_back() {
        let role = grown();
        let template = Template::render(&role, &overrides(3));
        assert_eq!(*template.roles().unwrap().default, role);
        let value: Value = serde_json::from_str(template.body()).unwrap();
        assert_eq!(value["Resources"].as_object().unwrap().len(), 1 + role.managed.len());
        let renamed = Shape { logical_id: "VendorAccess".to_owned(), path: PathProperty::Present };
        assert_eq!(*template.clone().shaped_like(&renamed).roles().unwrap().default, role);
        assert!(template.without_ownership().roles().unwrap().default.owner().is_none());
    }

    #[test]
    fn a_policy_that_the_role_does_not_have_or_that_is_elsewhere_is_not_ours() {
        let body = Template::render(&grown(), &BTreeMap::new()).body().to_owned();
        for (from, to) in [("/rolecall/", "/elsewhere/"), ("{\"Ref\":", "{\"Reference\":")] {
            assert!(body.contains(from), "{from}");
            assert!(Template::from(body.replacen(from, to, 1)).roles().is_none(), "{from}");
        }
        let mut value: Value = serde_json::from_str(&body).unwrap();
        value["Resources"]["Role"]["Properties"]["ManagedPolicyArns"] = json!([]);
        assert!(Template::from(value.to_string()).roles().is_none());
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
