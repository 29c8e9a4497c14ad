//! Gathers what is wrong while the files are read.

use std::rc::Rc;

use super::SourceFile;
use super::diagnostic::{Diagnostic, Diagnostics, Severity};
use super::model::Location;

/// A place in one of the files of a [`Report`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Mark {
    pub(super) file: FileId,
    /// From 1.
    pub(super) line: usize,
    /// In characters, from 1.
    pub(super) column: usize,
    /// The first byte and the byte after the last.
    pub(super) bytes: (usize, usize),
}

/// Which file of a [`Report`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct FileId(usize);

/// The files, and what was found wrong with them so far.
#[derive(Default)]
pub(super) struct Report {
    sources: Vec<Rc<SourceFile>>,
    list: Vec<Diagnostic>,
    errors: usize,
}

impl Report {
    pub(super) fn add_source(&mut self, source: SourceFile) -> FileId {
        self.sources.push(Rc::new(source));
        FileId(self.sources.len() - 1)
    }

    /// The file; every `FileId` came from `add_source`.
    pub(super) fn source(&self, file: FileId) -> &Rc<SourceFile> {
        &self.sources[file.0]
    }

    pub(super) fn location(&self, at: Mark) -> Location {
        let Mark { file, line, column, bytes } = at;
        Location { file: self.source(file).name.clone(), line, column, bytes }
    }

    /// The text between the bytes of a mark.
    pub(super) fn text(&self, at: Mark) -> &str {
        self.source(at.file).text.get(at.bytes.0..at.bytes.1).unwrap_or_default()
    }

    pub(super) fn error(&mut self, at: Mark, code: &'static str, message: impl Into<String>) -> &mut Diagnostic {
        let location = Some(self.location(at));
        self.push(Severity::Error, code, location, message.into())
    }

    pub(super) fn warning(&mut self, at: Mark, code: &'static str, message: impl Into<String>) -> &mut Diagnostic {
        let location = Some(self.location(at));
        self.push(Severity::Warning, code, location, message.into())
    }

    /// An error that no place is to blame for.
    pub(super) fn error_nowhere(&mut self, code: &'static str, message: impl Into<String>) -> &mut Diagnostic {
        self.push(Severity::Error, code, None, message.into())
    }

    fn push(
        &mut self,
        severity: Severity,
        code: &'static str,
        location: Option<Location>,
        message: String,
    ) -> &mut Diagnostic {
        let diagnostic = Diagnostic { severity, code, location, message, expected: None, hint: None, related: vec![] };
        self.errors += usize::from(severity == Severity::Error);
        self.list.push(diagnostic);
        let last = self.list.len() - 1;
        &mut self.list[last]
    }

    /// How many errors there are so far.
    pub(super) fn errors(&self) -> usize {
        self.errors
    }

    /// By file, in the order the files were given, then by place.
    pub(super) fn finish(self) -> Diagnostics {
        let Self { sources, mut list, errors: _ } = self;
        let position = |location: &Option<Location>| {
            let location = location.as_ref()?;
            let file = sources.iter().position(|source| source.name == location.file);
            Some((file, location.line, location.column))
        };
        list.sort_by_cached_key(|diagnostic| {
            (position(&diagnostic.location), diagnostic.code, diagnostic.message.clone())
        });
        list.dedup();
        let sources = if list.is_empty() { Vec::new() } else { sources.into_iter().map(Rc::unwrap_or_clone).collect() };
        Diagnostics { list, sources }
    }
}
