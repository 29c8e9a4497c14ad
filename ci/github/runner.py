"""What a job on a GitHub runner is given, and how it gives results back: inputs, the event, outputs, summary, annotations."""

import json
import os
import re
import secrets
import sys
from dataclasses import dataclass
from pathlib import Path

# Escape sequences of terminals, and control characters that Markdown and logs have no use for.
STEERING = re.compile(r"\x1b\[[0-9;]*[A-Za-z]|[\x00-\x08\x0b-\x1f\x7f]")


class Failure(Exception):
    """What ends the job, told to whoever reads its log."""


def setting(name):
    """An input of the action; empty when it is not given."""
    return os.environ.get(f"INPUT_{name}", "").strip()


def lines(name):
    """An input with a value on each line."""
    return [line.strip() for line in setting(name).splitlines() if line.strip()]


def is_on(name):
    """An input that is `true` or `false`."""
    value = setting(name)
    if value not in ("true", "false", ""):
        raise Failure(f"the input {name.lower().replace('_', '-')} is `true` or `false`, not `{value}`")
    return value == "true"


def variable(name):
    """A variable that every runner sets."""
    value = os.environ.get(name, "")
    if not value:
        raise Failure(f"{name} is not set: this runs on a GitHub runner, or one that is like it")
    return value


def workspace():
    """The directory of the action's own files in this job, apart for each `name`."""
    name = setting("NAME")
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", name):
        raise Failure("the input name is made of up to 64 letters, digits and `._-`")
    directory = Path(variable("RUNNER_TEMP")) / "rolecall" / name
    directory.mkdir(parents=True, exist_ok=True)
    return directory


def run_page():
    """The page of this run."""
    server, repository = variable("GITHUB_SERVER_URL"), variable("GITHUB_REPOSITORY")
    return f"{server}/{repository}/actions/runs/{variable('GITHUB_RUN_ID')}"


def output(**values):
    """Gives values to the steps that follow."""
    with open(variable("GITHUB_OUTPUT"), "a", encoding="utf-8") as file:
        for name, value in values.items():
            # A delimiter that nobody knows beforehand: a value cannot end itself and begin another output.
            end = secrets.token_hex(16)
            file.write(f"{name.replace('_', '-')}<<{end}\n{value}\n{end}\n")


def summary(text):
    """Adds Markdown to the page of the run."""
    # GitHub drops a step's summary that is larger than 1 MiB.
    shown = text.encode()[: 1 << 20].decode(errors="ignore")
    with open(variable("GITHUB_STEP_SUMMARY"), "a", encoding="utf-8") as file:
        file.write(shown + "\n")


def annotate(kind, message, **place):
    """Shows a message on the page of the run, and at a place in a file where one is given."""
    where = ",".join(f"{name}={_property(value)}" for name, value in place.items() if value is not None)
    print(f"::{kind}{' ' + where if where else ''}::{_data(message)}", flush=True)


def _data(text):
    return str(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text):
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def plain(text):
    """A text without anything that steers a terminal."""
    return STEERING.sub("", text)


def fenced(text):
    """A text as a block of code that nothing in it can end."""
    text = plain(text).strip("\n")
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}text\n{text}\n{fence}"


@dataclass(frozen=True)
class PullRequest:
    """A pull request as an event tells it."""

    number: int
    head: str
    """The commit that was proposed."""
    is_from_fork: bool


@dataclass(frozen=True)
class Event:
    """What set the workflow off."""

    name: str
    repository: str
    repository_id: int
    default_branch: str
    commit: str
    """The commit of the run; of a pull request, a merge that GitHub made for it."""
    pull_request: PullRequest | None

    @staticmethod
    def read():
        """Reads the file that the runner left."""
        told = json.loads(Path(variable("GITHUB_EVENT_PATH")).read_text(encoding="utf-8"))
        repository = told.get("repository") or {}
        proposed = told.get("pull_request")
        pull_request = None
        if proposed:
            # The head repository is missing once a fork was deleted.
            head = (proposed["head"].get("repo") or {}).get("id")
            number, commit = int(proposed["number"]), proposed["head"]["sha"]
            pull_request = PullRequest(number, commit, head != repository["id"])
        return Event(
            name=variable("GITHUB_EVENT_NAME"),
            repository=variable("GITHUB_REPOSITORY"),
            repository_id=int(repository.get("id", 0)) or int(variable("GITHUB_REPOSITORY_ID")),
            default_branch=repository.get("default_branch", "main"),
            commit=variable("GITHUB_SHA"),
            pull_request=pull_request,
        )

    @property
    def planned_commit(self):
        """The commit that a plan made by this run belongs to."""
        return self.pull_request.head if self.pull_request else self.commit


def fail(message):
    """Ends this step with a message."""
    annotate("error", message)
    sys.exit(1)
