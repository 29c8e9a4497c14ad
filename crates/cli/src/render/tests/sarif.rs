//! The SARIF log of what is wrong with the files.

use std::path::PathBuf;

use rolecall_core::spec::{self, Diagnostics, Lookup, Parsed, SourceFile};
use serde_json::{Value, json};

use crate::render::{Root, validate_sarif};

/// No other file and no variable is there.
struct Nothing;

impl Lookup for Nothing {
    fn file(&self, _base_file: &str, _path: &str) -> Result<String, String> {
        Err("there is no such file".to_owned())
    }

    fn environment(&self, _name: &str) -> Result<String, String> {
        Err("it is not set".to_owned())
    }
}

pub(super) fn problems(name: &str, text: &str) -> Diagnostics {
    let files = [SourceFile { name: name.to_owned(), text: text.to_owned() }];
    match spec::parse(&files, &Nothing) {
        Ok(Parsed { organizations: _, warnings }) => warnings,
        Err(problems) => problems,
    }
}

fn root(top: &str, here: &str) -> Root {
    Root { top: PathBuf::from(top), here: PathBuf::from(here) }
}

fn log(problems: &Diagnostics, root: &Root) -> Value {
    let log: Value = serde_json::from_str(&validate_sarif(problems, root).unwrap()).unwrap();
    check(&log);
    log
}

/// The facts of SARIF 2.1.0 that our logs must keep: what must be there, of which type, and which rule is meant.
fn check(log: &Value) {
    assert_eq!(log["version"], "2.1.0");
    let [run] = log["runs"].as_array().unwrap().as_slice() else { panic!("not one run") };
    assert_eq!(run["columnKind"], "unicodeCodePoints");
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    for rule in rules {
        let text = rule["shortDescription"]["text"].as_str().unwrap();
        assert!(text.ends_with('.') && text.trim() == text, "{text:?}");
    }
    for result in run["results"].as_array().unwrap() {
        assert_eq!(rules[usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap()]["id"], result["ruleId"]);
        assert!(["error", "warning"].contains(&result["level"].as_str().unwrap()));
        assert!(!result["message"]["text"].as_str().unwrap().is_empty());
        let related = result["relatedLocations"].as_array().into_iter().flatten();
        let locations: Vec<&Value> = result["locations"].as_array().unwrap().iter().chain(related).collect();
        assert!(!locations.is_empty());
        for location in locations {
            let place = &location["physicalLocation"];
            let uri = place["artifactLocation"]["uri"].as_str().unwrap();
            assert!(uri.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/-._~%:".contains(&byte)), "{uri}");
            assert_eq!(uri.starts_with("file:///"), place["artifactLocation"].get("uriBaseId").is_none(), "{uri}");
            let Some(region) = place.get("region") else { continue };
            let number = |key: &str| region.get(key).map(|value| value.as_u64().unwrap());
            assert!(number("startLine").unwrap() >= 1 && number("startColumn").unwrap() >= 1);
            if let (Some(line), Some(column)) = (number("endLine"), number("endColumn")) {
                let (start_line, start_column) = (number("startLine").unwrap(), number("startColumn").unwrap());
                assert!((line, column) > (start_line, start_column), "{region}");
            }
        }
    }
}

const FILE: &str =
    "version: 1\norganization: { id: o-acme123456 }\nintegrations:\n  Z\u{fc}rich: { external_idd: 7 }\n";

#[test]
fn a_problem_has_its_rule_its_level_and_its_region_in_characters() {
    let problems = problems("rolecall.yaml", FILE);
    let log = log(&problems, &root("/work", "/work"));
    let results = log["runs"][0]["results"].as_array().unwrap();
    assert_eq!(results.len(), problems.list.len());
    let result = results.iter().find(|result| result["ruleId"] == "unknown-key").unwrap();
    assert_eq!(result["level"], "error");
    let text = result["message"]["text"].as_str().unwrap();
    assert!(text.contains("external_idd") && text.contains("Expected") && text.contains("Hint: "), "{text}");
    assert_eq!(
        result["locations"][0]["physicalLocation"],
        json!({
            "artifactLocation": { "uri": "rolecall.yaml", "uriBaseId": "%SRCROOT%" },
            "region": { "startLine": 4, "startColumn": 13, "endLine": 4, "endColumn": 25 },
        })
    );
}

#[test]
fn files_are_named_from_the_top_of_the_working_copy() {
    for (name, top, here, uri) in [
        ("rolecall.yaml", "/work", "/work", "rolecall.yaml"),
        ("./a/../rolecall.yaml", "/work", "/work/iam", "iam/rolecall.yaml"),
        ("../my files/z\u{fc}.yaml", "/work", "/work/iam", "my%20files/z%C3%BC.yaml"),
        ("/work/iam/rolecall.yaml", "/work", "/work", "iam/rolecall.yaml"),
    ] {
        let log = log(&problems(name, FILE), &root(top, here));
        let place = &log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"];
        assert_eq!(*place, json!({ "uri": uri, "uriBaseId": "%SRCROOT%" }));
    }
    let outside = log(&problems("../../elsewhere.yaml", FILE), &root("/work", "/work"));
    let place = &outside["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"];
    assert_eq!(*place, json!({ "uri": "file:///elsewhere.yaml" }));
}

#[test]
fn another_place_is_related_and_warnings_are_told_too() {
    let twice = "version: 1\nversion: 1\n";
    let doubled = log(&problems("a.yaml", twice), &root("/w", "/w"));
    let results = doubled["runs"][0]["results"].as_array().unwrap();
    let result = results.iter().find(|result| result["ruleId"] == "duplicate-key").unwrap();
    assert_eq!(result["relatedLocations"][0]["physicalLocation"]["region"]["startLine"], 1);

    let mut doubtful = problems("a.yaml", twice);
    doubtful.list.iter_mut().for_each(|problem| problem.severity = spec::Severity::Warning);
    assert_eq!(log(&doubtful, &root("/w", "/w"))["runs"][0]["results"][0]["level"], "warning");
}

#[test]
fn files_without_problems_are_a_log_without_results() {
    let log = log(&Diagnostics::default(), &root("/w", "/w"));
    assert_eq!(log["runs"][0]["results"], json!([]));
}

#[test]
fn no_text_of_the_file_is_a_link() {
    let text = "version: 1\norganization: { id: \"[click](https://example.com)\" }\n";
    let log = log(&problems("a.yaml", text), &root("/w", "/w"));
    assert!(!log.to_string().contains("]("), "{log:#}");
}
