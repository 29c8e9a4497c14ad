//! The Rules block: what values of parameters must go together.

use serde_json::Value;

use super::error::{TemplateError, format_error, other_error};
use super::evaluate::Scope;
use super::text::scalar;

/// A rule as the template declares it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Rule {
    /// When it is to be kept; always without.
    pub(super) condition: Option<Value>,
    /// What then holds.
    pub(super) assertions: Vec<Assertion>,
}

/// One thing that holds.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Assertion {
    /// The condition.
    pub(super) assert: Value,
    /// What to say when it does not hold.
    pub(super) description: Option<String>,
}

pub(super) fn read(name: &str, declared: &Value) -> Result<Rule, TemplateError> {
    let malformed = |what: &str| format_error(format!("[/Rules/{name}] {what}"));
    let members = declared.as_object().ok_or_else(|| malformed("Every Rules member must be an object."))?;
    let assertion = |declared: &Value| {
        let assert =
            declared.get("Assert").cloned().ok_or_else(|| malformed("Every assertion must have an Assert."))?;
        Ok(Assertion { assert, description: declared.get("AssertDescription").and_then(scalar) })
    };
    let assertions = members.get("Assertions").and_then(Value::as_array);
    let assertions = assertions.ok_or_else(|| malformed("Every Rules object must contain a list of Assertions."))?;
    Ok(Rule {
        condition: members.get("RuleCondition").cloned(),
        assertions: assertions.iter().map(assertion).collect::<Result<_, _>>()?,
    })
}

impl Rule {
    /// The condition and the assertions.
    pub(super) fn tests(&self) -> impl Iterator<Item = &Value> {
        self.condition.iter().chain(self.assertions.iter().map(|assertion| &assertion.assert))
    }

    /// Refuses values of parameters that break the rule.
    pub(super) fn enforce(&self, name: &str, scope: &Scope<'_>) -> Result<(), TemplateError> {
        if let Some(condition) = &self.condition
            && !scope.test(condition)?
        {
            return Ok(());
        }
        for Assertion { assert, description } in &self.assertions {
            if !scope.test(assert)? {
                let broken = || format!("Rule {name} does not hold");
                return Err(other_error(description.clone().unwrap_or_else(broken)));
            }
        }
        Ok(())
    }
}
