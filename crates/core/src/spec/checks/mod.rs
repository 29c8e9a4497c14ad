//! The table of checks: what each value alone does not tell.
//!
//! A check looks at what was written, for the places, and at what it means, and reports any number of problems. It relies on
//! no other check, and a value that could not be read is simply not there.

mod names;
mod role;
mod rollout;
mod tags;
mod targets;
mod trust;

use std::collections::BTreeMap;

use super::Named;
use super::lower::Lowered;
use super::read::{At, Block};
use super::report::{Mark, Report};
use super::written;
use crate::ids::{IntegrationName, Partition};
use crate::policy::{PolicyDoc, PolicyError};

/// One integration, as it was written and as it is meant.
pub(super) struct Case<'a> {
    name: &'a At<IntegrationName>,
    written: &'a Block<written::Integration>,
    lowered: &'a Lowered,
    /// The trust policy with the longest external ID, as far as it can be made.
    trust_policy: Option<Result<PolicyDoc, PolicyError>>,
}

impl<'a> Case<'a> {
    pub(super) fn new((name, written): &'a Named, lowered: &'a Lowered, partition: Partition) -> Self {
        Self { name, written, lowered, trust_policy: trust::policy(&written.value, lowered, partition) }
    }
}

type Check = fn(&Case<'_>, &mut Report);
type CheckOfAll = fn(&BTreeMap<IntegrationName, Named>, &Released, &mut Report);

/// The integrations that are let go, and where the file says so.
type Released = BTreeMap<IntegrationName, Mark>;

static CHECKS: &[Check] = &[
    trust::has_principals,
    trust::conditions_leave_the_external_id_alone,
    trust::conditions_are_valid,
    trust::is_within_its_limit,
    role::inline_policies_can_be_placed,
    role::managed_policies_within_their_quota,
    tags::keys_are_free_and_unique,
    tags::number_within_its_limit,
    targets::somebody_has_the_role,
    targets::overrides_are_for_targets,
    rollout::retaining_needs_auto_deployment,
    rollout::delivery_uses_what_is_set,
    rollout::a_stack_set_is_adopted_to_deliver,
    rollout::something_is_done_at_a_time,
];

static CHECKS_OF_ALL: &[CheckOfAll] =
    &[names::roles_are_unique, names::former_names_are_free, names::stack_sets_are_adopted_once];

/// Checks one integration.
pub(super) fn integration(case: &Case<'_>, report: &mut Report) {
    for check in CHECKS {
        check(case, report);
    }
}

/// Checks what integrations have to do with each other.
pub(super) fn all(integrations: &BTreeMap<IntegrationName, Named>, released: &Released, report: &mut Report) {
    for check in CHECKS_OF_ALL {
        check(integrations, released, report);
    }
}
