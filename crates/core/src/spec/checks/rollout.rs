//! How the role reaches the accounts.

use super::Case;
use crate::spec::diagnostic::code;
use crate::spec::model::{Amount, Delivery};
use crate::spec::report::Report;

/// CloudFormation accepts `RetainStacksOnAccountRemoval` only with auto-deployment enabled.
pub(super) fn retaining_needs_auto_deployment(case: &Case<'_>, report: &mut Report) {
    let Some(rollout) = &case.written.value.rollout else { return };
    let (Some(retain), Some(auto)) = (&rollout.retain_on_account_removal, &rollout.auto_deployment) else { return };
    if retain.value && !auto.value {
        let auto = report.location(auto.at);
        report
            .error(retain.at, code::CONTRADICTION, "roles can be retained by auto-deployment only")
            .expected("`auto_deployment: true`, or `retain_on_account_removal: false`")
            .related(auto, "it is switched off here");
    }
}

/// Direct delivery has no stack set to configure.
pub(super) fn delivery_uses_what_is_set(case: &Case<'_>, report: &mut Report) {
    let Some(rollout) = &case.written.value.rollout else { return };
    let Some(delivery) = rollout.delivery.as_ref().filter(|delivery| delivery.value == Delivery::Direct) else {
        return;
    };
    let unused = [
        ("auto_deployment", rollout.auto_deployment.as_ref().map(|value| value.at)),
        ("retain_on_account_removal", rollout.retain_on_account_removal.as_ref().map(|value| value.at)),
        ("max_concurrent", rollout.max_concurrent.as_ref().map(|value| value.at)),
        ("failure_tolerance", rollout.failure_tolerance.as_ref().map(|value| value.at)),
    ];
    for (key, at) in unused {
        let Some(at) = at else { continue };
        let place = report.location(delivery.at);
        report
            .warning(at, code::NO_EFFECT, format!("`{key}` is for stack sets"))
            .related(place, "the role is delivered directly");
    }
}

/// `MaxConcurrentCount` and `MaxConcurrentPercentage` are 1 at least.
pub(super) fn something_is_done_at_a_time(case: &Case<'_>, report: &mut Report) {
    let concurrent = case.written.value.rollout.as_ref().and_then(|rollout| rollout.max_concurrent.as_ref());
    let Some(concurrent) = concurrent else { return };
    if matches!(concurrent.value.0, Amount::Count(0) | Amount::Percent(0)) {
        report
            .error(concurrent.at, code::BAD_VALUE, "no account at a time means that nothing is ever done")
            .expected("1 account, or 1%, at least");
    }
}

/// A stack set is adopted to go on delivering the role.
pub(super) fn a_stack_set_is_adopted_to_deliver(case: &Case<'_>, report: &mut Report) {
    let written = &case.written.value;
    let Some(stack_set) = written.adopt.as_ref().and_then(|adopt| adopt.stack_set.as_ref()) else { return };
    let delivery = written.rollout.as_ref().and_then(|rollout| rollout.delivery.as_ref());
    let Some(delivery) = delivery.filter(|delivery| delivery.value == Delivery::Direct) else { return };
    let place = report.location(delivery.at);
    report
        .error(stack_set.at, code::CONTRADICTION, "a stack set is adopted, but the role is not delivered by one")
        .expected("`delivery: stack_set`, or no `adopt.stack_set`")
        .related(place, "the role is delivered directly");
}
