"""What the program writes for other programs, held against the schemas in `schemas/` and AWS's rules for templates.

    ROLECALL=target/debug/rolecall python documents.py URL

URL is that of `rolecall sandbox serve` with the organization of `examples/acme`, which is applied by this. Organizations in
trouble are served by sandboxes of their own.
"""

import json
import sys
import tempfile
import unittest
from pathlib import Path

import boto3
import yaml
from cfnlint import api as cfnlint

from schemas import closed, described, load, misspelled, validator
from simulated import REPOSITORY, Simulated, program

URL = sys.argv.pop() if len(sys.argv) > 1 else None
ACME = REPOSITORY / "examples" / "acme"
# Every document that a command prints, by the name of its schema.
KINDS = {"plan", "drift", "status", "accounts", "apply", "doctor", "validate", "snapshot", "organizations"}
# Members that the schemas let documents be without, and that the documents of the organization in trouble have.
OPTIONAL = {
    "facts", "portion", "part", "detail", "role", "stack_set", "reason", "failure", "invoked_by", "request_id", "user_agent", "last_create",
    "last_update",
}
# Members whose own members are named by the user, or are for the program that wrote them.
NAMED_BY_USERS = {"part", "inline_policies", "managed_policies", "inline", "tags", "applied", "live"}


def rolecall(*words, exits=(0,)):
    """Runs the program in the example's directory and gives what it wrote to standard output."""
    return program(ACME, *words, url=URL, exits=exits)


def read(test, name, text):
    """A document, after its schema found nothing wrong with it, and nothing in it that it does not describe."""
    document = json.loads(text)
    for schema in (load(name), closed(load(name))):
        test.assertEqual([f"{error.json_path}: {error.message}" for error in validator(schema).iter_errors(document)], [])
    if name != "rolecall":
        test.assertEqual(document["kind"], name)
    if name == "organizations":
        for one in document["organizations"]:
            if one["document"] is not None:
                read(test, document["command"], json.dumps(one["document"]))
    return document


class Documents(unittest.TestCase):
    """One story, in order: each test stands on those before it."""

    def assert_valid(self, name, text):
        return read(self, name, text)

    def test_1_examples_fit_the_schema_of_the_file(self):
        """Every example, and a file with every key, is valid by the schema that editors use; with any misspelt key it is not."""
        examples = sorted(REPOSITORY.glob("examples/*/rolecall.yaml"))
        self.assertTrue(examples)
        schema = load("rolecall")
        for example in [*examples, REPOSITORY / "tests/spec/valid/everything.yaml"]:
            with self.subTest(example=str(example)):
                # Days are texts to the schema.
                document = self.assert_valid("rolecall", json.dumps(yaml.safe_load(example.read_text()), default=str))
                for place, other in misspelled(document, described(schema)):
                    if place.split("/")[-2:-1] != ["inline_policies"]:
                        self.assertFalse(validator(schema).is_valid(other), place)

    def test_2_diagnostics(self):
        """The diagnostics of good files and of bad ones."""
        self.assert_valid("validate", rolecall("validate", "--format", "json"))
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as bad:
            bad.write("version: 1\norganization: { id: o-acme123456, idd: x }\nintegrations: []\n")
            bad.flush()
            document = self.assert_valid("validate", rolecall("validate", "-f", bad.name, "--format", "json", exits=(1,)))
            self.assertIn("idd", json.dumps(document))

    def test_3_a_plan_that_creates_everything(self):
        """The plan document, and the same shown from a saved plan."""
        with tempfile.TemporaryDirectory() as directory:
            saved = str(Path(directory) / "plan.json")
            document = self.assert_valid("plan", rolecall("plan", "--out", saved, "--format", "json"))
            shown = self.assert_valid("plan", rolecall("show", saved, "--format", "json"))
        self.assertEqual(document["format_version"].split(".")[0], "1")
        self.assertEqual(document["changes"], shown["changes"])
        self.assertTrue(document["changes"])

    def test_4_status_and_accounts(self):
        """The matrix and the tree."""
        self.assert_valid("status", rolecall("status", "--format", "json"))
        self.assert_valid("accounts", rolecall("accounts", "--format", "json"))
        self.assert_valid("doctor", rolecall("doctor", "--format", "json", exits=(0, 3)))
        self.assert_valid("snapshot", rolecall("snapshot"))

    def test_5_what_was_applied(self):
        """The result of an apply, and the empty plan after it."""
        self.assert_valid("apply", rolecall("apply", "--auto-approve", "--format", "json"))
        document = self.assert_valid("plan", rolecall("plan", "--format", "json"))
        self.assertEqual(document["changes"], [])
        self.assert_valid("status", rolecall("status", "--format", "json"))
        document = self.assert_valid("drift", rolecall("drift", "--format", "json"))
        self.assertEqual((document["result"], document["findings"]), ("none", []))
        document = self.assert_valid("apply", rolecall("apply", "--auto-approve", "--format", "json"))
        self.assertEqual(document["changes"], [])

    def test_6_a_change_by_hand(self):
        """A plan that updates, and the drift that it undoes."""
        iam = boto3.client("iam", endpoint_url=URL, region_name="us-east-1", aws_access_key_id="111111111111",
                           aws_secret_access_key="anything")
        iam.update_role(RoleName="ProwlerScan", Description="changed by hand")
        document = self.assert_valid("plan", rolecall("plan", "--format", "json"))
        self.assertEqual([change["actions"] for change in document["changes"]], [["update"]])
        document = self.assert_valid("drift", rolecall("drift", "--format", "json", exits=(2,)))
        self.assertEqual([finding["kind"] for finding in document["findings"]], ["description_changed"])

    def test_7_templates_satisfy_the_linter(self):
        """cfn-lint, which knows AWS's own resource schemas, finds no error in the generated templates."""
        cloudformation = boto3.client("cloudformation", endpoint_url=URL, region_name="us-east-1",
                                      aws_access_key_id="anyone", aws_secret_access_key="anything")
        sets = cloudformation.list_stack_sets(Status="ACTIVE")["Summaries"]
        self.assertTrue(sets)
        for name in (entry["StackSetName"] for entry in sets):
            body = cloudformation.describe_stack_set(StackSetName=name)["StackSet"]["TemplateBody"]
            found = cfnlint.lint_all(body)
            errors = [match for match in found if match.rule.id.startswith("E")]
            self.assertEqual([f"{name}: {match.rule.id} {match.message}" for match in errors], [])


class Trouble(unittest.TestCase):
    """Every document of an organization in which no two accounts are alike, and of several organizations."""

    @classmethod
    def setUpClass(cls):
        cls.documents = []
        with Simulated() as organization:
            organization.trouble()
            cls.tell(organization)
        with Simulated("pair", "simulated/north.yaml") as pair:
            cls.tell_of_two(pair)

    @classmethod
    def add(cls, name, text):
        """Keeps a document for the tests."""
        cls.documents.append((name, text))
        return json.loads(text)

    @classmethod
    def tell(cls, organization):
        """What the commands say, of AWS and of a snapshot, and of an apply that fails in part."""

        def said(name, *words, exits=(0,)):
            return cls.add(name, organization.rolecall(*words, "--format", "json", exits=exits))

        said("validate", "validate")
        said("accounts", "accounts")
        said("status", "status")
        drift = said("drift", "drift", exits=(2,))
        assert drift["summary"]["unknown"] and drift["summary"]["ignored"] and drift["expired_ignores"], drift["summary"]
        assert drift["pending"] and drift["inactive"] and drift["who"]["denied"] and drift["who"]["roles"], drift
        said("plan", "plan", "-o", "saved.json")
        said("plan", "show", "saved.json")
        said("doctor", "doctor", exits=(1, 3))
        organization.rolecall("snapshot", "-o", "kept.json")
        cls.add("snapshot", organization.file("kept.json"))
        for name, exits in [("plan", (0,)), ("status", (0,)), ("accounts", (0,)), ("drift", (2,))]:
            said(name, name, "--observed", "kept.json", exits=exits)
        # The parts of a report, and the whole that is made of them.
        for part in ("1", "2"):
            organization.rolecall("drift", "--shard", f"{part}/2", "--output", f"json=part-{part}.json", exits=(0, 2, 3))
            cls.add("drift", organization.file(f"part-{part}.json"))
        said("drift", "report", "merge", "part-1.json", "part-2.json", exits=(2,))
        said("drift", "drift", "--accounts", "Workloads/Prod", exits=(2,))
        # Where stack sets cannot be read, drift is blind.
        denied = {"service": "cloudformation", "operation": "DescribeStackSet", "effect": "deny"}
        organization.faults(denied)
        said("drift", "drift", exits=(2, 3))
        said("status", "status")
        organization.faults({"service": "iam", "operation": "UpdateRole", "effect": "deny"})
        said("apply", "apply", "--auto-approve", exits=(1,))
        organization.faults()
        said("apply", "apply", "--only", "drift", "--auto-approve")
        (organization.directory / "broken.yaml").write_text("version: 1\nversion: 1\norganization: { idd: x }\n")
        said("validate", "validate", "-f", "broken.yaml", exits=(1,))

    @classmethod
    def tell_of_two(cls, pair):
        """Two organizations, both there and one missing."""

        def said(*words, exits=(0,)):
            cls.add("organizations", pair.rolecall(*words, "-f", "files", "--format", "json", exits=exits))

        for words in [("plan",), ("apply", "--auto-approve"), ("status",), ("accounts",)]:
            said(*words, "--sandbox", "simulated")
        # For some seconds AWS's list of operations still shows the one that the apply began, which makes drift unknown.
        said("drift", "--sandbox", "simulated", exits=(0, 3))
        said("plan", "--sandbox", "simulated/north.yaml", exits=(1,))

    def test_every_document_is_as_its_schema_says(self):
        """In whatever state the organization is; and every kind of document is among them."""
        for number, (name, text) in enumerate(self.documents):
            with self.subTest(document=f"{number} {name}"):
                read(self, name, text)
        self.assertEqual({name for name, _ in self.documents}, KINDS)

    def test_a_misspelt_member_is_noticed(self):
        """Each member, at each level, under another name: by the schema itself, unless it may be absent, and by its closed form."""
        tried = set()
        for name, text in self.documents:
            schema = load(name)
            published, strict = validator(schema), validator(closed(schema))
            for place, other in misspelled(json.loads(text), described(schema)):
                steps = place.split("/")
                if NAMED_BY_USERS.intersection(steps[:-1]) or (name == "organizations" and "document" in steps[:-1]):
                    continue
                if (name, place) in tried:
                    continue
                tried.add((name, place))
                with self.subTest(document=name, place=place):
                    self.assertFalse(strict.is_valid(other))
                    if steps[-1] not in OPTIONAL:
                        self.assertFalse(published.is_valid(other))
        self.assertGreater(len(tried), 400)


if __name__ == "__main__":
    if not (URL or "").startswith("http"):
        sys.exit(__doc__)
    unittest.main(verbosity=2)
