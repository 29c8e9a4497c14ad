//! The trust policy.

use serde_json::Value;

use super::Case;
use crate::desired::trust_policy;
use crate::ids::ExternalId;
use crate::policy::{PolicyDoc, Segment};
use crate::spec::diagnostic::code;
use crate::spec::load::report_problem;
use crate::spec::model::TrustSpec;
use crate::spec::read::Block;
use crate::spec::report::{Mark, Report};
use crate::spec::tree::{Entry, Kind, Node};
use crate::spec::written::{Document, Trust};

/// The quota of a role's trust policy, in characters without white space (IAM User Guide, "IAM and AWS STS quotas").
const TRUST_QUOTA: usize = 2_048;

pub(super) fn has_principals(case: &Case<'_>, report: &mut Report) {
    let principals = trust(case).and_then(|trust| trust.value.principals.as_ref());
    if let Some(principals) = principals.filter(|principals| principals.written == 0) {
        report
            .error(principals.owner, code::MISSING_KEY, "nobody may assume the role: `principals` is empty")
            .expected("one principal at least");
    }
}

/// The external ID's condition is made from `external_id`, for each account its own.
pub(super) fn conditions_leave_the_external_id_alone(case: &Case<'_>, report: &mut Report) {
    for at in external_id_conditions(case) {
        report
            .error(at, code::EXTERNAL_ID_CONDITION, "the condition on the external ID is made by Rolecall")
            .hint("put the external ID into `external_id` of the integration, and remove it here");
    }
}

pub(super) fn is_a_policy_within_its_limit(case: &Case<'_>, report: &mut Report) {
    let Some(trust) = trust(case) else { return };
    if !external_id_conditions(case).is_empty() {
        return;
    }
    let conditions = trust.value.conditions.as_ref().map_or(&Value::Null, |document| &document.value);
    let principals = case.lowered.principals.clone();
    if principals.is_empty() {
        return;
    }
    let spec = TrustSpec { principals, conditions: conditions.clone() };
    let Some(external_id) = longest_external_id(case) else { return };
    match trust_policy(&spec, &external_id, case.partition) {
        Ok(policy) => check_size(&policy, trust.owner, report),
        Err(error) => {
            let Some(Document { node, .. }) = &trust.value.conditions else { return };
            for problem in error.problems() {
                // The document was made around the conditions; their part of the path begins after `Condition`.
                let is_condition = |segment: &Segment| *segment == Segment::Key("Condition".to_owned());
                let start = problem.path.0.iter().position(is_condition).map_or(0, |at| at + 1);
                report_problem(problem, start, node, report);
            }
        }
    }
}

fn check_size(policy: &PolicyDoc, at: Mark, report: &mut Report) {
    let size = policy.size();
    if size > TRUST_QUOTA {
        report
            .error(at, code::POLICY_TOO_LARGE, format!("the trust policy has {size} characters without white space"))
            .expected(format!("at most {TRUST_QUOTA}, IAM's quota for a trust policy"));
    }
}

/// The one that makes the largest trust policy; some other text where none could be read, so that the rest is checked.
fn longest_external_id(case: &Case<'_>) -> Option<ExternalId> {
    let lowered = case.lowered;
    let ids = lowered.external_id.iter().chain(lowered.overrides.values());
    ids.max_by_key(|id| id.as_str().len()).cloned().or_else(|| "unknown".parse().ok())
}

fn trust<'a>(case: &Case<'a>) -> Option<&'a Block<Trust>> {
    case.written.value.role.as_ref()?.trust.as_ref()
}

/// Where conditions name `sts:ExternalId`, whose case has no meaning, under any operator.
fn external_id_conditions(case: &Case<'_>) -> Vec<Mark> {
    let Some(Document { node, .. }) = trust(case).and_then(|trust| trust.value.conditions.as_ref()) else {
        return Vec::new();
    };
    let keys = entries(node).iter().flat_map(|operator| entries(&operator.value));
    let is_external_id = |entry: &&Entry| entry.key.plain_text().eq_ignore_ascii_case("sts:ExternalId");
    keys.filter(is_external_id).map(|entry| entry.key.at).collect()
}

fn entries(node: &Node) -> &[Entry] {
    match &node.kind {
        Kind::Mapping(entries) => entries,
        Kind::List(_) | Kind::Scalar(_) => &[],
    }
}
