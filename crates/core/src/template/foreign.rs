//! Finding the role in a template that someone else wrote, in JSON or YAML.

use std::collections::BTreeMap;

use granit_parser::{Event, Parser};

use crate::ids::RoleName;

/// What a template says of one of its resources.
#[derive(Default)]
struct Resource {
    kind: String,
    /// The role's name, if it is written in place and not made by a function.
    name: Option<String>,
}

/// The logical id of the role of a name: the only role that the template makes, or the only one that is named so in place.
pub(super) fn role(body: &str, name: &RoleName) -> Option<String> {
    let resources = resources(body)?;
    let roles: Vec<(&String, &Resource)> =
        resources.iter().filter(|(_, resource)| resource.kind == "AWS::IAM::Role").collect();
    if let [(logical_id, role)] = roles.as_slice() {
        return role.name.as_ref().is_none_or(|found| found == name.as_str()).then(|| (*logical_id).clone());
    }
    let named = roles.iter().filter(|(_, role)| role.name.as_deref() == Some(name.as_str()));
    match named.collect::<Vec<_>>().as_slice() {
        [(logical_id, _)] => Some((*logical_id).clone()),
        _ => None,
    }
}

/// Deeper than any template that CloudFormation takes has its resources and their names.
const DEPTH: usize = 4;

/// Where the reader is: the keys of the mappings around it, and whether the next scalar is a key.
struct Open {
    /// `None` in a list.
    key: Option<Key>,
}

enum Key {
    Expected,
    Is(String),
}

fn resources(body: &str) -> Option<BTreeMap<String, Resource>> {
    let mut found: BTreeMap<String, Resource> = BTreeMap::new();
    let mut open: Vec<Open> = Vec::new();
    for event in Parser::new_from_str(body) {
        let (event, _) = event.ok()?;
        match event {
            Event::MappingStart(..) => open.push(Open { key: Some(Key::Expected) }),
            Event::SequenceStart(..) => open.push(Open { key: None }),
            Event::MappingEnd | Event::SequenceEnd => {
                open.pop();
                value_ended(&mut open);
            }
            Event::Scalar(text, _, _, tag) => {
                if let Some(Open { key: Some(key @ Key::Expected) }) = open.last_mut() {
                    *key = Key::Is(text.into_owned());
                    continue;
                }
                // A tag such as !Sub makes the text something else than it says.
                if tag.is_none() {
                    note(&mut found, &open, &text);
                }
                value_ended(&mut open);
            }
            Event::Alias(_) => value_ended(&mut open),
            _ => {}
        }
    }
    Some(found)
}

/// After the value of a key comes the next key.
fn value_ended(open: &mut [Open]) {
    if let Some(Open { key: Some(key) }) = open.last_mut() {
        *key = Key::Expected;
    }
}

fn note(found: &mut BTreeMap<String, Resource>, open: &[Open], text: &str) {
    if open.len() > DEPTH {
        return;
    }
    let path: Option<Vec<&str>> = open
        .iter()
        .map(|level| match &level.key {
            Some(Key::Is(key)) => Some(key.as_str()),
            Some(Key::Expected) | None => None,
        })
        .collect();
    match path.as_deref() {
        Some(["Resources", logical_id, "Type"]) => {
            text.clone_into(&mut found.entry((*logical_id).to_owned()).or_default().kind);
        }
        Some(["Resources", logical_id, "Properties", "RoleName"]) => {
            found.entry((*logical_id).to_owned()).or_default().name = Some(text.to_owned());
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(body: &str) -> Option<String> {
        role(body, &"VendorRole".parse().unwrap())
    }

    #[test]
    fn the_only_role_is_found_whatever_makes_its_name() {
        let body = "Parameters:\n  Name: {Type: String}\nResources:\n  VendorAccess:\n    Type: AWS::IAM::Role\n    Properties:\n      \
                    RoleName: !Ref Name\n      Tags: [{Key: a, Value: b}]\n  Extra:\n    Type: AWS::IAM::Policy\n";
        assert_eq!(find(body).as_deref(), Some("VendorAccess"));
    }

    #[test]
    fn among_several_roles_the_one_that_is_named_so_is_found() {
        let body = r#"{"Resources": {"A": {"Type": "AWS::IAM::Role", "Properties": {"RoleName": "Other"}},
            "B": {"Type": "AWS::IAM::Role", "Properties": {"RoleName": "VendorRole"}}}}"#;
        assert_eq!(find(body).as_deref(), Some("B"));
    }

    #[test]
    fn a_role_of_another_name_and_a_template_that_cannot_be_read_are_nothing() {
        assert_eq!(find("Resources: {A: {Type: 'AWS::IAM::Role', Properties: {RoleName: Other}}}"), None);
        assert_eq!(find("Resources: [unclosed"), None);
        assert_eq!(find(""), None);
    }
}
