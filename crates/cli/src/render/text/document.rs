//! Documents of many lines: whole ones, and what differs between two.

use anstyle::Style;
use similar::{ChangeTag, DiffOp, TextDiff};

use super::page::{Page, Sign, paint};
use crate::render::clean::{clean, quoted};
use crate::render::words::count;

/// How many unchanged lines are shown around a change.
const CONTEXT: usize = 3;

/// Above this many lines two documents are not compared: the comparison takes quadratic time at worst. A policy of the
/// largest size that IAM takes, and a template of the largest size Rolecall writes, are below.
const MAX_LINES: usize = 10_000;

/// A document. Where the first and the last line are braces, they stand on the lines of the attribute itself.
#[derive(Debug)]
pub(super) struct Document<'a> {
    shape: Shape,
    lines: Vec<&'a str>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    /// A JSON object; its lines are without the braces and one level of indentation.
    Object,
    /// Any other text.
    Lines,
}

impl<'a> Document<'a> {
    /// The document in an indented JSON text, or in any other text.
    pub(super) fn of(text: &'a str) -> Self {
        let lines: Vec<&str> = text.lines().collect();
        match lines.as_slice() {
            ["{", inner @ .., "}"] => Self {
                shape: Shape::Object,
                lines: inner.iter().map(|line| line.strip_prefix("  ").unwrap_or(line)).collect(),
            },
            _ => Self { shape: Shape::Lines, lines },
        }
    }

    /// What stands behind the attribute's name.
    pub(super) fn open(&self) -> &'static str {
        match self.shape {
            Shape::Object => "{",
            Shape::Lines => "",
        }
    }

    /// The line that ends the attribute.
    pub(super) fn close(&self, page: &mut Page, depth: usize) {
        if self.shape == Shape::Object {
            page.line(depth, Sign::Same, "}");
        }
    }

    /// All lines.
    pub(super) fn whole(&self, page: &mut Page, depth: usize, sign: Sign) {
        self.lines.iter().for_each(|line| page.line(depth, sign, clean(line)));
    }

    /// The lines as they are compared: where both documents are JSON, a comma behind a line is nothing of its own, as it
    /// only says that another line comes.
    fn compared(&self, other: &Document<'_>) -> Vec<&'a str> {
        let without_comma = |line: &&'a str| line.strip_suffix(',').unwrap_or(line);
        match (self.shape, other.shape) {
            (Shape::Object, Shape::Object) => self.lines.iter().map(without_comma).collect(),
            (Shape::Object | Shape::Lines, _) => self.lines.clone(),
        }
    }

    /// The `Sid` of the statement that the line is in, if the line that says it comes before this one.
    fn statement(&self, line: usize) -> Option<&'a str> {
        let before = self.lines.get(..line)?;
        let start = before.iter().rposition(|line| matches!(*line, "  {" | "\"Statement\": {"))?;
        let sid = |line: &&'a str| line.trim_start().strip_prefix("\"Sid\": \"")?.strip_suffix("\",");
        before.get(start + 1..)?.iter().find_map(sid)
    }
}

/// Shows the lines that differ with some around them, and counts the others.
pub(super) fn compare(page: &mut Page, depth: usize, before: &Document<'_>, after: &Document<'_>) {
    if before.lines.len().max(after.lines.len()) > MAX_LINES {
        let (old, new) = (count(before.lines.len(), "line"), count(after.lines.len(), "line"));
        return page.line(depth, Sign::Change, format_args!("(too long to compare: {old} -> {new})"));
    }
    let (old, new) = (before.compared(after), after.compared(before));
    let diff = TextDiff::from_slices(&old, &new);
    let mut shown = 0;
    for hunk in diff.grouped_ops(CONTEXT) {
        let start = hunk.first().map_or(shown, |op| op.new_range().start);
        hidden(page, depth, after, shown..start);
        for op in &hunk {
            shown = op.new_range().end;
            show(page, depth, (before, after), &diff, op);
        }
    }
    hidden(page, depth, after, shown..after.lines.len());
}

fn show(
    page: &mut Page,
    depth: usize,
    (before, after): (&Document<'_>, &Document<'_>),
    diff: &TextDiff<'_, '_, str>,
    op: &DiffOp,
) {
    for change in diff.iter_changes(op) {
        let (sign, side, index) = match change.tag() {
            ChangeTag::Equal => (Sign::Same, after, change.new_index()),
            ChangeTag::Delete => (Sign::Remove, before, change.old_index()),
            ChangeTag::Insert => (Sign::Add, after, change.new_index()),
        };
        let line = index.and_then(|index| side.lines.get(index)).copied().unwrap_or(change.value());
        page.line(depth, sign, clean(line));
    }
}

/// Counts lines that are not shown, and says in which statement the next one is. A single line is shown: it takes no
/// more room than its count.
fn hidden(page: &mut Page, depth: usize, document: &Document<'_>, lines: std::ops::Range<usize>) {
    let Some(skipped) = document.lines.get(lines.clone()) else { return };
    match skipped {
        [] => {}
        [line] => page.line(depth, Sign::Same, clean(line)),
        _ => {
            let statement = document.statement(lines.end).filter(|_| lines.end < document.lines.len());
            let place = statement.map(|sid| format!("; in statement {}", quoted(sid))).unwrap_or_default();
            let text = format!("# ({} hidden{place})", count(skipped.len(), "unchanged line"));
            page.line(depth, Sign::Same, paint(Style::new().dimmed(), text));
        }
    }
}
