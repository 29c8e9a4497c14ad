//! The trust policy.

use std::collections::BTreeSet;

use serde_json::Value;

use super::Case;
use crate::desired::trust_policy;
use crate::policy::Segment;
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

/// IAM would understand the conditions, whoever the principals are.
pub(super) fn conditions_are_valid(case: &Case<'_>, report: &mut Report) {
    let Some(Document { value, node }) = trust(case).and_then(|trust| trust.value.conditions.as_ref()) else { return };
    if !external_id_conditions(case).is_empty() {
        return;
    }
    let principals = BTreeSet::from([format!("arn:{}:iam::000000000000:root", case.partition)]);
    let Ok(external_id) = "any".parse() else { return };
    let spec = TrustSpec { principals, conditions: value.clone() };
    let Err(error) = trust_policy(&spec, &external_id, case.partition) else { return };
    for problem in error.problems() {
        // The document was made around the conditions; their part of the path begins after `Condition`.
        let is_condition = |segment: &Segment| *segment == Segment::Key("Condition".to_owned());
        let start = problem.path.0.iter().position(is_condition).map_or(0, |at| at + 1);
        report_problem(problem, start, node, report);
    }
}

/// With the longest external ID that an account has.
pub(super) fn is_within_its_limit(case: &Case<'_>, report: &mut Report) {
    let Some(trust) = trust(case) else { return };
    let ids = case.lowered.external_id.iter().chain(case.lowered.overrides.values());
    let Some(external_id) = ids.max_by_key(|id| id.as_str().len()) else { return };
    let conditions = trust.value.conditions.as_ref().map_or(Value::Null, |document| document.value.clone());
    let spec = TrustSpec { principals: case.lowered.principals.clone(), conditions };
    let Ok(policy) = trust_policy(&spec, external_id, case.partition) else { return };
    let size = policy.size();
    if size > TRUST_QUOTA {
        report
            .error(
                trust.owner,
                code::POLICY_TOO_LARGE,
                format!("the trust policy has {size} characters without white space"),
            )
            .expected(format!("at most {TRUST_QUOTA}, IAM's quota for a trust policy"))
            .hint("trust fewer principals, or one account and a condition on aws:PrincipalArn");
    }
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
