//! Reading the tree.

use std::collections::BTreeMap;
use std::ops::Bound;

use serde_json::{Value, json};

use super::input::{self, AccountInput, ChildInput, ChildrenInput, ParentInput, UnitInput};
use super::{error, list, shapes};
use crate::switches::Presence;
use crate::wire::{Call, WireError};
use crate::world::World;

/// `DescribeOrganization`.
pub(super) fn organization(world: &World) -> Value {
    let org = &world.org;
    let email = org.accounts.get(&org.management_account).map(|account| account.email.as_str());
    json!({ "Organization": {
        "Id": org.id,
        "Arn": format!("arn:aws:organizations::{}:organization/{}", org.management_account, org.id),
        "FeatureSet": "ALL",
        "MasterAccountId": org.management_account,
        "MasterAccountArn": org.arn("account", &org.management_account),
        "MasterAccountEmail": email,
        "AvailablePolicyTypes": [{ "Type": "SERVICE_CONTROL_POLICY", "Status": "ENABLED" }],
    }})
}

/// `ListRoots`.
pub(super) fn roots(world: &World, call: &Call<Value>) -> Result<Value, WireError> {
    let org = &world.org;
    list::page(
        world,
        call,
        "Roots",
        |after| after.is_none().then_some((org.root.as_str(), org.root.as_str())).into_iter(),
        |_| shapes::root(world),
    )
}

/// `ListAccounts`.
pub(super) fn accounts(world: &World, call: &Call<Value>) -> Result<Value, WireError> {
    list::page(
        world,
        call,
        "Accounts",
        |position| after(&world.org.accounts, position),
        |account| shapes::account(world, account),
    )
}

/// `ListAccountsForParent`.
pub(super) fn accounts_for_parent(world: &World, call: &Call<Value>) -> Result<Value, WireError> {
    let parent = parent(world, call)?;
    list::page(
        world,
        call,
        "Accounts",
        |position| after(&world.org.accounts, position).filter(|(_, account)| account.parent == parent),
        |account| match (shapes::account(world, account), world.switches.paths_for_parent) {
            (Value::Object(mut shape), Presence::Absent) => {
                shape.remove("Paths");
                Value::Object(shape)
            }
            (shape, _) => shape,
        },
    )
}

/// `ListOrganizationalUnitsForParent`.
pub(super) fn units_for_parent(world: &World, call: &Call<Value>) -> Result<Value, WireError> {
    let parent = parent(world, call)?;
    list::page(
        world,
        call,
        "OrganizationalUnits",
        |position| after(&world.org.units, position).filter(|(_, unit)| unit.parent == parent),
        |unit| shapes::unit(world, unit),
    )
}

/// `ListChildren`.
pub(super) fn children(world: &World, call: &Call<Value>) -> Result<Value, WireError> {
    let ChildrenInput { parent_id, child_type } = input::read(call)?;
    if !world.org.has_parent(&parent_id) {
        return Err(error::parent_not_found());
    }
    let shape = |id: &&str| json!({ "Id": id, "Type": child_type });
    match child_type.as_str() {
        "ACCOUNT" => list::page(
            world,
            call,
            "Children",
            |position| {
                after(&world.org.accounts, position)
                    .filter(|(_, account)| account.parent == parent_id)
                    .map(|(id, _)| (id, id))
            },
            shape,
        ),
        "ORGANIZATIONAL_UNIT" => list::page(
            world,
            call,
            "Children",
            |position| {
                after(&world.org.units, position).filter(|(_, unit)| unit.parent == parent_id).map(|(id, _)| (id, id))
            },
            shape,
        ),
        other => Err(error::invalid("INVALID_ENUM", format!("You specified an invalid value: {other}."))),
    }
}

/// `ListParents`: exactly one.
pub(super) fn parents(world: &World, call: &Call<Value>) -> Result<Value, WireError> {
    let ChildInput { child_id } = input::read(call)?;
    let org = &world.org;
    let parent = org
        .accounts
        .get(&child_id)
        .map(|account| &account.parent)
        .or_else(|| org.units.get(&child_id).map(|unit| &unit.parent))
        .ok_or_else(error::child_not_found)?;
    let kind = if *parent == org.root { "ROOT" } else { "ORGANIZATIONAL_UNIT" };
    Ok(json!({ "Parents": [{ "Id": parent, "Type": kind }] }))
}

/// `DescribeAccount`.
pub(super) fn account(world: &World, call: &Call<Value>) -> Result<Value, WireError> {
    let AccountInput { account_id } = input::read(call)?;
    let account = world.org.accounts.get(&account_id).ok_or_else(error::account_not_found)?;
    Ok(json!({ "Account": shapes::account(world, account) }))
}

/// `DescribeOrganizationalUnit`.
pub(super) fn unit(world: &World, call: &Call<Value>) -> Result<Value, WireError> {
    let UnitInput { organizational_unit_id } = input::read(call)?;
    let unit = world.org.units.get(&organizational_unit_id).ok_or_else(error::unit_not_found)?;
    let mut shape = shapes::unit(world, unit);
    if let (Presence::Present, Value::Object(members)) = (world.switches.paths, &mut shape) {
        members.insert("Path".to_owned(), json!(shapes::path(world, &unit.id)));
    }
    Ok(json!({ "OrganizationalUnit": shape }))
}

fn parent(world: &World, call: &Call<Value>) -> Result<String, WireError> {
    let ParentInput { parent_id } = input::read(call)?;
    if world.org.has_parent(&parent_id) { Ok(parent_id) } else { Err(error::parent_not_found()) }
}

/// The entries after a key, or all of them.
pub(super) fn after<T>(map: &BTreeMap<String, T>, position: Option<String>) -> impl Iterator<Item = (&str, &T)> {
    let from = position.map_or(Bound::Unbounded, Bound::Excluded);
    map.range((from, Bound::Unbounded)).map(|(key, value)| (key.as_str(), value))
}
