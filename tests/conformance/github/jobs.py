"""Runs the jobs of a workflow as a GitHub runner does, with the very steps of `action.yml`.

Steps with `run` are run by bash. Of actions of others, what ours depends on is stood in for: the checkout, the exchange of
the job's identity for credentials of AWS, artifacts and the cache. Any other is refused, and so is one that is not pinned to a commit.
"""

import json
import os
import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import yaml
from expressions import condition, fill, shown

ROOT = Path(__file__).resolve().parents[3]
OURS = "rolecall/rolecall"
PINNED = re.compile(r"[\w.-]+/[\w./-]+@[0-9a-f]{40}")


class Yaml(yaml.SafeLoader):
    """YAML as GitHub reads it: `on` is a text."""


Yaml.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:bool"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
Yaml.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile("^(?:true|false)$"), list("tf"))


def load(path):
    """A YAML file."""
    return yaml.load(Path(path).read_text(encoding="utf-8"), Yaml)


@dataclass
class Run:
    """A run of a workflow: what set it off, and what it is made on."""

    event_name: str
    event: dict
    sha: str
    ref: str
    head_branch: str
    tree: Path
    """What a checkout gives."""
    fork_tree: Path | None = None

    @property
    def is_from_fork(self):
        """Whether a stranger's branch set it off, for which GitHub cuts the token down."""
        pull = self.event.get("pull_request")
        return bool(pull) and pull["head"]["repo"]["id"] != self.event["repository"]["id"]

    @property
    def head_sha(self):
        """The commit that GitHub notes for the run."""
        return self.event["pull_request"]["head"]["sha"] if "pull_request" in self.event else self.sha


@dataclass
class Done:
    """What became of a job."""

    conclusion: str
    log: str = ""
    summary: str = ""
    outputs: dict = field(default_factory=dict)
    annotations: list = field(default_factory=list)
    assumed: list = field(default_factory=list)
    """The roles that the job got credentials of."""


class Runner:
    """Runs workflows against a stand-in of GitHub."""

    def __init__(self, github, rolecall, assume, variables=None, environment=None):
        """`assume(role, subject)` exchanges an identity for variables with credentials, or raises PermissionError."""
        self.github, self.rolecall, self.assume = github, rolecall, assume
        self.variables, self.environment = variables or {}, environment or {}
        self.runs = 0

    def workflow(self, path, run):
        """Runs all jobs of a workflow, and gives what became of each by name; nothing when the event does not set it off."""
        document = load(path)
        self.runs += 1
        if not sets_off(document["on"], run):
            return {}
        done = {}
        for name, job in document["jobs"].items():
            needs = job.get("needs", [])
            needs = [needs] if isinstance(needs, str) else needs
            ready = all(done[need].conclusion == "success" for need in needs)
            done[name] = Job(self, document, job, run, {need: done[need] for need in needs}).run(ready)
        return done


def sets_off(on, run):
    """Whether an event sets a workflow off."""
    on = {on: None} if isinstance(on, str) else dict.fromkeys(on) if isinstance(on, list) else on
    if run.event_name not in on:
        return False
    branches = (on[run.event_name] or {}).get("branches") if isinstance(on[run.event_name], dict) else None
    base = run.event["pull_request"]["base"]["ref"] if "pull_request" in run.event else run.ref.removeprefix("refs/heads/")
    return branches is None or base in branches


class Job:
    """One job of a workflow."""

    def __init__(self, runner, document, job, run, needs):
        self.runner, self.job, self.run_of = runner, job, run
        granted = job.get("permissions", document.get("permissions"))
        if not isinstance(granted, dict):
            raise AssertionError("a workflow of ours names its permissions one by one")
        if run.is_from_fork:
            # What GitHub does with the token of a fork's pull request.
            granted = {scope: "read" for scope in granted if scope != "id-token"}
        self.granted = granted
        self.home = Path(tempfile.mkdtemp(prefix="job-"))
        self.done, self.env, self.succeeded = Done("skipped"), {}, True
        token = runner.github.token(granted)
        self.github = {
            "token": token,
            "event": run.event,
            "event_name": run.event_name,
            "repository": runner.github.repository,
            "ref": run.ref,
            "sha": run.sha,
            "run_id": runner.runs,
            "workspace": str(self.home / "workspace"),
        }
        self.contexts = {
            "github": self.github,
            "vars": runner.variables,
            "secrets": {},
            "env": self.env,
            "runner": {"os": "Linux", "temp": str(self.home / "temp")},
            "needs": {name: {"result": need.conclusion, "outputs": need.outputs} for name, need in needs.items()},
        }

    def run(self, ready):
        """Runs it to its end."""
        try:
            for directory in ("workspace", "temp", "tools", "files"):
                (self.home / directory).mkdir()
            if condition(self.job.get("if"), self.contexts, ready):
                outputs = self.steps(self.job["steps"], self.contexts, {})
                self.done.outputs = {
                    name: shown(fill(text, self.contexts | {"steps": outputs}))
                    for name, text in self.job.get("outputs", {}).items()
                }
                self.done.conclusion = "success" if self.succeeded else "failure"
            return self.done
        finally:
            shutil.rmtree(self.home)

    def steps(self, steps, contexts, given):
        """Runs steps in order, and gives the outputs of those that have an id."""
        outputs = {}
        for number, step in enumerate(steps):
            here = contexts | {"steps": outputs}
            if not condition(step.get("if"), here, self.succeeded):
                outputs[step.get("id", f"_{number}")] = {"outputs": {}, "outcome": "skipped"}
                continue
            env = given | {name: shown(fill(value, here)) for name, value in step.get("env", {}).items()}
            try:
                result, outcome = (self.use if "uses" in step else self.script)(step, here, env), "success"
            except StepFailed as failed:
                result, outcome = failed.outputs, "failure"
                self.succeeded = self.succeeded and bool(step.get("continue-on-error"))
            outputs[step.get("id", f"_{number}")] = {"outputs": result, "outcome": outcome}
        return outputs

    def use(self, step, contexts, env):
        """A step that is an action."""
        name, _, _ = step["uses"].partition("@")
        inputs = {key: shown(fill(value, contexts)) for key, value in step.get("with", {}).items()}
        if name == OURS:
            return self.ours(inputs, contexts, env)
        if not PINNED.fullmatch(step["uses"]):
            raise AssertionError(f"{step['uses']} is not pinned to a commit")
        acts = {
            "actions/checkout": self.checkout,
            "aws-actions/configure-aws-credentials": self.credentials,
            "actions/upload-artifact": self.upload,
            "actions/cache": lambda _: {"cache-hit": ""},
        }
        if name not in acts:
            raise AssertionError(f"{name} is not stood in for")
        return acts[name](inputs)

    def ours(self, inputs, contexts, env):
        """The composite action at the top of this repository."""
        action = load(ROOT / "action.yml")
        unknown = set(inputs) - set(action["inputs"])
        if unknown:
            raise AssertionError(f"unknown inputs: {unknown}")
        defaults = {key: shown(fill(said.get("default", ""), contexts)) for key, said in action["inputs"].items()}
        filled = defaults | {"program": self.runner.rolecall} | inputs
        inside = contexts | {"inputs": filled, "github": self.github | {"action_path": str(ROOT)}}
        outputs = self.steps(action["runs"]["steps"], inside, env | {"GITHUB_ACTION_PATH": str(ROOT)})
        told = {key: shown(fill(said["value"], inside | {"steps": outputs})) for key, said in action["outputs"].items()}
        if not self.succeeded:
            raise StepFailed(told)
        return told

    def checkout(self, inputs):
        """actions/checkout."""
        source = self.run_of.tree
        if inputs.get("persist-credentials") != "false":
            raise AssertionError("a checkout of ours leaves no token behind")
        shutil.copytree(source, Path(self.github["workspace"]) / inputs.get("path", "."), dirs_exist_ok=True)
        return {}

    def credentials(self, inputs):
        """aws-actions/configure-aws-credentials: the identity of the job for a session of a role."""
        if self.granted.get("id-token") != "write":
            raise StepFailed({}, "Credentials could not be loaded: the job has no id-token")
        event, repository = self.run_of, self.runner.github.repository
        place = self.job.get("environment")
        place = place["name"] if isinstance(place, dict) else place
        branch = "pull_request" if event.event_name == "pull_request" else f"ref:{event.ref}"
        context = f"environment:{place}" if place else branch
        try:
            session = self.runner.assume(inputs["role-to-assume"], f"repo:{repository}:{context}")
        except PermissionError as error:
            self.done.log += f"{error}\n"
            raise StepFailed({}) from error
        self.done.assumed.append(inputs["role-to-assume"])
        self.env.update(session | {"AWS_REGION": inputs["aws-region"]})
        return {}

    def upload(self, inputs):
        """actions/upload-artifact."""
        path, event = Path(inputs["path"]), self.run_of
        source = event.event["pull_request"]["head"]["repo"]["id"] if "pull_request" in event.event else None
        repository = self.runner.github.repository_id
        run = {
            "id": self.runner.runs,
            "repository_id": repository,
            "head_repository_id": source or repository,
            "head_branch": event.head_branch,
            "head_sha": event.head_sha,
        }
        self.runner.github.upload(inputs["name"], {path.name: path.read_bytes()}, run)
        return {}

    def script(self, step, contexts, env):
        """A step that is a script."""
        if "${{" in step["run"]:
            raise AssertionError(f"an expression in a script, where a value could become code: {step['run']}")
        files = {name: self.home / "files" / name for name in ("OUTPUT", "STEP_SUMMARY", "ENV", "PATH")}
        for file in files.values():
            file.write_text("")
        event = self.home / "files" / "event.json"
        event.write_text(json.dumps(self.run_of.event))
        variables = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.home),
            "LANG": "C.UTF-8",
            "CI": "true",
            "GITHUB_ACTIONS": "true",
            "GITHUB_API_URL": self.runner.github.url,
            "GITHUB_SERVER_URL": self.runner.github.url,
            "GITHUB_REPOSITORY": self.github["repository"],
            "GITHUB_REPOSITORY_ID": str(self.runner.github.repository_id),
            "GITHUB_EVENT_NAME": self.github["event_name"],
            "GITHUB_EVENT_PATH": str(event),
            "GITHUB_SHA": self.github["sha"],
            "GITHUB_REF": self.github["ref"],
            "GITHUB_RUN_ID": str(self.github["run_id"]),
            "GITHUB_WORKSPACE": self.github["workspace"],
            "RUNNER_TEMP": str(self.home / "temp"),
            "RUNNER_TOOL_CACHE": str(self.home / "tools"),
            # What a job with an identity is given, which nothing may pass on.
            "ACTIONS_RUNTIME_TOKEN": "runtime-token",
            "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "id-token-request",
        }
        variables |= {f"GITHUB_{name}": str(file) for name, file in files.items()}
        variables |= self.runner.environment | self.env | env
        script = self.home / "files" / "script.sh"
        script.write_text(step["run"])
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(script)],
            cwd=self.github["workspace"], env=variables, capture_output=True, text=True, timeout=300, check=False,
        )
        self.done.log += done.stdout + done.stderr
        self.done.summary += files["STEP_SUMMARY"].read_text()
        self.done.annotations += annotations(done.stdout)
        outputs = written(files["OUTPUT"].read_text())
        if done.returncode != 0:
            raise StepFailed(outputs)
        return outputs


class StepFailed(Exception):
    """A step that did not succeed, and the outputs that it gave before."""

    def __init__(self, outputs, message=""):
        super().__init__(message)
        self.outputs = outputs


def written(text):
    """The outputs in a file of outputs."""
    values, lines = {}, iter(text.splitlines())
    for line in lines:
        name, _, end = line.partition("<<")
        value = []
        for line in lines:
            if line == end:
                break
            value.append(line)
        values[name] = "\n".join(value)
    return values


def annotations(log):
    """The annotations in a log, without what was said while commands were stopped."""
    found, stopped = [], None
    for line in log.splitlines():
        if stopped:
            stopped = None if line == f"::{stopped}::" else stopped
        elif line.startswith("::stop-commands::"):
            stopped = line.removeprefix("::stop-commands::")
        elif command := re.fullmatch(r"::(error|warning|notice)([^:]*)::(.*)", line):
            found.append(command.groups())
    return found
