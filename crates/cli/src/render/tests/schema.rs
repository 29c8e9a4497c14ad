//! A check of documents against the schemas in `schemas/`, stricter than JSON Schema: a key that the schema does not
//! describe is an error, so that nothing is added to a document without being described. The conformance suite checks
//! with a full implementation of JSON Schema besides.

use serde_json::{Map, Value};

/// Panics with every place where the document is not as the schema says.
pub(super) fn check(schema: &str, document: &Value) {
    let path = format!("{}/../../schemas/{schema}.schema.json", env!("CARGO_MANIFEST_DIR"));
    let root: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let problems = Check { root: &root }.value(&root, document, "$");
    assert!(problems.is_empty(), "{}\n{document:#}", problems.join("\n"));
}

struct Check<'a> {
    root: &'a Value,
}

impl Check<'_> {
    fn value(&self, schema: &Value, value: &Value, at: &str) -> Vec<String> {
        let schema = self.resolve(schema);
        let Some(keywords) = schema.as_object() else { return vec![format!("{at}: the schema is no object")] };
        let mut problems = Vec::new();
        for (keyword, argument) in keywords {
            match keyword.as_str() {
                "type" if !has_type(argument, value) => {
                    problems.push(format!("{at}: {value} is not of type {argument}"));
                }
                "const" if argument != value => problems.push(format!("{at}: {value} is not {argument}")),
                "enum" if !argument.as_array().unwrap().contains(value) => {
                    problems.push(format!("{at}: {value} is not one of {argument}"));
                }
                "oneOf" => problems.extend(self.one_of(argument, value, at)),
                "items" => {
                    let items = value.as_array().into_iter().flatten().enumerate();
                    problems
                        .extend(items.flat_map(|(index, item)| self.value(argument, item, &format!("{at}[{index}]"))));
                }
                "properties" => problems.extend(self.members(keywords, value, at)),
                "additionalProperties" if !keywords.contains_key("properties") => {
                    problems.extend(self.members(keywords, value, at));
                }
                "required" => {
                    let missing = argument.as_array().unwrap().iter().map(|key| key.as_str().unwrap());
                    let missing = missing.filter(|key| value.is_object() && value.get(key).is_none());
                    problems.extend(missing.map(|key| format!("{at}: {key} is missing")));
                }
                "type"
                | "const"
                | "enum"
                | "additionalProperties"
                | "format"
                | "pattern"
                | "minimum"
                | "$schema"
                | "$id"
                | "$defs"
                | "title"
                | "description" => {}
                other => problems.push(format!("{at}: this check does not know the keyword {other}")),
            }
        }
        problems
    }

    fn members(&self, keywords: &Map<String, Value>, value: &Value, at: &str) -> Vec<String> {
        let nothing = Map::new();
        let described = keywords.get("properties").and_then(Value::as_object).unwrap_or(&nothing);
        let others = keywords.get("additionalProperties");
        let members = value.as_object().into_iter().flatten();
        members
            .flat_map(|(key, member)| match described.get(key).or(others) {
                Some(schema) => self.value(schema, member, &format!("{at}.{key}")),
                None => vec![format!("{at}: the schema does not describe {key}")],
            })
            .collect()
    }

    fn one_of(&self, branches: &Value, value: &Value, at: &str) -> Vec<String> {
        let results: Vec<Vec<String>> =
            branches.as_array().unwrap().iter().map(|branch| self.value(branch, value, at)).collect();
        match results.iter().filter(|problems| problems.is_empty()).count() {
            1 => Vec::new(),
            0 => results.into_iter().min_by_key(Vec::len).unwrap_or_default(),
            many => vec![format!("{at}: {many} branches of oneOf hold")],
        }
    }

    fn resolve<'b>(&'b self, schema: &'b Value) -> &'b Value {
        match schema.get("$ref").and_then(Value::as_str) {
            Some(reference) => self.root.pointer(reference.trim_start_matches('#')).expect("a definition"),
            None => schema,
        }
    }
}

fn has_type(wanted: &Value, value: &Value) -> bool {
    let is = |name: &str| match name {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_u64() || value.is_i64(),
        "null" => value.is_null(),
        other => panic!("no such type: {other}"),
    };
    match wanted {
        Value::Array(names) => names.iter().any(|name| is(name.as_str().unwrap())),
        name => is(name.as_str().unwrap()),
    }
}

#[test]
#[should_panic(expected = "$.accounts[0]: the schema does not describe surprise")]
fn what_the_schema_does_not_describe_is_found() {
    let mut document: Value = serde_json::from_str(
        &crate::render::accounts_json(&super::status::org(), &super::status::desired(), None).unwrap(),
    )
    .unwrap();
    document["accounts"][0]["surprise"] = Value::Null;
    check("accounts", &document);
}

#[test]
#[should_panic(expected = "$: root is missing")]
fn what_the_schema_requires_is_missed() {
    let mut document: Value = serde_json::from_str(
        &crate::render::accounts_json(&super::status::org(), &super::status::desired(), None).unwrap(),
    )
    .unwrap();
    document.as_object_mut().unwrap().remove("root");
    check("accounts", &document);
}
