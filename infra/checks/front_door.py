"""What a user does with a deployment, over HTTP alone: publishes, starts runs in every way, watches, decides, cancels."""

import hashlib
import hmac
import json
import sys
import time
from collections.abc import Callable

from deployment import Deployment, Site
from project import EXAMPLES
from serving import Api

SECONDS_TO_HAPPEN = 120
# A schedule of every minute fires within one, and Scheduler has another to be there.
SECONDS_TO_FIRE = 150


def tell(name: str, trigger: dict) -> dict:
    """A workflow that says how it was started."""
    return {
        "name": name,
        "steps": [
            {"stepSlug": "begin", "stepType": "trigger", "config": trigger, "nextSteps": {"success": "tell"}},
            {"stepSlug": "tell", "stepType": "output", "config": {"mapping": {"input": "{{input}}", "kind": "{{trigger.type}}"}}},
        ],
    }


LOOP = {
    "name": "Add up",
    "steps": [
        {"stepSlug": "zero", "stepType": "action", "config": {"type": "set_variables", "variables": {"sum": 0}}, "nextSteps": {"success": "each"}},
        {"stepSlug": "each", "stepType": "loop", "config": {"items": "{{input.numbers}}", "itemVariable": "number"}, "nextSteps": {"next": "add", "done": "tell"}},
        {"stepSlug": "add", "stepType": "action", "config": {"type": "set_variables", "variables": {"sum": "{{variables.sum + number}}"}}, "nextSteps": {"success": "each"}},
        {"stepSlug": "tell", "stepType": "output", "config": {"mapping": {"sum": "{{variables.sum}}"}}},
    ],
}

ASK = {
    "name": "Ask first",
    "steps": [
        {"stepSlug": "ask", "stepType": "approval", "config": {"message": "Go on?"}, "nextSteps": {"approved": "tell", "rejected": "tell"}},
        {"stepSlug": "tell", "stepType": "output", "config": {"mapping": {"decision": "{{steps.ask.output.decision}}"}}},
    ],
}

MODEL = {
    "name": "Ask a model",
    "steps": [
        {"stepSlug": "say", "stepType": "llm", "config": {"systemPrompt": "You answer customers of a small web shop.", "userPrompt": "{{input.question}}"}, "nextSteps": {"success": "tell"}},
        {"stepSlug": "tell", "stepType": "output", "config": {"mapping": {"said": "{{steps.say.output}}"}}},
    ],
}

FAIL = {
    "name": "Look for nobody",
    "config": {"onError": "Tell somebody"},
    "steps": [
        {"stepSlug": "find", "stepType": "action", "config": {"type": "customer", "operation": "get_by_id", "parameters": {"customerId": "nobody"}}, "nextSteps": {"success": "end"}},
    ],
}

WAIT = {
    "name": "Wait long",
    "steps": [
        {"stepSlug": "wait", "stepType": "delay", "config": {"minutes": 10}, "nextSteps": {"success": "tell"}},
        {"stepSlug": "tell", "stepType": "output", "config": {"mapping": {"over": True}}},
    ],
}


class Visitor(Api):
    """Somebody with a key of a deployment."""

    def __init__(self, aws: Site, stack: Deployment, key: str):
        super().__init__(aws.api(stack.api_url), key)
        self.aws, self.stack = aws, stack

    def send(self, *asked) -> tuple:
        # A deployment may have closed a connection that rested.
        self.connection.close()
        return super().send(*asked)

    def execute(self, workflow: str, body: dict | None = None) -> str:
        return self.ask(202, "POST", f"/api/workflows/{workflow}/execute", body or {})["execution_id"]

    def first_run(self, workflow: str, seconds: int = SECONDS_TO_HAPPEN) -> dict:
        """The first run of a workflow that something else starts."""
        path = f"/api/executions?workflow_id={workflow}"
        found = until(lambda: self.ask(200, "GET", path)["items"], f"a run of {workflow}", seconds)
        return self.ended(found[0]["id"], SECONDS_TO_HAPPEN)

    def delivered(self, body: bytes, status: int, headers: dict[str, str]) -> dict:
        """What a webhook is answered with."""
        typed = {"content-type": "application/json", **headers}
        got, answer = self.send("POST", "/webhooks/new-order", body, typed)
        want("the answer to a delivery", got, status)
        return answer


def until(happened: Callable, what: str, seconds: int = SECONDS_TO_HAPPEN):
    deadline = time.monotonic() + seconds
    while not (found := happened()):
        if time.monotonic() > deadline:
            sys.exit(f"error: {what} did not come within {seconds} seconds")
        time.sleep(0.3)
    return found


def want(what: str, found, expected) -> None:
    if found != expected:
        sys.exit(f"error: {what} is {json.dumps(found)} and not {json.dumps(expected)}")


def first_key(aws: Site, stack: Deployment) -> Visitor:
    """The first key, which the function itself makes for whoever may invoke it."""
    asked = json.dumps({"make_key": {"name": "the check", "role": "admin"}}).encode()
    answer = aws.client("lambda").invoke(FunctionName=stack.api, Payload=asked)
    made = json.load(answer["Payload"])
    if "FunctionError" in answer:
        sys.exit(f"error: the API made no key: {made}")
    return Visitor(aws, stack, made["key"])


def by_request(api: Visitor) -> str:
    run = api.ended(api.execute(api.publish(LOOP), {"input": {"numbers": [1, 2, 39]}}))
    want("the sum", run["result"], {"sum": 42})
    return "a loop, by POST /execute"


def by_webhook(api: Visitor) -> str:
    trigger = {"type": "webhook", "path": "/new-order", "verify": {"provider": "github"}}
    workflow = api.publish(tell("Take orders", trigger))
    api.ask(200, "POST", f"/api/webhooks/{workflow}/secret", {"secret": "a secret of the shop"})
    body = json.dumps({"order": 7}).encode()
    signature = hmac.new(b"a secret of the shop", body, hashlib.sha256).hexdigest()
    signed = {"x-hub-signature-256": f"sha256={signature}", "x-github-delivery": "delivery-1"}
    accepted = api.delivered(body, 202, signed)
    again = api.delivered(body, 200, signed)
    want("the run of a delivery that came twice", again["execution_id"], accepted["execution_id"])
    api.delivered(body, 401, {"x-hub-signature-256": "sha256=00"})
    want("what the webhook brought", api.ended(accepted["execution_id"])["result"]["input"], {"order": 7})
    return "a signed webhook, delivered twice, and refused with a wrong signature"


def by_schedule(api: Visitor) -> str:
    workflow = api.publish(tell("Tick", {"type": "schedule", "schedule": "* * * * *"}))
    want("the kind of the run", api.first_run(workflow, SECONDS_TO_FIRE)["result"]["kind"], "schedule")
    api.ask(200, "POST", f"/api/workflows/{workflow}/archive")
    return "a schedule, `* * * * *`"


def by_event(api: Visitor) -> str:
    workflow = api.publish(tell("Hear of orders", {"type": "event", "eventType": "order.paid"}))
    detail = json.dumps({"order": "o-1"})
    entry = {"Source": "shop", "DetailType": "order.paid", "Detail": detail, "EventBusName": "default"}
    put = api.aws.client("events").put_events(Entries=[entry])
    want("failed entries", put["FailedEntryCount"], 0)
    want("what the event brought", api.first_run(workflow)["result"]["input"], {"order": "o-1"})
    return "an event of another system, by PutEvents"


def asked_of_a_model(api: Visitor) -> str:
    """By the scripted model, wherever it stands in for one."""
    run = api.ended(api.execute(api.publish(MODEL), {"input": {"question": "Do you have the shoes in 43?"}}))
    want("how it ended", run["status"], "completed")
    want("the begin of the answer", run["result"]["said"][:9], "Of course")
    return "a question to a language model"


def approved(api: Visitor) -> str:
    run = api.execute(api.publish(ASK))
    decide(api, run)
    return "an approval, decided by the API"


def decide(api: Visitor, run: str) -> None:
    def asked() -> list:
        items = api.ask(200, "GET", "/api/approvals?status=pending")["items"]
        return [item for item in items if item["execution_id"] == run]

    approval = until(asked, f"what {run} asks")[0]
    api.ask(200, "POST", f"/api/approvals/{approval['id']}", {"decision": "approved"})
    want("the decision", api.ended(run)["result"], {"decision": "approved"})


def followed(api: Visitor) -> str:
    run = api.execute("add_up", {"input": {"numbers": [1, 2]}})
    token = api.ask(201, "POST", f"/api/executions/{run}/stream-token")
    status, text = streamed(api, token["url"])
    want("the stream's status", status, 200)
    names = [line.removeprefix("event: ") for line in text.splitlines() if line.startswith("event: ")]
    want("the first and the last event", [names[0], names[-1]], ["connected", "complete"])
    want("what no token opens", streamed(api, f"/api/executions/{run}/stream?token=x")[0], 401)
    return f"a stream of {len(names)} events, by its own address"


def streamed(api: Visitor, url: str) -> tuple:
    """What a stream says, at the address that it has here."""
    return Api(api.aws.stream(api.stack.stream_url), api.key).send("GET", url[url.index("/api/"):])


def failed(api: Visitor) -> str:
    follower = api.publish(tell("Tell somebody", {"type": "manual"}))
    run = api.ended(api.execute(api.publish(FAIL)))
    want("how it ended", [run["status"], run["error"]["step"]], ["failed", "find"])
    want("what followed it", api.first_run(follower)["status"], "completed")
    return "a failure, and what follows it by onError"


def cancelled(api: Visitor) -> str:
    run = api.execute(api.publish(WAIT))
    # A task that is on its way would end the execution before it is stopped.
    steps = f"/api/executions/{run}/steps"
    until(lambda: any(step["step_id"] == "wait" for step in api.ask(200, "GET", steps)), f"the wait of {run}")
    api.ask(200, "POST", f"/api/executions/{run}/cancel")
    want("how it ended", api.ended(run)["status"], "cancelled")
    return "a run that was cancelled while it waited"


def brought_as_code(api: Visitor) -> str:
    """The API publishes what the stack has brought: the machine is the same, byte for byte.

    AWS gives the version that it has of the same machine; MiniStack makes another.
    """
    describe = api.aws.client("stepfunctions").describe_state_machine
    example = "paging"
    brought = describe(stateMachineArn=api.stack.machines[example])
    workflow = api.publish(json.loads((EXAMPLES / example / "workflow.json").read_text()))
    versions = api.ask(200, "GET", f"/api/workflows/{workflow}/machine-versions")
    published = describe(stateMachineArn=versions[0]["machine"])
    same = [published[field] == brought[field] for field in ("name", "definition", "roleArn")]
    want("whether name, definition and role are those of the stack", same, [True, True, True])
    return "a workflow that the stack brought, published by the API"


def kept(api: Visitor) -> str:
    """Published again, a workflow has a version that new runs begin with, and one that stays for an hour."""
    path = "/api/workflows/add_up"
    changed = json.loads(json.dumps(LOOP))
    changed["steps"][0]["config"]["variables"]["sum"] = 1
    api.ask(200, "PUT", path, changed)
    api.ask(200, "POST", f"{path}/publish")
    versions = api.ask(200, "GET", f"{path}/machine-versions")
    want("why versions are kept", [version["kept"].split()[0] for version in versions], ["new", "it"])
    want("what nothing needs", api.ask(200, "DELETE", f"{path}/machine-versions"), [])
    return "what is kept of a workflow that was published twice"


def visit(aws: Site, stack: Deployment) -> Visitor:
    """Does everything once, and says how long it took."""
    api = first_key(aws, stack)
    want("who asks", api.ask(200, "GET", "/api/me")["role"], "admin")
    acts = [brought_as_code, by_request, by_webhook, by_event, approved, followed, failed, cancelled, kept, by_schedule]
    for act in [*acts, asked_of_a_model] if aws.has_model else acts:
        begun = time.monotonic()
        done = act(api)
        print(f"{time.monotonic() - begun:7.1f} s  {done}", flush=True)
    return api
