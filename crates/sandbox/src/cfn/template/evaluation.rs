//! A template in an account: one resource after the other, each from what those before it came to.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::error::{TemplateError, format_error, not_simulated};
use super::evaluate::Scope;
use super::resolved::{Context, OutputValue, Resolved, Resource};
use super::section::Output;
use super::text::scalar;
use super::{Expansion, Template, iam, parameter};

/// A template whose parameters and conditions have their values, and whose resources get them one by one.
///
/// The attributes of a resource that does not exist yet are learnt from whoever makes it. Until then those that cannot
/// be told beforehand stand as [`KNOWN_AFTER_APPLY`](super::evaluate::KNOWN_AFTER_APPLY).
#[derive(Debug)]
pub(crate) struct Evaluation<'a> {
    template: &'a Template,
    scope: Scope<'a>,
}

impl<'a> Evaluation<'a> {
    pub(super) fn begin(template: &'a Template, context: &'a Context) -> Result<Self, TemplateError> {
        if template.expansion == Expansion::Transform {
            return Err(not_simulated("transforms"));
        }
        let mut scope = Scope {
            context,
            mappings: &template.mappings,
            parameters: parameter::values(&template.parameters, &context.parameters)?,
            conditions: BTreeMap::new(),
            resources: BTreeMap::new(),
            imported: RefCell::new(BTreeSet::new()),
            block: "Conditions",
        };
        for name in &template.condition_order {
            let holds = scope.test(&template.conditions[name])?;
            scope.conditions.insert(name, holds);
        }
        template.rules.iter().try_for_each(|(name, rule)| rule.enforce(name, &scope))?;
        scope.block = "Resources";
        Ok(Self { template, scope })
    }

    /// The logical ids of the resources whose condition holds, each after those that it needs.
    pub(crate) fn order(&self) -> Vec<&'a str> {
        let holds = |id: &&str| holds(&self.scope, self.template.resources[*id].condition.as_deref());
        self.template.resource_order.iter().map(String::as_str).filter(holds).collect()
    }

    /// A resource of [`Self::order`], after those before it: with the name it has, or else the one it is to get.
    ///
    /// # Errors
    /// A function of its properties fails, in `CloudFormation`'s words.
    pub(crate) fn resource(&mut self, logical_id: &'a str) -> Result<Resource, String> {
        let known = self.scope.context.known.get(logical_id);
        let generation = known.map_or(self.scope.context.generation, |known| known.generation);
        self.named(logical_id, generation).map_err(|error| error.to_string())
    }

    /// The resource that replaces one: with a generated name of its own.
    ///
    /// # Errors
    /// As [`Self::resource`].
    pub(crate) fn replacement(&mut self, logical_id: &'a str) -> Result<Resource, String> {
        self.named(logical_id, self.scope.context.generation).map_err(|error| error.to_string())
    }

    /// Takes note of the attributes of a resource that exists now.
    pub(crate) fn learn(&mut self, logical_id: &str, attributes: &BTreeMap<String, String>) {
        if let Some(identity) = self.scope.resources.get_mut(logical_id) {
            identity.attributes.extend(attributes.clone());
        }
    }

    /// The outputs whose condition holds, after all resources.
    ///
    /// # Errors
    /// One is no text, or a function fails.
    pub(crate) fn outputs(&mut self) -> Result<BTreeMap<String, OutputValue>, String> {
        self.scope.block = "Outputs";
        let mut outputs = BTreeMap::new();
        for (name, declared) in &self.template.outputs {
            if holds(&self.scope, declared.condition.as_deref()) {
                outputs.insert(name.clone(), output(&self.scope, declared).map_err(|error| error.to_string())?);
            }
        }
        Ok(outputs)
    }

    /// The names of the exports that were imported so far.
    pub(crate) fn imported(&self) -> BTreeSet<String> {
        self.scope.imported.borrow().clone()
    }

    /// Everything at once, as far as it can be told beforehand.
    pub(super) fn resolve(mut self) -> Result<Resolved, String> {
        let resources = self.order().into_iter().map(|id| self.resource(id)).collect::<Result<_, _>>()?;
        Ok(Resolved { resources, outputs: self.outputs()? })
    }

    fn named(&mut self, logical_id: &'a str, generation: u32) -> Result<Resource, TemplateError> {
        let declared = &self.template.resources[logical_id];
        let mut properties = self.scope.members(&declared.properties)?;
        let metadata = declared.metadata.as_ref().map(|metadata| self.scope.value(metadata)).transpose()?.flatten();
        let context = self.scope.context;
        let mut identity = iam::identify(logical_id, &declared.kind, &mut properties, context, generation)?;
        if let Some(known) = context.known.get(logical_id).filter(|known| known.generation == generation) {
            identity.attributes.extend(known.attributes.clone());
        }
        let resource = Resource {
            logical_id: logical_id.to_owned(),
            kind: declared.kind.clone(),
            physical_id: identity.reference.clone(),
            properties: Value::Object(properties),
            metadata,
            deletion_policy: declared.deletion_policy,
            replace_policy: declared.replace_policy,
        };
        self.scope.resources.insert(logical_id, identity);
        Ok(resource)
    }
}

fn output(scope: &Scope<'_>, declared: &Output) -> Result<OutputValue, TemplateError> {
    let text = |value: &Value| scope.value(value).map(|value| value.as_ref().and_then(scalar));
    let export = match &declared.export {
        None => None,
        Some(name) => {
            Some(text(name)?.ok_or_else(|| format_error("The Name field of every Export must evaluate to a String."))?)
        }
    };
    let value = text(&declared.value)?
        .ok_or_else(|| format_error("The Value field of every Outputs member must evaluate to a String."))?;
    Ok(OutputValue { value, description: declared.description.clone(), export })
}

/// Without a condition everything holds. Names of conditions were checked when the template was read.
fn holds(scope: &Scope<'_>, condition: Option<&str>) -> bool {
    condition.is_none_or(|name| scope.conditions.get(name).copied().unwrap_or(false))
}
