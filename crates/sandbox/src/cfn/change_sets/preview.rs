//! What an operation on a stack would do.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::cfn::model::{
    ChangeAction, ChangeDetail, ChangeScope, ChangeSetType, ChangeSource, PolicyAction, Recreation, Replacement,
    ResourceChange, Stack, StackDefinition,
};
use crate::cfn::resources;
use crate::cfn::stack::{self, Failure};
use crate::cfn::template::{DeletionPolicy, Resource, Template};
use crate::world::World;

/// What is compared.
struct Sides<'a> {
    old: (Arc<Template>, &'a StackDefinition),
    new: (Arc<Template>, &'a StackDefinition),
}

/// The changes that a stack would see; `None` when there are none.
pub(super) fn changes(
    world: &mut World,
    stack: &Stack,
    to: &StackDefinition,
    kind: ChangeSetType,
) -> Result<Option<Vec<ResourceChange>>, Failure> {
    let new = world.cfn.templates.template(&to.template)?;
    let mut stack = stack.clone();
    let old = match kind {
        ChangeSetType::Create | ChangeSetType::Import => Vec::new(),
        ChangeSetType::Update => {
            if !stack::is_changed(world, &stack, to)? {
                return Ok(None);
            }
            stack::deployed(world, &stack)?
        }
    };
    // A replacement gets a name of the next generation.
    stack.generation += u32::from(kind == ChangeSetType::Update);
    let before = world.cfn.templates.template(&stack.definition.template)?;
    let sides = Sides { old: (before, &stack.definition), new: (Arc::clone(&new), to) };
    let context = stack::context(world, &stack, to);
    let mut evaluation = new.evaluate(&context)?;
    let mut changes = Vec::new();
    let mut kept = Vec::new();
    for logical_id in evaluation.order() {
        let mut resource = evaluation.resource(logical_id)?;
        kept.push(logical_id);
        let Some(before) = old.iter().find(|old| old.logical_id == logical_id) else {
            changes.push(addition(&resource));
            continue;
        };
        if resources::must_replace(before, &resource) {
            resource = evaluation.replacement(logical_id)?;
        }
        changes.extend(modification(&sides, before, &resource));
    }
    let gone = old.iter().rev().filter(|old| !kept.contains(&old.logical_id.as_str()));
    changes.extend(gone.map(removal));
    Ok(Some(changes))
}

fn addition(resource: &Resource) -> ResourceChange {
    ResourceChange {
        action: ChangeAction::Add,
        policy_action: None,
        logical_id: resource.logical_id.clone(),
        physical_id: None,
        kind: resource.kind.clone(),
        replacement: None,
        scope: Vec::new(),
        details: Vec::new(),
        before: None,
        after: Some(declaration(resource)),
    }
}

fn removal(resource: &Resource) -> ResourceChange {
    let policy = match resource.deletion_policy {
        DeletionPolicy::Delete => PolicyAction::Delete,
        DeletionPolicy::Retain | DeletionPolicy::RetainExceptOnCreate => PolicyAction::Retain,
    };
    ResourceChange {
        action: ChangeAction::Remove,
        policy_action: Some(policy),
        logical_id: resource.logical_id.clone(),
        physical_id: Some(resource.physical_id.clone()),
        kind: resource.kind.clone(),
        replacement: None,
        scope: Vec::new(),
        details: Vec::new(),
        before: Some(declaration(resource)),
        after: None,
    }
}

/// What changes of a resource that stays or is replaced; `None` when nothing does.
fn modification(sides: &Sides<'_>, before: &Resource, after: &Resource) -> Option<ResourceChange> {
    let mut details = properties(sides, before, after);
    if sides.old.1.tags != sides.new.1.tags && resources::is_taggable(&after.kind) {
        details.push(ChangeDetail {
            scope: ChangeScope::Tags,
            name: None,
            recreation: Recreation::Never,
            before: Some(json!(sides.old.1.tags).to_string()),
            after: Some(json!(sides.new.1.tags).to_string()),
            source: ChangeSource::DirectModification,
        });
    }
    let text = |value: &Option<Value>| value.as_ref().map(Value::to_string);
    let policy = |policy: DeletionPolicy| Some(format!("{policy:?}"));
    let attributes = [
        (ChangeScope::Metadata, text(&before.metadata), text(&after.metadata)),
        (ChangeScope::DeletionPolicy, policy(before.deletion_policy), policy(after.deletion_policy)),
        (ChangeScope::UpdateReplacePolicy, policy(before.replace_policy), policy(after.replace_policy)),
    ];
    for (scope, before, after) in attributes.into_iter().filter(|(_, before, after)| before != after) {
        let source = ChangeSource::DirectModification;
        details.push(ChangeDetail { scope, name: None, recreation: Recreation::Never, before, after, source });
    }
    if details.is_empty() {
        return None;
    }
    let mut scope: Vec<ChangeScope> = details.iter().map(|detail| detail.scope).collect();
    scope.sort_unstable();
    scope.dedup();
    let replaced = details.iter().any(|detail| detail.recreation == Recreation::Always);
    let policy_action = match after.replace_policy {
        DeletionPolicy::Delete => PolicyAction::ReplaceAndDelete,
        DeletionPolicy::Retain | DeletionPolicy::RetainExceptOnCreate => PolicyAction::ReplaceAndRetain,
    };
    Some(ResourceChange {
        action: ChangeAction::Modify,
        policy_action: replaced.then_some(policy_action),
        logical_id: after.logical_id.clone(),
        physical_id: Some(before.physical_id.clone()),
        kind: after.kind.clone(),
        replacement: Some(if replaced { Replacement::True } else { Replacement::False }),
        scope,
        details,
        before: Some(declaration(before)),
        after: Some(declaration(after)),
    })
}

fn properties(sides: &Sides<'_>, before: &Resource, after: &Resource) -> Vec<ChangeDetail> {
    let none = Map::new();
    let old = before.properties.as_object().unwrap_or(&none);
    let new = after.properties.as_object().unwrap_or(&none);
    let names: std::collections::BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    let generated = resources::name_property(&after.kind);
    names
        .into_iter()
        .filter(|name| old.get(*name) != new.get(*name))
        // A name that is made up because the resource is replaced is no change of its own.
        .filter(|name| {
            generated != Some(name.as_str())
                || [&sides.old.0, &sides.new.0]
                    .iter()
                    .any(|template| template.declared_property(&after.logical_id, name).is_some())
        })
        .map(|name| ChangeDetail {
            scope: if name == "Tags" { ChangeScope::Tags } else { ChangeScope::Properties },
            name: Some(name.clone()),
            recreation: resources::recreation(&after.kind, name),
            before: old.get(name).map(shown),
            after: new.get(name).map(shown),
            source: source(sides, &after.logical_id, name),
        })
        .collect()
}

/// What changes a property: the template itself, or what it refers to.
fn source(sides: &Sides<'_>, logical_id: &str, property: &str) -> ChangeSource {
    let declared = sides.new.0.declared_property(logical_id, property);
    let Some(declared) = declared.filter(|_| sides.old.0.declared_property(logical_id, property) == declared) else {
        return ChangeSource::DirectModification;
    };
    let references = Template::references(declared);
    let value = |side: &(Arc<Template>, &StackDefinition), name: &str| {
        let (template, definition) = side;
        let default = || template.parameters().get(name).and_then(|parameter| parameter.default.clone());
        definition.parameters.get(name).cloned().or_else(default)
    };
    let parameters = sides.new.0.parameters();
    for name in &references.names {
        if parameters.contains_key(name) && value(&sides.old, name) != value(&sides.new, name) {
            return ChangeSource::ParameterReference(name.clone());
        }
    }
    if let Some((owner, attribute)) = references.attributes.first() {
        return ChangeSource::ResourceAttribute(format!("{owner}.{attribute}"));
    }
    match references.names.iter().find(|name| !parameters.contains_key(*name) && !name.contains(':')) {
        Some(name) => ChangeSource::ResourceReference(name.clone()),
        None => ChangeSource::DirectModification,
    }
}

fn shown(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// A declaration as the contexts of a change show it.
fn declaration(resource: &Resource) -> String {
    let mut declaration = json!({ "Properties": resource.properties });
    if let Some(metadata) = &resource.metadata {
        declaration["Metadata"] = metadata.clone();
    }
    for (key, policy) in
        [("DeletionPolicy", resource.deletion_policy), ("UpdateReplacePolicy", resource.replace_policy)]
    {
        if policy != DeletionPolicy::Delete {
            declaration[key] = Value::from(format!("{policy:?}"));
        }
    }
    declaration.to_string()
}
