"""The function that stands in for every Task: what its payload says, it returns or raises.

    {"return": 7}                                        the answer is 7
    {"raise": {"error": "Broken", "message": "why"}}     the function fails with that name

It runs as a real bootstrap over the Lambda Runtime API where an engine starts functions, and is called where it does not.
"""

import io
import json
import sys
import zipfile

NAME = "stand-in"


class Raised(Exception):
    """What a payload asked to raise."""

    def __init__(self, error: str, message: str):
        super().__init__(message)
        self.body = {"errorMessage": message, "errorType": error}


def answer(payload):
    """The result of a call, or an error. A payload that raises null does not raise."""
    if isinstance(payload, dict) and payload.get("raise") is not None:
        wanted = payload["raise"]
        raise Raised(wanted["error"], wanted.get("message", ""))
    return payload.get("return") if isinstance(payload, dict) else payload


BOOTSTRAP = """#!{python}
import http.client, json, os
connection = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
ROOT = "/2018-06-01/runtime/invocation/"
while True:
    connection.request("GET", ROOT + "next")
    response = connection.getresponse()
    id = response.getheader("Lambda-Runtime-Aws-Request-Id")
    payload = json.loads(response.read())
    wanted = payload.get("raise") if isinstance(payload, dict) else None
    if wanted is not None:
        place, headers = "/error", {{"Lambda-Runtime-Function-Error-Type": wanted["error"]}}
        body = {{"errorMessage": wanted.get("message", ""), "errorType": wanted["error"]}}
    else:
        place, headers = "/response", {{}}
        body = payload.get("return") if isinstance(payload, dict) else payload
    connection.request("POST", ROOT + id + place, json.dumps(body), headers)
    connection.getresponse().read()
"""


def package() -> bytes:
    """The zip file that CreateFunction takes."""
    file = zipfile.ZipInfo("bootstrap")
    # Lambda runs the file as it is, so it must come out of the archive as a program.
    file.external_attr = 0o755 << 16
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(file, BOOTSTRAP.format(python=sys.executable))
    return packed.getvalue()


def invoke(parameters: dict) -> dict:
    """What Lambda's Invoke gives to a Task, for an engine that is handed its functions."""
    payload = parameters.get("Payload", b"{}")
    try:
        return {"ExecutedVersion": "$LATEST", "Payload": answer(json.loads(payload)), "StatusCode": 200}
    except Raised as raised:
        return {"FunctionError": "Unhandled", "Payload": raised.body, "StatusCode": 200}
