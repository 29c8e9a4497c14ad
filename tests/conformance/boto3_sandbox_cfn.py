"""boto3 on the sandbox's CloudFormation: stack sets of an organization and the stacks they put into its accounts.

    python boto3_sandbox_cfn.py URL

URL is that of `rolecall sandbox serve --org examples/acme/organization.yaml` in its first state; its organization is
changed by this. boto3 reads every answer by AWS's service model. Paginators and waiters are used as they come.
"""

import json
import re
import sys
import time
import unittest
import uuid
from contextlib import contextmanager

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

URL = sys.argv.pop() if len(sys.argv) > 1 else None
REGION = "us-east-1"
MANAGEMENT = "111111111111"
WORKLOADS, INFRASTRUCTURE, SECURITY = "ou-acme-workload", "ou-acme-infrastr", "ou-acme-security"
SANDBOX, ACQUIRED, SUSPENDED, ROOT = "ou-acme-sandbox0", "ou-acme-acquired", "ou-acme-suspend0", "r-acme"
# The account with a hand-made role, and that role.
STREAMING, HAND_MADE = "230000000003", "DatadogIntegrationRole"
STACK_SETS_PRINCIPAL = "member.org.stacksets.cloudformation.amazonaws.com"
FAST = {"MaxConcurrentPercentage": 100, "FailureTolerancePercentage": 0, "ConcurrencyMode": "SOFT_FAILURE_TOLERANCE"}
POLICY = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:List*", "Resource": "*"}]}
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"AWS": "arn:aws:iam::232136659152:root"},
            "Action": "sts:AssumeRole",
            "Condition": {"StringEquals": {"sts:ExternalId": "made-with-boto3"}},
        }
    ],
}


def client(service, account="anyone"):
    """A client that acts as the administrator of an account, or of the management account."""
    return boto3.client(
        service,
        endpoint_url=URL,
        region_name=REGION,
        aws_access_key_id=account,
        aws_secret_access_key="anything",
        config=Config(retries={"max_attempts": 0}),
    )


CFN, ORGANIZATIONS = client("cloudformation"), client("organizations")


def template(role, session=3600, **more):
    """A template that makes one role with an inline and an attached policy."""
    properties = {
        "RoleName": role,
        "AssumeRolePolicyDocument": TRUST,
        "MaxSessionDuration": session,
        "ManagedPolicyArns": ["arn:aws:iam::aws:policy/SecurityAudit"],
        "Policies": [{"PolicyName": "list", "PolicyDocument": POLICY}],
        "Tags": [{"Key": "of", "Value": {"Ref": "AWS::AccountId"}}],
    }
    return json.dumps({"Resources": {"Role": {"Type": "AWS::IAM::Role", "Properties": properties | more}}})


def pages(operation, member, source=CFN, page_size=None, **parameters):
    """All rows of a list, by boto3's own paginator."""
    if page_size:
        parameters["PaginationConfig"] = {"PageSize": page_size}
    return [row for page in source.get_paginator(operation).paginate(**parameters) for row in page[member]]


def active_below(unit):
    """The active accounts below a unit or the root, the management account left out."""
    accounts = pages("list_accounts", "Accounts", ORGANIZATIONS)
    inside = [a for a in accounts if f"/{unit}/" in a["Paths"][0] and a["State"] == "ACTIVE"]
    return {account["Id"] for account in inside} - {MANAGEMENT}


def eventually(condition, what):
    """Waits until something that the sandbox does over its own time has come about."""
    for _ in range(240):
        value = condition()
        if value:
            return value
        time.sleep(0.25)
    raise AssertionError(f"did not come about: {what}")


def targets(*units, accounts=None, filtered=None):
    """DeploymentTargets."""
    found = {"OrganizationalUnitIds": list(units)}
    return found | ({"Accounts": accounts, "AccountFilterType": filtered} if accounts is not None else {})


class StackSet:
    """A stack set of a name, and what is done with it."""

    def __init__(self, name, body=None, auto=False, **parameters):
        self.name = name
        created = CFN.create_stack_set(
            StackSetName=name,
            TemplateBody=body or template(f"Role-{name}"),
            PermissionModel="SERVICE_MANAGED",
            AutoDeployment={"Enabled": auto} | ({"RetainStacksOnAccountRemoval": False} if auto else {}),
            Capabilities=["CAPABILITY_NAMED_IAM"],
            **parameters,
        )
        self.id = created["StackSetId"]

    def describe(self):
        """The stack set as it is."""
        return CFN.describe_stack_set(StackSetName=self.name)["StackSet"]

    def operation(self, identifier):
        """One of its operations as it is."""
        return CFN.describe_stack_set_operation(StackSetName=self.name, OperationId=identifier)["StackSetOperation"]

    def ended(self, identifier):
        """Waits for an operation and returns it as it ended."""
        def over():
            operation = self.operation(identifier)
            return operation if operation["Status"] not in ("RUNNING", "QUEUED", "STOPPING") else None

        ended = eventually(over, f"end of {identifier} on {self.name}")
        # The lists of operations and of results lag behind.
        eventually(lambda: self.listed(identifier) == ended["Status"], f"news of the end of {identifier}")
        return ended

    def listed(self, identifier):
        """The status of an operation in the list of all, None while it is not in there."""
        operations = pages("list_stack_set_operations", "Summaries", StackSetName=self.name)
        return {operation["OperationId"]: operation["Status"] for operation in operations}.get(identifier)

    def idle(self):
        """Waits until none of its operations runs."""
        def none_runs():
            operations = pages("list_stack_set_operations", "Summaries", StackSetName=self.name)
            return all(operation["Status"] not in ("RUNNING", "QUEUED", "STOPPING") for operation in operations)

        eventually(none_runs, f"idleness of {self.name}")

    def begin_create(self, chosen, preferences=None, **parameters):
        """Starts making instances."""
        return CFN.create_stack_instances(
            StackSetName=self.name, DeploymentTargets=chosen, Regions=[REGION],
            OperationPreferences=preferences or FAST, **parameters,
        )["OperationId"]

    def create(self, chosen, preferences=None):
        """Makes instances."""
        return self.ended(self.begin_create(chosen, preferences))

    def update(self, **parameters):
        """Updates the stack set."""
        parameters = {"OperationPreferences": FAST, "Capabilities": ["CAPABILITY_NAMED_IAM"]} | parameters
        return self.ended(CFN.update_stack_set(StackSetName=self.name, **parameters)["OperationId"])

    def delete(self, chosen, retain=False):
        """Deletes instances."""
        return self.ended(CFN.delete_stack_instances(
            StackSetName=self.name, DeploymentTargets=chosen, Regions=[REGION], OperationPreferences=FAST,
            RetainStacks=retain,
        )["OperationId"])

    def instances(self, page_size=None, **parameters):
        """Its instances by account."""
        rows = pages("list_stack_instances", "Summaries", page_size=page_size, StackSetName=self.name, **parameters)
        return {row["Account"]: row for row in rows}

    def statuses(self):
        """Status and detailed status of its instances by account."""
        rows = self.instances()
        return {account: (row["Status"], row["StackInstanceStatus"]["DetailedStatus"]) for account, row in rows.items()}

    def results(self, identifier, page_size=None, **parameters):
        """What came of each account in an operation."""
        rows = pages("list_stack_set_operation_results", "Summaries", page_size=page_size, StackSetName=self.name,
                     OperationId=identifier, **parameters)
        return {row["Account"]: row for row in rows}


class Conformance(unittest.TestCase):
    """What all tests here can say."""

    @contextmanager
    def refused(self, code, text="."):
        """The call in this block ends with an error of this code, whose message matches the text."""
        with self.assertRaises(ClientError) as refusal:
            yield
        error = refusal.exception.response["Error"]
        self.assertEqual(error["Code"], code, error["Message"])
        self.assertRegex(error["Message"], text)

    def assert_no_role(self, account, role):
        """There is no such role in an account."""
        with self.refused("NoSuchEntity"):
            client("iam", account).get_role(RoleName=role)


class A_TrustedAccess(Conformance):
    """Before anything: stack sets may not act in an organization that was not asked."""

    def test_1_service_managed_needs_trusted_access(self):
        """CloudFormation has a switch of its own; the one of Organizations is not enough."""
        self.assertEqual(CFN.describe_organizations_access()["Status"], "DISABLED")
        words = "You must enable organizations access to operate a service managed stack set"
        with self.refused("ValidationError", words):
            StackSet("too-early")
        ORGANIZATIONS.enable_aws_service_access(ServicePrincipal=STACK_SETS_PRINCIPAL)
        with self.refused("ValidationError", words):
            StackSet("too-early")
        CFN.activate_organizations_access()
        self.assertEqual(CFN.describe_organizations_access()["Status"], "ENABLED")

    def test_2_a_member_is_not_the_administrator(self):
        """Stack sets are the management account's or a delegated administrator's, who says so in each call."""
        member = client("cloudformation", "320000000002")
        with self.refused("ValidationError"):
            member.create_stack_set(StackSetName="of-a-member", TemplateBody=template("Any"),
                                    PermissionModel="SERVICE_MANAGED", AutoDeployment={"Enabled": False},
                                    Capabilities=["CAPABILITY_NAMED_IAM"])
        with self.refused("ValidationError"):
            member.list_stack_sets(CallAs="DELEGATED_ADMIN")
        ORGANIZATIONS.register_delegated_administrator(AccountId="320000000002", ServicePrincipal=STACK_SETS_PRINCIPAL)
        created = member.create_stack_set(
            StackSetName="delegated", TemplateBody=template("Any"), PermissionModel="SERVICE_MANAGED",
            AutoDeployment={"Enabled": False}, Capabilities=["CAPABILITY_NAMED_IAM"], CallAs="DELEGATED_ADMIN",
        )
        self.assertIn("delegated", [s["StackSetName"] for s in pages("list_stack_sets", "Summaries", Status="ACTIVE")])
        arn = CFN.describe_stack_set(StackSetName=created["StackSetId"])["StackSet"]["StackSetARN"]
        self.assertIn(f":{MANAGEMENT}:stackset/", arn, "it lives in the management account")
        member.delete_stack_set(StackSetName="delegated", CallAs="DELEGATED_ADMIN")


class B_Definition(Conformance):
    """What a stack set is, and what it may not be."""

    def test_1_named_iam_resources_want_their_capability(self):
        """A named role is acknowledged by name."""
        for capabilities in ([], ["CAPABILITY_IAM"]):
            with self.refused("InsufficientCapabilitiesException", "CAPABILITY_NAMED_IAM"):
                CFN.create_stack_set(StackSetName="unacknowledged", TemplateBody=template("Any"),
                                     PermissionModel="SERVICE_MANAGED", AutoDeployment={"Enabled": False},
                                     Capabilities=capabilities)

    def test_2_a_template_has_its_limits(self):
        """51,200 bytes pass and one more does not; what is not a template is refused."""
        body = template("Any")
        exact = body + " " * (51_200 - len(body))
        CFN.delete_stack_set(StackSetName=StackSet("as-large-as-can-be", exact).id)
        with self.refused("ValidationError", "51200"):
            StackSet("too-large", exact + " ")
        for broken in ('{"Resources":', '{"Resources": {}}', '{"Description": "nothing"}'):
            with self.refused("ValidationError", "Template format error"):
                StackSet("broken", broken)

    def test_3_a_definition_comes_back_as_it_went_in(self):
        """Every part of it."""
        body = template("Whole")
        made = StackSet("whole", body, auto=True, Description="All of it", ManagedExecution={"Active": True},
                        Tags=[{"Key": "team", "Value": "security"}])
        self.assertRegex(made.id, r"^whole:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")
        found = made.describe()
        self.assertEqual(found["TemplateBody"], body)
        self.assertEqual((found["StackSetName"], found["StackSetId"], found["Status"]), ("whole", made.id, "ACTIVE"))
        self.assertEqual(found["StackSetARN"], f"arn:aws:cloudformation:{REGION}:{MANAGEMENT}:stackset/{made.id}")
        self.assertEqual((found["Description"], found["PermissionModel"]), ("All of it", "SERVICE_MANAGED"))
        self.assertEqual(found["AutoDeployment"]["Enabled"], True)
        self.assertEqual(found["AutoDeployment"]["RetainStacksOnAccountRemoval"], False)
        self.assertEqual(found["ManagedExecution"], {"Active": True})
        self.assertEqual(found["Tags"], [{"Key": "team", "Value": "security"}])
        self.assertEqual(found["Capabilities"], ["CAPABILITY_NAMED_IAM"])
        self.assertEqual(found["OrganizationalUnitIds"], [])
        with self.refused("NameAlreadyExistsException"):
            StackSet("whole")

    def test_4_tags_left_out_stay_and_an_empty_list_removes_them(self):
        """So does everything else that an update leaves out, but for capabilities."""
        tagged = StackSet("tagged", Tags=[{"Key": "team", "Value": "security"}])
        tagged.update(UsePreviousTemplate=True)
        self.assertEqual(tagged.describe()["Tags"], [{"Key": "team", "Value": "security"}])
        tagged.update(UsePreviousTemplate=True, Tags=[])
        self.assertEqual(tagged.describe()["Tags"], [])
        with self.refused("InsufficientCapabilitiesException"):
            tagged.update(UsePreviousTemplate=True, Capabilities=[])

    def test_5_a_deleted_stack_set_is_remembered_by_its_id(self):
        """Its name is free again."""
        first = StackSet("reborn")
        CFN.delete_stack_set(StackSetName="reborn")
        with self.refused("StackSetNotFoundException"):
            CFN.describe_stack_set(StackSetName="reborn")
        self.assertEqual(CFN.describe_stack_set(StackSetName=first.id)["StackSet"]["Status"], "DELETED")
        second = StackSet("reborn")
        self.assertNotEqual(first.id, second.id)
        by_status = lambda status: [s["StackSetId"] for s in pages("list_stack_sets", "Summaries", Status=status)]
        self.assertIn(first.id, by_status("DELETED"))
        self.assertNotIn(first.id, by_status("ACTIVE"))
        self.assertIn(second.id, by_status("ACTIVE"))

    def test_6_templates_can_be_summarized_and_validated(self):
        """Parameters, capabilities and resource types of a template."""
        body = json.loads(template("Any")) | {
            "Description": "with a parameter",
            "Parameters": {"Given": {"Type": "String", "Default": "x", "Description": "not used"}},
        }
        for answer in (CFN.get_template_summary(TemplateBody=json.dumps(body)),
                       CFN.validate_template(TemplateBody=json.dumps(body))):
            self.assertEqual(answer["Capabilities"], ["CAPABILITY_NAMED_IAM"])
            self.assertEqual(answer["Description"], "with a parameter")
            self.assertEqual([p["ParameterKey"] for p in answer["Parameters"]], ["Given"])
        summary = CFN.get_template_summary(TemplateBody=json.dumps(body))
        self.assertEqual(summary["ResourceTypes"], ["AWS::IAM::Role"])

    def test_7_what_is_not_simulated_says_so(self):
        """An error that names the operation, never an empty success."""
        with self.refused("InvalidAction", "ListTypes"):
            CFN.list_types()


class C_Instances(Conformance):
    """Instances over units: one story, in order, of the stack set `main`."""

    @classmethod
    def setUpClass(cls):
        cls.body = template("MainRole")
        cls.set = StackSet("main", cls.body, auto=True, Tags=[{"Key": "stack-set-tag", "Value": "yes"}])
        cls.members = active_below(WORKLOADS)

    def test_1_targets_are_checked(self):
        """Units are needed and must exist, at most 50; UNION is not for creating; some Region is needed."""
        for wrong in (
            {"Accounts": ["222222222222"]},
            targets("ou-acme-00000000"),
            targets(WORKLOADS, accounts=["222222222222"], filtered="UNION"),
            targets(WORKLOADS, accounts=["222222222222"], filtered="NONE"),
            targets(WORKLOADS, accounts=[], filtered="INTERSECTION"),
            targets(*self.empty_units(51)),
        ):
            with self.subTest(wrong=str(wrong)[:100]), self.refused("ValidationError"):
                self.set.begin_create(wrong)
        with self.refused("ValidationError"):
            CFN.create_stack_instances(StackSetName="main", DeploymentTargets=targets(WORKLOADS), Regions=[])
        with self.refused("StackSetNotFoundException"):
            CFN.create_stack_instances(StackSetName="none", DeploymentTargets=targets(WORKLOADS), Regions=[REGION])
        self.assertEqual(self.set.instances(), {})

    @staticmethod
    def empty_units(count):
        """Makes so many units without accounts."""
        make = ORGANIZATIONS.create_organizational_unit
        names = [f"empty-{number}" for number in range(count)]
        return [make(ParentId=ACQUIRED, Name=name)["OrganizationalUnit"]["Id"] for name in names]

    def test_2_an_operation_takes_time_and_the_one_place(self):
        """It is RUNNING first, refuses a second one by naming itself, and its id cannot be used again."""
        identifier = str(uuid.uuid4())
        slow = FAST | {"MaxConcurrentPercentage": 25}
        begun = self.set.begin_create(targets(WORKLOADS), slow, OperationId=identifier)
        self.assertEqual(begun, identifier)
        self.assertEqual(self.set.operation(identifier)["Status"], "RUNNING")
        arn = re.escape(self.set.describe()["StackSetARN"])
        words = f"Another Operation on StackSet {arn} is in progress: {begun}"
        with self.refused("OperationInProgressException", words):
            self.set.begin_create(targets(WORKLOADS))
        with self.refused("OperationInProgressException"):
            CFN.delete_stack_set(StackSetName="main")
        operation = self.set.ended(identifier)
        self.assertEqual((operation["Status"], operation["Action"]), ("SUCCEEDED", "CREATE"))
        self.assertEqual(operation["StatusDetails"]["FailedStackInstancesCount"], 0)
        self.assertEqual(operation["DeploymentTargets"]["OrganizationalUnitIds"], [WORKLOADS])
        self.assertGreater(operation["EndTimestamp"], operation["CreationTimestamp"])
        with self.refused("OperationIdAlreadyExistsException"):
            self.set.begin_create(targets(WORKLOADS), OperationId=identifier)
        listed = {o["OperationId"]: o for o in pages("list_stack_set_operations", "Summaries", StackSetName="main")}
        self.assertEqual((listed[identifier]["Status"], listed[identifier]["Action"]), ("SUCCEEDED", "CREATE"))
        results = eventually(lambda: self.set.results(identifier, page_size=4), "results, which may lag")
        self.assertEqual(set(results), self.members)
        found = {(row["Status"], row["OrganizationalUnitId"]) for row in results.values()}
        self.assertEqual(found, {("SUCCEEDED", WORKLOADS)})

    def test_3_instances_are_listed_page_by_page(self):
        """Every active account below the unit, under the unit that was named; filters and single reads agree."""
        rows = self.set.instances(page_size=5)
        self.assertEqual(set(rows), self.members)
        self.assertEqual({row["OrganizationalUnitId"] for row in rows.values()}, {WORKLOADS})
        self.assertEqual(set(self.set.statuses().values()), {("CURRENT", "SUCCEEDED")})
        one = CFN.describe_stack_instance(
            StackSetName="main", StackInstanceAccount="222222222222", StackInstanceRegion=REGION
        )["StackInstance"]
        self.assertEqual(one["StackId"], rows["222222222222"]["StackId"])
        self.assertEqual((one["ParameterOverrides"], one["StackSetId"]), ([], self.set.id))
        self.assertEqual(set(self.set.instances(StackInstanceAccount="222222222222")), {"222222222222"})
        by_detail = lambda value: self.set.instances(Filters=[{"Name": "DETAILED_STATUS", "Values": value}])
        self.assertEqual((set(by_detail("SUCCEEDED")), by_detail("FAILED")), (self.members, {}))
        with self.refused("StackInstanceNotFoundException"):
            CFN.describe_stack_instance(
                StackSetName="main", StackInstanceAccount=MANAGEMENT, StackInstanceRegion=REGION
            )
        found = self.set.describe()
        self.assertEqual((found["OrganizationalUnitIds"], found["Regions"]), ([WORKLOADS], [REGION]))
        automatic = CFN.list_stack_set_auto_deployment_targets(StackSetName="main")["Summaries"]
        self.assertEqual(automatic, [{"OrganizationalUnitId": WORKLOADS, "Regions": [REGION]}])

    def test_4_the_roles_are_really_there(self):
        """As the template says, with the stack set's tags too, and what AWS itself puts into a member."""
        iam = client("iam", "222222222222")
        role = iam.get_role(RoleName="MainRole")["Role"]
        self.assertEqual((role["AssumeRolePolicyDocument"], role["MaxSessionDuration"]), (TRUST, 3600))
        tags = {tag["Key"]: tag["Value"] for tag in role["Tags"]}
        self.assertEqual(tags, {"of": "222222222222", "stack-set-tag": "yes"})
        self.assertEqual(iam.get_role_policy(RoleName="MainRole", PolicyName="list")["PolicyDocument"], POLICY)
        attached = iam.list_attached_role_policies(RoleName="MainRole")["AttachedPolicies"]
        self.assertEqual([policy["PolicyName"] for policy in attached], ["SecurityAudit"])
        roles = {role["RoleName"]: role["Path"] for role in pages("list_roles", "Roles", iam)}
        self.assertEqual(len([name for name in roles if re.fullmatch(r"stacksets-exec-[0-9a-f]{32}", name)]), 1)
        path = f"/aws-service-role/{STACK_SETS_PRINCIPAL}/"
        self.assertEqual(roles.get("AWSServiceRoleForCloudFormationStackSetsOrgMember"), path)
        self.assert_no_role(MANAGEMENT, "MainRole")

    def test_5_the_stack_can_be_looked_at_in_its_account(self):
        """By the operations of single stacks."""
        cfn = client("cloudformation", "222222222222")
        stack_id = self.set.instances()["222222222222"]["StackId"]
        stack = cfn.describe_stacks(StackName=stack_id)["Stacks"][0]
        self.assertRegex(stack["StackName"], r"^StackSet-main-[0-9a-f-]{36}$")
        self.assertEqual((stack["StackId"], stack["StackStatus"]), (stack_id, "CREATE_COMPLETE"))
        self.assertEqual(stack["Tags"], [{"Key": "stack-set-tag", "Value": "yes"}])
        self.assertIn(stack["StackName"], [row["StackName"] for row in pages("list_stacks", "StackSummaries", cfn)])
        name = {"StackName": stack["StackName"]}
        for resource in (cfn.describe_stack_resources(**name)["StackResources"][0],
                         pages("list_stack_resources", "StackResourceSummaries", cfn, **name)[0]):
            self.assertEqual((resource["LogicalResourceId"], resource["PhysicalResourceId"]), ("Role", "MainRole"))
            self.assertEqual(resource["ResourceType"], "AWS::IAM::Role")
            self.assertEqual(resource["ResourceStatus"], "CREATE_COMPLETE")
        body = cfn.get_template(**name)["TemplateBody"]
        self.assertEqual(json.loads(body) if isinstance(body, str) else body, json.loads(self.body))
        events = pages("describe_stack_events", "StackEvents", cfn, **name)
        self.assertEqual((events[0]["LogicalResourceId"], events[0]["ResourceStatus"]),
                         (stack["StackName"], "CREATE_COMPLETE"), "the newest comes first")
        with self.refused("ValidationError", "does not exist"):
            CFN.describe_stacks(**name)

    def test_6_an_update_leaves_what_it_does_not_target_outdated(self):
        """The definition changes at once; what the update did not reach is OUTDATED until another one does."""
        self.body = type(self).body = template("MainRole", session=7200)
        one = targets(WORKLOADS, accounts=["222222222222"], filtered="INTERSECTION")
        client("iam", "222222222222").put_role_policy(
            RoleName="MainRole", PolicyName="by-hand", PolicyDocument=json.dumps(POLICY))
        operation = self.set.update(TemplateBody=self.body, DeploymentTargets=one, Regions=[REGION])
        self.assertEqual((operation["Status"], operation["Action"]), ("SUCCEEDED", "UPDATE"))
        self.assertEqual(self.set.describe()["TemplateBody"], self.body)
        statuses = self.set.statuses()
        self.assertEqual(statuses.pop("222222222222"), ("CURRENT", "SUCCEEDED"))
        self.assertEqual({status for status, _ in statuses.values()}, {"OUTDATED"})
        session = lambda account: client("iam", account).get_role(RoleName="MainRole")["Role"]["MaxSessionDuration"]
        self.assertEqual((session("222222222222"), session("333333333333")), (7200, 3600))

        self.assertEqual(self.set.update(UsePreviousTemplate=True)["Status"], "SUCCEEDED")
        self.assertEqual({status for status, _ in self.set.statuses().values()}, {"CURRENT"})
        self.assertEqual(session("333333333333"), 7200)
        policies = client("iam", "222222222222").list_role_policies(RoleName="MainRole")["PolicyNames"]
        self.assertEqual(policies, ["by-hand", "list"], "what the update does not touch stays as it was made by hand")

    def test_7_an_update_of_automatic_deployment_takes_no_targets(self):
        """And UpdateStackInstances only reaches instances that there are."""
        with self.refused("ValidationError"):
            self.set.update(UsePreviousTemplate=True, DeploymentTargets=targets(WORKLOADS), Regions=[REGION],
                            AutoDeployment={"Enabled": False})
        with self.refused("StackInstanceNotFoundException"):
            none = targets(WORKLOADS, ACQUIRED, accounts=["500000000001"], filtered="INTERSECTION")
            CFN.update_stack_instances(StackSetName="main", DeploymentTargets=none, Regions=[REGION])
        again = CFN.update_stack_instances(StackSetName="main", DeploymentTargets=targets(WORKLOADS), Regions=[REGION],
                                           OperationPreferences=FAST)["OperationId"]
        self.assertEqual(self.set.ended(again)["Status"], "SUCCEEDED")

    def test_8_a_role_changed_by_hand_can_stop_its_deletion(self):
        """The instance is INOPERABLE, and only letting the stack be gets rid of it."""
        one = targets(WORKLOADS, accounts=["222222222222"], filtered="INTERSECTION")
        operation = self.set.delete(one)
        self.assertEqual((operation["Status"], operation["Action"]), ("FAILED", "DELETE"))
        row = self.set.instances()["222222222222"]
        self.assertEqual((row["Status"], row["StackInstanceStatus"]["DetailedStatus"]), ("INOPERABLE", "INOPERABLE"))
        self.assertRegex(row["StatusReason"], "Cannot delete entity, must delete policies first")
        self.assertEqual(self.set.delete(one)["Status"], "FAILED")
        self.assertEqual(self.set.delete(one, retain=True)["Status"], "SUCCEEDED")
        self.assertEqual(set(self.set.instances()), self.members - {"222222222222"})
        self.assertEqual(client("iam", "222222222222").get_role(RoleName="MainRole")["Role"]["RoleName"], "MainRole")

    def test_9_deleting_a_targeted_unit_ends_it(self):
        """With its instances go the roles and the target; only then can the stack set be deleted."""
        with self.refused("StackSetNotEmptyException", "StackSet is not empty"):
            CFN.delete_stack_set(StackSetName="main")
        self.assertEqual(self.set.delete(targets(WORKLOADS))["Status"], "SUCCEEDED")
        self.assertEqual((self.set.instances(), self.set.describe()["OrganizationalUnitIds"]), ({}, []))
        self.assertEqual(CFN.list_stack_set_auto_deployment_targets(StackSetName="main")["Summaries"], [])
        self.assert_no_role("333333333333", "MainRole")
        CFN.delete_stack_set(StackSetName="main")


class D_Failures(Conformance):
    """What goes wrong, and how it is told."""

    def test_1_a_name_that_is_taken_fails_the_instance(self):
        """Within the tolerance the operation succeeds all the same; the hand-made role is left alone."""
        before = client("iam", STREAMING).get_role(RoleName=HAND_MADE)["Role"]
        clash = StackSet("clash", template(HAND_MADE))
        one = targets(WORKLOADS, accounts=[STREAMING, "222222222222"], filtered="INTERSECTION")
        operation = clash.create(one, FAST | {"FailureTolerancePercentage": 50})
        self.assertEqual(operation["Status"], "SUCCEEDED")
        self.assertEqual(operation["StatusDetails"]["FailedStackInstancesCount"], 1)
        expected = {STREAMING: ("OUTDATED", "FAILED"), "222222222222": ("CURRENT", "SUCCEEDED")}
        self.assertEqual(clash.statuses(), expected)
        reason = clash.instances()[STREAMING]["StatusReason"]
        self.assertRegex(reason, "ResourceLogicalId:Role, ResourceType:AWS::IAM::Role, ResourceStatusReason:.*"
                                 f"{HAND_MADE}.*already exists.*HandlerErrorCode: AlreadyExists")
        only_failed = [{"Name": "OPERATION_RESULT_STATUS", "Values": "FAILED"}]
        failed = clash.results(operation["OperationId"], Filters=only_failed)
        self.assertEqual(set(failed), {STREAMING})
        stacks = client("cloudformation", STREAMING).describe_stacks()["Stacks"]
        self.assertEqual([s for s in stacks if s["StackName"].startswith("StackSet-clash-")], [], "no stack remains")
        again = clash.create(one)
        self.assertEqual((again["Status"], again["StatusDetails"]["FailedStackInstancesCount"]), ("FAILED", 1))
        self.assertEqual(client("iam", STREAMING).get_role(RoleName=HAND_MADE)["Role"], before)
        clash.delete(targets(WORKLOADS))
        self.assertEqual(client("iam", STREAMING).get_role(RoleName=HAND_MADE)["Role"], before)

    def test_2_more_failures_than_tolerated_cancel_the_rest(self):
        """Strictly, one after the other: the first failure is the last attempt."""
        doomed = StackSet("doomed", template("DoomedRole", ManagedPolicyArns=["arn:aws:iam::aws:policy/NoSuchPolicy"]))
        operation = doomed.create(targets(SECURITY), {"MaxConcurrentCount": 1})
        self.assertEqual((operation["Status"], operation["StatusDetails"]["FailedStackInstancesCount"]), ("FAILED", 1))
        details = sorted(detail for _, detail in doomed.statuses().values())
        self.assertEqual(details, ["CANCELLED"] * (len(active_below(SECURITY)) - 1) + ["FAILED"])
        reasons = [row.get("StatusReason") for row in doomed.results(operation["OperationId"]).values()
                   if row["Status"] == "CANCELLED"]
        self.assertEqual(set(reasons), {"Cancelled since failure tolerance has exceeded"})
        for account in active_below(SECURITY):
            self.assert_no_role(account, "DoomedRole")

    def test_3_an_operation_can_be_stopped(self):
        """What is begun is finished, the rest is cancelled; what ended cannot be stopped."""
        long = StackSet("long")
        identifier = long.begin_create(targets(WORKLOADS), {"MaxConcurrentCount": 1})
        CFN.stop_stack_set_operation(StackSetName="long", OperationId=identifier)
        self.assertEqual(long.ended(identifier)["Status"], "STOPPED")
        results = {row["Status"] for row in long.results(identifier).values()}
        self.assertIn("CANCELLED", results)
        self.assertLessEqual(results, {"CANCELLED", "SUCCEEDED"})
        with self.refused("InvalidOperationException"):
            CFN.stop_stack_set_operation(StackSetName="long", OperationId=identifier)
        with self.refused("OperationNotFoundException"):
            CFN.stop_stack_set_operation(StackSetName="long", OperationId="none")

    def test_4_managed_execution_queues(self):
        """With it, a second operation waits instead of being refused."""
        managed = StackSet("managed", ManagedExecution={"Active": True})
        first = managed.begin_create(targets(SANDBOX), {"MaxConcurrentCount": 1})
        second = managed.begin_create(targets(SANDBOX))
        self.assertEqual(managed.operation(second)["Status"], "QUEUED")
        self.assertEqual(managed.ended(first)["Status"], "SUCCEEDED")
        self.assertEqual(managed.ended(second)["Status"], "SUCCEEDED")


class E_Organization(Conformance):
    """How stack sets see the organization."""

    def test_1_the_management_account_and_suspended_ones_get_nothing(self):
        """Even with the root as target; DIFFERENCE leaves out accounts."""
        out = "500000000001"
        everywhere = StackSet("everywhere")
        self.assertEqual(everywhere.create(targets(ROOT, accounts=[out], filtered="DIFFERENCE"))["Status"], "SUCCEEDED")
        self.assertEqual(set(everywhere.instances()), active_below(ROOT) - {out})
        self.assertEqual({row["OrganizationalUnitId"] for row in everywhere.instances().values()}, {ROOT})
        nobody = StackSet("nobody")
        self.assertEqual(nobody.create(targets(SUSPENDED))["Status"], "SUCCEEDED")
        self.assertEqual(nobody.instances(), {})

    def test_2_accounts_that_come_and_go_are_followed(self):
        """Automatic deployment: into a new account when it is moved in, out of it when it is moved out."""
        auto = StackSet("automatic", auto=True)
        known = set(active_below(INFRASTRUCTURE))
        auto.create(targets(INFRASTRUCTURE, accounts=["310000000001"], filtered="DIFFERENCE"))
        self.assertEqual(set(auto.instances()), known - {"310000000001"})
        account = self.create_account("joins-later")
        self.assertNotIn(account, auto.instances(), "it is in the root, which is not targeted")
        self.move(account, ROOT, INFRASTRUCTURE)
        eventually(lambda: auto.statuses().get(account) == ("CURRENT", "SUCCEEDED"), "the instance")
        client("iam", account).get_role(RoleName="Role-automatic")
        auto.idle()
        self.move(MANAGEMENT, ROOT, INFRASTRUCTURE)
        # Automatic deployment knows nothing of account filters.
        self.move("310000000001", INFRASTRUCTURE, ROOT)
        self.move("310000000001", ROOT, INFRASTRUCTURE)
        eventually(lambda: "310000000001" in auto.instances(), "the instance that was left out by a filter")
        auto.idle()
        self.assertNotIn(MANAGEMENT, auto.instances(), "wherever it is")
        self.assert_no_role(MANAGEMENT, "Role-automatic")
        self.move(MANAGEMENT, INFRASTRUCTURE, ROOT)
        self.move(account, INFRASTRUCTURE, ROOT)
        eventually(lambda: account not in auto.instances(), "the end of the instance")
        auto.idle()
        self.assert_no_role(account, "Role-automatic")

    def test_3_a_closed_account_is_skipped(self):
        """Its instance stays and says why; the operation does not fail for it."""
        closing = StackSet("closing")
        closing.create(targets(ACQUIRED))
        ORGANIZATIONS.close_account(AccountId="500000000002")
        operation = closing.update(TemplateBody=template("Role-closing", session=7200))
        self.assertEqual(operation["Status"], "SUCCEEDED")
        self.assertEqual(closing.statuses()["500000000002"][1], "SKIPPED_SUSPENDED_ACCOUNT")
        self.assertEqual(closing.statuses()["500000000001"], ("CURRENT", "SUCCEEDED"))

    @staticmethod
    def create_account(name):
        """Creates an account and waits for it."""
        created = ORGANIZATIONS.create_account(AccountName=name, Email=f"{name}@example.com")["CreateAccountStatus"]

        def there():
            status = ORGANIZATIONS.describe_create_account_status(CreateAccountRequestId=created["Id"])
            return status["CreateAccountStatus"].get("AccountId")

        return eventually(there, f"account {name}")

    @staticmethod
    def move(account, source, destination):
        """Moves an account."""
        ORGANIZATIONS.move_account(AccountId=account, SourceParentId=source, DestinationParentId=destination)


class G_Operations(Conformance):
    """Operations as they run: in Regions, beside each other, with overrides."""

    PARAMETERS = {"Hours": {"Type": "Number", "Default": "3600"},
                  "Secret": {"Type": "String", "Default": "none", "NoEcho": True}}

    def body(self, role):
        """A template with parameters, one of them secret."""
        properties = {"MaxSessionDuration": {"Ref": "Hours"}, "Description": {"Ref": "Secret"}}
        return json.dumps(json.loads(template(role, **properties)) | {"Parameters": self.PARAMETERS})

    def test_1_regions_have_their_order_and_their_own_tolerance(self):
        """The name of a role is free in the first Region only."""
        twice = StackSet("twice")
        identifier = CFN.create_stack_instances(
            StackSetName="twice", DeploymentTargets=targets(SECURITY), Regions=["eu-west-1", REGION],
            OperationPreferences={"RegionOrder": [REGION, "eu-west-1"], "RegionConcurrencyType": "SEQUENTIAL",
                                  "FailureToleranceCount": 0, "MaxConcurrentCount": 1},
        )["OperationId"]
        operation = twice.ended(identifier)
        self.assertEqual((operation["Status"], operation["StatusDetails"]["FailedStackInstancesCount"]), ("FAILED", 1))
        self.assertEqual(operation["OperationPreferences"]["RegionOrder"], [REGION, "eu-west-1"])
        rows = pages("list_stack_set_operation_results", "Summaries", StackSetName="twice", OperationId=identifier)
        members = len(active_below(SECURITY))
        found = sorted((row["Region"], row["Status"]) for row in rows)
        self.assertEqual(found, [("eu-west-1", "CANCELLED")] * (members - 1) + [("eu-west-1", "FAILED")]
                         + [(REGION, "SUCCEEDED")] * members)
        tolerant = {"FailureTolerancePercentage": 100, "RegionConcurrencyType": "PARALLEL"}
        identifier = CFN.create_stack_instances(
            StackSetName="twice", DeploymentTargets=targets(SECURITY), Regions=["eu-west-1", REGION],
            OperationPreferences=tolerant)["OperationId"]
        operation = twice.ended(identifier)
        self.assertEqual(operation["Status"], "SUCCEEDED", "each Region tolerates all of its failures")
        self.assertEqual(operation["StatusDetails"]["FailedStackInstancesCount"], members)
        self.assertEqual(sorted(twice.describe()["Regions"]), ["eu-west-1", REGION])

    def test_2_overrides_are_listed_kept_and_cleared(self):
        """Absent is not empty; what is secret stays so."""
        overridden = StackSet("overridden", self.body("OverriddenRole"))
        overridden.create(targets(SANDBOX))
        account = sorted(active_below(SANDBOX))[0]
        one = targets(SANDBOX, accounts=[account], filtered="INTERSECTION")

        def override(**parameters):
            overridden.ended(CFN.update_stack_instances(
                StackSetName="overridden", DeploymentTargets=one, Regions=[REGION], OperationPreferences=FAST,
                **parameters)["OperationId"])
            shown = CFN.describe_stack_instance(
                StackSetName="overridden", StackInstanceAccount=account, StackInstanceRegion=REGION)["StackInstance"]
            role = client("iam", account).get_role(RoleName="OverriddenRole")["Role"]
            given = {p["ParameterKey"]: p["ParameterValue"] for p in shown["ParameterOverrides"]}
            return given, role["MaxSessionDuration"], role["Description"]

        two_hours = {"ParameterKey": "Hours", "ParameterValue": "7200"}
        secret = {"ParameterKey": "Secret", "ParameterValue": "quiet"}
        both = {"Hours": "7200", "Secret": "****"}
        self.assertEqual(override(ParameterOverrides=[two_hours, secret]), (both, 7200, "quiet"))
        self.assertEqual(override(), (both, 7200, "quiet"))
        overridden.update(TemplateBody=self.body("OverriddenRole").replace('"of"', '"for"'))
        self.assertEqual(override(), (both, 7200, "quiet"), "overrides survive updates")
        kept = {"ParameterKey": "Hours", "UsePreviousValue": True}
        self.assertEqual(override(ParameterOverrides=[kept]), ({"Hours": "7200"}, 7200, "none"))
        self.assertEqual(override(ParameterOverrides=[]), ({}, 3600, "none"))
        with self.refused("ValidationError", "do not exist in the template"):
            override(ParameterOverrides=[{"ParameterKey": "Unknown", "ParameterValue": "1"}])

    def test_3_operations_on_other_instances_run_beside_each_other(self):
        """With managed execution, which cannot be taken away while they do."""
        beside = StackSet("beside", ManagedExecution={"Active": True})
        slow = {"MaxConcurrentCount": 1}
        first = beside.begin_create(targets(WORKLOADS), slow)
        second = beside.begin_create(targets(SANDBOX), slow)
        self.assertEqual([beside.operation(o)["Status"] for o in (first, second)], ["RUNNING", "RUNNING"])
        with self.refused("InvalidOperationException"):
            CFN.update_stack_set(StackSetName="beside", UsePreviousTemplate=True, ManagedExecution={"Active": False},
                                 Capabilities=["CAPABILITY_NAMED_IAM"])
        for operation in (first, second):
            CFN.stop_stack_set_operation(StackSetName="beside", OperationId=operation)
        self.assertEqual([beside.ended(o)["Status"] for o in (first, second)], ["STOPPED", "STOPPED"])

    def test_4_an_operation_tells_what_it_is_about(self):
        """Targets with their filter, retention and preferences as they were given; unions where there are instances."""
        told = StackSet("told")
        account = sorted(active_below(SANDBOX))[0]
        told.create(targets(SANDBOX))
        operation = told.delete(targets(ACQUIRED, accounts=[account], filtered="UNION"), retain=True)
        shown = operation["DeploymentTargets"]
        self.assertEqual((shown["Accounts"], shown["AccountFilterType"]), ([account], "UNION"))
        self.assertEqual((shown["OrganizationalUnitIds"], operation["RetainStacks"]), ([ACQUIRED], True))
        self.assertEqual(operation["OperationPreferences"]["ConcurrencyMode"], "SOFT_FAILURE_TOLERANCE")
        self.assertNotIn(account, told.instances())

    def test_5_automatic_deployment_waits_for_what_it_depends_on(self):
        """In the definition it comes back as it went in."""
        base = StackSet("base", auto=True)
        depends = {"Enabled": True, "RetainStacksOnAccountRemoval": False, "DependsOn": [base.describe()["StackSetARN"]]}
        above = StackSet("above", auto=False)
        above.update(UsePreviousTemplate=True, AutoDeployment=depends)
        self.assertEqual(above.describe()["AutoDeployment"], depends)
        with self.refused("ValidationError"):
            base.update(UsePreviousTemplate=True,
                        AutoDeployment={"Enabled": True, "DependsOn": [above.describe()["StackSetARN"]]})

    def test_6_the_same_creation_again_is_answered_again(self):
        """With the same token; not when the stack set was changed since."""
        made = StackSet("repeated", ClientRequestToken="only-once")
        self.assertEqual(StackSet("repeated", ClientRequestToken="only-once").id, made.id)
        made.update(TemplateBody=template("Other"))
        with self.refused("CreatedButModifiedException"):
            StackSet("repeated", ClientRequestToken="only-once")


class F_Stacks(Conformance):
    """Single stacks, in one account."""

    def test_1_a_stack_is_created_updated_and_deleted(self):
        """With the waiters, and a role that follows it."""
        cfn, iam = client("cloudformation", "320000000003"), client("iam", "320000000003")
        name, named = {"StackName": "by-hand"}, {"Capabilities": ["CAPABILITY_NAMED_IAM"]}
        patient = {"WaiterConfig": {"Delay": 1, "MaxAttempts": 60}}
        with self.refused("InsufficientCapabilitiesException"):
            cfn.create_stack(**name, TemplateBody=template("StackRole"))
        cfn.create_stack(**name, **named, TemplateBody=template("StackRole"), Tags=[{"Key": "team", "Value": "ops"}])
        cfn.get_waiter("stack_create_complete").wait(**name, **patient)
        self.assertEqual(iam.get_role(RoleName="StackRole")["Role"]["MaxSessionDuration"], 3600)
        with self.refused("AlreadyExistsException", r"Stack \[by-hand\] already exists"):
            cfn.create_stack(**name, **named, TemplateBody=template("StackRole"))
        with self.refused("ValidationError", "No updates are to be performed."):
            cfn.update_stack(**name, **named, UsePreviousTemplate=True)
        cfn.update_stack(**name, **named, TemplateBody=template("StackRole", session=7200))
        cfn.get_waiter("stack_update_complete").wait(**name, **patient)
        self.assertEqual(iam.get_role(RoleName="StackRole")["Role"]["MaxSessionDuration"], 7200)
        cfn.delete_stack(**name)
        cfn.get_waiter("stack_delete_complete").wait(**name, **patient)
        self.assert_no_role("320000000003", "StackRole")
        with self.refused("ValidationError", "does not exist"):
            cfn.describe_stacks(**name)

    def test_2_a_stack_that_cannot_be_made_is_rolled_back(self):
        """What was made before the failure is gone, and the stack tells why."""
        cfn = client("cloudformation", STREAMING)
        body = {"Resources": json.loads(template("MadeFirst"))["Resources"]
                | {"Taken": json.loads(template(HAND_MADE))["Resources"]["Role"] | {"DependsOn": "Role"}}}
        cfn.create_stack(StackName="clash", TemplateBody=json.dumps(body), Capabilities=["CAPABILITY_NAMED_IAM"])

        def status():
            return cfn.describe_stacks(StackName="clash")["Stacks"][0]["StackStatus"]

        eventually(lambda: status() == "ROLLBACK_COMPLETE", "the rollback")
        self.assert_no_role(STREAMING, "MadeFirst")
        events = pages("describe_stack_events", "StackEvents", cfn, StackName="clash")
        failed = [e for e in events if e["ResourceStatus"] == "CREATE_FAILED"]
        self.assertEqual([e["LogicalResourceId"] for e in failed], ["Taken"])
        self.assertRegex(failed[0]["ResourceStatusReason"], "already exists")
        with self.refused("ValidationError", "is in ROLLBACK_COMPLETE state and can not be updated"):
            cfn.update_stack(StackName="clash", TemplateBody=json.dumps(body), Capabilities=["CAPABILITY_NAMED_IAM"])
        cfn.delete_stack(StackName="clash")
        client("iam", STREAMING).get_role(RoleName=HAND_MADE)


if __name__ == "__main__":
    if not (URL or "").startswith("http"):
        sys.exit(__doc__)
    unittest.main(verbosity=2)
