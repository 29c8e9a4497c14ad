//! Names across integrations.

use std::collections::BTreeMap;

use super::Released;
use crate::ids::IntegrationName;
use crate::spec::Named;
use crate::spec::diagnostic::code;
use crate::spec::report::Report;

/// Role names are unique in an account whatever their case (IAM User Guide, "IAM and AWS STS quotas"), and any two
/// integrations can meet in an account that moves.
pub(super) fn roles_are_unique(integrations: &BTreeMap<IntegrationName, Named>, _: &Released, report: &mut Report) {
    let mut roles: Vec<_> = integrations
        .values()
        .filter_map(|(name, integration)| Some((integration.value.role.as_ref()?.name.as_ref()?, name)))
        .collect();
    roles.sort_by_key(|(role, _)| role.at);
    let mut seen = BTreeMap::new();
    for (role, integration) in roles {
        let folded = role.value.as_str().to_ascii_lowercase();
        let Some((first, owner)) = seen.get(&folded) else {
            seen.insert(folded, (role.at, integration));
            continue;
        };
        let first = report.location(*first);
        report
            .error(role.at, code::DUPLICATE_ROLE, format!("the role name `{}` is taken", role.value))
            .expected("a name of its own; upper and lower case are the same to IAM")
            .related(first, format!("integration {} has it", owner.value));
    }
}

/// What carries a former name is taken over by one integration, and by none while the name is still in use.
pub(super) fn former_names_are_free(
    integrations: &BTreeMap<IntegrationName, Named>,
    released: &Released,
    report: &mut Report,
) {
    let mut seen = BTreeMap::new();
    for (_, integration) in integrations.values() {
        let Some(former) = &integration.value.renamed_from else { continue };
        let in_use = integrations.get(&former.value).map(|(name, _)| name.at);
        let taken = in_use.or_else(|| released.get(&former.value).copied());
        if let Some(first) = taken.or_else(|| seen.get(&former.value).copied()) {
            let first = report.location(first);
            report
                .error(former.at, code::CONTRADICTION, format!("`{}` is not a former name", former.value))
                .expected("a name that no integration has, and that no other one had")
                .related(first, "it is used here");
        }
        seen.insert(former.value.clone(), former.at);
    }
}

pub(super) fn stack_sets_are_adopted_once(
    integrations: &BTreeMap<IntegrationName, Named>,
    _: &Released,
    report: &mut Report,
) {
    let mut seen = BTreeMap::new();
    for (_, integration) in integrations.values() {
        let Some(stack_set) = integration.value.adopt.as_ref().and_then(|adopt| adopt.stack_set.as_ref()) else {
            continue;
        };
        if let Some(first) = seen.insert(stack_set.value.clone(), stack_set.at) {
            let first = report.location(first);
            report
                .error(
                    stack_set.at,
                    code::CONTRADICTION,
                    format!("the stack set `{}` is adopted twice", stack_set.value),
                )
                .expected("a stack set for each integration")
                .related(first, "it is adopted here first");
        }
    }
}
