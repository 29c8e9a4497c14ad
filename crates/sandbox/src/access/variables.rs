//! Policy variables: `${aws:username}`, and with a default `${aws:PrincipalTag/team, 'none'}`.

use super::{Context, Document, Listed};

/// Puts values into the resources and the condition values of a document of version 2012-10-17; an older one has no
/// variables. What holds a variable without a value matches nothing.
pub(crate) fn expand(document: &mut Document, context: &Context) {
    if document.version.as_deref() != Some("2012-10-17") {
        return;
    }
    for statement in &mut document.statements {
        if let Some(Listed::In(list) | Listed::NotIn(list)) = &mut statement.resource {
            expand_all(list, context);
        }
        for values in statement.condition.values_mut().flat_map(|keys| keys.values_mut()) {
            expand_all(values, context);
        }
    }
}

fn expand_all(texts: &mut Vec<String>, context: &Context) {
    if texts.iter().any(|text| text.contains("${")) {
        *texts = texts.iter().filter_map(|text| expanded(text, context)).collect();
    }
}

/// `None` when a variable has neither a value nor a default.
fn expanded(text: &str, context: &Context) -> Option<String> {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, from)) = rest.split_once("${") {
        out.push_str(before);
        let (variable, after) = from.split_once('}')?;
        rest = after;
        match variable {
            "*" | "?" | "$" => out.push_str(variable),
            _ => out.push_str(&value(variable, context)?),
        }
    }
    out.push_str(rest);
    Some(out)
}

fn value(variable: &str, context: &Context) -> Option<String> {
    let (key, default) = match variable.split_once(',') {
        None => (variable, None),
        Some((key, default)) => (key, Some(default.trim().trim_matches('\''))),
    };
    match context.get(&key.trim().to_ascii_lowercase()).map(Vec::as_slice) {
        Some([single]) => Some(single.clone()),
        _ => default.map(str::to_owned),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_have_values_defaults_or_nothing() {
        let context = Context::from([("aws:username".to_owned(), vec!["alice".to_owned()])]);
        let of = |text: &str| expanded(text, &context);
        assert_eq!(of("user/${aws:username}/x").as_deref(), Some("user/alice/x"));
        assert_eq!(of("${AWS:UserName}").as_deref(), Some("alice"));
        assert_eq!(of("${aws:PrincipalTag/team, 'none'}").as_deref(), Some("none"));
        assert_eq!(of("${$}{x}").as_deref(), Some("${x}"));
        assert_eq!(of("${aws:PrincipalTag/team}"), None);
        assert_eq!(of("plain").as_deref(), Some("plain"));
    }
}
