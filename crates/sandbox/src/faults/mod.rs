//! Faults as data.

mod effect;
mod file;
mod rule;
mod spec;
#[cfg(test)]
mod tests;

pub use effect::{FaultEffect, FaultError, OutOfBandCall, StackFault, SwitchChange};
pub use file::FaultFileError;
pub use rule::{FaultRule, FaultWhen};
pub use spec::FaultSpecError;

use crate::access::matches;
use crate::wire::Service;
use crate::world::hex;

/// The rules in force, with what they came across.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Faults {
    rules: Vec<Counted>,
}

#[derive(Debug, Clone, PartialEq)]
struct Counted {
    rule: FaultRule,
    /// How many calls matched.
    seen: u64,
    /// How many of them it was due for, also when an earlier rule came first.
    due: u64,
}

/// What happens to a call.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Strike {
    /// What happens just before it.
    pub(crate) changes: Vec<FaultEffect>,
    /// What happens to its answer.
    pub(crate) answer: Option<FaultEffect>,
}

impl Strike {
    /// The names of all that happens; `None` when nothing does.
    pub(crate) fn names(&self) -> Option<String> {
        let names: Vec<&str> = self.changes.iter().chain(&self.answer).map(FaultEffect::name).collect();
        (!names.is_empty()).then(|| names.join(", "))
    }
}

impl Faults {
    pub(crate) fn new(rules: Vec<FaultRule>) -> Self {
        Self { rules: rules.into_iter().map(|rule| Counted { rule, seen: 0, due: 0 }).collect() }
    }

    /// Whether there is none.
    pub(crate) fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    /// The rules in force.
    pub(crate) fn rules(&self) -> impl Iterator<Item = &FaultRule> {
        self.rules.iter().map(|counted| &counted.rule)
    }

    /// What happens to a call: every change that is due, and the answer of the first rule that is due with one. Every
    /// rule that matches counts the call.
    pub(crate) fn strike(&mut self, seed: &str, service: Service, operation: &str, account: &str) -> Strike {
        let mut strike = Strike::default();
        for (index, counted) in self.rules.iter_mut().enumerate() {
            let effect = &counted.rule.effect;
            if matches!(effect, FaultEffect::FailStack(_)) || !counted.rule.matches(service, operation, account) {
                continue;
            }
            if !counted.next(seed, index) {
                continue;
            }
            let effect = counted.rule.effect.clone();
            if effect.is_change() {
                strike.changes.push(effect);
            } else if strike.answer.is_none() {
                strike.answer = Some(effect);
            }
        }
        strike
    }

    /// The reason for which a stack fails that is being made, updated or deleted (`operation`, for example
    /// `CreateStack`); `None` when nothing is against it.
    pub(crate) fn strike_stack(&mut self, seed: &str, operation: &str, account: &str, stack: &str) -> Option<String> {
        let mut reason = None;
        for (index, counted) in self.rules.iter_mut().enumerate() {
            let FaultEffect::FailStack(fault) = &counted.rule.effect else { continue };
            let is_meant = fault.stack.as_deref().is_none_or(|pattern| matches(pattern, stack))
                && counted.rule.matches(Service::CloudFormation, operation, account);
            let told = fault.reason.clone();
            if is_meant && counted.next(seed, index) && reason.is_none() {
                reason = Some(told);
            }
        }
        reason
    }
}

impl Counted {
    /// Counts one that matches, and says whether it is due.
    fn next(&mut self, seed: &str, index: usize) -> bool {
        let FaultWhen { skip, times, rate } = self.rule.when;
        let number = self.seen;
        self.seen += 1;
        let is_due = number >= skip
            && times.is_none_or(|times| self.due < times)
            && rate.is_none_or(|rate| draw(seed, index, number) < rate);
        self.due += u64::from(is_due);
        is_due
    }
}

/// A number from 0 to below 1 that depends on the seed, the rule and the number of the call.
fn draw(seed: &str, rule: usize, call: u64) -> f64 {
    let digits = hex(&[seed, "fault", &rule.to_string(), &call.to_string()]);
    let number = u32::from_str_radix(&digits[..8], 16).unwrap_or(0);
    f64::from(number) / (f64::from(u32::MAX) + 1.0)
}
