//! Names for integrations, made of the names of roles.

use std::collections::BTreeSet;

use crate::ids::{IntegrationName, RoleName};

/// Words at the end of a role's name that say nothing of the vendor.
const EMPTY_WORDS: [&str; 8] = ["role", "integration", "access", "iam", "account", "cross", "stack", "set"];

/// The longest name, so that a number still fits behind it.
const LONGEST: usize = 58;

/// A name that no other integration has: `DatadogIntegrationRole` gives `datadog`.
pub(super) fn of_role(role: &RoleName, taken: &BTreeSet<IntegrationName>) -> Option<IntegrationName> {
    let mut words = words(role.as_str());
    while words.len() > 1 && words.last().is_some_and(|word| EMPTY_WORDS.contains(&word.as_str())) {
        words.pop();
    }
    let joined: String = words.join("-").chars().take(LONGEST).collect();
    let begins_well = joined.starts_with(|c: char| c.is_ascii_alphabetic());
    let base = if begins_well { joined } else { format!("vendor-{joined}") };
    let numbered = (2..).map(|number: u32| format!("{base}-{number}"));
    std::iter::once(base.clone()).chain(numbered).take(10_000).find_map(|name| {
        let name: IntegrationName = name.parse().ok()?;
        (!taken.contains(&name)).then_some(name)
    })
}

/// The words of a name in lower case: what stands between other characters, or begins with a capital letter.
fn words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut before: Option<char> = None;
    let letters: Vec<char> = name.chars().collect();
    for (index, letter) in letters.iter().enumerate() {
        if !letter.is_ascii_alphanumeric() {
            before = None;
            continue;
        }
        let is_next_lower = letters.get(index + 1).is_some_and(char::is_ascii_lowercase);
        let begins = match before {
            None => true,
            Some(before) => {
                letter.is_ascii_uppercase()
                    && (before.is_ascii_lowercase() || (before.is_ascii_uppercase() && is_next_lower))
            }
        };
        if begins {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut() {
            word.push(letter.to_ascii_lowercase());
        }
        before = Some(*letter);
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(role: &str, taken: &[&str]) -> String {
        let taken = taken.iter().map(|name| name.parse().unwrap()).collect();
        of_role(&role.parse().unwrap(), &taken).unwrap().to_string()
    }

    #[test]
    fn a_name_is_what_the_role_says_of_the_vendor() {
        for (role, name) in [
            ("DatadogIntegrationRole", "datadog"),
            ("ProsperOps", "prosper-ops"),
            ("prowler-scan-role", "prowler-scan"),
            ("SpotIAMRole", "spot"),
            ("Role", "role"),
            ("wiz_access+role", "wiz"),
            ("2ndVendor", "vendor-2nd-vendor"),
            ("AWSCostScanner", "aws-cost-scanner"),
        ] {
            assert_eq!(named(role, &[]), name);
        }
    }

    #[test]
    fn a_taken_name_gets_a_number() {
        assert_eq!(named("Datadog", &["datadog", "datadog-2"]), "datadog-3");
    }
}
