//! Live documents are never refused, and survive being saved.

use super::*;

fn saved(document: &PolicyDoc) -> PolicyDoc {
    serde_json::from_str(&serde_json::to_string(document).unwrap()).unwrap()
}

/// Texts that no one can interpret.
const STRANGE: [&str; 13] = [
    "",
    "not json",
    "{\"Version\":",
    "[]",
    "null",
    "{}",
    r#"{"Version":"2012-10-17","Statement":[]}"#,
    r#"{"Version":"2030-01-01","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#,
    r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Effect":"Deny","Action":"*","Resource":"*"}}"#,
    r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*","New":1}}"#,
    r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"},"New":1}"#,
    r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"NumericEquals":{"a":1.5}}}}"#,
    r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringSounds":{"a":"b"}}}}"#,
];

fn from_live(text: &str) -> PolicyDoc {
    PolicyDoc::from_live(text, PolicyKind::Permission, Partition::Aws)
}

#[test]
fn a_document_that_cannot_be_understood_is_equal_to_itself_only() {
    for (index, text) in STRANGE.iter().enumerate() {
        let document = from_live(text);
        assert!(document.is_opaque(), "{text}");
        assert_eq!(document, from_live(text));
        assert!(document.statements().is_empty());
        for other in &STRANGE[..index] {
            assert_ne!(document, from_live(other), "{text} and {other}");
        }
        assert_ne!(document, permission(&bucket_access(&json!({}))));
    }
}

#[test]
fn a_saved_document_is_the_same_document() {
    for text in STRANGE {
        assert_eq!(saved(&from_live(text)), from_live(text), "{text}");
    }
    for document in [
        trust(&vendor_trust(&json!({ "Sid": "A" }))),
        permission(&bucket_access(&json!({ "Sid": "B" }))),
        PolicyDoc::from_value(
            &vendor_trust(&json!({ "Principal": { "AWS": "123456789012" } })),
            PolicyKind::Trust,
            Partition::AwsUsGov,
        )
        .unwrap(),
        live(&vendor_trust(&json!({ "Principal": { "AWS": "AROAEXAMPLEROLEID1234" } }))),
        live(&vendor_trust(&json!({ "Principal": {} }))),
    ] {
        assert_eq!(saved(&document), document);
        assert_eq!(saved(&document).to_json(), document.to_json());
        let value = serde_json::to_value(&document).unwrap();
        assert_eq!(value, document.to_value());
        assert_eq!(serde_json::from_value::<PolicyDoc>(value).unwrap(), document);
    }
}

#[test]
fn a_saved_document_with_a_key_given_twice_is_an_error() {
    let text = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Effect":"Deny","Action":"*","Resource":"*"}}"#;
    assert!(serde_json::from_str::<PolicyDoc>(text).is_err());
}

#[test]
fn what_iam_lets_pass_and_users_should_not_write_is_understood() {
    for statement in [
        json!({ "Principal": { "AWS": "arn:aws:iam::123456789012:role/team-*" } }),
        json!({ "Principal": { "Federated": "accounts.google.com" }, "Action": "sts:AssumeRoleWithWebIdentity" }),
        json!({ "Principal": { "CanonicalUser": "79a59df900b949e5" } }),
        json!({ "Sid": "With spaces" }),
    ] {
        assert!(!live(&vendor_trust(&statement)).is_opaque(), "{statement}");
    }
}

#[test]
fn nesting_without_end_is_opaque_not_a_crash() {
    let text = "[".repeat(1_000_000);
    assert!(from_live(&text).is_opaque());
    assert!(PolicyDoc::parse(&text, PolicyKind::Trust, Partition::Aws).is_err());
}
