"""boto3 on the sandbox: Systems Manager's Parameter Store, its answers checked against the model.

    python boto3_sandbox_ssm.py URL

URL is that of `rolecall sandbox serve`; this makes parameters below /conformance and deletes them again.
"""

import sys
import unittest

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

URL = sys.argv.pop() if len(sys.argv) > 1 else None
PATH = "/conformance"
LOCK = f"{PATH}/lock/o-abc123"


def client(region="us-east-1"):
    return boto3.client(
        "ssm",
        endpoint_url=URL,
        region_name=region,
        aws_access_key_id="anyone",
        aws_secret_access_key="anything",
        config=Config(retries={"total_max_attempts": 1}),
    )


class Parameters(unittest.TestCase):
    def setUp(self):
        self.ssm = client()

    def tearDown(self):
        for page in self.ssm.get_paginator("get_parameters_by_path").paginate(Path=PATH, Recursive=True):
            names = [row["Name"] for row in page["Parameters"]]
            if names:
                self.ssm.delete_parameters(Names=names)

    def assert_code(self, code, call, **params):
        with self.assertRaises(ClientError) as caught:
            call(**params)
        self.assertEqual(caught.exception.response["Error"]["Code"], code)
        self.assertEqual(caught.exception.response["ResponseMetadata"]["HTTPStatusCode"], 400)

    def test_written_without_overwrite_it_is_a_lock(self):
        made = self.ssm.put_parameter(Name=LOCK, Value="first", Type="String", Description="who holds it")
        self.assertEqual((made["Version"], made["Tier"]), (1, "Standard"))
        self.assert_code("ParameterAlreadyExists", self.ssm.put_parameter, Name=LOCK, Value="second", Type="String")
        got = self.ssm.get_parameter(Name=LOCK)["Parameter"]
        self.assertEqual((got["Value"], got["Version"], got["Type"]), ("first", 1, "String"))
        self.assertTrue(got["ARN"].startswith("arn:aws:ssm:us-east-1:"), got["ARN"])
        self.assert_code("ParameterNotFound", client("eu-west-1").get_parameter, Name=LOCK)
        self.ssm.delete_parameter(Name=LOCK)
        self.assert_code("ParameterNotFound", self.ssm.get_parameter, Name=LOCK)
        self.assert_code("ParameterNotFound", self.ssm.delete_parameter, Name=LOCK)
        self.assertEqual(self.ssm.put_parameter(Name=LOCK, Value="third", Type="String")["Version"], 1)

    def test_overwriting_counts_versions(self):
        self.ssm.put_parameter(Name=LOCK, Value="a,b", Type="StringList")
        self.assertEqual(self.ssm.put_parameter(Name=LOCK, Value="c", Overwrite=True)["Version"], 2)
        self.assertEqual(self.ssm.get_parameter(Name=f"{LOCK}:2")["Parameter"]["Type"], "StringList")
        self.assert_code("ParameterVersionNotFound", self.ssm.get_parameter, Name=f"{LOCK}:7")

    def test_a_parameter_of_its_own_needs_a_type_and_a_name_that_is_not_reserved(self):
        self.assert_code("ValidationException", self.ssm.put_parameter, Name=LOCK, Value="v")
        self.assert_code("ValidationException", self.ssm.put_parameter, Name=f"{PATH}/a b", Value="v", Type="String")
        self.assert_code("AccessDeniedException", self.ssm.put_parameter, Name="/aws/x", Value="v", Type="String")

    def test_lists_go_page_by_page(self):
        names = {f"{PATH}/list/p{number}" for number in range(13)}
        for name in names:
            self.ssm.put_parameter(Name=name, Value="v", Type="String")
        pages = list(self.ssm.get_paginator("get_parameters_by_path").paginate(Path=f"{PATH}/list"))
        self.assertEqual([len(page["Parameters"]) for page in pages], [10, 3])
        self.assertEqual({row["Name"] for page in pages for row in page["Parameters"]}, names)
        self.assertEqual(self.ssm.get_parameters_by_path(Path=PATH)["Parameters"], [])
        by_name = [{"Key": "Name", "Option": "BeginsWith", "Values": [f"{PATH}/list/"]}]
        pages = list(self.ssm.get_paginator("describe_parameters").paginate(ParameterFilters=by_name, MaxResults=5))
        self.assertEqual([len(page["Parameters"]) for page in pages], [5, 5, 3])
        got = self.ssm.get_parameters(Names=[f"{PATH}/list/p1", f"{PATH}/none"])
        self.assertEqual(([row["Name"] for row in got["Parameters"]], got["InvalidParameters"]),
                         ([f"{PATH}/list/p1"], [f"{PATH}/none"]))

    def test_tags(self):
        self.ssm.put_parameter(Name=LOCK, Value="v", Type="String", Tags=[{"Key": "team", "Value": "security"}])
        what = {"ResourceType": "Parameter", "ResourceId": LOCK}
        self.ssm.add_tags_to_resource(**what, Tags=[{"Key": "cost", "Value": "1"}])
        self.ssm.remove_tags_from_resource(**what, TagKeys=["team"])
        self.assertEqual(self.ssm.list_tags_for_resource(**what)["TagList"], [{"Key": "cost", "Value": "1"}])
        again = {"Name": LOCK, "Value": "w", "Overwrite": True, "Tags": [{"Key": "x", "Value": "y"}]}
        self.assert_code("ValidationException", self.ssm.put_parameter, **again)
        self.assert_code("InvalidResourceId", self.ssm.list_tags_for_resource,
                         ResourceType="Parameter", ResourceId=f"{PATH}/none")


if __name__ == "__main__":
    if URL is None:
        sys.exit(__doc__)
    unittest.main()
