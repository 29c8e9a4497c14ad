//! Names across integrations.

use std::collections::BTreeMap;

use crate::ids::IntegrationName;
use crate::spec::Named;
use crate::spec::diagnostic::code;
use crate::spec::report::Report;

/// Role names are unique in an account whatever their case (IAM User Guide, "IAM and AWS STS quotas"), and any two
/// integrations can meet in an account that moves.
pub(super) fn roles_are_unique(integrations: &BTreeMap<IntegrationName, Named>, report: &mut Report) {
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
