"""The action's scripts alone: what they refuse, what they hand on and what they keep back, and how they get the program.

    python action.py
"""

import hashlib
import io
import json
import os
import subprocess
import sys
import tarfile
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / "github"))

from jobs import ROOT, annotations, written
from standin import GitHub

sys.path.insert(0, str(ROOT / "ci" / "github"))

import runner
import telling

EVENTS = ROOT / "tests" / "conformance" / "github" / "events"
# Tells what it was given, in place of Rolecall.
PROGRAM = """#!/bin/sh
env | sort > "$TOLD/env"
echo "$@" >> "$TOLD/words"
echo "::error::not a command"
echo "::add-mask::rolecall"
echo "it failed" >&2
printf '\\033[31m::error::neither ``` is this\\n' >&2
exit "${CODE:-1}"
"""


class Step:
    """One step of the action in a job of its own."""

    def __init__(self, event="pull_request", kind=None):
        self.directory = tempfile.TemporaryDirectory()
        self.home = Path(self.directory.name)
        for name in ("temp", "tools", "work", "bin", "told"):
            (self.home / name).mkdir()
        self.variables = {
            "PATH": f"{self.home / 'bin'}:{os.environ['PATH']}",
            "TOLD": str(self.home / "told"),
            "GITHUB_EVENT_PATH": str(EVENTS / f"{event}.json"),
            "GITHUB_EVENT_NAME": kind or ("pull_request" if event == "fork" else event),
            "GITHUB_REPOSITORY": "acme/aws-roles",
            "GITHUB_REPOSITORY_ID": "4711",
            "GITHUB_SHA": "c" * 40,
            "GITHUB_RUN_ID": "1",
            "GITHUB_API_URL": "http://127.0.0.1:9",
            "GITHUB_SERVER_URL": "http://127.0.0.1:9",
            "GITHUB_WORKSPACE": str(self.home / "work"),
            "GITHUB_OUTPUT": str(self.home / "output"),
            "GITHUB_STEP_SUMMARY": str(self.home / "summary"),
            "RUNNER_TEMP": str(self.home / "temp"),
            "RUNNER_TOOL_CACHE": str(self.home / "tools"),
            "INPUT_NAME": "rolecall",
            "INPUT_FILE": "rolecall.yaml",
            "INPUT_RELEASES": "rolecall/rolecall",
        }

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.directory.cleanup()

    def program(self, name="rolecall"):
        """A program that tells what it was given."""
        path = self.home / "bin" / name
        path.write_text(PROGRAM)
        path.chmod(0o755)
        return str(path)

    def run(self, step, **variables):
        """Runs a step. Gives its exit code, its log, and its outputs."""
        output = self.home / "output"
        output.write_text("")
        done = subprocess.run(
            [sys.executable, "-IB", str(ROOT / "ci" / "github"), step], cwd=self.home / "work",
            env=self.variables | variables, capture_output=True, text=True, timeout=60, check=False,
        )
        return done.returncode, done.stdout + done.stderr, written(output.read_text())

    def told(self, name):
        """What the program wrote down."""
        path = self.home / "told" / name
        return path.read_text() if path.exists() else ""


class Refusals(unittest.TestCase):
    """Before anything else is done."""

    def test_modes_are_run_on_the_events_that_they_are_for(self):
        """Each combination that is wrong, with the reason."""
        for mode, event, kind, reason in (
            ("plan", "fork", None, "nothing from a fork runs with credentials"),
            ("plan", "pull_request", "pull_request_target", "runs with this repository's secrets"),
            ("preview", "fork", "pull_request_target", "runs with this repository's secrets"),
            ("preview", "pull_request", "workflow_run", "runs with this repository's secrets"),
            ("apply", "pull_request", None, "runs on push and workflow_dispatch"),
            ("apply", "fork", None, "runs on push and workflow_dispatch"),
            ("apply", "schedule", None, "runs on push and workflow_dispatch"),
            ("drift", "pull_request", None, "not on a pull request"),
            ("preview", "push", None, "runs on pull_request"),
            ("destroy", "push", None, "is one of plan, apply, drift, preview"),
        ):
            for name in ("find", "fetch", "run"):
                with self.subTest(mode=mode, event=event, kind=kind, step=name), Step(event, kind) as step:
                    code, log, _ = step.run(name, INPUT_MODE=mode, INPUT_PROGRAM=step.program(), ROLECALL=step.program())
                    self.assertEqual(code, 1)
                    self.assertIn(reason, log)
                    self.assertEqual(step.told("words"), "")

    def test_a_pull_request_whose_fork_is_gone_is_one_from_a_fork(self):
        """GitHub then names no repository of its head."""
        with Step("fork") as step:
            event = json.loads((EVENTS / "fork.json").read_text())
            event["pull_request"]["head"]["repo"] = None
            path = step.home / "event.json"
            path.write_text(json.dumps(event))
            code, log, _ = step.run("find", INPUT_MODE="plan", GITHUB_EVENT_PATH=str(path))
            self.assertEqual(code, 1)
            self.assertIn("fork", log)

    def test_inputs_that_make_no_sense(self):
        """A name that would leave its directory, a truth value that is none."""
        with Step() as step:
            code, log, _ = step.run("fetch", INPUT_MODE="plan", INPUT_NAME="../x")
            self.assertEqual((code, "the input name is made of" in log), (1, True), log)
            code, log, _ = step.run("find", INPUT_MODE="plan", INPUT_PROGRAM="no-such-program")
            self.assertEqual((code, "which is not there" in log), (1, True), log)


class Secrets(unittest.TestCase):
    """What Rolecall is given, and what its output can do."""

    def ran(self, step, mode, **variables):
        """What became of running the program."""
        step.run("fetch", INPUT_MODE=mode, INPUT_GITHUB_TOKEN="secret-token")
        variables = {"INPUT_MODE": mode, "ROLECALL": step.program()} | variables
        return step.run("run", **variables)

    SECRETS = {
        "INPUT_GITHUB_TOKEN": "secret-token",
        "GITHUB_TOKEN": "secret-token",
        "GH_TOKEN": "secret-token",
        "ACTIONS_RUNTIME_TOKEN": "secret-runtime",
        "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "secret-identity",
    }

    def test_rolecall_gets_no_token_of_the_runner(self):
        """Neither that of GitHub nor that with which identities are asked for; nor a way to set variables of later steps."""
        with Step() as step:
            self.ran(step, "plan", CODE="0", AWS_SECRET_ACCESS_KEY="aws-secret", EXTERNAL_ID="wanted", **self.SECRETS)
            given = step.told("env")
            self.assertIn("EXTERNAL_ID=wanted", given)
            self.assertIn("AWS_SECRET_ACCESS_KEY=aws-secret", given)
            for text in ("secret-token", "secret-runtime", "secret-identity", "GITHUB_ENV", "GITHUB_OUTPUT"):
                self.assertNotIn(text, given)

    def test_what_needs_no_credentials_gets_none(self):
        """The files are checked without them."""
        with Step() as step:
            self.ran(step, "plan", AWS_SECRET_ACCESS_KEY="aws-secret", **self.SECRETS)
            self.assertIn("validate", step.told("words"))
            self.assertNotIn("AWS_", step.told("env"))

    def test_no_line_of_rolecalls_is_a_command_to_the_runner(self):
        """Names come from files and from AWS."""
        with Step() as step:
            code, log, outputs = self.ran(step, "plan")
            self.assertEqual((code, outputs["result"]), (0, "failed"))
            self.assertIn("::error::not a command", log)
            self.assertEqual([text for kind, _, text in annotations(log)], [])

    def test_what_rolecall_said_cannot_end_its_block_in_a_comment(self):
        """Nor steer a terminal."""
        with Step("workflow_dispatch") as step:
            self.ran(step, "plan")
            code, log, _ = step.run("tell", INPUT_MODE="plan")
            self.assertEqual(code, 0, log)
            summary = (step.home / "summary").read_text()
            self.assertIn("````text\nit failed\n::error::neither ``` is this\n````", summary)
            code, log, _ = step.run("conclude", INPUT_MODE="plan")
            self.assertEqual(code, 1)
            self.assertIn("::error::Rolecall could not plan", log)

    def test_values_cannot_begin_another_output_or_annotation(self):
        """Delimiters that nobody can know, and escapes."""
        with tempfile.NamedTemporaryFile("w+") as file:
            os.environ["GITHUB_OUTPUT"] = file.name
            runner.output(one="x\nEOF\ntwo=y", three="")
            self.assertEqual(written(Path(file.name).read_text()), {"one": "x\nEOF\ntwo=y", "three": ""})
        said = io.StringIO()
        before, sys.stdout = sys.stdout, said
        try:
            runner.annotate("error", "a%\n::warning::b", file="x,y:z")
        finally:
            sys.stdout = before
        self.assertEqual(said.getvalue(), "::error file=x%2Cy%3Az::a%25%0A::warning::b\n")

    def test_a_comment_is_never_longer_than_github_takes(self):
        """And says so when it is cut."""
        for length in (10, 65_000, 65_536, 70_000):
            text = telling.body("<!-- mark -->", "é" * length, "<sub>footer</sub>")
            self.assertLessEqual(len(text), 65_536)
            self.assertTrue(text.startswith("<!-- mark -->\né") and text.endswith("<sub>footer</sub>\n"))
            self.assertEqual("Cut here" in text, length > 65_400)


class Program(unittest.TestCase):
    """Where Rolecall comes from."""

    def test_a_release_is_held_to_its_digest(self):
        """That of the release, or that which the workflow names."""
        archive = io.BytesIO()
        with tarfile.open(fileobj=archive, mode="w:gz") as members:
            entry = tarfile.TarInfo("rolecall")
            entry.size = len(PROGRAM)
            members.addfile(entry, io.BytesIO(PROGRAM.encode()))
        content, github = archive.getvalue(), GitHub("rolecall/rolecall")
        machine = os.uname().machine
        name = f"rolecall-{machine}-unknown-linux-gnu.tar.gz"
        digest = hashlib.sha256(content).hexdigest()
        self.addCleanup(github.close)
        github.releases[f"v1/{name}"] = content
        for sums, given, good in (
            (f"{digest}  {name}\n", "", True), (f"{'0' * 64}  {name}\n", "", False), ("\n", "", False),
            (f"{'0' * 64}  {name}\n", digest, True), (f"{digest}  {name}\n", "0" * 64, False),
        ):
            github.releases["v1/SHA256SUMS"] = sums.encode()
            with self.subTest(sums=sums, given=given), Step() as step:
                code, log, outputs = step.run(
                    "find", INPUT_MODE="plan", INPUT_RELEASE="v1", INPUT_RELEASE_SHA256=given, GITHUB_SERVER_URL=github.url)
                self.assertEqual(code == 0, good, log)
                if good:
                    self.assertEqual(outputs["build"], "false")
                    self.assertEqual(Path(outputs["program"]).read_text(), PROGRAM)
                    self.assertTrue(os.access(outputs["program"], os.X_OK))

    def test_without_one_it_is_built_from_the_actions_own_source(self):
        """In the source's directory, where no configuration of the using repository counts, and without secrets."""
        with Step() as step:
            code, log, outputs = step.run("find", INPUT_MODE="plan")
            self.assertEqual((code, outputs["build"]), (0, "true"), log)
            self.assertRegex(outputs["digest"], "^[0-9a-f]{64}$")
            self.assertTrue(outputs["program"].startswith(outputs["directory"]))
            step.program("cargo")
            secrets = Secrets.SECRETS | {"AWS_SECRET_ACCESS_KEY": "aws-secret"}
            code, log, _ = step.run("build", CODE="0", **secrets)
            self.assertEqual(code, 0, log)
            self.assertIn(f"PWD={ROOT}", step.told("env"))
            self.assertNotIn("secret", step.told("env"))
            self.assertIn(f"install --locked --quiet --path crates/cli --root {outputs['directory']}", step.told("words"))
            code, log, _ = step.run("build", CODE="1")
            self.assertEqual((code, "could not be built" in log), (1, True))


if __name__ == "__main__":
    unittest.main(verbosity=2)
