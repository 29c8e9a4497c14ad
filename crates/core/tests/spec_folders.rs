//! Every file in `tests/spec` is a case: those in `valid` are read without a diagnostic, those in `invalid` give exactly
//! the diagnostics beside them. `BLESS=1 cargo test` writes what is found.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test reads files, and may fail")]

use std::fs;
use std::path::{Path, PathBuf};

use rolecall_core::spec::{self, Diagnostics, Lookup, SourceFile, code};
use serde_json::Value;

/// Files beside the case, and one environment variable.
struct Folder(PathBuf);

impl Lookup for Folder {
    fn file(&self, base_file: &str, path: &str) -> Result<String, String> {
        let directory = Path::new(base_file).parent().unwrap_or(Path::new(""));
        fs::read_to_string(self.0.join(directory).join(path)).map_err(|_| "there is no such file".to_owned())
    }

    fn environment(&self, name: &str) -> Result<String, String> {
        match name {
            "VENDOR_EXTERNAL_ID" => Ok("from-the-environment".to_owned()),
            "NOT_AN_EXTERNAL_ID" => Ok("hunter2; drop table".to_owned()),
            _ => Err("it is not set".to_owned()),
        }
    }
}

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The cases of a folder: a YAML file, or a folder whose YAML files are read together.
fn cases(folder: &str) -> Vec<PathBuf> {
    let mut cases: Vec<PathBuf> = fs::read_dir(repository().join(folder))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| is_yaml(path) || path.join("a.yaml").exists())
        .collect();
    cases.sort();
    cases
}

fn is_yaml(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "yaml")
}

fn parse(case: &Path) -> Result<spec::Parsed, Diagnostics> {
    let mut paths = vec![case.to_owned()];
    if case.is_dir() {
        paths = fs::read_dir(case).unwrap().map(|entry| entry.unwrap().path()).filter(|path| is_yaml(path)).collect();
        paths.sort();
    }
    let base = case.parent().unwrap().to_owned();
    let sources: Vec<SourceFile> = paths
        .iter()
        .map(|path| SourceFile {
            name: path.strip_prefix(&base).unwrap().to_str().unwrap().to_owned(),
            text: fs::read_to_string(path).unwrap(),
        })
        .collect();
    spec::parse(&sources, &Folder(base))
}

fn blessing() -> bool {
    std::env::var_os("BLESS").is_some()
}

#[test]
fn valid_files_have_no_diagnostics() {
    let cases = [cases("tests/spec/valid"), example_files()].concat();
    assert!(cases.len() >= 8, "only {} cases", cases.len());
    for case in cases {
        match parse(&case) {
            Ok(parsed) => assert_eq!(parsed.warnings.to_string(), "", "{}", case.display()),
            Err(diagnostics) => panic!("{}:\n{diagnostics}", case.display()),
        }
    }
}

#[test]
fn invalid_files_have_the_expected_diagnostics() {
    let cases = cases("tests/spec/invalid");
    assert!(cases.len() >= 40, "only {} cases", cases.len());
    let mut wrong = Vec::new();
    for case in &cases {
        let found = match parse(case) {
            Ok(parsed) => parsed.warnings,
            Err(diagnostics) => diagnostics,
        };
        let found = found.to_string();
        let expected_file = case.with_extension("expected");
        if blessing() {
            fs::write(&expected_file, &found).unwrap();
        }
        let expected = fs::read_to_string(&expected_file).unwrap_or_default();
        if found != expected || found.is_empty() {
            wrong.push(format!("{}\n--- expected\n{expected}--- found\n{found}", case.display()));
        }
    }
    assert!(wrong.is_empty(), "{}\nBLESS=1 writes what was found.", wrong.join("\n"));
}

#[test]
fn every_code_has_a_case() {
    let cases = cases("tests/spec/invalid");
    let expected: String =
        cases.iter().map(|case| fs::read_to_string(case.with_extension("expected")).unwrap_or_default()).collect();
    let missing: Vec<_> = code::ALL.iter().filter(|code| !expected.contains(&format!("[{code}]"))).collect();
    assert!(missing.is_empty(), "no case in tests/spec/invalid gives {missing:?}");
}

#[test]
fn the_schema_in_the_repository_is_fresh() {
    let path = repository().join("schemas/rolecall.schema.json");
    let fresh = format!("{}\n", serde_json::to_string_pretty(&spec::schema()).unwrap());
    if blessing() {
        fs::write(&path, &fresh).unwrap();
    }
    let saved = fs::read_to_string(&path).unwrap_or_default();
    assert!(saved == fresh, "{} is stale; BLESS=1 cargo test writes it", path.display());
}

#[test]
fn the_schema_closes_every_mapping_and_describes_every_key() {
    fn walk(schema: &Value, path: &str) {
        if let Some(properties) = schema["properties"].as_object() {
            assert_eq!(schema["additionalProperties"], false, "{path} is open");
            for (key, property) in properties {
                let is_policy = path.contains("inline_policies");
                assert!(is_policy || property["description"].is_string(), "{path}.{key} has no description");
                walk(property, &format!("{path}.{key}"));
            }
        }
        for inner in [&schema["additionalProperties"], &schema["items"]] {
            if inner.is_object() {
                walk(inner, &format!("{path}.*"));
            }
        }
        for inner in schema["anyOf"].as_array().into_iter().flatten() {
            walk(inner, path);
        }
    }
    walk(&spec::schema(), "");
}

fn example_files() -> Vec<PathBuf> {
    ["prowler", "prosperops", "acme"]
        .iter()
        .map(|name| repository().join(format!("examples/{name}/rolecall.yaml")))
        .collect()
}

#[test]
fn the_reference_names_every_code_and_every_key() {
    fn keys(schema: &Value, found: &mut Vec<String>) {
        for (key, property) in schema["properties"].as_object().into_iter().flatten() {
            found.push(key.clone());
            keys(property, found);
        }
        keys_of(&schema["additionalProperties"], found);
        schema["anyOf"].as_array().into_iter().flatten().for_each(|variant| keys_of(variant, found));
    }
    fn keys_of(schema: &Value, found: &mut Vec<String>) {
        if schema.is_object() {
            keys(schema, found);
        }
    }
    let reference = fs::read_to_string(repository().join("docs/configuration.md")).unwrap();
    let mut known = Vec::new();
    keys(&spec::schema(), &mut known);
    // What stands in a policy is IAM's.
    known.retain(|key| !key.starts_with(|c: char| c.is_ascii_uppercase()));
    assert!(known.len() > 30, "{known:?}");
    let missing: Vec<_> = known
        .iter()
        .filter(|key| {
            ![format!("`{key}"), format!(".{key}`"), format!("{{{key}:")].iter().any(|text| reference.contains(text))
        })
        .collect();
    assert!(missing.is_empty(), "docs/configuration.md lacks the keys {missing:?}");
    let missing: Vec<_> = code::ALL.iter().filter(|code| !reference.contains(&format!("`{code}`"))).collect();
    assert!(missing.is_empty(), "docs/configuration.md lacks the codes {missing:?}");
}
