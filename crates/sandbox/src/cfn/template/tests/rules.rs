//! The Rules block.

use super::super::testing::{context, given, refusal, resolved};

const BUCKET: &str = "\
Parameters:
  Enabled: { Type: String, Default: false, AllowedValues: [true, false] }
  Bucket: { Type: String, Default: '' }
  Zones: { Type: CommaDelimitedList, Default: 'a,b' }
Rules:
  BucketIsKnown:
    RuleCondition: !Equals [!Ref Enabled, true]
    Assertions:
      - Assert: !Not [!Equals [!Ref Bucket, '']]
        AssertDescription: Bucket is required when Enabled is true.
Resources: { R: { Type: AWS::IAM::Role } }";

#[test]
fn a_rule_is_kept_when_its_condition_holds() {
    assert_eq!(resolved(BUCKET, &context()).resources.len(), 1);
    assert_eq!(resolved(BUCKET, &given(&[("Enabled", "true"), ("Bucket", "b")])).resources.len(), 1);
    let broken = refusal(BUCKET, &given(&[("Enabled", "true")]));
    assert_eq!(broken, "Bucket is required when Enabled is true.");
}

#[test]
fn rules_have_functions_of_their_own() {
    let holds = |test: &str| {
        let rule = format!("Rules:\n  Own: {{ Assertions: [{{ Assert: {test} }}] }}\n  BucketIsKnown:");
        let template = BUCKET.replace("Rules:\n  BucketIsKnown:", &rule);
        match super::super::Template::parse(&template).unwrap().resolve(&context()) {
            Ok(_) => true,
            Err(error) => {
                assert_eq!(error, "Rule Own does not hold");
                false
            }
        }
    };
    for (test, wanted) in [
        ("!Contains [[x, y], x]", true),
        ("!Contains [!Ref Zones, c]", false),
        ("!EachMemberIn [!Ref Zones, [a, b, c]]", true),
        ("!EachMemberIn [!Ref Zones, [a]]", false),
        ("!EachMemberEquals [[v, v], v]", true),
        ("!EachMemberEquals [!Ref Zones, a]", false),
        ("!And [!Contains [[x], x], !Not [!Equals [a, b]]]", true),
    ] {
        assert_eq!(holds(test), wanted, "{test}");
    }
}

#[test]
fn rules_see_parameters_only() {
    let with = |rules: &str| {
        refusal(
            &format!(
                "Conditions: {{ C: !Equals [a, b] }}\nRules: {rules}\nResources: {{ R: {{ Type: AWS::IAM::Role }} }}"
            ),
            &context(),
        )
    };
    for (rules, wanted) in [
        (
            "{ A: { Assertions: [{ Assert: !Equals [!Ref R, x] }] } }",
            "Template format error: Unresolved dependencies [R]. Cannot reference resources in the Rules block of the template",
        ),
        (
            "{ A: { Assertions: [{ Assert: !Condition C }] } }",
            "Template format error: Condition C cannot be used in the Rules block of the template",
        ),
        (
            "{ A: { Assertions: [{ Assert: !Contains [x] }] } }",
            "Template error: every Fn::Contains object requires a list of strings and a string.",
        ),
        ("{ A: { Assertions: [{}] } }", "Template format error: [/Rules/A] Every assertion must have an Assert."),
        (
            "{ A: { RuleCondition: !Equals [a, b] } }",
            "Template format error: [/Rules/A] Every Rules object must contain a list of Assertions.",
        ),
    ] {
        assert_eq!(with(rules), wanted, "{rules}");
    }
}
