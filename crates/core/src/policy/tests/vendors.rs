//! Documents of the shapes that vendors publish.

use super::*;

/// The trust of Prowler's scan role: an account, an external ID and a pattern of role names.
#[test]
fn an_account_with_an_external_id_and_a_pattern_of_roles() {
    let document = trust(&vendor_trust(&json!({
        "Principal": { "AWS": "arn:aws:iam::232136659152:root" },
        "Condition": {
            "StringEquals": { "sts:ExternalId": "5f3e0f3c-9d7b-4c22-9a35-0d9d8f1f0a11" },
            "StringLike": { "aws:PrincipalArn": "arn:aws:iam::232136659152:role/prowler*" },
        },
    })));
    assert_eq!(document.aws_principals(), ["arn:aws:iam::232136659152:root"]);
    assert_eq!(document.external_ids(), ["5f3e0f3c-9d7b-4c22-9a35-0d9d8f1f0a11"]);
    assert!(document.statements_without_external_id().is_empty());
    assert!(!document.has_wildcard_principal());
}

/// The trust of Datadog's agentless scanner: everyone, narrowed by role and tag, without an external ID.
#[test]
fn everyone_narrowed_by_conditions() {
    let document = trust(&vendor_trust(&json!({
        "Principal": { "AWS": "*" },
        "Condition": {
            "ArnLike": { "aws:PrincipalArn": ["arn:aws:iam::123456789012:role/DatadogAgentlessScannerAgentRole*"] },
            "StringEquals": { "aws:PrincipalTag/DatadogAgentlessScanner": "true" },
        },
    })));
    assert!(document.has_wildcard_principal());
    assert_eq!(document.statements_without_external_id().len(), 1);
}

/// Several statements, each with its own principals; a session tag beside the assumption.
#[test]
fn several_statements_with_principals_of_their_own() {
    let document = trust(&json!({
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": { "AWS": ["956993596390", "arn:aws:iam::287590803701:role/scanner"] },
                "Action": "sts:AssumeRole",
                "Condition": { "StringEquals": { "sts:ExternalId": ["one", "two"] } },
            },
            { "Effect": "Allow", "Principal": { "AWS": "956993596390" }, "Action": "sts:TagSession" },
            {
                "Effect": "Allow",
                "Principal": { "Federated": "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com" },
                "Action": "sts:AssumeRoleWithWebIdentity",
                "Condition": { "StringEquals": { "token.actions.githubusercontent.com:aud": "sts.amazonaws.com" } },
            },
        ],
    }));
    assert_eq!(document.aws_principals(), ["arn:aws:iam::287590803701:role/scanner", "arn:aws:iam::956993596390:root"]);
    assert_eq!(document.external_ids(), ["one", "two"]);
    assert!(document.statements_without_external_id().is_empty());
}

/// Prowler's organization reader and Orca's snapshot policies: service-linked roles, variables, negated tests.
#[test]
fn permissions_with_variables_and_negated_tests() {
    let document = permission(&json!({
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "AllowCreateStackSetSLR",
                "Effect": "Allow",
                "Action": ["iam:CreateServiceLinkedRole"],
                "Resource": ["arn:aws:iam::*:role/aws-service-role/member.org.stacksets.cloudformation.amazonaws.com/*"],
            },
            {
                "Sid": "ModifyDbSnapshots",
                "Effect": "Allow",
                "Action": ["rds:ModifyDBSnapshotAttribute", "rds:ModifyDBClusterSnapshotAttribute"],
                "Resource": ["arn:aws:rds:*:*:snapshot:*", "arn:aws:rds:*:*:cluster-snapshot:*"],
                "Condition": {
                    "StringLike": { "aws:ResourceTag/Orca": "*" },
                    "StringNotLikeIfExists": { "aws:ResourceTag/OrcaOptOut": "*" },
                    "StringEquals": { "rds:Account": "${aws:PrincipalTag/OrcaScannerAccountId, '*'}" },
                },
            },
        ],
    }));
    assert!(document.to_json().contains("${aws:PrincipalTag/OrcaScannerAccountId, '*'}"));
    assert_eq!(document.statements().len(), 2);
}

/// A policy that only denies, as `CloudQuery` attaches beside `ReadOnlyAccess`.
#[test]
fn a_policy_that_only_denies() {
    permission(&json!({
        "Version": "2012-10-17",
        "Statement": {
            "Effect": "Deny",
            "Action": ["cloudformation:GetTemplate", "dynamodb:Scan", "s3:GetObject", "ssm-incidents:List*"],
            "NotResource": "arn:aws:s3:::public/*",
        },
    }));
}
