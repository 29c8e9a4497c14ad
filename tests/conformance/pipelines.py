"""The commands of the recipes beside GitHub's, run as they stand in their files: GitLab's jobs with a stand-in of its notes,
Atlantis' steps, the service of systemd and the container of the CronJob, against the sandbox.

    ROLECALL=target/debug/rolecall python pipelines.py
"""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import threading
import unittest
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit
from xml.etree import ElementTree

import boto3
import yaml

ROOT = Path(__file__).resolve().parents[2]
CI = ROOT / "examples" / "ci"
WORLD = ROOT / "tests" / "worlds" / "small"
PAYMENTS = "333333333333"


class Notes:
    """GitLab's notes on one merge request, with pages, and the account of a token."""

    ME = 77

    def __init__(self):
        self.notes, self.fail_once = [], []
        notes = self

        class Handler(BaseHTTPRequestHandler):
            """One request."""

            def answer(self):
                """Answers it."""
                notes.handle(self)

            do_GET = do_POST = do_PUT = answer

            def log_message(self, *_):
                """Says nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/api/v4"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def add(self, body, author):
        """A note of somebody."""
        self.notes.append({"id": 100 + len(self.notes), "body": body, "author": {"id": author}})

    def handle(self, request):
        """Answers a request."""
        parts = urlsplit(request.path)
        body = request.rfile.read(int(request.headers.get("Content-Length") or 0)).decode()
        headers, code, answer = {}, 200, {}
        if request.headers.get("PRIVATE-TOKEN") != "note-token":
            code = 401
        elif request.command in self.fail_once:
            self.fail_once.remove(request.command)
            code = 502
        elif parts.path == "/api/v4/user":
            answer = {"id": self.ME}
        elif request.command == "GET":
            query = parse_qs(parts.query)
            page, size = int(query["page"][0]), int(query["per_page"][0])
            answer = self.notes[(page - 1) * size : page * size]
            headers["x-next-page"] = str(page + 1) if page * size < len(self.notes) else ""
        else:
            text = re.search(r'name="body".*?\r\n\r\n(.*)\r\n--', body, re.S)[1]
            if request.command == "POST":
                self.add(text, self.ME)
                code = 201
            else:
                next(note for note in self.notes if note["id"] == int(parts.path.rpartition("/")[2]))["body"] = text
        content = json.dumps(answer).encode()
        request.send_response(code)
        for name, value in {"Content-Length": str(len(content)), **headers}.items():
            request.send_header(name, value)
        request.end_headers()
        request.wfile.write(content)

    def mine(self):
        """The notes of the account."""
        return [note["body"] for note in self.notes if note["author"]["id"] == self.ME]

    def close(self):
        """Ends it."""
        self.server.shutdown()
        self.server.server_close()


class Pipelines(unittest.TestCase):
    """Each test has an organization of its own."""

    def setUp(self):
        self.directory = tempfile.TemporaryDirectory()
        self.home = Path(self.directory.name)
        self.work = self.home / "work"
        shutil.copytree(WORLD, self.work)
        (self.home / "bin").mkdir()
        (self.home / "bin" / "rolecall").symlink_to(Path(os.environ["ROLECALL"]).resolve())
        # The members of this world have one role, which is read with and repaired with.
        organization = (WORLD / "organization.yaml").read_text()
        served = self.home / "organization.yaml"
        served.write_text(re.sub(r"(name: [\w-]+) \}", r"\1, member_role: rolecall-member-read }", organization))
        text = (self.work / "rolecall.yaml").read_text()
        access = "access: { member_role: rolecall-member-read }\nintegrations:"
        (self.work / "rolecall.yaml").write_text(text.replace("integrations:", access))
        self.process = subprocess.Popen(
            [os.environ["ROLECALL"], "sandbox", "serve", "--listen", "127.0.0.1:0", "--org", str(served), "--quiet",
             "--clock", "10-seconds-per-request"], stdout=subprocess.PIPE, text=True)
        self.url = self.process.stdout.readline().split()[-1]
        self.variables = {
            "PATH": f"{self.home / 'bin'}:{os.environ['PATH']}", "HOME": str(self.home), "AWS_ENDPOINT_URL": self.url,
            "AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "anyone", "AWS_SECRET_ACCESS_KEY": "anything",
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def tearDown(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        self.directory.cleanup()

    def shell(self, script, exits=0, **variables):
        """Runs a script, which must end with this code, and gives what it said."""
        done = subprocess.run(["sh", "-eu", "-c", script], cwd=self.work, env=self.variables | variables,
                              capture_output=True, text=True, timeout=120, check=False)
        self.assertEqual(done.returncode, exits, done.stdout + done.stderr)
        return done.stdout + done.stderr

    def edit(self, old, new):
        """Edits the file."""
        file = self.work / "rolecall.yaml"
        self.assertEqual(file.read_text().count(old), 1)
        file.write_text(file.read_text().replace(old, new))

    def iam(self):
        """An account's administrator."""
        return boto3.client("iam", endpoint_url=self.url, region_name="us-east-1", aws_access_key_id=PAYMENTS,
                            aws_secret_access_key="anything")

    def attach(self):
        """Somebody attaches a policy to the vendor's role."""
        self.iam().attach_role_policy(RoleName="ScannerRole", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")

    def test_gitlab(self):
        """A merge request's plan with its note, edited by the next pipeline; apply, stale apply, drift."""
        jobs = yaml.safe_load((CI / "gitlab" / ".gitlab-ci.yml").read_text())
        script = {name: "\n".join(jobs[name]["script"]) for name in ("plan", "note", "apply", "drift")}
        notes = Notes()
        self.addCleanup(notes.close)
        for number in range(120):
            notes.add(f"note {number}", 5)
        notes.add("<!-- rolecall:plan:o-small12345 -->\nNo changes.", 5)
        about = {"CI_API_V4_URL": notes.url, "CI_PROJECT_ID": "1", "CI_MERGE_REQUEST_IID": "7"}
        about["ROLECALL_NOTE_TOKEN"] = "note-token"
        self.shell(script["plan"])
        self.assertEqual(json.loads((self.work / "counts.json").read_text()), {"create": 7, "update": 0, "delete": 0})
        notes.fail_once += ["GET"]
        self.shell(script["note"], **about)
        [first] = notes.mine()
        self.assertIn("ScannerRole", first)
        self.edit("Reads what the scanner looks at", "Reads")
        self.shell(script["plan"])
        self.shell(script["note"], **about)
        [second] = notes.mine()
        self.assertNotEqual(first, second)
        self.assertEqual(second, (self.work / "plan.md").read_text().replace("\r\n", "\n"))
        self.shell(script["apply"])
        self.shell(script["drift"])
        self.assertIn("No drift", (self.work / "drift.txt").read_text())
        self.edit("description: Reads", "description: Reads on")
        self.shell(script["plan"])
        self.attach()
        self.assertIn("stale", self.shell(script["apply"], exits=1))
        self.shell(script["drift"], exits=2)
        self.assertIn("AdministratorAccess", (self.work / "drift.txt").read_text())
        failures = ElementTree.parse(self.work / "drift.xml").getroot().iter("failure")
        self.assertIn("AdministratorAccess", "".join(failure.text or "" for failure in failures))

    def test_gitlab_keeps_the_identity_out_of_the_project(self):
        """The token of the identity is in a file beside the project, and no longer in the environment."""
        jobs = yaml.safe_load((CI / "gitlab" / ".gitlab-ci.yml").read_text())
        place = jobs["variables"]["AWS_WEB_IDENTITY_TOKEN_FILE"].replace("$CI_PROJECT_DIR", str(self.work))
        before = "\n".join(jobs[".identity"]["before_script"])
        said = self.shell(f"{before}\nenv", AWS_IDENTITY="signed", AWS_WEB_IDENTITY_TOKEN_FILE=place)
        self.assertEqual(Path(place).read_text(), "signed")
        self.assertNotIn("signed", said)
        self.assertFalse(Path(place).is_relative_to(self.work))

    def test_atlantis(self):
        """Plan and apply by the workflow's steps, which get none of Atlantis' variables; a stale plan is refused."""
        workflow = yaml.safe_load((CI / "atlantis" / "repos.yaml").read_text())["workflows"]["rolecall"]
        plan, apply = ("\n".join(step["run"]["command"] for step in workflow[name]["steps"]) for name in ("plan", "apply"))
        config = self.home / "config"
        profile = f"region = us-east-1\nendpoint_url = {self.url}\naws_access_key_id = me\naws_secret_access_key = any\n"
        config.write_text("".join(f"[profile rolecall-{name}]\n{profile}\n" for name in ("plan", "apply")))
        about = {"PLANFILE": str(self.home / "plan.json"), "AWS_CONFIG_FILE": str(config), "SERVER_TOKEN": "a-secret-of-atlantis"}
        self.edit("external_id: scanner-external-id", "external_id: { env: SERVER_TOKEN }")
        self.assertNotIn("a-secret-of-atlantis", self.shell(plan, exits=1, **about))
        self.edit("external_id: { env: SERVER_TOKEN }", "external_id: scanner-external-id")
        self.assertIn("Plan: 7 to add", self.shell(plan, **about))
        self.assertIn("7 added", self.shell(apply, **about))
        self.edit("Reads what the scanner looks at", "Reads")
        self.shell(plan, **about)
        self.attach()
        self.assertIn("stale", self.shell(apply, exits=1, **about))

    def test_systemd_and_kubernetes(self):
        """The command of the service, and that of the container: 0 without drift, 2 with it."""
        service = (CI / "systemd" / "rolecall-drift.service").read_text()
        command = re.search(r"^ExecStart=/usr/local/bin/(.*)$", service, re.M)[1]
        state = self.home / "state"
        state.mkdir()
        cronjob = next(document for document in yaml.safe_load_all((CI / "kubernetes" / "cronjob.yaml").read_text())
                       if document["kind"] == "CronJob")
        [container] = cronjob["spec"]["jobTemplate"]["spec"]["template"]["spec"]["containers"]
        words = [word.replace("/etc/rolecall", str(self.work)) for word in container["args"]]
        self.shell("rolecall apply --auto-approve")
        for code in (0, 2):
            self.shell(command, exits=code, STATE_DIRECTORY=str(state))
            self.assertTrue(json.loads((state / "drift.json").read_text()))
            said = self.shell("rolecall " + shlex.join(words), exits=code)
            self.assertEqual("AdministratorAccess" in said, code == 2, said)
            self.attach()


if __name__ == "__main__":
    if "ROLECALL" not in os.environ:
        sys.exit(__doc__)
    missing = [name for name in ("jq", "curl") if not shutil.which(name)]
    if missing:
        sys.exit(f"not on this machine: {missing}")
    unittest.main(verbosity=2)
