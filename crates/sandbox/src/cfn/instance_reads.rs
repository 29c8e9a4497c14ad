//! How stack instances stand. What is said of them may lag behind.

use std::ops::Bound;

use super::model::{Detail, DriftStatus, Instance, InstanceKey, StackSet, WireName};
use super::{begin, drift, error, list, stack_sets, stacks};
use crate::wire::{Call, Reply, WireError, Xml};
use crate::world::World;

/// How many filters a list takes (service model).
const MAX_FILTERS: usize = 3;

/// Which instances a caller wants to see.
#[derive(Debug, Clone)]
enum Wanted {
    Detail(Detail),
    LastOperation(String),
    Drift(DriftStatus),
}

impl Wanted {
    fn read(name: &str, value: &str) -> Result<Self, WireError> {
        match name {
            "DETAILED_STATUS" => Detail::parse(value).map(Self::Detail).ok_or_else(|| {
                let names: Vec<&str> = Detail::NAMES.iter().map(|(_, name)| *name).collect();
                let must = format!("satisfy enum value set: [{}]", names.join(", "));
                WireError::constraint(Some(value), "filters", &must)
            }),
            "LAST_OPERATION_ID" => Ok(Self::LastOperation(value.to_owned())),
            "DRIFT_STATUS" => DriftStatus::parse(value).map(Self::Drift).ok_or_else(|| {
                let names: Vec<&str> = DriftStatus::NAMES.iter().map(|(_, name)| *name).collect();
                let must = format!("satisfy enum value set: [{}]", names.join(", "));
                WireError::constraint(Some(value), "filters", &must)
            }),
            _ => {
                let must = "satisfy enum value set: [DETAILED_STATUS, LAST_OPERATION_ID, DRIFT_STATUS]";
                Err(WireError::constraint(Some(name), "filters.1.member.name", must))
            }
        }
    }

    fn fits(&self, instance: &Instance) -> bool {
        match self {
            Self::Detail(detail) => instance.detail == *detail,
            Self::LastOperation(operation) => instance.last_operation == *operation,
            Self::Drift(status) => {
                instance.drift.as_ref().map_or(DriftStatus::NotChecked, |drift| drift.status) == *status
            }
        }
    }
}

/// `ListStackInstances`.
pub(super) fn list(world: &World, call: &Call) -> Result<Reply, WireError> {
    let id = stack_sets::named(world, call)?;
    let set = begin::get(world, &id)?;
    let filters = call.params.structs("Filters").unwrap_or_default();
    if filters.len() > MAX_FILTERS {
        let must = format!("have length less than or equal to {MAX_FILTERS}");
        return Err(WireError::constraint(Some("<list>"), "filters", &must));
    }
    let mut wanted = Vec::new();
    for filter in &filters {
        wanted.push(Wanted::read(filter.required("Name")?, filter.required("Values")?)?);
    }
    let account = call.params.get("StackInstanceAccount");
    let region = call.params.get("StackInstanceRegion");
    let seen = set.instances.seen(world.now);
    let rest = seen.range((start(list::after(call)?.as_deref()), Bound::Unbounded));
    let instances = rest.filter(|((in_account, in_region), instance)| {
        account.is_none_or(|account| account == in_account)
            && region.is_none_or(|region| region == in_region)
            && wanted.iter().all(|wanted| wanted.fits(instance))
    });
    list::page(
        call,
        "Summaries",
        instances,
        |((account, region), _)| format!("{account}/{region}"),
        |xml, (key, instance)| shape(xml, set, key, instance),
    )
}

/// Where the rows of accounts and Regions go on after a position.
pub(super) fn start(after: Option<&str>) -> Bound<InstanceKey> {
    let key = after.and_then(|after| after.split_once('/'));
    key.map_or(Bound::Unbounded, |(account, region)| Bound::Excluded((account.to_owned(), region.to_owned())))
}

/// `DescribeStackInstance`.
pub(super) fn describe(world: &World, call: &Call) -> Result<Reply, WireError> {
    let id = stack_sets::named(world, call)?;
    let set = begin::get(world, &id)?;
    let account = call.params.required("StackInstanceAccount")?;
    let region = call.params.required("StackInstanceRegion")?;
    let key = (account.to_owned(), region.to_owned());
    let seen = set.instances.seen(world.now);
    let instance = seen.get(&key).ok_or_else(|| error::instance_not_found(&set.name, account, region))?;
    Ok(Reply::result(|xml| {
        xml.element("StackInstance", |xml| {
            shape(xml, set, &key, instance);
            stacks::parameters(xml, world, "ParameterOverrides", &set.definition.template, &instance.overrides);
        });
    }))
}

fn shape(xml: &mut Xml, set: &StackSet, (account, region): &InstanceKey, instance: &Instance) {
    xml.text("StackSetId", &set.id);
    xml.text("Region", region);
    xml.text("Account", account);
    xml.maybe("StackId", instance.stack_id.as_ref());
    xml.text("Status", instance.status.name());
    xml.element("StackInstanceStatus", |xml| xml.text("DetailedStatus", instance.detail.name()));
    xml.maybe("StatusReason", instance.reason.as_ref());
    xml.text("OrganizationalUnitId", &instance.unit);
    drift::instance_status(xml, instance.drift.as_deref());
    xml.text("LastOperationId", &instance.last_operation);
}
