//! What became of one of several organizations, for text and JSON alike.

use std::collections::BTreeMap;

use rolecall_core::ids::OrgId;

use crate::error::{CommandError, Outcome};

/// A number of something that is added up over the organizations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Count {
    /// For programs: `add`.
    pub(crate) key: &'static str,
    /// For people, behind the number: `to add`.
    pub(crate) words: &'static str,
    pub(crate) number: usize,
}

/// What became of one of several organizations.
#[derive(Debug)]
pub(crate) struct Chapter<D> {
    pub(crate) organization: OrgId,
    /// The files that describe it; none when it came from a saved plan.
    pub(crate) files: Vec<String>,
    pub(crate) counts: Vec<Count>,
    pub(crate) verdict: Result<Outcome, CommandError>,
    /// The result in some format; none where the command could not make one.
    pub(crate) result: Option<D>,
}

impl<D, E> Chapter<Result<D, E>> {
    /// The chapter, unless its result could not be made.
    pub(crate) fn transpose(self) -> Result<Chapter<D>, E> {
        let Self { organization, files, counts, verdict, result } = self;
        Ok(Chapter { organization, files, counts, verdict, result: result.transpose()? })
    }
}

impl<D> Chapter<D> {
    /// The exit code that the organization alone would have had.
    pub(super) fn exit_code(&self) -> u8 {
        match &self.verdict {
            Ok(outcome) => outcome.code(),
            Err(_) => CommandError::CODE,
        }
    }
}

/// The counts of all, in the order in which they are met.
pub(super) fn sum<D>(chapters: &[Chapter<D>]) -> Vec<Count> {
    let mut places: BTreeMap<&'static str, usize> = BTreeMap::new();
    let mut all: Vec<Count> = Vec::new();
    for count in chapters.iter().flat_map(|chapter| &chapter.counts) {
        let place = *places.entry(count.key).or_insert_with(|| {
            all.push(Count { number: 0, ..*count });
            all.len() - 1
        });
        if let Some(known) = all.get_mut(place) {
            known.number += count.number;
        }
    }
    all
}
