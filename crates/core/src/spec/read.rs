//! From the tree to types: what reads what, and the JSON Schema that says the same to an editor.
//!
//! A type says once, in [`mapping!`], which keys it has, which of them must be there and what they mean. The reader, the
//! JSON Schema and the suggestions for misspelt keys all come from that one place.

use serde_json::{Map, Value, json};

use super::diagnostic::code;
use super::report::{Mark, Report};
use super::suggest::{self, excerpt};
use super::tree::{Entry, Kind, Node};

/// What can be read from the tree.
pub(super) trait Read: Sized {
    /// Reads a value. `owner` is the key that it belongs to, to blame when something is missing from it. `None` when it cannot
    /// be read; the report says why.
    fn read(node: &Node, owner: Mark, report: &mut Report) -> Option<Self>;

    /// The JSON Schema of what can be read.
    fn schema() -> Value;
}

/// A value and where it stands.
#[derive(Debug, Clone)]
pub(super) struct At<T> {
    pub(super) at: Mark,
    pub(super) value: T,
}

impl<T: Read> Read for At<T> {
    fn read(node: &Node, owner: Mark, report: &mut Report) -> Option<Self> {
        T::read(node, owner, report).map(|value| Self { at: node.at, value })
    }

    fn schema() -> Value {
        T::schema()
    }
}

/// A mapping, the key that it belongs to, and how many errors there are in it: what is missing may be there, misspelt.
#[derive(Debug, Clone)]
pub(super) struct Block<T> {
    pub(super) owner: Mark,
    pub(super) errors: usize,
    pub(super) value: T,
}

impl<T: Read> Read for Block<T> {
    fn read(node: &Node, owner: Mark, report: &mut Report) -> Option<Self> {
        let before = report.errors();
        let value = T::read(node, owner, report)?;
        Some(Self { owner, errors: report.errors() - before, value })
    }

    fn schema() -> Value {
        T::schema()
    }
}

/// A list of values of one kind; those that cannot be read are reported and left out.
#[derive(Debug, Clone)]
pub(super) struct List<T> {
    pub(super) owner: Mark,
    /// How many elements were written, those that could not be read included.
    pub(super) written: usize,
    pub(super) items: Vec<T>,
}

impl<T: Read> Read for List<T> {
    fn read(node: &Node, owner: Mark, report: &mut Report) -> Option<Self> {
        let Kind::List(items) = &node.kind else {
            let text = report.text(node.at).to_owned();
            let diagnostic = wrong_type(node, "a list", report);
            if matches!(node.kind, Kind::Scalar(_)) && !node.is_null() {
                diagnostic.hint(format!("write `[{text}]`"));
            }
            return None;
        };
        let read = items.iter().filter_map(|item| T::read(item, item.at, report)).collect();
        Some(Self { owner, written: items.len(), items: read })
    }

    fn schema() -> Value {
        json!({ "type": "array", "items": T::schema() })
    }
}

/// A mapping with keys of the user's choice, in the order of the file; what cannot be read is reported and left out.
#[derive(Debug, Clone)]
pub(super) struct Entries<K, V> {
    pub(super) owner: Mark,
    pub(super) entries: Vec<(At<K>, V)>,
}

impl<K: Read, V: Read> Read for Entries<K, V> {
    fn read(node: &Node, owner: Mark, report: &mut Report) -> Option<Self> {
        let entries = unique_entries(node, report)?;
        let entries = entries.into_iter().filter_map(|Entry { key, value }| {
            let name = At::<K>::read(key, key.at, report);
            let value = V::read(value, key.at, report);
            Some((name?, value?))
        });
        Some(Self { owner, entries: entries.collect() })
    }

    fn schema() -> Value {
        json!({ "type": "object", "propertyNames": K::schema(), "additionalProperties": V::schema() })
    }
}

/// The entries of a mapping without those whose key stood before, which are reported.
pub(super) fn unique_entries<'n>(node: &'n Node, report: &mut Report) -> Option<Vec<&'n Entry>> {
    let Kind::Mapping(entries) = &node.kind else {
        wrong_type(node, "a mapping", report);
        return None;
    };
    // Sorted by key, and by place among equals, every key that equals the one before it is a second one. A map of each of
    // the many small mappings would cost more than reading them.
    let mut order: Vec<usize> = (0..entries.len()).collect();
    order.sort_by_key(|index| entries[*index].key.plain_text());
    let mut is_first = vec![true; entries.len()];
    let mut first: Option<&Node> = None;
    for index in order {
        let key = &entries[index].key;
        match first.filter(|first| first.plain_text() == key.plain_text()) {
            None => first = Some(key),
            Some(first) => {
                is_first[index] = false;
                let place = report.location(first.at);
                let message = format!("`{}` stands twice in this mapping", excerpt(key.plain_text()));
                report.error(key.at, code::DUPLICATE_KEY, message).related(place, "it stands here first");
            }
        }
    }
    Some(entries.iter().zip(is_first).filter_map(|(entry, is_first)| is_first.then_some(entry)).collect())
}

/// Reports a value of another type than expected, or no value where one belongs.
pub(super) fn wrong_type<'r>(
    node: &Node,
    expected: &str,
    report: &'r mut Report,
) -> &'r mut super::diagnostic::Diagnostic {
    if node.is_null() {
        return report
            .error(node.at, code::NO_VALUE, "there is no value")
            .expected(expected)
            .hint("give it a value, or leave the key out");
    }
    let found = match &node.kind {
        Kind::Scalar(_) => super::scalar::describe(node),
        Kind::List(_) => "a list".to_owned(),
        Kind::Mapping(_) => "a mapping".to_owned(),
    };
    report.error(node.at, code::WRONG_TYPE, format!("found {found}")).expected(expected)
}

/// The entries of a mapping whose keys are known, while a type takes them.
pub(super) struct Fields<'n> {
    owner: Mark,
    found: Vec<&'n Entry>,
    /// Keys that a misspelt one most likely stands for: not to be reported as missing too.
    meant: Vec<&'static str>,
}

impl<'n> Fields<'n> {
    pub(super) fn of(node: &'n Node, owner: Mark, known: &[&'static str], report: &mut Report) -> Option<Self> {
        let mut fields = Self { owner, found: Vec::new(), meant: Vec::new() };
        for entry in unique_entries(node, report)? {
            let name = entry.key.plain_text();
            if known.contains(&name) {
                fields.found.push(entry);
            } else {
                fields.meant.extend(suggest::unknown_key(name, entry.key.at, known, report));
            }
        }
        Some(fields)
    }

    /// How many of the known keys are there.
    pub(super) fn count(&self) -> usize {
        self.found.len()
    }

    pub(super) fn optional<T: Read>(
        &mut self,
        key: &'static str,
        _: Option<&'static str>,
        report: &mut Report,
    ) -> Option<T> {
        let entry = self.found.iter().find(|entry| entry.key.plain_text() == key)?;
        T::read(&entry.value, entry.key.at, report)
    }

    pub(super) fn required<T: Read>(
        &mut self,
        key: &'static str,
        hint: Option<&'static str>,
        report: &mut Report,
    ) -> Option<T> {
        if !self.found.iter().any(|entry| entry.key.plain_text() == key) {
            if !self.meant.contains(&key) {
                let diagnostic = report.error(self.owner, code::MISSING_KEY, format!("`{key}` is missing"));
                if let Some(hint) = hint {
                    diagnostic.hint(hint);
                }
            }
            return None;
        }
        self.optional(key, hint, report)
    }
}

/// One key of a mapping, for the JSON Schema.
pub(super) struct Property {
    pub(super) key: &'static str,
    pub(super) need: &'static str,
    pub(super) about: &'static [&'static str],
    pub(super) schema: Value,
    pub(super) extra: Value,
}

/// The JSON Schema of a mapping with these keys and no others.
pub(super) fn object_schema(about: &[&str], properties: Vec<Property>) -> Value {
    let required: Vec<&str> = properties.iter().filter(|p| p.need == "required").map(|p| p.key).collect();
    let properties: Map<String, Value> = properties
        .into_iter()
        .map(|Property { key, need: _, about, mut schema, extra }| {
            if let (Value::Object(schema), Value::Object(extra)) = (&mut schema, extra) {
                schema.insert("description".to_owned(), Value::from(paragraph(about)));
                schema.extend(extra);
            }
            (key.to_owned(), schema)
        })
        .collect();
    let mut schema = json!({
        "type": "object",
        "description": paragraph(about),
        "properties": properties,
        "additionalProperties": false,
    });
    if !required.is_empty() {
        schema["required"] = json!(required);
    }
    schema
}

/// The lines of a doc comment as one paragraph.
fn paragraph(lines: &[&str]) -> String {
    let lines: Vec<&str> = lines.iter().map(|line| line.trim()).collect();
    lines.join(" ").trim().to_owned()
}

/// Declares a mapping of the file: its keys, whether they are `required` or `optional`, what they mean, what else the JSON
/// Schema says about them, and what to do when a required one is missing.
macro_rules! mapping {
    (
        $(#[doc = $about:literal])+
        struct $name:ident {
            $(
                $(#[doc = $doc:literal])+
                $need:ident $field:ident: $type:ty $(, schema $extra:tt)? $(, missing $hint:literal)?;
            )+
        }
    ) => {
        $(#[doc = $about])+
        #[derive(Debug, Clone)]
        pub(in crate::spec) struct $name {
            $(
                $(#[doc = $doc])+
                pub(in crate::spec) $field: Option<$type>,
            )+
        }

        impl $crate::spec::read::Read for $name {
            fn read(
                node: &$crate::spec::tree::Node,
                owner: $crate::spec::report::Mark,
                report: &mut $crate::spec::report::Report,
            ) -> Option<Self> {
                let known = [$(stringify!($field)),+];
                let mut fields = $crate::spec::read::Fields::of(node, owner, &known, report)?;
                Some(Self {
                    $($field: fields.$need(stringify!($field), $crate::spec::read::hint!($($hint)?), report),)+
                })
            }

            fn schema() -> serde_json::Value {
                $crate::spec::read::object_schema(&[$($about),+], vec![$(
                    $crate::spec::read::Property {
                        key: stringify!($field),
                        need: stringify!($need),
                        about: &[$($doc),+],
                        schema: <$type as $crate::spec::read::Read>::schema(),
                        extra: $crate::spec::read::extra!($($extra)?),
                    },
                )+])
            }
        }
    };
}

macro_rules! hint {
    () => {
        None
    };
    ($hint:literal) => {
        Some($hint)
    };
}

macro_rules! extra {
    () => {
        serde_json::json!({})
    };
    ($extra:tt) => {
        serde_json::json!($extra)
    };
}

pub(super) use {extra, hint, mapping};
