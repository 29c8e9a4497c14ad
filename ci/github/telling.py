"""One comment on a pull request, and one issue for drift, each found again by a hidden marker."""

from api import Api, is_ours, until_known

# GitHub's largest body of a comment or an issue, in characters.
LARGEST = 65_536
LABEL = "rolecall-drift"


def marker(purpose, name):
    """The hidden first line of what is told, by which it is found again."""
    return f"<!-- rolecall-action:{purpose}:{name} -->"


def body(mark, report, footer):
    """What is told, never longer than GitHub takes. The report keeps to that by itself and counts what it leaves out."""
    text = f"{mark}\n{report.strip()}\n\n{footer}\n"
    if len(text) <= LARGEST:
        return text
    notice = "\n\n**Cut here: it is too long for a comment. The whole is on the page of the run.**\n\n"
    return f"{mark}\n{report.strip()[: LARGEST - len(mark) - len(notice) - len(footer) - 2]}{notice}{footer}\n"


def comment(api: Api, number, mark, text):
    """Writes a comment, or edits the one that is there."""

    def write():
        there = _first(api.pages(f"issues/{number}/comments"), mark)
        if there is None:
            return api.send("POST", f"issues/{number}/comments", body=text)
        return api.send("PATCH", f"issues/comments/{there['id']}", body=text)

    return until_known(write)["html_url"]


def open_issue(api: Api, mark, title, text, news):
    """Opens the issue, or edits the open one; `news` is said in it where its text changes beyond the last line."""
    there = until_known(lambda: _issue(api, mark))
    if there is None:
        # Looked for again each time: a request may have been done although its answer was lost.
        def create():
            return _issue(api, mark) or api.send("POST", "issues", title=title, body=text, labels=[LABEL])

        return until_known(create)["html_url"]
    if there["title"] != title or there["body"] != text:
        until_known(lambda: api.send("PATCH", f"issues/{there['number']}", title=title, body=text))
    if _report(there["body"]) != _report(text):
        _say(api, there["number"], news)
    return there["html_url"]


def close_issue(api: Api, mark, news):
    """Closes the issue where one is open."""
    there = until_known(lambda: _issue(api, mark))
    if there is None:
        return None
    _say(api, there["number"], news)
    until_known(lambda: api.send("PATCH", f"issues/{there['number']}", state="closed", state_reason="completed"))
    return there["html_url"]


def _say(api, number, news):
    """Adds a comment, once: what is said names the run."""

    def write():
        said = api.pages(f"issues/{number}/comments")
        if not any(is_ours(entry["user"]) and entry["body"] == news for entry in said):
            api.send("POST", f"issues/{number}/comments", body=news)

    until_known(write)


def _issue(api, mark):
    """The oldest open issue of ours. Pull requests are in the list too."""
    issues = api.pages("issues", state="open", labels=LABEL, sort="created", direction="asc")
    return _first((issue for issue in issues if "pull_request" not in issue), mark)


def _first(entries, mark):
    begins = (entry for entry in entries if (entry["body"] or "").startswith(mark) and is_ours(entry["user"]))
    return next(begins, None)


def _report(text):
    """A text without its footer, which names the run."""
    return (text or "").replace("\r\n", "\n").rstrip().rpartition("\n")[0]
