//! What the folders of cases in `tests/spec` cannot say: texts too large to keep, the schema against the reader, every key's
//! effect.

use std::fmt::Write as _;
use std::path::Path;

use serde_json::{Value, json};

use super::read::Read;
use super::report::Report;
use super::written::{Notation, to_json};
use super::{Diagnostics, Lookup, Parsed, SourceFile, code, parse, schema, tree};

struct Nothing;

impl Lookup for Nothing {
    fn file(&self, _: &str, path: &str) -> Result<String, String> {
        match path {
            "additions.json" | "policies/additions.json" => {
                Ok(include_str!("../../../../tests/spec/valid/policies/additions.json").to_owned())
            }
            _ => Err("there is no such file".to_owned()),
        }
    }

    fn environment(&self, _: &str) -> Result<String, String> {
        Ok("from-the-environment".to_owned())
    }
}

fn parse_one(text: impl Into<String>) -> Result<Parsed, Diagnostics> {
    parse(&[SourceFile { name: "rolecall.yaml".to_owned(), text: text.into() }], &Nothing)
}

fn only_code(text: impl Into<String>) -> &'static str {
    let diagnostics = parse_one(text).expect_err("the text should be refused");
    assert_eq!(diagnostics.list.len(), 1, "{diagnostics}");
    diagnostics.list[0].code
}

const EVERYTHING: &str = include_str!("../../../../tests/spec/valid/everything.yaml");

/// A text as JSON, read as policies are.
fn as_json(text: &str) -> Value {
    let mut report = Report::default();
    let file = report.add_source(SourceFile { name: "x.yaml".to_owned(), text: text.to_owned() });
    let node = tree::parse(file, "something", &mut report).expect("YAML");
    to_json(&node, Notation::Json, &mut report)
}

#[test]
fn a_megabyte_of_nesting_is_refused_without_a_stack_overflow() {
    const DEPTH: usize = 1 << 20;
    assert_eq!(only_code("[".repeat(DEPTH)), code::TOO_LARGE);
    assert_eq!(only_code("{a: ".repeat(DEPTH / 4)), code::TOO_LARGE);
    assert_eq!(only_code("- ".repeat(DEPTH / 2)), code::TOO_LARGE);
    assert_eq!(only_code("? ".repeat(DEPTH / 2)), code::TOO_LARGE);
    let mut steps = String::new();
    for depth in 0..1_400 {
        let _ = writeln!(steps, "{}a:", " ".repeat(depth));
    }
    assert_eq!(only_code(steps), code::TOO_LARGE);
}

#[test]
fn aliases_cannot_nest_or_multiply_without_bound() {
    let chain = (1..20_000).fold("a0: &a0 [x]\n".to_owned(), |mut text, i| {
        let _ = writeln!(text, "a{i}: &a{i} [*a{}]", i - 1);
        text
    });
    assert_eq!(only_code(chain), code::TOO_LARGE);
    let mut nested = (0..60).fold(String::new(), |mut text, i| {
        let _ = write!(text, "&a{i} [");
        text
    });
    nested.push_str(&"x,".repeat(100_000));
    nested.push_str(&"]".repeat(60));
    assert_eq!(only_code(nested), code::TOO_LARGE);
}

#[test]
fn places_are_those_of_the_text_with_its_byte_order_mark() {
    let text = "\u{FEFF}version: 3\r\n# é\r\nörganization: {}\r\norganization: {}\r\nintegrations: {}\r\n";
    let diagnostics = parse_one(text).expect_err("version 3");
    for diagnostic in &diagnostics.list {
        let at = diagnostic.location.clone().expect("a place");
        let excerpt = &text[at.bytes.0..at.bytes.1];
        let line = text.lines().nth(at.line - 1).unwrap().trim_start_matches('\u{FEFF}');
        let column = line.chars().take(at.column - 1).collect::<String>().len();
        assert!(line[column..].starts_with(excerpt) && !excerpt.is_empty(), "{diagnostic}: {excerpt:?}");
    }
    assert_eq!(diagnostics.list.len(), 3, "{diagnostics}");
}

#[test]
fn the_version_of_a_policy_needs_no_quotes() {
    let quoted = "Version: \"2012-10-17\"";
    assert!(EVERYTHING.contains(quoted));
    let unquoted = parse_one(EVERYTHING.replace(quoted, "Version: 2012-10-17")).expect("a valid file");
    assert_eq!(unquoted.only(), parse_one(EVERYTHING).expect("a valid file").only());
}

#[test]
fn two_thousand_integrations_are_read_whole() {
    let spec = parse_one(fleet(2_000)).expect("a valid file").only().expect("one organization");
    assert_eq!(spec.integrations.len(), 2_000);
}

/// A file with so many integrations.
fn fleet(integrations: usize) -> String {
    let mut text = "version: 1\norganization: { id: o-abc123def4 }\nintegrations:\n".to_owned();
    for i in 0..integrations {
        let _ = write!(
            text,
            "  vendor-{i}:
    external_id: external-id-{i}
    role:
      name: Vendor{i}
      description: The role of vendor {i}
      max_session_duration: 1h
      trust:
        principals: [\"arn:aws:iam::232136659152:root\"]
        conditions: {{ StringLike: {{ aws:PrincipalArn: \"arn:aws:iam::232136659152:role/v{i}*\" }} }}
      managed_policies: [SecurityAudit, job-function/ViewOnlyAccess]
      inline_policies:
        more: {{ Version: \"2012-10-17\", Statement: [{{ Effect: Allow, Action: \"s3:Get*\", Resource: \"*\" }}] }}
      tags: {{ service: vendor-{i} }}
    targets: {{ organizational_units: [Workloads/Prod, Security], exclude_accounts: [\"333333333333\"] }}
    rollout: {{ max_concurrent: 50%, failure_tolerance: 5 }}
"
        );
    }
    text
}

/// A key of the format: where it stands, and where the schema knows it, with `*` for keys of the user's choice.
type KnownKey = (Vec<String>, Vec<String>);

/// The keys of the format in a value; those of a value that is not there are given once, as the schema knows them.
fn known_keys(schema: &Value, value: Option<&Value>, (path, known): &KnownKey, keys: &mut Vec<KnownKey>) {
    let below = |step: &str, name: &str| {
        ([path.as_slice(), &[step.to_owned()]].concat(), [known.as_slice(), &[name.to_owned()]].concat())
    };
    for (key, property) in schema["properties"].as_object().into_iter().flatten() {
        // What stands in a policy is IAM's, not the format's; where a text comes from is tested with the text.
        if matches!(key.as_str(), "file" | "env" | "Version" | "Statement") {
            continue;
        }
        let found = value.and_then(|value| value.get(key));
        if found.is_some() || value.is_none() {
            keys.push(below(key, key));
            known_keys(property, found, &below(key, key), keys);
        }
    }
    if schema["additionalProperties"].is_object() {
        match value.and_then(Value::as_object) {
            None => known_keys(&schema["additionalProperties"], None, &below("*", "*"), keys),
            Some(fields) => fields.iter().for_each(|(key, value)| {
                known_keys(&schema["additionalProperties"], Some(value), &below(key, "*"), keys);
            }),
        }
    }
    for variant in schema["anyOf"].as_array().into_iter().flatten() {
        known_keys(variant, value, &(path.clone(), known.clone()), keys);
    }
}

fn without(mut value: Value, path: &[String]) -> Value {
    let (last, above) = path.split_last().expect("a path");
    let mapping = above.iter().fold(&mut value, |value, key| &mut value[key.as_str()]);
    assert!(mapping.as_object_mut().expect("a mapping").remove(last).is_some(), "{path:?}");
    value
}

#[test]
fn every_key_of_the_schema_makes_a_difference() {
    let whole = as_json(EVERYTHING);
    let spec = parse_one(whole.to_string()).expect("everything.yaml").only();
    assert_eq!(spec, parse_one(EVERYTHING).expect("everything.yaml").only(), "JSON and YAML say the same");
    let (mut keys, mut all) = (Vec::new(), Vec::new());
    known_keys(&schema(), Some(&whole), &KnownKey::default(), &mut keys);
    known_keys(&schema(), None, &KnownKey::default(), &mut all);
    for (_, known) in &all {
        assert!(keys.iter().any(|(_, found)| found == known), "everything.yaml lacks {known:?}");
    }
    assert!(all.len() > 40, "{all:?}");
    for (path, _) in keys {
        // A file that is refused without the key is different enough.
        if let Ok(parsed) = parse_one(without(whole.clone(), &path).to_string()) {
            assert!(parsed.only() != spec, "{path:?} makes no difference");
        }
    }
}

/// Whether a value has the shape that a schema asks for; patterns are left to another test.
fn fits(schema: &Value, value: &Value) -> bool {
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    let list = |key: &str| schema[key].as_array();
    let right_type = schema["type"].is_null() || schema["type"] == kind;
    let right_value = schema["const"].is_null() || schema["const"] == *value;
    let listed = list("enum").is_none_or(|values| values.contains(value));
    let one_fits = list("anyOf").is_none_or(|schemas| schemas.iter().any(|schema| fits(schema, value)));
    let items_fit = value
        .as_array()
        .is_none_or(|items| schema["items"].is_null() || items.iter().all(|item| fits(&schema["items"], item)));
    let fields_fit = value.as_object().is_none_or(|fields| {
        let required =
            list("required").is_none_or(|keys| keys.iter().all(|key| value.get(key.as_str().unwrap()).is_some()));
        required
            && fields.iter().all(|(key, field)| match (&schema["properties"][key], &schema["additionalProperties"]) {
                (Value::Null, Value::Bool(open)) => *open,
                (Value::Null, Value::Null) => true,
                (Value::Null, others) => fits(others, field),
                (property, _) => fits(property, field),
            })
    });
    right_type && right_value && listed && one_fits && items_fit && fields_fit
}

fn files(folder: &str) -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/spec").join(folder);
    let paths = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let paths = paths.filter(|path| path.extension().is_some_and(|extension| extension == "yaml"));
    #[allow(clippy::disallowed_methods, reason = "the tests of core may read files")]
    paths.map(|path| (path.display().to_string(), std::fs::read_to_string(&path).unwrap())).collect()
}

#[test]
fn the_schema_accepts_what_the_reader_accepts() {
    let schema = schema();
    for (name, text) in files("valid") {
        assert!(fits(&schema, &as_json(&text)), "{name}");
    }
}

#[test]
fn the_schema_refuses_unknown_missing_and_mistyped_keys() {
    let (mut refused, schema) = (0, schema());
    for (name, text) in files("invalid") {
        let Err(diagnostics) = parse_one(&text) else { continue };
        let codes: Vec<_> = diagnostics.list.iter().map(|diagnostic| diagnostic.code).collect();
        if codes.contains(&code::SYNTAX) || codes.contains(&code::UNSUPPORTED_YAML) || codes.contains(&code::TOO_LARGE)
        {
            continue;
        }
        if codes.contains(&code::UNKNOWN_KEY) || codes.contains(&code::MISSING_KEY) && !text.contains("principals: []")
        {
            assert!(!fits(&schema, &as_json(&text)), "{name}");
            refused += 1;
        }
    }
    assert!(refused >= 5);
}

/// The patterns of the schema, by the type that they are of.
fn patterns() -> Vec<(&'static str, Value)> {
    use crate::ids::{AccountId, ExternalId, InlineName, IntegrationName, OrgId, Region, RoleName, RolePath};
    use crate::role::SessionLimit;
    vec![
        ("account", AccountId::schema()),
        ("external", ExternalId::schema()),
        ("inline", InlineName::schema()),
        ("integration", IntegrationName::schema()),
        ("organization", OrgId::schema()),
        ("region", Region::schema()),
        ("role", RoleName::schema()),
        ("path", RolePath::schema()),
        ("session", SessionLimit::schema()),
    ]
}

mod laws {
    use proptest::prelude::*;
    use proptest::string::string_regex;

    use super::*;
    use crate::ids::{AccountId, ExternalId, InlineName, IntegrationName, OrgId, Region, RoleName, RolePath};

    fn accepted(kind: &str, text: &str) -> bool {
        match kind {
            "account" => text.parse::<AccountId>().is_ok(),
            "external" => text.parse::<ExternalId>().is_ok(),
            "inline" => text.parse::<InlineName>().is_ok(),
            "integration" => text.parse::<IntegrationName>().is_ok(),
            "organization" => text.parse::<OrgId>().is_ok(),
            "region" => text.parse::<Region>().is_ok(),
            "role" => text.parse::<RoleName>().is_ok(),
            "path" => text.len() > 512 || text.parse::<RolePath>().is_ok(),
            // A duration is checked for its length too, which a pattern cannot say.
            _ => true,
        }
    }

    fn texts_by_pattern() -> impl Strategy<Value = (&'static str, String)> {
        let one = |(kind, schema): (&'static str, Value)| {
            let pattern = schema["pattern"].as_str().unwrap().trim_start_matches('^').trim_end_matches('$').to_owned();
            string_regex(&pattern).unwrap().prop_map(move |text| (kind, text)).boxed()
        };
        proptest::strategy::Union::new(patterns().into_iter().map(one))
    }

    proptest! {
        #[test]
        fn a_text_that_fits_the_schema_s_pattern_is_accepted((kind, text) in texts_by_pattern()) {
            prop_assert!(accepted(kind, &text), "{kind}: {text}");
        }

        #[test]
        fn no_text_makes_the_reader_panic(text in "(version: 1\n|organization:|integrations:|  [a-z]{1,3}: |[\\[\\]{},:&*!|>'\"%@`#?~-]|[ \n\t\u{FEFF}]|<<: |\\PC){0,60}") {
            let _ = parse_one(text);
        }

        #[test]
        fn a_key_taken_out_or_a_value_replaced_never_makes_the_reader_panic(
            seed in any::<prop::sample::Index>(),
            replacement in prop::sample::select(vec![json!(null), json!([]), json!({}), json!(""), json!(12), json!(true), json!("*"), json!([[]]), json!({"file": "x.json"})]),
        ) {
            let whole = as_json(EVERYTHING);
            let mut pointers = Vec::new();
            pointers_of(&whole, String::new(), &mut pointers);
            let mut changed = whole.clone();
            *changed.pointer_mut(seed.get(&pointers).as_str()).unwrap() = replacement;
            let _ = parse_one(changed.to_string());
        }
    }

    fn pointers_of(value: &Value, path: String, pointers: &mut Vec<String>) {
        let step = |key: &str| format!("{path}/{}", key.replace('~', "~0").replace('/', "~1"));
        match value {
            Value::Object(fields) => fields.iter().for_each(|(key, value)| pointers_of(value, step(key), pointers)),
            Value::Array(items) => {
                items.iter().enumerate().for_each(|(i, value)| pointers_of(value, step(&i.to_string()), pointers));
            }
            _ => {}
        }
        pointers.push(path);
    }
}
