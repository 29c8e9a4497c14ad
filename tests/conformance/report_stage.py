"""An organization in which an account can be found in every state, a large one made of it, and their reports as pages."""

import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from urllib.request import Request, urlopen

import boto3

ROOT = Path(__file__).resolve().parents[2]
LARGE = 5000
DRIFTED, FAILED, UNREAD, HOSTILE = "210000000001", "210000000004", "220000000003", "220000000004"
# Where nobody may see who changed something.
SILENT = "220000000002"
EVERYTHING = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}


class Stage:
    """Reports of the organization that is served at a URL: `status`, `plan`, `drift`, and `large`, a status of many accounts."""

    def __init__(self, url):
        self.url = url
        self.directory = Path(tempfile.mkdtemp(prefix="rolecall-report-"))
        self.file = self.directory / "rolecall.yaml"
        shutil.copy(ROOT / "tests/conformance/report/rolecall.yaml", self.file)
        # In one account a policy of the organization forbids to create roles.
        self.rolecall("apply", "--auto-approve", exits=(1,))
        self.change_by_hand()
        # CloudTrail shows a call some minutes later.
        self.sandbox("advance?seconds=900")
        self.sandbox("faults", json.dumps([{"service": "cloudtrail", "account": SILENT, "effect": "deny"}]).encode())
        self.change_the_file()
        self.pages = {name: self.page(name, name) for name in ("status", "plan", "drift")}
        self.status = json.loads(self.rolecall("status", "--format", "json"))
        self.drift = json.loads(self.rolecall("drift", "--format", "json", exits=(2,)))
        self.rolecall("snapshot", "-o", "small.json")
        snapshot = json.loads((self.directory / "small.json").read_text())
        multiply(snapshot["snapshot"]["observed"])
        (self.directory / "large.json").write_text(json.dumps(snapshot))
        self.pages["large"] = self.page("large", "status", "--observed", "large.json")

    def rolecall(self, *words, exits=(0,)):
        """Runs the program and gives what it wrote to standard output."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        environment |= {"AWS_ENDPOINT_URL": self.url, "AWS_REGION": "us-east-1", "AWS_EC2_METADATA_DISABLED": "true"}
        environment |= {"AWS_ACCESS_KEY_ID": "anyone", "AWS_SECRET_ACCESS_KEY": "anything"}
        program = str(Path(os.environ["ROLECALL"]).resolve())
        run = subprocess.run(
            [program, *words], cwd=self.directory, env=environment, capture_output=True, text=True, timeout=300, check=False
        )
        assert run.returncode in exits, f"{words}: exit code {run.returncode}\n{run.stdout}\n{run.stderr}"
        return run.stdout

    def sandbox(self, path, body=b""):
        """Posts to one of the sandbox's own pages."""
        with urlopen(Request(f"{self.url}/_sandbox/{path}", data=body, headers={"Content-Type": "application/json"})):
            pass

    def page(self, name, *words):
        """Writes a report as a page and gives its file."""
        file = self.directory / f"{name}.html"
        # There is drift, which `drift` tells by its exit code.
        file.write_text(self.rolecall(*words, "--format", "html", exits=(2 if name == "drift" else 0,)))
        return file

    def iam(self, account):
        """IAM as the administrator of an account."""
        return boto3.client("iam", endpoint_url=self.url, region_name="us-east-1", aws_access_key_id=account,
                            aws_secret_access_key="anything")

    def change_by_hand(self):
        """What somebody did in three accounts."""
        self.iam(DRIFTED).update_role(RoleName="SpotRole", Description="changed by hand", MaxSessionDuration=7200)
        self.iam(DRIFTED).put_role_policy(RoleName="SpotRole", PolicyName="Extra", PolicyDocument=json.dumps(EVERYTHING))
        wide = {"Sid": "Look", "Effect": "Allow", "Action": ["ec2:*", "autoscaling:Describe*"], "Resource": "*"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [wide]})
        self.iam(SILENT).put_role_policy(RoleName="SpotRole", PolicyName="Spot", PolicyDocument=document)
        administrator = "arn:aws:iam::aws:policy/AdministratorAccess"
        self.iam(HOSTILE).attach_role_policy(RoleName="ProwlerScan", PolicyArn=administrator)

    def change_the_file(self):
        """One account comes, one goes, and a role changes."""
        text = self.file.read_text()
        for old, new in [
            ('exclude_accounts: ["210000000005"]', 'exclude_accounts: ["220000000001"]'),
            ("description: one hour", "description: two hours\n      max_session_duration: 2h"),
        ]:
            assert old in text
            text = text.replace(old, new)
        self.file.write_text(text)


def multiply(observed):
    """Adds units, and copies of accounts, until there are many: most like one that is in order, some like each other."""
    organization = observed["org"]
    [instances] = [stack_set["known"]["instances"] for stack_set in observed["stack_sets"]["known"].values()]
    patterns = {number: account for number, account in organization["accounts"].items()
                if number != organization["management_account"]}
    teams = [f"ou-acme-team{number:04}" for number in range(60)]
    for number, team in enumerate(teams):
        organization["units"][team] = {"name": f"Team {number:02}", "parent": "ou-acme-prod0000"}
    for number in range(LARGE - len(organization["accounts"])):
        pattern = list(patterns)[number % len(patterns)] if number % 40 == 7 else "210000000002"
        pattern = DRIFTED if number % 97 == 3 else pattern
        account = str(500_000_000_000 + number)
        copy = dict(patterns[pattern], name=f"{patterns[pattern]['name']}-{number:04}", parent=teams[number * number % 60])
        organization["accounts"][account] = copy
        for place in (observed["roles"], instances):
            if pattern in place:
                place[account] = json.loads(json.dumps(place[pattern]).replace(pattern, account))
