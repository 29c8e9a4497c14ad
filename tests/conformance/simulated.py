"""A simulated organization of `tests/worlds` with a directory of its own, and what somebody does in it before a report is made."""

import json
import os
import shutil
import subprocess
import tempfile
from itertools import count
from pathlib import Path
from urllib.request import Request, urlopen

import boto3

REPOSITORY = Path(__file__).resolve().parents[2]
NUMBERS = count()
ROLE = "ScannerRole"
FOREIGN = {"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::999999999999:root"}, "Action": "sts:AssumeRole"}]}


def program(directory, *words, url=None, exits=(0,)):
    """Runs the program in a directory and gives what it wrote to standard output."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    environment |= {"AWS_REGION": "us-east-1", "AWS_EC2_METADATA_DISABLED": "true", "NO_COLOR": "1"}
    environment |= {"AWS_ACCESS_KEY_ID": "anyone", "AWS_SECRET_ACCESS_KEY": "anything"}
    environment |= {"AWS_ENDPOINT_URL": url} if url else {}
    run = subprocess.run([str(Path(os.environ["ROLECALL"]).resolve()), *words], cwd=directory, env=environment,
                         capture_output=True, text=True, timeout=300, check=False)
    assert run.returncode in exits, f"{words}: exit code {run.returncode}\n{run.stdout}\n{run.stderr}"
    return run.stdout


class Simulated:
    """An organization that is served until this is left. Every request takes ten seconds there."""

    def __init__(self, world="small", organization="organization.yaml"):
        self.home = tempfile.TemporaryDirectory()
        self.directory = Path(self.home.name)
        shutil.copytree(REPOSITORY / "tests/worlds" / world, self.directory, dirs_exist_ok=True)
        words = [str(Path(os.environ["ROLECALL"]).resolve()), "sandbox", "serve", "--listen", "127.0.0.1:0"]
        words += ["--org", organization, "--clock", "10-seconds-per-request", "--quiet"]
        if "ROLECALL_RECORDS" in os.environ:
            words += ["--record", os.path.join(os.environ["ROLECALL_RECORDS"], f"simulated-{os.getpid()}-{next(NUMBERS)}.jsonl")]
        self.process = subprocess.Popen(words, cwd=self.directory, stdout=subprocess.PIPE, text=True)
        self.url = self.process.stdout.readline().split()[-1]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        self.home.cleanup()

    def rolecall(self, *words, exits=(0,)):
        """Runs the program against the organization."""
        return program(self.directory, *words, url=self.url, exits=exits)

    def file(self, name):
        """The text of a file of the directory."""
        return (self.directory / name).read_text()

    def iam(self, account):
        """IAM as the administrator of an account."""
        return boto3.client("iam", endpoint_url=self.url, region_name="us-east-1", aws_access_key_id=account,
                            aws_secret_access_key="anything")

    def post(self, path, body=b""):
        """Posts to one of the sandbox's own pages."""
        with urlopen(Request(f"{self.url}/_sandbox/{path}", data=body, headers={"Content-Type": "application/json"})):
            pass

    def faults(self, *rules):
        """How the sandbox fails from now on."""
        self.post("faults", json.dumps(rules).encode())

    def edit(self, old, new):
        """Replaces a text of the configuration that is there once."""
        text = self.file("rolecall.yaml")
        assert text.count(old) == 1, f"{old!r} is {text.count(old)} times in rolecall.yaml"
        (self.directory / "rolecall.yaml").write_text(text.replace(old, new))

    def trouble(self):
        """Applies the configuration of `small`, then leaves no two accounts alike.

        222222222222 drifted, 333333333333 did too but that is ignored, 444444444444 cannot be read, 555555555555 drifted in
        what was ignored until 2020, in 666666666666 the role is not Rolecall's any more, and 777777777777 is suspended. A
        change of the file is pending. Who did it is known but for 555555555555.
        """
        self.rolecall("apply", "--auto-approve")
        self.iam("222222222222").attach_role_policy(RoleName=ROLE, PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
        self.iam("333333333333").tag_role(RoleName=ROLE, Tags=[{"Key": "cost-centre", "Value": "7"}])
        self.iam("555555555555").update_role(RoleName=ROLE, Description="changed by hand", MaxSessionDuration=7200)
        taken = self.iam("666666666666")
        tags = [tag["Key"] for tag in taken.list_role_tags(RoleName=ROLE)["Tags"]]
        taken.untag_role(RoleName=ROLE, TagKeys=tags)
        # CloudTrail shows a call only minutes later.
        self.post("advance?seconds=1200")
        self.faults(
            {"service": "sts", "operation": "AssumeRole", "account": "444444444444",
             "effect": {"error": {"code": "AccessDenied", "status": 403, "message": "denied & <refused>"}}},
            {"service": "cloudtrail", "account": "555555555555", "effect": "deny"},
        )
        self.edit("2h", "1h")
        self.edit("integrations:\n", (
            "drift:\n  ignore:\n"
            '    - { attribute: tags.cost-*, accounts: ["333333333333"], reason: finance labels its accounts, until: 2999-12-31 }\n'
            '    - { attribute: description, accounts: ["555555555555"], reason: the audit of spring, until: 2020-05-01 }\n'
            "integrations:\n"))
