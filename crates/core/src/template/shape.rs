//! How a role is written in a template, ours or someone else's, in JSON or YAML.

use std::collections::{BTreeMap, BTreeSet};

use granit_parser::{Event, Parser};

use super::{PathProperty, Shape};
use crate::ids::RoleName;

/// What a template says of one of its resources.
#[derive(Default)]
struct Resource {
    kind: String,
    /// The role's name, if it is written in place and not made by a function.
    name: Option<String>,
    /// The keys of its properties.
    properties: BTreeSet<String>,
}

/// How the role of a name is written: the only role that the template makes, or the only one that is named so in place.
pub(super) fn of(body: &str, name: &RoleName) -> Option<Shape> {
    let resources = resources(body)?;
    let roles: Vec<(&String, &Resource)> =
        resources.iter().filter(|(_, resource)| resource.kind == "AWS::IAM::Role").collect();
    if let [(logical_id, role)] = roles.as_slice() {
        return role.name.as_ref().is_none_or(|found| found == name.as_str()).then(|| role.shape(logical_id));
    }
    let named = roles.iter().filter(|(_, role)| role.name.as_deref() == Some(name.as_str()));
    match named.collect::<Vec<_>>().as_slice() {
        [(logical_id, role)] => Some(role.shape(logical_id)),
        _ => None,
    }
}

impl Resource {
    fn shape(&self, logical_id: &str) -> Shape {
        let path = if self.properties.contains("Path") { PathProperty::Present } else { PathProperty::Absent };
        Shape { logical_id: logical_id.to_owned(), path }
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
                    note_key(&mut found, &open);
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

fn note_key(found: &mut BTreeMap<String, Resource>, open: &[Open]) {
    if let Some(["Resources", logical_id, "Properties", key]) = path(open).as_deref() {
        found.entry((*logical_id).to_owned()).or_default().properties.insert((*key).to_owned());
    }
}

/// The keys that lead to where the reader is; `None` in a list, and where it is too deep to matter.
fn path(open: &[Open]) -> Option<Vec<&str>> {
    if open.len() > DEPTH {
        return None;
    }
    let keys = open.iter().map(|level| match &level.key {
        Some(Key::Is(key)) => Some(key.as_str()),
        Some(Key::Expected) | None => None,
    });
    keys.collect()
}

fn note(found: &mut BTreeMap<String, Resource>, open: &[Open], text: &str) {
    match path(open).as_deref() {
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
        of(body, &"VendorRole".parse().unwrap()).map(|shape| shape.logical_id)
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

    #[test]
    fn a_path_is_written_or_not() {
        let shape = |properties: &str| {
            let body = format!("Resources:\n  A:\n    Type: AWS::IAM::Role\n    Properties:\n{properties}");
            of(&body, &"VendorRole".parse().unwrap()).unwrap().path
        };
        assert_eq!(shape("      RoleName: VendorRole\n      Path: !Ref Path\n"), PathProperty::Present);
        assert_eq!(shape("      RoleName: VendorRole\n      Tags: [{ Key: Path, Value: x }]\n"), PathProperty::Absent);
    }
}
