"""boto3 and the AWS CLI behind one way of calling: an operation, by its name in the API reference, with its members.

Each brings a botocore of its own under the same name, so only one of them can be used in a process.
"""

import json
import os
import sys
import time
import traceback
from urllib.request import Request, urlopen

REGION = "us-east-1"
ANYONE = {"AccessKeyId": "anyone", "SecretAccessKey": "anything"}
# What the AWS CLI wants in place of members: it writes the device's seed to a file.
OPTIONS = {
    "CreateVirtualMFADevice": [
        "--virtual-mfa-device-name", "tour", "--outfile", "/dev/null", "--bootstrap-method", "Base32StringSeed"
    ]
}


class Refused(Exception):
    """A call ended with an error; the text is what the program said."""


class Boto3:
    """boto3, with its paginators and waiters."""

    def __init__(self, url):
        import boto3
        from botocore import xform_name

        self.url, self.make, self.in_words = url, boto3.client, xform_name
        self.clients = {}

    def client(self, service, keys):
        """A client, made once."""
        found = (service, keys["AccessKeyId"])
        if found not in self.clients:
            self.clients[found] = self.make(
                service,
                endpoint_url=self.url,
                region_name=REGION,
                aws_access_key_id=keys["AccessKeyId"],
                aws_secret_access_key=keys["SecretAccessKey"],
                aws_session_token=keys.get("SessionToken"),
            )
        return self.clients[found]

    def call(self, service, operation, keys=None, **params):
        """Calls an operation, all pages of it, and returns what came."""
        client, name = self.client(service, keys or ANYONE), self.in_words(operation)
        try:
            if client.can_paginate(name):
                return client.get_paginator(name).paginate(**params).build_full_result()
            return getattr(client, name)(**params)
        except client.exceptions.ClientError as error:
            raise Refused(f"({error.response['Error']['Code']}) {error.response['Error']['Message']}") from error

    def wait(self, service, waiter, keys=None, **params):
        """Waits as boto3 does, only asking more often."""
        asking = {"Delay": 1, "MaxAttempts": 60}
        self.client(service, keys or ANYONE).get_waiter(self.in_words(waiter)).wait(**params, WaiterConfig=asking)


class AwsCli:
    """The AWS CLI. Each call is a process of its own, begun where the CLI has already read its modules and models."""

    def __init__(self, url):
        self.url = url
        ours = [name for name in os.environ if name.startswith("AWS_")]
        for name in ours:
            del os.environ[name]
        os.environ |= {"AWS_ENDPOINT_URL": url, "AWS_DEFAULT_REGION": REGION, "AWS_PAGER": "", "AWS_MAX_ATTEMPTS": "1"}
        os.environ |= {"AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null"}
        # Only now: it reads the environment, and adds to it.
        from awscli.clidriver import create_clidriver
        from botocore import xform_name

        self.driver, self.in_words = create_clidriver(), xform_name

    def run(self, words, keys):
        """Runs `aws` with some words and returns what it wrote."""
        out, said = os.pipe(), os.pipe()
        # What is the same for every call of a service is read before the fork.
        self.driver.session.get_service_model(words[0])
        child = os.fork()
        if child == 0:
            os.dup2(out[1], 1)
            os.dup2(said[1], 2)
            os.environ["AWS_ACCESS_KEY_ID"] = keys["AccessKeyId"]
            os.environ["AWS_SECRET_ACCESS_KEY"] = keys["SecretAccessKey"]
            if "SessionToken" in keys:
                os.environ["AWS_SESSION_TOKEN"] = keys["SessionToken"]
            code = 1
            try:
                code = self.driver.main([*words, "--output", "json"])
                sys.stdout.flush()
            except SystemExit as end:
                code = end.code
            except Exception:
                traceback.print_exc()
            finally:
                # Whatever happens, this process is not to go on with the tests.
                os._exit(code or 0)
        os.close(out[1])
        os.close(said[1])
        with os.fdopen(out[0]) as text, os.fdopen(said[0]) as problem:
            written, told = text.read(), problem.read()
        if os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) != 0:
            raise Refused(told.strip())
        return json.loads(written) if written.strip() else {}

    def call(self, service, operation, keys=None, **params):
        """Calls an operation, all pages of it, and returns what came."""
        given = OPTIONS.get(operation) or ["--cli-input-json", json.dumps(params)]
        return self.run([service, self.in_words(operation, "-"), *given], keys or ANYONE)

    def wait(self, service, waiter, keys=None, **params):
        """Waits as the AWS CLI does. It asks every 30 seconds, so what it waits for comes about before."""
        page(self.url, "advance?seconds=300")
        words = [service, "wait", self.in_words(waiter, "-")]
        for name, value in params.items():
            words += [f"--{self.in_words(name, '-')}", value]
        self.run(words, keys or ANYONE)


def page(url, path, body=b""):
    """Posts to one of the sandbox's own pages."""
    with urlopen(Request(f"{url}/_sandbox/{path}", data=body, headers={"Content-Type": "application/json"})):
        pass


def eventually(condition, what):
    """Waits until something that the sandbox does over its own time has come about."""
    for _ in range(240):
        value = condition()
        if value:
            return value
        time.sleep(0.1)
    raise AssertionError(f"did not come about: {what}")
