"""The recipes of `examples/ci` and `action.yml`: their schemas, their pins, their permissions, and that their policies are ours.

    ROLECALL=target/debug/rolecall python recipes.py
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import yaml
from cfnlint import api as cfnlint
from jsonschema import Draft202012Validator

sys.path.insert(0, str(Path(__file__).resolve().parent / "github"))

from jobs import PINNED, ROOT, load

CI = ROOT / "examples" / "ci"
WORKFLOWS = sorted((CI / "github").glob("*.yml"))
RELEASE = ROOT / ".github" / "workflows" / "release.yml"
TEMPLATES = sorted((CI / "aws").glob("*.yaml"))
OURS = "rolecall/rolecall@v1"
STEP = {"oneOf": [
    {"enum": ["init", "plan", "apply", "show", "policy_check"]},
    {"type": "object", "required": ["run"], "additionalProperties": False, "properties": {"run": {"oneOf": [
        {"type": "string"},
        {"type": "object", "required": ["command"], "additionalProperties": False, "properties": {
            "command": {"type": "string"}, "output": {"enum": ["show", "hide", "strip_refreshing"]}, "shell": {"type": "string"},
        }},
    ]}}},
]}
STAGE = {"type": "object", "required": ["steps"], "additionalProperties": False,
         "properties": {"steps": {"type": "array", "items": STEP}}}
REQUIREMENTS = {"type": "array", "items": {"enum": ["approved", "mergeable", "undiverged", "policies_passed"]}}
# What Atlantis' documentation names, as far as the recipe uses it. Atlantis refuses keys that it does not know.
ATLANTIS_SERVER = {
    "type": "object", "additionalProperties": False,
    "properties": {
        "repos": {"type": "array", "items": {"type": "object", "required": ["id"], "additionalProperties": False, "properties": {
            "id": {"type": "string"}, "branch": {"type": "string", "pattern": "^/.*/$"}, "workflow": {"type": "string"},
            "apply_requirements": REQUIREMENTS, "plan_requirements": REQUIREMENTS, "allowed_overrides": {"type": "array"},
            "allow_custom_workflows": {"type": "boolean"}, "delete_source_branch_on_merge": {"type": "boolean"},
        }}},
        "workflows": {"type": "object", "additionalProperties": {"type": "object", "additionalProperties": False,
                      "properties": {"plan": STAGE, "apply": STAGE}}},
    },
}
ATLANTIS_REPOSITORY = {
    "type": "object", "required": ["version", "projects"], "additionalProperties": False,
    "properties": {"version": {"const": 3}, "automerge": {"type": "boolean"}, "projects": {"type": "array", "items": {
        "type": "object", "required": ["dir"], "additionalProperties": False, "properties": {
            "name": {"type": "string"}, "dir": {"type": "string"}, "autoplan": {"type": "object", "additionalProperties": False,
            "properties": {"enabled": {"type": "boolean"}, "when_modified": {"type": "array", "items": {"type": "string"}}}},
        },
    }}},
}


class Cloudformation(yaml.SafeLoader):
    """YAML with CloudFormation's short forms, whose values are not looked at here."""


Cloudformation.add_multi_constructor("!", lambda loader, tag, node: {tag: node.value})


def checked(*words):
    """Runs a checker that comes with the requirements, and gives what it found fault with."""
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, timeout=120, check=False)
    return "" if done.returncode == 0 else done.stdout + done.stderr


def rolecall(*words):
    """What the program prints."""
    return subprocess.run([os.environ["ROLECALL"], *words], capture_output=True, text=True, timeout=120, check=True).stdout


def as_yaml(policy):
    """A policy as it stands in a template."""
    lines = [f'Version: "{policy["Version"]}"', "Statement:"]
    for statement in policy["Statement"]:
        lines += [f"  - Sid: {statement['Sid']}", f"    Effect: {statement['Effect']}"]
        for key in statement.keys() - {"Sid", "Effect", "Action", "Resource"}:
            raise AssertionError(f"a template has no place for {key}")
        lines += ["    Action:", *(f"      - {action}" for action in statement["Action"])]
        lines += ["    Resource:", *(f'      - "{resource}"' for resource in statement["Resource"])]
    return "".join(f"{' ' * 12}{line}\n" for line in lines)


def steps(document):
    """The steps of a workflow's jobs."""
    return [step for job in document["jobs"].values() for step in job["steps"]]


class Recipes(unittest.TestCase):
    """Each recipe against what its host says of the form."""

    def test_the_action_and_its_workflows_have_the_form_that_github_asks_for(self):
        """By the schemas that check-jsonschema carries, which are those of SchemaStore."""
        self.assertEqual(len(WORKFLOWS), 4)
        self.assertEqual(checked("check-jsonschema", "--builtin-schema", "vendor.github-actions", ROOT / "action.yml"), "")
        self.assertEqual(checked("check-jsonschema", "--builtin-schema", "vendor.github-workflows", RELEASE, *WORKFLOWS), "")
        timeout = "custom.github-workflows-require-timeout"
        self.assertEqual(checked("check-jsonschema", "--builtin-schema", timeout, RELEASE, *WORKFLOWS), "")
        dependabot = ROOT / ".github" / "dependabot.yml"
        self.assertEqual(checked("check-jsonschema", "--builtin-schema", "vendor.dependabot", dependabot), "")

    def test_actions_of_others_are_pinned_to_commits(self):
        """A tag can be moved to other code. Beside the commit stands which version it is."""
        for file in [*WORKFLOWS, RELEASE, ROOT / "action.yml"]:
            for line in re.findall(r"uses: *(.*)", file.read_text()):
                with self.subTest(file=file.name, line=line):
                    name, _, version = line.partition(" # ")
                    self.assertTrue(name == OURS or (PINNED.fullmatch(name) and re.fullmatch(r"v[\d.]+", version)))

    def test_no_value_becomes_code(self):
        """No expression is in a script; nothing runs on an event that gives a stranger's change our secrets."""
        for step in load(ROOT / "action.yml")["runs"]["steps"]:
            self.assertNotIn("${{", step.get("run", ""))
        for file in WORKFLOWS:
            document = load(file)
            self.assertNotIn("pull_request_target", document["on"])
            self.assertNotIn("workflow_run", document["on"])
            self.assertNotIn("secrets.", file.read_text())
            self.assertFalse([step for step in steps(document) if "run" in step])

    def test_jobs_have_what_they_need_and_no_more(self):
        """Nothing for the workflow, and for each job what is listed here."""
        needed = {
            ("rolecall-plan", "plan"): {"contents": "read", "id-token": "write", "pull-requests": "write"},
            ("rolecall-plan", "preview"): {"contents": "read", "actions": "read"},
            ("rolecall-apply", "apply"): {
                "contents": "read", "id-token": "write", "actions": "read", "pull-requests": "write"},
            ("rolecall-by-hand", "plan"): {"contents": "read", "id-token": "write"},
            ("rolecall-by-hand", "apply"): {"contents": "read", "id-token": "write", "actions": "read"},
            ("rolecall-drift", "drift"): {"contents": "read", "id-token": "write", "issues": "write"},
        }
        found = {}
        for file in WORKFLOWS:
            document = load(file)
            self.assertEqual(document["permissions"], {})
            for name, job in document["jobs"].items():
                found[file.stem, name] = job["permissions"]
                modes = {step["with"]["mode"] for step in job["steps"] if step["uses"] == OURS}
                self.assertEqual("environment" in job, modes == {"apply"})
        self.assertEqual(found, needed)

    def test_a_release_has_what_the_action_downloads(self):
        """The names of the archives and of the sums; no expression in a script; the scripts by shellcheck."""
        document = load(RELEASE)
        scripts = "\n".join(step["run"] for step in steps(document) if "run" in step)
        self.assertNotIn("${{", scripts)
        with tempfile.NamedTemporaryFile("w", suffix=".sh") as script:
            script.write(f"#!/bin/bash\nTARGET=$1 RUN=$2 TAG=$3\n{scripts}\n")
            script.flush()
            self.assertEqual(checked("shellcheck", script.name), "")
        program = (ROOT / "ci" / "github" / "program.py").read_text()
        for text in ('f"rolecall-{target}.tar.gz"', "SHA256SUMS", "unknown-linux-gnu", "apple-darwin"):
            self.assertIn(text, program)
        targets = {entry["target"] for entry in document["jobs"]["build"]["strategy"]["matrix"]["include"]}
        self.assertEqual(targets, {"x86_64-unknown-linux-gnu", "aarch64-unknown-linux-gnu", "aarch64-apple-darwin"})
        self.assertIn('"rolecall-$TARGET.tar.gz" -C target/release rolecall', scripts)
        self.assertIn("> SHA256SUMS", scripts)

    def test_inputs_of_the_action_reach_its_scripts(self):
        """Every input is used, and every variable that a script reads is set in some step."""
        text = (ROOT / "action.yml").read_text()
        action = load(ROOT / "action.yml")
        for name in action["inputs"]:
            self.assertIn(f"inputs.{name} ", text)
        given = {name.removeprefix("INPUT_") for step in action["runs"]["steps"] for name in step.get("env", {})}
        scripts = "".join(path.read_text() for path in (ROOT / "ci" / "github").glob("*.py"))
        read = set(re.findall(r'(?:setting|lines|is_on)\(["\']([A-Z0-9_]+)["\']\)', scripts))
        self.assertEqual(read, given - {"ROLECALL"})

    def test_gitlab(self):
        """The schema of GitLab, and the scripts by shellcheck."""
        file = CI / "gitlab" / ".gitlab-ci.yml"
        transform = ["--data-transform", "gitlab-ci"]
        self.assertEqual(checked("check-jsonschema", "--builtin-schema", "vendor.gitlab-ci", *transform, file), "")
        jobs = {name: job for name, job in load(file).items() if isinstance(job, dict) and "script" in job}
        self.assertEqual(set(jobs), {"plan", "note", "apply", "drift"})
        for name, job in jobs.items():
            with self.subTest(job=name), tempfile.NamedTemporaryFile("w", suffix=".sh") as script:
                script.write("#!/bin/sh\n" + "\n".join(job["script"]) + "\n")
                script.flush()
                self.assertEqual(checked("shellcheck", script.name), "")

    def test_atlantis(self):
        """What Atlantis' documentation names, and the commands by shellcheck."""
        for name, schema in (("repos", ATLANTIS_SERVER), ("atlantis", ATLANTIS_REPOSITORY)):
            document = yaml.safe_load((CI / "atlantis" / f"{name}.yaml").read_text())
            self.assertEqual([error.message for error in Draft202012Validator(schema).iter_errors(document)], [])
        server = yaml.safe_load((CI / "atlantis" / "repos.yaml").read_text())
        self.assertEqual({repo["workflow"] for repo in server["repos"]}, set(server["workflows"]))
        for stage in server["workflows"]["rolecall"].values():
            for step in stage["steps"]:
                with tempfile.NamedTemporaryFile("w", suffix=".sh") as script:
                    script.write("#!/bin/sh\n" + step["run"]["command"] + "\n")
                    script.flush()
                    self.assertEqual(checked("shellcheck", script.name), "")

    def test_kubernetes(self):
        """Kubernetes' own schemas, strictly; the pod is as its namespace demands; the file in it is one of ours."""
        file = CI / "kubernetes" / "cronjob.yaml"
        self.assertEqual(checked("kubernetes-validate", "--strict", file), "")
        documents = {document["kind"]: document for document in yaml.safe_load_all(file.read_text())}
        self.assertEqual(documents["CronJob"]["spec"]["concurrencyPolicy"], "Forbid")
        pod = documents["CronJob"]["spec"]["jobTemplate"]["spec"]["template"]["spec"]
        self.assertTrue(pod["securityContext"]["runAsNonRoot"])
        for container in pod["containers"]:
            self.assertTrue(container["securityContext"]["readOnlyRootFilesystem"])
            self.assertEqual(container["securityContext"]["capabilities"], {"drop": ["ALL"]})
            self.assertFalse(container["securityContext"]["allowPrivilegeEscalation"])
        self.assertFalse(pod["automountServiceAccountToken"])
        with tempfile.TemporaryDirectory() as directory:
            path = Path(directory, "rolecall.yaml")
            path.write_text(documents["ConfigMap"]["data"]["rolecall.yaml"])
            self.assertIn("The configuration is valid", rolecall("validate", "-f", str(path)))

    def test_systemd(self):
        """systemd reads the units, and rates the service's exposure below 2 of 10."""
        if not shutil.which("systemd-analyze"):
            self.skipTest("systemd-analyze is not on this machine")
        with tempfile.TemporaryDirectory() as directory:
            units = []
            for file in (CI / "systemd").glob("rolecall-drift.*"):
                unit = Path(directory, file.name)
                unit.write_text(file.read_text().replace("/usr/local/bin/rolecall", str(Path(os.environ["ROLECALL"]).resolve())))
                units.append(unit)
            self.assertEqual(len(units), 2)
            done = subprocess.run(["systemd-analyze", "verify", *units], capture_output=True, text=True, timeout=60, check=False)
            said = [line for line in done.stderr.splitlines() if "rolecall-drift" in line]
            self.assertEqual((done.returncode, said), (0, []))
            service = next(unit for unit in units if unit.suffix == ".service")
            rated = ["systemd-analyze", "security", "--offline=yes", "--threshold=20", "--no-pager", service]
            self.assertEqual(checked(*rated), "")

    def test_the_container_file(self):
        """Not built here: that takes base images. Its instructions, what it copies, and as whom it runs."""
        text = (CI / "container" / "Containerfile").read_text().replace("\\\n", " ")
        instructions = [line.split(maxsplit=1) for line in text.splitlines() if line and not line.startswith("#")]
        known = {"ARG", "FROM", "WORKDIR", "COPY", "RUN", "USER", "ENTRYPOINT"}
        self.assertLessEqual({name for name, _ in instructions}, known)
        stages = [rest.split()[-1] for name, rest in instructions if name == "FROM"]
        self.assertEqual(stages, ["build", "ci", "program"])
        copied = [rest.split() for name, rest in instructions if name == "COPY"]
        for words in copied:
            if words[0].startswith("--from="):
                self.assertEqual(words[0], "--from=build")
            else:
                for source in words[:-1]:
                    self.assertTrue((ROOT / source).exists(), source)
        needed = {Path(member).parts[0] for member in re.findall(r'"([\w/]+)"', re.search(
            r"^members = \[(.*?)\]", (ROOT / "Cargo.toml").read_text(), re.M | re.S)[1])}
        self.assertLessEqual(needed | {"Cargo.toml", "Cargo.lock"}, {word for words in copied for word in words})
        for stage in text.split("FROM ")[2:]:
            self.assertRegex(stage, r"\nUSER 65532:65532\n")

    def test_the_policies_in_the_templates_are_those_that_are_printed(self):
        """Above each stands the command that prints it. BLESS=1 writes them anew."""
        commands = []
        for file in TEMPLATES:
            parts = re.split(r"(^ *# rolecall iam-policy .*\n *PolicyDocument:\n)((?: {12}.*\n)+)", file.read_text(), flags=re.M)
            for number in range(1, len(parts), 3):
                words = parts[number].split("\n")[0].split()[2:]
                commands.append(" ".join(words[1:]))
                printed = as_yaml(json.loads(rolecall(*words)))
                if "BLESS" in os.environ:
                    parts[number + 1] = printed
                self.assertEqual(parts[number + 1], printed, f"{file.name}: {' '.join(words)}")
            if "BLESS" in os.environ:
                file.write_text("".join(parts))
            resources = yaml.load(file.read_text(), Cloudformation)["Resources"].values()
            roles = [resource for resource in resources if resource["Type"] == "AWS::IAM::Role"]
            self.assertEqual(len(roles), (len(parts) - 1) // 3, file.name)
        caller = ["--for drift --member-role rolecall-member-read", "--for apply --member-role rolecall-member"]
        self.assertEqual(commands, [*caller, *caller, "--for drift --part member", "--for apply --part member"])

    def test_the_templates_satisfy_the_linter(self):
        """No error and no warning of cfn-lint."""
        self.assertEqual(len(TEMPLATES), 3)
        for file in TEMPLATES:
            found = [f"{match.rule.id} {match.message}" for match in cfnlint.lint_all(file.read_text())]
            self.assertEqual([text for text in found if not text.startswith("I")], [], file.name)


if __name__ == "__main__":
    if "ROLECALL" not in os.environ:
        sys.exit(__doc__)
    unittest.main(verbosity=2)
