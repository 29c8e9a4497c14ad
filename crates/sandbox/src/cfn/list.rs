//! Lists, a page at a time.

use crate::wire::{Call, Reply, WireError, Xml, encode_page};

/// The position after which a page begins; `None` for the first.
pub(super) fn after(call: &Call) -> Result<Option<String>, WireError> {
    call.page("NextToken")
}

/// One page of at most 100 items, out of those after the position that the token names.
pub(super) fn page<T>(
    call: &Call,
    name: &str,
    mut rest: impl Iterator<Item = T>,
    position: impl Fn(&T) -> String,
    mut each: impl FnMut(&mut Xml, T),
) -> Result<Reply, WireError> {
    let size = call.params.integer("MaxResults", 1..=100)?.unwrap_or(100) as usize;
    let mut shown: Vec<T> = rest.by_ref().take(size).collect();
    let next = if rest.next().is_some() { shown.last().map(|last| encode_page(&position(last))) } else { None };
    Ok(Reply::result(|xml| {
        xml.list(name, shown.drain(..), |xml, item| each(xml, item));
        xml.maybe("NextToken", next);
    }))
}
