"""The walk through GitHub, from a pull request to its merge to the nightly drift, by the very workflows of `examples/ci/github`
and the very steps of `action.yml`, with the roles of `examples/ci/aws`, against the sandbox and a stand-in of GitHub.

    ROLECALL=target/debug/rolecall python github_flow.py
"""

import copy
import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import boto3
from botocore.exceptions import ClientError

sys.path.insert(0, str(Path(__file__).resolve().parent / "github"))

from jobs import ROOT, Run, Runner
from standin import GitHub, Trouble

WORLD = ROOT / "tests" / "worlds" / "small"
EVENTS = ROOT / "tests" / "conformance" / "github" / "events"
WORKFLOWS = ROOT / "examples" / "ci" / "github"
TEMPLATES = ROOT / "examples" / "ci" / "aws"
MANAGEMENT, SHOP, PAYMENTS, AUDIT = "111111111111", "222222222222", "333333333333", "555555555555"
PULL = 7
ROLES = {f"ROLECALL_{mode.upper()}_ROLE": f"arn:aws:iam::{MANAGEMENT}:role/rolecall-{mode}" for mode in ("plan", "apply")}


class Cloud:
    """A sandbox in which the pipeline's roles were made from their templates."""

    def __init__(self):
        self.directory = tempfile.TemporaryDirectory()
        self.record = Path(os.environ.get("ROLECALL_RECORDS", self.directory.name)) / "github-flow.jsonl"
        words = ["sandbox", "serve", "--listen", "127.0.0.1:0", "--org", str(WORLD / "organization.yaml")]
        words += ["--clock", "10-seconds-per-request", "--quiet", "--record", str(self.record)]
        self.process = subprocess.Popen([os.environ["ROLECALL"], *words], stdout=subprocess.PIPE, text=True)
        self.url = self.process.stdout.readline().split()[-1]
        self.make_roles()

    def close(self):
        """Ends it."""
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        self.directory.cleanup()

    def client(self, service, account=MANAGEMENT):
        """A client of an account's administrator."""
        return boto3.client(service, endpoint_url=self.url, region_name="us-east-1", aws_access_key_id=account,
                            aws_secret_access_key="anything")

    def make_roles(self):
        """What the README of the templates tells to do."""
        cloudformation = self.client("cloudformation")
        cloudformation.create_stack(
            StackName="pipeline-roles", TemplateBody=(TEMPLATES / "github-roles.yaml").read_text(),
            Capabilities=["CAPABILITY_NAMED_IAM"],
            Parameters=[{"ParameterKey": "Repository", "ParameterValue": "acme/aws-roles"}],
        )
        cloudformation.get_waiter("stack_create_complete").wait(StackName="pipeline-roles", WaiterConfig={"Delay": 0})
        cloudformation.create_stack_set(
            StackSetName="pipeline-members", TemplateBody=(TEMPLATES / "member-roles.yaml").read_text(),
            PermissionModel="SERVICE_MANAGED", Capabilities=["CAPABILITY_NAMED_IAM"],
            AutoDeployment={"Enabled": True, "RetainStacksOnAccountRemoval": False},
            Parameters=[{"ParameterKey": "ManagementAccount", "ParameterValue": MANAGEMENT}],
        )
        root = self.client("organizations").list_roots()["Roots"][0]["Id"]
        operation = cloudformation.create_stack_instances(
            StackSetName="pipeline-members", DeploymentTargets={"OrganizationalUnitIds": [root]}, Regions=["us-east-1"])
        for _ in range(200):
            told = cloudformation.describe_stack_set_operation(
                StackSetName="pipeline-members", OperationId=operation["OperationId"])["StackSetOperation"]
            if told["Status"] not in ("RUNNING", "QUEUED"):
                break
        assert told["Status"] == "SUCCEEDED", told

    def assume(self, role, subject):
        """Credentials of a role for an identity that GitHub vouches for.

        The sandbox has no AssumeRoleWithWebIdentity. The role's own trust policy is held against the identity here; then an
        administrator is let in for a moment, and the session has the permissions of the role."""
        iam, name = self.client("iam"), role.rpartition("/")[2]
        trust = iam.get_role(RoleName=name)["Role"]["AssumeRolePolicyDocument"]
        condition = trust["Statement"][0]["Condition"]
        assert list(condition) == ["StringEquals"], "another condition is not understood here"
        wanted = condition["StringEquals"]
        subjects = wanted["token.actions.githubusercontent.com:sub"]
        if subject not in ([subjects] if isinstance(subjects, str) else subjects):
            raise PermissionError(f"{name} does not trust {subject}")
        assert wanted["token.actions.githubusercontent.com:aud"] == "sts.amazonaws.com"
        open_to = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{MANAGEMENT}:root"}, "Action": "sts:AssumeRole"}
        iam.update_assume_role_policy(
            RoleName=name, PolicyDocument=json.dumps(trust | {"Statement": [*trust["Statement"], open_to]}))
        session = self.client("sts").assume_role(RoleArn=role, RoleSessionName="GitHubActions")["Credentials"]
        iam.update_assume_role_policy(RoleName=name, PolicyDocument=json.dumps(trust))
        return {
            "AWS_ACCESS_KEY_ID": session["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": session["SecretAccessKey"],
            "AWS_SESSION_TOKEN": session["SessionToken"],
        }

    def scanner(self, account):
        """The vendor's role in an account, or none."""
        try:
            return self.client("iam", account).get_role(RoleName="ScannerRole")["Role"]
        except ClientError as error:
            if error.response["Error"]["Code"] != "NoSuchEntity":
                raise
            return None

    def calls(self):
        """How many calls were made so far."""
        return len(self.record.read_text().splitlines())


class Flow(unittest.TestCase):
    """One story, in order: each test stands on those before it."""

    @classmethod
    def setUpClass(cls):
        cls.cloud, cls.github = Cloud(), GitHub()
        cls.directory = tempfile.TemporaryDirectory()
        cls.main, cls.branch = Path(cls.directory.name, "main"), Path(cls.directory.name, "branch")
        cls.main.mkdir()
        access = "access: { member_role: rolecall-member }\nintegrations:"
        text = (WORLD / "rolecall.yaml").read_text().replace("integrations:", access)
        (cls.main / "rolecall.yaml").write_text(text)
        cls.fresh_branch()
        # What is in every runner's environment here in place of AWS. Modes without credentials must do without.
        surroundings = {"AWS_ENDPOINT_URL": cls.cloud.url, "AWS_EC2_METADATA_DISABLED": "true"}
        cls.runner = Runner(cls.github, os.environ["ROLECALL"], cls.cloud.assume, ROLES, surroundings)

    @classmethod
    def tearDownClass(cls):
        cls.github.close()
        cls.cloud.close()
        cls.directory.cleanup()

    @classmethod
    def fresh_branch(cls):
        """A branch as main is."""
        shutil.rmtree(cls.branch, ignore_errors=True)
        shutil.copytree(cls.main, cls.branch)

    def edit(self, old, new):
        """Edits the file on the branch."""
        file = self.branch / "rolecall.yaml"
        self.assertEqual(file.read_text().count(old), 1)
        file.write_text(file.read_text().replace(old, new))

    def event(self, name):
        """A recorded event."""
        return copy.deepcopy(json.loads((EVENTS / f"{name}.json").read_text()))

    def one(self, done):
        """The only job that was run."""
        ran = {name: job for name, job in done.items() if job.conclusion != "skipped"}
        self.assertEqual(len(ran), 1, done)
        return next(iter(ran.values()))

    def propose(self, head, name="pull_request", workflow="rolecall-plan.yml"):
        """A push to the branch of a pull request."""
        event = self.event(name)
        event["pull_request"]["head"]["sha"] = head
        run = Run("pull_request", event, "c" * 40, f"refs/pull/{PULL}/merge", event["pull_request"]["head"]["ref"], self.branch)
        return self.one(self.runner.workflow(WORKFLOWS / workflow, run))

    def merge(self, head, commit):
        """The merge of the pull request."""
        shutil.rmtree(self.main)
        shutil.copytree(self.branch, self.main)
        pull = {"number": PULL, "merged_at": "2026-11-20T10:00:00Z", "merge_commit_sha": commit, "head": {"sha": head}}
        self.github.merged[commit] = [pull]
        return self.push(commit)

    def push(self, commit):
        """A push to main."""
        event = self.event("push") | {"after": commit}
        run = Run("push", event, commit, "refs/heads/main", "main", self.main)
        return self.one(self.runner.workflow(WORKFLOWS / "rolecall-apply.yml", run))

    def night(self):
        """The nightly run."""
        run = Run("schedule", self.event("schedule"), "d" * 40, "refs/heads/main", "main", self.main)
        return self.one(self.runner.workflow(WORKFLOWS / "rolecall-drift.yml", run))

    def by_hand(self, ref="refs/heads/main"):
        """The workflow by hand."""
        run = Run("workflow_dispatch", self.event("workflow_dispatch"), "e" * 40, ref, ref.rpartition("/")[2], self.main)
        return self.runner.workflow(WORKFLOWS / "rolecall-by-hand.yml", run)

    def comment(self, purpose):
        """The one comment for a purpose on the pull request."""
        mark = f"<!-- rolecall-action:{purpose}:rolecall -->"
        ours = [entry for entry in self.github.said(PULL, mark) if entry["user"]["login"] == "github-actions[bot]"]
        self.assertEqual(len(ours), 1, [entry["body"][:80] for entry in ours])
        return ours[0]

    def succeeded(self, job):
        """That a job succeeded."""
        self.assertEqual(job.conclusion, "success", job.log)
        return job

    def failed(self, job):
        """That a job failed."""
        self.assertEqual(job.conclusion, "failure", job.log)
        return job

    def issues(self, state="open"):
        """The issues of the action."""
        found = [entry for entry in self.github.issues if entry["user"]["login"] == "github-actions[bot]"]
        return [entry for entry in found if entry["state"] == state]

    def attach(self, account, policy="AdministratorAccess"):
        """Somebody attaches a policy to the vendor's role."""
        self.cloud.client("iam", account).attach_role_policy(
            RoleName="ScannerRole", PolicyArn=f"arn:aws:iam::aws:policy/{policy}")

    def detach(self, account, policy="AdministratorAccess"):
        """And takes it off again."""
        self.cloud.client("iam", account).detach_role_policy(
            RoleName="ScannerRole", PolicyArn=f"arn:aws:iam::aws:policy/{policy}")

    def test_01_a_pull_request_gets_one_comment_with_its_plan(self):
        """Among many comments of others, one of which copied the marker, and although GitHub loses an answer."""
        for number in range(130):
            self.github.comment(PULL, f"comment {number}")
        spoofed = self.github.comment(PULL, "<!-- rolecall-action:plan:rolecall -->\nNo changes.", {"login": "mallory"})
        self.github.trouble.append(Trouble("POST", "/comments", "after"))
        job = self.succeeded(self.propose("a" * 40))
        self.assertEqual(job.assumed, [ROLES["ROLECALL_PLAN_ROLE"]])
        body = self.comment("plan")["body"]
        self.assertIn("ScannerRole", body)
        self.assertIn("7 to add", body)
        self.assertIn("Commit aaaaaaaaaaaa", body)
        self.assertIn("7 to add", job.summary)
        self.assertEqual(spoofed["body"].splitlines()[-1], "No changes.")
        self.assertEqual([entry["name"] for entry in self.github.artifacts], [f"rolecall-plan-{'a' * 40}"])
        self.assertIsNone(self.cloud.scanner(SHOP))

    def test_02_another_push_edits_that_comment(self):
        """The comment says what the new commit would do; GitHub is out of order and then asks to wait."""
        before = self.comment("plan")
        self.edit("Reads what the scanner looks at", "Reads and nothing else")
        self.github.trouble += [Trouble("GET", "/comments", "before"), Trouble("PATCH", "/comments", "limit")]
        self.succeeded(self.propose("a1" * 20))
        after = self.comment("plan")
        self.assertEqual(after["id"], before["id"])
        self.assertIn("Reads and nothing else", after["body"])
        self.assertEqual(self.github.trouble, [])

    def test_03_a_file_that_is_not_right_is_shown_at_its_line(self):
        """The comment no longer shows the old plan, and no plan is kept of that commit."""
        kept = len(self.github.artifacts)
        self.edit("max_session_duration: 2h", "max_session_durations: 2h")
        job = self.failed(self.propose("a2" * 20))
        errors = [(place, text) for kind, place, text in job.annotations if kind == "error" and "line=" in place]
        self.assertTrue(any("file=rolecall.yaml" in place and "max_session_durations" in text for place, text in errors), job.log)
        self.assertIn("Rolecall could not plan", self.comment("plan")["body"])
        self.assertEqual(len(self.github.artifacts), kept)
        self.edit("max_session_durations: 2h", "max_session_duration: 2h")
        self.succeeded(self.propose("a3" * 20))
        self.assertNotIn("could not plan", self.comment("plan")["body"])

    def test_04_a_merge_applies_the_plan_that_was_reviewed(self):
        """With the other role, which trusts the environment alone."""
        job = self.succeeded(self.merge("a3" * 20, "d1" * 20))
        self.assertEqual(job.assumed, [ROLES["ROLECALL_APPLY_ROLE"]])
        for account in (MANAGEMENT, SHOP, PAYMENTS):
            self.assertEqual(self.cloud.scanner(account)["Description"], "Reads and nothing else")
        self.assertIn("7 added", self.comment("apply")["body"])

    def test_05_a_plan_that_became_stale_is_not_applied_and_not_planned_anew(self):
        """AWS changed between the plan and the merge."""
        self.fresh_branch()
        self.edit("Reads and nothing else", "Reads")
        self.succeeded(self.propose("b1" * 20))
        self.attach(PAYMENTS)
        job = self.failed(self.merge("b1" * 20, "d2" * 20))
        body = self.comment("apply")["body"]
        self.assertIn("Not applied: the saved plan is stale", body)
        self.assertIn('scanner.role["333333333333"]', body)
        self.assertIn("stale", job.summary)
        self.assertEqual(self.cloud.scanner(SHOP)["Description"], "Reads and nothing else")
        self.detach(PAYMENTS)

    def test_06_a_plan_of_other_files_is_not_applied(self):
        """The plan of the commit is in order, but what was merged says something else."""
        self.fresh_branch()
        self.edit("description: Reads", "description: Reads on")
        self.succeeded(self.propose("b2" * 20))
        self.edit("description: Reads on", "description: Reads everything")
        self.failed(self.merge("b2" * 20, "d3" * 20))
        self.assertIn("the saved plan was not made from what the files say now", self.comment("apply")["body"])
        self.assertEqual(self.cloud.scanner(SHOP)["Description"], "Reads and nothing else")

    def test_07_a_push_without_a_plan_is_not_applied(self):
        """Neither a push that is no merge, nor a merge of which a fork's run left a plan."""
        job = self.failed(self.push("d4" * 20))
        self.assertIn("is not the merge of a pull request", job.summary)
        plan = next(entry for entry in self.github.artifacts if entry["name"] == f"rolecall-plan-{'b2' * 20}")
        head = "f0" * 20
        stranger = plan["workflow_run"] | {"head_repository_id": 4712, "head_sha": head}
        self.github.upload(f"rolecall-plan-{head}", {"plan.json": "{}"}, stranger)
        other = plan["workflow_run"] | {"head_sha": "0" * 40}
        self.github.upload(f"rolecall-plan-{head}", {"plan.json": "{}"}, other)
        self.failed(self.merge(head, "d5" * 20))
        self.assertIn("Not applied: there is no saved plan", self.comment("apply")["body"])
        self.assertEqual(self.cloud.scanner(SHOP)["Description"], "Reads and nothing else")

    def test_08_by_hand_main_is_planned_and_applied(self):
        """What no plan was left of comes about by a run by hand, from main only."""
        elsewhere = self.by_hand("refs/heads/elsewhere")
        self.assertEqual({job.conclusion for job in elsewhere.values()}, {"skipped"})
        done = self.by_hand()
        for job in done.values():
            self.succeeded(job)
        self.assertIn("2 to change", done["plan"].summary)
        self.assertEqual(self.cloud.scanner(SHOP)["Description"], "Reads everything")
        self.assertEqual(self.by_hand()["apply"].conclusion, "skipped")

    def test_09_a_night_without_drift_opens_no_issue_and_publishes_a_snapshot(self):
        """Issues of others with that marker or label are left alone."""
        mark = "<!-- rolecall-action:drift:rolecall -->"
        others = [self.github.issue("mine", mark, ["rolecall-drift"]), self.github.issue("a change", mark, ["rolecall-drift"],
                  pull_request={})]
        job = self.succeeded(self.night())
        self.assertEqual(job.assumed, [ROLES["ROLECALL_PLAN_ROLE"]])
        self.assertEqual(self.issues(), [])
        self.assertEqual({entry["state"] for entry in others}, {"open"})
        snapshots = [entry for entry in self.github.artifacts if entry["name"] == "rolecall-snapshot"]
        self.assertEqual(len(snapshots), 1)

    def test_10_a_fork_is_previewed_without_credentials(self):
        """Not a single call to AWS, a token that reads only, and no comment; what a fork published is not believed."""
        self.fresh_branch()
        self.edit("Reads everything", "Reads it all")
        stranger = {"id": 1, "repository_id": 4711, "head_repository_id": 4712, "head_branch": "main", "head_sha": "0" * 40}
        branch = stranger | {"head_repository_id": 4711, "head_branch": "x"}
        for run in (stranger, branch):
            self.github.upload("rolecall-snapshot", {"snapshot.json": "{}"}, run)
        calls, said = self.cloud.calls(), len(self.github.comments[PULL])
        job = self.succeeded(self.propose("f1" * 20, "fork"))
        self.assertEqual(job.assumed, [])
        self.assertEqual(self.cloud.calls(), calls)
        self.assertEqual(len(self.github.comments[PULL]), said)
        self.assertIn("Reads it all", job.summary)
        self.assertIn("without credentials", job.summary)
        self.assertRegex(job.summary, r"snapshot of `?2\d{3}-\d\d-\d\dT[^ ]+ \d+ \w+ old")

    def test_11_drift_opens_one_issue(self):
        """Although GitHub loses the answer to its opening."""
        self.attach(PAYMENTS)
        self.github.trouble.append(Trouble("POST", "/issues", "after"))
        job = self.succeeded(self.night())
        [issue] = self.issues()
        self.assertEqual(issue["title"], "Drift of IAM roles (rolecall)")
        self.assertIn("AdministratorAccess", issue["body"])
        self.assertIn(PAYMENTS, issue["body"])
        self.assertIn("AdministratorAccess", job.summary)

    def test_12_the_next_night_edits_it_and_speaks_up_only_about_what_is_new(self):
        """The same drift: no second issue, no comment. More drift: a comment."""
        [before] = self.issues()
        body = before["body"]
        self.succeeded(self.night())
        [same] = self.issues()
        self.assertEqual(same["number"], before["number"])
        self.assertNotEqual(same["body"], body, "the issue names the newest run")
        self.assertEqual(self.github.comments.get(same["number"], []), [])
        self.attach(SHOP, "PowerUserAccess")
        self.succeeded(self.night())
        [more] = self.issues()
        self.assertIn("PowerUserAccess", more["body"])
        self.assertEqual(len(self.github.comments[more["number"]]), 1)
        self.detach(SHOP, "PowerUserAccess")

    def test_13_an_account_that_cannot_be_read_keeps_the_issue_open(self):
        """The drift is healed, but one account is unknown: that is told, not closed."""
        self.detach(PAYMENTS)
        iam = self.cloud.client("iam", AUDIT)
        trust = iam.get_role(RoleName="rolecall-member-read")["Role"]["AssumeRolePolicyDocument"]
        nobody = copy.deepcopy(trust)
        nobody["Statement"][0]["Principal"] = {"AWS": AUDIT}
        iam.update_assume_role_policy(RoleName="rolecall-member-read", PolicyDocument=json.dumps(nobody))
        job = self.succeeded(self.night())
        [issue] = self.issues()
        self.assertEqual(issue["title"], "Accounts that could not be checked for drift (rolecall)")
        self.assertIn(AUDIT, issue["body"])
        self.assertIn(AUDIT, job.summary)
        iam.update_assume_role_policy(RoleName="rolecall-member-read", PolicyDocument=json.dumps(trust))

    def test_14_when_all_is_well_it_is_closed(self):
        """And says which run found that; the night after has nothing to do."""
        self.succeeded(self.night())
        self.assertEqual(self.issues(), [])
        [issue] = self.issues("closed")
        last = self.github.comments[issue["number"]][-1]["body"]
        self.assertIn("No drift any more", last)
        said = len(self.github.comments[issue["number"]])
        self.succeeded(self.night())
        self.assertEqual(len(self.github.comments[issue["number"]]), said)

    def test_15_a_night_that_fails_leaves_the_issue_as_it_was(self):
        """Whether there is drift is not known: the job fails, the open issue is neither closed nor edited."""
        self.attach(PAYMENTS)
        self.succeeded(self.night())
        [before] = copy.deepcopy(self.issues())
        file = self.main / "rolecall.yaml"
        text = file.read_text()
        file.write_text(text.replace("o-small12345", "o-another123"))
        job = self.failed(self.night())
        file.write_text(text)
        self.assertEqual(self.issues(), [before])
        self.assertIn("could not look for drift", job.summary)

    def test_16_the_role_for_plans_can_write_nothing(self):
        """Whoever has a pull request's workflow run what he likes gets this role, and reads with it."""
        keys = self.cloud.assume(ROLES["ROLECALL_PLAN_ROLE"], "repo:acme/aws-roles:pull_request")
        with self.assertRaises(PermissionError):
            self.cloud.assume(ROLES["ROLECALL_APPLY_ROLE"], "repo:acme/aws-roles:pull_request")
        environment = os.environ | keys | {"AWS_ENDPOINT_URL": self.cloud.url, "AWS_REGION": "us-east-1"}
        for words, refused in (
            (["apply", "--auto-approve", "--no-lock", "--member-role", "rolecall-member-read"], "AccessDenied"),
            (["plan", "--detailed-exitcode"], "rolecall-member"),
        ):
            done = subprocess.run([os.environ["ROLECALL"], *words], cwd=self.main, env=environment, capture_output=True,
                                  text=True, timeout=120, check=False)
            self.assertNotEqual(done.returncode, 0)
            self.assertIn(refused, done.stdout + done.stderr)
        attached = self.cloud.client("iam", PAYMENTS).list_attached_role_policies(RoleName="ScannerRole")["AttachedPolicies"]
        self.assertIn("AdministratorAccess", [policy["PolicyName"] for policy in attached])


if __name__ == "__main__":
    if "ROLECALL" not in os.environ:
        sys.exit(__doc__)
    os.environ["ROLECALL"] = str(Path(os.environ["ROLECALL"]).resolve())
    unittest.main(verbosity=2, failfast=True)
