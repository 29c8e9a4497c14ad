"""The part of GitHub's REST API that the action uses, with the standard library alone."""

import json
import time
import urllib.error
import urllib.parse
import urllib.request

from runner import Failure, plain, setting, variable

ATTEMPTS = 5
# A rate limit may ask for an hour. Within this many seconds in all it is waited for; above, the job fails and says so.
PATIENCE = 600
TIMEOUT = 60


class ServerTrouble(Exception):
    """GitHub failed after a request that may have taken effect."""


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Redirects are followed by hand: the token must not go to another host."""

    def redirect_request(self, *_):
        return None


class Api:
    """A client for one repository, with the token of the job."""

    def __init__(self, repository):
        self.base = variable("GITHUB_API_URL").rstrip("/")
        self.repository = repository
        self.token = setting("GITHUB_TOKEN")
        if not self.token:
            raise Failure("the input github-token is empty")
        self.waited = 0.0
        self.opener = urllib.request.build_opener(_NoRedirect)

    def get(self, path, **query):
        """One document of the repository."""
        return json.loads(self._read(self._url(path, query))[0])

    def pages(self, path, key=None, **query):
        """Every entry of a list, page after page; `key` names the list in documents that wrap it."""
        url = self._url(path, {"per_page": 100} | query)
        while url:
            body, headers = self._read(url)
            document = json.loads(body)
            yield from document[key] if key else document
            url = _next(headers.get("Link", ""))
            if url and not url.startswith(self.base + "/"):
                raise Failure(f"the next page is not on {self.base}: {url}")

    def send(self, method, path, **body):
        """Writes.

        Raises ServerTrouble when nobody knows whether it took effect: the caller looks before it writes again."""
        data = json.dumps(body).encode()
        with self._answer(method, self._url(path, {}), data) as answer:
            return json.loads(answer.read() or b"null")

    def download(self, url, path, limit):
        """Fetches what an address of this API leads to into a file of at most `limit` bytes."""
        if not url.startswith(self.base + "/"):
            raise Failure(f"{url} is not on {self.base}")
        with self._followed(url) as answer, open(path, "wb") as file:
            size = 0
            while chunk := answer.read(1 << 16):
                size += len(chunk)
                if size > limit:
                    raise Failure(f"{url} is larger than {limit} bytes")
                file.write(chunk)

    def _followed(self, url):
        answer = self._patiently("GET", url, None)
        if answer.status not in (301, 302, 303, 307, 308):
            return answer
        place = urllib.parse.urljoin(url, answer.headers["Location"])
        answer.close()
        if urllib.parse.urlsplit(place).scheme not in ("https", urllib.parse.urlsplit(self.base).scheme):
            raise Failure(f"{url} leads to {place}, which is not fetched")
        # Without the token: the place is a storage whose address is signed.
        return urllib.request.urlopen(place, timeout=TIMEOUT)

    def _url(self, path, query):
        asked = urllib.parse.urlencode({name: value for name, value in query.items() if value is not None})
        return f"{self.base}/repos/{self.repository}/{path}" + (f"?{asked}" if asked else "")

    def _read(self, url):
        with self._patiently("GET", url, None) as answer:
            return answer.read(), answer.headers

    def _patiently(self, method, url, data):
        """Reads may be made again at will."""
        for attempt in range(ATTEMPTS):
            try:
                return self._answer(method, url, data)
            except ServerTrouble:
                if attempt == ATTEMPTS - 1:
                    raise
                time.sleep(2**attempt)
        raise AssertionError("the last attempt returns or raises")

    def _answer(self, method, url, data):
        while True:
            headers = {
                "Accept": "application/vnd.github+json",
                "Authorization": f"Bearer {self.token}",
                "User-Agent": "rolecall-action",
                "X-GitHub-Api-Version": "2022-11-28",
            }
            request = urllib.request.Request(url, data, headers, method=method)
            try:
                return self.opener.open(request, timeout=TIMEOUT)
            except urllib.error.HTTPError as error:
                if 300 <= error.code < 400:
                    return error
                pause = _pause(error)
                if pause is not None and self.waited + pause <= PATIENCE:
                    print(f"GitHub's rate limit: waiting {pause:.0f} s", flush=True)
                    time.sleep(pause)
                    self.waited += pause
                    continue
                reason = f"{method} {urllib.parse.urlsplit(url).path}: {error.code} {_message(error)}"
                if error.code >= 500:
                    raise ServerTrouble(reason) from error
                raise Failure(reason + _advice(error.code, method)) from error
            except OSError as error:
                raise ServerTrouble(f"{method} {url}: {error}") from error


def _next(link):
    """The address of the next page, of a `Link` header."""
    for part in link.split(","):
        address, *parameters = part.split(";")
        if any(parameter.strip() == 'rel="next"' for parameter in parameters):
            return address.strip().strip("<>")
    return None


def _pause(error):
    """For how many seconds GitHub asks to be left alone; nothing when it does not."""
    if error.code not in (403, 429):
        return None
    if error.headers.get("Retry-After", "").isdigit():
        return float(error.headers["Retry-After"])
    if error.headers.get("X-RateLimit-Remaining") == "0" and error.headers.get("X-RateLimit-Reset", "").isdigit():
        return max(1.0, float(error.headers["X-RateLimit-Reset"]) - time.time() + 1)
    return 60.0 if error.code == 429 else None


def _message(error):
    try:
        return plain(str(json.loads(error.read()).get("message", "")))[:500]
    except (ValueError, AttributeError, OSError):
        return ""


def _advice(code, method):
    if code not in (401, 403, 404):
        return ""
    needed = "actions: read" if method == "GET" else "pull-requests: write and issues: write"
    return f" (the job needs `permissions:` with {needed}; see docs/ci.md)"


def is_ours(author):
    """Whether the action's own account wrote something.

    A marker alone proves nothing: anybody may write a comment that has it, and could edit it later."""
    return (author or {}).get("login") == (setting("AUTHOR") or "github-actions[bot]")


def until_known(write):
    """Makes a write that looks first, again after trouble on GitHub's side: so nothing is written twice."""
    for attempt in range(ATTEMPTS):
        try:
            return write()
        except ServerTrouble as error:
            if attempt == ATTEMPTS - 1:
                raise Failure(str(error)) from error
            time.sleep(2**attempt)
    raise AssertionError("the last attempt returns or raises")

