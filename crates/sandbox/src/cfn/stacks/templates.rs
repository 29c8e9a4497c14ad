//! Templates: as they were sent, and what they declare.

use std::collections::BTreeMap;

use super::named::named;
use crate::cfn::error;
use crate::cfn::input;
use crate::cfn::model::TemplateId;
use crate::cfn::resources;
use crate::cfn::stack_sets;
use crate::cfn::template::{Capability, Parameter, Template};
use crate::wire::{Call, Reply, WireError, Xml};
use crate::world::World;

/// `GetTemplate`, of a stack or of a change set.
pub(super) fn get(world: &World, call: &Call) -> Result<Reply, WireError> {
    let template = match call.params.get("ChangeSetName") {
        Some(_) => &crate::cfn::change_sets::named(world, call)?.definition.template,
        None => &named(world, call)?.definition.template,
    };
    Ok(Reply::result(|xml| {
        xml.text("TemplateBody", world.cfn.templates.text(template));
        xml.texts("StagesAvailable", ["Original", "Processed"]);
    }))
}

/// `ValidateTemplate`.
pub(super) fn validate(call: &Call) -> Result<Reply, WireError> {
    let template = given(call)?;
    Ok(Reply::result(|xml| {
        declared_parameters(xml, &template, |_, _| {});
        described(xml, &template);
    }))
}

/// `GetTemplateSummary`, of a template in the request, of a stack or of a stack set.
pub(super) fn summarize(world: &mut World, call: &Call) -> Result<Reply, WireError> {
    let kept = match (call.params.get("StackName"), call.params.get("StackSetName")) {
        (Some(_), None) => Some(named(world, call)?.definition.template.clone()),
        (None, Some(name)) => {
            let id = stack_sets::remembered(world, call)?;
            let set = world.cfn.sets.get(&id).ok_or_else(|| error::stack_set_not_found(name))?;
            Some(set.definition.template.clone())
        }
        _ => None,
    };
    let template = match kept {
        Some(id) => input::parse_template(world.cfn.templates.text(&id))?,
        None => given(call)?,
    };
    Ok(Reply::result(|xml| {
        declared_parameters(xml, &template, |xml, parameter| {
            xml.text("ParameterType", &parameter.type_name);
            xml.element("ParameterConstraints", |xml| xml.texts("AllowedValues", &parameter.allowed_values));
        });
        described(xml, &template);
        xml.texts("ResourceTypes", template.resource_types().into_keys());
        xml.text("Version", "2010-09-09");
        xml.maybe("Metadata", template.metadata());
        xml.list("ResourceIdentifierSummaries", template.resource_types(), |xml, (kind, logical_ids)| {
            xml.text("ResourceType", kind);
            xml.texts("LogicalResourceIds", logical_ids);
            xml.texts("ResourceIdentifiers", resources::identifiers(kind));
        });
    }))
}

fn given(call: &Call) -> Result<Template, WireError> {
    let body = input::template_body(call)?
        .ok_or_else(|| WireError::validation("Either Template URL or Template Body must be specified."))?;
    input::parse_template(&body)
}

fn declared_parameters(xml: &mut Xml, template: &Template, more: impl Fn(&mut Xml, &Parameter)) {
    xml.list("Parameters", template.parameters(), |xml, (name, parameter)| {
        xml.text("ParameterKey", name);
        xml.maybe("DefaultValue", parameter.default.as_ref());
        xml.text("NoEcho", parameter.no_echo);
        xml.maybe("Description", parameter.description.as_ref());
        more(xml, parameter);
    });
}

fn described(xml: &mut Xml, template: &Template) {
    xml.maybe("Description", template.description());
    let iam = template.needs_capability().map(|capability| match capability {
        Capability::Iam => "CAPABILITY_IAM",
        Capability::NamedIam => "CAPABILITY_NAMED_IAM",
    });
    let expand = template.has_transform().then_some("CAPABILITY_AUTO_EXPAND");
    xml.texts("Capabilities", iam.into_iter().chain(expand));
    if iam.is_some() {
        let types: Vec<&str> = template.capability_types();
        let reason = format!("The following resource(s) require capabilities: [{}]", types.join(", "));
        xml.text("CapabilitiesReason", reason);
    }
    xml.texts("DeclaredTransforms", template.transforms());
}

/// Parameters with their values; those with `NoEcho` as asterisks.
pub(in crate::cfn) fn parameters(
    xml: &mut Xml,
    world: &World,
    member: &str,
    template: &TemplateId,
    values: &BTreeMap<String, String>,
) {
    let template = Template::parse(world.cfn.templates.text(template)).ok();
    let declared = |key: &str| template.as_ref().and_then(|template| template.parameters().get(key));
    xml.list(member, values, |xml, (key, value)| {
        let is_hidden = declared(key).is_some_and(|parameter| parameter.no_echo);
        xml.text("ParameterKey", key);
        xml.text("ParameterValue", if is_hidden { "****" } else { value });
    });
}
