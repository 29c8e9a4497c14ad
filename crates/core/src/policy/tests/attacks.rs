//! Pairs of documents that grant different things, however alike they look: none may be equal.

use super::*;

/// Both are understood, and they differ: compared either way, as live documents and after being saved.
#[track_caller]
fn differ(left: &Value, right: &Value) {
    let (left, right) = (live(left), live(right));
    assert!(!left.is_opaque(), "{}", left.to_json());
    assert!(!right.is_opaque(), "{}", right.to_json());
    assert_ne!(left, right);
    assert_ne!(left.cmp(&right), std::cmp::Ordering::Equal);
    assert_ne!(left.to_value(), right.to_value());
    let saved = |document: &PolicyDoc| serde_json::from_value::<PolicyDoc>(document.to_value()).unwrap();
    assert_ne!(saved(&left), saved(&right));
}

#[track_caller]
fn trusts_differ(left: &Value, right: &Value) {
    differ(&vendor_trust(left), &vendor_trust(right));
}

#[track_caller]
fn permissions_differ(left: &Value, right: &Value) {
    differ(&bucket_access(left), &bucket_access(right));
}

#[test]
fn an_effect_turned_around() {
    permissions_differ(&json!({ "Effect": "Allow" }), &json!({ "Effect": "Deny" }));
}

#[test]
fn an_element_and_its_negation() {
    permissions_differ(&json!({}), &json!({ "Action": null, "NotAction": ["s3:GetObject", "s3:ListBucket"] }));
    permissions_differ(
        &json!({}),
        &json!({ "Resource": null, "NotResource": ["arn:aws:s3:::reports", "arn:aws:s3:::reports/*"] }),
    );
    trusts_differ(&json!({}), &json!({ "Principal": null, "NotPrincipal": { "AWS": "123456789012" } }));
}

#[test]
fn resources_and_principals_have_case() {
    permissions_differ(&json!({ "Resource": "arn:aws:s3:::Reports" }), &json!({ "Resource": "arn:aws:s3:::reports" }));
    let role = |name: &str| json!({ "Principal": { "AWS": format!("arn:aws:iam::123456789012:role/{name}") } });
    trusts_differ(&role("Vendor"), &role("vendor"));
    trusts_differ(
        &json!({ "Principal": { "Service": "EC2.amazonaws.com" } }),
        &json!({ "Principal": { "Service": "ec2.amazonaws.com" } }),
    );
}

#[test]
fn condition_values_have_case() {
    let id = |value: &str| json!({ "Condition": { "StringEquals": { "sts:ExternalId": value } } });
    trusts_differ(&id("Abc-123"), &id("abc-123"));
    trusts_differ(&id("true"), &id("TRUE"));
    let variable =
        |name: &str| json!({ "Condition": { "Bool": { "aws:X": format!("${{aws:PrincipalTag/x, '{name}'}}") } } });
    trusts_differ(&variable("A"), &variable("a"));
}

#[test]
fn condition_values_are_not_trimmed_padded_or_rounded() {
    let number = |value: Value| json!({ "Condition": { "NumericEquals": { "aws:X": value } } });
    trusts_differ(&number(json!("1")), &number(json!("1.0")));
    trusts_differ(&number(json!("1")), &number(json!("01")));
    trusts_differ(&number(json!("1")), &number(json!(" 1")));
    trusts_differ(&number(json!(9_007_199_254_740_993_u64)), &number(json!(9_007_199_254_740_992_u64)));
    let digits = |digits: &str| {
        let text = vendor_trust(&number(json!("@"))).to_string().replace("\"@\"", digits);
        PolicyDoc::from_live(&text, PolicyKind::Trust, Partition::Aws)
    };
    assert_ne!(digits("100000000000000000000000001"), digits("100000000000000000000000002"));
    assert_ne!(digits("1.00000000000000000001"), digits("1.00000000000000000002"));
    assert_ne!(digits("0"), digits("-0"));
}

#[test]
fn operators_that_look_alike() {
    let alike = [
        "StringEquals",
        "StringEqualsIgnoreCase",
        "StringLike",
        "StringNotEquals",
        "StringNotLike",
        "StringEqualsIfExists",
        "StringLikeIfExists",
        "ForAllValues:StringEquals",
        "ForAnyValue:StringEquals",
        "ForAllValues:StringEqualsIfExists",
        "ForAnyValue:StringEqualsIfExists",
        "ArnLike",
        "ArnNotLike",
        "ArnLikeIfExists",
        "BinaryEquals",
        "Bool",
        "Null",
        "DateEquals",
        "NumericEquals",
        "NumericLessThan",
        "NumericLessThanEquals",
        "NumericGreaterThan",
        "NumericGreaterThanEquals",
        "IpAddress",
        "NotIpAddress",
    ];
    let test = |operator: &str| json!({ "Condition": { operator: { "aws:X": "true" } } });
    for (index, left) in alike.iter().enumerate() {
        for right in &alike[..index] {
            trusts_differ(&test(left), &test(right));
        }
    }
}

#[test]
fn a_null_test_turned_around() {
    let test = |value: bool| json!({ "Condition": { "Null": { "sts:ExternalId": value } } });
    trusts_differ(&test(true), &test(false));
    trusts_differ(&test(true), &json!({ "Condition": null }));
}

#[test]
fn a_condition_taken_away_or_never_met() {
    trusts_differ(&json!({}), &json!({ "Condition": null }));
    trusts_differ(&json!({}), &json!({ "Condition": {} }));
    let never = json!({ "Condition": { "StringEquals": { "sts:ExternalId": [] } } });
    trusts_differ(&never, &json!({ "Condition": null }));
    trusts_differ(&never, &json!({ "Condition": { "StringEquals": { "sts:ExternalId": "" } } }));
}

#[test]
fn tests_of_one_key_are_not_merged() {
    let both =
        json!({ "Condition": { "ArnEquals": { "aws:PrincipalArn": "a" }, "ArnLike": { "aws:PrincipalArn": "b" } } });
    let either = json!({ "Condition": { "ArnLike": { "aws:PrincipalArn": ["a", "b"] } } });
    trusts_differ(&both, &either);
    trusts_differ(&both, &json!({ "Condition": { "ArnLike": { "aws:PrincipalArn": "a" } } }));
    trusts_differ(&both, &json!({ "Condition": { "ArnLike": { "aws:PrincipalArn": "b" } } }));
}

#[test]
fn values_under_another_key() {
    let tag = |key: &str| json!({ "Condition": { "StringEquals": { key: "x" } } });
    trusts_differ(&tag("aws:RequestTag/team"), &tag("aws:ResourceTag/team"));
    trusts_differ(&tag("aws:RequestTag/\u{e9}"), &tag("aws:RequestTag/\u{c9}"));
    trusts_differ(
        &json!({ "Condition": { "StringEquals": { "aws:a": "1", "aws:b": "2" } } }),
        &json!({ "Condition": { "StringEquals": { "aws:a": "2", "aws:b": "1" } } }),
    );
}

#[test]
fn a_principal_that_is_only_similar() {
    let aws = |principal: &str| json!({ "Principal": { "AWS": principal } });
    trusts_differ(&aws("123456789012"), &aws("arn:aws-us-gov:iam::123456789012:root"));
    trusts_differ(&aws("123456789012"), &aws("arn:aws:iam::123456789012:user/root"));
    trusts_differ(&aws("123456789012"), &aws("12345678901"));
    trusts_differ(&aws("123456789012"), &aws(" 123456789012"));
    trusts_differ(&aws("\u{661}23456789012"), &aws("arn:aws:iam::\u{661}23456789012:root"));
    trusts_differ(&aws("*"), &aws("arn:aws:iam::*:root"));
    trusts_differ(&json!({ "Principal": { "AWS": "x" } }), &json!({ "Principal": { "Service": "x" } }));
    trusts_differ(&json!({ "Principal": { "Federated": "x" } }), &json!({ "Principal": { "Service": "x" } }));
    trusts_differ(
        &json!({ "Principal": { "Service": "123456789012" } }),
        &json!({ "Principal": { "Service": "arn:aws:iam::123456789012:root" } }),
    );
}

#[test]
fn everyone_is_not_every_aws_account_where_it_denies_or_excepts() {
    let everyone = json!("*");
    let accounts = json!({ "AWS": "*" });
    trusts_differ(
        &json!({ "Effect": "Deny", "Principal": everyone }),
        &json!({ "Effect": "Deny", "Principal": accounts }),
    );
    trusts_differ(
        &json!({ "Principal": null, "NotPrincipal": everyone }),
        &json!({ "Principal": null, "NotPrincipal": accounts }),
    );
    trusts_differ(&json!({ "Principal": everyone }), &json!({ "Principal": { "Service": "*" } }));
    trusts_differ(&json!({ "Principal": everyone }), &json!({ "Principal": { "AWS": "*", "Service": "*" } }));
}

#[test]
fn an_empty_principal_is_not_an_absent_one() {
    trusts_differ(&json!({ "Principal": {} }), &json!({ "Principal": null }));
    trusts_differ(&json!({ "Principal": null, "NotPrincipal": {} }), &json!({ "Principal": null }));
    trusts_differ(&json!({ "Principal": null, "NotPrincipal": { "AWS": [] } }), &json!({ "Principal": {} }));
}

#[test]
fn parts_of_two_statements_exchanged() {
    let statement = |action: &str, resource: &str| json!({ "Effect": "Allow", "Action": action, "Resource": resource });
    let document = |statements: Value| json!({ "Version": "2012-10-17", "Statement": statements });
    differ(
        &document(json!([statement("s3:GetObject", "a"), statement("s3:PutObject", "b")])),
        &document(json!([statement("s3:GetObject", "b"), statement("s3:PutObject", "a")])),
    );
    differ(
        &document(json!([statement("s3:GetObject", "a"), statement("s3:PutObject", "b")])),
        &document(json!({ "Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": ["a", "b"] })),
    );
    differ(
        &document(json!([statement("s3:GetObject", "a")])),
        &document(json!([statement("s3:GetObject", "a"), statement("s3:GetObject", "b")])),
    );
}

#[test]
fn two_statements_of_one_sid_are_both_compared() {
    let statement = |action: &str| json!({ "Sid": "S", "Effect": "Allow", "Action": action, "Resource": "*" });
    let document = |statements: Value| json!({ "Version": "2012-10-17", "Statement": statements });
    differ(
        &document(json!([statement("s3:GetObject")])),
        &document(json!([statement("s3:GetObject"), statement("iam:*")])),
    );
}

#[test]
fn text_that_tries_to_look_like_structure() {
    permissions_differ(&json!({ "Action": ["a:b", "a:c"] }), &json!({ "Action": "a:b\",\"a:c" }));
    permissions_differ(&json!({ "Resource": ["a", "b"] }), &json!({ "Resource": "a,b" }));
    permissions_differ(&json!({ "Resource": "[\"a\",\"b\"]" }), &json!({ "Resource": ["a", "b"] }));
    let document = permission(&bucket_access(&json!({})));
    assert_ne!(PolicyDoc::from_live(document.meaning(), PolicyKind::Permission, Partition::Aws), document);
    let quoted = Value::from(document.to_json()).to_string();
    assert_ne!(PolicyDoc::from_live(&quoted, PolicyKind::Permission, Partition::Aws), document);
}

#[test]
fn letters_that_only_look_alike() {
    permissions_differ(&json!({ "Action": "s3:GetObject" }), &json!({ "Action": "s3:GetObj\u{435}ct" }));
    permissions_differ(&json!({ "Action": "\u{212a}ms:Decrypt" }), &json!({ "Action": "kms:Decrypt" }));
    permissions_differ(&json!({ "Action": "s3:GetObject" }), &json!({ "Action": "s3:GetObject " }));
    permissions_differ(&json!({ "Resource": "arn:aws:s3:::a" }), &json!({ "Resource": "arn:aws:s3:::a\u{0}" }));
}

#[test]
fn wildcards_are_compared_as_written() {
    permissions_differ(&json!({ "Action": "s3:*" }), &json!({ "Action": "s3:**" }));
    permissions_differ(&json!({ "Action": "s3:Get*" }), &json!({ "Action": ["s3:Get*", "s3:GetObject"] }));
    permissions_differ(&json!({ "Action": "*" }), &json!({ "Action": "*:*" }));
}

#[test]
fn a_variable_is_text_in_a_document_of_2008() {
    let document = bucket_access(&json!({ "Resource": "arn:aws:s3:::home/${aws:username}" }));
    let mut old = document.clone();
    old["Version"] = json!("2008-10-17");
    differ(&document, &old);
}

#[test]
fn only_a_plain_test_enforces_the_external_id() {
    let ids = |condition: Value| {
        let document = live(&vendor_trust(&json!({ "Condition": condition })));
        assert!(!document.is_opaque());
        document.statements()[0].external_ids().map(|ids| ids.join(" "))
    };
    for operator in ["StringEquals", "StringLike", "stringequals"] {
        assert_eq!(ids(json!({ operator: { "STS:externalid": ["b2", "a1"] } })).as_deref(), Some("a1 b2"));
    }
    assert_eq!(ids(json!({ "StringLike": { "sts:ExternalId": "acme-*" } })).as_deref(), Some("acme-*"));
    for condition in [
        json!({}),
        json!({ "StringEquals": { "sts:ExternalId": [] } }),
        json!({ "StringEquals": { "aws:PrincipalArn": "x" } }),
        json!({ "StringEquals": { "sts:ExternalId": "${sts:ExternalId}" } }),
        json!({ "StringLike": { "sts:ExternalId": "*" } }),
        json!({ "StringLike": { "sts:ExternalId": ["acme", "**"] } }),
        json!({ "StringLike": { "sts:ExternalId": "?*" } }),
        json!({ "StringEqualsIfExists": { "sts:ExternalId": "acme" } }),
        json!({ "ForAllValues:StringEquals": { "sts:ExternalId": "acme" } }),
        json!({ "StringNotEquals": { "sts:ExternalId": "acme" } }),
        json!({ "Null": { "sts:ExternalId": "false" } }),
    ] {
        assert_eq!(ids(condition.clone()), None, "{condition}");
    }
}

#[test]
fn one_statement_without_external_id_is_found_among_others() {
    let guarded = vendor_trust(&json!({}))["Statement"][0].clone();
    let unguarded = |changes: Value| {
        let other = vendor_trust(&changed_fields(&changes))["Statement"][0].clone();
        let document = live(&json!({ "Version": "2012-10-17", "Statement": [guarded, other] }));
        assert!(!document.is_opaque());
        assert_eq!(document.external_ids(), ["Abc-123"]);
        document.statements_without_external_id().len()
    };
    assert_eq!(unguarded(json!({})), 1);
    assert_eq!(unguarded(json!({ "Action": "sts:*" })), 1);
    assert_eq!(unguarded(json!({ "Action": null, "NotAction": "sts:TagSession" })), 1);
    assert_eq!(unguarded(json!({ "Principal": null, "NotPrincipal": { "AWS": "123456789012" } })), 1);
    assert_eq!(unguarded(json!({ "Principal": "*" })), 1);
    assert_eq!(unguarded(json!({ "Effect": "Deny" })), 0);
    assert_eq!(unguarded(json!({ "Action": ["sts:TagSession", "STS:SetSourceIdentity"] })), 0);
    assert_eq!(unguarded(json!({ "Principal": { "Service": "ec2.amazonaws.com" } })), 0);
}

/// The changes given, and the condition taken away.
fn changed_fields(changes: &Value) -> Value {
    let mut changes = changes.clone();
    changes["Condition"] = Value::Null;
    changes
}

#[test]
fn every_way_to_allow_everyone_is_a_wildcard() {
    let wildcard = |changes: Value| live(&vendor_trust(&changes)).has_wildcard_principal();
    assert!(wildcard(json!({ "Principal": "*" })));
    assert!(wildcard(json!({ "Principal": { "AWS": ["123456789012", "*"] } })));
    assert!(wildcard(json!({ "Principal": { "Federated": "*" } })));
    assert!(wildcard(json!({ "Principal": null, "NotPrincipal": { "AWS": "123456789012" } })));
    assert!(!wildcard(json!({ "Principal": "*", "Effect": "Deny" })));
    assert!(!wildcard(json!({})));
}
