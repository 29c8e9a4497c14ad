"""What the program writes for other programs, held against the schemas in `schemas/` and AWS's rules for templates.

    ROLECALL=target/debug/rolecall python documents.py URL

URL is that of `rolecall sandbox serve` with the organization of `examples/acme`, which is applied by this.
"""

import json
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import boto3
import yaml
from cfnlint import api as cfnlint
from jsonschema.validators import validator_for

URL = sys.argv.pop() if len(sys.argv) > 1 else None
ROOT = Path(__file__).resolve().parents[2]
ACME = ROOT / "examples" / "acme"


def schema(name):
    """A schema's validator, after the schema itself was checked."""
    document = json.loads((ROOT / "schemas" / f"{name}.schema.json").read_text())
    kind = validator_for(document)
    kind.check_schema(document)
    return kind(document)


def rolecall(*words, exits=(0,)):
    """Runs the program in the example's directory and gives what it wrote to standard output."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    environment |= {"AWS_ENDPOINT_URL": URL, "AWS_REGION": "us-east-1", "AWS_EC2_METADATA_DISABLED": "true"}
    environment |= {"AWS_ACCESS_KEY_ID": "anyone", "AWS_SECRET_ACCESS_KEY": "anything"}
    run = subprocess.run(
        [os.environ["ROLECALL"], *words], cwd=ACME, env=environment, capture_output=True, text=True, timeout=300, check=False
    )
    assert run.returncode in exits, f"{words}: exit code {run.returncode}\n{run.stdout}\n{run.stderr}"
    return run.stdout


class Documents(unittest.TestCase):
    """One story, in order: each test stands on those before it."""

    def assert_valid(self, name, text):
        document = json.loads(text)
        problems = [f"{error.json_path}: {error.message}" for error in schema(name).iter_errors(document)]
        self.assertEqual(problems, [])
        return document

    def test_1_examples_fit_the_schema_of_the_file(self):
        """Every example is valid by the schema that editors use, and a misspelt key is not."""
        examples = sorted(ROOT.glob("examples/*/rolecall.yaml"))
        self.assertTrue(examples)
        for example in examples:
            with self.subTest(example=example.parent.name):
                document = yaml.safe_load(example.read_text())
                self.assert_valid("rolecall", json.dumps(document))
                document["integrationz"] = {}
                self.assertFalse(schema("rolecall").is_valid(document))

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

    def test_5_what_was_applied(self):
        """The result of an apply, and the empty plan after it."""
        self.assert_valid("apply", rolecall("apply", "--auto-approve", "--format", "json"))
        document = self.assert_valid("plan", rolecall("plan", "--format", "json"))
        self.assertEqual(document["changes"], [])
        self.assert_valid("status", rolecall("status", "--format", "json"))

    def test_6_drift_of_every_kind(self):
        """Plans that update and replace are valid too."""
        iam = boto3.client("iam", endpoint_url=URL, region_name="us-east-1", aws_access_key_id="111111111111",
                           aws_secret_access_key="anything")
        iam.update_role(RoleName="ProwlerScan", Description="changed by hand")
        document = self.assert_valid("plan", rolecall("plan", "--format", "json"))
        self.assertEqual([change["actions"] for change in document["changes"]], [["update"]])

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


if __name__ == "__main__":
    if not (URL or "").startswith("http"):
        sys.exit(__doc__)
    unittest.main(verbosity=2)
