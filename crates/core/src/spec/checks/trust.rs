//! The trust policy.

use serde_json::Value;

use super::Case;
use crate::desired::trust_policy;
use crate::ids::Partition;
use crate::policy::{PolicyDoc, PolicyError, Segment};
use crate::spec::diagnostic::code;
use crate::spec::load::report_problem;
use crate::spec::lower::Lowered;
use crate::spec::model::TrustSpec;
use crate::spec::read::Block;
use crate::spec::report::{Mark, Report};
use crate::spec::tree::{Entry, Kind, Node};
use crate::spec::written::{self, Document, Trust};

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

/// The trust policy with the longest external ID that an account has. What is missing, which was reported, is made up, so
/// that the rest can be checked. `None` without a `trust`.
pub(super) fn policy(
    written: &written::Integration,
    lowered: &Lowered,
    partition: Partition,
) -> Option<Result<PolicyDoc, PolicyError>> {
    let trust = written.role.as_ref()?.trust.as_ref()?;
    let ids = lowered.external_id.iter().chain(lowered.overrides.values());
    let external_id = ids.max_by_key(|id| id.as_str().len()).cloned().or_else(|| "any".parse().ok())?;
    let mut principals = lowered.principals.clone();
    if principals.is_empty() {
        principals.insert(format!("arn:{partition}:iam::000000000000:root"));
    }
    let conditions = trust.value.conditions.as_ref().map_or(Value::Null, |document| document.value.clone());
    Some(trust_policy(&TrustSpec { principals, conditions }, &external_id, partition))
}

/// IAM would understand the conditions.
pub(super) fn conditions_are_valid(case: &Case<'_>, report: &mut Report) {
    let Some(Document { node, .. }) = trust(case).and_then(|trust| trust.value.conditions.as_ref()) else { return };
    let Some(Err(error)) = &case.trust_policy else { return };
    if !external_id_conditions(case).is_empty() {
        return;
    }
    for problem in error.problems() {
        // The document was made around the conditions; their part of the path begins after `Condition`.
        let is_condition = |segment: &Segment| *segment == Segment::Key("Condition".to_owned());
        let start = problem.path.0.iter().position(is_condition).map_or(0, |at| at + 1);
        report_problem(problem, start, node, report);
    }
}

pub(super) fn is_within_its_limit(case: &Case<'_>, report: &mut Report) {
    let (Some(trust), Some(Ok(policy))) = (trust(case), &case.trust_policy) else { return };
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
