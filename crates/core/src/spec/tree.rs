//! A YAML text as a tree that remembers where everything stands and how it was written.
//!
//! A parser that fills types stops at the first thing it does not expect. This one keeps all, duplicate keys included, so
//! that every problem of a file can be told in one run. JSON is read by it too, being YAML.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use granit_parser::{ErrorKind, Event, Parser, ScalarStyle, ScanError, Span, StrInput, Tag, options};

use super::diagnostic::code;
use super::report::{FileId, Mark, Report};

/// How deep lists and mappings may nest: a policy's condition values are at depth 12.
const MAX_DEPTH: usize = 64;

/// How many nodes a file may have, aliases counted as what they stand for. Two thousand integrations have about 200,000.
const MAX_NODES: usize = 1_000_000;

/// A value and its place.
#[derive(Debug, Clone)]
pub(super) struct Node {
    pub(super) at: Mark,
    pub(super) kind: Kind,
}

#[derive(Debug, Clone)]
pub(super) enum Kind {
    Scalar(Scalar),
    List(Vec<Node>),
    Mapping(Vec<Entry>),
}

/// A text, a number, a truth value or nothing; which one is for the reader to say.
#[derive(Debug, Clone)]
pub(super) struct Scalar {
    pub(super) text: String,
    pub(super) style: Style,
}

/// Whether a scalar can only be a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    /// Neither quotes nor a block: it may be a number.
    Plain,
    /// A text beyond doubt.
    Quoted,
}

#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) key: Node,
    pub(super) value: Node,
}

/// Reads a file that was added to the report. `None` when it is not a YAML document with something in it; the report says
/// why, and that it `expected` something.
pub(super) fn parse(file: FileId, expected: &str, report: &mut Report) -> Option<Node> {
    let source = Rc::clone(report.source(file));
    let mut builder =
        Builder { file, text: &source.text, stack: Vec::new(), root: None, anchors: BTreeMap::new(), nodes: 0 };
    match builder.run() {
        Ok(()) => match builder.root {
            Some(node) if !node.is_null() => Some(node),
            _ => {
                let at = Mark { file, line: 1, column: 1, bytes: (0, 0) };
                report.error(at, code::EMPTY_FILE, "the file is empty").expected(expected);
                None
            }
        },
        Err(Fault { at, code, message, hint }) => {
            let diagnostic = report.error(at, code, message);
            if let Some(hint) = hint {
                diagnostic.hint(hint);
            }
            None
        }
    }
}

/// Why a text has no tree.
struct Fault {
    at: Mark,
    code: &'static str,
    message: String,
    hint: Option<&'static str>,
}

struct Builder<'a> {
    file: FileId,
    text: &'a str,
    stack: Vec<Open>,
    root: Option<Node>,
    anchors: BTreeMap<usize, Anchored>,
    nodes: usize,
}

/// A value that aliases may stand for.
struct Anchored {
    node: Node,
    /// How many nodes it has, itself included.
    nodes: usize,
    /// How deep it nests: 0 for a scalar.
    depth: usize,
}

/// A list or mapping that has not ended.
struct Open {
    at: Mark,
    anchor: usize,
    /// How deep its elements nest, so far.
    depth: usize,
    /// The number of nodes before it.
    before: usize,
    content: OpenContent,
}

enum OpenContent {
    List(Vec<Node>),
    Mapping { entries: Vec<Entry>, key: Option<Node> },
}

impl Builder<'_> {
    fn run(&mut self) -> Result<(), Fault> {
        let mut limits = options! {
            flow_nesting_limit: MAX_DEPTH,
            block_nesting_limit: MAX_DEPTH,
            // JSON may have a long key; YAML's own limit of 1,024 is for people.
            simple_key_max_lookahead: 100_000,
            disallow_directives: true,
        };
        limits.set_emit_comments(false);
        let parser: Parser<'_, StrInput<'_>> = Parser::new_from_str_with_options(self.text, limits);
        for event in parser {
            let (event, span) = event.map_err(|error| self.syntax(&error))?;
            self.event(event, span)?;
        }
        Ok(())
    }

    fn event(&mut self, event: Event<'_>, span: Span) -> Result<(), Fault> {
        let at = self.mark(span);
        match event {
            Event::DocumentStart(..) if self.root.is_some() => {
                Err(fault(at, "there is a second document in this file", Some("put it in a file of its own")))
            }
            Event::Scalar(text, style, anchor, tag) => {
                let style = match style {
                    ScalarStyle::Plain => Style::Plain,
                    _ => Style::Quoted,
                };
                let style = plain_or_tagged(style, tag.as_deref(), at)?;
                let node = Node { at, kind: Kind::Scalar(Scalar { text: text.into_owned(), style }) };
                self.count(1, at)?;
                self.remember(anchor, &node, 1, 0)?;
                self.place(node, 0)
            }
            Event::SequenceStart(_, anchor, tag) => {
                self.open(at, anchor, tag.as_deref(), OpenContent::List(Vec::new()))
            }
            Event::MappingStart(_, anchor, tag) => {
                self.open(at, anchor, tag.as_deref(), OpenContent::Mapping { entries: Vec::new(), key: None })
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(at),
            Event::Alias(anchor) => {
                let Some(Anchored { node, nodes, depth }) = self.anchors.get(&anchor) else {
                    return Err(fault(at, "this alias stands for a value that contains it", None));
                };
                let (node, nodes, depth) = (node.clone(), *nodes, *depth);
                self.count(nodes, at)?;
                if self.stack.len() + depth > MAX_DEPTH {
                    return Err(too_deep(at));
                }
                self.place(node, depth)
            }
            _ => Ok(()),
        }
    }

    fn open(&mut self, at: Mark, anchor: usize, tag: Option<&Tag>, content: OpenContent) -> Result<(), Fault> {
        if tag.is_some_and(|tag| !matches!(tag.core_suffix(), Some("map" | "seq"))) {
            return Err(fault(at, "tags have no meaning here", Some("leave the tag out")));
        }
        self.count(1, at)?;
        if self.stack.len() == MAX_DEPTH {
            return Err(too_deep(at));
        }
        self.stack.push(Open { at, anchor, depth: 0, before: self.nodes - 1, content });
        Ok(())
    }

    fn close(&mut self, end: Mark) -> Result<(), Fault> {
        let Some(Open { at, anchor, depth, before, content }) = self.stack.pop() else { return Ok(()) };
        let kind = match content {
            OpenContent::List(items) => Kind::List(items),
            OpenContent::Mapping { entries, .. } => Kind::Mapping(merged(entries)?),
        };
        let node = Node { at: self.first_line(at, end), kind };
        self.remember(anchor, &node, self.nodes - before, depth + 1)?;
        self.place(node, depth + 1)
    }

    /// Puts a finished node where it belongs: into the list or mapping that is open, or at the root.
    fn place(&mut self, node: Node, depth: usize) -> Result<(), Fault> {
        if let Some(open) = self.stack.last_mut() {
            open.depth = open.depth.max(depth);
        }
        match self.stack.last_mut().map(|open| &mut open.content) {
            None => self.root = Some(node),
            Some(OpenContent::List(items)) => items.push(node),
            Some(OpenContent::Mapping { entries, key }) => match key.take() {
                Some(key) => entries.push(Entry { key, value: node }),
                None if matches!(node.kind, Kind::Scalar(_)) => *key = Some(node),
                None => return Err(fault(node.at, "a list or mapping stands where a key belongs", None)),
            },
        }
        Ok(())
    }

    /// Keeps a copy for aliases; it counts, for it takes as much memory.
    fn remember(&mut self, anchor: usize, node: &Node, nodes: usize, depth: usize) -> Result<(), Fault> {
        if anchor != 0 {
            self.count(nodes, node.at)?;
            self.anchors.insert(anchor, Anchored { node: node.clone(), nodes, depth });
        }
        Ok(())
    }

    fn count(&mut self, nodes: usize, at: Mark) -> Result<(), Fault> {
        self.nodes += nodes;
        if self.nodes > MAX_NODES {
            return Err(too_large(at, format!("the file has more than {MAX_NODES} values, with aliases written out")));
        }
        Ok(())
    }

    fn mark(&self, span: Span) -> Mark {
        let start = span.start.byte_offset().unwrap_or_default();
        let end = span.end.byte_offset().unwrap_or(start).max(start);
        Mark { file: self.file, line: span.start.line(), column: span.start.col() + 1, bytes: (start, end) }
    }

    /// From the start of a list or mapping to its end, or to the end of its first line if that comes first.
    fn first_line(&self, start: Mark, end: Mark) -> Mark {
        let from = start.bytes.0;
        let text = self.text.get(from..end.bytes.1).unwrap_or_default();
        let line = text.split(['\n', '\r']).next().unwrap_or_default().trim_end();
        Mark { bytes: (from, from + line.len()), ..start }
    }

    fn syntax(&self, error: &ScanError) -> Fault {
        let marker = error.marker();
        let start = marker.byte_offset().unwrap_or(self.text.len()).min(self.text.len());
        let end = self.text.get(start..).and_then(|rest| rest.chars().next()).map_or(start, |c| start + c.len_utf8());
        let at = Mark { file: self.file, line: marker.line(), column: marker.col() + 1, bytes: (start, end) };
        match error.kind() {
            ErrorKind::RecursionLimitExceeded => too_deep(at),
            ErrorKind::DirectiveDisallowed => {
                fault(at, "YAML directives have no meaning here", Some("leave the line out"))
            }
            ErrorKind::TabNotAllowed
            | ErrorKind::TabInBlockIndentation
            | ErrorKind::TabInIndentation
            | ErrorKind::TabInPlainScalar => syntax(at, error, Some("indent with spaces")),
            ErrorKind::MappingValueNotAllowed => {
                syntax(at, error, Some("quote a text that contains `: `, and indent keys of one mapping equally"))
            }
            ErrorKind::ExpectedBlockMappingKey => syntax(at, error, Some("indent keys of one mapping equally")),
            ErrorKind::ExpectedBlockSequenceEntry => syntax(at, error, Some("indent elements of one list equally")),
            ErrorKind::UnclosedQuotedScalar | ErrorKind::InvalidQuotedScalarIndent => {
                syntax(at, error, Some("is a quote not closed?"))
            }
            ErrorKind::UnknownAnchor => syntax(at, error, Some("quote a text that begins with `*`")),
            _ => syntax(at, error, None),
        }
    }
}

fn syntax(at: Mark, error: &ScanError, hint: Option<&'static str>) -> Fault {
    Fault { at, code: code::SYNTAX, message: error.info(), hint }
}

fn fault(at: Mark, message: &str, hint: Option<&'static str>) -> Fault {
    Fault { at, code: code::UNSUPPORTED_YAML, message: message.to_owned(), hint }
}

fn too_deep(at: Mark) -> Fault {
    too_large(at, format!("lists and mappings are nested more than {MAX_DEPTH} deep"))
}

fn too_large(at: Mark, message: String) -> Fault {
    Fault { at, code: code::TOO_LARGE, message, hint: None }
}

/// `!!str 12` is a text; any other tag is refused, for it would change what the value is.
fn plain_or_tagged(style: Style, tag: Option<&Tag>, at: Mark) -> Result<Style, Fault> {
    match tag.map(Tag::core_suffix) {
        None => Ok(style),
        Some(Some("str")) => Ok(Style::Quoted),
        Some(_) => Err(fault(at, "tags have no meaning here", Some("leave the tag out"))),
    }
}

/// Takes in the entries of `<<` (a mapping, or a list of mappings); those that are written out go first.
fn merged(entries: Vec<Entry>) -> Result<Vec<Entry>, Fault> {
    if !entries.iter().any(Entry::is_merge) {
        return Ok(entries);
    }
    let (merges, mut own): (Vec<Entry>, Vec<Entry>) = entries.into_iter().partition(Entry::is_merge);
    let mut known: BTreeSet<String> = own.iter().map(|entry| entry.key.plain_text().to_owned()).collect();
    for Entry { key, value } in merges {
        let sources = match value.kind {
            Kind::List(items) => items,
            _ => vec![value],
        };
        for source in sources {
            let Kind::Mapping(inherited) = source.kind else {
                return Err(fault(key.at, "`<<` is not followed by a mapping", Some("write `<<: *name`")));
            };
            own.extend(inherited.into_iter().filter(|entry| known.insert(entry.key.plain_text().to_owned())));
        }
    }
    Ok(own)
}

impl Entry {
    fn is_merge(&self) -> bool {
        matches!(&self.key.kind, Kind::Scalar(Scalar { text, style: Style::Plain }) if text == "<<")
    }
}

impl Node {
    /// Nothing at all: `key:`, `~` or `null`.
    pub(super) fn is_null(&self) -> bool {
        matches!(&self.kind, Kind::Scalar(Scalar { text, style: Style::Plain })
            if matches!(text.as_str(), "" | "~" | "null" | "Null" | "NULL"))
    }

    /// The text of a scalar, whatever it stands for; nothing for a list or mapping.
    pub(super) fn plain_text(&self) -> &str {
        match &self.kind {
            Kind::Scalar(scalar) => &scalar.text,
            Kind::List(_) | Kind::Mapping(_) => "",
        }
    }
}
