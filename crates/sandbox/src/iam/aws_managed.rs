//! The policies that AWS manages.

use std::collections::BTreeSet;
use std::sync::LazyLock;

/// Path and name of every AWS managed policy, one a line.
static NAMES: LazyLock<BTreeSet<&'static str>> =
    LazyLock::new(|| include_str!("aws_managed_names.txt").lines().collect());

/// What stands before path and name in an ARN.
const PREFIX: &str = "arn:aws:iam::aws:policy/";

/// Whether AWS has a managed policy of this ARN.
pub(crate) fn exists(arn: &str) -> bool {
    arn.strip_prefix(PREFIX).is_some_and(|name| NAMES.contains(name))
}

/// Whether a policy can be attached to service-linked roles only.
pub(crate) fn for_service_linked_roles(arn: &str) -> bool {
    arn.strip_prefix(PREFIX).is_some_and(|name| name.starts_with("aws-service-role/"))
}

/// The ARNs of all of them, sorted.
pub(crate) fn arns() -> impl Iterator<Item = String> {
    NAMES.iter().map(|name| format!("{PREFIX}{name}"))
}

/// The path of a policy, from slash to slash.
pub(crate) fn path(arn: &str) -> String {
    let name = arn.strip_prefix(PREFIX).unwrap_or(arn);
    name.rsplit_once('/').map_or_else(|| "/".to_owned(), |(path, _)| format!("/{path}/"))
}

/// The document of a policy, for the few whose document is simulated, cut down to the services that are.
///
/// Any other policy of [`exists`] can be attached but grants nothing here.
pub(crate) fn document(arn: &str) -> Option<&'static str> {
    Some(match arn.strip_prefix(PREFIX)? {
        "AdministratorAccess" => {
            r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#
        }
        "IAMFullAccess" => {
            r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["iam:*","organizations:DescribeAccount","organizations:DescribeOrganization","organizations:DescribeOrganizationalUnit","organizations:ListChildren","organizations:ListParents","organizations:ListRoots"],"Resource":"*"}]}"#
        }
        "IAMReadOnlyAccess" => {
            r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["iam:Get*","iam:List*","iam:Simulate*"],"Resource":"*"}]}"#
        }
        "ReadOnlyAccess" => {
            r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["cloudformation:Describe*","cloudformation:Detect*","cloudformation:Get*","cloudformation:List*","cloudformation:ValidateTemplate","cloudtrail:LookupEvents","iam:Get*","iam:List*","iam:Simulate*","organizations:Describe*","organizations:List*","sts:GetCallerIdentity"],"Resource":"*"}]}"#
        }
        "SecurityAudit" => {
            r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["cloudformation:DescribeStack*","cloudformation:GetTemplate","cloudformation:ListStack*","cloudtrail:LookupEvents","iam:Get*","iam:List*","iam:Simulate*","organizations:Describe*","organizations:List*"],"Resource":"*"}]}"#
        }
        "job-function/ViewOnlyAccess" => {
            r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["cloudformation:DescribeStacks","cloudformation:List*","cloudtrail:LookupEvents","iam:GetLoginProfile","iam:List*","organizations:List*"],"Resource":"*"}]}"#
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::Document;

    #[test]
    fn every_simulated_document_is_of_a_policy_that_exists_and_parses() {
        let documents: Vec<String> = arns().filter(|arn| document(arn).is_some()).collect();
        assert_eq!(documents.len(), 6, "{documents:?}");
        for arn in documents {
            assert!(Document::parse(document(&arn).unwrap()).is_ok(), "{arn}");
        }
        assert!(!exists("arn:aws:iam::aws:policy/NoSuchPolicy"));
    }
}
