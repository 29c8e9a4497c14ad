//! Import of stacks into stack sets.

use crate::cfn::tests::{TEMPLATE, UNIT, call, instance, later, ready};
use crate::testing::{MEMBER, query, text};
use crate::wire::{Service, WireError};
use crate::world::World;

const SET: (&str, &str) = ("StackSetName", "vendor");

/// A stack of the member, made without the stack set; gives its ARN.
fn stack(world: &mut World, body: &str) -> String {
    let params = [("StackName", "own"), ("TemplateBody", body), ("Capabilities.member.1", "CAPABILITY_NAMED_IAM")];
    let made = query(world, Service::CloudFormation, MEMBER, "CreateStack", &params).unwrap();
    text(&made, "StackId").unwrap().to_owned()
}

fn import(world: &mut World, stack_id: &str, unit: &str) -> Result<String, WireError> {
    let params = [SET, ("StackIds.member.1", stack_id), ("OrganizationalUnitIds.member.1", unit)];
    call(world, "ImportStacksToStackSet", &params)
}

#[test]
fn a_stack_that_matches_becomes_an_instance_and_stays_what_it_is() {
    let mut world = ready();
    let id = stack(&mut world, TEMPLATE);
    let role = world.iam(MEMBER).unwrap().role("Vendor").unwrap().id.clone();
    import(&mut world, &id, UNIT).unwrap();
    later(&mut world);
    let found = instance(&mut world, MEMBER);
    assert_eq!((text(&found, "Status"), text(&found, "StackId")), (Some("CURRENT"), Some(id.as_str())), "{found}");
    assert_eq!(text(&found, "OrganizationalUnitId"), Some(UNIT));
    assert_eq!(world.iam(MEMBER).unwrap().role("Vendor").unwrap().id, role);
    let described = call(&mut world, "DescribeStackSet", &[SET]).unwrap();
    assert!(described.contains(&format!("<OrganizationalUnitIds><member>{UNIT}</member>")), "{described}");
    // From now on it is updated with the stack set.
    let params = [
        SET,
        ("TemplateBody", &TEMPLATE.replace("SecurityAudit", "ReadOnlyAccess")),
        ("Capabilities.member.1", "CAPABILITY_NAMED_IAM"),
    ];
    call(&mut world, "UpdateStackSet", &params).unwrap();
    later(&mut world);
    assert!(
        world.iam(MEMBER).unwrap().role("Vendor").unwrap().attached.contains("arn:aws:iam::aws:policy/ReadOnlyAccess")
    );
}

#[test]
fn a_stack_of_another_template_fails_until_it_matches() {
    let mut world = ready();
    let id = stack(&mut world, &TEMPLATE.replace("SecurityAudit", "ReadOnlyAccess"));
    import(&mut world, &id, UNIT).unwrap();
    later(&mut world);
    let found = instance(&mut world, MEMBER);
    assert_eq!((text(&found, "Status"), text(&found, "DetailedStatus")), (Some("INOPERABLE"), Some("FAILED_IMPORT")));
    assert!(text(&found, "StatusReason").unwrap().contains("does not match"), "{found}");
    let params = [("StackName", "own"), ("TemplateBody", TEMPLATE), ("Capabilities.member.1", "CAPABILITY_NAMED_IAM")];
    query(&mut world, Service::CloudFormation, MEMBER, "UpdateStack", &params).unwrap();
    import(&mut world, &id, UNIT).unwrap();
    later(&mut world);
    assert_eq!(text(&instance(&mut world, MEMBER), "Status"), Some("CURRENT"));
}

#[test]
fn what_is_asked_for_must_be_there() {
    let mut world = ready();
    let id = stack(&mut world, TEMPLATE);
    let error = import(&mut world, "arn:aws:cloudformation:us-east-1:222222222222:stack/none/1", UNIT).unwrap_err();
    assert_eq!((error.code.as_ref(), error.status), ("StackNotFoundException", 404));
    let error = import(&mut world, &id, "ou-test-empty000").unwrap_err();
    assert_eq!(error.code, "InvalidOperationException");
    let error = call(&mut world, "ImportStacksToStackSet", &[SET, ("StackIds.member.1", &id)]).unwrap_err();
    assert_eq!(error.message, "OrganizationalUnitIds should be specified in SERVICE_MANAGED mode");
    let many: Vec<String> = (1..=11).map(|number| format!("StackIds.member.{number}")).collect();
    let mut params: Vec<(&str, &str)> = many.iter().map(|name| (name.as_str(), id.as_str())).collect();
    params.extend([SET, ("OrganizationalUnitIds.member.1", UNIT)]);
    let error = call(&mut world, "ImportStacksToStackSet", &params).unwrap_err();
    assert!(error.message.contains("length less than or equal to 10"), "{error:?}");
}

/// Makes a stack set from a stack.
fn from_stack(world: &mut World, name: &str, stack_id: &str, more: &[(&str, &str)]) -> Result<String, WireError> {
    let params = [
        ("StackSetName", name),
        ("PermissionModel", "SERVICE_MANAGED"),
        ("AutoDeployment.Enabled", "false"),
        ("Capabilities.member.1", "CAPABILITY_NAMED_IAM"),
        ("StackId", stack_id),
    ];
    call(world, "CreateStackSet", &[&params[..], more].concat())
}

/// The template with a parameter.
fn with_parameter(parameter: &str) -> String {
    TEMPLATE.replacen('{', &format!(r#"{{"Parameters":{{"Vendor":{parameter}}},"#), 1)
}

#[test]
fn a_stack_set_made_from_a_stack_has_its_template_and_takes_the_stack_in() {
    let mut world = ready();
    let template = with_parameter(r#"{"Type":"String"}"#);
    let params = [
        ("StackName", "own"),
        ("TemplateBody", template.as_str()),
        ("Parameters.member.1.ParameterKey", "Vendor"),
        ("Parameters.member.1.ParameterValue", "scanner"),
        ("Capabilities.member.1", "CAPABILITY_NAMED_IAM"),
    ];
    let made = query(&mut world, Service::CloudFormation, MEMBER, "CreateStack", &params).unwrap();
    let id = text(&made, "StackId").unwrap().to_owned();
    from_stack(&mut world, "taken", &id, &[]).unwrap();
    let described = call(&mut world, "DescribeStackSet", &[("StackSetName", "taken")]).unwrap();
    let body = text(&described, "TemplateBody").unwrap().replace("&quot;", "\"");
    assert_eq!(body, template, "{described}");
    assert_eq!(text(&described, "ParameterValue"), Some("scanner"), "parameters that are left out are the stack's");
    let listed = call(&mut world, "ListStackInstances", &[("StackSetName", "taken")]).unwrap();
    assert!(!listed.contains("<Account>"), "the stack itself comes with its import: {listed}");
    let import = [("StackSetName", "taken"), ("StackIds.member.1", &id), ("OrganizationalUnitIds.member.1", UNIT)];
    call(&mut world, "ImportStacksToStackSet", &import).unwrap();
    later(&mut world);
    let listed = call(&mut world, "ListStackInstances", &[("StackSetName", "taken")]).unwrap();
    assert_eq!((text(&listed, "StackId"), text(&listed, "Status")), (Some(id.as_str()), Some("CURRENT")));
    let error = from_stack(&mut world, "again", &id, &[]).unwrap_err();
    assert!(error.message.contains("belongs to the stack set taken already"), "{error:?}");
}

#[test]
fn what_a_stack_set_is_made_from_must_be_one_thing_that_is_there() {
    let mut world = ready();
    let id = stack(&mut world, TEMPLATE);
    let mut refused = |stack_id: &str, more: &[(&str, &str)]| {
        let error = from_stack(&mut world, "taken", stack_id, more).unwrap_err();
        assert_eq!((error.status, error.code.as_ref()), (400, "ValidationError"), "{error:?}");
        error.message
    };
    assert_eq!(refused(&id, &[("TemplateBody", TEMPLATE)]), "You cannot specify both StackId and Template Body.");
    for missing in ["own", "arn:aws:cloudformation:us-east-1:222222222222:stack/none/1"] {
        assert_eq!(refused(missing, &[]), format!("Stack with id {missing} does not exist"));
    }
    query(&mut world, Service::CloudFormation, MEMBER, "DeleteStack", &[("StackName", "own")]).unwrap();
    let error = from_stack(&mut world, "taken", &id, &[]).unwrap_err();
    assert_eq!(error.message, format!("Stack with id {id} does not exist"));
    let secret = stack(&mut world, &with_parameter(r#"{"Type":"String","NoEcho":true,"Default":"x"}"#));
    let error = from_stack(&mut world, "taken", &secret, &[]).unwrap_err();
    assert!(error.message.contains("NoEcho parameter Vendor"), "{error:?}");
}
