//! Least-privilege policies.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::{Kind, Part, Purpose, Setting, needs};

/// An identity-based policy, which serializes as IAM reads it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Policy {
    version: &'static str,
    statement: Vec<Statement>,
}

/// A statement that allows actions on resources.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Statement {
    sid: &'static str,
    effect: &'static str,
    action: BTreeSet<&'static str>,
    resource: Vec<String>,
}

/// The policy that lets somebody do what a purpose takes, and nothing else: one statement for each kind of resources.
pub fn policy(purpose: Purpose, part: Part, setting: &Setting) -> Policy {
    let mut actions: BTreeMap<Kind, BTreeSet<&'static str>> = BTreeMap::new();
    for need in needs(purpose, part, setting) {
        actions.entry(need.kind).or_default().insert(need.action);
    }
    let statements = actions.into_iter().map(|(kind, action)| Statement {
        sid: sid(kind),
        effect: "Allow",
        action,
        resource: setting.resources(kind),
    });
    // Without roles there is nothing to allow, and IAM refuses a statement without resources.
    let statement = statements.filter(|statement| !statement.resource.is_empty()).collect();
    Policy { version: "2012-10-17", statement }
}

fn sid(kind: Kind) -> &'static str {
    match kind {
        Kind::Any => "NotNarrowable",
        Kind::Units => "OrganizationalUnits",
        Kind::StackSets => "StackSets",
        Kind::StackSetOperations => "StackSetOperations",
        Kind::Stacks => "Stacks",
        Kind::ServiceLinkedRole => "TrustedAccess",
        Kind::Roles => "Roles",
        Kind::Policies => "ManagedPolicies",
        Kind::MemberRole => "MemberRole",
        Kind::Principals => "Simulation",
        Kind::Lock => "Lock",
        Kind::History => "WhoDidIt",
    }
}
