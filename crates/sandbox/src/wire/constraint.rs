//! The checks that AWS makes of a request before it looks at anything else, from the constraints of its service models.

use super::{Params, WireError};

/// The constraint on one member of an input.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Constraint {
    /// A text: its length in characters, and what it may consist of.
    Text {
        /// The least number of characters.
        least: usize,
        /// The greatest number of characters.
        most: usize,
        /// What the whole text must match.
        pattern: Option<Pattern>,
    },
    /// One of these texts.
    OneOf(&'static [&'static str]),
    /// A whole number between these two, inclusive.
    Number(u32, u32),
}

/// A regular expression of a service model, and what it means.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pattern {
    /// The expression as error texts give it.
    pub(crate) text: &'static str,
    /// Whether a text matches it as a whole.
    pub(crate) fits: fn(&str) -> bool,
}

/// Violated constraints, which AWS reports all at once.
#[derive(Debug, Default)]
pub(crate) struct Violations(Vec<String>);

impl Violations {
    /// Notes a violation. `member` may be written as in the request: `RoleName`.
    pub(crate) fn add(&mut self, value: Option<&str>, member: &str, must: &str) {
        let value = value.map_or_else(|| "null".to_owned(), |value| format!("'{value}'"));
        let member = camel_case(member);
        self.0.push(format!("Value {value} at '{member}' failed to satisfy constraint: Member must {must}"));
    }

    /// Checks one member. A number that cannot be read is left to whoever reads it: that is another error.
    pub(crate) fn check(&mut self, member: &str, value: &str, constraint: Constraint) {
        match constraint {
            Constraint::Text { least, most, pattern } => {
                let length = value.chars().count();
                if length < least {
                    self.add(Some(value), member, &format!("have length greater than or equal to {least}"));
                }
                if length > most {
                    self.add(Some(value), member, &format!("have length less than or equal to {most}"));
                }
                if let Some(pattern) = pattern.filter(|pattern| !(pattern.fits)(value)) {
                    let must = format!("satisfy regular expression pattern: {}", pattern.text);
                    self.add(Some(value), member, &must);
                }
            }
            Constraint::OneOf(texts) => {
                if !texts.contains(&value) {
                    self.add(Some(value), member, &format!("satisfy enum value set: [{}]", texts.join(", ")));
                }
            }
            Constraint::Number(least, most) => match value.parse::<i64>() {
                Ok(number) if number < i64::from(least) => {
                    self.add(Some(value), member, &format!("have value greater than or equal to {least}"));
                }
                Ok(number) if number > i64::from(most) => {
                    self.add(Some(value), member, &format!("have value less than or equal to {most}"));
                }
                Ok(_) | Err(_) => {}
            },
        }
    }

    /// What is wrong with the input of an operation: required members that are missing, and scalars that break their
    /// constraint.
    pub(crate) fn of_request(
        params: &Params,
        required: &[&str],
        constraint: impl Fn(&str) -> Option<Constraint>,
    ) -> Self {
        let mut violations = Self::default();
        for member in required.iter().filter(|member| !params.contains(member)) {
            violations.add(None, member, "not be null");
        }
        for (member, value) in params.scalars() {
            if let Some(constraint) = constraint(member) {
                violations.check(member, value, constraint);
            }
        }
        violations
    }

    /// The text of the error, when anything was violated.
    pub(crate) fn message(&self) -> Option<String> {
        let errors = match self.0.len() {
            0 => return None,
            1 => "1 validation error",
            number => &format!("{number} validation errors"),
        };
        Some(format!("{errors} detected: {}", self.0.join("; ")))
    }

    /// `ValidationError` when anything was violated.
    pub(crate) fn result(&self) -> Result<(), WireError> {
        self.message().map_or(Ok(()), |message| Err(WireError::validation(message)))
    }
}

/// `RoleName` as the schema checks spell it: `roleName`.
fn camel_case(member: &str) -> String {
    let mut chars = member.chars();
    chars.next().map_or_else(String::new, |first| first.to_lowercase().chain(chars).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_violations_are_told_at_once() {
        let mut violations = Violations::default();
        assert!(violations.result().is_ok());
        violations.check("MaxItems", "0", Constraint::Number(1, 1000));
        assert_eq!(
            violations.message().unwrap(),
            "1 validation error detected: Value '0' at 'maxItems' failed to satisfy constraint: Member must have \
             value greater than or equal to 1"
        );
        violations.add(None, "RoleName", "not be null");
        violations.check("Status", "on", Constraint::OneOf(&["Active", "Inactive"]));
        assert_eq!(
            violations.message().unwrap(),
            "3 validation errors detected: Value '0' at 'maxItems' failed to satisfy constraint: Member must have \
             value greater than or equal to 1; Value null at 'roleName' failed to satisfy constraint: Member must not \
             be null; Value 'on' at 'status' failed to satisfy constraint: Member must satisfy enum value set: \
             [Active, Inactive]"
        );
    }
}
