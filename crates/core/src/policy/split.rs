//! Dividing a document that is too large into several that grant the same together.

use super::document::Document;
use super::read::Element;
use super::statement::Statement;
use super::{Content, PolicyDoc};

/// A statement that alone makes a document too large, and cannot be divided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Oversized {
    /// Which statement, in the order in which they are written, from 0.
    pub statement: usize,
    /// Its Sid.
    pub sid: Option<String>,
    /// How large a document of this statement alone is, or of its largest part.
    pub size: usize,
    /// Why it cannot be divided.
    pub reason: Unsplittable,
}

/// Why a statement cannot be divided so that the parts mean the same together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unsplittable {
    /// It says which actions it is not about: two of those would grant everything.
    NotAction,
    /// One action of it, with the resources and conditions, is too large.
    OneAction,
}

impl PolicyDoc {
    /// Documents of at most `limit` characters without white space that grant together what this one grants, and the
    /// statements for which that cannot be: each of those is a document of its own.
    ///
    /// The statements are taken in the order in which they were written, and each goes to the first document that has room.
    /// So a statement that is added at the end changes one document and leaves the others as they were.
    pub fn parts(&self, limit: usize) -> (Vec<Self>, Vec<Oversized>) {
        let Content::Understood(document) = &self.0.content else { return (vec![self.clone()], Vec::new()) };
        if self.size() <= limit {
            return (vec![self.clone()], Vec::new());
        }
        let mut oversized = Vec::new();
        let mut filling = Filling { frame: size_of(document, Vec::new()), limit, parts: Vec::new() };
        for (number, statement) in document.as_written() {
            for piece in pieces(document, statement, limit) {
                let size = size_of(document, vec![piece.clone()]);
                if size > limit {
                    let reason = match &piece.action {
                        Element::Listed(_) => Unsplittable::OneAction,
                        Element::AllBut(_) => Unsplittable::NotAction,
                    };
                    oversized.push(Oversized { statement: number, sid: statement.sid.clone(), size, reason });
                }
                filling.add(piece, size);
            }
        }
        let parts = filling.parts.into_iter().map(|part| Self::understood(document.with(part.statements))).collect();
        (parts, oversized)
    }
}

impl PolicyDoc {
    /// A document that grants what both grant. One that is not understood stays as it is.
    #[must_use]
    pub fn joined(&self, other: &Self) -> Self {
        let (Content::Understood(document), Content::Understood(more)) = (&self.0.content, &other.0.content) else {
            return self.clone();
        };
        let statements = document.as_written().chain(more.as_written()).map(|(_, statement)| statement.clone());
        Self::understood(document.with(statements.collect()))
    }
}

/// Documents as they fill.
struct Filling {
    /// How large a document without statements is.
    frame: usize,
    limit: usize,
    parts: Vec<Part>,
}

struct Part {
    size: usize,
    statements: Vec<Statement>,
}

impl Filling {
    /// Puts a statement, which alone makes a document of `size`, into the first document that has room for it and a comma.
    fn add(&mut self, statement: Statement, size: usize) {
        let more = size - self.frame + 1;
        match self.parts.iter_mut().find(|part| part.size + more <= self.limit) {
            Some(part) => {
                part.size += more;
                part.statements.push(statement);
            }
            None => self.parts.push(Part { size, statements: vec![statement] }),
        }
    }
}

/// A statement, or several with a part of its actions each: to a request, which is for one action, they are the same. As
/// few as possible, and only the first keeps the Sid, for a document may not have one twice.
fn pieces(document: &Document, statement: &Statement, limit: usize) -> Vec<Statement> {
    let Element::Listed(actions) = &statement.action else { return vec![statement.clone()] };
    let of = |actions: &[String], sid: Option<String>| Statement {
        sid,
        action: Element::Listed(actions.to_vec()),
        ..statement.clone()
    };
    let mut pieces = Vec::new();
    let mut rest = actions.as_slice();
    while !rest.is_empty() {
        let sid = statement.sid.clone().filter(|_| pieces.is_empty());
        let fits = |count: &usize| size_of(document, vec![of(&rest[..*count], sid.clone())]) <= limit;
        // More actions are never smaller, so the largest number that fits is found by halving.
        let counts: Vec<usize> = (1..=rest.len()).collect();
        let count = counts.partition_point(fits).max(1);
        let (taken, left) = rest.split_at(count);
        pieces.push(of(taken, sid));
        rest = left;
    }
    pieces
}

/// How large the document would be with these statements instead.
fn size_of(document: &Document, statements: Vec<Statement>) -> usize {
    PolicyDoc::understood(document.with(statements)).size()
}
