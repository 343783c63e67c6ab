"""A client that costs next to nothing, so that what is measured is the server: requests as boto3 makes them, by hand."""

import http.client
import json
import socket
import threading
import time
import uuid
from urllib.parse import urlsplit

# Nobody here checks signatures; MiniStack and moto read the service and the region from it.
SIGNATURE = "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/states/aws4_request, SignedHeaders=host, Signature=0"
HEADERS = {"Content-Type": "application/x-amz-json-1.0", "Authorization": SIGNATURE, "X-Amz-Date": "20260101T000000Z"}


class Wire:
    """Step Functions at an endpoint; one open connection per thread."""

    def __init__(self, endpoint: str):
        place = urlsplit(endpoint)
        self.host, self.port = place.hostname, place.port
        self.open = threading.local()

    def connection(self) -> http.client.HTTPConnection:
        if not hasattr(self.open, "connection"):
            made = http.client.HTTPConnection(self.host, self.port, timeout=120)
            made.connect()
            made.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.open.connection = made
        return self.open.connection

    def ask(self, operation: str, body: dict) -> dict:
        headers = {**HEADERS, "X-Amz-Target": f"AWSStepFunctions.{operation}"}
        connection = self.connection()
        try:
            connection.request("POST", "/", json.dumps(body).encode(), headers)
            response = connection.getresponse()
            text = response.read()
        except (http.client.HTTPException, ConnectionError):
            # A server may close what it has answered on; asking twice is safe, since executions are named.
            del self.open.connection
            connection = self.connection()
            connection.request("POST", "/", json.dumps(body).encode(), headers)
            response = connection.getresponse()
            text = response.read()
        if response.status != 200:
            raise RuntimeError(f"{operation}: {response.status} {text.decode(errors='replace')}")
        return json.loads(text)

    def start(self, machine: str, data) -> str:
        body = {"stateMachineArn": machine, "name": str(uuid.uuid4()), "input": json.dumps(data)}
        return self.ask("StartExecution", body)["executionArn"]

    def await_end(self, execution: str, seconds: float, pause: float) -> dict:
        deadline = time.monotonic() + seconds
        while True:
            described = self.ask("DescribeExecution", {"executionArn": execution})
            if described["status"] != "RUNNING" or time.monotonic() > deadline:
                return described
            time.sleep(pause)
