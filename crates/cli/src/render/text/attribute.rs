//! Attributes old and new: what is the same on both sides is hidden and counted.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use rolecall_core::plan::Action;
use rolecall_core::policy::PolicyDoc;

use super::document::{self, Document};
use super::page::{DANGER, Page, Sign, paint};
use crate::render::clean::quoted;
use crate::render::{Detail, words};

/// The attributes of one side, in the order in which they are shown.
pub(super) type Attributes<'a> = BTreeMap<Key<'a>, Value<'a>>;

/// The name of an attribute. The order is the one in which they are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Key<'a> {
    /// A field: its place among the others, and its name.
    Field(u8, &'static str),
    /// An inline policy, by name.
    InlinePolicy(&'a str),
    /// A customer-managed policy that Rolecall makes for the role, by name.
    OwnPolicy(&'a str),
    /// That the role does not have such a policy.
    Detached(&'a str),
    /// The versions of such a policy that are not in force.
    IdleVersions(&'a str),
}

impl fmt::Display for Key<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Field(_, name) => f.write_str(name),
            Self::InlinePolicy(name) => write!(f, "inline_policy {}", quoted(name)),
            Self::OwnPolicy(name) => write!(f, "managed_policy {}", quoted(name)),
            Self::Detached(name) => write!(f, "managed_policy {} detached", quoted(name)),
            Self::IdleVersions(name) => write!(f, "managed_policy {} other_versions", quoted(name)),
        }
    }
}

/// What an attribute is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value<'a> {
    /// A text, shown in quotation marks.
    Text(&'a str),
    /// A number, a duration or a yes or no, shown as it is.
    Word(String),
    /// Texts in no order.
    Set(BTreeSet<&'a str>),
    /// Texts by key.
    Map(BTreeMap<&'a str, &'a str>),
    /// A policy document.
    Policy(&'a PolicyDoc),
    /// A text of many lines.
    Body(&'a str),
}

impl Value<'_> {
    /// Whether there is nothing to show.
    pub(super) fn is_empty(&self) -> bool {
        match self {
            Self::Text(text) => text.is_empty(),
            Self::Set(items) => items.is_empty(),
            Self::Map(entries) => entries.is_empty(),
            Self::Word(_) | Self::Policy(_) | Self::Body(_) => false,
        }
    }
}

/// How attributes are shown.
#[derive(Debug, Clone, Copy)]
pub(super) struct Style {
    /// How deep they stand.
    pub(super) depth: usize,
    /// How much is shown.
    pub(super) detail: Detail,
    /// What happens to the whole that they are part of.
    pub(super) action: Action,
}

/// How many attributes were shown, and how many are the same on both sides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Compared {
    pub(super) shown: usize,
    pub(super) unchanged: usize,
}

/// Shows the attributes that differ.
pub(super) fn compare(page: &mut Page, style: Style, before: &Attributes<'_>, after: &Attributes<'_>) -> Compared {
    let keys: BTreeSet<&Key<'_>> = before.keys().chain(after.keys()).collect();
    let differing: Vec<&Key<'_>> = keys.iter().copied().filter(|key| before.get(key) != after.get(key)).collect();
    let fields = differing.iter().filter(|key| matches!(key, Key::Field(..)));
    let width = widest(fields.map(ToString::to_string));
    for key in &differing {
        let name = format!("{:width$} =", key.to_string());
        let line = Line { style, name: &name, note: note(**key, style) };
        line.show(page, before.get(key), after.get(key));
    }
    Compared { shown: differing.len(), unchanged: keys.len() - differing.len() }
}

/// Says how many lines or attributes are not shown, if any are.
pub(super) fn hidden(page: &mut Page, depth: usize, number: usize, noun: &str) {
    if number > 0 {
        page.line(depth, Sign::Same, dim(format_args!("# ({} hidden)", words::count(number, noun))));
    }
}

fn widest(names: impl Iterator<Item = String>) -> usize {
    names.map(|name| name.chars().count()).max().unwrap_or(0)
}

fn note(key: Key<'_>, style: Style) -> String {
    match (key, style.action) {
        (Key::Field(_, "name" | "path"), Action::Replace) => format!(" {}", paint(DANGER, "# forces replacement")),
        _ => String::new(),
    }
}

/// One attribute.
struct Line<'a> {
    style: Style,
    name: &'a str,
    note: String,
}

impl Line<'_> {
    fn show(&self, page: &mut Page, before: Option<&Value<'_>>, after: Option<&Value<'_>>) {
        match (before, after) {
            (None, Some(value)) => self.one(page, Sign::Add, value),
            (Some(value), None) => self.one(page, Sign::Remove, value),
            (Some(before), Some(after)) => self.both(page, before, after),
            (None, None) => {}
        }
    }

    fn one(&self, page: &mut Page, sign: Sign, value: &Value<'_>) {
        let Style { depth, .. } = self.style;
        match value {
            Value::Text(text) => self.head(page, sign, quoted(text)),
            Value::Word(word) => self.head(page, sign, word),
            Value::Set(items) => {
                self.head(page, sign, "[");
                for item in items {
                    page.line(depth + 1, sign, quoted(item));
                }
                page.line(depth, Sign::Same, "]");
            }
            Value::Map(entries) => {
                self.head(page, sign, "{");
                let width = widest(entries.keys().map(|key| quoted(key)));
                for (key, value) in entries {
                    page.line(depth + 1, sign, format_args!("{:width$} = {}", quoted(key), quoted(value)));
                }
                page.line(depth, Sign::Same, "}");
            }
            Value::Policy(policy) => self.document(page, sign, &policy.to_pretty()),
            Value::Body(text) => self.document(page, sign, &pretty(text)),
        }
    }

    fn document(&self, page: &mut Page, sign: Sign, text: &str) {
        let Style { depth, detail, action } = self.style;
        let lines = || words::count(text.lines().count(), "line");
        // Whoever reviews a deletion looks for what goes, not for what it said. A policy that goes from a role that
        // stays is another matter: it is what someone did to the role.
        if detail == Detail::Brief && action == Action::Delete {
            return self.head(page, sign, dim(format_args!("({}, shown with -v)", lines())));
        }
        // The management account's role and the members' mostly have the same policies.
        let is_news = page.is_news(format!("{}{text}", self.name.trim_end()));
        if detail == Detail::Brief && action == Action::Create && !is_news {
            return self.head(page, sign, dim(format_args!("({}, the same as above)", lines())));
        }
        let document = Document::of(text);
        self.head(page, sign, document.open());
        document.whole(page, depth + 1, sign);
        document.close(page, depth);
    }

    fn both(&self, page: &mut Page, before: &Value<'_>, after: &Value<'_>) {
        let Style { depth, .. } = self.style;
        match (before, after) {
            (Value::Text(before), Value::Text(after)) => {
                self.head(page, Sign::Change, format_args!("{} -> {}", quoted(before), quoted(after)));
            }
            (Value::Word(before), Value::Word(after)) => {
                self.head(page, Sign::Change, format_args!("{before} -> {after}"));
            }
            (Value::Set(before), Value::Set(after)) => {
                self.head(page, Sign::Change, "[");
                for item in before.symmetric_difference(after) {
                    let sign = if after.contains(item) { Sign::Add } else { Sign::Remove };
                    page.line(depth + 1, sign, quoted(item));
                }
                hidden(page, depth + 1, before.intersection(after).count(), "unchanged element");
                page.line(depth, Sign::Same, "]");
            }
            (Value::Map(before), Value::Map(after)) => {
                self.head(page, Sign::Change, "{");
                entries(page, depth + 1, before, after);
                page.line(depth, Sign::Same, "}");
            }
            (Value::Policy(before), Value::Policy(after)) => {
                self.documents(page, &before.to_pretty(), &after.to_pretty());
            }
            (Value::Body(before), Value::Body(after)) => self.documents(page, &pretty(before), &pretty(after)),
            // An attribute is of one kind; should one ever change its kind, it goes and comes.
            (before, after) => {
                self.one(page, Sign::Remove, before);
                self.one(page, Sign::Add, after);
            }
        }
    }

    fn documents(&self, page: &mut Page, before: &str, after: &str) {
        let Style { depth, .. } = self.style;
        let (before, after) = (Document::of(before), Document::of(after));
        self.head(page, Sign::Change, after.open());
        document::compare(page, depth + 1, &before, &after);
        after.close(page, depth);
    }

    fn head(&self, page: &mut Page, sign: Sign, value: impl fmt::Display) {
        page.line(self.style.depth, sign, format_args!("{} {value}{}", self.name, self.note));
    }
}

fn entries(page: &mut Page, depth: usize, before: &BTreeMap<&str, &str>, after: &BTreeMap<&str, &str>) {
    let keys: BTreeSet<&str> = before.keys().chain(after.keys()).copied().collect();
    let width = widest(keys.iter().filter(|key| before.get(*key) != after.get(*key)).map(|key| quoted(key)));
    let mut same = 0;
    for key in keys {
        let name = format!("{:width$}", quoted(key));
        match (before.get(key), after.get(key)) {
            (Some(before), Some(after)) if before == after => same += 1,
            (Some(before), Some(after)) => {
                page.line(depth, Sign::Change, format_args!("{name} = {} -> {}", quoted(before), quoted(after)));
            }
            (Some(value), None) => page.line(depth, Sign::Remove, format_args!("{name} = {}", quoted(value))),
            (None, Some(value)) => page.line(depth, Sign::Add, format_args!("{name} = {}", quoted(value))),
            (None, None) => {}
        }
    }
    hidden(page, depth, same, "unchanged element");
}

/// What is said about the text, not by it.
pub(super) fn dim(text: impl fmt::Display) -> String {
    paint(anstyle::Style::new().dimmed(), text)
}

/// JSON indented, so that it can be compared line by line; other text as it is.
fn pretty(text: &str) -> String {
    serde_json::from_str::<serde_json::Value>(text)
        .and_then(|value| serde_json::to_string_pretty(&value))
        .unwrap_or_else(|_| text.to_owned())
}
