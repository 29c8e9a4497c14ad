"""What each mode of the action runs, and what became of it."""

import json
from dataclasses import asdict, dataclass

import annotations
import artifacts
import program
from api import Api
from runner import Event, Failure, is_on, lines, output, setting, workspace

# Which result means success is for the workflow to say; these are errors anyhow.
BAD = ("failed", "stale", "missing", "unfinished")
# What Rolecall says when a saved plan is not what would be done now.
STALE = ("Saved plan is stale", "the saved plan was not made from what the files say now")
MODES = ("plan", "apply", "drift", "preview")


@dataclass
class State:
    """What steps tell each other, kept in a file between them."""

    result: str = ""
    """Empty until it is known: clean, changes, drift, unknown, applied, or one of BAD."""
    exit_code: int | None = None
    said: str = ""
    """The end of what Rolecall said on standard error, or why it was not run."""
    number: int | None = None
    """The pull request that it is about."""
    commit: str = ""

    @staticmethod
    def path():
        """The file."""
        return workspace() / "state.json"

    @classmethod
    def read(cls):
        """What the steps before wrote."""
        return cls(**json.loads(cls.path().read_text(encoding="utf-8")))

    def write(self):
        """Keeps it for the steps after, and for the workflow."""
        self.path().write_text(json.dumps(asdict(self)), encoding="utf-8")
        if self.result:
            output(result=self.result, exit_code="" if self.exit_code is None else self.exit_code)


def mode():
    """The input of that name."""
    given = setting("MODE")
    if given not in MODES:
        raise Failure(f"the input mode is one of {', '.join(MODES)}, not `{given}`")
    return given


def admit(event):
    """Refuses events that a mode must not run on, before anything else is done."""
    if event.name in ("pull_request_target", "workflow_run"):
        raise Failure(f"{event.name} runs with this repository's secrets for somebody else's change: use pull_request")
    match mode():
        case "plan" if event.pull_request and event.pull_request.is_from_fork:
            raise Failure("nothing from a fork runs with credentials: use mode `preview` for it, see docs/ci.md")
        case "apply" if event.name not in ("push", "workflow_dispatch"):
            raise Failure(f"mode `apply` runs on push and workflow_dispatch, not on {event.name}")
        case "drift" if event.pull_request:
            raise Failure("mode `drift` runs on schedule, workflow_dispatch or push, not on a pull request")
        case "preview" if not event.pull_request:
            raise Failure(f"mode `preview` runs on pull_request, not on {event.name}")


def fetch(event):
    """Fetches what other runs left for this one. The only step beside `tell` that has the token."""
    for old in workspace().iterdir():
        old.unlink()
    state = State(commit=event.planned_commit, number=event.pull_request.number if event.pull_request else None)
    name = setting("NAME")
    try:
        if mode() == "apply":
            api = Api(event.repository)
            if event.name == "push":
                merged = artifacts.merged_pull_request(api, event)
                state.number, state.commit = merged["number"], merged["head"]["sha"]
            artifacts.saved_plan(api, event, f"{name}-plan-{state.commit}", state.commit, workspace() / "plan.json")
        elif mode() == "preview":
            artifacts.published_snapshot(Api(event.repository), event, f"{name}-snapshot", workspace() / "snapshot.json")
    except artifacts.Missing as error:
        state.result, state.said = "missing", str(error)
    state.write()


def run():
    """Runs Rolecall."""
    state = State.read()
    if not state.result:
        {"plan": plan, "apply": apply, "drift": drift, "preview": preview}[mode()](state)
    state.write()


def plan(state):
    """Checks the files, then plans and saves the plan."""
    if not valid(state):
        return
    saved = workspace() / "plan.json"
    ended(state, {0: "clean", 2: "changes", 3: "unknown"}, "plan", *files(), *reading(), "--detailed-exitcode", "--out", saved)
    if state.result not in BAD:
        output(plan=saved, artifact=f"{setting('NAME')}-plan-{state.commit}")


def preview(state):
    """Checks the files and plans from a snapshot, in an environment without anything of AWS."""
    if not valid(state):
        return
    snapshot = workspace() / "snapshot.json"
    results = {0: "clean", 2: "changes", 3: "unknown"}
    words = ("plan", *files(), "--detailed-exitcode", "--observed", snapshot)
    ended(state, results, *words, without=program.OF_AWS)


def apply(state):
    """Applies the saved plan, if it is what the files here say and AWS did not change since."""
    ended(state, {0: "applied"}, "apply", workspace() / "plan.json", *files())
    if state.result == "failed" and any(words in state.said for words in STALE):
        state.result = "stale"


def drift(state):
    """Looks for drift, and keeps the organization in a snapshot where that is asked for."""
    ended(state, {0: "clean", 2: "drift", 3: "unknown"}, "drift", *files(), *reading())
    if state.result not in BAD and is_on("SNAPSHOT"):
        snapshot = workspace() / "snapshot.json"
        code, said = program.run("snapshot", *files(), *reading(), "--out", snapshot)
        if code != 0:
            state.result, state.exit_code, state.said = "unfinished", code, said
            return
        output(snapshot=snapshot)


def valid(state):
    """Whether the files are right; what is not is shown at its line."""
    sarif = workspace() / "validate.sarif"
    code, said = program.run("validate", *files(), "--output", f"sarif={sarif}", without=program.OF_AWS)
    if sarif.exists():
        annotations.show(sarif, setting("WORKING_DIRECTORY") or ".")
        output(sarif=sarif)
    if code != 0:
        state.result, state.exit_code, state.said = "failed", code, said
    return code == 0


def ended(state, results, *words, without=()):
    """Runs a command with its report, and says what its exit code means."""
    reports = [word for kind, name in REPORTS.items() for word in ("--output", f"{kind}={workspace() / name}")]
    code, said = program.run(*words, *reports, *lines("ARGUMENTS"), without=without)
    state.exit_code, state.said, state.result = code, said, results.get(code, "failed")
    output(report=workspace() / REPORTS["markdown"], json=workspace() / REPORTS["json"])


REPORTS = {"markdown": "report.md", "json": "report.json"}


def files():
    """The configuration files, as options."""
    return [word for file in lines("FILE") for word in ("-f", file)]


def reading():
    """How accounts are read where nothing is written."""
    role = setting("MEMBER_ROLE")
    return ["--member-role", role] if role else []


def current_event():
    """The event, once the mode was found to fit it."""
    event = Event.read()
    admit(event)
    return event
