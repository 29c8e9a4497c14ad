//! What holds for every template.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::super::Template;
use super::super::testing::context;

/// Values in which functions call functions, rightly and wrongly.
fn value() -> impl Strategy<Value = Value> {
    let name =
        prop::sample::select(vec!["A", "B", "P", "L", "C", "M", "k", "AWS::Region", "AWS::NoValue", "Nope", "A.Arn"]);
    let leaf = prop_oneof![
        3 => name.clone().prop_map(Value::from),
        2 => name.clone().prop_map(|name| json!({ "Ref": name })),
        1 => name.clone().prop_map(|name| json!({ "Fn::GetAtt": [name, "Arn"] })),
        2 => name.prop_map(|name| json!({ "Fn::Sub": format!("${{{name}}}-${{!x}}$") })),
        1 => (0..4_i64).prop_map(Value::from),
        1 => any::<bool>().prop_map(Value::from),
    ];
    let function = prop::sample::select(vec![
        "Ref",
        "Condition",
        "Fn::GetAtt",
        "Fn::Sub",
        "Fn::Join",
        "Fn::Select",
        "Fn::Split",
        "Fn::FindInMap",
        "Fn::If",
        "Fn::Equals",
        "Fn::Not",
        "Fn::Base64",
        "Fn::ImportValue",
        "x",
    ]);
    leaf.prop_recursive(5, 40, 4, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("[a-d]", inner.clone(), 0..4).prop_map(|map| map.into_iter().collect()),
            (function.clone(), inner.clone()).prop_map(|(name, argument)| json!({ name: argument })),
            inner.clone().prop_map(|text| json!({ "Fn::Join": ["-", [text, "x"]] })),
            inner.clone().prop_map(|list| json!({ "Fn::Select": [0, [list]] })),
            (inner.clone(), inner).prop_map(|(then, otherwise)| json!({ "Fn::If": ["C", then, otherwise] })),
        ]
    })
}

fn template(first: &Value, second: &Value, output: &Value) -> Value {
    json!({
        "Parameters": { "P": { "Type": "String", "Default": "p" }, "L": { "Type": "CommaDelimitedList", "Default": "a,b" } },
        "Mappings": { "M": { "k": { "k": "v" } } },
        "Conditions": { "C": { "Fn::Equals": [{ "Ref": "P" }, "p"] } },
        "Resources": {
            "A": { "Type": "AWS::IAM::Role", "Properties": { "Description": first } },
            "B": { "Type": "AWS::IAM::ManagedPolicy", "Properties": { "PolicyDocument": second } },
        },
        "Outputs": { "O": { "Value": output } },
    })
}

fn calls(value: &Value) -> bool {
    match value {
        Value::Array(elements) => elements.iter().any(calls),
        Value::Object(members) => members.keys().any(|key| key.starts_with("Fn::")) || members.values().any(calls),
        _ => false,
    }
}

proptest! {
    #[test]
    fn what_is_resolved_has_no_functions_left(first in value(), second in value(), output in value()) {
        let text = template(&first, &second, &output).to_string();
        let resolved = Template::parse(&text).and_then(|template| template.resolve(&context()));
        if let Ok(resolved) = resolved {
            prop_assert_eq!(resolved.resources.len(), 2);
            for resource in &resolved.resources {
                prop_assert!(!calls(&resource.properties), "{:#}", resource.properties);
            }
        }
    }

    #[test]
    fn no_text_is_too_strange_to_be_read(text in "(\\PC|[\\[\\]{}:,&*!|>'\"#%@\n -]){0,80}") {
        // Whatever is said about it; it must not panic.
        drop(Template::parse(&text));
        drop(Template::parse(&format!("Resources:\n  R:\n    Type: {text}")));
    }
}
