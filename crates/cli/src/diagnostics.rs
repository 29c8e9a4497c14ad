//! Problems in the files, shown with the lines they are in.

use std::collections::BTreeSet;

use annotate_snippets::{Annotation, AnnotationKind, Element, Group, Level, Origin, Renderer, Snippet};
use rolecall_core::spec::{Diagnostic, Location, Severity};

/// A line longer than this is not shown: it is not meant for reading.
const MAX_LINE: usize = 2_000;

/// Renders problems one after the other. `text` gives the text of a file that was read.
pub(crate) fn render<'a>(list: &'a [Diagnostic], text: impl Fn(&str) -> Option<&'a str>) -> String {
    let renderer = Renderer::styled();
    let blocks: Vec<String> = list.iter().map(|problem| renderer.render(&[group(problem, &text)])).collect();
    blocks.join("\n\n")
}

/// `3 errors in rolecall.yaml`, `1 error and 2 warnings in 2 files`
pub(crate) fn summary(list: &[Diagnostic]) -> String {
    let count = |severity, one: &str| match list.iter().filter(|problem| problem.severity == severity).count() {
        0 => None,
        1 => Some(format!("1 {one}")),
        many => Some(format!("{many} {one}s")),
    };
    let counts: Vec<String> =
        [count(Severity::Error, "error"), count(Severity::Warning, "warning")].into_iter().flatten().collect();
    let files: BTreeSet<&str> =
        list.iter().filter_map(|problem| problem.location.as_ref()).map(|at| at.file.as_str()).collect();
    let counts = counts.join(" and ");
    match (files.first(), files.len()) {
        (None, _) => counts,
        (Some(file), 1) => format!("{counts} in {file}"),
        (Some(_), many) => format!("{counts} in {many} files"),
    }
}

fn group<'a>(problem: &'a Diagnostic, text: &impl Fn(&str) -> Option<&'a str>) -> Group<'a> {
    let level = match problem.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let mut marks: Vec<Mark<'a>> = Vec::new();
    if let Some(at) = &problem.location {
        let label = problem.expected.as_ref().map(|expected| format!("expected {expected}")).unwrap_or_default();
        marks.push(Mark { at, kind: AnnotationKind::Primary, label });
    }
    for (at, label) in &problem.related {
        marks.push(Mark { at, kind: AnnotationKind::Context, label: label.clone() });
    }
    let mut group = level.primary_title(problem.message.as_str()).id(problem.code).elements(excerpts(marks, text));
    if problem.location.is_none() {
        let expected = problem.expected.iter().map(|expected| Level::NOTE.message(format!("expected {expected}")));
        group = group.elements(expected);
    }
    group.elements(problem.hint.iter().map(|hint| Level::HELP.message(hint.as_str())))
}

/// A place and what is to be said there.
struct Mark<'a> {
    at: &'a Location,
    kind: AnnotationKind,
    label: String,
}

/// One excerpt for each file, in the order in which the files are named first.
fn excerpts<'a>(marks: Vec<Mark<'a>>, text: &impl Fn(&str) -> Option<&'a str>) -> Vec<Element<'a>> {
    let mut files: Vec<(&str, Vec<Mark<'a>>)> = Vec::new();
    for mark in marks {
        match files.iter_mut().find(|(file, _)| *file == mark.at.file) {
            Some((_, marks)) => marks.push(mark),
            None => files.push((&mark.at.file, vec![mark])),
        }
    }
    files
        .into_iter()
        .flat_map(|(file, marks)| match text(file).and_then(|text| excerpt(text, &marks)) {
            Some(snippet) => vec![snippet.path(file).into()],
            None => marks.iter().map(|mark| origin(mark.at).into()).collect(),
        })
        .collect()
}

fn origin(at: &Location) -> Origin<'_> {
    Origin::path(at.file.as_str()).line(at.line).char_column(at.column)
}

/// The lines that the marks are in. `None` when they cannot be shown.
fn excerpt<'a>(text: &'a str, marks: &[Mark<'a>]) -> Option<Snippet<'a, Annotation<'a>>> {
    let lines: Vec<Line> = marks.iter().map(|mark| Line::around(text, mark.at)).collect::<Option<_>>()?;
    let first = lines.iter().min_by_key(|line| line.start)?;
    let end = lines.iter().map(|line| line.end).max()?;
    let annotations = lines.iter().zip(marks).map(|(line, mark)| {
        let span = line.marked.0 - first.start..line.marked.1 - first.start;
        let label = (!mark.label.is_empty()).then(|| mark.label.clone());
        mark.kind.span(span).label(label)
    });
    let number = 1 + text[..first.start].bytes().filter(|byte| *byte == b'\n').count();
    Some(Snippet::source(&text[first.start..end]).line_start(number).annotations(annotations))
}

/// A line, as byte offsets into its text.
struct Line {
    start: usize,
    end: usize,
    /// What is marked in it.
    marked: (usize, usize),
}

impl Line {
    /// The first line of a place; what goes on below it is left out.
    fn around(text: &str, at: &Location) -> Option<Self> {
        let (from, to) = at.bytes;
        let from = text.floor_char_boundary(from.min(text.len()));
        let start = text[..from].rfind('\n').map_or(0, |newline| newline + 1);
        let end = text[from..].find('\n').map_or(text.len(), |newline| from + newline);
        let end = if text[start..end].ends_with('\r') { end - 1 } else { end };
        let to = text.ceil_char_boundary(to.min(end)).clamp(from.min(end), end);
        (end - start <= MAX_LINE).then_some(Self { start, end, marked: (from.min(end), to) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn location(text: &str, part: &str) -> Location {
        let start = text.find(part).unwrap();
        let before = &text[..start];
        Location {
            file: "rolecall.yaml".to_owned(),
            line: 1 + before.matches('\n').count(),
            column: 1 + before.rsplit('\n').next().unwrap().chars().count(),
            bytes: (start, start + part.len()),
        }
    }

    fn problem(location: Option<Location>, related: Vec<(Location, String)>) -> Diagnostic {
        Diagnostic {
            severity: Severity::Error,
            code: "unknown-key",
            location,
            message: "unknown key `external`".to_owned(),
            expected: Some("one of external_id, role".to_owned()),
            hint: Some("did you mean `external_id`?".to_owned()),
            related,
        }
    }

    fn plain<'a>(list: &'a [Diagnostic], text: &'a str) -> String {
        anstream::adapter::strip_str(&render(list, |_| Some(text))).to_string()
    }

    #[test]
    fn a_problem_is_shown_in_its_line_with_what_was_expected_and_a_hint() {
        let text = "version: 1\nintegrations:\n  prowler:\n    external: abc\n    role: {}\n";
        let shown = plain(&[problem(Some(location(text, "external")), Vec::new())], text);
        insta::assert_snapshot!(shown, @r"
        error[unknown-key]: unknown key `external`
         --> rolecall.yaml:4:5
          |
        4 |     external: abc
          |     ^^^^^^^^ expected one of external_id, role
          |
          = help: did you mean `external_id`?
        ");
    }

    #[test]
    fn a_second_place_in_the_same_file_is_shown_in_the_same_excerpt() {
        let text = "a: 1\nb: 2\nc: 3\nd: 4\ne: 5\nf: 6\n";
        let related = vec![(location(text, "a: 1"), "first given here".to_owned())];
        insta::assert_snapshot!(plain(&[problem(Some(location(text, "f: 6")), related)], text), @r"
        error[unknown-key]: unknown key `external`
         --> rolecall.yaml:6:1
          |
        1 | a: 1
          | ---- first given here
        ...
        6 | f: 6
          | ^^^^ expected one of external_id, role
          |
          = help: did you mean `external_id`?
        ");
    }

    #[test]
    fn what_cannot_be_shown_is_named() {
        let text = "x".repeat(10_000);
        let at = Location { file: "a.yaml".into(), line: 1, column: 9_000, bytes: (8_999, 9_003) };
        let shown = plain(&[problem(Some(at), Vec::new())], &text);
        assert!(shown.contains("a.yaml:1:9000") && shown.len() < 1_000, "{shown}");
    }

    #[test]
    fn no_place_is_so_wrong_that_it_panics() {
        let text = "é: \r\nü";
        for start in 0..12 {
            for end in 0..12 {
                let at = Location { file: "a.yaml".into(), line: 1, column: 1, bytes: (start, end) };
                assert!(plain(&[problem(Some(at), Vec::new())], text).contains("a.yaml"));
            }
        }
    }

    #[test]
    fn the_summary_counts_and_names() {
        let at = |file: &str| Some(Location { file: file.into(), line: 1, column: 1, bytes: (0, 0) });
        let list = [problem(at("a.yaml"), Vec::new()), problem(at("a.yaml"), Vec::new())];
        assert_eq!(summary(&list), "2 errors in a.yaml");
        let list = [
            problem(at("a.yaml"), Vec::new()),
            Diagnostic { severity: Severity::Warning, ..problem(at("b.yaml"), Vec::new()) },
        ];
        assert_eq!(summary(&list), "1 error and 1 warning in 2 files");
    }
}
