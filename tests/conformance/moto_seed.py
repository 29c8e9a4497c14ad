"""Fills a fresh moto server with an organization and with roles, for crates/aws/tests/moto.rs.

Usage: moto_seed.py URL
"""

import json
import sys

import boto3

MANAGEMENT = "123456789012"  # moto's own account
TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{MANAGEMENT}:root"}, "Action": "sts:AssumeRole"}
        ],
    }
)


def client(url, service, keys=None):
    keys = keys or {"AccessKeyId": "test", "SecretAccessKey": "test", "SessionToken": None}
    return boto3.client(
        service,
        endpoint_url=url,
        region_name="us-east-1",
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["SessionToken"],
    )


def main():
    url = sys.argv[1]
    organizations = client(url, "organizations")
    organizations.create_organization(FeatureSet="ALL")
    root = organizations.list_roots()["Roots"][0]["Id"]

    def unit(parent, name):
        made = organizations.create_organizational_unit(ParentId=parent, Name=name)
        return made["OrganizationalUnit"]["Id"]

    workloads = unit(root, "Workloads")
    prod = unit(workloads, "Prod")
    dev = unit(workloads, "Dev")
    unit(root, "Empty")

    def account(name, parent):
        status = organizations.create_account(AccountName=name, Email=f"{name}@example.com")["CreateAccountStatus"]
        organizations.move_account(AccountId=status["AccountId"], SourceParentId=root, DestinationParentId=parent)
        return status["AccountId"]

    accounts = {f"prod-{n:02}": account(f"prod-{n:02}", prod) for n in range(23)}
    accounts |= {f"dev-{n:02}": account(f"dev-{n:02}", dev) for n in range(3)}
    organizations.close_account(AccountId=accounts["dev-02"])

    def iam(name):
        role = f"arn:aws:iam::{accounts[name]}:role/OrganizationAccountAccessRole"
        keys = client(url, "sts").assume_role(RoleArn=role, RoleSessionName="seed")["Credentials"]
        return client(url, "iam", keys)

    # A role of the vendor's name that somebody made by hand.
    iam("prod-01").create_role(RoleName="VendorScan", AssumeRolePolicyDocument=TRUST, Description="made by hand")

    # An account with so many roles that reading the wanted ones alone is cheaper.
    crowded = iam("prod-02")
    for n in range(450):
        crowded.create_role(RoleName=f"team-{n:03}", AssumeRolePolicyDocument=TRUST)

    # A boundary for every account that the test gives one.
    boundary = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
    for name in accounts:
        if name != "dev-02":
            iam(name).create_policy(PolicyName="boundary", PolicyDocument=json.dumps(boundary))


main()
