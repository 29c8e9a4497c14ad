//! Parameters of a stack set, and what instances override.

use super::*;
use crate::cfn::switches::{CreateOverCurrent, IdenticalTemplate};

const PARAMETERS: &str =
    r#"{"Hours":{"Type":"Number","Default":"3600"},"Secret":{"Type":"String","Default":"none","NoEcho":true}}"#;

fn template(parameters: &str) -> String {
    let role = TEMPLATE.replace(
        r#""RoleName":"Vendor","#,
        r#""RoleName":"Vendor","MaxSessionDuration":{"Ref":"Hours"},"Description":{"Ref":"Secret"},"#,
    );
    format!(r#"{{"Parameters":{parameters},{}"#, &role[1..])
}

/// A stack set with parameters on all members.
fn with_parameters() -> World {
    let mut world = ready();
    update(&mut world, &template(PARAMETERS), &[]).unwrap();
    later(&mut world);
    instances(&mut world, "CreateStackInstances", &[]).unwrap();
    later(&mut world);
    world
}

fn session(world: &World) -> u32 {
    world.iam(MEMBER).unwrap().role("Vendor").unwrap().max_session
}

/// `UpdateStackInstances` with these overrides.
fn override_with(world: &mut World, overrides: &[(&str, &str)]) -> Result<String, WireError> {
    let answer = instances(world, "UpdateStackInstances", overrides);
    later(world);
    answer
}

const SEVEN_THOUSAND: [(&str, &str); 2] =
    [("ParameterOverrides.member.1.ParameterKey", "Hours"), ("ParameterOverrides.member.1.ParameterValue", "7200")];
const SECRET: [(&str, &str); 2] =
    [("ParameterOverrides.member.1.ParameterKey", "Secret"), ("ParameterOverrides.member.1.ParameterValue", "quiet")];

#[test]
fn overrides_survive_updates_of_the_stack_set() {
    let mut world = with_parameters();
    override_with(&mut world, &SEVEN_THOUSAND).unwrap();
    assert_eq!(session(&world), 7200);
    let changed = template(PARAMETERS).replace("s3:ListBucket", "s3:GetObject");
    update(&mut world, &changed, &[]).unwrap();
    later(&mut world);
    assert_eq!(session(&world), 7200);
    assert!(world.iam(MEMBER).unwrap().role("Vendor").unwrap().inline["read"].contains("s3:GetObject"));
}

#[test]
fn listed_overrides_are_the_new_ones_and_an_absent_list_keeps_the_old() {
    let mut world = with_parameters();
    override_with(&mut world, &SEVEN_THOUSAND).unwrap();
    override_with(&mut world, &[]).unwrap();
    assert_eq!(session(&world), 7200, "nothing was listed");
    let keep = [
        ("ParameterOverrides.member.2.ParameterKey", "Hours"),
        ("ParameterOverrides.member.2.UsePreviousValue", "true"),
    ];
    override_with(&mut world, &[&SECRET[..], &keep[..]].concat()).unwrap();
    assert_eq!(session(&world), 7200, "its previous value was asked for");
    override_with(&mut world, &SECRET).unwrap();
    assert_eq!(session(&world), 3600, "it was not listed");
    override_with(&mut world, &SEVEN_THOUSAND).unwrap();
    override_with(&mut world, &[("ParameterOverrides", "")]).unwrap();
    assert_eq!(session(&world), 3600, "the list was empty");
}

#[test]
fn a_secret_parameter_is_not_told() {
    let mut world = with_parameters();
    override_with(&mut world, &SECRET).unwrap();
    assert_eq!(world.iam(MEMBER).unwrap().role("Vendor").unwrap().description.as_deref(), Some("quiet"));
    let overridden = instance(&mut world, MEMBER);
    assert_eq!(text(&overridden, "ParameterValue"), Some("****"));
    let given = [("Parameters.member.1.ParameterKey", "Secret"), ("Parameters.member.1.ParameterValue", "shouted")];
    update(&mut world, &template(PARAMETERS), &given).unwrap();
    let described = call(&mut world, "DescribeStackSet", &[("StackSetName", "vendor")]).unwrap();
    assert!(described.contains("<ParameterValue>****</ParameterValue>") && !described.contains("shouted"));
}

#[test]
fn parameters_that_an_update_leaves_out_fall_back_to_the_default() {
    let mut world = with_parameters();
    let hours = |more: &[(&'static str, &'static str)]| -> Vec<(&'static str, &'static str)> {
        [&[("Parameters.member.1.ParameterKey", "Hours")][..], more].concat()
    };
    update(&mut world, &template(PARAMETERS), &hours(&[("Parameters.member.1.ParameterValue", "7200")])).unwrap();
    later(&mut world);
    assert_eq!(session(&world), 7200);
    update(&mut world, &template(PARAMETERS), &hours(&[("Parameters.member.1.UsePreviousValue", "true")])).unwrap();
    later(&mut world);
    assert_eq!(session(&world), 7200);
    update(&mut world, &template(PARAMETERS), &[]).unwrap();
    later(&mut world);
    assert_eq!(session(&world), 3600);
}

#[test]
fn what_the_template_does_not_declare_is_not_overridden() {
    let mut world = deployed();
    let error = override_with(&mut world, &SEVEN_THOUSAND).unwrap_err();
    assert_eq!(error.message, "Parameters: [Hours] do not exist in the template");
    update(&mut world, &template(PARAMETERS), &[]).unwrap();
    later(&mut world);
    override_with(&mut world, &SEVEN_THOUSAND).unwrap();
    assert_eq!(session(&world), 7200);
}

#[test]
fn an_override_whose_parameter_left_the_template_is_no_obstacle() {
    let mut world = with_parameters();
    override_with(&mut world, &SEVEN_THOUSAND).unwrap();
    update(&mut world, TEMPLATE, &[]).unwrap();
    later(&mut world);
    assert_eq!(text(&instance(&mut world, MEMBER), "Status"), Some("CURRENT"));
}

#[test]
fn creating_over_current_instances_applies_the_overrides_or_does_nothing() {
    for (choice, expected) in [(CreateOverCurrent::Deployed, 7200), (CreateOverCurrent::Ignored, 3600)] {
        let mut world = with_parameters();
        world.switches.create_over_current = choice;
        instances(&mut world, "CreateStackInstances", &[&SEVEN_THOUSAND[..], &[("OperationId", "over")]].concat())
            .unwrap();
        let accepted = instance(&mut world, MEMBER);
        let is_outdated = text(&accepted, "Status") == Some("OUTDATED");
        assert_eq!(is_outdated, choice == CreateOverCurrent::Deployed, "{choice:?}");
        later(&mut world);
        assert_eq!(session(&world), expected, "{choice:?}");
        assert_eq!(text(&instance(&mut world, MEMBER), "Status"), Some("CURRENT"), "{choice:?}");
        assert_eq!(status(&mut world, "over"), "SUCCEEDED", "{choice:?}");
    }
}

/// The status of an account that a partial update does not reach.
fn untouched_after(world: &mut World, more: &[(&str, &str)]) -> String {
    let only = [
        ("StackSetName", "vendor"),
        ("Capabilities.member.1", "CAPABILITY_NAMED_IAM"),
        ("DeploymentTargets.OrganizationalUnitIds.member.1", UNIT),
        ("DeploymentTargets.Accounts.member.1", MEMBER),
        ("DeploymentTargets.AccountFilterType", "INTERSECTION"),
    ];
    call(world, "UpdateStackSet", &[&only[..], more].concat()).unwrap();
    later(world);
    text(&instance(world, "444444444444"), "Status").unwrap().to_owned()
}

#[test]
fn a_template_outdates_even_if_it_is_the_same_unless_that_is_chosen() {
    let same = [("TemplateBody", TEMPLATE)];
    assert_eq!(untouched_after(&mut deployed(), &same), "OUTDATED");
    let mut world = deployed();
    world.switches.identical_template = IdenticalTemplate::Ignored;
    assert_eq!(untouched_after(&mut world, &same), "CURRENT");
    let other = TEMPLATE.replace("s3:ListBucket", "s3:GetObject");
    assert_eq!(untouched_after(&mut world, &[("TemplateBody", &other)]), "OUTDATED");
}

#[test]
fn an_update_of_tags_alone_leaves_what_it_does_not_reach_as_it_was() {
    let tags = [("UsePreviousTemplate", "true"), ("Tags.member.1.Key", "new"), ("Tags.member.1.Value", "tag")];
    let mut world = deployed();
    assert_eq!(untouched_after(&mut world, &tags), "CURRENT");
    assert!(world.iam(MEMBER).unwrap().role("Vendor").unwrap().tags.contains_key("new"));
}

#[test]
fn a_definition_changes_even_when_its_rollout_fails() {
    let mut world = deployed();
    let broken = TEMPLATE.replace("SecurityAudit", "NoSuchPolicyAnywhere");
    update(&mut world, &broken, &[("OperationId", "fails")]).unwrap();
    later(&mut world);
    assert_eq!(status(&mut world, "fails"), "FAILED");
    let described = call(&mut world, "DescribeStackSet", &[("StackSetName", "vendor")]).unwrap();
    assert!(described.contains("NoSuchPolicyAnywhere"));
}
