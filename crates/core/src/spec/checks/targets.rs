//! Which accounts have the role.

use super::Case;
use crate::spec::diagnostic::code;
use crate::spec::report::Report;
use crate::spec::written::ManagementAccount;

pub(super) fn somebody_has_the_role(case: &Case<'_>, report: &mut Report) {
    let targets = case.written.value.targets.as_ref();
    let units = targets.and_then(|targets| targets.value.organizational_units.as_ref());
    let at = units.map(|units| units.owner).or(targets.map(|targets| targets.owner)).unwrap_or(case.name.at);
    let something_refused = case.written.errors > 0;
    if units.is_some_and(|units| units.written > 0) || something_refused {
        return;
    }
    let hint = "name the units in `targets.organizational_units`; `Root` is the whole organization";
    if let Some(ManagementAccount::Excluded(excluded)) = case.written.value.management_account {
        let excluded = report.location(excluded);
        report
            .error(
                at,
                code::NO_TARGETS,
                format!("no account has the role of {}: it has no target units", case.name.value),
            )
            .hint(hint)
            .related(excluded, "and the management account is left out here");
    } else {
        let message =
            format!("only the management account has the role of {}: it has no target units", case.name.value);
        report.warning(at, code::NO_TARGETS, message).hint(hint);
    }
}

/// An external ID of its own for an account that does not have the role.
pub(super) fn overrides_are_for_targets(case: &Case<'_>, report: &mut Report) {
    let excluded = case.written.value.targets.as_ref().and_then(|targets| targets.value.exclude_accounts.as_ref());
    for (account, _) in case.written.value.external_id_overrides.iter().flat_map(|overrides| &overrides.entries) {
        let Some(place) = excluded.and_then(|list| list.items.iter().find(|other| other.value == account.value)) else {
            continue;
        };
        let place = report.location(place.at);
        report
            .warning(account.at, code::NO_EFFECT, format!("{} has no role for this external ID", account.value))
            .related(place, "the account is left out here");
    }
}
