//! The organization in which the policies are tried out, and the configuration.

use serde_json::{Value, json};

use crate::policies::Policies;

/// The account that manages the organization.
pub(crate) const MANAGEMENT: &str = "111111111111";
/// The account that may be a delegated administrator.
pub(crate) const DELEGATE: &str = "222222222222";
/// An ordinary member.
pub(crate) const MEMBER: &str = "333333333333";

/// As whom the program calls StackSets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CallAs {
    /// From the management account.
    Own,
    /// From the account of a delegated administrator.
    DelegatedAdmin,
}

impl CallAs {
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::Own => "management account",
            Self::DelegatedAdmin => "delegated administrator",
        }
    }

    /// The account in which the program's own role is.
    pub(crate) fn account(self) -> &'static str {
        match self {
            Self::Own => MANAGEMENT,
            Self::DelegatedAdmin => DELEGATE,
        }
    }
}

/// The configuration as the flow begins: bare roles, to which everything is added later. What comes right after the
/// creation of a role is tried for long, as AWS may not have caught up with it.
pub(crate) fn configuration(call_as: CallAs) -> String {
    let (call_as, management) = match call_as {
        CallAs::Own => ("self", "{}"),
        CallAs::DelegatedAdmin => ("delegated_admin", "false"),
    };
    format!(
        r#"version: 1
organization: {{ id: o-perms12345, management_account: "{MANAGEMENT}" }}
access: {{ member_role: RolecallMember, call_as: {call_as} }}
limits: {{ max_deletes: 100, max_change_percent: 100 }}
integrations:
  scanner:
    external_id: scanner-external-id
    role:
      name: ScannerRole
      trust: {{ principals: ["232136659152"] }}
      # scanner
    management_account: {management}
    targets: {{ organizational_units: [Workloads] }}
    rollout: {{ failure_tolerance: 100% }}
    tolerate: {{ managed_policies: ["*"] }}
  auditor:
    external_id: auditor-external-id
    role:
      name: AuditorRole
      path: /vendors/
      trust: {{ principals: ["232136659152"] }}
      # auditor
    management_account: false
    targets: {{ organizational_units: [Workloads] }}
    rollout: {{ delivery: direct }}
"#
    )
}

/// The organization file; it is JSON, which is YAML, too.
pub(crate) fn organization(policies: &Policies, call_as: CallAs) -> String {
    let trust = |account: &str| {
        json!({ "Version": "2012-10-17", "Statement": [{
            "Effect": "Allow",
            "Principal": { "AWS": format!("arn:aws:iam::{account}:root") },
            "Action": "sts:AssumeRole",
        }]})
    };
    let role = |name: &str, trusted: &str, policy: &Value| json!({ "name": name, "trust": trust(trusted), "inline_policies": { "rolecall": policy } });
    let caller = || role("Pipeline", call_as.account(), &policies.caller);
    let member = || role("RolecallMember", call_as.account(), &policies.member);
    let account = |id: &str, name: &str, roles: Vec<Value>| json!({ "id": id, "name": name, "member_role": "none", "roles": roles });
    let (management, delegate) = match call_as {
        CallAs::Own => (vec![caller()], vec![member()]),
        CallAs::DelegatedAdmin => (vec![], vec![caller()]),
    };
    json!({
        "organization": "o-perms12345",
        "management_account": MANAGEMENT,
        "root": "r-perm",
        "trusted_access": call_as == CallAs::DelegatedAdmin,
        // Without paths the tree is walked, which takes every operation that reads it.
        "switches": { "paths": "absent" },
        "accounts": [account(MANAGEMENT, "management", management)],
        "units": [{ "name": "Workloads", "id": "ou-perm-workload", "accounts": [
            account(DELEGATE, "delegate", delegate),
            account(MEMBER, "member", vec![member()]),
        ]}],
    })
    .to_string()
}
