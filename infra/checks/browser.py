"""A page in Chromium watches a run of `pawl dev` with EventSource, by a token in the address.

    python3 infra/checks/browser.py --pawl target/debug/pawl [--chromium /usr/bin/chromium]

The page is served here, at another origin than the API. It starts the run, watches it, is cut off once on the way
(by a proxy here that closes the first stream in the middle) and reports every event that it got.
"""

import argparse
import http.server
import json
import shutil
import subprocess
import sys
import tempfile
import threading
import urllib.error
import urllib.request

PAGE = """<!doctype html><title>Watch</title><script type="module">
const api = %(api)s, key = %(key)s, workflow = %(workflow)s;
const got = [];
const done = (how) => fetch("/done", { method: "POST", body: JSON.stringify({ how, got }) });
const ask = async (path) => {
  const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" };
  return (await fetch(api + path, { method: "POST", headers, body: path.endsWith("execute") ? "{}" : undefined })).json();
};
try {
  const { execution_id } = await ask(`/api/workflows/${workflow}/execute`);
  const { token } = await ask(`/api/executions/${execution_id}/stream-token`);
  // By way of the server of this page, which hangs up once.
  const eventSource = new EventSource(`/api/executions/${execution_id}/stream?token=${token}`);
  for (const name of ["status", "step_start", "step_complete", "delta", "error"]) {
    eventSource.addEventListener(name, (event) => {
      if (event.data) got.push([event.lastEventId, name]);
    });
  }
  eventSource.addEventListener("complete", async (event) => {
    got.push([event.lastEventId, "complete"]);
    eventSource.close();
    // Once more, straight from the API's own origin.
    const again = new EventSource(`${api}/api/executions/${execution_id}/stream?token=${token}`);
    again.addEventListener("complete", (event) => {
      again.close();
      done(JSON.parse(event.data));
    });
    again.onerror = () => done("the API's own stream failed");
  });
} catch (error) {
  done(String(error));
}
</script>"""

WORKFLOW = {
    "name": "Watched",
    "steps": [
        {"stepSlug": "pause", "stepType": "delay", "config": {"seconds": 2}, "nextSteps": {"success": "say"}},
        {"stepSlug": "say", "stepType": "output", "config": {"mapping": {"text": "Done"}}},
    ],
}


def ask(api, key, path, body=None):
    """The answer of the API."""
    data = None if body is None else json.dumps(body).encode()
    headers = {"authorization": f"Bearer {key}", "content-type": "application/json"}
    request = urllib.request.Request(api + path, data, headers, method="POST")
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)


class Server(http.server.ThreadingHTTPServer):
    """Serves the page, passes streams on, and takes what the page reports."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.api, self.page, self.reported = "", "", None
        self.is_reported, self.resumed_by = threading.Event(), []


class Handler(http.server.BaseHTTPRequestHandler):
    """One request of the page."""

    def log_message(self, *_):
        """Says nothing."""

    def do_GET(self):
        """The page, or a stream."""
        if not self.path.startswith("/api/"):
            self.answer(200, "text/html", self.server.page.encode())
            return
        last = self.headers.get("last-event-id")
        self.server.resumed_by.append(last)
        headers = {"last-event-id": last} if last else {}
        request = urllib.request.Request(self.server.api + self.path, headers=headers)
        try:
            upstream = urllib.request.urlopen(request, timeout=60)
        except urllib.error.HTTPError as error:
            self.answer(error.code, "application/json", error.read())
            return
        with upstream:
            self.send_response(200)
            self.send_header("content-type", upstream.headers["content-type"])
            self.end_headers()
            events = 0
            for line in upstream:
                self.wfile.write(line)
                self.wfile.flush()
                events += line == b"\n"
                # The first time, after a few events, the connection breaks.
                if not last and events == 4:
                    return

    def do_POST(self):
        """What the page reports."""
        length = int(self.headers["content-length"])
        self.server.reported = json.loads(self.rfile.read(length))
        self.answer(200, "text/plain", b"")
        self.server.is_reported.set()

    def answer(self, status, kind, body):
        """Answers with a body."""
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def main():
    """Exits with 1 where the page did not get what it should."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pawl", default="target/debug/pawl")
    parser.add_argument("--chromium", default=shutil.which("chromium") or shutil.which("chromium-browser"))
    options = parser.parse_args()
    if not options.chromium:
        sys.exit("there is no Chromium: install Debian's package `chromium`, or name one with `--chromium`")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        command = [options.pawl, "dev", "--port", "0", "--api-port", "0", "--state", f"{folder}/state", "--json"]
        pawl = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        server = Server()
        browser = None
        try:
            said = json.loads(pawl.stdout.readline())
            api, key = said["api"], said["key"]
            workflow = ask(api, key, "/api/workflows", WORKFLOW)["id"]
            ask(api, key, f"/api/workflows/{workflow}/publish")
            server.api = api
            texts = {"api": api, "key": key, "workflow": workflow}
            server.page = PAGE % {name: json.dumps(text) for name, text in texts.items()}
            threading.Thread(target=server.serve_forever, daemon=True).start()
            quiet = "no-sandbox disable-gpu disable-quic no-first-run disable-background-networking"
            quiet += " disable-component-update disable-sync disable-dev-shm-usage"
            browser = subprocess.Popen(
                [options.chromium, "--headless", *(f"--{name}" for name in quiet.split())]
                + [f"--user-data-dir={folder}/profile", f"http://127.0.0.1:{server.server_port}/"],
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            if not server.is_reported.wait(120):
                sys.exit("the page reported nothing within two minutes")
        finally:
            for process in filter(None, (browser, pawl)):
                process.terminate()
                process.wait(30)
            server.shutdown()
        check(server)


def check(server):
    """Holds what the page got against what it should get."""
    how, got = server.reported["how"], server.reported["got"]
    ids = [int(number) for number, _ in got]
    names = [name for _, name in got]
    if not isinstance(how, dict) or how["result"] != {"text": "Done"}:
        sys.exit(f"the page got {how}, after {got}")
    if ids != list(range(1, len(ids) + 1)) or names[-1] != "complete":
        sys.exit(f"the page got these events: {got}")
    if len(server.resumed_by) < 2 or not server.resumed_by[1]:
        sys.exit(f"the page did not resume: {server.resumed_by}")
    print(f"a page got {len(ids)} events, each once: {', '.join(names)}; cut off behind {server.resumed_by[1]}")


if __name__ == "__main__":
    main()
