//! The answer to a request, as a record has it.

use serde_json::{Map, Value};

use super::parameters::{lower_first, scalar};

/// What only the caller may know.
const SECRET: [&str; 6] =
    ["base32StringSeed", "qRCodePNG", "secretAccessKey", "serviceCredentialSecret", "servicePassword", "sessionToken"];

/// The result of a Query operation; nothing for an empty one.
pub(crate) fn of_xml(result: &str) -> Value {
    if result.is_empty() { Value::Null } else { value("", result) }
}

/// What stands inside an element of this name.
fn value(name: &str, inner: &str) -> Value {
    let elements = elements(inner);
    match elements.first() {
        None => scalar(name, &unescaped(inner)),
        Some((first, _)) if *first == "member" => elements.iter().map(|(_, inner)| value("", inner)).collect(),
        Some(_) => {
            let members = elements.into_iter().map(|(name, inner)| (lower_first(name), inner));
            let told = members.filter(|(name, _)| !SECRET.contains(&name.as_str()));
            Value::Object(told.map(|(name, inner)| (name.clone(), value(&name, inner))).collect::<Map<_, _>>())
        }
    }
}

/// Names and insides of the outermost elements of what [`crate::wire::Xml`] wrote: no attributes, no text between.
fn elements(mut rest: &str) -> Vec<(&str, &str)> {
    let mut found = Vec::new();
    while let Some((name, after)) = rest.strip_prefix('<').and_then(|rest| rest.split_once('>')) {
        let Some(end) = end_of(name, after) else { break };
        found.push((name, &after[..end]));
        rest = &after[end + name.len() + "</>".len()..];
    }
    found
}

/// Where the element ends that was just opened; elements of the same name may stand inside.
fn end_of(name: &str, text: &str) -> Option<usize> {
    let (open, close) = (format!("<{name}>"), format!("</{name}>"));
    let (mut depth, mut at) = (0_usize, 0);
    loop {
        let next_close = at + text[at..].find(&close)?;
        match text[at..].find(&open).map(|found| at + found).filter(|found| *found < next_close) {
            Some(opened) => {
                depth += 1;
                at = opened + open.len();
            }
            None if depth == 0 => return Some(next_close),
            None => {
                depth -= 1;
                at = next_close + close.len();
            }
        }
    }
}

fn unescaped(text: &str) -> String {
    let entities = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&apos;", "'"), ("&#xD;", "\r"), ("&amp;", "&")];
    entities.iter().fold(text.to_owned(), |text, (entity, character)| text.replace(entity, character))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn elements_become_members_and_lists_become_lists() {
        let xml = "<Role><RoleName>a&lt;b&amp;lt;</RoleName><MaxSessionDuration>3600</MaxSessionDuration><Tags><member>\
                   <Key>k</Key><Value></Value></member><member><Key>l</Key></member></Tags></Role>\
                   <SecretAccessKey>x</SecretAccessKey>";
        let role = json!({
            "roleName": "a<b&lt;",
            "maxSessionDuration": 3600,
            "tags": [{ "key": "k", "value": "" }, { "key": "l" }],
        });
        assert_eq!(of_xml(xml), json!({ "role": role }));
        assert_eq!(of_xml(""), Value::Null);
    }

    #[test]
    fn lists_inside_of_lists_end_where_they_end() {
        let xml = "<A><member><B><member>1</member></B></member><member><B></B></member></A><C>x</C>";
        assert_eq!(of_xml(xml), json!({ "a": [{ "b": ["1"] }, { "b": "" }], "c": "x" }));
    }
}
