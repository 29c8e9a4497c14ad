//! The stacks that requests name, and lists of them.

use crate::cfn::error;
use crate::cfn::model::Stack;
use crate::wire::{Call, Reply, WireError, Xml, encode_page};
use crate::world::World;

/// The stack of an ARN, deleted or not, or of a name.
pub(in crate::cfn) fn find<'a>(world: &'a World, call: &Call, name: &str) -> Option<&'a Stack> {
    let by_arn = || world.cfn.stacks.get(&call.caller.account)?.get(name);
    by_arn().or_else(|| all(world, call).find(|stack| stack.name == name && stack.deleted.is_none()))
}

/// The stack that `StackName` names.
pub(in crate::cfn) fn named<'a>(world: &'a World, call: &Call) -> Result<&'a Stack, WireError> {
    let name = call.params.required("StackName")?;
    find(world, call, name).ok_or_else(|| error::no_stack(name))
}

/// The stacks of the caller's account and the call's Region, deleted ones among them.
pub(super) fn all<'a>(world: &'a World, call: &Call) -> impl Iterator<Item = &'a Stack> + use<'a> {
    let region = call.region.clone();
    let stacks = world.cfn.stacks.get(&call.caller.account);
    stacks.into_iter().flat_map(|stacks| stacks.values()).filter(move |stack| stack.region() == region)
}

/// One page of a list, 100 rows unless the request asks for less.
pub(in crate::cfn) fn page<T>(
    call: &Call,
    element: &str,
    items: impl Iterator<Item = T>,
    mut each: impl FnMut(&mut Xml, T),
) -> Result<Reply, WireError> {
    let from = match call.page("NextToken")? {
        None => 0,
        Some(position) => {
            position.parse().map_err(|_| WireError::validation("Invalid NextToken provided in the request."))?
        }
    };
    let size = call.params.integer("MaxResults", 1..=100)?.unwrap_or(100) as usize;
    let mut items = items.skip(from);
    let shown: Vec<T> = items.by_ref().take(size).collect();
    let next = items.next().map(|_| encode_page(&(from + size).to_string()));
    Ok(Reply::result(|xml| {
        xml.list(element, shown, |xml, item| each(xml, item));
        xml.maybe("NextToken", next);
    }))
}
