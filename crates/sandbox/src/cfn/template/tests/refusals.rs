//! Templates that `CloudFormation` does not take.

use super::super::Template;
use super::super::testing::{context, refusal};

const ROLE: &str = "Resources: { R: { Type: AWS::IAM::Role } }";

#[track_caller]
fn refused(template: &str, wanted: &str) {
    assert_eq!(refusal(template, &context()), wanted, "{template}");
}

#[test]
fn the_top_level_has_known_keys() {
    refused("Resource: {}", "Invalid template property or properties [Resource]");
    refused(&format!("B: 1\nA: 1\n{ROLE}"), "Invalid template property or properties [A, B]");
    let version = "Template format error: unsupported value for AWSTemplateFormatVersion.";
    refused(&format!("AWSTemplateFormatVersion: '2012-10-17'\n{ROLE}"), version);
    let long = format!("Description: {}\n{ROLE}", "d".repeat(1025));
    refused(&long, "Template format error: 'Description' length is greater than 1024.");
}

#[test]
fn a_template_has_resources() {
    for template in ["Description: x", "Resources: {}"] {
        refused(template, "Template format error: At least one Resources member must be defined.");
    }
}

#[test]
fn a_resource_has_a_type_and_known_attributes() {
    for (resource, wanted) in [
        ("{}", "Template format error: [/Resources/R] Every Resources object must contain a Type member."),
        ("{ Type: AWS::IAM }", "Template format error: Unrecognized resource types: [AWS::IAM]"),
        ("{ Type: AWS::IAM::Role, RoleName: r }", "Invalid template resource property 'RoleName'"),
        (
            "{ Type: AWS::IAM::Role, DependsOn: { a: b } }",
            "Template format error: DependsOn must be a string or list of strings.",
        ),
        ("{ Type: AWS::IAM::Role, DeletionPolicy: Keep }", "Template format error: Unrecognized DeletionPolicy Keep"),
        (
            "{ Type: AWS::IAM::Role, DeletionPolicy: Snapshot }",
            "Template error: resource type AWS::IAM::Role does not support deletion policy Snapshot",
        ),
        (
            "{ Type: AWS::IAM::Role, Condition: !Equals [a, b] }",
            "Template format error: Every Condition member must be a string.",
        ),
        ("[a]", "Template format error: Any Resources member must be an object."),
        (
            "{ Type: AWS::IAM::Role, Properties: { RoleName: [a] } }",
            "Value of property RoleName must be of type String",
        ),
    ] {
        refused(&format!("Resources: {{ R: {resource} }}"), wanted);
    }
    refused(
        "Resources: { my-role: { Type: AWS::IAM::Role } }",
        "Template format error: Resource name my-role is non alphanumeric.",
    );
    refused(
        &format!("Parameters: {{ R: {{ Type: String }} }}\n{ROLE}"),
        "Template format error: Resource name R is already used by a parameter.",
    );
}

#[test]
fn quotas_bound_the_blocks() {
    let users: Vec<String> = (0..501).map(|n| format!("  U{n}: {{ Type: AWS::IAM::User }}")).collect();
    let wanted = "Template format error: Number of resources, 501, is greater than maximum allowed, 500";
    refused(&format!("Resources:\n{}", users.join("\n")), wanted);
}

#[test]
fn references_of_resources_lead_somewhere() {
    let unresolved =
        "Template format error: Unresolved resource dependencies [Nope] in the Resources block of the template";
    for (resource, wanted) in [
        ("Properties: { P: !Ref Nope }", unresolved),
        ("Properties: { P: [{ a: !Sub '${Nope}-x' }] }", unresolved),
        ("Properties: { P: !If [C, !Ref Nope, a] }", unresolved),
        ("Metadata: { P: !Ref Nope }", unresolved),
        ("DependsOn: [Nope]", unresolved),
        (
            "Properties: { P: !GetAtt Nope.Arn }",
            "Template error: instance of Fn::GetAtt references undefined resource Nope",
        ),
        (
            "Properties: { P: !Sub '${Nope.Arn}' }",
            "Template error: instance of Fn::Sub references invalid resource attribute Nope.Arn",
        ),
        (
            "Condition: Nope",
            "Template format error: Unresolved condition dependency Nope in the Resources block of the template",
        ),
    ] {
        refused(
            &format!("Conditions: {{ C: !Equals [a, b] }}\nResources: {{ R: {{ Type: AWS::IAM::Role, {resource} }} }}"),
            wanted,
        );
    }
    let two = "Resources: { R: { Type: AWS::IAM::Role, Properties: { A: !Ref Y }, DependsOn: X }, S: { Type: AWS::IAM::Role, Properties: { A: !Ref Y } } }";
    refused(
        two,
        "Template format error: Unresolved resource dependencies [X, Y] in the Resources block of the template",
    );
}

#[test]
fn references_of_outputs_lead_somewhere() {
    let unresolved =
        "Template format error: Unresolved resource dependencies [Nope] in the Outputs block of the template";
    for (output, wanted) in [
        ("Value: !Ref Nope", unresolved),
        ("Value: x, Export: { Name: !Sub '${Nope}' }", unresolved),
        (
            "Value: x, Condition: Nope",
            "Template format error: Unresolved condition dependency Nope in the Outputs block of the template",
        ),
        (
            "Description: x",
            "Template format error: Output O is malformed. Every Outputs member must contain a Value object",
        ),
        ("Value: [a]", "Template format error: The Value field of every Outputs member must evaluate to a String."),
        ("Value: a, Type: b", "Invalid template output property 'Type'"),
    ] {
        refused(&format!("{ROLE}\nOutputs: {{ O: {{ {output} }} }}"), wanted);
    }
}

#[test]
fn conditions_know_parameters_and_each_other_only() {
    for (conditions, wanted) in [
        (
            "{ C: !Equals [!Ref R, x] }",
            "Template format error: Unresolved dependencies [R]. Cannot reference resources in the Conditions block of the template",
        ),
        (
            "{ C: !Equals [!GetAtt R.Arn, x] }",
            "Template format error: Unresolved dependencies [R]. Cannot reference resources in the Conditions block of the template",
        ),
        (
            "{ C: !Contains [[a], a] }",
            "Template error: Fn::Contains can only be used in the Rules block of the template",
        ),
        (
            "{ C: !Not [!Condition D] }",
            "Template format error: Unresolved condition dependency D in the Conditions block of the template",
        ),
        (
            "{ C: !Not [!Condition D], D: !Not [!Condition C] }",
            "Template format error: Circular dependencies for conditions: [C, D]",
        ),
    ] {
        refused(&format!("Conditions: {conditions}\n{ROLE}"), wanted);
    }
}

#[test]
fn nothing_needs_itself() {
    let two = "Resources: { A: { Type: AWS::IAM::User, DependsOn: B }, B: { Type: AWS::IAM::User, Metadata: { m: !Sub '${A.Arn}' } } }";
    refused(two, "Circular dependency between resources: [A, B]");
    refused("Resources: { A: { Type: AWS::IAM::User, DependsOn: A } }", "Circular dependency between resources: [A]");
}

#[test]
fn mappings_have_two_levels() {
    let one = format!("Mappings: {{ M: {{ a: b }} }}\n{ROLE}");
    refused(&one, "Template format error: [/Mappings/M/a] Every Mappings attribute must be a map");
    let three = format!("Mappings: {{ M: {{ a: {{ b: {{ c: d }} }} }} }}\n{ROLE}");
    refused(&three, "Template format error: Every Mappings attribute must be a String or a List.");
}

#[test]
fn a_template_without_resources_is_a_format_error() {
    let error = Template::parse("Resources: {}").unwrap_err();
    assert_eq!(error, "Template format error: At least one Resources member must be defined.");
}
