"""boto3 on the sandbox: users, groups, credentials, providers, the policy simulator and STS, answers checked against models.

    python boto3_sandbox_iam.py URL

URL is that of `rolecall sandbox serve`, whose organization is changed by this: it makes a unit and an account of its own.
"""

import json
import sys
import unittest
import uuid

from boto3_sandbox_iam_org import INLINE, MEMBER_ROLE, URL, Sandbox, all_rows, client, session_client, trust

READ_ONLY = "arn:aws:iam::aws:policy/IAMReadOnlyAccess"
PASSWORD = "Correct-Horse-9"
TAGS = [{"Key": "team", "Value": "red"}]
CERTIFICATE = "-----BEGIN CERTIFICATE-----\nMIIBexample\n-----END CERTIFICATE-----"
METADATA = f'<EntityDescriptor entityID="https://idp.example">{" " * 1000}</EntityDescriptor>'


class Iam(Sandbox):
    def setUp(self):
        self.iam = client("iam", self.account)
        self.mark = uuid.uuid4().hex[:8]

    def user(self, **params):
        name = f"user-{self.mark}"
        self.iam.create_user(UserName=name, **params)
        return {"UserName": name}

    def in_the_way(self, user, what):
        message = self.assert_code("DeleteConflict", 409, self.iam.delete_user, **user)
        self.assertEqual(message, f"Cannot delete entity, must {what} first.")


class Users(Iam):
    def test_a_user_with_everything_reads_back(self):
        user = self.user(Path="/people/", PermissionsBoundary=READ_ONLY, Tags=TAGS)
        read = self.iam.get_user(**user)["User"]
        self.assertEqual(read["Arn"], f"arn:aws:iam::{self.account}:user/people/{user['UserName']}")
        self.assertTrue(read["UserId"].startswith("AIDA"))
        self.assertEqual((read["Tags"], read["PermissionsBoundary"]["PermissionsBoundaryArn"]), (TAGS, READ_ONLY))
        listed = all_rows(self.iam, "list_users", "Users", PathPrefix="/people/")
        row = next(row for row in listed if row["UserName"] == user["UserName"])
        self.assertEqual(row.keys() & {"Tags", "PermissionsBoundary"}, set())
        self.iam.delete_user_permissions_boundary(**user)
        self.iam.put_user_permissions_boundary(**user, PermissionsBoundary=READ_ONLY)
        self.iam.tag_user(**user, Tags=[{"Key": "TEAM", "Value": "blue"}])
        self.assertEqual(all_rows(self.iam, "list_user_tags", "Tags", **user), [{"Key": "TEAM", "Value": "blue"}])
        self.iam.untag_user(**user, TagKeys=["team"])
        self.assertNotIn("Tags", self.iam.get_user(**user)["User"])
        self.iam.get_waiter("user_exists").wait(**user)
        renamed = f"renamed-{self.mark}"
        self.iam.update_user(**user, NewUserName=renamed, NewPath="/")
        self.assertEqual(self.iam.get_user(UserName=renamed)["User"]["UserId"], read["UserId"])
        self.assert_code("NoSuchEntity", 404, self.iam.get_user, **user)
        self.iam.delete_user(UserName=renamed)

    def test_policies_and_groups_hold_a_user(self):
        user, group = self.user(), {"GroupName": f"group-{self.mark}"}
        document = json.dumps(INLINE)
        self.iam.create_group(**group, Path="/teams/")
        self.iam.add_user_to_group(**group, **user)
        self.assertEqual(all_rows(self.iam, "get_group", "Users", **group)[0]["UserName"], user["UserName"])
        groups = all_rows(self.iam, "list_groups_for_user", "Groups", **user)
        self.assertEqual([row["GroupName"] for row in groups], [group["GroupName"]])
        self.assertIn(groups[0], all_rows(self.iam, "list_groups", "Groups", PathPrefix="/teams/"))
        for kind, entity in (("user", user), ("group", group)):
            call = lambda name: getattr(self.iam, name.format(kind))  # noqa: E731
            call("put_{}_policy")(**entity, PolicyName="p", PolicyDocument=document)
            self.assertEqual(call("get_{}_policy")(**entity, PolicyName="p")["PolicyDocument"], INLINE)
            self.assertEqual(all_rows(self.iam, f"list_{kind}_policies", "PolicyNames", **entity), ["p"])
            call("attach_{}_policy")(**entity, PolicyArn=READ_ONLY)
            attached = all_rows(self.iam, f"list_attached_{kind}_policies", "AttachedPolicies", **entity)
            self.assertEqual([row["PolicyArn"] for row in attached], [READ_ONLY])
        uses = self.iam.list_entities_for_policy(PolicyArn=READ_ONLY)
        self.assertIn(user["UserName"], [row["UserName"] for row in uses["PolicyUsers"]])
        self.assertIn(group["GroupName"], [row["GroupName"] for row in uses["PolicyGroups"]])
        pages = self.iam.get_paginator("get_account_authorization_details")
        details = [page for page in pages.paginate(Filter=["User", "Group"], PaginationConfig={"PageSize": 1})]
        users = [row for page in details for row in page["UserDetailList"] if row["UserName"] == user["UserName"]]
        self.assertEqual(users[0]["GroupList"], [group["GroupName"]])
        self.assertEqual(users[0]["UserPolicyList"], [{"PolicyName": "p", "PolicyDocument": INLINE}])
        self.assertEqual([row for page in details for row in page["RoleDetailList"]], [])

        self.in_the_way(user, "remove users from group")
        message = self.assert_code("DeleteConflict", 409, self.iam.delete_group, **group)
        self.assertEqual(message, "Cannot delete entity, must remove users from group first.")
        self.iam.remove_user_from_group(**group, **user)
        self.in_the_way(user, "detach all policies")
        self.iam.detach_user_policy(**user, PolicyArn=READ_ONLY)
        self.in_the_way(user, "delete policies")
        self.iam.delete_user_policy(**user, PolicyName="p")
        self.iam.delete_user(**user)
        self.iam.update_group(**group, NewPath="/", NewGroupName=f"renamed-{self.mark}")
        group = {"GroupName": f"renamed-{self.mark}"}
        self.iam.detach_group_policy(**group, PolicyArn=READ_ONLY)
        self.iam.delete_group_policy(**group, PolicyName="p")
        self.iam.delete_group(**group)

    def test_credentials_hold_a_user(self):
        user = self.user()
        self.assert_code("PasswordPolicyViolation", 400, self.iam.create_login_profile, **user, Password="short")
        self.iam.create_login_profile(**user, Password=PASSWORD, PasswordResetRequired=True)
        self.assert_code("EntityAlreadyExists", 409, self.iam.create_login_profile, **user, Password=PASSWORD)
        self.iam.update_login_profile(**user, PasswordResetRequired=False)
        self.assertFalse(self.iam.get_login_profile(**user)["LoginProfile"]["PasswordResetRequired"])
        certificate = self.iam.upload_signing_certificate(**user, CertificateBody=CERTIFICATE)["Certificate"]
        certificate = {"CertificateId": certificate["CertificateId"]}
        self.iam.update_signing_certificate(**user, **certificate, Status="Inactive")
        rows = all_rows(self.iam, "list_signing_certificates", "Certificates", **user)
        self.assertEqual([row["Status"] for row in rows], ["Inactive"])
        key = self.iam.upload_ssh_public_key(**user, SSHPublicKeyBody="ssh-rsa AAAA someone")["SSHPublicKey"]
        ssh = {"SSHPublicKeyId": key["SSHPublicKeyId"]}
        self.iam.update_ssh_public_key(**user, **ssh, Status="Inactive")
        read = self.iam.get_ssh_public_key(**user, **ssh, Encoding="SSH")["SSHPublicKey"]
        self.assertEqual((read["Status"], read["Fingerprint"]), ("Inactive", key["Fingerprint"]))
        self.assertEqual(len(all_rows(self.iam, "list_ssh_public_keys", "SSHPublicKeys", **user)), 1)
        service = "codecommit.amazonaws.com"
        made = self.iam.create_service_specific_credential(**user, ServiceName=service)["ServiceSpecificCredential"]
        password = {"ServiceSpecificCredentialId": made["ServiceSpecificCredentialId"]}
        reset = self.iam.reset_service_specific_credential(**user, **password)["ServiceSpecificCredential"]
        self.assertNotEqual(reset["ServicePassword"], made["ServicePassword"])
        self.iam.update_service_specific_credential(**user, **password, Status="Inactive")
        rows = self.iam.list_service_specific_credentials(**user)["ServiceSpecificCredentials"]
        self.assertEqual([row["Status"] for row in rows], ["Inactive"])

        device = self.iam.create_virtual_mfa_device(VirtualMFADeviceName=self.mark, Tags=TAGS)["VirtualMFADevice"]
        serial = {"SerialNumber": device["SerialNumber"]}
        self.assertTrue(device["Base32StringSeed"])
        codes = {"AuthenticationCode1": "123456", "AuthenticationCode2": "654321"}
        same = codes | {"AuthenticationCode2": "123456"}
        self.assert_code("InvalidAuthenticationCode", 403, self.iam.enable_mfa_device, **user, **serial, **same)
        self.iam.enable_mfa_device(**user, **serial, **codes)
        self.iam.resync_mfa_device(**user, **serial, **codes)
        self.assertEqual(all_rows(self.iam, "list_mfa_devices", "MFADevices", **user)[0]["SerialNumber"], device["SerialNumber"])
        self.assertEqual(self.iam.get_mfa_device(**serial)["UserName"], user["UserName"])
        assigned = all_rows(self.iam, "list_virtual_mfa_devices", "VirtualMFADevices", AssignmentStatus="Assigned")
        self.assertIn(user["UserName"], [row["User"]["UserName"] for row in assigned])
        self.assertEqual(self.iam.list_mfa_device_tags(**serial)["Tags"], TAGS)
        self.iam.tag_mfa_device(**serial, Tags=[{"Key": "a", "Value": ""}])
        self.iam.untag_mfa_device(**serial, TagKeys=["a"])

        self.in_the_way(user, "delete login profile")
        self.iam.delete_login_profile(**user)
        self.in_the_way(user, "delete MFA device")
        message = self.assert_code("DeleteConflict", 409, self.iam.delete_virtual_mfa_device, **serial)
        self.assertEqual(message, "MFA VirtualDevice in use. Must deactivate first.")
        self.iam.deactivate_mfa_device(**user, **serial)
        self.iam.delete_virtual_mfa_device(**serial)
        self.in_the_way(user, "delete signing certificates")
        self.iam.delete_signing_certificate(**user, **certificate)
        self.in_the_way(user, "delete SSH public keys")
        self.iam.delete_ssh_public_key(**user, **ssh)
        self.in_the_way(user, "delete service specific credentials")
        self.iam.delete_service_specific_credential(**user, **password)
        self.iam.delete_user(**user)

    def test_access_keys_are_credentials_of_their_user(self):
        user = self.user()
        key = self.iam.create_access_key(**user)["AccessKey"]
        own = session_client("iam", key | {"SessionToken": None})
        message = self.assert_code("AccessDenied", 403, own.list_roles)
        self.assertIn("because no identity-based policy allows the iam:ListRoles action", message)
        self.iam.attach_user_policy(**user, PolicyArn=READ_ONLY)
        own.list_roles()
        self.assertEqual(own.get_user()["User"]["UserName"], user["UserName"])
        named = {"AccessKeyId": key["AccessKeyId"]}
        used = self.iam.get_access_key_last_used(**named)
        self.assertEqual((used["UserName"], used["AccessKeyLastUsed"]["ServiceName"]), (user["UserName"], "iam"))
        self.iam.create_login_profile(**user, Password=PASSWORD)
        change = {"OldPassword": PASSWORD, "NewPassword": PASSWORD + "!"}
        self.assert_code("AccessDenied", 403, own.change_password, **change)
        self.iam.attach_user_policy(**user, PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
        own.change_password(**change)
        self.assert_code("AccessDenied", 403, own.change_password, **change)
        self.iam.create_access_key(**user)
        message = self.assert_code("LimitExceeded", 409, self.iam.create_access_key, **user)
        self.assertEqual(message, "Cannot exceed quota for AccessKeysPerUser: 2")
        self.iam.update_access_key(**user, **named, Status="Inactive")
        self.assert_code("InvalidClientTokenId", 403, own.list_roles)
        rows = all_rows(self.iam, "list_access_keys", "AccessKeyMetadata", **user)
        self.assertEqual({row["Status"] for row in rows}, {"Active", "Inactive"})
        sts = client("sts")
        self.assertEqual(sts.get_access_key_info(**named)["Account"], self.account)
        for row in rows:
            self.iam.delete_access_key(**user, AccessKeyId=row["AccessKeyId"])


class Others(Iam):
    def test_instance_profiles_hold_a_role(self):
        role, profile = {"RoleName": f"role-{self.mark}"}, {"InstanceProfileName": f"profile-{self.mark}"}
        self.iam.create_role(**role, AssumeRolePolicyDocument=json.dumps(trust()))
        self.iam.create_instance_profile(**profile, Path="/x/", Tags=TAGS)
        self.iam.add_role_to_instance_profile(**profile, **role)
        self.iam.get_waiter("instance_profile_exists").wait(**profile)
        read = self.iam.get_instance_profile(**profile)["InstanceProfile"]
        self.assertEqual((read["Roles"][0]["RoleName"], read["Tags"]), (role["RoleName"], TAGS))
        for listed in (
            all_rows(self.iam, "list_instance_profiles", "InstanceProfiles", PathPrefix="/x/"),
            all_rows(self.iam, "list_instance_profiles_for_role", "InstanceProfiles", **role),
        ):
            self.assertIn(profile["InstanceProfileName"], [row["InstanceProfileName"] for row in listed])
        self.iam.tag_instance_profile(**profile, Tags=[{"Key": "a", "Value": "1"}])
        self.iam.untag_instance_profile(**profile, TagKeys=["a"])
        self.assertEqual(self.iam.list_instance_profile_tags(**profile)["Tags"], TAGS)
        message = self.assert_code("DeleteConflict", 409, self.iam.delete_role, **role)
        self.assertEqual(message, "Cannot delete entity, must remove roles from instance profile first.")
        self.iam.remove_role_from_instance_profile(**profile, **role)
        self.iam.delete_instance_profile(**profile)
        self.iam.delete_role(**role)

    def test_identity_providers(self):
        host = f"{self.mark}.example.com"
        oidc = self.iam.create_open_id_connect_provider(
            Url=f"https://{host}", ClientIDList=["sts.amazonaws.com"], ThumbprintList=["a" * 40], Tags=TAGS
        )
        named = {"OpenIDConnectProviderArn": oidc["OpenIDConnectProviderArn"]}
        self.assertEqual(oidc["OpenIDConnectProviderArn"], f"arn:aws:iam::{self.account}:oidc-provider/{host}")
        self.assert_code("EntityAlreadyExists", 409, self.iam.create_open_id_connect_provider, Url=f"https://{host}")
        self.iam.add_client_id_to_open_id_connect_provider(**named, ClientID="another")
        self.iam.remove_client_id_from_open_id_connect_provider(**named, ClientID="sts.amazonaws.com")
        self.iam.update_open_id_connect_provider_thumbprint(**named, ThumbprintList=["b" * 40])
        self.iam.tag_open_id_connect_provider(**named, Tags=[{"Key": "a", "Value": "1"}])
        self.iam.untag_open_id_connect_provider(**named, TagKeys=["a"])
        self.assertEqual(self.iam.list_open_id_connect_provider_tags(**named)["Tags"], TAGS)
        read = self.iam.get_open_id_connect_provider(**named)
        self.assertEqual((read["Url"], read["ClientIDList"], read["ThumbprintList"]), (host, ["another"], ["b" * 40]))
        listed = self.iam.list_open_id_connect_providers()["OpenIDConnectProviderList"]
        self.assertIn(oidc["OpenIDConnectProviderArn"], [row["Arn"] for row in listed])
        self.iam.delete_open_id_connect_provider(**named)
        self.assert_code("NoSuchEntity", 404, self.iam.get_open_id_connect_provider, **named)

        saml = self.iam.create_saml_provider(Name=self.mark, SAMLMetadataDocument=METADATA, Tags=TAGS)
        named = {"SAMLProviderArn": saml["SAMLProviderArn"]}
        self.iam.update_saml_provider(**named, SAMLMetadataDocument=METADATA + " ")
        self.assertEqual(self.iam.get_saml_provider(**named)["SAMLMetadataDocument"], METADATA + " ")
        self.iam.tag_saml_provider(**named, Tags=[{"Key": "a", "Value": "1"}])
        self.iam.untag_saml_provider(**named, TagKeys=["a"])
        self.assertEqual(self.iam.list_saml_provider_tags(**named)["Tags"], TAGS)
        self.assertIn(named["SAMLProviderArn"], [row["Arn"] for row in self.iam.list_saml_providers()["SAMLProviderList"]])
        self.iam.delete_saml_provider(**named)
        self.assert_code("NoSuchEntity", 404, self.iam.get_saml_provider, **named)

    def test_the_account_has_an_alias_a_password_policy_and_counts(self):
        alias = f"alias-{self.mark}"
        self.iam.create_account_alias(AccountAlias=alias)
        self.assertEqual(all_rows(self.iam, "list_account_aliases", "AccountAliases"), [alias])
        self.assert_code("EntityAlreadyExists", 409, client("iam").create_account_alias, AccountAlias=alias)
        self.iam.delete_account_alias(AccountAlias=alias)
        self.assert_code("NoSuchEntity", 404, self.iam.get_account_password_policy)
        self.iam.update_account_password_policy(MinimumPasswordLength=14, RequireSymbols=True, MaxPasswordAge=90)
        policy = self.iam.get_account_password_policy()["PasswordPolicy"]
        self.assertEqual((policy["MinimumPasswordLength"], policy["RequireSymbols"], policy["ExpirePasswords"]), (14, True, True))
        message = self.assert_code(
            "PasswordPolicyViolation", 400, self.iam.create_login_profile, **self.user(), Password=PASSWORD[:13]
        )
        self.assertEqual(message, "Password should have a minimum length of 14")
        self.iam.delete_account_password_policy()
        summary = self.iam.get_account_summary()["SummaryMap"]
        self.assertEqual(summary["Roles"], len(all_rows(self.iam, "list_roles", "Roles")))

    def test_service_linked_roles_have_their_own_operations(self):
        made = self.iam.create_service_linked_role(AWSServiceName="guardduty.amazonaws.com", Description="d")["Role"]
        self.assertEqual(made["Path"], "/aws-service-role/guardduty.amazonaws.com/")
        role = {"RoleName": made["RoleName"]}
        self.assert_code("UnmodifiableEntity", 400, self.iam.delete_role, **role)
        task = self.iam.delete_service_linked_role(**role)["DeletionTaskId"]
        status = self.iam.get_service_linked_role_deletion_status(DeletionTaskId=task)["Status"]
        self.assertEqual(status, "SUCCEEDED")

    def test_policies_have_tags(self):
        made = self.iam.create_policy(PolicyName=f"p-{self.mark}", PolicyDocument=json.dumps(INLINE), Tags=TAGS)
        arn = {"PolicyArn": made["Policy"]["Arn"]}
        self.iam.tag_policy(**arn, Tags=[{"Key": "a", "Value": "1"}])
        self.iam.untag_policy(**arn, TagKeys=["a"])
        self.assertEqual(all_rows(self.iam, "list_policy_tags", "Tags", **arn), TAGS)
        self.iam.delete_policy(**arn)

    def test_the_simulator_decides(self):
        arn = f"arn:aws:iam::{self.account}:role/{MEMBER_ROLE}"
        deny = {"Effect": "Deny", "Action": "iam:DeleteRole", "Resource": "*"}
        document = json.dumps(INLINE | {"Statement": [deny]})
        actions = ["iam:GetRole", "iam:DeleteRole"]
        rows = all_rows(
            self.iam,
            "simulate_principal_policy",
            "EvaluationResults",
            PolicySourceArn=arn,
            ActionNames=actions,
            PolicyInputList=[document],
            ContextEntries=[
                {"ContextKeyName": "aws:SourceIp", "ContextKeyValues": ["192.0.2.1"], "ContextKeyType": "ip"}
            ],
        )
        self.assertEqual([row["EvalDecision"] for row in rows], ["allowed", "explicitDeny"])
        rows = all_rows(
            self.iam, "simulate_custom_policy", "EvaluationResults", PolicyInputList=[document], ActionNames=actions
        )
        self.assertEqual([row["EvalDecision"] for row in rows], ["implicitDeny", "explicitDeny"])
        asks = INLINE | {"Statement": [deny | {"Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}}]}
        keys = self.iam.get_context_keys_for_custom_policy(PolicyInputList=[json.dumps(asks)])["ContextKeyNames"]
        self.assertEqual(keys, ["aws:MultiFactorAuthPresent"])
        own = self.iam.get_context_keys_for_principal_policy(PolicySourceArn=arn)["ContextKeyNames"]
        self.assertEqual(own, [])


class Sessions(Sandbox):
    def test_a_session_token_and_a_federated_user(self):
        sts = client("sts", self.account)
        own = session_client("sts", sts.get_session_token(DurationSeconds=900)["Credentials"])
        self.assertEqual(own.get_caller_identity()["Arn"], f"arn:aws:iam::{self.account}:user/Administrator")
        self.assert_code("AccessDenied", 403, own.get_session_token)
        made = sts.get_federation_token(Name="someone", Policy=json.dumps(INLINE))
        self.assertEqual(made["FederatedUser"]["FederatedUserId"], f"{self.account}:someone")
        self.assertGreater(made["PackedPolicySize"], 0)
        self.assert_code("InvalidClientTokenId", 403, session_client("iam", made["Credentials"]).list_roles)

    def test_session_policies_narrow(self):
        sts = client("sts")
        role = {"RoleArn": f"arn:aws:iam::{self.account}:role/{MEMBER_ROLE}", "RoleSessionName": "narrow"}
        made = sts.assume_role(**role, PolicyArns=[{"arn": READ_ONLY}])
        session = session_client("iam", made["Credentials"])
        session.list_roles()
        message = self.assert_code("AccessDenied", 403, session.create_user, UserName="x")
        self.assertIn("because no session policy allows the iam:CreateUser action", message)
        self.assert_code("MalformedPolicyDocument", 400, sts.assume_role, **role, Policy="{")
        message = self.assert_code("AccessDenied", 403, sts.assume_role, **role, Tags=TAGS)
        self.assertIn("is not authorized to perform: sts:TagSession on resource", message)


if __name__ == "__main__":
    if URL is None:
        sys.exit(__doc__)
    unittest.main()
