"""A Lambda in Python: the SDK is loaded, one item is read, and what was given is answered."""

import os
import urllib.request

import boto3

runtime = f"http://{os.environ['AWS_LAMBDA_RUNTIME_API']}/2018-06-01/runtime/invocation"
client = boto3.client("dynamodb")
with urllib.request.urlopen(f"{runtime}/next") as following:
    event, request = following.read(), following.headers["lambda-runtime-aws-request-id"]
client.get_item(TableName="pawl", Key={"pk": {"S": "a"}, "sk": {"S": "b"}})
urllib.request.urlopen(urllib.request.Request(f"{runtime}/{request}/response", event, method="POST")).close()
