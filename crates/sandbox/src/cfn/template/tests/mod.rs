//! Whole templates.

mod functions;
mod laws;
mod parameters;
mod refusals;
mod rules;

use std::collections::BTreeMap;

use serde_json::json;

use super::testing::{context, given, refusal, resolved};
use super::{Capability, DeletionPolicy, Template};

/// Two roles, a policy and a user that name each other; nothing is declared in the order it is needed.
const LINKED: &str = r"
AWSTemplateFormatVersion: 2010-09-09
Description: Vendor access
Parameters:
  ExternalId: { Type: String, NoEcho: true }
  Prefix: { Type: String, Default: vendor }
Conditions:
  IsEurope: !Equals [!Ref AWS::Region, eu-west-1]
Resources:
  Attachment:
    Type: AWS::IAM::Policy
    Properties:
      PolicyName: extra
      PolicyDocument: { Version: 2012-10-17, Statement: [] }
      Roles: [!Ref Scanner]
  Scanner:
    Type: AWS::IAM::Role
    DeletionPolicy: Retain
    Properties:
      RoleName: !Sub '${Prefix}-scanner'
      Path: /vendor/
      ManagedPolicyArns: [!Ref Limits, !Sub 'arn:${AWS::Partition}:iam::aws:policy/SecurityAudit']
      AssumeRolePolicyDocument:
        Version: 2012-10-17
        Statement:
          - Effect: Allow
            Action: sts:AssumeRole
            Principal: { AWS: arn:aws:iam::232136659152:root }
            Condition: { StringEquals: { sts:ExternalId: !Ref ExternalId } }
  Limits:
    Type: AWS::IAM::ManagedPolicy
    Properties:
      PolicyDocument: { Version: 2012-10-17, Statement: [] }
  Robot:
    Type: AWS::IAM::User
    Condition: IsEurope
    DependsOn: Attachment
Outputs:
  RoleArn: { Value: !GetAtt Scanner.Arn }
  RobotName: { Condition: IsEurope, Value: !Ref Robot, Export: { Name: !Sub '${AWS::StackName}-robot' } }
";

#[test]
fn resources_come_after_those_they_need() {
    let resolved = resolved(LINKED, &given(&[("ExternalId", "e")]));
    let order: Vec<&str> = resolved.resources.iter().map(|resource| resource.logical_id.as_str()).collect();
    assert_eq!(order, ["Limits", "Scanner", "Attachment", "Robot"]);
}

#[test]
fn iam_resources_are_referred_to_by_name_and_arn() {
    let resolved = resolved(LINKED, &given(&[("ExternalId", "e-1")]));
    let [limits, scanner, attachment, robot] = resolved.resources.as_slice() else { panic!("{resolved:#?}") };
    let limits_name = limits.properties["ManagedPolicyName"].as_str().unwrap();
    assert!(limits_name.starts_with("StackSet-prowler-1-Limits-"), "{limits_name}");
    assert_eq!(limits.physical_id, format!("arn:aws:iam::222222222222:policy/{limits_name}"));
    assert_eq!(
        scanner.properties,
        json!({
            "RoleName": "vendor-scanner",
            "Path": "/vendor/",
            "ManagedPolicyArns": [limits.physical_id, "arn:aws:iam::aws:policy/SecurityAudit"],
            "AssumeRolePolicyDocument": { "Version": "2012-10-17", "Statement": [{
                "Effect": "Allow",
                "Action": "sts:AssumeRole",
                "Principal": { "AWS": "arn:aws:iam::232136659152:root" },
                "Condition": { "StringEquals": { "sts:ExternalId": "e-1" } },
            }]},
        })
    );
    assert_eq!((scanner.physical_id.as_str(), scanner.deletion_policy), ("vendor-scanner", DeletionPolicy::Retain));
    assert_eq!(scanner.replace_policy, DeletionPolicy::Delete);
    assert_eq!(attachment.properties["Roles"], json!(["vendor-scanner"]));
    assert_eq!(resolved.outputs["RoleArn"].value, "arn:aws:iam::222222222222:role/vendor/vendor-scanner");
    assert_eq!(resolved.outputs["RobotName"].value, robot.physical_id);
    assert_eq!(robot.properties, json!({ "UserName": robot.physical_id }));
}

#[test]
fn a_condition_that_does_not_hold_leaves_resources_and_outputs_out() {
    let mut elsewhere = given(&[("ExternalId", "e")]);
    elsewhere.region = "us-east-1".to_owned();
    let resolved = resolved(LINKED, &elsewhere);
    assert!(resolved.resources.iter().all(|resource| resource.logical_id != "Robot"));
    assert_eq!(resolved.outputs.keys().collect::<Vec<_>>(), ["RoleArn"]);
}

#[test]
fn what_is_left_out_cannot_be_referred_to() {
    let left_out = "Conditions: { Never: !Equals [a, b] }\n\
                    Resources:\n  A: { Type: AWS::IAM::User, Condition: Never }\n  B: { Type: AWS::IAM::Group, ";
    let unresolved = |block: &str| {
        format!("Template format error: Unresolved resource dependencies [A] in the {block} block of the template")
    };
    for reference in ["!Ref A", "!GetAtt A.Arn", "!Sub '${A}'", "!Sub '${A.Arn}'"] {
        let template = format!("{left_out} Properties: {{ GroupName: {reference} }} }}");
        assert_eq!(refusal(&template, &context()), unresolved("Resources"), "{reference}");
        let template = format!("{left_out} }}\nOutputs: {{ O: {{ Value: {reference} }} }}");
        assert_eq!(refusal(&template, &context()), unresolved("Outputs"), "{reference}");
    }
    let guarded = format!("{left_out} DependsOn: A, Properties: {{ GroupName: !If [Never, !Ref A, g] }} }}");
    assert_eq!(resolved(&guarded, &context()).resources[0].properties, json!({ "GroupName": "g" }));
}

#[test]
fn the_same_template_and_context_give_the_same() {
    let context = given(&[("ExternalId", "e")]);
    assert_eq!(resolved(LINKED, &context), resolved(LINKED, &context));
}

#[test]
fn json_means_what_yaml_means() {
    let json = super::text::read(LINKED).unwrap().to_string();
    assert_eq!(Template::parse(&json), Template::parse(LINKED));
}

#[test]
fn a_template_tells_what_it_is() {
    let template = Template::parse(LINKED).unwrap();
    assert_eq!(template.description(), Some("Vendor access"));
    assert!(!template.has_transform() && !template.has_nested_stack());
    let parameters = template.parameters();
    assert!(parameters["ExternalId"].no_echo && parameters["ExternalId"].default.is_none());
    assert_eq!(parameters["Prefix"].default.as_deref(), Some("vendor"));
    let nested = "Resources: { S: { Type: AWS::CloudFormation::Stack, Properties: { TemplateURL: x } } }";
    assert!(Template::parse(nested).unwrap().has_nested_stack());
}

#[test]
fn iam_resources_need_a_capability_and_named_ones_the_stronger() {
    let needed = |resources: &str| Template::parse(&format!("Resources: {resources}")).unwrap().needs_capability();
    assert_eq!(needed("{ B: { Type: AWS::S3::Bucket } }"), None);
    assert_eq!(needed("{ R: { Type: AWS::IAM::Role } }"), Some(Capability::Iam));
    assert_eq!(needed("{ P: { Type: AWS::IAM::Policy, Properties: { PolicyName: p } } }"), Some(Capability::Iam));
    for (kind, property) in [
        ("Group", "GroupName"),
        ("InstanceProfile", "InstanceProfileName"),
        ("ManagedPolicy", "ManagedPolicyName"),
        ("Role", "RoleName"),
        ("User", "UserName"),
    ] {
        let named = format!(
            "{{ A: {{ Type: AWS::IAM::Role }}, X: {{ Type: AWS::IAM::{kind}, Properties: {{ {property}: x }} }} }}"
        );
        assert_eq!(needed(&named), Some(Capability::NamedIam), "{kind}");
    }
}

#[test]
fn a_transform_is_recognised_and_not_resolved() {
    for template in [
        "Transform: AWS::Serverless-2016-10-31\nResources: { F: { Type: AWS::Serverless::Function } }",
        "Transform: [AWS::LanguageExtensions]\nResources: { 'Fn::ForEach::X': [] }",
        "Resources: { 'Fn::Transform': { Name: AWS::Include } }",
    ] {
        let template = Template::parse(template).unwrap();
        assert!(template.has_transform());
        let error = template.resolve(&context()).unwrap_err();
        assert_eq!(error, "The simulated CloudFormation does not know transforms");
    }
}

#[test]
fn every_account_sees_its_own_external_id() {
    let template = json!({
        "Conditions": {
            "OwnExternalId1": { "Fn::Or": [
                { "Fn::Equals": [{ "Ref": "AWS::AccountId" }, "222222222222"] },
                { "Fn::Equals": [{ "Ref": "AWS::AccountId" }, "333333333333"] },
            ]},
            "HasOwnExternalId": { "Condition": "OwnExternalId1" },
        },
        "Resources": { "Role": { "Type": "AWS::IAM::Role", "Properties": {
            "RoleName": "Scan",
            "AssumeRolePolicyDocument": { "Statement": [{ "Condition": { "StringEquals": { "sts:ExternalId": [
                { "Fn::If": ["HasOwnExternalId", { "Ref": "AWS::NoValue" }, "common"] },
                { "Fn::If": ["OwnExternalId1", "legacy", { "Ref": "AWS::NoValue" }] },
            ]}}}]},
        }}},
    })
    .to_string();
    let external_id = |account: &str| {
        let context = super::Context { account: account.to_owned(), ..context() };
        let mut role = resolved(&template, &context).resources.remove(0);
        role.properties["AssumeRolePolicyDocument"]["Statement"][0]["Condition"]["StringEquals"]["sts:ExternalId"]
            .take()
    };
    let seen: BTreeMap<_, _> =
        ["222222222222", "333333333333", "444444444444"].map(|account| (account, external_id(account))).into();
    let legacy = json!(["legacy"]);
    let wanted =
        [("222222222222", legacy.clone()), ("333333333333", legacy), ("444444444444", json!(["common"]))].into();
    assert_eq!(seen, wanted);
}
