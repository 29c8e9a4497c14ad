//! The intrinsic functions, one by one.

use std::collections::BTreeMap;

use serde_json::json;

use super::super::Template;
use super::super::testing::{context, given, property, refusal, with_property};

const BEFORE: &str = "\
Parameters:
  Env: { Type: String, Default: dev }
  Subnets: { Type: CommaDelimitedList, Default: 'subnet-1, subnet-2,subnet-3' }
Mappings:
  Sizes: { eu-west-1: { Count: 3, Zones: [a, b] }, us-east-1: { Count: 2 } }
Conditions:
  IsDev: !Equals [!Ref Env, dev]
  IsProd: !Not [!Condition IsDev]
  Both: !And [!Condition IsDev, !Condition IsProd]
  Either: !Or [!Condition IsDev, !Condition IsProd]
  ThreeHere: !Equals [!FindInMap [Sizes, !Ref 'AWS::Region', Count], '3']";

#[test]
fn functions_give_what_the_user_guide_says() {
    for (value, wanted) in [
        ("!Ref Env", json!("dev")),
        ("!Ref Subnets", json!(["subnet-1", "subnet-2", "subnet-3"])),
        ("!Join ['|', !Ref Subnets]", json!("subnet-1|subnet-2|subnet-3")),
        ("!Join ['', [a, 1, true, !Ref AWS::NoValue]]", json!("a1true")),
        ("!Select [2, !Ref Subnets]", json!("subnet-3")),
        ("!Select ['1', [a, { b: c }]]", json!({ "b": "c" })),
        ("!Split [',', 'a,b,,c']", json!(["a", "b", "", "c"])),
        ("!Join ['-', !Split [',', 'a,b']]", json!("a-b")),
        ("!FindInMap [Sizes, !Ref 'AWS::Region', Count]", json!(3)),
        ("!FindInMap [Sizes, eu-west-1, Zones]", json!(["a", "b"])),
        ("!If [IsDev, small, large]", json!("small")),
        ("!If [IsProd, small, !If [Either, x, y]]", json!("x")),
        ("!If [Both, small, !If [ThreeHere, three, y]]", json!("three")),
        ("!Base64 ''", json!("")),
        ("!Base64 a", json!("YQ==")),
        ("!Base64 ab", json!("YWI=")),
        ("!Base64 {'Fn::Sub': '${Env}\u{ff}'}", json!("ZGV2w78=")),
    ] {
        assert_eq!(property(BEFORE, value, &context()), wanted, "{value}");
    }
}

#[test]
fn sub_takes_variables_of_its_own_before_the_templates() {
    for (value, wanted) in [
        ("!Sub '${Env}/${AWS::Region}'", "dev/eu-west-1"),
        ("!Sub ['${Env}-${Own}', { Env: mine, Own: !Ref Env }]", "mine-dev"),
        ("!Sub ['${A.B}', { A.B: dotted }]", "dotted"),
        ("!Sub 'arn:aws:iam::*:user/${!aws:username}'", "arn:aws:iam::*:user/${aws:username}"),
        ("!Sub '$ {Env} $Env ${Env'", "$ {Env} $Env ${Env"),
    ] {
        assert_eq!(property(BEFORE, value, &context()), wanted, "{value}");
    }
}

#[test]
fn iam_variables_outside_of_sub_stay() {
    let statement = "{ Resource: 'arn:aws:s3:::b/${aws:username}', Condition: { Bool: { 'aws:x': 'true' } } }";
    let wanted = json!({ "Resource": "arn:aws:s3:::b/${aws:username}", "Condition": { "Bool": { "aws:x": "true" } } });
    assert_eq!(property(BEFORE, statement, &context()), wanted);
}

#[test]
fn pseudo_parameters_come_from_the_context() {
    for (name, wanted) in [
        ("AWS::AccountId", json!("222222222222")),
        ("AWS::NotificationARNs", json!([])),
        ("AWS::Partition", json!("aws")),
        ("AWS::Region", json!("eu-west-1")),
        ("AWS::StackId", json!("arn:aws:cloudformation:eu-west-1:222222222222:stack/StackSet-prowler-1/4d1f")),
        ("AWS::StackName", json!("StackSet-prowler-1")),
        ("AWS::URLSuffix", json!("amazonaws.com")),
    ] {
        assert_eq!(property("", &format!("!Ref {name}"), &context()), wanted, "{name}");
    }
    let china = super::super::Context { partition: "aws-cn".to_owned(), ..context() };
    assert_eq!(property("", "!Ref AWS::URLSuffix", &china), "amazonaws.com.cn");
}

#[test]
fn no_value_takes_away_elements_and_members() {
    let value = "{ keep: 1, drop: !Ref AWS::NoValue, list: [a, !If [IsProd, b, !Ref AWS::NoValue], c], inner: { x: !Ref AWS::NoValue } }";
    assert_eq!(property(BEFORE, value, &context()), json!({ "keep": 1, "list": ["a", "c"], "inner": {} }));
}

#[test]
fn conditions_follow_the_parameters() {
    let value = "[!If [IsDev, 1, 0], !If [IsProd, 1, 0], !If [Both, 1, 0], !If [Either, 1, 0]]";
    assert_eq!(property(BEFORE, value, &context()), json!([1, 0, 0, 1]));
    assert_eq!(property(BEFORE, value, &given(&[("Env", "prod")])), json!([0, 1, 0, 1]));
}

#[test]
fn an_attribute_may_be_computed() {
    let before = "Parameters: { What: { Type: String, Default: Arn } }";
    let template = format!(
        "{before}\nResources:\n  A: {{ Type: AWS::IAM::Role, Properties: {{ RoleName: a, Path: /p/ }} }}\n\
         Outputs: {{ O: {{ Value: {{ 'Fn::GetAtt': [A, !Ref What] }} }} }}"
    );
    let resolved = super::super::testing::resolved(&template, &context());
    assert_eq!(resolved.outputs["O"].value, "arn:aws:iam::222222222222:role/p/a");
}

#[test]
fn wrong_arguments_are_refused_in_cloudformations_words() {
    for (value, wanted) in [
        (
            "!Join [',']",
            "Template error: every Fn::Join object requires two parameters, (1) a string delimiter and (2) a list of strings to be joined or a function that returns a list of strings (such as Fn::GetAZs) to be joined.",
        ),
        (
            "!Join [',', [{ a: b }]]",
            "Template error: every Fn::Join object requires two parameters, (1) a string delimiter and (2) a list of strings to be joined or a function that returns a list of strings (such as Fn::GetAZs) to be joined.",
        ),
        ("!Select [3, [a, b]]", "Template error: Fn::Select cannot select nonexistent value at index 3"),
        (
            "!Select [x, [a, b]]",
            "Template error: Fn::Select requires a list argument with two elements: an integer index and a list",
        ),
        (
            "!Select [-1, [a, b]]",
            "Template error: Fn::Select requires a list argument with two elements: an integer index and a list",
        ),
        ("!FindInMap [Sizes, eu-north-1, Count]", "Template error: Unable to get mapping for Sizes::eu-north-1::Count"),
        (
            "!FindInMap [Nope, a, b]",
            "Template error: Mapping named 'Nope' is not present in the 'Mappings' section of template.",
        ),
        (
            "!Sub '${Subnets}'",
            "Template error: every value of the context object of every Fn::Sub object must be a string or a function that returns a string",
        ),
        (
            "!If [!Ref Env, a, b]",
            "Template error: Fn::If requires a list argument with the first element being a condition",
        ),
        ("!If [Nope, a, b]", "Template error: unresolved condition dependency Nope in Fn::If"),
        (
            "!GetAtt R",
            "Template error: every Fn::GetAtt object requires two non-empty parameters, the resource name and the resource attribute",
        ),
        ("!Ref [a]", "Template format error: Every Ref object must have a single String value."),
        ("{ 'Fn::Sub': a, b: c }", "Template format error: Fn::Sub must be the only member of its object"),
        ("!GetAZs ''", "The simulated CloudFormation does not know Fn::GetAZs"),
    ] {
        assert_eq!(refusal(&with_property(BEFORE, value), &context()), wanted, "{value}");
    }
    let unknown = refusal(&with_property(BEFORE, "!Length [a]"), &context());
    assert!(unknown.starts_with("Template error: Encountered unsupported function: Fn::Length "), "{unknown}");
}

#[test]
fn wrong_conditions_are_refused_in_cloudformations_words() {
    let eleven = format!("!Or [{}]", ["!Equals [a, b]"; 11].join(", "));
    for (condition, wanted) in [
        ("yes", "Template format error: Conditions can only be boolean operations on parameters and other conditions"),
        (
            "!Ref X",
            "Template format error: Conditions can only be boolean operations on parameters and other conditions",
        ),
        (
            "!And [!Equals [a, a]]",
            "Template error: every Fn::And object requires a list of at least 2 and at most 10 boolean parameters.",
        ),
        (
            &eleven,
            "Template error: every Fn::Or object requires a list of at least 2 and at most 10 boolean parameters.",
        ),
        (
            "!Not [!Equals [a, a], !Equals [a, a]]",
            "Template error: every Fn::Not object requires a list with exactly 1 boolean parameter.",
        ),
        ("!Equals [a]", "Template error: every Fn::Equals object requires a list of 2 string parameters."),
        ("!Equals [[a], a]", "Template error: every Fn::Equals object requires a list of 2 string parameters."),
    ] {
        let template = with_property(&format!("Conditions: {{ C: {condition} }}"), "x");
        assert_eq!(refusal(&template, &context()), wanted, "{condition}");
    }
}

#[test]
fn an_attribute_known_only_once_a_resource_exists_is_learnt_from_it() {
    let template = "Resources:\n  A: { Type: AWS::IAM::Role }\n  \
                    B: { Type: AWS::IAM::Role, Properties: { Description: !Sub 'with ${A.RoleId}' } }";
    let before = super::super::testing::resolved(template, &context());
    assert_eq!(before.resources[1].properties["Description"], "with {{changeSet:KNOWN_AFTER_APPLY}}");
    let (template, context) = (Template::parse(template).unwrap(), context());
    let mut evaluation = template.evaluate(&context).unwrap();
    assert_eq!(evaluation.order(), ["A", "B"]);
    evaluation.resource("A").unwrap();
    evaluation.learn("A", &BTreeMap::from([("RoleId".to_owned(), "AROA1".to_owned())]));
    assert_eq!(evaluation.resource("B").unwrap().properties["Description"], "with AROA1");
}

#[test]
fn an_attribute_that_a_type_does_not_have_is_refused() {
    for reference in ["!GetAtt A.Name", "!Sub '${A.Name}'"] {
        let template =
            format!("Resources: {{ A: {{ Type: AWS::IAM::Role }} }}\nOutputs: {{ O: {{ Value: {reference} }} }}");
        let wanted = "Template error: resource A does not support attribute type Name in Fn::GetAtt";
        assert_eq!(refusal(&template, &context()), wanted);
    }
}

#[test]
fn a_value_is_imported_from_the_exports_of_other_stacks() {
    let mut context = context();
    context.exports.insert("shared-role".to_owned(), "Vendor".to_owned());
    assert_eq!(property("", "!ImportValue shared-role", &context), json!("Vendor"));
    let wanted = "No export named other found";
    assert_eq!(refusal(&with_property("", "!ImportValue other"), &context), wanted);
}

#[test]
fn texts_that_double_at_every_level_end_in_a_refusal() {
    let doubled = (0..40).fold("x".to_owned(), |inner, _| format!("!Sub ['${{a}}${{a}}', {{ a: {inner} }}]"));
    let wanted = "The simulated CloudFormation does not know texts of more than 65536 bytes";
    assert_eq!(refusal(&with_property("", &doubled), &context()), wanted);
}

#[test]
fn functions_may_nest_as_deep_as_the_language_allows() {
    let join = |levels: usize| (0..levels).fold("x".to_owned(), |inner, _| format!("!Join ['', [{inner}, y]]"));
    assert_eq!(property("", &join(48), &context()), format!("x{}", "y".repeat(48)));
    assert!(refusal(&with_property("", &join(49)), &context()).contains("YAML not well-formed"));
    let json = |levels: usize| {
        let nested = (0..levels).fold("\"x\"".to_owned(), |inner, _| format!("{{\"Fn::Base64\": {inner}}}"));
        format!("{{\"Resources\": {{\"R\": {{\"Type\": \"AWS::S3::Bucket\", \"Properties\": {{\"P\": {nested}}}}}}}}}")
    };
    // Base64 makes a text a third longer, so 123 levels of it are too much, but nothing overflows on the way there.
    assert!(refusal(&json(123), &context()).contains("does not know texts of more than"));
    assert!(refusal(&json(124), &context()).contains("JSON not well-formed"));
}
