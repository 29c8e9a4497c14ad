//! What holds of IAM at the wire.

mod behaviour;
mod users;

use percent_encoding::percent_decode_str;

use crate::testing::{MEMBER, query, text, world};
use crate::wire::{Service, WireError};
use crate::world::World;

const TRUST: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":["232136659152"]},"Action":["sts:AssumeRole"],"Condition":{"StringEquals":{"sts:ExternalId":"x1"}}}]}"#;
const INLINE: &str =
    r#"{ "Version":"2012-10-17", "Statement":[{"Effect":"Allow","Action":"s3:Get*","Resource":"*"}] }"#;

fn iam(world: &mut World, operation: &str, params: &[(&str, &str)]) -> Result<String, WireError> {
    query(world, Service::Iam, MEMBER, operation, params)
}

fn role(world: &mut World, name: &str) -> Result<String, WireError> {
    iam(world, "CreateRole", &[("RoleName", name), ("AssumeRolePolicyDocument", TRUST)])
}

fn decoded(xml: &str, name: &str) -> String {
    percent_decode_str(text(xml, name).unwrap()).decode_utf8().unwrap().into_owned()
}

fn error(result: Result<String, WireError>) -> (u16, String, String) {
    let error = result.unwrap_err();
    (error.status, error.code.into_owned(), error.message)
}

fn failure(status: u16, code: &str, message: &str) -> (u16, String, String) {
    (status, code.to_owned(), message.to_owned())
}

#[test]
fn a_trust_policy_is_stored_in_iams_own_form_and_an_inline_one_as_submitted() {
    let mut world = world();
    let created = role(&mut world, "Vendor").unwrap();
    assert!(text(&created, "AssumeRolePolicyDocument").unwrap().starts_with("%7B%22Version%22%3A%222012-10-17%22"));
    assert_eq!(
        decoded(&created, "AssumeRolePolicyDocument"),
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::232136659152:root"},"Action":"sts:AssumeRole","Condition":{"StringEquals":{"sts:ExternalId":"x1"}}}]}"#
    );
    let names = [("RoleName", "Vendor"), ("PolicyName", "p")];
    iam(&mut world, "PutRolePolicy", &[names[0], names[1], ("PolicyDocument", INLINE)]).unwrap();
    let read = iam(&mut world, "GetRolePolicy", &names).unwrap();
    assert_eq!(decoded(&read, "PolicyDocument"), INLINE);
}

#[test]
fn names_are_unique_without_regard_to_case() {
    let mut world = world();
    role(&mut world, "Vendor").unwrap();
    assert_eq!(
        error(role(&mut world, "VENDOR")),
        failure(409, "EntityAlreadyExists", "Role with name VENDOR already exists.")
    );
}

#[test]
fn a_role_principal_is_stored_by_id_and_shown_by_arn_while_it_exists() {
    let mut world = world();
    role(&mut world, "Trusted").unwrap();
    let trust = TRUST.replace("232136659152", "arn:aws:iam::222222222222:role/Trusted");
    iam(&mut world, "CreateRole", &[("RoleName", "Trusting"), ("AssumeRolePolicyDocument", &trust)]).unwrap();
    let shown = |world: &mut World| {
        decoded(&iam(world, "GetRole", &[("RoleName", "Trusting")]).unwrap(), "AssumeRolePolicyDocument")
    };
    assert!(shown(&mut world).contains(r#""AWS":"arn:aws:iam::222222222222:role/Trusted""#));
    iam(&mut world, "DeleteRole", &[("RoleName", "Trusted")]).unwrap();
    assert!(shown(&mut world).contains(r#""AWS":"AROA"#));
    role(&mut world, "Trusted").unwrap();
    assert!(shown(&mut world).contains(r#""AWS":"AROA"#), "recreating the role does not heal the trust policy");
}

#[test]
fn malformed_trust_policies_are_refused_in_iams_words() {
    let statement =
        |members: &str| format!(r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow",{members}}}]}}"#);
    let cases = [
        ("{".to_owned(), "This policy contains invalid Json"),
        (statement(r#""Principal":"*","Action":"sts:AssumeRole","Resource":"*""#), "Has prohibited field Resource"),
        (statement(r#""Action":"sts:AssumeRole""#), "Missing required field Principal"),
        (
            statement(r#""Principal":{"AWS":"arn:aws:iam::222222222222:role/Nobody"},"Action":"sts:AssumeRole""#),
            r#"Invalid principal in policy: "AWS":"arn:aws:iam::222222222222:role/Nobody""#,
        ),
        (
            statement(r#""Principal":{"AWS":"123"},"Action":"sts:AssumeRole""#),
            r#"Invalid principal in policy: "AWS":"123""#,
        ),
        (
            statement(r#""Principal":"*","Action":"s3:GetObject""#),
            "AssumeRole policy may only specify STS AssumeRole actions.",
        ),
    ];
    let mut world = world();
    for (trust, message) in cases {
        let created = iam(&mut world, "CreateRole", &[("RoleName", "R"), ("AssumeRolePolicyDocument", &trust)]);
        assert_eq!(error(created), failure(400, "MalformedPolicyDocument", message), "{trust}");
    }
}

#[test]
fn quotas_are_counted_without_whitespace() {
    let mut world = world();
    let long = |spaces: usize, letters: usize| {
        TRUST.replace("x1", &"a".repeat(letters)).replace("},\"Action", &format!("}},{}\"Action", " ".repeat(spaces)))
    };
    let fits = long(3000, 2048 - TRUST.len() + 2);
    iam(&mut world, "CreateRole", &[("RoleName", "R"), ("AssumeRolePolicyDocument", &fits)]).unwrap();
    let over = long(0, 2048 - TRUST.len() + 3);
    let updated = iam(&mut world, "UpdateAssumeRolePolicy", &[("RoleName", "R"), ("PolicyDocument", &over)]);
    assert_eq!(error(updated), failure(409, "LimitExceeded", "Cannot exceed quota for ACLSizePerRole: 2048"));

    let document = INLINE.replace("s3:Get*", &format!("s3:{}", "G".repeat(6000)));
    let put = |world: &mut World, name: &str| {
        iam(world, "PutRolePolicy", &[("RoleName", "R"), ("PolicyName", name), ("PolicyDocument", &document)])
    };
    put(&mut world, "a").unwrap();
    put(&mut world, "a").unwrap();
    assert_eq!(
        error(put(&mut world, "b")),
        failure(409, "LimitExceeded", "Maximum policy size of 10240 bytes exceeded for role R")
    );
}

#[test]
fn only_policies_that_exist_attach_and_only_ten_of_them() {
    let mut world = world();
    role(&mut world, "R").unwrap();
    let mut attach = |arn: &str| iam(&mut world, "AttachRolePolicy", &[("RoleName", "R"), ("PolicyArn", arn)]);
    let missing = "arn:aws:iam::aws:policy/NoSuchPolicy";
    assert_eq!(
        error(attach(missing)),
        failure(404, "NoSuchEntity", &format!("Policy {missing} does not exist or is not attachable."))
    );
    let arns: Vec<String> = super::aws_managed::arns().take(11).collect();
    for arn in &arns[..10] {
        attach(arn).unwrap();
    }
    attach(&arns[0]).unwrap();
    assert_eq!(error(attach(&arns[10])), failure(409, "LimitExceeded", "Cannot exceed quota for PoliciesPerRole: 10"));
}

#[test]
fn a_role_is_deleted_only_when_bare() {
    let mut world = world();
    role(&mut world, "R").unwrap();
    let attached = [("RoleName", "R"), ("PolicyArn", "arn:aws:iam::aws:policy/SecurityAudit")];
    let inline = [("RoleName", "R"), ("PolicyName", "p"), ("PolicyDocument", INLINE)];
    iam(&mut world, "AttachRolePolicy", &attached).unwrap();
    iam(&mut world, "PutRolePolicy", &inline).unwrap();
    let delete = |world: &mut World| error(iam(world, "DeleteRole", &[("RoleName", "R")]));
    let detach_first = "Cannot delete entity, must detach all policies first.";
    assert_eq!(delete(&mut world), failure(409, "DeleteConflict", detach_first));
    iam(&mut world, "DetachRolePolicy", &attached).unwrap();
    let again = error(iam(&mut world, "DetachRolePolicy", &attached));
    assert_eq!(again, failure(404, "NoSuchEntity", "Policy arn:aws:iam::aws:policy/SecurityAudit was not found."));
    assert_eq!(delete(&mut world), failure(409, "DeleteConflict", "Cannot delete entity, must delete policies first."));
    iam(&mut world, "DeleteRolePolicy", &inline[..2]).unwrap();
    iam(&mut world, "DeleteRole", &[("RoleName", "R")]).unwrap();
    assert_eq!(delete(&mut world), failure(404, "NoSuchEntity", "The role with name R cannot be found."));
}

#[test]
fn lists_leave_out_what_aws_leaves_out() {
    let mut world = world();
    let params = [
        ("RoleName", "R"),
        ("AssumeRolePolicyDocument", TRUST),
        ("Description", "d"),
        ("Path", "/vendors/"),
        ("MaxSessionDuration", "7200"),
        ("PermissionsBoundary", "arn:aws:iam::aws:policy/ReadOnlyAccess"),
        ("Tags.member.1.Key", "k"),
        ("Tags.member.1.Value", ""),
    ];
    iam(&mut world, "CreateRole", &params).unwrap();
    let has = |xml: &str, members: [&str; 4]| members.map(|member| xml.contains(&format!("<{member}>")));
    let members = ["Description", "MaxSessionDuration", "PermissionsBoundary", "Tags"];
    let got = iam(&mut world, "GetRole", &[("RoleName", "R")]).unwrap();
    assert_eq!(has(&got, members), [true, true, true, true]);
    let listed = iam(&mut world, "ListRoles", &[("PathPrefix", "/vendors/")]).unwrap();
    assert_eq!(has(&listed, members), [true, true, false, false]);
    assert!(!listed.contains("OrganizationAccountAccessRole"));
    let details = iam(&mut world, "GetAccountAuthorizationDetails", &[("Filter.member.1", "Role")]).unwrap();
    assert_eq!(has(&details, members), [false, false, true, true]);
    assert!(details.contains("OrganizationAccountAccessRole"));
}

#[test]
fn lists_page_until_there_is_no_marker() {
    let mut world = world();
    for number in 0..7 {
        role(&mut world, &format!("R{number}")).unwrap();
    }
    for (operation, each) in [("ListRoles", "<RoleName>"), ("GetAccountAuthorizationDetails", "<RoleName>")] {
        let (mut pages, mut rows, mut marker) = (0, 0, String::new());
        loop {
            let mut params = vec![("MaxItems", "3")];
            if !marker.is_empty() {
                params.push(("Marker", &marker));
            }
            let page = iam(&mut world, operation, &params).unwrap();
            pages += 1;
            rows += page.matches(each).count();
            match text(&page, "Marker") {
                Some(next) => marker = next.to_owned(),
                None => break,
            }
        }
        assert_eq!(rows, 8, "{operation}");
        assert!(pages >= 3, "{operation}");
    }
    assert_eq!(error(iam(&mut world, "ListRoles", &[("Marker", "bogus")])).0, 400);
}

#[test]
fn tags_are_unique_without_regard_to_case() {
    let mut world = world();
    role(&mut world, "R").unwrap();
    let tag = |world: &mut World, key: &str, value: &str| {
        iam(world, "TagRole", &[("RoleName", "R"), ("Tags.member.1.Key", key), ("Tags.member.1.Value", value)])
    };
    tag(&mut world, "Team", "a").unwrap();
    tag(&mut world, "team", "b").unwrap();
    let tags = iam(&mut world, "ListRoleTags", &[("RoleName", "R")]).unwrap();
    assert_eq!((tags.matches("<Key>").count(), text(&tags, "Value")), (1, Some("b")));
    assert_eq!(error(tag(&mut world, "aws:x", "b")).1, "InvalidInput");
    let many: Vec<(String, String)> =
        (0..50).map(|number| (format!("Tags.member.{number}.Key"), format!("Tags.member.{number}.Value"))).collect();
    let mut params = vec![("RoleName", "R")];
    for (key, value) in &many {
        params.extend([(key.as_str(), key.as_str()), (value.as_str(), "v")]);
    }
    assert_eq!(error(iam(&mut world, "TagRole", &params)).1, "LimitExceeded");
}

#[test]
fn a_service_linked_role_is_out_of_reach() {
    let mut world = world();
    crate::org::activate_stack_sets_access(&mut world).unwrap();
    let name = "AWSServiceRoleForCloudFormationStackSetsOrgAdmin";
    let deleted = query(&mut world, Service::Iam, crate::testing::MANAGEMENT, "DeleteRole", &[("RoleName", name)]);
    assert_eq!(error(deleted).1, "UnmodifiableEntity");
}

#[test]
fn policy_versions_are_five_and_the_default_stays() {
    let mut world = world();
    let created = iam(&mut world, "CreatePolicy", &[("PolicyName", "P"), ("PolicyDocument", INLINE)]).unwrap();
    let arn = text(&created, "Arn").unwrap().to_owned();
    let version = |world: &mut World| {
        iam(world, "CreatePolicyVersion", &[("PolicyArn", &arn), ("PolicyDocument", INLINE), ("SetAsDefault", "true")])
    };
    for _ in 0..4 {
        version(&mut world).unwrap();
    }
    assert_eq!(error(version(&mut world)).1, "LimitExceeded");
    let of = |id| [("PolicyArn", arn.as_str()), ("VersionId", id)];
    assert_eq!(error(iam(&mut world, "DeletePolicyVersion", &of("v5"))).1, "DeleteConflict");
    iam(&mut world, "DeletePolicyVersion", &of("v1")).unwrap();
    let read = iam(&mut world, "GetPolicyVersion", &of("v5")).unwrap();
    assert_eq!(decoded(&read, "Document"), INLINE);
    role(&mut world, "R").unwrap();
    iam(&mut world, "AttachRolePolicy", &[("RoleName", "R"), ("PolicyArn", &arn)]).unwrap();
    let deleted = error(iam(&mut world, "DeletePolicy", &[("PolicyArn", &arn)]));
    assert_eq!(deleted, failure(409, "DeleteConflict", "Cannot delete a policy attached to entities."));
}

#[test]
fn what_is_not_simulated_says_so() {
    let (status, code, message) = error(iam(&mut world(), "UploadServerCertificate", &[]));
    assert_eq!((status, code.as_str()), (400, "InvalidAction"));
    assert!(message.contains("UploadServerCertificate"), "{message}");
}

#[test]
fn the_readme_names_every_operation() {
    let readme = include_str!("../../../README.md");
    let names: Vec<&str> = readme.split(|c: char| !c.is_ascii_alphanumeric()).collect();
    let missing: Vec<&str> = super::handle::operations().filter(|name| !names.contains(name)).collect();
    assert_eq!(missing, Vec::<&str>::new());
}

#[test]
fn all_violations_of_the_schema_are_told_at_once() {
    let mut world = world();
    let created = iam(&mut world, "CreateRole", &[("RoleName", "a b"), ("MaxSessionDuration", "3599")]);
    assert_eq!(
        error(created),
        failure(
            400,
            "ValidationError",
            "3 validation errors detected: Value null at 'assumeRolePolicyDocument' failed to satisfy constraint: \
             Member must not be null; Value '3599' at 'maxSessionDuration' failed to satisfy constraint: Member must \
             have value greater than or equal to 3600; Value 'a b' at 'roleName' failed to satisfy constraint: Member \
             must satisfy regular expression pattern: [\\w+=,.@-]+"
        )
    );
    let unread = iam(&mut world, "ListRoles", &[("MaxItems", "many")]);
    assert_eq!(error(unread).1, "MalformedInput");
}
