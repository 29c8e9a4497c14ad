//! What the values of a template refer to.

use std::collections::BTreeSet;

use serde_json::Value;

use super::error::TemplateError;
use super::function::{Attribute, Function, Test};
use super::sub::Piece;

/// The names that values refer to.
#[derive(Debug, Default)]
pub(crate) struct References {
    /// By `Ref` and `Fn::Sub`: parameters, pseudo parameters and resources.
    pub(crate) names: BTreeSet<String>,
    /// Resources by `Fn::GetAtt`.
    pub(super) owners: BTreeSet<String>,
    /// Resources and their attributes by `Fn::GetAtt`, where the attribute is written out.
    pub(crate) attributes: BTreeSet<(String, String)>,
    /// Attributes by `Fn::Sub`, as written: `Role.Arn`.
    pub(super) variables: BTreeSet<String>,
    /// Conditions by `Fn::If`.
    pub(super) if_conditions: BTreeSet<String>,
    /// Conditions by `Condition`.
    pub(super) conditions: BTreeSet<String>,
    /// Functions that only rules may call.
    pub(super) rule_functions: BTreeSet<&'static str>,
    /// Mappings by `Fn::FindInMap`, where the name is written out.
    pub(super) mappings: BTreeSet<String>,
}

impl References {
    /// Adds those of a value, of both branches of `Fn::If` too.
    ///
    /// # Errors
    /// A function's arguments are wrong.
    pub(super) fn add(&mut self, value: &Value) -> Result<(), TemplateError> {
        let Some(function) = Function::of(value)? else {
            return match value {
                Value::Array(elements) => elements.iter().try_for_each(|element| self.add(element)),
                Value::Object(members) => members.values().try_for_each(|member| self.add(member)),
                Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Ok(()),
            };
        };
        match &function {
            Function::Ref(name) => {
                self.names.insert((*name).to_owned());
            }
            Function::GetAtt(owner, attribute) => {
                self.owners.insert((*owner).to_owned());
                if let Attribute::Named(attribute) = attribute {
                    self.attributes.insert(((*owner).to_owned(), (*attribute).to_owned()));
                }
            }
            Function::Sub(pieces, own) => {
                for piece in pieces {
                    let Piece::Variable(name) = piece else { continue };
                    if own.is_some_and(|own| own.contains_key(*name)) {
                        continue;
                    }
                    let to = if name.contains('.') { &mut self.variables } else { &mut self.names };
                    to.insert((*name).to_owned());
                }
            }
            Function::If(condition, ..) => {
                self.if_conditions.insert((*condition).to_owned());
            }
            Function::FindInMap([Value::String(mapping), ..]) => {
                self.mappings.insert(mapping.clone());
            }
            Function::FindInMap(_)
            | Function::Join(..)
            | Function::Select(..)
            | Function::Split(..)
            | Function::Base64(_)
            | Function::ImportValue(_)
            | Function::NotSimulated(..) => {}
        }
        function.arguments().into_iter().try_for_each(|argument| self.add(argument))
    }

    /// Adds those of a condition.
    ///
    /// # Errors
    /// It is none, or a function's arguments are wrong.
    pub(super) fn add_test(&mut self, value: &Value) -> Result<(), TemplateError> {
        match Test::of(value)? {
            Test::Equals(left, right) => self.add_both(left, right),
            Test::Contains(left, right) => {
                self.rule_functions.insert("Fn::Contains");
                self.add_both(left, right)
            }
            Test::EachMemberEquals(left, right) => {
                self.rule_functions.insert("Fn::EachMemberEquals");
                self.add_both(left, right)
            }
            Test::EachMemberIn(left, right) => {
                self.rule_functions.insert("Fn::EachMemberIn");
                self.add_both(left, right)
            }
            Test::And(tests) | Test::Or(tests) => tests.iter().try_for_each(|test| self.add_test(test)),
            Test::Not(test) => self.add_test(test),
            Test::Condition(name) => {
                self.conditions.insert(name.to_owned());
                Ok(())
            }
        }
    }

    fn add_both(&mut self, left: &Value, right: &Value) -> Result<(), TemplateError> {
        self.add(left)?;
        self.add(right)
    }

    /// Adds those of another.
    pub(super) fn absorb(&mut self, other: Self) {
        let Self { names, owners, attributes, variables, if_conditions, conditions, rule_functions, mappings } = other;
        self.names.extend(names);
        self.owners.extend(owners);
        self.attributes.extend(attributes);
        self.variables.extend(variables);
        self.if_conditions.extend(if_conditions);
        self.conditions.extend(conditions);
        self.rule_functions.extend(rule_functions);
        self.mappings.extend(mappings);
    }

    /// The resources that the values need, among other names.
    pub(super) fn needed(&self) -> BTreeSet<String> {
        let owners = self.variables.iter().filter_map(|variable| variable.split('.').next()).map(str::to_owned);
        self.names.iter().chain(&self.owners).cloned().chain(owners).collect()
    }
}
