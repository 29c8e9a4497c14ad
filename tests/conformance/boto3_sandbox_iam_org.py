"""boto3 on the sandbox: Organizations, STS and IAM, with its own paginators.

    python boto3_sandbox_iam_org.py URL

URL is that of `rolecall sandbox serve`, whose organization is changed by this: it makes units and an account of its own.
"""

import json
import sys
import time
import unittest
import uuid

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

URL = sys.argv.pop() if len(sys.argv) > 1 else None
MEMBER_ROLE = "OrganizationAccountAccessRole"
VENDOR = "232136659152"
EXTERNAL_ID = "5f3e0f3c-conformance"
INLINE = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}]}


def trust(principal=f"arn:aws:iam::{VENDOR}:root", external_id=EXTERNAL_ID):
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"AWS": principal},
                "Action": "sts:AssumeRole",
                "Condition": {"StringEquals": {"sts:ExternalId": external_id}},
            }
        ],
    }


def client(service, key="anyone", token=None, secret="anything"):
    return boto3.client(
        service,
        endpoint_url=URL,
        region_name="us-east-1",
        aws_access_key_id=key,
        aws_secret_access_key=secret,
        aws_session_token=token,
        config=Config(retries={"total_max_attempts": 1}),
    )


def session_client(service, credentials):
    return client(service, credentials["AccessKeyId"], credentials["SessionToken"], credentials["SecretAccessKey"])


def all_rows(api, operation, key, **params):
    return [row for page in api.get_paginator(operation).paginate(**params) for row in page[key]]


class Sandbox(unittest.TestCase):
    """Common to all: an organization with a unit and an account made for this run."""

    @classmethod
    def setUpClass(cls):
        cls.org = client("organizations")
        cls.mark = uuid.uuid4().hex[:12]
        cls.root = cls.org.list_roots()["Roots"][0]["Id"]
        created = cls.org.create_organizational_unit(ParentId=cls.root, Name=f"Conformance {cls.mark}")
        cls.unit = created["OrganizationalUnit"]["Id"]
        cls.account = cls.create_account(f"conformance-{cls.mark}@example.com")

    @classmethod
    def create_account(cls, email):
        status = cls.org.create_account(Email=email, AccountName="Conformance")["CreateAccountStatus"]
        assert status["State"] == "IN_PROGRESS", status
        for _ in range(300):
            status = cls.org.describe_create_account_status(CreateAccountRequestId=status["Id"])["CreateAccountStatus"]
            if status["State"] != "IN_PROGRESS":
                break
            time.sleep(0.1)
        assert status["State"] == "SUCCEEDED", status
        return status["AccountId"]

    def assert_code(self, code, status, call, **params):
        with self.assertRaises(ClientError) as caught:
            call(**params)
        answer = caught.exception.response
        self.assertEqual(
            (answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"]), (code, status), answer["Error"]
        )
        return answer["Error"]["Message"]


class Organizations(Sandbox):
    def test_the_tree_and_the_flat_list_agree(self):
        organization = self.org.describe_organization()["Organization"]
        flat = {row["Id"]: row for row in all_rows(self.org, "list_accounts", "Accounts")}
        self.assertIn(organization["MasterAccountId"], flat)
        walked, pending = {}, [(self.root, f"{organization['Id']}/{self.root}/")]
        while pending:
            parent, path = pending.pop()
            for row in all_rows(self.org, "list_accounts_for_parent", "Accounts", ParentId=parent):
                walked[row["Id"]] = f"{path}{row['Id']}/"
            units = all_rows(
                self.org, "list_organizational_units_for_parent", "OrganizationalUnits", ParentId=parent
            )
            children = all_rows(
                self.org, "list_children", "Children", ParentId=parent, ChildType="ORGANIZATIONAL_UNIT"
            )
            self.assertEqual({row["Id"] for row in units}, {row["Id"] for row in children})
            pending += [(unit["Id"], f"{path}{unit['Id']}/") for unit in units]
        self.assertEqual(set(walked), set(flat))
        for account, row in flat.items():
            if "Paths" in row:
                self.assertEqual(row["Paths"], [walked[account]])

    def test_a_new_account_is_in_the_root_and_moves(self):
        account = self.create_account(f"moves-{self.mark}@example.com")
        parents = self.org.list_parents(ChildId=account)["Parents"]
        self.assertEqual(parents, [{"Id": self.root, "Type": "ROOT"}])
        move = {"AccountId": account, "SourceParentId": self.root, "DestinationParentId": self.unit}
        self.org.move_account(**move)
        self.assert_code("SourceParentNotFoundException", 400, self.org.move_account, **move)
        self.assertEqual(self.org.list_parents(ChildId=account)["Parents"][0]["Id"], self.unit)
        self.assert_code(
            "OrganizationalUnitNotEmptyException",
            400,
            self.org.delete_organizational_unit,
            OrganizationalUnitId=self.unit,
        )
        self.org.close_account(AccountId=account)
        described = self.org.describe_account(AccountId=account)["Account"]
        self.assertIn(described.get("State", described.get("Status")), ("PENDING_CLOSURE", "SUSPENDED"))
        self.assert_code("AccountAlreadyClosedException", 400, self.org.close_account, AccountId=account)

    def test_units_are_made_renamed_and_deleted(self):
        unit = self.org.create_organizational_unit(ParentId=self.unit, Name="One")["OrganizationalUnit"]["Id"]
        self.assert_code(
            "DuplicateOrganizationalUnitException",
            400,
            self.org.create_organizational_unit,
            ParentId=self.unit,
            Name="One",
        )
        self.org.update_organizational_unit(OrganizationalUnitId=unit, Name="Two")
        described = self.org.describe_organizational_unit(OrganizationalUnitId=unit)["OrganizationalUnit"]
        self.assertEqual(described["Name"], "Two")
        self.org.delete_organizational_unit(OrganizationalUnitId=unit)
        self.assert_code(
            "OrganizationalUnitNotFoundException",
            400,
            self.org.describe_organizational_unit,
            OrganizationalUnitId=unit,
        )

    def test_an_address_is_used_once(self):
        email = f"conformance-{self.mark}@example.com"
        status = self.org.create_account(Email=email, AccountName="Again")["CreateAccountStatus"]
        for _ in range(300):
            found = all_rows(self.org, "list_create_account_status", "CreateAccountStatuses", States=["FAILED"])
            mine = [row for row in found if row["Id"] == status["Id"]]
            if mine:
                break
            time.sleep(0.1)
        self.assertEqual(mine[0]["FailureReason"], "EMAIL_ALREADY_EXISTS")

    def test_delegated_administrators_need_trusted_access_and_may_read(self):
        service = "config.amazonaws.com"
        member = client("organizations", self.account)
        self.assert_code("AccessDeniedException", 400, member.list_accounts)
        self.assertEqual(member.describe_organization()["Organization"], self.org.describe_organization()["Organization"])
        register = {"AccountId": self.account, "ServicePrincipal": service}
        self.assert_code("ConstraintViolationException", 400, self.org.register_delegated_administrator, **register)
        self.org.enable_aws_service_access(ServicePrincipal=service)
        enabled = all_rows(self.org, "list_aws_service_access_for_organization", "EnabledServicePrincipals")
        self.assertIn(service, [row["ServicePrincipal"] for row in enabled])
        self.org.register_delegated_administrator(**register)
        delegated = all_rows(
            self.org, "list_delegated_administrators", "DelegatedAdministrators", ServicePrincipal=service
        )
        self.assertEqual([row["Id"] for row in delegated], [self.account])
        services = self.org.list_delegated_services_for_account(AccountId=self.account)["DelegatedServices"]
        self.assertEqual([row["ServicePrincipal"] for row in services], [service])
        member.list_accounts()
        self.org.deregister_delegated_administrator(**register)
        self.org.disable_aws_service_access(ServicePrincipal=service)
        self.assert_code("AccessDeniedException", 400, member.list_accounts)

    def test_tags_come_and_go(self):
        self.org.tag_resource(ResourceId=self.account, Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": ""}])
        self.org.untag_resource(ResourceId=self.account, TagKeys=["a"])
        tags = all_rows(self.org, "list_tags_for_resource", "Tags", ResourceId=self.account)
        self.assertEqual(tags, [{"Key": "b", "Value": ""}])

    def test_what_is_not_simulated_is_named(self):
        message = self.assert_code("UnknownOperationException", 400, self.org.describe_resource_policy)
        self.assertIn("DescribeResourcePolicy", message)


class Sessions(Sandbox):
    def setUp(self):
        self.sts = client("sts")
        self.member_role = f"arn:aws:iam::{self.account}:role/{MEMBER_ROLE}"

    def test_credentials_select_who_calls(self):
        management = self.org.describe_organization()["Organization"]["MasterAccountId"]
        self.assertEqual(self.sts.get_caller_identity()["Account"], management)
        self.assertEqual(client("sts", self.account).get_caller_identity()["Account"], self.account)
        assumed = self.sts.assume_role(RoleArn=self.member_role, RoleSessionName="conformance")
        identity = session_client("sts", assumed["Credentials"]).get_caller_identity()
        self.assertEqual(identity["Arn"], f"arn:aws:sts::{self.account}:assumed-role/{MEMBER_ROLE}/conformance")
        self.assertEqual(identity["UserId"], assumed["AssumedRoleUser"]["AssumedRoleId"])

    def test_a_session_without_its_token_is_none(self):
        credentials = self.sts.assume_role(RoleArn=self.member_role, RoleSessionName="conformance")["Credentials"]
        stripped = client("sts", credentials["AccessKeyId"], None, credentials["SecretAccessKey"])
        self.assert_code("InvalidClientTokenId", 403, stripped.get_caller_identity)

    def test_the_external_id_decides_and_nothing_is_given_away(self):
        name = f"Vendor-{uuid.uuid4().hex[:8]}"
        iam = client("iam", self.account)
        arn = iam.create_role(RoleName=name, Path="/vendors/", AssumeRolePolicyDocument=json.dumps(trust()))["Role"]["Arn"]
        vendor = client("sts", VENDOR)
        vendor.assume_role(RoleArn=arn, RoleSessionName="scan", ExternalId=EXTERNAL_ID)
        messages = set()
        for external_id, role in (("wrong-id", arn), (EXTERNAL_ID, arn + "x")):
            params = {"RoleArn": role, "RoleSessionName": "scan", "ExternalId": external_id}
            messages.add(self.assert_code("AccessDenied", 403, vendor.assume_role, **params).replace(role, "ROLE"))
        self.assert_code("AccessDenied", 403, vendor.assume_role, RoleArn=arn, RoleSessionName="scan")
        self.assertEqual(len(messages), 1, messages)

    def test_durations_have_two_limits(self):
        params = {"RoleArn": self.member_role, "RoleSessionName": "long"}
        message = self.assert_code("ValidationError", 400, self.sts.assume_role, DurationSeconds=3601, **params)
        self.assertEqual(message, "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.")

    def test_a_session_dies_with_its_role(self):
        name = f"Short-{uuid.uuid4().hex[:8]}"
        iam = client("iam", self.account)
        document = json.dumps(trust(principal=self.account))
        arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=document)["Role"]["Arn"]
        own = client("sts", self.account)
        credentials = own.assume_role(RoleArn=arn, RoleSessionName="scan", ExternalId=EXTERNAL_ID)["Credentials"]
        session = session_client("iam", credentials)
        message = self.assert_code("AccessDenied", 403, session.list_roles)
        self.assertIn("because no identity-based policy allows the iam:ListRoles action", message)
        iam.put_role_policy(
            RoleName=name,
            PolicyName="read",
            PolicyDocument=json.dumps(INLINE | {"Statement": [INLINE["Statement"][0] | {"Action": "iam:List*"}]}),
        )
        session.list_roles()
        iam.delete_role_policy(RoleName=name, PolicyName="read")
        iam.delete_role(RoleName=name)
        self.assert_code("InvalidClientTokenId", 403, session.list_roles)


class Roles(Sandbox):
    def setUp(self):
        self.iam = client("iam", self.account)
        self.name = f"Role-{uuid.uuid4().hex[:8]}"

    def create(self, **params):
        document = json.dumps(trust())
        return self.iam.create_role(RoleName=self.name, AssumeRolePolicyDocument=document, **params)["Role"]

    def test_a_role_with_everything_reads_back(self):
        boundary = "arn:aws:iam::aws:policy/ReadOnlyAccess"
        created = self.create(
            Path="/vendors/",
            Description="for a scan",
            MaxSessionDuration=7200,
            PermissionsBoundary=boundary,
            Tags=[{"Key": "team", "Value": ""}],
        )
        self.assertEqual(created["Arn"], f"arn:aws:iam::{self.account}:role/vendors/{self.name}")
        self.assertEqual(created["AssumeRolePolicyDocument"], trust())
        read = self.iam.get_role(RoleName=self.name)["Role"]
        self.assertEqual(read["PermissionsBoundary"]["PermissionsBoundaryArn"], boundary)
        self.assertEqual((read["Description"], read["MaxSessionDuration"]), ("for a scan", 7200))
        self.assertEqual(read["Tags"], [{"Key": "team", "Value": ""}])
        listed = all_rows(self.iam, "list_roles", "Roles", PathPrefix="/vendors/")
        row = next(row for row in listed if row["RoleName"] == self.name)
        self.assertEqual(row.keys() & {"Tags", "PermissionsBoundary", "RoleLastUsed"}, set())
        self.assertEqual(row["MaxSessionDuration"], 7200)

    def test_every_attribute_changes(self):
        self.create()
        role = {"RoleName": self.name}
        self.iam.update_role(**role, Description="new", MaxSessionDuration=3600)
        self.assertEqual(self.iam.update_role_description(**role, Description="newer")["Role"]["Description"], "newer")
        self.iam.update_assume_role_policy(**role, PolicyDocument=json.dumps(trust(external_id="another")))
        self.iam.put_role_permissions_boundary(**role, PermissionsBoundary="arn:aws:iam::aws:policy/ReadOnlyAccess")
        self.iam.tag_role(**role, Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}])
        self.iam.untag_role(**role, TagKeys=["a"])
        read = self.iam.get_role(**role)["Role"]
        self.assertEqual(read["AssumeRolePolicyDocument"], trust(external_id="another"))
        self.assertEqual(read["Tags"], [{"Key": "b", "Value": "2"}])
        self.assertEqual(all_rows(self.iam, "list_role_tags", "Tags", **role), read["Tags"])
        self.iam.delete_role_permissions_boundary(**role)
        self.assertNotIn("PermissionsBoundary", self.iam.get_role(**role)["Role"])

    def test_policies_come_and_go_and_hold_the_role(self):
        self.create()
        role = {"RoleName": self.name}
        managed = {"PolicyArn": "arn:aws:iam::aws:policy/job-function/ViewOnlyAccess"}
        for number in range(3):
            self.iam.put_role_policy(**role, PolicyName=f"p{number}", PolicyDocument=json.dumps(INLINE))
        self.iam.attach_role_policy(**role, **managed)
        self.iam.attach_role_policy(**role, **managed)
        self.assertEqual(self.iam.get_role_policy(**role, PolicyName="p1")["PolicyDocument"], INLINE)
        names = all_rows(self.iam, "list_role_policies", "PolicyNames", **role, PaginationConfig={"PageSize": 2})
        self.assertEqual(names, ["p0", "p1", "p2"])
        attached = all_rows(self.iam, "list_attached_role_policies", "AttachedPolicies", **role)
        self.assertEqual(attached, [{"PolicyName": "ViewOnlyAccess"} | managed])
        message = self.assert_code("DeleteConflict", 409, self.iam.delete_role, **role)
        self.assertEqual(message, "Cannot delete entity, must detach all policies first.")
        self.iam.detach_role_policy(**role, **managed)
        message = self.assert_code("DeleteConflict", 409, self.iam.delete_role, **role)
        self.assertEqual(message, "Cannot delete entity, must delete policies first.")
        for name in names:
            self.iam.delete_role_policy(**role, PolicyName=name)
        self.assertEqual(self.iam.list_instance_profiles_for_role(**role)["InstanceProfiles"], [])
        self.iam.delete_role(**role)
        message = self.assert_code("NoSuchEntity", 404, self.iam.get_role, **role)
        self.assertEqual(message, f"The role with name {self.name} cannot be found.")

    def test_account_wide_reads_show_the_same_role(self):
        self.create(Tags=[{"Key": "k", "Value": "v"}], Description="hidden from this read")
        role = {"RoleName": self.name}
        self.iam.put_role_policy(**role, PolicyName="p", PolicyDocument=json.dumps(INLINE))
        self.iam.attach_role_policy(**role, PolicyArn="arn:aws:iam::aws:policy/SecurityAudit")
        details = all_rows(
            self.iam,
            "get_account_authorization_details",
            "RoleDetailList",
            Filter=["Role"],
            PaginationConfig={"PageSize": 1},
        )
        detail = next(row for row in details if row["RoleName"] == self.name)
        self.assertEqual(detail["RolePolicyList"], [{"PolicyName": "p", "PolicyDocument": INLINE}])
        self.assertEqual([row["PolicyName"] for row in detail["AttachedManagedPolicies"]], ["SecurityAudit"])
        self.assertEqual(detail["AssumeRolePolicyDocument"], trust())
        self.assertNotIn("Description", detail)
        everything = self.iam.get_account_authorization_details()
        self.assertIn("SecurityAudit", [row["PolicyName"] for row in everything["Policies"]])

    def test_refusals_have_iams_codes(self):
        self.create()
        document = json.dumps(trust())
        self.assert_code(
            "EntityAlreadyExists",
            409,
            self.iam.create_role,
            RoleName=self.name.upper(),
            AssumeRolePolicyDocument=document,
        )
        ghost = json.dumps(trust(principal=f"arn:aws:iam::{self.account}:role/Ghost"))
        message = self.assert_code(
            "MalformedPolicyDocument", 400, self.iam.create_role, RoleName="Other", AssumeRolePolicyDocument=ghost
        )
        self.assertIn("Invalid principal in policy", message)
        long = json.dumps(trust(external_id="x" * 2048))
        self.assert_code(
            "LimitExceeded", 409, self.iam.update_assume_role_policy, RoleName=self.name, PolicyDocument=long
        )
        self.assert_code(
            "NoSuchEntity",
            404,
            self.iam.attach_role_policy,
            RoleName=self.name,
            PolicyArn="arn:aws:iam::aws:policy/NoSuchPolicy",
        )
        message = self.assert_code("InvalidAction", 400, self.iam.list_server_certificates)
        self.assertIn("ListServerCertificates", message)

    def test_the_waiter_of_roles_works(self):
        self.create()
        self.iam.get_waiter("role_exists").wait(RoleName=self.name)


class Policies(Sandbox):
    def test_a_customer_managed_policy_has_versions_and_users(self):
        iam = client("iam", self.account)
        name = f"Policy-{uuid.uuid4().hex[:8]}"
        policy = iam.create_policy(PolicyName=name, PolicyDocument=json.dumps(INLINE), Description="d")["Policy"]
        arn = {"PolicyArn": policy["Arn"]}
        other = INLINE | {"Statement": [INLINE["Statement"][0] | {"Action": "s3:List*"}]}
        iam.create_policy_version(**arn, PolicyDocument=json.dumps(other), SetAsDefault=True)
        self.assertEqual(iam.get_policy(**arn)["Policy"]["DefaultVersionId"], "v2")
        self.assertEqual(iam.get_policy_version(**arn, VersionId="v2")["PolicyVersion"]["Document"], other)
        versions = all_rows(iam, "list_policy_versions", "Versions", **arn)
        self.assertEqual([row["VersionId"] for row in versions], ["v2", "v1"])
        iam.attach_role_policy(RoleName=MEMBER_ROLE, **arn)
        users = iam.list_entities_for_policy(**arn)
        self.assertEqual([row["RoleName"] for row in users["PolicyRoles"]], [MEMBER_ROLE])
        local = all_rows(iam, "list_policies", "Policies", Scope="Local", OnlyAttached=True)
        self.assertEqual([row["PolicyName"] for row in local], [name])
        self.assert_code("DeleteConflict", 409, iam.delete_policy, **arn)
        iam.detach_role_policy(RoleName=MEMBER_ROLE, **arn)
        self.assert_code("DeleteConflict", 409, iam.delete_policy, **arn)
        iam.set_default_policy_version(**arn, VersionId="v1")
        iam.delete_policy_version(**arn, VersionId="v2")
        iam.delete_policy(**arn)
        self.assert_code("NoSuchEntity", 404, iam.get_policy, **arn)

    def test_policies_that_aws_manages_are_listed_and_read(self):
        iam = client("iam", self.account)
        listed = all_rows(iam, "list_policies", "Policies", Scope="AWS")
        self.assertIn("SecurityAudit", [row["PolicyName"] for row in listed])
        arn = "arn:aws:iam::aws:policy/AdministratorAccess"
        version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
        document = iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"]
        self.assertEqual(document["Statement"], [{"Effect": "Allow", "Action": "*", "Resource": "*"}])

    def test_the_account_answers_for_itself(self):
        iam = client("iam", self.account)
        self.assertEqual(iam.list_account_aliases()["AccountAliases"], [])
        self.assertEqual(iam.get_user()["User"]["UserName"], "Administrator")


if __name__ == "__main__":
    if URL is None:
        sys.exit(__doc__)
    unittest.main()
