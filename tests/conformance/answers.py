"""Holds every answer that the sandbox gave, to whichever program, against AWS's own description of its API.

    python answers.py DIRECTORY

DIRECTORY holds what `rolecall sandbox serve --record FILE` wrote. Fails for an answer that the service model of botocore does
not describe, and for an operation in the sandbox's table that boto3 or the AWS CLI never used with success.
"""

import json
import re
import sys
from collections import Counter
from pathlib import Path
from urllib.parse import parse_qs

from model_check import Mismatch, check

SANDBOX = Path(__file__).parents[2] / "crates/sandbox/README.md"
# How the sandbox's table calls a service, and how its requests' signatures do.
SERVICES = {
    "STS": "sts",
    "IAM": "iam",
    "Organizations": "organizations",
    "CloudFormation": "cloudformation",
    "Systems Manager": "ssm",
    "CloudTrail": "cloudtrail",
}
# How programs name themselves in their requests. The rest are our own tests, which speak without a client.
PROGRAMS = {"Boto3/": "boto3", "aws-cli/": "AWS CLI", "Terraform/": "Terraform", "aws-sdk-rust/": "our client"}
# Programs that must have used every operation.
EVERYTHING = ("boto3", "AWS CLI")
# Operations that never succeed: no service of the sandbox encodes its refusals, and there is an organization already.
ALWAYS_REFUSED = {("sts", "DecodeAuthorizationMessage"), ("organizations", "CreateOrganization")}
SCOPE = re.compile(r"Credential=[^/]*/\d*/[^/]*/(?P<service>[^/]*)/aws4_request")
MOST_SHOWN = 40


def exchanges(directory):
    """The requests and answers of all records, one after the other."""
    for path in sorted(Path(directory).glob("*.jsonl")):
        with open(path, encoding="utf-8") as lines:
            for line in lines:
                exchange = json.loads(line)
                yield path.name, exchange["request"], exchange["response"]


def called(request):
    """The service and the operation of a request; none where it names none."""
    headers = request["headers"]
    scope = SCOPE.search(headers.get("authorization", ""))
    if scope is None:
        return None
    if "x-amz-target" in headers:
        return scope["service"], headers["x-amz-target"].rpartition(".")[2]
    query = request["body"] or request["target"].partition("?")[2]
    action = parse_qs(query).get("Action")
    return (scope["service"], action[0]) if action else None


def program(request):
    """Which program sent a request."""
    agent = request["headers"].get("user-agent", "")
    return next((name for mark, name in PROGRAMS.items() if mark in agent), "our tests")


def table():
    """The operations that the sandbox's README says it has."""
    section = SANDBOX.read_text(encoding="utf-8").split("\n## Operations\n", 1)[1].split("\n## ", 1)[0]
    operations = set()
    for line in section.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        service = next((key for name, key in SERVICES.items() if cells[0].startswith(name)), None)
        if service and len(cells) > 1:
            operations |= {(service, word) for word in re.findall(r"\b[A-Z][A-Za-z]{5,}\b", cells[1])}
    return operations


def main():
    """Checks all, prints what was checked, and ends with 1 when something is wrong."""
    answers, used, wrong = Counter(), {}, Counter()
    supported = table()
    for record, request, response in exchanges(sys.argv[1]):
        call, who = called(request), program(request)
        if call not in supported:
            if response["status"] < 300:
                wrong[f"{record}: {call} works and is not in the sandbox's table"] += 1
            # What the sandbox does not know it refuses by name; those operations may not even be in the model.
            answers["refused unread"] += 1
            continue
        try:
            check(*call, response["status"], response["headers"], response["body"])
        except (Mismatch, ValueError, KeyError) as problem:
            wrong[f"{record}: {problem}"] += 1
        answers[who] += 1
        if response["status"] < 300:
            used.setdefault(who, set()).add(call)
    for who, count in answers.most_common():
        print(f"{who:16}{count:8} answers, {len(used.get(who, ())):4} operations with success")
    missed = {who: sorted(supported - used.get(who, set()) - ALWAYS_REFUSED) for who in EVERYTHING}
    for problem, count in wrong.most_common(MOST_SHOWN):
        print(f"{count:5} x {problem}")
    for who, operations in missed.items():
        if operations:
            print(f"never used by {who}: {', '.join(':'.join(operation) for operation in operations)}")
    print(f"{sum(answers.values())} answers of {len(set().union(*used.values()))} operations; {len(supported)} are supported")
    if not answers or wrong or any(missed.values()):
        sys.exit(f"{sum(wrong.values())} answers are not as AWS describes them" if wrong else "operations were left out")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main()
