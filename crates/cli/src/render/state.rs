//! How an integration stands in an account, in words and codes that texts, documents and reports share.

use rolecall_core::status::Cell;
use serde::Serialize;

use super::hold::{advice, message};
use super::names::Names;
use super::words;

/// How an integration stands in an account, without the particulars. The order is that in which people look at it: what
/// needs a look first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum State {
    /// The role was changed or deleted since it was last applied.
    Drifted,
    /// The last operation failed there, or did not reach it.
    Failed,
    /// The role should be there and is not.
    Missing,
    /// The file says something else than what was last applied.
    Pending,
    /// Something is in the way.
    Held,
    /// The account could not be read.
    Unknown,
    /// The role is there and should not be.
    Leaving,
    /// The role was changed since it was last applied, and the file says to leave it so.
    Ignored,
    /// The role is as it should be.
    InSync,
    /// The account would be a target if it were in use.
    Inactive,
    /// The account is no target.
    NotTarget,
}

impl From<&Cell> for State {
    fn from(cell: &Cell) -> Self {
        match cell {
            Cell::NotTarget => Self::NotTarget,
            Cell::InSync => Self::InSync,
            Cell::Missing => Self::Missing,
            Cell::Pending => Self::Pending,
            Cell::Drifted(_) => Self::Drifted,
            Cell::Failed(_) => Self::Failed,
            Cell::Leaving => Self::Leaving,
            Cell::Held(_) => Self::Held,
            Cell::Unknown(_) => Self::Unknown,
            Cell::Inactive(..) => Self::Inactive,
        }
    }
}

impl State {
    /// All of them, in order.
    pub(super) const ALL: [Self; 11] = [
        Self::Drifted,
        Self::Failed,
        Self::Missing,
        Self::Pending,
        Self::Held,
        Self::Unknown,
        Self::Leaving,
        Self::Ignored,
        Self::InSync,
        Self::Inactive,
        Self::NotTarget,
    ];

    /// Its place among all.
    pub(super) fn place(self) -> usize {
        self as usize
    }

    /// The state, for programs.
    pub(super) fn code(self) -> &'static str {
        match self {
            Self::NotTarget => "not_a_target",
            Self::InSync => "in_sync",
            Self::Missing => "missing",
            Self::Pending => "pending",
            Self::Drifted => "drifted",
            Self::Failed => "failed",
            Self::Leaving => "leaving",
            Self::Held => "held",
            Self::Unknown => "unknown",
            Self::Ignored => "ignored",
            Self::Inactive => "inactive",
        }
    }

    /// The state, for people.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::NotTarget => "not a target",
            Self::InSync => "in sync",
            Self::Drifted
            | Self::Failed
            | Self::Missing
            | Self::Pending
            | Self::Held
            | Self::Unknown
            | Self::Leaving
            | Self::Ignored
            | Self::Inactive => self.code(),
        }
    }

    /// What the word means.
    pub(super) fn meaning(self) -> &'static str {
        match self {
            Self::NotTarget => "not a target",
            Self::InSync => "the role is as it should be",
            Self::Missing => "the role should be there and is not",
            Self::Pending => "the role is as it was last applied, and the configuration says something else",
            Self::Drifted => "the role is not as it was last applied",
            Self::Failed => "the last operation did not succeed there",
            Self::Leaving => "the role is there and should not be",
            Self::Held => "something is in the way",
            Self::Unknown => "the account could not be read",
            Self::Ignored => "the role was changed outside of Rolecall, and the configuration says to leave it so",
            Self::Inactive => "the account is not in use, and is left alone",
        }
    }

    /// Whether someone should look at it: it is neither as it should be nor beside the matter.
    pub(super) fn needs_a_look(self) -> bool {
        match self {
            Self::Ignored | Self::InSync | Self::Inactive | Self::NotTarget => false,
            Self::Drifted
            | Self::Failed
            | Self::Missing
            | Self::Pending
            | Self::Held
            | Self::Unknown
            | Self::Leaving => true,
        }
    }
}

/// Why it stands so, and what to do. It quotes AWS and is not made safe to show yet.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub(super) struct Reason<'a> {
    pub(super) message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) advice: Option<&'a str>,
}

impl<'a> Reason<'a> {
    /// The reason of a cell, where it has one that does not depend on the account.
    pub(super) fn of(cell: &'a Cell, names: &Names) -> Option<Self> {
        match cell {
            Cell::Drifted(why) => Some(Self { message: why.to_string(), advice: None }),
            Cell::Held(held) => Some(Self { message: message(held, names), advice: Some(advice(held)) }),
            // The message names the account, so that every account would have a reason of its own.
            Cell::Unknown(failure) => {
                let message = format!("{} failed with {}", failure.call, failure.code);
                Some(Self { message, advice: failure.advice.as_deref() })
            }
            Cell::Failed(Some(instance)) | Cell::Inactive(_, Some(instance)) => {
                Some(Self { message: words::instance(instance), advice: None })
            }
            Cell::NotTarget
            | Cell::InSync
            | Cell::Missing
            | Cell::Pending
            | Cell::Failed(None)
            | Cell::Leaving
            | Cell::Inactive(_, None) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_states_are_listed_at_their_places() {
        for (place, state) in State::ALL.into_iter().enumerate() {
            assert_eq!(state.place(), place);
        }
    }

    #[test]
    fn a_state_is_called_what_its_cell_is_called() {
        for cell in super::super::tests::every_cell().rows.values().flat_map(|row| row.cells.values()) {
            assert_eq!(State::from(cell).word(), cell.word());
        }
    }
}
