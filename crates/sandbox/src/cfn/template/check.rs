//! The references of a template: all that is named exists, and nothing needs itself.

use std::collections::{BTreeMap, BTreeSet};

use super::error::{TemplateError, format_error, function_error, other_error, unresolved};
use super::order::order;
use super::references::References;
use super::rule::Rule;
use super::{Template, iam};

const PSEUDO_PARAMETERS: [&str; 8] = [
    "AWS::AccountId",
    "AWS::NoValue",
    "AWS::NotificationARNs",
    "AWS::Partition",
    "AWS::Region",
    "AWS::StackId",
    "AWS::StackName",
    "AWS::URLSuffix",
];

/// Checks the references of a template and puts its conditions and resources in order.
pub(super) fn check(template: &mut Template) -> Result<(), TemplateError> {
    if template.resources.is_empty() {
        return Err(format_error("At least one Resources member must be defined."));
    }
    if let Some(name) = template.resources.keys().find(|name| template.parameters.contains_key(*name)) {
        return Err(format_error(format!("Resource name {name} is already used by a parameter.")));
    }
    template.condition_order = conditions(template)?;
    rules(template)?;
    template.resource_needs = resources(template)?;
    template.resource_order = order(&template.resource_needs)
        .map_err(|names| other_error(format!("Circular dependency between resources: [{}]", names.join(", "))))?;
    outputs(template)
}

fn conditions(template: &Template) -> Result<Vec<String>, TemplateError> {
    let mut needs = BTreeMap::new();
    for (name, condition) in &template.conditions {
        let mut found = References::default();
        found.add_test(condition)?;
        check_parameters_only(template, &found, "Conditions")?;
        if let Some(name) = found.rule_functions.first() {
            return Err(function_error(format!("{name} can only be used in the Rules block of the template")));
        }
        // `Fn::If` inside of a condition needs its condition first, too.
        found.conditions.append(&mut found.if_conditions);
        needs.insert(name.clone(), found.conditions);
    }
    order(&needs).map_err(|names| format_error(format!("Circular dependencies for conditions: [{}]", names.join(", "))))
}

fn rules(template: &Template) -> Result<(), TemplateError> {
    let mut found = References::default();
    template.rules.values().flat_map(Rule::tests).try_for_each(|test| found.add_test(test))?;
    if let Some(name) = found.conditions.union(&found.if_conditions).next() {
        return Err(format_error(format!("Condition {name} cannot be used in the Rules block of the template")));
    }
    check_parameters_only(template, &found, "Rules")
}

fn resources(template: &Template) -> Result<BTreeMap<String, BTreeSet<String>>, TemplateError> {
    let mut all = References::default();
    let mut needs = BTreeMap::new();
    for (name, resource) in &template.resources {
        let mut found = References::default();
        let values = resource.properties.values().chain(&resource.metadata).chain(&resource.attributes);
        values.into_iter().try_for_each(|value| found.add(value))?;
        found.names.extend(resource.depends_on.iter().cloned());
        check_condition(template, resource.condition.as_deref(), "Resources")?;
        needs.insert(name.clone(), found.needed());
        all.absorb(found);
    }
    check_references(template, &all, "Resources")?;
    Ok(needs)
}

fn outputs(template: &Template) -> Result<(), TemplateError> {
    let mut found = References::default();
    for output in template.outputs.values() {
        found.add(&output.value)?;
        output.export.iter().try_for_each(|name| found.add(name))?;
        check_condition(template, output.condition.as_deref(), "Outputs")?;
    }
    check_references(template, &found, "Outputs")
}

/// What is computed before any resource exists.
fn check_parameters_only(template: &Template, found: &References, block: &str) -> Result<(), TemplateError> {
    let used = found.names.iter().chain(&found.owners).chain(&found.variables).map(String::as_str);
    let strangers: Vec<&str> = used.filter(|name| !is_value(template, name)).collect();
    if strangers.is_empty() {
        return check_names(template, found, block);
    }
    Err(format_error(format!(
        "Unresolved dependencies [{}]. Cannot reference resources in the {block} block of the template",
        strangers.join(", ")
    )))
}

fn check_references(template: &Template, found: &References, block: &str) -> Result<(), TemplateError> {
    let exists = |name: &str| template.resources.contains_key(name);
    if let Some(owner) = found.owners.iter().find(|owner| !exists(owner)) {
        return Err(function_error(format!("instance of Fn::GetAtt references undefined resource {owner}")));
    }
    if let Some(variable) = found.variables.iter().find(|variable| !variable.split('.').next().is_some_and(exists)) {
        return Err(function_error(format!("instance of Fn::Sub references invalid resource attribute {variable}")));
    }
    let substituted = found.variables.iter().filter_map(|variable| variable.split_once('.'));
    let read = found.attributes.iter().map(|(owner, attribute)| (owner.as_str(), attribute.as_str()));
    for (owner, attribute) in read.chain(substituted) {
        if !iam::has_attribute(&template.resources[owner].kind, attribute) {
            return Err(function_error(format!(
                "resource {owner} does not support attribute type {attribute} in Fn::GetAtt"
            )));
        }
    }
    let strangers: Vec<&str> =
        found.names.iter().map(String::as_str).filter(|name| !is_value(template, name) && !exists(name)).collect();
    if !strangers.is_empty() {
        return Err(unresolved(strangers, block));
    }
    check_names(template, found, block)
}

/// Conditions and mappings.
fn check_names(template: &Template, found: &References, block: &str) -> Result<(), TemplateError> {
    for name in &found.conditions {
        check_condition(template, Some(name), block)?;
    }
    for name in &found.if_conditions {
        if !template.conditions.contains_key(name) {
            return Err(function_error(format!("unresolved condition dependency {name} in Fn::If")));
        }
    }
    for name in &found.mappings {
        if !template.mappings.contains_key(name) {
            let message = format!("Mapping named '{name}' is not present in the 'Mappings' section of template.");
            return Err(function_error(message));
        }
    }
    Ok(())
}

fn check_condition(template: &Template, name: Option<&str>, block: &str) -> Result<(), TemplateError> {
    match name {
        Some(name) if !template.conditions.contains_key(name) => {
            Err(format_error(format!("Unresolved condition dependency {name} in the {block} block of the template")))
        }
        _ => Ok(()),
    }
}

fn is_value(template: &Template, name: &str) -> bool {
    template.parameters.contains_key(name) || PSEUDO_PARAMETERS.contains(&name)
}
