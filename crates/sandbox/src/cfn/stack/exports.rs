//! What stacks of one account and Region give to one another by name.

use std::collections::BTreeMap;

use crate::cfn::model::Stack;
use crate::cfn::template::OutputValue;
use crate::world::World;

/// An exported output.
#[derive(Debug)]
pub(in crate::cfn) struct Export {
    /// The ARN of the stack that exports it.
    pub(in crate::cfn) stack_id: String,
    /// Its value.
    pub(in crate::cfn) value: String,
}

/// The stacks of an account and Region that are not deleted.
fn stacks<'a>(world: &'a World, account: &str, region: &'a str) -> impl Iterator<Item = &'a Stack> {
    let stacks = world.cfn.stacks.get(account);
    stacks
        .into_iter()
        .flat_map(BTreeMap::values)
        .filter(move |stack| stack.deleted.is_none() && stack.region() == region)
}

/// The exports of an account and Region by name.
pub(in crate::cfn) fn exports(world: &World, account: &str, region: &str) -> BTreeMap<String, Export> {
    let mut exports = BTreeMap::new();
    for stack in stacks(world, account, region) {
        for OutputValue { value, description: _, export } in stack.outputs.values() {
            if let Some(name) = export {
                exports.insert(name.clone(), Export { stack_id: stack.id.clone(), value: value.clone() });
            }
        }
    }
    exports
}

/// The names of the stacks that import an export.
pub(in crate::cfn) fn importers(world: &World, account: &str, region: &str, export: &str) -> Vec<String> {
    let users = stacks(world, account, region).filter(|stack| stack.imports.contains(export));
    users.map(|stack| stack.name.clone()).collect()
}

/// Refuses outputs whose exports another stack has, or that take from others what they import.
pub(super) fn check(world: &World, stack: &Stack, outputs: &BTreeMap<String, OutputValue>) -> Result<(), String> {
    let others = exports(world, stack.account(), stack.region());
    for name in outputs.values().filter_map(|output| output.export.as_ref()) {
        if let Some(other) = others.get(name).filter(|other| other.stack_id != stack.id) {
            return Err(format!("Export with name {name} is already exported by stack {}", name_of(&other.stack_id)));
        }
    }
    for OutputValue { value, description: _, export } in stack.outputs.values() {
        let Some(name) = export else { continue };
        let users = importers(world, stack.account(), stack.region(), name);
        let stays = outputs.values().find(|output| output.export.as_ref() == Some(name));
        match (stays, users.is_empty()) {
            (None, false) => {
                return Err(format!("Export {name} cannot be deleted as it is in use by {}", users.join(", ")));
            }
            (Some(output), false) if output.value != *value => {
                return Err(format!("Export {name} cannot be updated as it is in use by {}", users.join(", ")));
            }
            _ => {}
        }
    }
    Ok(())
}

fn name_of(stack_id: &str) -> &str {
    stack_id.split('/').nth(1).unwrap_or(stack_id)
}
