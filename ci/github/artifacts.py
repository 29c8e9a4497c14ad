"""Files that another run of this repository left: a saved plan, a snapshot."""

import tempfile
import time
import zipfile

from api import Api
from runner import Failure

# A plan of 10,000 accounts is some 50 MB.
LARGEST = 1 << 30
# GitHub knows the pull request of a push some moments after it.
LOOKS, PAUSE = 4, 3


class Missing(Exception):
    """There is no such file, and why."""


def merged_pull_request(api, event):
    """The pull request whose merge this push is.

    Raises Missing when the push is none."""
    for look in range(LOOKS):
        if look:
            time.sleep(PAUSE)
        for found in api.pages(f"commits/{event.commit}/pulls"):
            if found.get("merged_at") and found.get("merge_commit_sha") == event.commit:
                return found
    raise Missing(
        f"The commit {event.commit[:12]} is not the merge of a pull request, so no plan of it was reviewed. "
        "Plan and apply it by a run of the workflow by hand (`workflow_dispatch`)."
    )


def saved_plan(api: Api, event, name, commit, path):
    """Fetches the plan that was saved for a commit."""
    found = _newest(api, event, name, lambda run: run.get("head_sha") == commit)
    if not found:
        raise Missing(
            f"There is no saved plan of the commit {commit[:12]}: its plan failed, it came from a fork, or the plan is older "
            "than artifacts are kept. Plan and apply by a run of the workflow by hand (`workflow_dispatch`)."
        )
    _fetch(api, found, "plan.json", path)


def published_snapshot(api: Api, event, name, path):
    """Fetches the newest snapshot that a run on the default branch published."""
    found = _newest(api, event, name, lambda run: run.get("head_branch") == event.default_branch)
    if not found:
        raise Missing("No snapshot is published: the nightly drift run does that with `snapshot: true`.")
    _fetch(api, found, "snapshot.json", path)


def _newest(api, event, name, is_wanted):
    """The newest artifact of a name that a run of this repository's own branches made.

    Everybody can have an artifact of any name uploaded by a pull request from a fork, whose workflow is the fork's."""
    found = []
    for artifact in api.pages("actions/artifacts", key="artifacts", name=name):
        run = artifact.get("workflow_run") or {}
        own = run.get("repository_id") == run.get("head_repository_id") == event.repository_id
        if own and not artifact.get("expired") and is_wanted(run):
            found.append(artifact)
    return max(found, key=lambda artifact: (artifact["created_at"], artifact["id"]), default=None)


def _fetch(api, artifact, member, path):
    with tempfile.NamedTemporaryFile() as archive:
        api.download(artifact["archive_download_url"], archive.name, LARGEST)
        try:
            with zipfile.ZipFile(archive.name) as members:
                if members.getinfo(member).file_size > LARGEST:
                    raise Failure(f"{member} in the artifact {artifact['name']} is larger than {LARGEST} bytes")
                path.write_bytes(members.read(member))
        except (KeyError, zipfile.BadZipFile) as error:
            raise Failure(f"the artifact {artifact['name']} has no {member}: {error}") from error
