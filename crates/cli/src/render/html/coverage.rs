//! Whether every target account has what it should: the answer that a report begins with.

use std::collections::BTreeMap;

use super::content::Content;
use super::digits::{count, digits};
use super::page::Tone;
use crate::render::state::State;

/// How many target accounts are as they should be, and how the others stand.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Coverage {
    /// Accounts that are a target of some integration.
    targets: usize,
    /// Those where each such integration is in sync.
    covered: usize,
    /// The others, each counted once, as what needs a look first in it.
    others: BTreeMap<State, usize>,
    /// Accounts, targets or not, with a role that should not be there.
    leaving: usize,
}

impl Coverage {
    /// Counts the accounts of a page.
    pub(super) fn of(content: &Content<'_>) -> Self {
        let mut coverage = Self::default();
        content.states().for_each(|states| coverage.add(&states.collect::<Vec<State>>()));
        coverage
    }

    fn add(&mut self, states: &[State]) {
        self.leaving += usize::from(states.contains(&State::Leaving));
        let is_aim = |state: &State| !matches!(state, State::NotTarget | State::Inactive | State::Leaving);
        let aims = states.iter().copied().filter(is_aim);
        match aims.min() {
            None => {}
            Some(State::InSync) => {
                self.targets += 1;
                self.covered += 1;
            }
            Some(state) => {
                self.targets += 1;
                *self.others.entry(state).or_default() += 1;
            }
        }
    }

    /// The answer: `487 of 490 target accounts are covered`.
    pub(super) fn headline(&self) -> String {
        let Self { targets, covered, others: _, leaving: _ } = self;
        match (*targets, *covered) {
            (0, _) => "No account is a target".to_owned(),
            (1, 1) => "The one target account is covered".to_owned(),
            (targets, covered) if targets == covered => format!("All {} are covered", count(targets, "target account")),
            (targets, 1) => format!("1 of {} is covered", count(targets, "target account")),
            (targets, covered) => format!("{} of {} are covered", digits(covered), count(targets, "target account")),
        }
    }

    /// What the answer leaves open.
    pub(super) fn remarks(&self) -> Vec<String> {
        let others: Vec<String> =
            self.others.iter().map(|(state, number)| format!("{} {}", digits(*number), state.word())).collect();
        let others = (!others.is_empty()).then(|| format!("{}.", others.join(", ")));
        let leaving = match self.leaving {
            0 => None,
            1 => Some("1 account has a role that should not be there.".to_owned()),
            number => Some(format!("{} have a role that should not be there.", count(number, "account"))),
        };
        others.into_iter().chain(leaving).collect()
    }

    /// Whether someone should look.
    pub(super) fn tone(&self) -> Tone {
        if self.leaving == 0 && self.others.keys().all(|state| !state.needs_a_look()) {
            Tone::Good
        } else {
            Tone::Attention
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_that_needs_several_looks_is_counted_once() {
        let mut coverage = Coverage::default();
        coverage.add(&[State::InSync, State::NotTarget]);
        coverage.add(&[State::Drifted, State::Pending]);
        coverage.add(&[State::Unknown, State::Unknown]);
        coverage.add(&[State::Held, State::Missing]);
        coverage.add(&[State::Inactive, State::NotTarget]);
        coverage.add(&[State::Leaving, State::Failed]);
        assert_eq!(coverage.headline(), "1 of 5 target accounts is covered");
        assert_eq!(
            coverage.remarks(),
            ["1 drifted, 1 failed, 1 missing, 1 unknown.", "1 account has a role that should not be there."]
        );
        assert_eq!(coverage.tone(), Tone::Attention);
    }

    #[test]
    fn an_organization_without_targets_is_not_called_covered() {
        assert_eq!(Coverage::default().headline(), "No account is a target");
    }
}
