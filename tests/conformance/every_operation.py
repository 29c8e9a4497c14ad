"""Every operation that the sandbox has, used by boto3 or by the AWS CLI, with their own paginators and waiters.

    python every_operation.py boto3|aws URL

URL is that of `rolecall sandbox serve --org examples/acme/organization.yaml`, whose organization is changed by this. That no
operation is missing here is seen by answers.py.
"""

import sys
import unittest
import uuid

from programs import AwsCli, Boto3
from tour_cloudformation import CloudFormation
from tour_iam import Iam
from tour_organizations import Organizations, events, parameters

PROGRAMS = {"boto3": Boto3, "aws": AwsCli}
MEMBER, SECURITY = "222222222222", "ou-acme-security"
IN_SECURITY = ["320000000001", "320000000002", "320000000003"]


class EveryOperation(unittest.TestCase):
    """A service each."""

    # Accounts that were not made in the organization and may leave it at once.
    INVITED = ["400000000001"]

    def setUp(self):
        self.mark = uuid.uuid4().hex[:8]

    def test_iam_and_sts(self):
        iam = Iam(PROGRAM, self, MEMBER)
        for part in (iam.roles, iam.users, iam.policies, iam.providers, iam.account_itself, iam.sessions, iam.simulator):
            with self.subTest(part=part.__doc__):
                part()

    def test_organizations(self):
        organizations = Organizations(PROGRAM, self, self.mark)
        organizations.tree()
        organizations.invitations("400000000002")
        organizations.policies(SECURITY)

    def test_systems_manager(self):
        parameters(PROGRAM, self, self.mark)

    def test_cloudtrail(self):
        events(PROGRAM, self, self.mark)

    def test_stacks(self):
        CloudFormation(PROGRAM, self, self.mark).stacks()

    def test_stacks_that_fail(self):
        CloudFormation(PROGRAM, self, self.mark).rollbacks()

    def test_stack_sets(self):
        CloudFormation(PROGRAM, self, self.mark).stack_sets(SECURITY, IN_SECURITY)


if __name__ == "__main__":
    if len(sys.argv) != 3 or sys.argv[1] not in PROGRAMS:
        sys.exit(__doc__)
    url = sys.argv.pop()
    PROGRAM = PROGRAMS[sys.argv.pop()](url)
    unittest.main(verbosity=2)
