"""PyPI `sfnx.testing` behind JSON lines: it runs machines in its own process, and keeps nothing.

    .tools/sfnx/bin/python infra/engines/sfnx_engine.py

A line `{definition, input, name, execution, executions}` is answered by `{status, output, error, cause, states, seconds}`,
or by `{refused}`.
"""

import json
import sys
import time
from pathlib import Path

from sfnx import testing

sys.path.insert(0, str(Path(__file__).resolve().parent))
import stand_in


def task(call: testing.Call):
    answer = stand_in.invoke({"Payload": json.dumps(call.arguments["Payload"])})
    if "FunctionError" in answer:
        raise testing.Failure(answer["Payload"]["errorType"], json.dumps(answer["Payload"]))
    return answer


make_context = testing.execution_context
# It gives every execution the same names; here the machine's own count.
names = {}


def named_context(*given) -> dict:
    context = make_context(*given)
    context["StateMachine"]["Name"] = names.get("machine")
    context["Execution"]["Name"] = names.get("execution")
    return context


testing.execution_context = named_context


def run(question: dict) -> dict:
    names.update(machine=question.get("name"), execution=question.get("execution"))
    begun = time.perf_counter()
    try:
        # It has no executions at once: they run one after the other.
        for _ in range(question.get("executions", 1)):
            execution = testing.run(question["definition"], question["input"], task)
    except (testing.Unsupported, testing.InvalidDefinition) as error:
        return {"refused": str(error)}
    except Exception as error:
        # A fault of its own, such as an error of Python.
        return {"status": "FAILED", "output": None, "error": type(error).__name__, "cause": f"fault: {error}"}
    answer = {"seconds": time.perf_counter() - begun, "states": list(execution.states)}
    try:
        return {**answer, "status": "SUCCEEDED", "output": execution.output, "error": None, "cause": None}
    except testing.Failure as failure:
        return {**answer, "status": "FAILED", "output": None, "error": failure.error, "cause": failure.cause}


for line in sys.stdin:
    print(json.dumps(run(json.loads(line))), flush=True)
