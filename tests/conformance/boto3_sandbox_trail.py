"""boto3 on the sandbox: CloudTrail's event history.

    python boto3_sandbox_trail.py URL

URL is that of `rolecall sandbox serve --org examples/acme/organization.yaml`; this makes a role in a member and deletes it again.
"""

import json
import sys
import unittest
import uuid
from datetime import timedelta

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError
from programs import page

URL = sys.argv.pop() if len(sys.argv) > 1 else None
MEMBER = "222222222222"
TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"AWS": MEMBER}, "Action": "sts:AssumeRole"}],
}


def client(service, region="us-east-1", keys=None):
    keys = keys or {"AccessKeyId": MEMBER, "SecretAccessKey": "anything", "SessionToken": None}
    return boto3.client(
        service,
        endpoint_url=URL,
        region_name=region,
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["SessionToken"],
        config=Config(retries={"total_max_attempts": 1}, user_agent_extra="trail-tour"),
    )


class Trail(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        """Somebody makes a role as a session, changes it and deletes it."""
        cls.name = f"Trailed-{uuid.uuid4().hex[:8]}"
        role = {"RoleArn": f"arn:aws:iam::{MEMBER}:role/OrganizationAccountAccessRole", "RoleSessionName": "jane"}
        manager = {"AccessKeyId": "111111111111", "SecretAccessKey": "anything", "SessionToken": None}
        keys = client("sts", keys=manager).assume_role(**role)["Credentials"]
        iam = client("iam", keys=keys)
        iam.create_role(RoleName=cls.name, AssumeRolePolicyDocument=json.dumps(TRUST), MaxSessionDuration=7200)
        iam.attach_role_policy(RoleName=cls.name, PolicyArn="arn:aws:iam::aws:policy/SecurityAudit")
        iam.detach_role_policy(RoleName=cls.name, PolicyArn="arn:aws:iam::aws:policy/SecurityAudit")
        try:
            iam.delete_role(RoleName=f"{cls.name}-none")
        except iam.exceptions.NoSuchEntityException:
            pass
        iam.delete_role(RoleName=cls.name)
        page(URL, "advance?seconds=600")

    def found(self, key, value, **more):
        lookup = {"LookupAttributes": [{"AttributeKey": key, "AttributeValue": value}], **more}
        pages = client("cloudtrail").get_paginator("lookup_events").paginate(**lookup)
        return pages.build_full_result()["Events"]

    def test_a_role_is_found_by_name_the_last_event_first(self):
        events = self.found("ResourceName", self.name, PaginationConfig={"PageSize": 1})
        names = [event["EventName"] for event in events]
        self.assertEqual(names, ["DeleteRole", "DetachRolePolicy", "AttachRolePolicy", "CreateRole"])
        times = [event["EventTime"] for event in events]
        self.assertEqual(times, sorted(times, reverse=True))

    def test_a_record_says_who_and_from_where(self):
        created = self.found("ResourceName", self.name)[-1]
        self.assertEqual((created["Username"], created["ReadOnly"]), ("jane", "false"))
        record = json.loads(created["CloudTrailEvent"])
        identity = record["userIdentity"]
        self.assertEqual(identity["type"], "AssumedRole")
        self.assertTrue(identity["arn"].endswith("assumed-role/OrganizationAccountAccessRole/jane"), identity)
        self.assertEqual(identity["sessionContext"]["sessionIssuer"]["userName"], "OrganizationAccountAccessRole")
        self.assertEqual(record["sourceIPAddress"], "127.0.0.1")
        self.assertIn("trail-tour", record["userAgent"])
        self.assertEqual(record["requestParameters"]["maxSessionDuration"], 7200)
        self.assertEqual(record["responseElements"]["role"]["roleName"], self.name)
        role_id = record["responseElements"]["role"]["roleId"]
        self.assertEqual([event["EventName"] for event in self.found("ResourceName", role_id)], ["CreateRole"])

    def test_a_refused_call_is_told_with_its_error(self):
        (event,) = self.found("ResourceName", f"{self.name}-none")
        self.assertEqual(json.loads(event["CloudTrailEvent"])["errorCode"], "NoSuchEntity")

    def test_times_bound_a_lookup(self):
        made = self.found("ResourceName", self.name)[-1]["EventTime"]
        second = timedelta(seconds=1)
        self.assertEqual(self.found("ResourceName", self.name, EndTime=made - second), [])
        self.assertEqual(len(self.found("ResourceName", self.name, StartTime=made)), 4)

    def test_another_region_knows_nothing_of_iam(self):
        events = client("cloudtrail", "eu-west-1").lookup_events(
            LookupAttributes=[{"AttributeKey": "ResourceName", "AttributeValue": self.name}]
        )
        self.assertEqual(events["Events"], [])

    def test_wrong_requests_get_cloudtrails_exceptions(self):
        trail = client("cloudtrail")
        one = {"AttributeKey": "EventName", "AttributeValue": "x"}
        for code, params in [
            ("InvalidLookupAttributesException", {"LookupAttributes": [one, one]}),
            ("InvalidNextTokenException", {"NextToken": "x"}),
            ("InvalidTimeRangeException", {"StartTime": 2, "EndTime": 1}),
        ]:
            with self.subTest(code=code), self.assertRaises(ClientError) as caught:
                trail.lookup_events(**params)
            self.assertEqual(caught.exception.response["Error"]["Code"], code)

    def test_a_session_without_the_permission_is_denied(self):
        iam, sts = client("iam"), client("sts")
        name = f"{self.name}-blind"
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST))
        assumed = sts.assume_role(RoleArn=f"arn:aws:iam::{MEMBER}:role/{name}", RoleSessionName="blind")["Credentials"]
        with self.assertRaises(ClientError) as caught:
            client("cloudtrail", keys=assumed).lookup_events()
        self.assertEqual(caught.exception.response["Error"]["Code"], "AccessDeniedException")
        iam.attach_role_policy(RoleName=name, PolicyArn="arn:aws:iam::aws:policy/SecurityAudit")
        client("cloudtrail", keys=assumed).lookup_events()
        iam.detach_role_policy(RoleName=name, PolicyArn="arn:aws:iam::aws:policy/SecurityAudit")
        iam.delete_role(RoleName=name)


if __name__ == "__main__":
    if URL is None:
        sys.exit(__doc__)
    unittest.main(verbosity=2)
