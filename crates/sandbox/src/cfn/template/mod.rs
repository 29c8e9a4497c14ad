//! `CloudFormation` templates: what they say, and what they come to in an account.
//!
//! A template is parsed once, where its structure, its functions' arguments and its references are checked; it is then
//! resolved in every account by values alone. Nothing here does anything: which resources exist is the stacks' business.

mod check;
mod error;
mod evaluate;
mod evaluation;
mod function;
mod iam;
mod order;
mod parameter;
mod references;
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

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

pub(crate) use self::evaluation::Evaluation;
pub(crate) use self::parameter::Parameter;
pub(crate) use self::references::References;
pub(crate) use self::resolved::{Capability, Context, DeletionPolicy, Known, OutputValue, Resolved, Resource};

use self::error::{TemplateError, not_simulated};
use self::rule::Rule;
use self::section::{Declared, Output};

/// A template whose structure and references are right.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Template {
    description: Option<String>,
    metadata: Option<Value>,
    transforms: Vec<String>,
    parameters: BTreeMap<String, Parameter>,
    mappings: BTreeMap<String, Map<String, Value>>,
    conditions: BTreeMap<String, Value>,
    /// The names of the conditions, each after those that it names.
    condition_order: Vec<String>,
    rules: BTreeMap<String, Rule>,
    resources: BTreeMap<String, Declared>,
    /// The names of the resources, each after those that it needs.
    resource_order: Vec<String>,
    /// What each resource names: resources, parameters, pseudo parameters.
    resource_needs: BTreeMap<String, BTreeSet<String>>,
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
            metadata: members.get("Metadata").cloned(),
            transforms: section::transforms(members),
            parameters,
            mappings: BTreeMap::new(),
            conditions: BTreeMap::new(),
            condition_order: Vec::new(),
            rules: BTreeMap::new(),
            resources: BTreeMap::new(),
            resource_order: Vec::new(),
            resource_needs: BTreeMap::new(),
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

    /// The types that make a capability necessary, each once.
    pub(crate) fn capability_types(&self) -> Vec<&str> {
        let needing = self.resources.values().filter(|resource| iam::capability(resource).is_some());
        needing.map(|resource| resource.kind.as_str()).collect::<BTreeSet<_>>().into_iter().collect()
    }

    /// A property as the template declares it, functions and all.
    pub(crate) fn declared_property(&self, logical_id: &str, property: &str) -> Option<&Value> {
        self.resources.get(logical_id)?.properties.get(property)
    }

    /// What a declared value refers to; nothing for one that no template could have.
    pub(crate) fn references(value: &Value) -> References {
        let mut references = References::default();
        // Every value of a template was looked through when it was read.
        drop(references.add(value));
        references
    }

    /// Whether a resource names another, by logical ids.
    pub(crate) fn needs(&self, resource: &str, other: &str) -> bool {
        self.resource_needs.get(resource).is_some_and(|needs| needs.contains(other))
    }

    /// The description.
    pub(crate) fn description(&self) -> Option<&str> {
        self.description.as_deref()
    }

    /// The metadata of the template as a whole.
    pub(crate) fn metadata(&self) -> Option<&Value> {
        self.metadata.as_ref()
    }

    /// The names of the macros that it declares.
    pub(crate) fn transforms(&self) -> &[String] {
        &self.transforms
    }

    /// The types of its resources, each with the logical ids of that type.
    pub(crate) fn resource_types(&self) -> BTreeMap<&str, Vec<&str>> {
        let mut types: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (logical_id, resource) in &self.resources {
            types.entry(&resource.kind).or_default().push(logical_id);
        }
        types
    }

    /// Checks the values that are given to the parameters.
    ///
    /// # Errors
    /// The message of the `ValidationError` that `CloudFormation` answers.
    pub(crate) fn check_values(&self, given: &BTreeMap<String, String>) -> Result<(), String> {
        parameter::values(&self.parameters, given).map(drop).map_err(|error| error.to_string())
    }

    /// Begins to compute what the template comes to.
    ///
    /// # Errors
    /// The message that `CloudFormation` answers or fails a stack with.
    pub(crate) fn evaluate<'a>(&'a self, context: &'a Context) -> Result<Evaluation<'a>, String> {
        Evaluation::begin(self, context).map_err(|error| error.to_string())
    }

    /// Computes what the template comes to as far as that can be told before anything is made. The same template and
    /// context give the same.
    ///
    /// # Errors
    /// As [`Self::evaluate`].
    pub(crate) fn resolve(&self, context: &Context) -> Result<Resolved, String> {
        self.evaluate(context)?.resolve()
    }
}

fn calls_macro(value: &Value) -> bool {
    match value {
        Value::Array(elements) => elements.iter().any(calls_macro),
        Value::Object(members) => members.contains_key("Fn::Transform") || members.values().any(calls_macro),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}
