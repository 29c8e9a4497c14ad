//! `CloudFormation` templates: what they say, and what they come to in an account.
//!
//! A template is parsed once, where its structure, its functions' arguments and its references are checked; it is then
//! resolved in every account by values alone. Nothing here does anything: which resources exist is the stacks' business.

mod check;
mod error;
mod evaluate;
mod function;
mod iam;
mod order;
mod parameter;
mod references;
mod resolve;
mod resolved;
mod rule;
mod section;
mod sub;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod text;
mod yaml;

use std::collections::BTreeMap;

use serde_json::{Map, Value};

pub(crate) use self::parameter::Parameter;
pub(crate) use self::resolved::{Capability, Context, DeletionPolicy, Resolved, Resource};

use self::error::{TemplateError, not_simulated};
use self::rule::Rule;
use self::section::{Declared, Output};

/// A template whose structure and references are right.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Template {
    description: Option<String>,
    parameters: BTreeMap<String, Parameter>,
    mappings: BTreeMap<String, Map<String, Value>>,
    conditions: BTreeMap<String, Value>,
    /// The names of the conditions, each after those that it names.
    condition_order: Vec<String>,
    rules: BTreeMap<String, Rule>,
    resources: BTreeMap<String, Declared>,
    /// The names of the resources, each after those that it needs.
    resource_order: Vec<String>,
    outputs: BTreeMap<String, Output>,
    expansion: Expansion,
}

/// Whether a template is what it seems.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Expansion {
    /// It is.
    Plain,
    /// A macro is to make another of it first.
    Transform,
}

impl Template {
    /// Reads a template, JSON or YAML. Of one with a transform only the parameters are read.
    ///
    /// # Errors
    /// What `CloudFormation` says, `Template format error: ` included where it says that.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        Self::read(text).map_err(|error| error.to_string())
    }

    fn read(text: &str) -> Result<Self, TemplateError> {
        let value = text::read(text)?;
        let Value::Object(members) = &value else { return Err(not_simulated("templates that are no objects")) };
        section::check_top_level(members)?;
        let description = section::description(members)?;
        let parameters = section::block(members, &section::PARAMETERS, |_, declared| Parameter::read(declared))?;
        let mut template = Self {
            description,
            parameters,
            mappings: BTreeMap::new(),
            conditions: BTreeMap::new(),
            condition_order: Vec::new(),
            rules: BTreeMap::new(),
            resources: BTreeMap::new(),
            resource_order: Vec::new(),
            outputs: BTreeMap::new(),
            expansion: Expansion::Transform,
        };
        if members.contains_key("Transform") || calls_macro(&value) {
            return Ok(template);
        }
        template.expansion = Expansion::Plain;
        template.mappings = section::block(members, &section::MAPPINGS, section::mapping)?;
        template.conditions = section::block(members, &section::CONDITIONS, |_, declared| Ok(declared.clone()))?;
        template.rules = section::block(members, &section::RULES, rule::read)?;
        template.resources = section::block(members, &section::RESOURCES, section::resource)?;
        template.outputs = section::block(members, &section::OUTPUTS, section::output)?;
        check::check(&mut template)?;
        Ok(template)
    }

    /// The parameters by name.
    pub(crate) fn parameters(&self) -> &BTreeMap<String, Parameter> {
        &self.parameters
    }

    /// What the caller must acknowledge, whichever conditions hold.
    pub(crate) fn needs_capability(&self) -> Option<Capability> {
        self.resources.values().filter_map(iam::capability).max()
    }

    /// Whether a macro is to process the template, which takes `CAPABILITY_AUTO_EXPAND`. It is not simulated.
    pub(crate) fn has_transform(&self) -> bool {
        self.expansion == Expansion::Transform
    }

    /// Whether a resource is a stack.
    pub(crate) fn has_nested_stack(&self) -> bool {
        self.resources.values().any(|resource| resource.kind == "AWS::CloudFormation::Stack")
    }

    /// The description.
    pub(crate) fn description(&self) -> Option<&str> {
        self.description.as_deref()
    }

    /// The types of its resources, each once.
    pub(crate) fn resource_types(&self) -> std::collections::BTreeSet<&str> {
        self.resources.values().map(|resource| resource.kind.as_str()).collect()
    }

    /// Checks the values that are given to the parameters.
    ///
    /// # Errors
    /// The message of the `ValidationError` that `CloudFormation` answers.
    pub(crate) fn check_values(&self, given: &BTreeMap<String, String>) -> Result<(), String> {
        parameter::values(&self.parameters, given).map(drop).map_err(|error| error.to_string())
    }

    /// Computes what the template comes to. The same template and context give the same.
    ///
    /// # Errors
    /// The message that `CloudFormation` answers or fails a stack with.
    pub(crate) fn resolve(&self, context: &Context) -> Result<Resolved, String> {
        resolve::resolve(self, context).map_err(|error| error.to_string())
    }
}

fn calls_macro(value: &Value) -> bool {
    match value {
        Value::Array(elements) => elements.iter().any(calls_macro),
        Value::Object(members) => members.contains_key("Fn::Transform") || members.values().any(calls_macro),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}
