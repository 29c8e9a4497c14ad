//! What CloudFormation's operations are asked for.

use std::collections::{BTreeMap, BTreeSet};

use super::error;
use super::model::{
    Amount, AutoDeployment, Filter, FilterType, Leaving, ManagedExecution, Override, Preferences, Targets, WireName,
};
use super::template::{Capability, Template};
use crate::iam::is_account_id;
use crate::wire::{Call, Params, WireError};
use crate::world::World;

/// How large a template may be in a request, in bytes.
const MAX_TEMPLATE: usize = 51_200;
/// How many units an operation can name (service model).
const MAX_UNITS: usize = 50;
/// How many stack sets one can depend on (StackSets quotas).
const MAX_DEPENDENCIES: usize = 10;

/// A member that is one of a few names; `None` when it is absent.
pub(super) fn one_of<T: WireName>(params: &Params, member: &str) -> Result<Option<T>, WireError> {
    let Some(text) = params.get(member) else { return Ok(None) };
    let names = || T::NAMES.iter().map(|(_, name)| *name).collect::<Vec<_>>().join(", ");
    let must = || format!("satisfy enum value set: [{}]", names());
    T::parse(text).map(Some).ok_or_else(|| WireError::constraint(Some(text), member, &must()))
}

/// `DeploymentTargets`; `None` when there is none.
pub(super) fn targets(world: &World, call: &Call) -> Result<Option<Targets>, WireError> {
    let Some(targets) = call.params.structure("DeploymentTargets") else { return Ok(None) };
    if targets.get("AccountsUrl").is_some() {
        return Err(WireError::validation("The sandbox has no S3: send Accounts instead of AccountsUrl"));
    }
    let texts = |name: &str| -> BTreeSet<String> {
        targets.list(name).unwrap_or_default().into_iter().map(str::to_owned).collect()
    };
    let (units, accounts) = (texts("OrganizationalUnitIds"), texts("Accounts"));
    if units.is_empty() {
        return Err(WireError::validation("OrganizationalUnitIds should be specified in SERVICE_MANAGED mode"));
    }
    if units.len() > MAX_UNITS {
        let must = format!("have length less than or equal to {MAX_UNITS}");
        return Err(WireError::constraint(Some("<list>"), "deploymentTargets.organizationalUnitIds", &must));
    }
    if let Some(unknown) = units.iter().find(|unit| !world.org.has_parent(unit)) {
        return Err(WireError::validation(format!("Organizational unit {unknown} does not exist in the organization")));
    }
    if let Some(wrong) = accounts.iter().find(|account| !is_account_id(account)) {
        let must = "satisfy regular expression pattern: ^[0-9]{12}$";
        return Err(WireError::constraint(Some(wrong), "deploymentTargets.accounts", must));
    }
    let given: Option<FilterType> = one_of(&targets, "AccountFilterType")?;
    let filter = match (given, accounts.is_empty()) {
        (None | Some(FilterType::None), true) => Filter::None,
        (Some(FilterType::None), false) => {
            return Err(WireError::validation("Accounts should not be specified when AccountFilterType is NONE"));
        }
        (Some(_), true) => {
            return Err(WireError::validation("Accounts should be specified when Account-level Targeting is enabled"));
        }
        (Some(FilterType::Intersection), false) => Filter::Intersection(accounts),
        (Some(FilterType::Difference), false) => Filter::Difference(accounts),
        // Union is the default where accounts are given (service model).
        (None | Some(FilterType::Union), false) => Filter::Union(accounts),
    };
    Ok(Some(Targets { units, filter }))
}

/// The targets that an operation on instances must have.
pub(super) fn required_targets(world: &World, call: &Call) -> Result<Targets, WireError> {
    refuse_accounts(call)?;
    targets(world, call)?
        .ok_or_else(|| WireError::validation("OrganizationalUnitIds should be specified in SERVICE_MANAGED mode"))
}

/// Refuses the accounts of self-managed stack sets.
pub(super) fn refuse_accounts(call: &Call) -> Result<(), WireError> {
    if call.params.list("Accounts").is_none() {
        return Ok(());
    }
    let message = "Accounts should not be specified in SERVICE_MANAGED mode; use DeploymentTargets";
    Err(WireError::validation(message))
}

/// `Regions`, which must name at least one.
pub(super) fn regions(call: &Call) -> Result<BTreeSet<String>, WireError> {
    let regions = given_regions(call)?.unwrap_or_default();
    if regions.is_empty() { Err(WireError::validation("Regions must be specified")) } else { Ok(regions) }
}

/// `Regions`; `None` when there are none.
pub(super) fn given_regions(call: &Call) -> Result<Option<BTreeSet<String>>, WireError> {
    let Some(regions) = call.params.list("Regions") else { return Ok(None) };
    let fits = |region: &str| {
        (1..=128).contains(&region.len()) && region.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    if let Some(wrong) = regions.iter().find(|region| !fits(region)) {
        let must = "satisfy regular expression pattern: ^[a-zA-Z0-9-]{1,128}$";
        return Err(WireError::constraint(Some(wrong), "regions", must));
    }
    Ok(Some(regions.into_iter().map(str::to_owned).collect()))
}

/// `OperationPreferences`, one account at a time and no failure when nothing is said.
pub(super) fn preferences(call: &Call) -> Result<Preferences, WireError> {
    let Some(given) = call.params.structure("OperationPreferences") else { return Ok(Preferences::DEFAULT) };
    let amount = |count: &str, percentage: &str, least: u32, default: Amount| {
        let count = given.integer(count, least..=u32::MAX)?;
        let percentage = given.integer(percentage, least..=100)?;
        match (count, percentage) {
            (Some(_), Some(_)) => Err(WireError::validation("Specify either a count or a percentage, not both")),
            (Some(count), None) => Ok(Amount::Count(count)),
            (None, Some(percent)) => Ok(Amount::Percent(percent)),
            (None, None) => Ok(default),
        }
    };
    let Preferences { concurrent, tolerance, mode, regions, region_order } = Preferences::DEFAULT;
    let order = given.list("RegionOrder");
    Ok(Preferences {
        concurrent: amount("MaxConcurrentCount", "MaxConcurrentPercentage", 1, concurrent)?,
        tolerance: amount("FailureToleranceCount", "FailureTolerancePercentage", 0, tolerance)?,
        mode: one_of(&given, "ConcurrencyMode")?.unwrap_or(mode),
        regions: one_of(&given, "RegionConcurrencyType")?.unwrap_or(regions),
        region_order: order.map_or(region_order, |order| order.into_iter().map(str::to_owned).collect()),
    })
}

/// `AutoDeployment`; `None` when there is none.
pub(super) fn auto_deployment(call: &Call) -> Result<Option<AutoDeployment>, WireError> {
    let Some(auto) = call.params.structure("AutoDeployment") else { return Ok(None) };
    let enabled = auto.boolean("Enabled")?.unwrap_or(false);
    let retain = auto.boolean("RetainStacksOnAccountRemoval")?;
    let depends_on: BTreeSet<String> =
        auto.list("DependsOn").unwrap_or_default().into_iter().map(str::to_owned).collect();
    if !enabled {
        let what = match (retain, depends_on.is_empty()) {
            (Some(true), _) => "RetainStacksOnAccountRemoval",
            (_, false) => "DependsOn",
            (_, true) => return Ok(Some(AutoDeployment::Off)),
        };
        let message = format!("{what} can only be specified when AutoDeployment is enabled");
        return Err(WireError::validation(message));
    }
    if depends_on.len() > MAX_DEPENDENCIES {
        let message = format!("A stack set can depend on at most {MAX_DEPENDENCIES} others");
        return Err(error::limit_exceeded(message));
    }
    let leaving = if retain == Some(true) { Leaving::Retained } else { Leaving::Deleted };
    Ok(Some(AutoDeployment::On { leaving, depends_on }))
}

/// `ManagedExecution`; `None` when there is none.
pub(super) fn managed_execution(call: &Call) -> Result<Option<ManagedExecution>, WireError> {
    let Some(managed) = call.params.structure("ManagedExecution") else { return Ok(None) };
    Ok(Some(match managed.boolean("Active")? {
        Some(true) => ManagedExecution::Active,
        Some(false) | None => ManagedExecution::Inactive,
    }))
}

/// `ParameterOverrides`; `None` when they are absent, which leaves those that are there.
pub(super) fn overrides(call: &Call) -> Result<Option<BTreeMap<String, Override>>, WireError> {
    let Some(members) = call.params.structs("ParameterOverrides") else { return Ok(None) };
    let mut overrides = BTreeMap::new();
    for member in members {
        let key = member.required("ParameterKey")?.to_owned();
        let given = match (member.boolean("UsePreviousValue")?, member.get("ParameterValue")) {
            (Some(true), Some(_)) => {
                let message = format!(
                    "Invalid input for parameter key {key}. Cannot specify usePreviousValue as true \
                                       and a value for a parameter"
                );
                return Err(WireError::validation(message));
            }
            (Some(true), None) => Override::Previous,
            (_, Some(value)) => Override::Value(value.to_owned()),
            (_, None) => {
                let message = format!(
                    "Invalid input for parameter key {key}. Need to specify either usePreviousValue \
                                       as true or a value for a parameter"
                );
                return Err(WireError::validation(message));
            }
        };
        overrides.insert(key, given);
    }
    Ok(Some(overrides))
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
