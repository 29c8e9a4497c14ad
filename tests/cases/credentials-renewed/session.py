"""A company's sign-in program: gives a new session each time, or with `--keep` the first one again and again."""

import json
import os
import pathlib
import re
import sys
import urllib.request

KEPT = pathlib.Path("kept.json")
WHO = "AWS4-HMAC-SHA256 Credential=111111111111/20260101/us-east-1/sts/aws4_request, SignedHeaders=host, Signature=0"


def session():
    headers = {"Authorization": WHO, "Content-Type": "application/x-www-form-urlencoded", "X-Amz-Date": "20260101T000000Z"}
    role = "arn:aws:iam::111111111111:role/Pipeline"
    form = f"Version=2011-06-15&Action=AssumeRole&RoleArn={role}&RoleSessionName=signin".encode()
    answer = urllib.request.urlopen(urllib.request.Request(os.environ["AWS_ENDPOINT_URL"], form, headers)).read().decode()
    keys = ("AccessKeyId", "SecretAccessKey", "SessionToken", "Expiration")
    return {"Version": 1, **{key: re.search(f"<{key}>(.*?)</{key}>", answer).group(1) for key in keys}}


if "--keep" not in sys.argv:
    print(json.dumps(session()))
else:
    if not KEPT.exists():
        KEPT.write_text(json.dumps(session()))
    print(KEPT.read_text())
