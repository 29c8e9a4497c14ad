"""A moto server on a free port, in one thread, with the few AWS managed policies that the tests name.

moto is not safe with several threads (random 500s), and reads all of its 1,485 managed policies once per account.
Prints its URL on the first line of output and serves until it is killed.
"""

import json
import os

os.environ["MOTO_IAM_LOAD_MANAGED_POLICIES"] = "true"

import moto.iam.models as iam_models  # noqa: E402
from moto.server import DomainDispatcherApplication, create_backend_app  # noqa: E402
from waitress import create_server  # noqa: E402

KEPT = {"AdministratorAccess", "SecurityAudit", "ViewOnlyAccess", "ReadOnlyAccess"}


def keep_few_managed_policies():
    """Leaves in moto's table of managed policies only those that the tests name."""
    every = json.loads(iam_models.aws_managed_policies_data)
    few = {name: policy for name, policy in every.items() if name in KEPT}
    iam_models.aws_managed_policies_data = json.dumps(few)


def main():
    keep_few_managed_policies()
    server = create_server(DomainDispatcherApplication(create_backend_app), host="127.0.0.1", port=0, threads=1)
    print(f"http://127.0.0.1:{server.effective_port}", flush=True)
    server.run()


main()
