//! What AWS treats as equal, rule by rule (IAM User Guide, "IAM JSON policy elements reference").

use super::*;

/// Both documents are understood, equal and hash alike.
#[track_caller]
fn same(left: &PolicyDoc, right: &PolicyDoc) {
    use std::hash::{BuildHasher, RandomState};
    assert!(!left.is_opaque() && !right.is_opaque());
    assert_eq!(left, right);
    assert_eq!(left.cmp(right), std::cmp::Ordering::Equal);
    let state = RandomState::new();
    assert_eq!(state.hash_one(left), state.hash_one(right));
}

#[track_caller]
fn same_trust(left: &Value, right: &Value) {
    same(&trust(&vendor_trust(left)), &trust(&vendor_trust(right)));
}

#[track_caller]
fn same_permission(left: &Value, right: &Value) {
    same(&permission(&bucket_access(left)), &permission(&bucket_access(right)));
}

#[test]
fn rule_1_a_scalar_is_a_list_of_one() {
    same_permission(&json!({ "Action": "s3:GetObject" }), &json!({ "Action": ["s3:GetObject"] }));
    same_permission(&json!({ "Resource": "*" }), &json!({ "Resource": ["*"] }));
    let root = "arn:aws:iam::123456789012:root";
    same_trust(&json!({ "Principal": { "AWS": root } }), &json!({ "Principal": { "AWS": [root] } }));
    same_trust(
        &json!({ "Condition": { "StringEquals": { "sts:ExternalId": "x1" } } }),
        &json!({ "Condition": { "StringEquals": { "sts:ExternalId": ["x1"] } } }),
    );
    let document = bucket_access(&json!({}));
    let mut bare = document.clone();
    bare["Statement"] = document["Statement"][0].clone();
    same(&permission(&document), &permission(&bare));
}

#[test]
fn rule_2_order_and_repetition_have_no_meaning() {
    same_permission(
        &json!({ "Action": ["s3:GetObject", "s3:PutObject"], "Resource": ["arn:aws:s3:::a", "arn:aws:s3:::b"] }),
        &json!({ "Resource": ["arn:aws:s3:::b", "arn:aws:s3:::a", "arn:aws:s3:::b"],
                 "Action": ["s3:PutObject", "s3:GetObject", "s3:PutObject"] }),
    );
    let a = bucket_access(&json!({}))["Statement"][0].clone();
    let b = bucket_access(&json!({ "Effect": "Deny" }))["Statement"][0].clone();
    let document = |statements: &[&Value]| permission(&json!({ "Version": "2012-10-17", "Statement": statements }));
    same(&document(&[&a, &b]), &document(&[&b, &a, &b]));
    let mut named = a.clone();
    named["Sid"] = json!("Named");
    same(&document(&[&a]), &document(&[&a, &named]));
    let spread = format!("\n {} \t", serde_json::to_string_pretty(&bucket_access(&json!({}))).unwrap());
    same(
        &PolicyDoc::parse(&spread, PolicyKind::Permission, Partition::Aws).unwrap(),
        &permission(&bucket_access(&json!({}))),
    );
}

#[test]
fn rule_3_an_account_id_is_the_root_of_the_account() {
    let short = vendor_trust(&json!({ "Principal": { "AWS": ["123456789012", "012345678901"] } }));
    let long = vendor_trust(
        &json!({ "Principal": { "AWS": ["arn:aws:iam::012345678901:root", "arn:aws:iam::123456789012:root"] } }),
    );
    same(&trust(&short), &trust(&long));
    assert_eq!(trust(&short).to_value()["Statement"][0]["Principal"], long["Statement"][0]["Principal"]);
    let china = PolicyDoc::from_value(&short, PolicyKind::Trust, Partition::AwsCn).unwrap();
    assert_ne!(china, trust(&long));
    assert_eq!(china.aws_principals(), ["arn:aws-cn:iam::012345678901:root", "arn:aws-cn:iam::123456789012:root"]);
}

#[test]
fn rule_4_everyone_has_two_spellings_in_an_allow_and_keeps_the_one_written() {
    same_trust(&json!({ "Principal": "*" }), &json!({ "Principal": { "AWS": "*" } }));
    let star = trust(&vendor_trust(&json!({ "Principal": "*" })));
    assert_eq!(star.to_value()["Statement"][0]["Principal"], "*");
    assert!(star.has_wildcard_principal());
}

#[test]
fn rule_5_actions_operators_and_condition_keys_have_no_case() {
    same_permission(
        &json!({ "Action": ["s3:GetObject", "S3:LISTBUCKET"] }),
        &json!({ "Action": ["s3:listbucket", "S3:getobject"] }),
    );
    same_permission(&json!({ "Action": ["s3:GetObject", "S3:GETOBJECT"] }), &json!({ "Action": "s3:getobject" }));
    same_trust(
        &json!({ "Condition": { "forallvalues:stringequalsifexists": { "AWS:requesttag/Team": "a" } } }),
        &json!({ "Condition": { "ForAllValues:StringEqualsIfExists": { "aws:RequestTag/team": "a" } } }),
    );
    let written = vendor_trust(&json!({
        "Action": "STS:assumeRole", "Condition": { "stringEquals": { "STS:externalID": "x1" } } }));
    assert_eq!(
        trust(&written).to_value(),
        changed(
            json!({}),
            &json!({
        "Effect": "Allow", "Principal": { "AWS": "arn:aws:iam::123456789012:root" },
        "Action": "STS:assumeRole", "Condition": { "stringEquals": { "STS:externalID": "x1" } } })
        )
    );
}

#[test]
fn rule_6_an_effect_has_exactly_one_spelling() {
    assert_eq!(
        problems(&bucket_access(&json!({ "Effect": "allow" })), PolicyKind::Permission),
        ["Statement[0].Effect: found `allow`, expected Allow or Deny, in exactly this case"]
    );
}

#[test]
fn rule_7_booleans_and_numbers_are_their_texts() {
    let test = |operator: &str, value: Value| json!({ "Condition": { operator: { "aws:Some": value } } });
    same_trust(&test("Bool", json!(true)), &test("Bool", json!("true")));
    same_trust(&test("BoolIfExists", json!("FALSE")), &test("BoolIfExists", json!([false, "False"])));
    same_trust(&test("NumericLessThan", json!(3600)), &test("NumericLessThan", json!("3600")));
    same_trust(&test("NumericLessThan", json!(-1)), &test("NumericLessThan", json!("-1")));
    same_trust(&test("Null", json!(true)), &test("Null", json!("true")));
    let whole = trust(&vendor_trust(&test("NumericEquals", json!(u64::MAX))));
    assert_eq!(whole.statements()[0].condition[0].values, ["18446744073709551615"]);
}

#[test]
fn rule_8_no_version_is_the_version_of_2008() {
    let with = |version: Option<&str>| {
        let mut document = bucket_access(&json!({}));
        match version {
            Some(version) => document["Version"] = json!(version),
            None => drop(document.as_object_mut().unwrap().remove("Version")),
        }
        permission(&document)
    };
    same(&with(None), &with(Some("2008-10-17")));
    assert_ne!(with(None), with(Some("2012-10-17")));
    assert_eq!(with(None).to_value()["Version"], "2008-10-17");
}

#[test]
fn rule_9_sid_and_id_are_kept_but_not_compared() {
    same_trust(&json!({ "Sid": "VendorAccess" }), &json!({}));
    same_trust(&json!({ "Sid": "" }), &json!({}));
    assert!(!trust(&vendor_trust(&json!({ "Sid": "" }))).to_json().contains("Sid"));
    let mut named = vendor_trust(&json!({ "Sid": "VendorAccess" }));
    named["Id"] = json!("trust-of-the-vendor");
    same(&trust(&named), &trust(&vendor_trust(&json!({}))));
    assert_eq!(trust(&named).to_value(), {
        named["Statement"] = json!([named["Statement"][0].clone()]);
        named.clone()
    });
}

#[test]
fn rule_10_arn_equals_is_arn_like() {
    for (left, right) in [
        ("ArnEquals", "ArnLike"),
        ("ArnNotEquals", "ArnNotLike"),
        ("ForAnyValue:ArnEqualsIfExists", "ForAnyValue:ArnLikeIfExists"),
    ] {
        let test =
            |operator: &str| json!({ "Condition": { operator: { "aws:PrincipalArn": "arn:aws:iam::*:role/x" } } });
        same_trust(&test(left), &test(right));
        let kept = trust(&vendor_trust(&test(left))).to_value();
        assert!(kept["Statement"][0]["Condition"].get(left).is_some());
    }
}

#[test]
fn rule_11_empty_conditions_and_empty_principal_lists_are_absent() {
    same_permission(&json!({ "Condition": {} }), &json!({}));
    same_permission(&json!({ "Condition": { "StringEquals": {} } }), &json!({}));
    same_trust(
        &json!({ "Principal": { "AWS": "123456789012", "Service": [] } }),
        &json!({ "Principal": { "AWS": "123456789012" } }),
    );
}

#[test]
fn rule_12_the_unique_id_of_a_deleted_principal_is_seen() {
    let orphaned = live(&vendor_trust(
        &json!({ "Principal": { "AWS": ["AROAEXAMPLEROLEID1234", "arn:aws:iam::123456789012:role/x", "AIDAEXAMPLEUSERID1234"] } }),
    ));
    assert_eq!(orphaned.orphaned_principals(), ["AIDAEXAMPLEUSERID1234", "AROAEXAMPLEROLEID1234"]);
    assert_ne!(orphaned, trust(&vendor_trust(&json!({ "Principal": { "AWS": "arn:aws:iam::123456789012:role/x" } }))));
    assert!(trust(&vendor_trust(&json!({}))).orphaned_principals().is_empty());
    let condition =
        |value: &str| live(&vendor_trust(&json!({ "Condition": { "StringEquals": { "aws:PrincipalArn": value } } })));
    assert!(condition("AROAEXAMPLEROLEID1234").orphaned_principals().is_empty());
    assert_ne!(condition("123456789012"), condition("arn:aws:iam::123456789012:root"));
}

#[test]
fn rule_13_only_the_parsed_form_is_compared() {
    let written = vendor_trust(&json!({}));
    let reserialized = "{\"Statement\":{\"Condition\":{\"StringEquals\":{\"sts:ExternalId\":[\"Abc\\u002d123\"]}},\
        \"Action\":[\"sts:AssumeRole\"],\"Principal\":{\"AWS\":\"123456789012\"},\"Sid\":\"\",\"Effect\":\"Allow\"},\
        \"Version\":\"2012-10-17\"}";
    same(&trust(&written), &PolicyDoc::from_live(reserialized, PolicyKind::Trust, Partition::Aws));
}

#[test]
fn documents_are_written_as_people_write_them() {
    let document = json!({
        "Statement": [
            { "Resource": "*", "NotAction": ["s3:*", "IAM:*"], "Effect": "Deny", "Sid": "B" },
            { "Condition": { "StringLike": { "aws:b": ["y", "x"], "aws:a": 1 } }, "Resource": ["*"],
              "Action": ["s3:GetObject"], "Effect": "Allow", "Sid": "A" },
        ],
        "Version": "2012-10-17",
    });
    insta::assert_snapshot!(permission(&document).to_pretty(), @r#"
    {
      "Version": "2012-10-17",
      "Statement": [
        {
          "Sid": "A",
          "Effect": "Allow",
          "Action": "s3:GetObject",
          "Resource": "*",
          "Condition": {
            "StringLike": {
              "aws:a": "1",
              "aws:b": [
                "x",
                "y"
              ]
            }
          }
        },
        {
          "Sid": "B",
          "Effect": "Deny",
          "NotAction": [
            "IAM:*",
            "s3:*"
          ],
          "Resource": "*"
        }
      ]
    }
    "#);
    insta::assert_snapshot!(trust(&vendor_trust(&json!({}))).to_json(), @r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:root"},"Action":"sts:AssumeRole","Condition":{"StringEquals":{"sts:ExternalId":"Abc-123"}}}]}"#);
}

#[test]
fn white_space_does_not_count_towards_the_size() {
    let document = trust(&vendor_trust(&json!({ "Condition": { "StringEquals": { "aws:Some": "a b\té" } } })));
    let expected = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:root"},"Action":"sts:AssumeRole","Condition":{"StringEquals":{"aws:Some":"ab\té"}}}]}"#;
    assert_eq!(document.size(), expected.chars().count());
    assert_eq!(PolicyDoc::from_live(" not json ", PolicyKind::Trust, Partition::Aws).size(), 7);
}
