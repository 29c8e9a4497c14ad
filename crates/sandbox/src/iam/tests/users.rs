//! What holds of users, groups and their credentials.

use super::{INLINE, TRUST, decoded, error, failure, iam};
use crate::testing::{pass, query_as, text, world};
use crate::wire::{Service, WireError};
use crate::world::World;

const ALICE: (&str, &str) = ("UserName", "Alice");
const STRONG: (&str, &str) = ("Password", "Correct-Horse-9");

fn alice(world: &mut World) {
    iam(world, "CreateUser", &[ALICE, ("Path", "/people/")]).unwrap();
}

fn conflict(what: &str) -> (u16, String, String) {
    failure(409, "DeleteConflict", &format!("Cannot delete entity, must {what} first."))
}

fn as_user(world: &mut World, key: &str, operation: &str, params: &[(&str, &str)]) -> Result<String, WireError> {
    let caller = crate::sts::caller(world, key, None)?;
    query_as(world, Service::Iam, caller, operation, params)
}

#[test]
fn everything_must_go_before_a_user_can() {
    let mut world = world();
    alice(&mut world);
    let mut call = |operation: &str, params: &[(&str, &str)]| iam(&mut world, operation, params);
    let device = call("CreateVirtualMFADevice", &[("VirtualMFADeviceName", "phone")]).unwrap();
    let serial = ("SerialNumber", text(&device, "SerialNumber").unwrap());
    let managed = ("PolicyArn", "arn:aws:iam::aws:policy/ReadOnlyAccess");
    let group = ("GroupName", "Readers");
    call("CreateGroup", &[group]).unwrap();
    call("AddUserToGroup", &[group, ALICE]).unwrap();
    call("AttachUserPolicy", &[ALICE, managed]).unwrap();
    call("PutUserPolicy", &[ALICE, ("PolicyName", "p"), ("PolicyDocument", INLINE)]).unwrap();
    call("CreateLoginProfile", &[ALICE, STRONG]).unwrap();
    let key = call("CreateAccessKey", &[ALICE]).unwrap();
    let codes = [("AuthenticationCode1", "123456"), ("AuthenticationCode2", "654321")];
    call("EnableMFADevice", &[ALICE, serial, codes[0], codes[1]]).unwrap();
    let body = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----";
    let certificate = call("UploadSigningCertificate", &[ALICE, ("CertificateBody", body)]).unwrap();
    let ssh = call("UploadSSHPublicKey", &[ALICE, ("SSHPublicKeyBody", "ssh-rsa AAAA alice")]).unwrap();
    let service = [ALICE, ("ServiceName", "codecommit.amazonaws.com")];
    let password = call("CreateServiceSpecificCredential", &service).unwrap();

    let id = |answer: &str, name: &'static str| (name, text(answer, name).unwrap().to_owned());
    let by_id = [
        ("DeleteAccessKey", id(&key, "AccessKeyId")),
        ("DeleteSigningCertificate", id(&certificate, "CertificateId")),
        ("DeleteSSHPublicKey", id(&ssh, "SSHPublicKeyId")),
        ("DeleteServiceSpecificCredential", id(&password, "ServiceSpecificCredentialId")),
    ];
    let [access_key, certificate, ssh, password] =
        by_id.each_ref().map(|(operation, (name, id))| (*operation, vec![(*name, id.as_str())]));
    let steps = [
        ("remove users from group", ("RemoveUserFromGroup", vec![group])),
        ("detach all policies", ("DetachUserPolicy", vec![managed])),
        ("delete policies", ("DeleteUserPolicy", vec![("PolicyName", "p")])),
        ("delete login profile", ("DeleteLoginProfile", vec![])),
        ("delete access keys", access_key),
        ("delete MFA device", ("DeactivateMFADevice", vec![serial])),
        ("delete signing certificates", certificate),
        ("delete SSH public keys", ssh),
        ("delete service specific credentials", password),
    ];
    let in_use = call("DeleteVirtualMFADevice", &[serial]);
    assert_eq!(error(in_use), failure(409, "DeleteConflict", "MFA VirtualDevice in use. Must deactivate first."));
    for (obstacle, (operation, mut params)) in steps {
        assert_eq!(error(call("DeleteUser", &[ALICE])), conflict(obstacle));
        params.push(ALICE);
        call(operation, &params).unwrap();
        assert_eq!(error(call(operation, &params)).1, "NoSuchEntity", "{operation} twice");
    }
    call("DeleteUser", &[ALICE]).unwrap();
    call("DeleteVirtualMFADevice", &[serial]).unwrap();
    let gone = failure(404, "NoSuchEntity", "The user with name Alice cannot be found.");
    assert_eq!(error(call("GetUser", &[ALICE])), gone);
}

#[test]
fn a_group_goes_when_it_has_neither_members_nor_policies() {
    let mut world = world();
    alice(&mut world);
    let group = ("GroupName", "Readers");
    let mut call = |operation: &str, params: &[(&str, &str)]| iam(&mut world, operation, params);
    call("CreateGroup", &[group]).unwrap();
    let again = error(call("CreateGroup", &[("GroupName", "READERS")]));
    assert_eq!(again, failure(409, "EntityAlreadyExists", "Group with name READERS already exists."));
    call("AddUserToGroup", &[group, ALICE]).unwrap();
    call("AddUserToGroup", &[group, ALICE]).unwrap();
    call("AttachGroupPolicy", &[group, ("PolicyArn", "arn:aws:iam::aws:policy/ReadOnlyAccess")]).unwrap();
    call("PutGroupPolicy", &[group, ("PolicyName", "p"), ("PolicyDocument", INLINE)]).unwrap();
    let read = call("GetGroup", &[group]).unwrap();
    assert_eq!((text(&read, "GroupName"), text(&read, "UserName")), (Some("Readers"), Some("Alice")));
    assert!(call("ListGroupsForUser", &[ALICE]).unwrap().contains("<GroupName>Readers</GroupName>"));

    assert_eq!(error(call("DeleteGroup", &[group])), conflict("remove users from group"));
    call("RemoveUserFromGroup", &[group, ALICE]).unwrap();
    assert_eq!(error(call("DeleteGroup", &[group])), conflict("detach all policies"));
    call("DetachGroupPolicy", &[group, ("PolicyArn", "arn:aws:iam::aws:policy/ReadOnlyAccess")]).unwrap();
    assert_eq!(error(call("DeleteGroup", &[group])), conflict("delete policies"));
    call("DeleteGroupPolicy", &[group, ("PolicyName", "p")]).unwrap();
    call("DeleteGroup", &[group]).unwrap();
    let gone = failure(404, "NoSuchEntity", "The group with name Readers cannot be found.");
    assert_eq!(error(call("GetGroup", &[group])), gone);
}

#[test]
fn an_access_key_calls_as_its_user_with_the_policies_of_its_groups_inside_its_boundary() {
    let mut world = world();
    alice(&mut world);
    let made = iam(&mut world, "CreateAccessKey", &[ALICE]).unwrap();
    let key = text(&made, "AccessKeyId").unwrap().to_owned();
    let refused = error(as_user(&mut world, &key, "ListRoles", &[]));
    assert_eq!(
        refused.2,
        "User: arn:aws:iam::222222222222:user/people/Alice is not authorized to perform: iam:ListRoles on resource: \
         arn:aws:iam::222222222222:role/ because no identity-based policy allows the iam:ListRoles action"
    );
    let group = ("GroupName", "Readers");
    iam(&mut world, "CreateGroup", &[group]).unwrap();
    iam(&mut world, "AddUserToGroup", &[group, ALICE]).unwrap();
    let read_only = ("PolicyArn", "arn:aws:iam::aws:policy/IAMReadOnlyAccess");
    iam(&mut world, "AttachGroupPolicy", &[group, read_only]).unwrap();
    as_user(&mut world, &key, "ListRoles", &[]).unwrap();
    let own = as_user(&mut world, &key, "GetUser", &[]).unwrap();
    assert_eq!(text(&own, "Arn"), Some("arn:aws:iam::222222222222:user/people/Alice"));

    let boundary = ("PermissionsBoundary", "arn:aws:iam::aws:policy/AWSSupportAccess");
    iam(&mut world, "PutUserPermissionsBoundary", &[ALICE, boundary]).unwrap();
    let bounded = error(as_user(&mut world, &key, "ListRoles", &[]));
    assert!(bounded.2.ends_with("because no permissions boundary allows the iam:ListRoles action"), "{bounded:?}");
    iam(&mut world, "DeleteUserPermissionsBoundary", &[ALICE]).unwrap();

    let of_key = [ALICE, ("AccessKeyId", key.as_str())];
    iam(&mut world, "UpdateAccessKey", &[of_key[0], of_key[1], ("Status", "Inactive")]).unwrap();
    assert_eq!(error(as_user(&mut world, &key, "ListRoles", &[])).1, "InvalidClientTokenId");
    iam(&mut world, "UpdateAccessKey", &[of_key[0], of_key[1], ("Status", "Active")]).unwrap();
    as_user(&mut world, &key, "ListRoles", &[]).unwrap();
    iam(&mut world, "DeleteAccessKey", &of_key).unwrap();
    assert_eq!(error(as_user(&mut world, &key, "ListRoles", &[])).1, "InvalidClientTokenId");
}

#[test]
fn quotas_of_users_and_groups() {
    let mut world = world();
    alice(&mut world);
    let mut call = |operation: &str, params: &[(&str, &str)]| iam(&mut world, operation, params);
    call("CreateAccessKey", &[ALICE]).unwrap();
    call("CreateAccessKey", &[ALICE]).unwrap();
    let third = error(call("CreateAccessKey", &[ALICE]));
    assert_eq!(third, failure(409, "LimitExceeded", "Cannot exceed quota for AccessKeysPerUser: 2"));
    for number in 0..11 {
        let name = format!("G{number}");
        call("CreateGroup", &[("GroupName", &name)]).unwrap();
        let added = call("AddUserToGroup", &[("GroupName", &name), ALICE]);
        if number == 10 {
            assert_eq!(error(added), failure(409, "LimitExceeded", "Cannot exceed quota for GroupsPerUser: 10"));
        } else {
            added.unwrap();
        }
    }
    let long = INLINE.replace("s3:Get*", &format!("s3:{}", "G".repeat(2_000)));
    let put = [ALICE, ("PolicyName", "p"), ("PolicyDocument", long.as_str())];
    let message = "Maximum policy size of 2048 bytes exceeded for user Alice";
    assert_eq!(error(call("PutUserPolicy", &put)), failure(409, "LimitExceeded", message));
    call("PutGroupPolicy", &[("GroupName", "G1"), put[1], put[2]]).unwrap();
}

#[test]
fn a_login_profile_is_made_once_and_may_need_to_settle() {
    let mut world = world();
    world.switches.login_profile_settles_seconds = 30;
    alice(&mut world);
    let weak = iam(&mut world, "CreateLoginProfile", &[ALICE, ("Password", "short")]);
    assert_eq!(
        error(weak),
        failure(400, "PasswordPolicyViolation", "Password does not conform to the account password policy.")
    );
    let made = iam(&mut world, "CreateLoginProfile", &[ALICE, STRONG, ("PasswordResetRequired", "true")]).unwrap();
    assert_eq!(text(&made, "PasswordResetRequired"), Some("true"));
    let again = error(iam(&mut world, "CreateLoginProfile", &[ALICE, STRONG]));
    assert_eq!(again, failure(409, "EntityAlreadyExists", "Login Profile for user Alice already exists."));
    let early = error(iam(&mut world, "DeleteLoginProfile", &[ALICE]));
    assert_eq!(
        early,
        failure(
            409,
            "EntityTemporarilyUnmodifiable",
            "Login Profile for User Alice cannot be modified while login profile is being created."
        )
    );
    pass(&mut world, 30);
    iam(&mut world, "UpdateLoginProfile", &[ALICE, ("PasswordResetRequired", "false")]).unwrap();
    assert!(iam(&mut world, "GetLoginProfile", &[ALICE]).unwrap().contains("Required>false<"));
    iam(&mut world, "DeleteLoginProfile", &[ALICE]).unwrap();
    let gone = failure(404, "NoSuchEntity", "Login Profile for User Alice cannot be found.");
    assert_eq!(error(iam(&mut world, "GetLoginProfile", &[ALICE])), gone);
}

#[test]
fn a_deleted_user_stays_in_a_trust_policy_as_its_id() {
    let mut world = world();
    alice(&mut world);
    let trust = TRUST.replace("232136659152", "arn:aws:iam::222222222222:user/people/Alice");
    iam(&mut world, "CreateRole", &[("RoleName", "R"), ("AssumeRolePolicyDocument", &trust)]).unwrap();
    let shown =
        |world: &mut World| decoded(&iam(world, "GetRole", &[("RoleName", "R")]).unwrap(), "AssumeRolePolicyDocument");
    assert!(shown(&mut world).contains("user/people/Alice"));
    iam(&mut world, "DeleteUser", &[ALICE]).unwrap();
    assert!(shown(&mut world).contains(r#""AWS":"AIDA"#));
    alice(&mut world);
    assert!(shown(&mut world).contains(r#""AWS":"AIDA"#), "another user of the same name is not trusted");
}

#[test]
fn a_renamed_user_keeps_its_id_and_its_groups() {
    let mut world = world();
    alice(&mut world);
    let before = iam(&mut world, "GetUser", &[ALICE]).unwrap();
    let group = ("GroupName", "Readers");
    iam(&mut world, "CreateGroup", &[group]).unwrap();
    iam(&mut world, "AddUserToGroup", &[group, ALICE]).unwrap();
    iam(&mut world, "UpdateUser", &[ALICE, ("NewUserName", "Alicia"), ("NewPath", "/")]).unwrap();
    iam(&mut world, "UpdateGroup", &[group, ("NewGroupName", "Writers")]).unwrap();
    let after = iam(&mut world, "GetUser", &[("UserName", "Alicia")]).unwrap();
    assert_eq!(text(&after, "UserId"), text(&before, "UserId"));
    assert_eq!(text(&after, "Arn"), Some("arn:aws:iam::222222222222:user/Alicia"));
    let groups = iam(&mut world, "ListGroupsForUser", &[("UserName", "Alicia")]).unwrap();
    assert_eq!(text(&groups, "GroupName"), Some("Writers"));
}

#[test]
fn the_account_wide_read_filters_users_and_groups() {
    let mut world = world();
    alice(&mut world);
    let group = ("GroupName", "Readers");
    iam(&mut world, "CreateGroup", &[group]).unwrap();
    iam(&mut world, "AddUserToGroup", &[group, ALICE]).unwrap();
    iam(&mut world, "PutGroupPolicy", &[group, ("PolicyName", "p"), ("PolicyDocument", INLINE)]).unwrap();
    let users = iam(&mut world, "GetAccountAuthorizationDetails", &[("Filter.member.1", "User")]).unwrap();
    assert!(users.contains("<GroupList><member>Readers</member></GroupList>"));
    assert!(!users.contains("<GroupId>") && !users.contains("<RoleName>"));
    let groups = iam(&mut world, "GetAccountAuthorizationDetails", &[("Filter.member.1", "Group")]).unwrap();
    assert_eq!(decoded(&groups, "PolicyDocument"), INLINE);
    assert!(!groups.contains("<UserId>"));
    let wrong = error(iam(&mut world, "GetAccountAuthorizationDetails", &[("Filter.member.1", "Robot")]));
    assert!(wrong.2.starts_with("1 validation error detected: Value 'Robot' at 'filter.1.member'"), "{wrong:?}");
    let listed = iam(&mut world, "ListUsers", &[("PathPrefix", "/people/")]).unwrap();
    assert!(listed.contains("<UserName>Alice</UserName>"));
    assert!(!iam(&mut world, "ListUsers", &[("PathPrefix", "/robots/")]).unwrap().contains("<UserName>"));
}
