//! Documents that users write and that are refused, each with where and why.

use super::*;

#[track_caller]
fn refused(value: &Value, kind: PolicyKind, start: &str) {
    let found = problems(value, kind);
    assert_eq!(found.len(), 1, "{found:#?}");
    assert!(found[0].starts_with(start), "{found:#?}");
}

#[test]
fn a_trust_policy_has_principals_and_no_resources() {
    let kind = PolicyKind::Trust;
    refused(&vendor_trust(&json!({ "Principal": null })), kind, "Statement[0]: found no Principal");
    refused(&vendor_trust(&json!({ "Principal": {} })), kind, "Statement[0].Principal: found no principal");
    refused(&vendor_trust(&json!({ "Principal": { "AWS": [] } })), kind, "Statement[0].Principal: found no principal");
    refused(&vendor_trust(&json!({ "Principal": "me" })), kind, "Statement[0].Principal: found `me`");
    refused(&vendor_trust(&json!({ "Principal": { "Aws": "*" } })), kind, "Statement[0].Principal.Aws: found `Aws`");
    refused(&vendor_trust(&json!({ "Resource": "*" })), kind, "Statement[0].Resource: found a Resource");
    refused(
        &vendor_trust(&json!({ "Action": ["sts:AssumeRole", "s3:*"] })),
        kind,
        "Statement[0].Action[1]: found `s3:*`",
    );
    refused(&vendor_trust(&json!({ "Action": "*" })), kind, "Statement[0].Action: found `*`");
}

#[test]
fn a_permission_policy_has_resources_and_no_principals() {
    let kind = PolicyKind::Permission;
    refused(&bucket_access(&json!({ "Resource": null })), kind, "Statement[0]: found no Resource");
    refused(&bucket_access(&json!({ "Resource": [] })), kind, "Statement[0].Resource: found an empty list");
    refused(&bucket_access(&json!({ "Resource": "my-bucket" })), kind, "Statement[0].Resource: found `my-bucket`");
    refused(&bucket_access(&json!({ "Principal": "*" })), kind, "Statement[0].Principal: found a Principal");
    refused(&bucket_access(&json!({ "Action": "GetObject" })), kind, "Statement[0].Action: found `GetObject`");
    refused(&bucket_access(&json!({ "Action": ["s3:*", "s3 :Get"] })), kind, "Statement[0].Action[1]: found `s3 :Get`");
    let mut with_id = bucket_access(&json!({}));
    with_id["Id"] = json!("x");
    refused(&with_id, kind, "Id: found an Id");
}

#[test]
fn an_element_and_its_negation_exclude_each_other() {
    let kind = PolicyKind::Permission;
    refused(&bucket_access(&json!({ "NotAction": "s3:*" })), kind, "Statement[0]: found both Action and NotAction");
    refused(&bucket_access(&json!({ "NotResource": "*" })), kind, "Statement[0]: found both Resource and NotResource");
    refused(&bucket_access(&json!({ "Action": null })), kind, "Statement[0]: found no Action");
    refused(&bucket_access(&json!({ "Action": [] })), kind, "Statement[0].Action: found an empty list");
    let both = vendor_trust(&json!({ "NotPrincipal": { "AWS": "123456789012" } }));
    refused(&both, PolicyKind::Trust, "Statement[0]: found both Principal and NotPrincipal");
}

#[test]
fn an_aws_principal_is_an_account_or_an_arn_without_wildcards() {
    let with = |principal: &str| vendor_trust(&json!({ "Principal": { "AWS": ["123456789012", principal] } }));
    for bad in [
        "12345678901",
        "root",
        "arn:aws:iam::123456789012:role/team-*",
        "arn:aws:iam::123456789012:group/admins",
        "arn:aws:iam::123456789012:role/",
        "arn:aws:iam::12:root",
        "arn:aws:sts::123456789012:root",
        "arn:aws:s3:::bucket",
        "arn:none:iam::123456789012:root",
        "AROAEXAMPLEROLEID1234",
        "ec2.amazonaws.com",
        "",
    ] {
        refused(&with(bad), PolicyKind::Trust, &format!("Statement[0].Principal.AWS[1]: found `{bad}`"));
    }
    for good in [
        "*",
        "arn:aws:iam::123456789012:role/path/name",
        "arn:aws-us-gov:iam::123456789012:user/name",
        "arn:aws:sts::123456789012:assumed-role/name/session",
    ] {
        trust(&with(good));
    }
    let number = vendor_trust(&json!({ "Principal": { "AWS": 12_345_678_901_u64 } }));
    refused(
        &number,
        PolicyKind::Trust,
        "Statement[0].Principal.AWS: found the number 12345678901, expected a string; quote",
    );
}

#[test]
fn a_sid_is_letters_and_digits_and_unique() {
    let kind = PolicyKind::Permission;
    refused(&bucket_access(&json!({ "Sid": "Read-only" })), kind, "Statement[0].Sid: found `Read-only`");
    refused(&bucket_access(&json!({ "Sid": 1 })), kind, "Statement[0].Sid: found the number 1, expected a string");
    let a = bucket_access(&json!({ "Sid": "A" }))["Statement"][0].clone();
    let b = bucket_access(&json!({ "Sid": "A", "Effect": "Deny" }))["Statement"][0].clone();
    refused(&json!({ "Statement": [a, b] }), kind, "Statement[1].Sid: found `A` a second time");
    let a = bucket_access(&json!({ "Sid": "" }))["Statement"][0].clone();
    let b = bucket_access(&json!({ "Sid": "", "Effect": "Deny" }))["Statement"][0].clone();
    permission(&json!({ "Statement": [a, b] }));
}

#[test]
fn a_condition_has_known_operators_and_scalar_values() {
    let with = |condition: Value| bucket_access(&json!({ "Condition": condition }));
    for (condition, start) in [
        (json!([]), "Statement[0].Condition: found an empty list"),
        (json!({ "StringEqual": { "a": "b" } }), "Statement[0].Condition.StringEqual: found `StringEqual`"),
        (json!({ "NullIfExists": { "a": true } }), "Statement[0].Condition.NullIfExists: found `NullIfExists`"),
        (json!({ "ForEach:Bool": { "a": true } }), "Statement[0].Condition[\"ForEach:Bool\"]: found `ForEach:Bool`"),
        (json!({ "Bool": "a" }), "Statement[0].Condition.Bool: found `a`, expected a mapping"),
        (json!({ "Bool": { "aws:X": null } }), "Statement[0].Condition.Bool[\"aws:X\"]: found nothing"),
        (json!({ "Bool": { "aws:X": { "y": 1 } } }), "Statement[0].Condition.Bool[\"aws:X\"]: found a mapping"),
        (json!({ "Bool": { "aws:X": [["y"]] } }), "Statement[0].Condition.Bool[\"aws:X\"][0]: found a list"),
        (json!({ "Bool": { "aws:X": [] } }), "Statement[0].Condition.Bool[\"aws:X\"]: found an empty list"),
        (json!({ "NumericEquals": { "a": 1.5 } }), "Statement[0].Condition.NumericEquals.a: found the number 1.5"),
        (json!({ "Bool": { "a": 1 }, "bool": { "A": 1 } }), "Statement[0].Condition.bool.A: found a second test"),
        (json!({ "Bool": { "a": 1, "A": 1 } }), "Statement[0].Condition.Bool.a: found a second test"),
    ] {
        refused(&with(condition), PolicyKind::Permission, start);
    }
}

#[test]
fn every_operator_of_iam_is_known() {
    let string = [
        "StringEquals",
        "StringNotEquals",
        "StringEqualsIgnoreCase",
        "StringNotEqualsIgnoreCase",
        "StringLike",
        "StringNotLike",
    ];
    let ordered = ["Equals", "NotEquals", "LessThan", "LessThanEquals", "GreaterThan", "GreaterThanEquals"];
    let other =
        ["Bool", "BinaryEquals", "IpAddress", "NotIpAddress", "ArnEquals", "ArnLike", "ArnNotEquals", "ArnNotLike"];
    let ordered = ["Numeric", "Date"].iter().flat_map(|kind| ordered.map(|name| format!("{kind}{name}")));
    let mut all = vec!["Null".to_owned(), "ForAnyValue:Null".to_owned()];
    for name in string.iter().chain(&other).map(ToString::to_string).chain(ordered) {
        for prefix in ["", "ForAllValues:", "ForAnyValue:"] {
            all.extend([format!("{prefix}{name}"), format!("{prefix}{name}IfExists")]);
        }
    }
    for operator in all {
        permission(&bucket_access(&json!({ "Condition": { operator: { "aws:X": "true" } } })));
    }
}

#[test]
fn a_document_has_known_keys_a_known_version_and_a_statement() {
    let kind = PolicyKind::Permission;
    refused(&json!("text"), kind, "the document: found `text`, expected a mapping");
    refused(&json!({ "Version": "2012-10-17" }), kind, "the document: found no Statement");
    refused(&json!({ "Statement": [] }), kind, "Statement: found an empty list");
    refused(&json!({ "Statement": "all" }), kind, "Statement: found `all`, expected a mapping");
    let mut wrong = bucket_access(&json!({}));
    wrong["Version"] = json!("2012-10-18");
    refused(&wrong, kind, "Version: found `2012-10-18`, expected 2012-10-17 or 2008-10-17");
    let mut unknown = bucket_access(&json!({}));
    unknown["Statements"] = json!([]);
    refused(&unknown, kind, "Statements: found an unknown key, expected one of Version, Id, Statement");
    refused(&bucket_access(&json!({ "Conditions": {} })), kind, "Statement[0].Conditions: found an unknown key");
    refused(&bucket_access(&json!({ "Effect": null })), kind, "Statement[0]: found no Effect");
    refused(
        &bucket_access(&json!({ "Resource": "arn:aws:s3:::a\u{2014}b" })),
        kind,
        "Statement[0].Resource: found the character",
    );
}

#[test]
fn every_problem_is_reported_at_once_in_the_order_of_the_document() {
    let document = json!({
        "Version": 2012,
        "Statement": [
            { "Effect": "Allow", "Action": ["s3:*", 5], "Resource": "*" },
            { "Effect": "allow", "Action": "x", "Principals": "*" },
        ],
    });
    let found = problems(&document, PolicyKind::Permission);
    let paths: Vec<_> = found.iter().map(|problem| problem.split(": ").next().unwrap()).collect();
    assert_eq!(
        paths,
        [
            "Statement[0].Action[1]",
            "Statement[1]",
            "Statement[1].Action",
            "Statement[1].Effect",
            "Statement[1].Principals",
            "Version"
        ]
    );
}

#[test]
fn a_text_that_is_not_json_says_where() {
    use crate::policy::PolicyError;
    let parse = |text: &str| PolicyDoc::parse(text, PolicyKind::Trust, Partition::Aws).unwrap_err();
    let twice = "{\n  \"Version\": \"2012-10-17\",\n  \"Version\": \"2012-10-17\"\n}";
    match parse(twice) {
        PolicyError::Json { reason, line, .. } => {
            assert!(reason.starts_with("the key `Version` is given twice"), "{reason}");
            assert_eq!(line, 3);
        }
        PolicyError::Invalid(problems) => panic!("{problems:?}"),
    }
    for text in ["", "{", "{} {}", "{\"a\": 1e400}", "{\"a\": 0.1}", "{\"a\": 123456789012345678901234}"] {
        assert!(matches!(parse(text), PolicyError::Json { .. }), "{text}");
    }
}
