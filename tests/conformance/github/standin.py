"""A stand-in of the part of GitHub's REST API that the action uses: pull requests, comments, issues, artifacts.

It keeps to what GitHub documents: pages and their `Link` header, the permissions of a job's token, redirects to a storage that
refuses the token, and bodies of at most 65,536 characters. Trouble is ordered: `github.trouble.append(...)`.
"""

import io
import json
import re
import threading
import time
import zipfile
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlencode, urlsplit

BOT = {"login": "github-actions[bot]", "type": "Bot"}
LARGEST = 65_536


@dataclass
class Trouble:
    """What happens to the next request that fits, once."""

    method: str
    path: str
    kind: str
    """`before`: 502 without effect; `after`: 502 although it took effect; `limit`: the rate limit; `reset`: no answer."""


@dataclass
class Token:
    """What a token may."""

    permissions: dict
    """As in a workflow: `{"issues": "write"}`. What is not named is not allowed."""
    user: dict = field(default_factory=lambda: BOT)

    def allows(self, *needed):
        """Whether one of `scope:level` is granted."""
        return any(
            self.permissions.get(scope) in ({"write"} if level == "write" else {"read", "write"})
            for scope, level in (need.split(":") for need in needed)
        )


class Refused(Exception):
    """An answer that is an error."""

    def __init__(self, code, message, **headers):
        super().__init__(message)
        self.code, self.message, self.headers = code, message, headers


class GitHub:
    """One repository."""

    def __init__(self, repository="acme/aws-roles", repository_id=4711):
        self.repository, self.repository_id = repository, repository_id
        self.tokens, self.trouble, self.log = {}, [], []
        self.issues, self.comments, self.artifacts, self.merged = [], {}, [], {}
        self.releases = {}
        self.lock = threading.Lock()
        github = self

        class Handler(BaseHTTPRequestHandler):
            """One request."""

            protocol_version = "HTTP/1.1"

            def answer(self):
                """Answers it."""
                github.handle(self)

            do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = answer

            def log_message(self, *_):
                """Says nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        """Ends it."""
        self.server.shutdown()
        self.server.server_close()

    # What a test does and sees without the API.

    def token(self, permissions, user=None):
        """A new token."""
        name = f"token-{len(self.tokens)}"
        self.tokens[name] = Token(permissions, user or BOT)
        return name

    def comment(self, number, body, user=None):
        """Adds a comment of somebody."""
        entry = {"id": 1000 + sum(map(len, self.comments.values())), "body": body, "user": user or {"login": "somebody"}}
        entry["html_url"] = f"{self.url}/{self.repository}/issues/{number}#issuecomment-{entry['id']}"
        self.comments.setdefault(number, []).append(entry)
        return entry

    def issue(self, title, body, labels=(), user=None, **more):
        """Opens an issue of somebody."""
        number = 500 + len(self.issues)
        entry = {"number": number, "title": title, "body": body, "labels": [{"name": label} for label in labels]}
        entry |= {"state": "open", "user": user or {"login": "somebody"}, **more}
        entry["html_url"] = f"{self.url}/{self.repository}/issues/{number}"
        self.issues.append(entry)
        return entry

    def upload(self, name, files, run):
        """Keeps an artifact of a run, as actions/upload-artifact does."""
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as members:
            for path, content in files.items():
                members.writestr(path, content)
        number = 9000 + len(self.artifacts)
        entry = {"id": number, "name": name, "expired": False, "workflow_run": run, "content": archive.getvalue()}
        entry["created_at"] = f"2026-11-21T00:{number // 60 % 60:02}:{number % 60:02}Z"
        entry["archive_download_url"] = f"{self.url}/repos/{self.repository}/actions/artifacts/{number}/zip"
        self.artifacts.append(entry)
        return entry

    def said(self, number, begins):
        """The comments on an issue or pull request that begin so."""
        return [entry for entry in self.comments.get(number, []) if entry["body"].startswith(begins)]

    # The wire.

    def handle(self, request):
        """Answers a request."""
        body = request.rfile.read(int(request.headers.get("Content-Length") or 0))
        parts = urlsplit(request.path)
        with self.lock:
            self.log.append((request.command, parts.path))
            trouble = self._trouble(request.command, parts.path)
            try:
                if trouble in ("before", "limit"):
                    if trouble == "limit":
                        raise Refused(403, "You have exceeded a secondary rate limit", Retry_After="1")
                    raise Refused(502, "Server Error")
                answer = self._route(request, parts, body)
                if trouble == "after":
                    raise Refused(502, "Server Error")
                code, headers, content = answer
            except Refused as refusal:
                code, headers = refusal.code, refusal.headers
                content = json.dumps({"message": refusal.message}).encode()
        if trouble == "reset":
            request.close_connection = True
            request.connection.close()
            return
        request.send_response(code)
        for name, value in {"Content-Length": str(len(content)), **headers}.items():
            request.send_header(name.replace("_", "-"), value)
        request.end_headers()
        request.wfile.write(content)

    def _trouble(self, method, path):
        for trouble in self.trouble:
            if trouble.method == method and trouble.path in path:
                self.trouble.remove(trouble)
                return trouble.kind
        return None

    def _route(self, request, parts, body):
        if parts.path.startswith("/storage/"):
            return self._storage(request, parts)
        if released := re.fullmatch(r"/[^/]+/[^/]+/releases/download/([^/]+/[^/]+)", parts.path):
            content = self.releases.get(released[1])
            return (200, {}, content) if content is not None else (404, {}, b"Not Found")
        token = self.tokens.get(request.headers.get("Authorization", "").removeprefix("Bearer "))
        if not token:
            raise Refused(401, "Bad credentials")
        path = parts.path.removeprefix(f"/repos/{self.repository}/")
        query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        document = json.loads(body) if body else {}
        if len(document.get("body", "")) > LARGEST:
            raise Refused(422, "Validation Failed: body is too long (maximum is 65536 characters)")
        for method, pattern, needed, act in self.ROUTES:
            match = re.fullmatch(pattern, path)
            if method == request.command and match:
                if not token.allows(*needed):
                    raise Refused(403, "Resource not accessible by integration")
                return act(self, token, query, document, *match.groups())
        raise Refused(404, f"Not Found: {request.command} {path}")

    def _listed(self, path, query, entries, key=None):
        size, page = min(int(query.get("per_page", 30)), 100), int(query.get("page", 1))
        shown = [{name: value for name, value in entry.items() if name != "content"} for entry in entries]
        shown, total = shown[(page - 1) * size : page * size], len(shown)
        headers = {"Content_Type": "application/json"}
        if page * size < total:
            more = urlencode(query | {"page": page + 1})
            headers["Link"] = f'<{self.url}/repos/{self.repository}/{path}?{more}>; rel="next", <{self.url}/>; rel="last"'
        document = {"total_count": total, key: shown} if key else shown
        return 200, headers, json.dumps(document).encode()

    def _pulls_of(self, _token, query, _document, commit):
        return self._listed(f"commits/{commit}/pulls", query, self.merged.get(commit, []))

    def _comments_of(self, _token, query, _document, number):
        return self._listed(f"issues/{number}/comments", query, self.comments.get(int(number), []))

    def _add_comment(self, token, _query, document, number):
        is_issue = any(entry["number"] == int(number) for entry in self.issues)
        if is_issue and not token.allows("issues:write"):
            raise Refused(403, "Resource not accessible by integration")
        return 201, {}, json.dumps(self.comment(int(number), document["body"], token.user)).encode()

    def _edit_comment(self, _token, _query, document, number):
        for entry in (entry for entries in self.comments.values() for entry in entries):
            if entry["id"] == int(number):
                entry["body"] = document["body"]
                return 200, {}, json.dumps(entry).encode()
        raise Refused(404, "Not Found")

    def _issues(self, _token, query, _document):
        wanted = set(filter(None, query.get("labels", "").split(",")))
        found = [
            entry
            for entry in self.issues
            if query.get("state", "open") in (entry["state"], "all") and wanted <= {label["name"] for label in entry["labels"]}
        ]
        # GitHub's order unless asked otherwise: the newest first.
        return self._listed("issues", query, found if query.get("direction") == "asc" else found[::-1])

    def _open_issue(self, token, _query, document):
        entry = self.issue(document["title"], document["body"], document.get("labels", ()), token.user)
        return 201, {}, json.dumps(entry).encode()

    def _edit_issue(self, _token, _query, document, number):
        entry = next((entry for entry in self.issues if entry["number"] == int(number)), None)
        if entry is None:
            raise Refused(404, "Not Found")
        entry.update(document)
        return 200, {}, json.dumps(entry).encode()

    def _artifacts(self, _token, query, _document):
        found = [entry for entry in self.artifacts if query.get("name") in (None, entry["name"])]
        return self._listed("actions/artifacts", query, found[::-1], "artifacts")

    def _download(self, _token, _query, _document, number):
        return 302, {"Location": f"{self.url}/storage/{number}?until={time.time() + 60}"}, b""

    def _storage(self, request, parts):
        if "Authorization" in request.headers:
            raise Refused(400, "InvalidAuthenticationInfo")
        number = int(parts.path.rpartition("/")[2])
        return 200, {}, next(entry["content"] for entry in self.artifacts if entry["id"] == number)

    COMMENTING = ("pull-requests:write", "issues:write")
    ROUTES = (
        ("GET", r"commits/([0-9a-f]+)/pulls", ("pull-requests:read",), _pulls_of),
        ("GET", r"issues/(\d+)/comments", ("issues:read", "pull-requests:read"), _comments_of),
        ("POST", r"issues/(\d+)/comments", COMMENTING, _add_comment),
        ("PATCH", r"issues/comments/(\d+)", COMMENTING, _edit_comment),
        ("GET", r"issues", ("issues:read",), _issues),
        ("POST", r"issues", ("issues:write",), _open_issue),
        ("PATCH", r"issues/(\d+)", ("issues:write",), _edit_issue),
        ("GET", r"actions/artifacts", ("actions:read",), _artifacts),
        ("GET", r"actions/artifacts/(\d+)/zip", ("actions:read",), _download),
    )
