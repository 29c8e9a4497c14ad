//! What a call was about, by which its event can be found.

use serde_json::Value;

use super::model::Resource;
use crate::wire::Service;

/// The members of requests that name something, and what they name.
const IAM: [(&str, &str); 11] = [
    ("accessKeyId", "AWS::IAM::AccessKey"),
    ("groupName", "AWS::IAM::Group"),
    ("instanceProfileName", "AWS::IAM::InstanceProfile"),
    ("openIDConnectProviderArn", "AWS::IAM::OIDCProvider"),
    ("policyArn", "AWS::IAM::Policy"),
    ("policyName", "AWS::IAM::Policy"),
    ("roleName", "AWS::IAM::Role"),
    ("sAMLProviderArn", "AWS::IAM::SAMLProvider"),
    ("serialNumber", "AWS::IAM::MfaDevice"),
    ("serverCertificateName", "AWS::IAM::ServerCertificate"),
    ("userName", "AWS::IAM::User"),
];
const CLOUDFORMATION: [(&str, &str); 3] = [
    ("changeSetName", "AWS::CloudFormation::ChangeSet"),
    ("stackName", "AWS::CloudFormation::Stack"),
    ("stackSetName", "AWS::CloudFormation::StackSet"),
];
const SSM: [(&str, &str); 2] = [("name", "AWS::SSM::Parameter"), ("resourceId", "AWS::SSM::Parameter")];

/// What IAM answers about something new, and the members of it that are names of it.
const MADE: [(&str, &str, [&str; 2]); 4] = [
    ("group", "AWS::IAM::Group", ["arn", "groupId"]),
    ("policy", "AWS::IAM::Policy", ["arn", "policyId"]),
    ("role", "AWS::IAM::Role", ["arn", "roleId"]),
    ("user", "AWS::IAM::User", ["arn", "userId"]),
];

/// What a request and its answer name.
pub(super) fn resources(service: Service, request: &Value, response: &Value) -> Vec<Resource> {
    let members: &[(&str, &str)] = match service {
        Service::Iam => &IAM,
        Service::CloudFormation => &CLOUDFORMATION,
        Service::Ssm => &SSM,
        Service::Sts | Service::Organizations | Service::CloudTrail => &[],
    };
    let named = |of: &Value, member: &str, kind: &str| {
        let name = of.get(member).and_then(Value::as_str)?.to_owned();
        Some(Resource { kind: kind.to_owned(), name })
    };
    let asked = members.iter().filter_map(|(member, kind)| named(request, member, kind));
    let made = MADE.iter().filter(|_| service == Service::Iam).filter_map(|(member, kind, names)| {
        let made = response.get(member)?;
        Some(names.iter().filter_map(move |name| named(made, name, kind)))
    });
    asked.chain(made.flatten()).collect()
}
