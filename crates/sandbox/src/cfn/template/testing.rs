//! What the tests of this module share.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Context, Resolved, Template};

pub(super) fn context() -> Context {
    Context {
        account: "222222222222".to_owned(),
        region: "eu-west-1".to_owned(),
        partition: "aws".to_owned(),
        stack_name: "StackSet-prowler-1".to_owned(),
        stack_id: "arn:aws:cloudformation:eu-west-1:222222222222:stack/StackSet-prowler-1/4d1f".to_owned(),
        notifications: Vec::new(),
        parameters: BTreeMap::new(),
        exports: BTreeMap::new(),
        known: BTreeMap::new(),
        generation: 0,
    }
}

/// A context with values for parameters.
pub(super) fn given(parameters: &[(&str, &str)]) -> Context {
    let parameters = parameters.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Context { parameters, ..context() }
}

pub(super) fn resolved(template: &str, context: &Context) -> Resolved {
    Template::parse(template).unwrap().resolve(context).unwrap()
}

/// Why a template is refused, when it is read or else when it is resolved.
pub(super) fn refusal(template: &str, context: &Context) -> String {
    Template::parse(template).and_then(|template| template.resolve(context)).unwrap_err()
}

/// The value of a property of the only resource, with blocks before the Resources block.
pub(super) fn property(before: &str, value: &str, context: &Context) -> Value {
    let mut resolved = resolved(&with_property(before, value), context);
    resolved.resources.pop().unwrap().properties["P"].take()
}

/// A template with one resource whose property is given in one line of YAML.
pub(super) fn with_property(before: &str, value: &str) -> String {
    format!("{before}\nResources:\n  R:\n    Type: AWS::S3::Bucket\n    Properties:\n      P: {value}\n")
}
