//! What CloudFormation's operations are asked for.

use std::collections::{BTreeMap, BTreeSet};

use super::error;
use super::model::{Amount, AutoDeployment, ConcurrencyMode, ManagedExecution, Preferences, WireName};
use super::template::{Capability, Template};
use crate::wire::{Call, Params, WireError};
use crate::world::World;

/// How large a template may be in a request, in bytes.
const MAX_TEMPLATE: usize = 51_200;

/// A member that is one of a few names; `None` when it is absent.
pub(super) fn one_of<T: WireName>(params: &Params, member: &str) -> Result<Option<T>, WireError> {
    let Some(text) = params.get(member) else { return Ok(None) };
    let names = || T::NAMES.iter().map(|(_, name)| *name).collect::<Vec<_>>().join(", ");
    let must = || format!("satisfy enum value set: [{}]", names());
    T::parse(text).map(Some).ok_or_else(|| WireError::constraint(Some(text), member, &must()))
}

/// Which accounts an operation is about.
#[derive(Debug)]
pub(super) struct Targets {
    pub(super) units: BTreeSet<String>,
    pub(super) filter: Filter,
}

/// Which accounts of the units.
#[derive(Debug)]
pub(super) enum Filter {
    None,
    Intersection(BTreeSet<String>),
    Difference(BTreeSet<String>),
    Union(BTreeSet<String>),
}

/// `DeploymentTargets`; `None` when there is none.
pub(super) fn targets(world: &World, call: &Call) -> Result<Option<Targets>, WireError> {
    let Some(targets) = call.params.structure("DeploymentTargets") else { return Ok(None) };
    let texts = |name: &str| -> BTreeSet<String> {
        targets.list(name).unwrap_or_default().into_iter().map(str::to_owned).collect()
    };
    let (units, accounts) = (texts("OrganizationalUnitIds"), texts("Accounts"));
    if units.is_empty() {
        return Err(WireError::validation("OrganizationalUnitIds should be specified in SERVICE_MANAGED mode"));
    }
    if units.len() > 50 {
        return Err(WireError::validation("The number of organizational units must be at most 50"));
    }
    if let Some(unknown) = units.iter().find(|unit| !world.org.has_parent(unit)) {
        return Err(WireError::validation(format!("Organizational unit {unknown} does not exist in the organization")));
    }
    let must_have_accounts = |filter: Filter| {
        if accounts.is_empty() {
            Err(WireError::validation("Accounts should be specified when Account-level Targeting is enabled"))
        } else {
            Ok(filter)
        }
    };
    let filter = match targets.get("AccountFilterType") {
        None | Some("NONE") if accounts.is_empty() => Filter::None,
        None => Filter::Union(accounts.clone()),
        Some("NONE") => {
            return Err(WireError::validation("Accounts must not be specified with AccountFilterType NONE"));
        }
        Some("INTERSECTION") => must_have_accounts(Filter::Intersection(accounts.clone()))?,
        Some("DIFFERENCE") => must_have_accounts(Filter::Difference(accounts.clone()))?,
        Some("UNION") => must_have_accounts(Filter::Union(accounts.clone()))?,
        Some(other) => {
            let must = "satisfy enum value set: [NONE, INTERSECTION, DIFFERENCE, UNION]";
            return Err(WireError::constraint(Some(other), "accountFilterType", must));
        }
    };
    Ok(Some(Targets { units, filter }))
}

/// `Regions`, which must name at least one.
pub(super) fn regions(call: &Call) -> Result<BTreeSet<String>, WireError> {
    let regions: BTreeSet<String> =
        call.params.list("Regions").unwrap_or_default().into_iter().map(str::to_owned).collect();
    if regions.is_empty() { Err(WireError::validation("Regions must be specified")) } else { Ok(regions) }
}

/// `OperationPreferences`, one account at a time and no failure when nothing is said.
pub(super) fn preferences(call: &Call) -> Result<Preferences, WireError> {
    let given = call.params.structure("OperationPreferences").unwrap_or_default();
    let amount = |count: &str, percentage: &str, least: u32, default: u32| {
        let count = given.integer(count, least..=u32::MAX)?;
        let percentage = given.integer(percentage, least..=100)?;
        match (count, percentage) {
            (Some(_), Some(_)) => Err(WireError::validation("Specify either a count or a percentage, not both")),
            (Some(count), None) => Ok(Amount::Count(count)),
            (None, Some(percentage)) => Ok(Amount::Percent(percentage)),
            (None, None) => Ok(Amount::Count(default)),
        }
    };
    Ok(Preferences {
        concurrent: amount("MaxConcurrentCount", "MaxConcurrentPercentage", 1, 1)?,
        tolerance: amount("FailureToleranceCount", "FailureTolerancePercentage", 0, 0)?,
        mode: match given.get("ConcurrencyMode") {
            Some("SOFT_FAILURE_TOLERANCE") => ConcurrencyMode::SoftFailureTolerance,
            Some("STRICT_FAILURE_TOLERANCE") | None => ConcurrencyMode::StrictFailureTolerance,
            Some(other) => {
                let must = "satisfy enum value set: [STRICT_FAILURE_TOLERANCE, SOFT_FAILURE_TOLERANCE]";
                return Err(WireError::constraint(Some(other), "concurrencyMode", must));
            }
        },
    })
}

/// `AutoDeployment`; `None` when there is none.
pub(super) fn auto_deployment(call: &Call) -> Result<Option<AutoDeployment>, WireError> {
    let Some(auto) = call.params.structure("AutoDeployment") else { return Ok(None) };
    let enabled = auto.boolean("Enabled")?.unwrap_or(false);
    let retain = auto.boolean("RetainStacksOnAccountRemoval")?.unwrap_or(false);
    match (enabled, retain) {
        (false, true) => Err(WireError::validation(
            "RetainStacksOnAccountRemoval can only be specified when AutoDeployment is enabled",
        )),
        (false, false) => Ok(Some(AutoDeployment::Off)),
        (true, false) => Ok(Some(AutoDeployment::Deleting)),
        (true, true) => Ok(Some(AutoDeployment::Retaining)),
    }
}

/// `ManagedExecution`; `None` when there is none.
pub(super) fn managed_execution(call: &Call) -> Result<Option<ManagedExecution>, WireError> {
    let Some(managed) = call.params.structure("ManagedExecution") else { return Ok(None) };
    Ok(Some(match managed.boolean("Active")? {
        Some(true) => ManagedExecution::Active,
        Some(false) | None => ManagedExecution::Inactive,
    }))
}

/// `TemplateBody`, checked; `None` when there is none.
pub(super) fn template_body(call: &Call) -> Result<Option<String>, WireError> {
    if call.params.get("TemplateURL").is_some() {
        return Err(WireError::validation("The sandbox has no S3: send the template as TemplateBody"));
    }
    let Some(body) = call.params.get("TemplateBody") else { return Ok(None) };
    if body.len() > MAX_TEMPLATE {
        let must = format!("have length less than or equal to {MAX_TEMPLATE}");
        return Err(WireError::constraint(Some("<template>"), "templateBody", &must));
    }
    parse_template(body)?;
    Ok(Some(body.to_owned()))
}

pub(super) fn parse_template(body: &str) -> Result<Template, WireError> {
    Template::parse(body).map_err(WireError::validation)
}

/// Refuses a template whose capability was not acknowledged.
pub(super) fn check_capabilities(template: &Template, given: &[String]) -> Result<(), WireError> {
    let has = |name: &str| given.iter().any(|capability| capability == name);
    match template.needs_capability() {
        Some(Capability::NamedIam) if !has("CAPABILITY_NAMED_IAM") => {
            Err(error::missing_capability("CAPABILITY_NAMED_IAM"))
        }
        Some(Capability::Iam) if !has("CAPABILITY_NAMED_IAM") && !has("CAPABILITY_IAM") => {
            Err(error::missing_capability("CAPABILITY_IAM"))
        }
        Some(_) | None => Ok(()),
    }
}

/// `Capabilities` in the order sent.
pub(super) fn capabilities(call: &Call) -> Vec<String> {
    call.params.list("Capabilities").unwrap_or_default().into_iter().map(str::to_owned).collect()
}

/// `Tags`; `None` when there are none at all, which keeps what is there.
pub(super) fn tags(call: &Call) -> Result<Option<BTreeMap<String, String>>, WireError> {
    let Some(tags) = call.params.tags("Tags")? else { return Ok(None) };
    if let Some((key, _)) = tags.iter().find(|(_, value)| value.is_empty()) {
        return Err(WireError::validation(format!("The value of tag {key} must have length at least 1")));
    }
    Ok(Some(tags.into_iter().collect()))
}

/// A list of parameters; `None` when it is absent. `UsePreviousValue` takes the value from `previous`.
pub(super) fn parameters(
    call: &Call,
    name: &str,
    previous: &BTreeMap<String, String>,
) -> Result<Option<BTreeMap<String, String>>, WireError> {
    let Some(members) = call.params.structs(name) else { return Ok(None) };
    let mut parameters = BTreeMap::new();
    for member in members {
        let key = member.required("ParameterKey")?;
        let value = if member.boolean("UsePreviousValue")? == Some(true) {
            previous.get(key).cloned()
        } else {
            member.get("ParameterValue").map(str::to_owned)
        };
        if let Some(value) = value {
            parameters.insert(key.to_owned(), value);
        }
    }
    Ok(Some(parameters))
}
