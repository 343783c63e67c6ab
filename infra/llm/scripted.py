"""A language model that answers by script, so that examples and tests need no key and no network.

    python3 infra/llm/scripted.py --port 8900 workflows/examples/agent-assessment/llm.json
    PAWL_LLM_URL=http://127.0.0.1:8900/v1 PAWL_LLM_MODEL=scripted pawl run workflows/examples/agent-assessment

It speaks OpenAI's chat completions, streamed or whole. A script is a list of rules; the first that fits answers:

    { "system": "words of the system prompt",     where absent: any
      "prompt": "words of the last prompt",       where absent: any
      "results": 1,                               how many tools have answered since the last prompt; absent: any
      "text": "what the model says",
      "calls": [{ "tool": "customer_get", "arguments": { "customerId": "c1" } }] }

It ends by itself when nobody has asked for --minutes (default 30), and listens on this machine alone.
"""

import argparse
import json
import os
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

USED = {"at": time.monotonic()}


def choose(rules, messages):
    """The first rule that fits a conversation."""
    system = " ".join(str(m.get("content")) for m in messages if m.get("role") == "system")
    results, prompt = 0, ""
    for message in messages:
        if message.get("role") == "user":
            results, prompt = 0, str(message.get("content"))
        if message.get("role") == "tool":
            results += 1
    for rule in rules:
        fits = rule.get("system", "") in system and rule.get("prompt", "") in prompt
        if fits and rule.get("results", results) == results:
            return rule
    return None


def chunks(rule, model):
    """A rule's answer in the parts of a stream."""

    def part(delta, finish=None):
        choice = {"index": 0, "delta": delta, "finish_reason": finish}
        return {"object": "chat.completion.chunk", "model": model, "choices": [choice]}

    text = rule.get("text", "")
    for start in range(0, len(text), 12):
        yield part({"content": text[start : start + 12]})
    for index, call in enumerate(rule.get("calls", [])):
        function = {"name": call["tool"], "arguments": json.dumps(call["arguments"])}
        yield part({"tool_calls": [{"index": index, "id": f"call_{index}", "type": "function", "function": function}]})
    yield part({}, "tool_calls" if rule.get("calls") else "stop")


class Model(BaseHTTPRequestHandler):
    """One request to the model."""

    protocol_version = "HTTP/1.1"
    rules: list = []
    pause = 0.0

    def do_POST(self):  # noqa: N802
        USED["at"] = time.monotonic()
        body = json.loads(self.rfile.read(int(self.headers.get("content-length", 0))))
        rule = choose(self.rules, body.get("messages", []))
        if rule is None:
            return self.whole(404, {"error": {"message": "the script has no rule for this conversation"}})
        asked = sum(len(str(m.get("content", ""))) for m in body["messages"]) // 4
        said = max(1, len(json.dumps(rule)) // 4)
        usage = {"prompt_tokens": asked, "completion_tokens": said, "total_tokens": asked + said}
        if not body.get("stream"):
            calls = [
                {
                    "id": f"call_{index}",
                    "type": "function",
                    "function": {"name": call["tool"], "arguments": json.dumps(call["arguments"])},
                }
                for index, call in enumerate(rule.get("calls", []))
            ]
            message = {"role": "assistant", "content": rule.get("text"), "tool_calls": calls}
            choice = {"index": 0, "message": message, "finish_reason": "tool_calls" if calls else "stop"}
            return self.whole(200, {"model": body["model"], "choices": [choice], "usage": usage})
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("connection", "close")
        self.end_headers()
        for chunk in chunks(rule, body["model"]):
            self.say(chunk)
            time.sleep(self.pause)
        if body.get("stream_options", {}).get("include_usage"):
            self.say({"object": "chat.completion.chunk", "model": body["model"], "choices": [], "usage": usage})
        self.wfile.write(b"data: [DONE]\n\n")
        self.close_connection = True

    def say(self, chunk):
        """Sends one part."""
        self.wfile.write(b"data: " + json.dumps(chunk).encode() + b"\n\n")
        self.wfile.flush()

    def whole(self, status, answer):
        """Sends an answer in one piece."""
        text = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *arguments):
        """Says nothing."""


def rest(minutes):
    """Ends the process when nobody asks any more."""
    while time.monotonic() - USED["at"] < minutes * 60:
        time.sleep(1)
    os._exit(0)


def main():
    parser = argparse.ArgumentParser(description="A language model that answers by script.")
    parser.add_argument("script", help="a file of rules")
    parser.add_argument("--port", type=int, default=8900)
    parser.add_argument("--pause", type=float, default=0.02, help="seconds between the parts of a stream")
    parser.add_argument("--minutes", type=float, default=30, help="end when nobody has asked for so long")
    options = parser.parse_args()
    with open(options.script, encoding="utf-8") as script:
        Model.rules = json.load(script)
    Model.pause = options.pause
    threading.Thread(target=rest, args=(options.minutes,), daemon=True).start()
    server = ThreadingHTTPServer(("127.0.0.1", options.port), Model)
    print(f"http://127.0.0.1:{server.server_port}/v1", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
