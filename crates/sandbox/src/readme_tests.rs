//! The README is held against what it describes.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::switches::Switches;
use crate::testing::{self, MANAGEMENT, query, world};
use crate::wire::{Protocol, Service, WireError};

const README: &str = include_str!("../README.md");

/// The rows of the tables in a section, each as its cells.
fn rows(heading: &str) -> Vec<Vec<String>> {
    let (_, section) = README.split_once(&format!("\n## {heading}\n")).unwrap();
    let section = section.split("\n## ").next().unwrap();
    let cells = |line: &str| line.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect::<Vec<_>>();
    let tables = section.lines().filter(|line| line.starts_with("| ") && !line.starts_with("|--"));
    tables.map(cells).skip(1).collect()
}

#[test]
fn every_switch_is_described_with_its_default() {
    let Value::Object(switches) = serde_json::to_value(Switches::default()).unwrap() else { panic!("not an object") };
    let text = |value: Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let is: BTreeMap<String, String> = switches.into_iter().map(|(name, value)| (name, text(value))).collect();
    let bare = |cell: &String| cell.trim_matches('`').to_owned();
    let described: BTreeMap<String, String> =
        rows("Switches").iter().map(|row| (bare(&row[0]), bare(&row[1]))).collect();
    assert_eq!(described, is);
}

/// What a service says to an operation without any input, in a world of its own.
fn ask(service: Service, operation: &str) -> Result<(), WireError> {
    let mut world = world();
    match service.protocol() {
        Protocol::Query => query(&mut world, service, MANAGEMENT, operation, &[]).map(drop),
        Protocol::Json => testing::json(&mut world, service, MANAGEMENT, operation, json!({})).map(drop),
    }
}

#[test]
fn the_table_of_operations_is_what_is_simulated() {
    let mut described: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for row in rows("Operations") {
        let service = match row[0].split([' ', ',']).next().unwrap() {
            "STS" => "sts",
            "IAM" => "iam",
            "Organizations" => "organizations",
            "CloudFormation" => "cloudformation",
            "Systems" => "ssm",
            "CloudTrail" => "cloudtrail",
            other => panic!("{other} is not a service of the table"),
        };
        let operations = row[1].split(", ").map(str::to_owned);
        described.entry(service).or_default().extend(operations);
    }
    for service in Service::ALL {
        let is_simulated = |operation: &&str| match ask(service, operation) {
            Ok(()) => true,
            Err(error) => !error.message.contains("is not simulated by the Rolecall sandbox; its README"),
        };
        let simulated: BTreeSet<String> = service.operations().filter(is_simulated).map(str::to_owned).collect();
        assert_eq!(described.remove(service.name()), Some(simulated), "{}", service.name());
    }
}
