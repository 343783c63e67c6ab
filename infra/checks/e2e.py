"""Deploys to AWS itself, compares the runs' records with the laptop's, does what a user does, and leaves nothing behind.

    make e2e-aws

It takes the credentials and the region that the AWS command line would take, asks before it deploys, and costs some
cents: a stack of its own, whose machines, schedules and rules have a prefix of their own. Mails and models are left out:
nobody sees the first, and no scripted model answers there.
"""

import argparse
import contextlib
import sys
import tempfile
from pathlib import Path

import boto3
import botocore.exceptions

import deployment
import foreign

# What stays when a stack is deleted, since it holds data; here nobody wants it.
KEPT = ("Table", "Bucket", "SecretKey", "LogGroup", "DeadLetters")
DAYS_UNTIL_A_KEY_IS_DELETED = 7


class Aws:
    """The account that the credentials of the environment are of."""

    name = "AWS"
    stack, prefix = "pawl-e2e", "pawle2e"
    architecture = "arm64"
    has_model = False
    environment: dict = {}

    def client(self, service: str):
        return boto3.client(service)

    def api(self, url: str) -> str:
        return url

    def stream(self, url: str) -> str:
        return url.rstrip("/")

    def fit(self, template: dict, scratch: Path) -> None:
        """It can do all of it."""


def account() -> str:
    """Whose account it is; the end where there are no credentials."""
    try:
        return boto3.client("sts").get_caller_identity()["Account"]
    except (botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError) as error:
        sys.exit(f"error: AWS cannot be asked: {error}\nhelp: give credentials and a region, as for the AWS command line")


def physical(aws: Aws) -> dict[str, str]:
    """What the resources that stay are called."""
    pages = aws.client("cloudformation").get_paginator("list_stack_resources").paginate(StackName=aws.stack)
    rows = [row for page in pages for row in page["StackResourceSummaries"]]
    return {row["LogicalResourceId"]: row["PhysicalResourceId"] for row in rows if row["LogicalResourceId"] in KEPT}


def clear(aws: Aws, kept: dict[str, str]) -> None:
    """Removes what a stack leaves behind."""
    bucket = boto3.resource("s3").Bucket(kept["Bucket"])
    bucket.objects.all().delete()
    bucket.delete()
    aws.client("dynamodb").delete_table(TableName=kept["Table"])
    aws.client("logs").delete_log_group(logGroupName=kept["LogGroup"])
    aws.client("sqs").delete_queue(QueueUrl=kept["DeadLetters"])
    aws.client("kms").schedule_key_deletion(KeyId=kept["SecretKey"], PendingWindowInDays=DAYS_UNTIL_A_KEY_IS_DELETED)


@contextlib.contextmanager
def emptied(aws: Aws):
    """Removes the stack and what it leaves, whatever happens."""
    kept: dict[str, str] = {}
    try:
        yield kept
    finally:
        with contextlib.suppress(botocore.exceptions.ClientError):
            kept.update(physical(aws))
        deployment.delete(aws)
        if kept:
            clear(aws, kept)


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--pawl", required=True, help="the command line to run the laptop's side with")
    arguments.add_argument("--yes", action="store_true", help="do not ask before deploying")
    options = arguments.parse_args()
    aws = Aws()
    where = f"account {account()}, {boto3.session.Session().region_name}"
    if not options.yes and input(f"Deploy the stack {aws.stack} to {where}? [y/N] ").strip().lower() != "y":
        sys.exit("error: nothing was deployed")
    with tempfile.TemporaryDirectory() as folder, emptied(aws):
        print(f"building the functions for {aws.architecture} ...", flush=True)
        deployment.build(aws)
        # A folder of the function, where nobody reads them.
        foreign.prove(aws, options.pawl, Path(folder), {"Outbox": "/tmp/outbox"}, outbox=None)
    return 0


if __name__ == "__main__":
    sys.exit(main())
