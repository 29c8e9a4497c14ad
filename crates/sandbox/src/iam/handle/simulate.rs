//! The policy simulator.

use std::collections::BTreeSet;

use super::page::page;
use super::{Operation, own, read};
use crate::access::{Context, Decision, Document, Evaluation, Policy, Source, evaluate, request_context};
use crate::iam::{Account, IamError, IdentityKind};
use crate::sts::administrator;
use crate::wire::{Call, Caller, Identity, Reply, WireError, Xml};
use crate::world::World;

pub(super) const OPERATIONS: &[Operation] = &[
    read("SimulatePrincipalPolicy", &["PolicySourceArn", "ActionNames"], principal_policy),
    read("SimulateCustomPolicy", &["PolicyInputList", "ActionNames"], custom_policy),
    read("GetContextKeysForPrincipalPolicy", &["PolicySourceArn"], keys_of_principal),
    read("GetContextKeysForCustomPolicy", &["PolicyInputList"], keys_of_custom),
];

/// What is simulated: the policies that must all allow an action, and what the request says about itself.
struct Simulation<'a> {
    policies: Vec<Policy<'a>>,
    boundary: Option<Vec<Policy<'a>>>,
    context: Context,
}

/// One answer of the simulator.
struct Outcome<'a> {
    action: &'a str,
    resource: &'a str,
    evaluation: Evaluation<'a>,
    /// Whether the permissions boundary allows it, when there is one.
    within_boundary: Option<bool>,
    /// Whether the organization's policies allow it.
    by_organization: bool,
}

impl Outcome<'_> {
    fn decision(&self) -> &'static str {
        match self.evaluation.decision {
            Decision::Denied => "explicitDeny",
            _ if !self.by_organization => "explicitDeny",
            Decision::Allowed if self.within_boundary != Some(false) => "allowed",
            Decision::Allowed | Decision::Silent => "implicitDeny",
        }
    }
}

fn principal_policy(world: &World, call: &Call) -> Result<Reply, WireError> {
    let iam = own(world, call)?;
    let administrator = administrator(&iam.id);
    if call.params.required("PolicySourceArn")? == administrator.arn {
        // It stands for every permission and has no policies of its own.
        let policies = iam.managed("arn:aws:iam::aws:policy/AdministratorAccess").into_iter().collect();
        let context = context(call, Some(request_context(world, &administrator)));
        return answer(world, call, &Simulation { policies, boundary: None, context });
    }
    let (kind, name) = source(iam, call)?;
    let mut policies = iam.granting(kind, name);
    policies.extend(given(call, "PolicyInputList")?);
    let boundary = match given(call, "PermissionsBoundaryPolicyInputList")? {
        documents if !documents.is_empty() => Some(documents),
        _ => iam.boundary_of(kind, name).map(|arn| iam.managed(arn).into_iter().collect()),
    };
    let context = context(call, principal(iam, kind, name).map(|caller| request_context(world, &caller)));
    answer(world, call, &Simulation { policies, boundary, context })
}

fn custom_policy(world: &World, call: &Call) -> Result<Reply, WireError> {
    let policies = given(call, "PolicyInputList")?;
    let boundary = Some(given(call, "PermissionsBoundaryPolicyInputList")?).filter(|documents| !documents.is_empty());
    answer(world, call, &Simulation { policies, boundary, context: context(call, None) })
}

fn keys_of_principal(world: &World, call: &Call) -> Result<Reply, WireError> {
    let iam = own(world, call)?;
    let (kind, name) = source(iam, call)?;
    let mut policies = iam.granting(kind, name);
    policies.extend(given(call, "PolicyInputList")?);
    Ok(Reply::result(|xml| xml.texts("ContextKeyNames", context_keys(&policies))))
}

fn keys_of_custom(_: &World, call: &Call) -> Result<Reply, WireError> {
    let policies = given(call, "PolicyInputList")?;
    Ok(Reply::result(|xml| xml.texts("ContextKeyNames", context_keys(&policies))))
}

/// The identity that `PolicySourceArn` names; it must be one of the caller's account.
fn source<'c>(iam: &Account, call: &'c Call) -> Result<(IdentityKind, &'c str), WireError> {
    let arn = call.params.required("PolicySourceArn")?;
    let unclear =
        || IamError::invalid(format!("Invalid Entity Arn: {arn} does not clearly define entity type and name."));
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let ["arn", _, "iam", "", account, resource] = parts.as_slice() else { return Err(unclear().into()) };
    let (word, rest) = resource.split_once('/').ok_or_else(unclear)?;
    let kinds = [IdentityKind::Role, IdentityKind::User, IdentityKind::Group];
    let kind = kinds.into_iter().find(|kind| kind.word() == word).ok_or_else(unclear)?;
    let name = rest.rsplit('/').next().unwrap_or(rest);
    if *account != iam.id {
        return Err(IamError::no_such_entity(format!("The {word} with name {name} cannot be found.")).into());
    }
    iam.policies_of(kind, name)?;
    Ok((kind, name))
}

/// An identity as one that calls.
fn principal(iam: &Account, kind: IdentityKind, name: &str) -> Option<Caller> {
    let (arn, user_id, identity) = match kind {
        IdentityKind::Role => {
            let role = iam.role(name).ok()?;
            let identity = Identity::Session { role_name: role.name.clone(), role_arn: role.arn.clone() };
            (role.arn.clone(), role.id.clone(), identity)
        }
        IdentityKind::User => {
            let user = iam.user(name).ok()?;
            (user.arn.clone(), user.id.clone(), Identity::User { name: user.name.clone() })
        }
        IdentityKind::Group => return None,
    };
    Some(Caller { account: iam.id.clone(), arn, user_id, identity, access_key: None })
}

/// The policies that a member of the request holds as texts.
fn given<'c>(call: &'c Call, member: &str) -> Result<Vec<Policy<'c>>, WireError> {
    let documents = call.params.list(member).unwrap_or_default();
    let policies = documents.into_iter().enumerate().map(|(number, document)| {
        let id = format!("{member}.{}", number + 1);
        match Document::parse(document) {
            Ok(_) => Ok(Policy { id, source: Source::Given, document }),
            Err(error) => Err(IamError::invalid(format!("Invalid policy {id}: {error}")).into()),
        }
    });
    policies.collect()
}

/// The context of the request: that of the principal, and what the request says over it.
fn context(call: &Call, principal: Option<Context>) -> Context {
    let mut context = principal.unwrap_or_default();
    for entry in call.params.structs("ContextEntries").unwrap_or_default() {
        if let Some(key) = entry.get("ContextKeyName") {
            let values = entry.list("ContextKeyValues").unwrap_or_default();
            context.insert(key.to_ascii_lowercase(), values.into_iter().map(str::to_owned).collect());
        }
    }
    context
}

fn answer(world: &World, call: &Call, simulation: &Simulation<'_>) -> Result<Reply, WireError> {
    if call.params.get("ResourcePolicy").is_some() {
        let message = "ResourcePolicy is not simulated by the Rolecall sandbox.";
        return Err(IamError::invalid(message).into());
    }
    let Simulation { policies, boundary, context } = simulation;
    let actions = call.params.list("ActionNames").unwrap_or_default();
    if let Some(wrong) = actions.iter().find(|action| !action.contains(':') || action.contains('*')) {
        return Err(IamError::invalid(format!("Invalid action name: {wrong}")).into());
    }
    let resources = call.params.list("ResourceArns").filter(|list| !list.is_empty()).unwrap_or_else(|| vec!["*"]);
    let outcome = |action, resource| Outcome {
        action,
        resource,
        evaluation: evaluate(policies, action, resource, context),
        within_boundary: boundary
            .as_ref()
            .map(|boundary| evaluate(boundary, action, resource, context).decision == Decision::Allowed),
        by_organization: !world.org.denies(&call.caller.account, action),
    };
    let pairs = actions.iter().flat_map(|action| resources.iter().map(move |resource| (*action, *resource)));
    let page = page(world, call, |position| {
        let rows = pairs.enumerate().map(|(number, pair)| (format!("{number:06}"), pair));
        rows.filter(move |(key, _)| position.as_ref().is_none_or(|position| key > position))
    })?;
    let missing: Vec<String> =
        context_keys(policies).into_iter().filter(|key| !context.contains_key(&key.to_ascii_lowercase())).collect();
    Ok(Reply::result(|xml| {
        xml.list("EvaluationResults", &page.rows, |xml, (action, resource)| {
            show(xml, &outcome(action, resource), policies, &missing);
        });
        page.end(xml);
    }))
}

fn show(xml: &mut Xml, outcome: &Outcome<'_>, policies: &[Policy<'_>], missing: &[String]) {
    xml.text("EvalActionName", outcome.action);
    xml.text("EvalResourceName", outcome.resource);
    xml.text("EvalDecision", outcome.decision());
    let matched = policies.iter().filter(|policy| outcome.evaluation.by.contains(&policy.id.as_str()));
    xml.list("MatchedStatements", matched, |xml, policy| {
        xml.text("SourcePolicyId", &policy.id);
        xml.text("SourcePolicyType", source_name(policy.source));
    });
    xml.texts("MissingContextValues", missing);
    xml.element("OrganizationsDecisionDetail", |xml| xml.text("AllowedByOrganizations", outcome.by_organization));
    if let Some(within) = outcome.within_boundary {
        xml.element("PermissionsBoundaryDecisionDetail", |xml| xml.text("AllowedByPermissionsBoundary", within));
    }
}

fn source_name(source: Source) -> &'static str {
    match source {
        Source::User => "user",
        Source::Group => "group",
        Source::Role => "role",
        Source::AwsManaged => "aws-managed",
        Source::UserManaged => "user-managed",
        Source::Given => "none",
    }
}

/// The condition keys that policies ask about, as written.
fn context_keys(policies: &[Policy<'_>]) -> BTreeSet<String> {
    let documents = policies.iter().filter_map(|policy| Document::parse(policy.document).ok());
    documents
        .flat_map(|document| document.statements)
        .flat_map(|statement| statement.condition.into_values())
        .flat_map(std::collections::BTreeMap::into_keys)
        .collect()
}
