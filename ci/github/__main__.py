"""The steps of action.yml: `python3 -IB ci/github STEP`. Needs Python 3.10 or newer and nothing beside it."""

import sys

import modes
import program
import telling
from api import Api, ServerTrouble
from runner import Failure, fail, fenced, run_page, setting, summary, workspace

# Of a report in text, in characters: a comment takes 65,536.
HEADINGS = {
    ("plan", "failed"): "Rolecall could not plan",
    ("preview", "failed"): "Rolecall could not plan",
    ("preview", "missing"): "There is no snapshot to preview from",
    ("apply", "stale"): "Not applied: the saved plan is stale",
    ("apply", "missing"): "Not applied: there is no saved plan",
    ("apply", "failed"): "Rolecall could not apply all of it",
    ("drift", "failed"): "Rolecall could not look for drift",
    ("drift", "unfinished"): "Rolecall could not keep a snapshot",
}
ADVICE = {
    "stale": "AWS changed after the plan was made, or the files on this branch are not those that were planned. Nothing was "
    "applied, and nothing is planned anew without a review: open a pull request, or run the workflow by hand.",
}


def tell():
    """Tells the result where people look for it."""
    event, state, mode = modes.current_event(), modes.State.read(), modes.mode()
    text, footer = report(mode, state), f"<sub>Commit {state.commit[:12]}, [run]({run_page()})</sub>"
    if mode == "preview":
        text += "\n\nMade from the published snapshot, without credentials."
    summary(f"{text}\n\n{footer}")
    mark = telling.marker(mode, setting("NAME"))
    if mode in ("plan", "apply") and state.number is not None:
        api = Api(event.repository)
        print(telling.comment(api, state.number, mark, telling.body(mark, text, footer)))
    elif mode == "drift":
        tell_issue(Api(event.repository), mark, state, text, footer)


def tell_issue(api, mark, state, text, footer):
    """Keeps the one issue: open while something drifted or is unknown, closed when all was read and nothing drifted."""
    name = setting("NAME")
    page = run_page()
    match state.result:
        case "clean":
            place = telling.close_issue(api, mark, f"No drift any more, and every account was read: {page}")
        case "drift" | "unknown":
            what = "Drift of IAM roles" if state.result == "drift" else "Accounts that could not be checked for drift"
            body = telling.body(mark, text, footer)
            place = telling.open_issue(api, mark, f"{what} ({name})", body, f"This changed: {page}")
        case _:
            # Whether there is drift is not known, so an open issue stays as it is; the failing job says the rest.
            place = None
    if place:
        print(place)


def report(mode, state):
    """Rolecall's own report as Markdown, with what went wrong above it."""
    text = written() if state.exit_code is not None else ""
    heading = HEADINGS.get((mode, state.result))
    if not heading:
        return text
    above = [f"### {heading}", ADVICE.get(state.result, ""), state.said if state.result == "missing" else fenced(state.said)]
    return "\n\n".join(part for part in [*above, text] if part)


def written():
    """What Rolecall wrote, if it came to write."""
    markdown = workspace() / modes.REPORTS["markdown"]
    return markdown.read_text(encoding="utf-8") if markdown.exists() else ""


def conclude():
    """Ends the job as the result is."""
    state, mode = modes.State.read(), modes.mode()
    print(f"{mode}: {state.result}")
    if state.result in modes.BAD:
        fail(f"{HEADINGS.get((mode, state.result), state.result)}: see the summary and the log")


STEPS = {
    "find": lambda: (modes.current_event(), program.find()),
    "build": program.build,
    "fetch": lambda: modes.fetch(modes.current_event()),
    "run": lambda: (modes.current_event(), modes.run()),
    "tell": tell,
    "conclude": conclude,
}

if __name__ == "__main__":
    try:
        STEPS[sys.argv[1]]()
    except (Failure, ServerTrouble) as error:
        fail(str(error))
