//! Every operation that the client calls is in the table of permissions, or the policies made from it would lack it.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::path::Path;

use rolecall_core::permissions::CALLS;

/// The texts like `"iam:PutRolePolicy"` in the sources of this crate: every call names its operation, for its errors.
fn named(directory: &Path, found: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            named(&path, found);
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        let code = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
        found.extend(code.split('"').filter(|text| is_operation(text)).map(str::to_owned));
    }
}

fn is_operation(text: &str) -> bool {
    let services = ["cloudformation", "cloudtrail", "iam", "organizations", "ssm", "sts"];
    text.split_once(':').is_some_and(|(service, name)| {
        services.contains(&service)
            && name.starts_with(|first: char| first.is_ascii_uppercase())
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric())
    })
}

#[test]
fn every_operation_that_is_called_is_in_the_table_and_no_other() {
    let mut found = BTreeSet::new();
    named(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut found);
    let table: BTreeSet<String> = CALLS.iter().map(|call| call.operation.to_owned()).collect();
    let missing: Vec<&String> = found.difference(&table).collect();
    assert!(missing.is_empty(), "not in crates/core/src/permissions/table.rs: {missing:?}");
    let unused: Vec<&String> = table.difference(&found).collect();
    assert!(unused.is_empty(), "nothing calls {unused:?}");
}
