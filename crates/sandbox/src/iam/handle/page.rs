//! Paging: `Marker` and `MaxItems` in, `IsTruncated` and `Marker` out.

use std::collections::BTreeMap;
use std::ops::Bound;

use crate::switches::ShortPages;
use crate::wire::{Call, WireError, Xml, encode_page};
use crate::world::World;

/// One page of rows, and the marker of the next.
pub(super) struct Page<T> {
    pub(super) rows: Vec<T>,
    marker: Option<String>,
}

/// Takes a page of rows in ascending order of their key. `rows` gives those after a key, or all of them.
pub(super) fn page<K: AsRef<str>, T, I>(
    world: &World,
    call: &Call,
    rows: impl FnOnce(Option<String>) -> I,
) -> Result<Page<T>, WireError>
where
    I: Iterator<Item = (K, T)>,
{
    let asked = call.params.integer("MaxItems", 1..=1000)?.unwrap_or(100);
    let limit = match world.switches.short_pages {
        ShortPages::Never => asked,
        ShortPages::Always => asked.div_ceil(2),
    };
    let mut rows = rows(call.page("Marker")?).peekable();
    let mut taken = Vec::new();
    let mut last = None;
    for (key, row) in rows.by_ref().take(usize::try_from(limit).unwrap_or(usize::MAX)) {
        taken.push(row);
        last = Some(key);
    }
    let marker = last.filter(|_| rows.peek().is_some()).map(|key| encode_page(key.as_ref()));
    Ok(Page { rows: taken, marker })
}

impl<T> Page<T> {
    /// Appends `IsTruncated` and `Marker`.
    pub(super) fn end(&self, xml: &mut Xml) {
        xml.text("IsTruncated", self.marker.is_some());
        xml.maybe("Marker", self.marker.as_ref());
    }
}

/// The entries of a map after a key, or all of them.
pub(super) fn after<T>(map: &BTreeMap<String, T>, position: Option<String>) -> impl Iterator<Item = (&str, &T)> {
    let from = position.map_or(Bound::Unbounded, Bound::Excluded);
    map.range((from, Bound::Unbounded)).map(|(key, value)| (key.as_str(), value))
}
