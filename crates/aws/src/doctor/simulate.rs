//! Asking IAM what a principal's policies allow (`SimulatePrincipalPolicy`).

use std::collections::BTreeMap;

use aws_sdk_iam::types as sdk;
use rolecall_core::permissions::{Kind, Need, Part, Scene};

use super::permissions::{Denial, Standing, Standings, Trial};
use crate::classify::failed;
use crate::error::CallError;
use crate::sessions::Iam;

const CALL: &str = "iam:SimulatePrincipalPolicy";

/// What is simulated.
enum Source {
    /// The policies of this role or user.
    Arn(String),
    /// Nothing: the root user may do everything that no service control policy denies.
    Root,
}

/// Simulates every need, one call for each kind of resources; of the member role's needs there are two kinds.
pub(super) async fn simulate(
    trial: &Trial<'_>,
    part: Part,
    iam: &Iam,
    wanted: &[Need],
    scene: Scene<'_>,
) -> Result<Standings, CallError> {
    let source = match source(trial, part, iam, scene).await {
        Source::Arn(arn) => arn,
        Source::Root => return Ok(wanted.iter().map(|need| (*need, Standing::Allowed)).collect()),
    };
    let mut batches: BTreeMap<Kind, Vec<Need>> = BTreeMap::new();
    for need in wanted {
        // What cannot be narrowed is asked for together with what is about roles.
        let kind = match (part, need.kind) {
            (Part::Member, Kind::Any | Kind::History) => Kind::Roles,
            (Part::Caller, Kind::History) => Kind::Any,
            (Part::Caller | Part::Member, kind) => kind,
        };
        batches.entry(kind).or_default().push(*need);
    }
    let mut standings = Standings::new();
    for (kind, needs) in batches {
        let resources = trial.setting.examples(kind, scene);
        // What nothing is described of is not needed.
        if !resources.is_empty() {
            standings.extend(ask(trial, iam, &source, &needs, resources).await?);
        }
    }
    Ok(standings)
}

/// The ARN whose policies are the principal's. That of a session lacks the role's path, which only `GetRole` tells;
/// where that may not be called, the role is taken to have none.
async fn source(trial: &Trial<'_>, part: Part, iam: &Iam, scene: Scene<'_>) -> Source {
    let partition = trial.setting.partition;
    let role_arn = |name: &str| format!("arn:{partition}:iam::{}:role/{name}", scene.account);
    if part == Part::Member {
        return Source::Arn(role_arn(&trial.setting.member_role));
    }
    let arn = &trial.connection.caller().arn;
    let resource = arn.splitn(6, ':').nth(5).unwrap_or_default();
    if resource == "root" {
        return Source::Root;
    }
    let Some(name) = resource.strip_prefix("assumed-role/").and_then(|rest| rest.split('/').next()) else {
        return Source::Arn(arn.clone());
    };
    let _permit = trial.connection.permit().await;
    let role = iam.client.get_role().role_name(name).send().await.ok().and_then(|answer| answer.role);
    Source::Arn(role.map_or_else(|| role_arn(name), |role| role.arn))
}

async fn ask(
    trial: &Trial<'_>,
    iam: &Iam,
    source: &str,
    needs: &[Need],
    resources: Vec<String>,
) -> Result<Standings, CallError> {
    let request = iam.client.simulate_principal_policy().policy_source_arn(source);
    let request = request.set_action_names(Some(needs.iter().map(|need| need.action.to_owned()).collect()));
    let mut pages = request.set_resource_arns(Some(resources)).into_paginator().page_size(1000).send();
    let mut decisions: BTreeMap<String, Standing> = BTreeMap::new();
    loop {
        let _permit = trial.connection.permit().await;
        let Some(page) = pages.next().await else { break };
        let page = page.map_err(failed(&iam.site, CALL))?;
        for result in page.evaluation_results() {
            let standing = standing(result);
            let worst = decisions.entry(result.eval_action_name().to_owned()).or_insert(Standing::Allowed);
            if *worst == Standing::Allowed {
                *worst = standing;
            }
        }
    }
    let unanswered = || Standing::Unknown("IAM did not answer for it".to_owned());
    Ok(needs.iter().map(|need| (*need, decisions.get(need.action).cloned().unwrap_or_else(unanswered))).collect())
}

/// The decision for all resources: one that is not allowed decides.
fn standing(result: &sdk::EvaluationResult) -> Standing {
    let specific = result.resource_specific_results();
    let decisions = specific.iter().map(sdk::ResourceSpecificResult::eval_resource_decision);
    let mut refusals = decisions
        .chain([result.eval_decision()])
        .filter(|decision| !matches!(decision, sdk::PolicyEvaluationDecisionType::Allowed));
    let Some(refusal) = refusals.next() else { return Standing::Allowed };
    let is_forbidden = result.organizations_decision_detail().is_some_and(|detail| !detail.allowed_by_organizations());
    if is_forbidden {
        return Standing::Denied(Denial::Organization);
    }
    let is_beyond =
        result.permissions_boundary_decision_detail().is_some_and(|detail| !detail.allowed_by_permissions_boundary());
    if is_beyond {
        return Standing::Denied(Denial::Boundary);
    }
    let missing = specific.iter().flat_map(sdk::ResourceSpecificResult::missing_context_values);
    let missing: Vec<&str> = missing.chain(result.missing_context_values()).map(String::as_str).collect();
    match refusal {
        _ if !missing.is_empty() => Standing::Unknown(format!("it depends on {}", missing.join(", "))),
        sdk::PolicyEvaluationDecisionType::ExplicitDeny => Standing::Denied(Denial::Explicit),
        _ => Standing::Denied(Denial::Implicit),
    }
}
