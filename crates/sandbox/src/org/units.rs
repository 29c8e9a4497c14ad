//! Changing the tree: units, and which of them an account is in.

use serde_json::{Value, json};

use super::input::{self, CreateUnitInput, MoveInput, UnitInput, UpdateUnitInput};
use super::{AccountEvent, MAX_UNIT_DEPTH, Unit, error, shapes, tags};
use crate::cfn;
use crate::wire::{Call, WireError};
use crate::world::World;

const MAX_UNITS: usize = 2000;

/// `CreateOrganizationalUnit`.
pub(super) fn create(world: &mut World, call: &Call<Value>) -> Result<Value, WireError> {
    let CreateUnitInput { parent_id, name, tags } = input::read(call)?;
    if !world.org.has_parent(&parent_id) {
        return Err(error::parent_not_found());
    }
    check_name(world, &parent_id, &name)?;
    if world.org.path(&parent_id).len() > MAX_UNIT_DEPTH {
        return Err(error::constraint("OU_DEPTH_LIMIT_EXCEEDED", "You have exceeded the allowed OU depth."));
    }
    if world.org.units.len() >= MAX_UNITS {
        return Err(error::constraint("OU_NUMBER_LIMIT_EXCEEDED", "You have exceeded the allowed number of OUs."));
    }
    let tags = tags::checked(tags)?;
    let suffix = world.org.root.trim_start_matches("r-").to_owned();
    let id = format!("ou-{suffix}-{}", &world.next_hex()[..8]);
    let unit = Unit { id: id.clone(), name, parent: parent_id };
    let shape = shapes::unit(world, &unit);
    world.org.units.insert(id.clone(), unit);
    if !tags.is_empty() {
        world.org.tags.insert(id, tags);
    }
    Ok(json!({ "OrganizationalUnit": shape }))
}

/// `UpdateOrganizationalUnit`.
pub(super) fn update(world: &mut World, call: &Call<Value>) -> Result<Value, WireError> {
    let UpdateUnitInput { organizational_unit_id, name } = input::read(call)?;
    let unit = world.org.units.get(&organizational_unit_id).ok_or_else(error::unit_not_found)?;
    if let Some(name) = name.filter(|name| *name != unit.name) {
        check_name(world, &unit.parent.clone(), &name)?;
        if let Some(unit) = world.org.units.get_mut(&organizational_unit_id) {
            unit.name = name;
        }
    }
    let unit = world.org.units.get(&organizational_unit_id).ok_or_else(error::unit_not_found)?;
    Ok(json!({ "OrganizationalUnit": shapes::unit(world, unit) }))
}

/// `DeleteOrganizationalUnit`.
pub(super) fn delete(world: &mut World, call: &Call<Value>) -> Result<Value, WireError> {
    let UnitInput { organizational_unit_id: id } = input::read(call)?;
    let org = &mut world.org;
    if !org.units.contains_key(&id) {
        return Err(error::unit_not_found());
    }
    let occupied =
        org.units.values().any(|unit| unit.parent == id) || org.accounts.values().any(|account| account.parent == id);
    if occupied {
        return Err(error::unit_not_empty());
    }
    org.units.remove(&id);
    org.tags.remove(&id);
    org.policies.attached.remove(&id);
    Ok(json!({}))
}

/// `MoveAccount`.
pub(super) fn move_account(world: &mut World, call: &Call<Value>) -> Result<Value, WireError> {
    let MoveInput { account_id, source_parent_id, destination_parent_id } = input::read(call)?;
    let org = &mut world.org;
    let (source_known, destination_known) = (org.has_parent(&source_parent_id), org.has_parent(&destination_parent_id));
    let account = org.accounts.get_mut(&account_id).ok_or_else(error::account_not_found)?;
    if !source_known || account.parent != source_parent_id {
        return Err(error::source_parent_not_found());
    }
    if !destination_known {
        return Err(error::destination_parent_not_found());
    }
    if source_parent_id == destination_parent_id {
        return Err(error::duplicate_account());
    }
    account.parent.clone_from(&destination_parent_id);
    let event = AccountEvent::Moved { from: source_parent_id, to: destination_parent_id };
    cfn::on_account_event(world, &event, &account_id);
    Ok(json!({}))
}

fn check_name(world: &World, parent: &str, name: &str) -> Result<(), WireError> {
    if name.is_empty() {
        return Err(error::invalid("MIN_LENGTH_EXCEEDED", "You specified a name that is too short."));
    }
    if name.chars().count() > 128 {
        return Err(error::invalid("MAX_LENGTH_EXCEEDED", "You specified a name that is too long."));
    }
    if world.org.units.values().any(|unit| unit.parent == parent && unit.name == name) {
        return Err(error::duplicate_unit());
    }
    Ok(())
}
