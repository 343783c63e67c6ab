"""Runs and business records as they lie in the table: the items of the store, read from outside."""

import json
import time

from boto3.dynamodb.types import TypeDeserializer

from deployment import Deployment, Site

READ = TypeDeserializer().deserialize


class Table:
    """The deployed table, for one organisation."""

    def __init__(self, aws: Site, deployment: Deployment, org: str):
        self.dynamodb = aws.client("dynamodb")
        self.s3 = aws.client("s3")
        self.deployment = deployment
        self.org = org

    def load(self, data: dict[str, list[dict]]) -> None:
        """Puts business records where the functions look for them."""
        now = int(time.time() * 1000)
        for collection, records in data.items():
            for given in records:
                # One that does not say when it was made is made now, as on a laptop.
                record = {**given, "_creationTime": given.get("_creationTime", now)}
                item = {
                    "pk": {"S": f"{self.org}#{collection}"},
                    "sk": {"S": record["_id"]},
                    "value": {"S": json.dumps(record)},
                    "version": {"N": "1"},
                }
                self.dynamodb.put_item(TableName=self.deployment.table, Item=item)

    def run(self, run: str) -> dict:
        key = {"pk": {"S": f"{self.org}#{run}"}, "sk": {"S": "run"}}
        item = self.dynamodb.get_item(TableName=self.deployment.table, Key=key, ConsistentRead=True)["Item"]
        return {name: READ(attribute) for name, attribute in item.items()}

    def records(self, run: str) -> list[dict]:
        """Every record of a run, in the order of `at`, with the names that `pawl run --json` gives its fields."""
        pages = self.dynamodb.get_paginator("query").paginate(
            TableName=self.deployment.table,
            KeyConditionExpression="pk = :run AND begins_with(sk, :records)",
            ExpressionAttributeValues={":run": {"S": f"{self.org}#{run}"}, ":records": {"S": "r#"}},
            ConsistentRead=True,
        )
        return [self.record(item) for page in pages for item in page["Items"]]

    def record(self, item: dict) -> dict:
        plain = {name: READ(attribute) for name, attribute in item.items()}
        return {
            "step": plain["step"],
            "kind": plain.get("kind"),
            "at": plain["at"],
            "iteration": json.loads(plain["iteration"]),
            "status": plain["status"],
            "attempts": int(plain["attempts"]),
            "port": plain.get("port"),
            "input": self.value(plain["input"]),
            "output": self.value(plain["output"]),
            "error": json.loads(plain.get("error", "null")),
        }

    def value(self, stored):
        """A value from its JSON text, or from S3 where it was too large for the item."""
        if isinstance(stored, str):
            return json.loads(stored)
        return json.load(self.s3.get_object(Bucket=self.deployment.bucket, Key=stored["key"])["Body"])
