//! A template in an account.

use std::collections::BTreeMap;

use serde_json::Value;

use super::error::{TemplateError, format_error, not_simulated};
use super::evaluate::Scope;
use super::resolved::{Context, Resolved, Resource};
use super::section::Output;
use super::text::scalar;
use super::{Expansion, Template, iam, parameter};

pub(super) fn resolve(template: &Template, context: &Context) -> Result<Resolved, TemplateError> {
    if template.expansion == Expansion::Transform {
        return Err(not_simulated("transforms"));
    }
    let mut scope = Scope {
        context,
        mappings: &template.mappings,
        parameters: parameter::values(&template.parameters, &context.parameters)?,
        conditions: BTreeMap::new(),
        resources: BTreeMap::new(),
        block: "Conditions",
    };
    for name in &template.condition_order {
        let holds = scope.test(&template.conditions[name])?;
        scope.conditions.insert(name, holds);
    }
    template.rules.iter().try_for_each(|(name, rule)| rule.enforce(name, &scope))?;
    let resources = resources(template, &mut scope)?;
    scope.block = "Outputs";
    let mut outputs = BTreeMap::new();
    for (name, declared) in &template.outputs {
        if holds(&scope, declared.condition.as_deref()) {
            outputs.insert(name.clone(), output(&scope, declared)?);
        }
    }
    Ok(Resolved { resources, outputs })
}

fn resources<'a>(template: &'a Template, scope: &mut Scope<'a>) -> Result<Vec<Resource>, TemplateError> {
    scope.block = "Resources";
    let mut resources = Vec::new();
    for logical_id in &template.resource_order {
        let declared = &template.resources[logical_id];
        if !holds(scope, declared.condition.as_deref()) {
            continue;
        }
        let mut properties = scope.members(&declared.properties)?;
        let identity = iam::identify(logical_id, &declared.kind, &mut properties, scope.context)?;
        resources.push(Resource {
            logical_id: logical_id.clone(),
            kind: declared.kind.clone(),
            physical_id: identity.reference.clone(),
            properties: Value::Object(properties),
            deletion_policy: declared.deletion_policy,
            replace_policy: declared.replace_policy,
        });
        scope.resources.insert(logical_id, identity);
    }
    Ok(resources)
}

fn output(scope: &Scope<'_>, declared: &Output) -> Result<Value, TemplateError> {
    let text = |value: &Value| scope.value(value).map(|value| value.as_ref().and_then(scalar));
    if let Some(name) = &declared.export
        && text(name)?.is_none()
    {
        return Err(format_error("The Name field of every Export must evaluate to a String."));
    }
    text(&declared.value)?
        .map(Value::from)
        .ok_or_else(|| format_error("The Value field of every Outputs member must evaluate to a String."))
}

/// Without a condition everything holds. Names of conditions were checked when the template was read.
fn holds(scope: &Scope<'_>, condition: Option<&str>) -> bool {
    condition.is_none_or(|name| scope.conditions.get(name).copied().unwrap_or(false))
}
