//! Single stacks in an account, as they behave.

use serde_json::{Value, json};

use crate::iam::Role;
use crate::testing::{MEMBER, pass, query, text, world};
use crate::wire::{Service, WireError};
use crate::world::World;

fn call(world: &mut World, operation: &str, params: &[(&str, &str)]) -> Result<String, WireError> {
    let mut all = vec![("StackName", "vendor"), ("Capabilities.member.1", "CAPABILITY_NAMED_IAM")];
    all.extend(params);
    query(world, Service::CloudFormation, MEMBER, operation, &all)
}

fn role_properties(more: &Value) -> Value {
    let statement = json!({
        "Effect": "Allow", "Principal": { "AWS": "arn:aws:iam::999999999999:root" }, "Action": "sts:AssumeRole"
    });
    let mut properties = json!({
        "RoleName": "Vendor",
        "AssumeRolePolicyDocument": { "Version": "2012-10-17", "Statement": [statement] },
        "ManagedPolicyArns": ["arn:aws:iam::aws:policy/SecurityAudit"],
    });
    for (key, value) in more.as_object().into_iter().flatten() {
        properties[key] = value.clone();
    }
    properties
}

fn template(more: &Value) -> String {
    json!({ "Resources": { "Role": { "Type": "AWS::IAM::Role", "Properties": role_properties(more) } } }).to_string()
}

fn document(bucket: u8) -> Value {
    let statement = json!({ "Effect": "Allow", "Action": "s3:List*", "Resource": format!("arn:aws:s3:::b{bucket}") });
    json!({ "Version": "2012-10-17", "Statement": [statement] })
}

fn created(more: &Value) -> World {
    let mut world = world();
    call(&mut world, "CreateStack", &[("TemplateBody", &template(more))]).unwrap();
    world
}

fn role(world: &World) -> &Role {
    world.iam(MEMBER).unwrap().role("Vendor").unwrap()
}

fn status(world: &mut World) -> String {
    let described = call(world, "DescribeStacks", &[]).unwrap();
    text(&described, "StackStatus").unwrap().to_owned()
}

fn update(world: &mut World, template: &str, more: &[(&str, &str)]) -> Result<String, WireError> {
    let mut params = vec![("TemplateBody", template)];
    params.extend(more);
    call(world, "UpdateStack", &params)
}

/// The statuses of the stack as a whole, the oldest first.
fn stack_statuses(world: &mut World) -> Vec<String> {
    let events = call(world, "DescribeStackEvents", &[]).unwrap();
    let of_stack = events.split("<member>").filter(|event| event.contains("AWS::CloudFormation::Stack<"));
    let mut statuses: Vec<String> = of_stack.map(|event| text(event, "ResourceStatus").unwrap().to_owned()).collect();
    statuses.reverse();
    statuses
}

#[test]
fn an_update_leaves_a_description_that_was_changed_by_hand() {
    let mut world = created(&json!({ "Description": "as in the template" }));
    world.iam_mut(MEMBER).unwrap().update_role("Vendor", Some("by hand".to_owned()), None).unwrap();
    let after = template(&json!({ "Description": "as in the template", "MaxSessionDuration": 7200 }));
    call(&mut world, "UpdateStack", &[("TemplateBody", &after)]).unwrap();
    assert_eq!(role(&world).max_session, 7200);
    assert_eq!(role(&world).description.as_deref(), Some("by hand"));
}

#[test]
fn an_update_that_fails_half_way_puts_everything_back() {
    let mut world = created(&json!({}));
    let before = role(&world).clone();
    let after = template(&json!({
        "MaxSessionDuration": 7200, "ManagedPolicyArns": ["arn:aws:iam::aws:policy/NoSuchPolicy"]
    }));
    call(&mut world, "UpdateStack", &[("TemplateBody", &after)]).unwrap();
    assert_eq!(status(&mut world), "UPDATE_ROLLBACK_COMPLETE");
    assert_eq!(role(&world), &before);
}

#[test]
fn what_the_account_denies_fails_the_stack_in_aws_words() {
    let mut world = world();
    world.org.accounts.get_mut(MEMBER).unwrap().deny.insert("iam:CreateRole".to_owned());
    call(&mut world, "CreateStack", &[("TemplateBody", &template(&json!({})))]).unwrap();
    assert_eq!(status(&mut world), "ROLLBACK_COMPLETE");
    let events = call(&mut world, "DescribeStackEvents", &[]).unwrap();
    let words = "is not authorized to perform: iam:CreateRole on resource: arn:aws:iam::222222222222:role/Vendor with \
                 an explicit deny in a service control policy";
    assert!(events.contains(words), "{events}");
}

#[test]
fn a_managed_policy_can_be_updated_any_number_of_times_and_deleted() {
    let mut world = world();
    let template = |bucket: u8| {
        let policy = json!({
            "ManagedPolicyName": "Buckets", "Roles": [{ "Ref": "Role" }], "PolicyDocument": document(bucket)
        });
        json!({ "Resources": {
            "Role": { "Type": "AWS::IAM::Role", "Properties": role_properties(&json!({})) },
            "Policy": { "Type": "AWS::IAM::ManagedPolicy", "Properties": policy },
        }})
        .to_string()
    };
    call(&mut world, "CreateStack", &[("TemplateBody", &template(0))]).unwrap();
    for bucket in 1..8 {
        call(&mut world, "UpdateStack", &[("TemplateBody", &template(bucket))]).unwrap();
        assert_eq!(status(&mut world), "UPDATE_COMPLETE");
    }
    let arn = "arn:aws:iam::222222222222:policy/Buckets";
    assert_eq!(world.iam(MEMBER).unwrap().policy(arn).unwrap().document(), document(7).to_string());
    assert!(role(&world).attached.contains(arn));
    call(&mut world, "DeleteStack", &[]).unwrap();
    assert!(world.iam(MEMBER).unwrap().policy(arn).is_err());
    assert!(world.iam(MEMBER).unwrap().role("Vendor").is_err());
}

#[test]
fn a_policy_that_gets_another_name_leaves_the_old_one_behind_nowhere() {
    let mut world = world();
    let template = |name: &str| {
        let policy = json!({ "PolicyName": name, "Roles": [{ "Ref": "Role" }], "PolicyDocument": document(1) });
        json!({ "Resources": {
            "Role": { "Type": "AWS::IAM::Role", "Properties": role_properties(&json!({})) },
            "Policy": { "Type": "AWS::IAM::Policy", "Properties": policy },
        }})
        .to_string()
    };
    call(&mut world, "CreateStack", &[("TemplateBody", &template("old"))]).unwrap();
    call(&mut world, "UpdateStack", &[("TemplateBody", &template("new"))]).unwrap();
    assert_eq!(role(&world).inline.keys().collect::<Vec<_>>(), ["new"]);
}

#[test]
fn a_parameter_without_a_value_is_refused_before_there_is_a_stack() {
    let mut world = world();
    let body = json!({
        "Parameters": { "ExternalId": { "Type": "String" } },
        "Resources": { "Role": { "Type": "AWS::IAM::Role", "Properties": role_properties(&json!({})) } },
    })
    .to_string();
    let error = call(&mut world, "CreateStack", &[("TemplateBody", &body)]).unwrap_err();
    assert_eq!(
        (error.code.as_ref(), error.message.as_str()),
        ("ValidationError", "Parameters: [ExternalId] must have values")
    );
    assert_eq!(call(&mut world, "DescribeStacks", &[]).unwrap_err().code, "ValidationError");
}

/// A template with the role and another one that cannot be made.
fn impossible() -> String {
    let other = json!({ "Type": "AWS::IAM::Role", "DependsOn": "Role", "Properties": role_properties(&json!({
        "RoleName": "Other", "ManagedPolicyArns": ["arn:aws:iam::aws:policy/NoSuchPolicy"]
    }))});
    json!({ "Resources": {
        "Role": { "Type": "AWS::IAM::Role", "Properties": role_properties(&json!({})) }, "Other": other,
    }})
    .to_string()
}

#[test]
fn a_creation_that_fails_is_rolled_back_and_can_only_be_deleted() {
    let mut world = world();
    call(&mut world, "CreateStack", &[("TemplateBody", &impossible())]).unwrap();
    assert_eq!(stack_statuses(&mut world), ["CREATE_IN_PROGRESS", "ROLLBACK_IN_PROGRESS", "ROLLBACK_COMPLETE"]);
    let described = call(&mut world, "DescribeStacks", &[]).unwrap();
    let reason = "The following resource(s) failed to create: [Other]. Rollback requested by user.";
    assert_eq!(text(&described, "StackStatusReason"), Some(reason));
    assert!(world.iam(MEMBER).unwrap().role("Vendor").is_err());
    let error = update(&mut world, &template(&json!({})), &[]).unwrap_err();
    let id = text(&described, "StackId").unwrap();
    assert_eq!(error.message, format!("Stack:{id} is in ROLLBACK_COMPLETE state and can not be updated."));
    call(&mut world, "DeleteStack", &[]).unwrap();
    let error = call(&mut world, "DescribeStacks", &[]).unwrap_err();
    assert_eq!(error.message, "Stack with id vendor does not exist");
}

#[test]
fn what_becomes_of_a_failed_creation_can_be_chosen() {
    for (parameter, value, status, role) in [
        ("OnFailure", "DO_NOTHING", "CREATE_FAILED", true),
        ("DisableRollback", "true", "CREATE_FAILED", true),
        ("OnFailure", "ROLLBACK", "ROLLBACK_COMPLETE", false),
        ("OnFailure", "DELETE", "DELETE_COMPLETE", false),
    ] {
        let mut world = world();
        let made = call(&mut world, "CreateStack", &[("TemplateBody", &impossible()), (parameter, value)]).unwrap();
        let id = text(&made, "StackId").unwrap();
        let described = call(&mut world, "DescribeStacks", &[("StackName", id)]).unwrap();
        assert_eq!(text(&described, "StackStatus"), Some(status), "{parameter} {value}");
        assert_eq!(world.iam(MEMBER).unwrap().role("Vendor").is_ok(), role, "{parameter} {value}");
    }
}

#[test]
fn a_stack_whose_creation_failed_can_be_updated_or_rolled_back_when_it_was_left_as_it_is() {
    let failed = || {
        let mut world = world();
        let params = [("TemplateBody", &*impossible()), ("OnFailure", "DO_NOTHING")];
        call(&mut world, "CreateStack", &params).unwrap();
        world
    };
    let mut world = failed();
    update(&mut world, &impossible().replace("NoSuchPolicy", "ReadOnlyAccess"), &[]).unwrap();
    assert_eq!(status(&mut world), "UPDATE_COMPLETE");
    assert!(world.iam(MEMBER).unwrap().role("Other").is_ok());
    let mut world = failed();
    call(&mut world, "RollbackStack", &[]).unwrap();
    assert_eq!(status(&mut world), "ROLLBACK_COMPLETE");
    assert!(world.iam(MEMBER).unwrap().role("Vendor").is_err());
}

#[test]
fn resources_to_retain_outlive_a_rollback_unless_the_creation_itself_is_rolled_back() {
    for (policy, more, stays) in [
        ("Retain", None, true),
        ("RetainExceptOnCreate", None, false),
        ("Retain", Some(("RetainExceptOnCreate", "true")), false),
        ("Delete", None, false),
    ] {
        let mut world = world();
        let mut body: Value = serde_json::from_str(&impossible()).unwrap();
        body["Resources"]["Role"]["DeletionPolicy"] = Value::from(policy);
        let body = body.to_string();
        let params: Vec<(&str, &str)> = [("TemplateBody", body.as_str())].into_iter().chain(more).collect();
        call(&mut world, "CreateStack", &params).unwrap();
        assert_eq!(world.iam(MEMBER).unwrap().role("Vendor").is_ok(), stays, "{policy} {more:?}");
    }
}

#[test]
fn retained_resources_outlive_their_stack() {
    for policy in ["Retain", "RetainExceptOnCreate"] {
        let mut body: Value = serde_json::from_str(&template(&json!({}))).unwrap();
        body["Resources"]["Role"]["DeletionPolicy"] = Value::from(policy);
        let mut world = world();
        let made = call(&mut world, "CreateStack", &[("TemplateBody", &body.to_string())]).unwrap();
        call(&mut world, "DeleteStack", &[]).unwrap();
        assert!(world.iam(MEMBER).unwrap().role("Vendor").is_ok(), "{policy}");
        let id = text(&made, "StackId").unwrap();
        let events = call(&mut world, "DescribeStackEvents", &[("StackName", id)]).unwrap();
        assert!(events.contains("DELETE_SKIPPED") && events.contains("DELETE_COMPLETE"), "{events}");
    }
}

#[test]
fn an_update_that_fails_says_so_step_by_step() {
    let mut world = created(&json!({}));
    let after = template(&json!({ "ManagedPolicyArns": ["arn:aws:iam::aws:policy/NoSuchPolicy"] }));
    update(&mut world, &after, &[("ClientRequestToken", "token-1")]).unwrap();
    let statuses = stack_statuses(&mut world);
    assert_eq!(
        statuses[2..],
        [
            "UPDATE_IN_PROGRESS",
            "UPDATE_ROLLBACK_IN_PROGRESS",
            "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS",
            "UPDATE_ROLLBACK_COMPLETE"
        ]
    );
    let events = call(&mut world, "DescribeStackEvents", &[]).unwrap();
    assert_eq!(text(&events, "ClientRequestToken"), Some("token-1"));
    assert!(events.contains("The following resource(s) failed to update: [Role]. "), "{events}");
    // The same token means the same request, which is not done again.
    update(&mut world, &after, &[("ClientRequestToken", "token-1")]).unwrap();
    assert_eq!(stack_statuses(&mut world).len(), statuses.len());
    let error = call(&mut world, "DeleteStack", &[("ClientRequestToken", "token-1")]).unwrap_err();
    assert_eq!(error.code, "TokenAlreadyExistsException");
}

/// A role that nobody else makes.
fn friend(world: &mut World) {
    let params = [
        ("RoleName", "Friend"),
        (
            "AssumeRolePolicyDocument",
            r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#,
        ),
    ];
    query(world, Service::Iam, MEMBER, "CreateRole", &params).unwrap();
}

/// A stack whose update failed and whose rollback failed too: what its role trusted before is gone.
fn stuck() -> World {
    let mut world = world();
    friend(&mut world);
    let trusted = |principal: &str| {
        let statement = json!({ "Effect": "Allow", "Principal": { "AWS": principal }, "Action": "sts:AssumeRole" });
        json!({ "Version": "2012-10-17", "Statement": [statement] })
    };
    let before = json!({ "AssumeRolePolicyDocument": trusted("arn:aws:iam::222222222222:role/Friend") });
    call(&mut world, "CreateStack", &[("TemplateBody", &template(&before))]).unwrap();
    query(&mut world, Service::Iam, MEMBER, "DeleteRole", &[("RoleName", "Friend")]).unwrap();
    update(&mut world, &impossible(), &[]).unwrap();
    assert_eq!(status(&mut world), "UPDATE_ROLLBACK_FAILED");
    world
}

#[test]
fn a_rollback_that_fails_can_be_continued_once_the_reason_is_gone() {
    let mut world = stuck();
    let described = call(&mut world, "DescribeStacks", &[]).unwrap();
    let reason = "The following resource(s) failed to update: [Role]. ";
    assert_eq!(text(&described, "StackStatusReason"), Some(reason));
    let events = call(&mut world, "DescribeStackEvents", &[]).unwrap();
    assert!(events.contains("Invalid principal in policy"), "{events}");
    let error = update(&mut world, &template(&json!({})), &[]).unwrap_err();
    assert!(error.message.ends_with("is in UPDATE_ROLLBACK_FAILED state and can not be updated."));
    call(&mut world, "ContinueUpdateRollback", &[]).unwrap();
    assert_eq!(status(&mut world), "UPDATE_ROLLBACK_FAILED");
    friend(&mut world);
    call(&mut world, "ContinueUpdateRollback", &[]).unwrap();
    assert_eq!(status(&mut world), "UPDATE_ROLLBACK_COMPLETE");
    assert!(role(&world).trust.shown(&world).contains("role/Friend"));
    assert!(call(&mut world, "ContinueUpdateRollback", &[]).is_err());
}

#[test]
fn a_rollback_that_fails_can_go_on_without_the_resource() {
    let mut world = stuck();
    let skip = [("ResourcesToSkip.member.1", "Other")];
    assert!(call(&mut world, "ContinueUpdateRollback", &skip).is_err(), "it did not fail");
    call(&mut world, "ContinueUpdateRollback", &[("ResourcesToSkip.member.1", "Role")]).unwrap();
    assert_eq!(status(&mut world), "UPDATE_ROLLBACK_COMPLETE");
    assert!(role(&world).trust.shown(&world).contains("999999999999"), "it was left as it is");
}

#[test]
fn an_update_without_rollback_stays_half_done_until_it_is_repeated_or_rolled_back() {
    let failed = || {
        let mut world = created(&json!({ "Description": "old" }));
        update(&mut world, &impossible(), &[("DisableRollback", "true")]).unwrap();
        assert_eq!(status(&mut world), "UPDATE_FAILED");
        assert_eq!(role(&world).description, None, "the first half was done");
        world
    };
    let mut world = failed();
    update(&mut world, &impossible().replace("NoSuchPolicy", "ReadOnlyAccess"), &[]).unwrap();
    assert_eq!(status(&mut world), "UPDATE_COMPLETE");
    assert!(world.iam(MEMBER).unwrap().role("Other").is_ok());
    let mut world = failed();
    call(&mut world, "RollbackStack", &[]).unwrap();
    assert_eq!(status(&mut world), "UPDATE_ROLLBACK_COMPLETE");
    assert_eq!(role(&world).description.as_deref(), Some("old"));
}

#[test]
fn nothing_to_do_is_refused_and_changes_nothing() {
    let mut world = created(&json!({}));
    let events = call(&mut world, "DescribeStackEvents", &[]).unwrap();
    let error = update(&mut world, &template(&json!({})), &[]).unwrap_err();
    assert_eq!((error.code.as_ref(), error.message.as_str()), ("ValidationError", "No updates are to be performed."));
    assert_eq!(call(&mut world, "DescribeStackEvents", &[]).unwrap(), events);
    let error = call(&mut world, "UpdateStack", &[("StackName", "none"), ("UsePreviousTemplate", "true")]).unwrap_err();
    assert_eq!(error.message, "Stack [none] does not exist");
}

#[test]
fn a_named_role_cannot_be_replaced_and_an_unnamed_one_can() {
    let mut world = created(&json!({}));
    update(&mut world, &template(&json!({ "Path": "/vendor/" })), &[]).unwrap();
    assert_eq!(status(&mut world), "UPDATE_ROLLBACK_COMPLETE");
    let events = call(&mut world, "DescribeStackEvents", &[]).unwrap();
    let words = "CloudFormation cannot update a stack when a custom-named resource requires replacing. Rename Vendor and \
                 update the stack again.";
    assert!(events.contains(words), "{events}");

    let unnamed = |path: &str| {
        let mut body: Value = serde_json::from_str(&template(&json!({ "Path": path }))).unwrap();
        body["Resources"]["Role"]["Properties"].as_object_mut().unwrap().remove("RoleName");
        body.to_string()
    };
    let mut world = crate::testing::world();
    call(&mut world, "CreateStack", &[("TemplateBody", &unnamed("/"))]).unwrap();
    let physical_id = |world: &mut World| {
        let listed = call(world, "ListStackResources", &[]).unwrap();
        text(&listed, "PhysicalResourceId").unwrap().to_owned()
    };
    let first = physical_id(&mut world);
    assert!(first.starts_with("vendor-Role-"), "{first}");
    update(&mut world, &unnamed("/vendor/"), &[]).unwrap();
    let second = physical_id(&mut world);
    assert_ne!(first, second);
    let iam = world.iam(MEMBER).unwrap();
    assert!(iam.role(&first).is_err() && iam.role(&second).unwrap().path == "/vendor/");
    call(&mut world, "DeleteStack", &[]).unwrap();
    assert!(world.iam(MEMBER).unwrap().role(&second).is_err());
}

#[test]
fn a_protected_stack_is_not_deleted() {
    let mut world = world();
    let params = [("TemplateBody", &*template(&json!({}))), ("EnableTerminationProtection", "true")];
    call(&mut world, "CreateStack", &params).unwrap();
    let error = call(&mut world, "DeleteStack", &[]).unwrap_err();
    assert!(error.message.ends_with("cannot be deleted while TerminationProtection is enabled"), "{error:?}");
    call(&mut world, "UpdateTerminationProtection", &[("EnableTerminationProtection", "false")]).unwrap();
    call(&mut world, "DeleteStack", &[]).unwrap();
    assert!(call(&mut world, "DescribeStacks", &[]).is_err());
}

#[test]
fn what_someone_put_on_a_role_keeps_its_stack_from_being_deleted_until_it_is_retained_or_forced() {
    let stuck = || {
        let mut world = created(&json!({}));
        let error = call(&mut world, "DeleteStack", &[("RetainResources.member.1", "Role")]).unwrap_err();
        assert!(error.message.contains("only when the stack is in the DELETE_FAILED state"), "{error:?}");
        let params = [("RoleName", "Vendor"), ("PolicyArn", "arn:aws:iam::aws:policy/ReadOnlyAccess")];
        query(&mut world, Service::Iam, MEMBER, "AttachRolePolicy", &params).unwrap();
        call(&mut world, "DeleteStack", &[]).unwrap();
        assert_eq!(status(&mut world), "DELETE_FAILED");
        let described = call(&mut world, "DescribeStacks", &[]).unwrap();
        let reason = "The following resource(s) failed to delete: [Role]. ";
        assert_eq!(text(&described, "StackStatusReason"), Some(reason));
        let events = call(&mut world, "DescribeStackEvents", &[]).unwrap();
        assert!(
            events.contains("Cannot delete entity, must detach all policies first. (Service: Iam, Status Code: 409")
        );
        assert!(events.contains("HandlerErrorCode: GeneralServiceException)"), "{events}");
        world
    };
    for more in [("RetainResources.member.1", "Role"), ("DeletionMode", "FORCE_DELETE_STACK")] {
        let mut world = stuck();
        call(&mut world, "DeleteStack", &[more]).unwrap();
        assert!(call(&mut world, "DescribeStacks", &[]).is_err(), "{more:?}");
        assert!(world.iam(MEMBER).unwrap().role("Vendor").is_ok(), "{more:?}");
    }
}

#[test]
fn a_deleted_stack_is_seen_by_its_arn_for_ninety_days() {
    let mut world = created(&json!({}));
    let described = call(&mut world, "DescribeStacks", &[]).unwrap();
    let id = text(&described, "StackId").unwrap().to_owned();
    call(&mut world, "DeleteStack", &[]).unwrap();
    let described = call(&mut world, "DescribeStacks", &[("StackName", &id)]).unwrap();
    assert_eq!(text(&described, "StackStatus"), Some("DELETE_COMPLETE"));
    assert!(text(&described, "DeletionTime").is_some());
    let listed = call(&mut world, "ListStacks", &[("StackStatusFilter.member.1", "DELETE_COMPLETE")]).unwrap();
    assert!(listed.contains(&id));
    // Its name is free.
    call(&mut world, "CreateStack", &[("TemplateBody", &template(&json!({})))]).unwrap();
    pass(&mut world, 91 * 86_400);
    call(&mut world, "DeleteStack", &[]).unwrap();
    assert!(call(&mut world, "DescribeStacks", &[("StackName", &id)]).is_err());
}

#[test]
fn stacks_can_take_time() {
    let mut world = world();
    world.switches.stack_seconds = 30;
    call(&mut world, "CreateStack", &[("TemplateBody", &template(&json!({})))]).unwrap();
    assert_eq!(status(&mut world), "CREATE_IN_PROGRESS");
    assert!(world.iam(MEMBER).unwrap().role("Vendor").is_err());
    let error = update(&mut world, &template(&json!({ "Description": "new" })), &[]).unwrap_err();
    assert!(error.message.contains("is in CREATE_IN_PROGRESS state and can not be updated"));
    let later = |world: &mut World, seconds| {
        pass(world, seconds);
        crate::cfn::tick(world);
    };
    later(&mut world, 29);
    assert_eq!(status(&mut world), "CREATE_IN_PROGRESS");
    let mut world = World::from_json(&world.to_json().unwrap()).unwrap();
    later(&mut world, 1);
    assert_eq!(status(&mut world), "CREATE_COMPLETE");

    update(&mut world, &template(&json!({ "Description": "new" })), &[]).unwrap();
    assert_eq!(status(&mut world), "UPDATE_IN_PROGRESS");
    call(&mut world, "CancelUpdateStack", &[]).unwrap();
    later(&mut world, 30);
    assert_eq!(status(&mut world), "UPDATE_ROLLBACK_COMPLETE");
    assert_eq!(role(&world).description, None);

    call(&mut world, "DeleteStack", &[]).unwrap();
    assert_eq!(status(&mut world), "DELETE_IN_PROGRESS");
    later(&mut world, 30);
    assert!(call(&mut world, "DescribeStacks", &[]).is_err());
}

#[test]
fn an_unknown_type_and_unknown_properties_fail_the_stack() {
    let other = json!({ "Resources": { "Bucket": { "Type": "AWS::S3::Bucket" } } }).to_string();
    for (body, words) in [
        (other, "Unrecognized resource types: [AWS::S3::Bucket]"),
        (
            template(&json!({ "Color": "red" })),
            "Properties validation failed for resource Role with message:\n#: extraneous key [Color] is not permitted",
        ),
    ] {
        let mut world = world();
        call(&mut world, "CreateStack", &[("TemplateBody", &body)]).unwrap();
        assert_eq!(status(&mut world), "ROLLBACK_COMPLETE");
        let events = call(&mut world, "DescribeStackEvents", &[]).unwrap();
        assert!(events.contains(words), "{events}");
    }
}

#[test]
fn a_role_made_by_hand_is_in_the_way_in_aws_words() {
    let mut world = world();
    friend(&mut world);
    let body = template(&json!({ "RoleName": "Friend" }));
    call(&mut world, "CreateStack", &[("TemplateBody", &body)]).unwrap();
    let events = call(&mut world, "DescribeStackEvents", &[]).unwrap();
    let words = "Resource of type &apos;AWS::IAM::Role&apos; with identifier &apos;Friend&apos; already exists.";
    assert!(events.contains(words) && events.contains("HandlerErrorCode: AlreadyExists)"), "{events}");
    assert!(world.iam(MEMBER).unwrap().role("Friend").is_ok(), "the rollback leaves it alone");
}

#[test]
fn what_a_stack_exports_others_import_and_hold() {
    let mut world = created(&json!({}));
    let mut body: Value = serde_json::from_str(&template(&json!({}))).unwrap();
    body["Outputs"] =
        json!({ "Id": { "Value": { "Fn::GetAtt": ["Role", "RoleId"] }, "Export": { "Name": "role-id" } } });
    update(&mut world, &body.to_string(), &[]).unwrap();
    let listed = call(&mut world, "ListExports", &[]).unwrap();
    assert_eq!(text(&listed, "Value"), Some(role(&world).id.as_str()));
    let user = template(&json!({ "RoleName": "User", "Description": { "Fn::ImportValue": "role-id" } }));
    call(&mut world, "CreateStack", &[("StackName", "user"), ("TemplateBody", &user)]).unwrap();
    assert_eq!(world.iam(MEMBER).unwrap().role("User").unwrap().description.as_ref(), Some(&role(&world).id));
    let imports = call(&mut world, "ListImports", &[("ExportName", "role-id")]).unwrap();
    assert!(imports.contains("<member>user</member>"), "{imports}");
    call(&mut world, "DeleteStack", &[]).unwrap();
    assert_eq!(status(&mut world), "DELETE_FAILED");
    let described = call(&mut world, "DescribeStacks", &[]).unwrap();
    let reason = "Delete canceled. Cannot delete export role-id as it is in use by user.";
    assert_eq!(text(&described, "StackStatusReason"), Some(reason));
    call(&mut world, "DeleteStack", &[("StackName", "user")]).unwrap();
    call(&mut world, "DeleteStack", &[]).unwrap();
    assert!(call(&mut world, "DescribeStacks", &[]).is_err());
}

#[test]
fn resources_are_listed_as_they_stand() {
    let mut body: Value = serde_json::from_str(&template(&json!({}))).unwrap();
    body["Resources"]["Role"]["Metadata"] = json!({ "Owner": { "Ref": "AWS::AccountId" } });
    let mut world = world();
    call(&mut world, "CreateStack", &[("TemplateBody", &body.to_string())]).unwrap();
    let one = call(&mut world, "DescribeStackResource", &[("LogicalResourceId", "Role")]).unwrap();
    assert_eq!(text(&one, "PhysicalResourceId"), Some("Vendor"));
    assert_eq!(text(&one, "Metadata"), Some("{&quot;Owner&quot;:&quot;222222222222&quot;}"));
    let params = [("PhysicalResourceId", "Vendor")];
    let by_role = query(&mut world, Service::CloudFormation, MEMBER, "DescribeStackResources", &params).unwrap();
    assert_eq!(text(&by_role, "StackName"), Some("vendor"));
    let error = call(&mut world, "DescribeStackResource", &[("LogicalResourceId", "None")]).unwrap_err();
    assert_eq!(error.message, "Resource None does not exist for stack vendor");
}
