//! What an account's service control policies keep CloudFormation from doing.

use serde_json::Value;

use super::model::Stack;
use super::resources::{self, ResourceError};
use super::template::Resource;
use crate::access::Context;
use crate::iam::IamError;
use crate::world::{World, hex, uuid};
use crate::{org, sts};

/// What is to be done to a resource.
#[derive(Debug, Clone, Copy)]
pub(super) enum Verb<'a> {
    /// Make it.
    Create,
    /// Change it from what it was.
    Update(&'a Resource),
    /// Delete it.
    Delete,
}

/// The properties of a role, and the action that changes each.
const ROLE_PROPERTIES: [(&str, &str); 7] = [
    ("AssumeRolePolicyDocument", "iam:UpdateAssumeRolePolicy"),
    ("Description", "iam:UpdateRole"),
    ("ManagedPolicyArns", "iam:AttachRolePolicy"),
    ("MaxSessionDuration", "iam:UpdateRole"),
    ("PermissionsBoundary", "iam:PutRolePermissionsBoundary"),
    ("Policies", "iam:PutRolePolicy"),
    ("Tags", "iam:TagRole"),
];

/// The name of the role under which StackSets act in an account; `DescribeStackSet` shows one name for all accounts.
pub(super) fn execution_role(world: &World) -> String {
    format!("stacksets-exec-{}", &hex(&["stacksets-exec", &world.org.id])[..32])
}

/// Refuses what the account or the organization's policies deny to everybody in the account.
pub(super) fn check(
    world: &World,
    account: &str,
    stack: &Stack,
    resource: &Resource,
    verb: Verb<'_>,
) -> Result<(), ResourceError> {
    let arn = arn(account, resource);
    let context = context(world, account, stack);
    let refusals = actions(resource, verb).into_iter().filter_map(|action| {
        let verdict = || org::verdict(&world.org, account, action, &arn, &context);
        let verdict = if world.org.denies(account, action) { org::Verdict::Denied } else { verdict() };
        let why = match verdict {
            org::Verdict::Open => return None,
            org::Verdict::Denied => "with an explicit deny in a service control policy".to_owned(),
            org::Verdict::NotAllowed => format!("because no service control policy allows the {action} action"),
        };
        Some(format!(
            "User: {} is not authorized to perform: {action} on resource: {arn} {why}",
            actor(world, account, stack)
        ))
    });
    match refusals.into_iter().next() {
        Some(refused) => Err(resources::handler(resource, &IamError::new(403, "AccessDenied", refused))),
        None => Ok(()),
    }
}

/// The name of the session of that role that works on a stack.
pub(super) fn session(stack: &Stack) -> String {
    uuid(&hex(&["session", &stack.id]))
}

/// Stacks of a stack set are the execution role's work, others that of whoever called.
fn actor(world: &World, account: &str, stack: &Stack) -> String {
    if is_stack_sets(stack) {
        format!("arn:aws:sts::{account}:assumed-role/{}/{}", execution_role(world), session(stack))
    } else {
        sts::administrator(account).arn
    }
}

/// Whether a stack is a stack set's.
pub(super) fn is_stack_sets(stack: &Stack) -> bool {
    stack.name.starts_with("StackSet-")
}

/// The condition keys of what is done for a stack.
fn context(world: &World, account: &str, stack: &Stack) -> Context {
    let principal = if is_stack_sets(stack) {
        format!("arn:aws:iam::{account}:role/{}", execution_role(world))
    } else {
        sts::administrator(account).arn
    };
    Context::from([
        ("aws:principalarn".to_owned(), vec![principal]),
        ("aws:principalaccount".to_owned(), vec![account.to_owned()]),
    ])
}

fn arn(account: &str, resource: &Resource) -> String {
    let text = |key: &str| resource.properties.get(key).and_then(Value::as_str);
    let path = text("Path").unwrap_or("/");
    match resource.kind.as_str() {
        "AWS::IAM::ManagedPolicy" | "AWS::IAM::OIDCProvider" => resource.physical_id.clone(),
        "AWS::IAM::User" | "AWS::IAM::UserPolicy" => {
            format!("arn:aws:iam::{account}:user{path}{}", text("UserName").unwrap_or_default())
        }
        "AWS::IAM::Group" | "AWS::IAM::GroupPolicy" | "AWS::IAM::UserToGroupAddition" => {
            format!("arn:aws:iam::{account}:group{path}{}", text("GroupName").unwrap_or_default())
        }
        "AWS::IAM::InstanceProfile" => {
            format!("arn:aws:iam::{account}:instance-profile{path}{}", text("InstanceProfileName").unwrap_or_default())
        }
        _ => format!("arn:aws:iam::{account}:role{path}{}", text("RoleName").unwrap_or_default()),
    }
}

fn actions(resource: &Resource, verb: Verb<'_>) -> Vec<&'static str> {
    let has = |key: &str| resource.properties.get(key).and_then(Value::as_array).is_some_and(|list| !list.is_empty());
    match (resource.kind.as_str(), verb) {
        ("AWS::IAM::Role", Verb::Create) => {
            let more = [("Policies", "iam:PutRolePolicy"), ("ManagedPolicyArns", "iam:AttachRolePolicy")];
            let more = more.into_iter().filter(|(key, _)| has(key)).map(|(_, action)| action);
            ["iam:CreateRole"].into_iter().chain(more).collect()
        }
        ("AWS::IAM::Role", Verb::Update(before)) => ROLE_PROPERTIES
            .into_iter()
            .filter(|(key, _)| before.properties.get(*key) != resource.properties.get(*key))
            .map(|(_, action)| action)
            .collect(),
        ("AWS::IAM::Role", Verb::Delete) => {
            let more = [("Policies", "iam:DeleteRolePolicy"), ("ManagedPolicyArns", "iam:DetachRolePolicy")];
            let more = more.into_iter().filter(|(key, _)| has(key)).map(|(_, action)| action);
            more.chain(["iam:DeleteRole"]).collect()
        }
        ("AWS::IAM::ManagedPolicy", Verb::Create) => vec!["iam:CreatePolicy"],
        ("AWS::IAM::ManagedPolicy", Verb::Update(_)) => vec!["iam:CreatePolicyVersion"],
        ("AWS::IAM::ManagedPolicy", Verb::Delete) => vec!["iam:DeletePolicy"],
        (kind, Verb::Create) => others(kind).map_or_else(Vec::new, |[create, _, _]| vec![create]),
        (kind, Verb::Update(_)) => others(kind).map_or_else(Vec::new, |[_, update, _]| vec![update]),
        (kind, Verb::Delete) => others(kind).map_or_else(Vec::new, |[_, _, delete]| vec![delete]),
    }
}

/// The actions that make, change and delete a resource of the other types.
fn others(kind: &str) -> Option<[&'static str; 3]> {
    Some(match kind {
        "AWS::IAM::User" => ["iam:CreateUser", "iam:UpdateUser", "iam:DeleteUser"],
        "AWS::IAM::Group" => ["iam:CreateGroup", "iam:UpdateGroup", "iam:DeleteGroup"],
        "AWS::IAM::UserToGroupAddition" => ["iam:AddUserToGroup", "iam:AddUserToGroup", "iam:RemoveUserFromGroup"],
        "AWS::IAM::UserPolicy" => ["iam:PutUserPolicy", "iam:PutUserPolicy", "iam:DeleteUserPolicy"],
        "AWS::IAM::GroupPolicy" => ["iam:PutGroupPolicy", "iam:PutGroupPolicy", "iam:DeleteGroupPolicy"],
        "AWS::IAM::Policy" | "AWS::IAM::RolePolicy" => {
            ["iam:PutRolePolicy", "iam:PutRolePolicy", "iam:DeleteRolePolicy"]
        }
        "AWS::IAM::OIDCProvider" => [
            "iam:CreateOpenIDConnectProvider",
            "iam:UpdateOpenIDConnectProviderThumbprint",
            "iam:DeleteOpenIDConnectProvider",
        ],
        "AWS::IAM::InstanceProfile" => {
            ["iam:CreateInstanceProfile", "iam:AddRoleToInstanceProfile", "iam:DeleteInstanceProfile"]
        }
        _ => return None,
    })
}
