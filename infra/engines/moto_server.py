"""Serves moto with JSONata in Python and with the stand-in for every function; runs in moto's own environment.

    .tools/moto/bin/python infra/engines/moto_server.py PORT

Moto evaluates JSONata in a Java machine and runs Lambda functions in Docker; this machine has neither. An expression that
fails is `States.QueryEvaluationError`, as AWS has it, which moto leaves to its bridge.
"""

import json
import logging
import sys
from pathlib import Path

import jsonata
from jsonata.utils import Utils
from moto.server import main
from moto.stepfunctions.parser.api import EvaluationFailedEventDetails, HistoryEventType
from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import FailureEvent, FailureEventException
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name import StatesErrorName
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name_type import StatesErrorNameType
from moto.stepfunctions.parser.asl.component.common.string.string_expression import StringJSONata
from moto.stepfunctions.parser.asl.component.state.exec.state_task import lambda_eval_utils
from moto.stepfunctions.parser.asl.eval.event.event_detail import EventDetails
from moto.stepfunctions.parser.asl.jsonata import jsonata as bridge

sys.path.insert(0, str(Path(__file__).resolve().parent))
import stand_in


def evaluate(expression: str):
    """A value as moto's own bridge gives it: JSON, read back."""
    try:
        value = jsonata.Jsonata.jsonata(expression).evaluate(None)
        return json.loads(json.dumps(value, default=plain))
    except Exception as error:
        raise bridge.JSONataException("UNKNOWN", str(error)) from error


def plain(value):
    return None if value is Utils.NULL_VALUE else str(value)


evaluate_body = StringJSONata._eval_body


def evaluate_or_fail(self, env) -> None:
    try:
        evaluate_body(self, env)
    except bridge.JSONataException as error:
        name = StatesErrorName(typ=StatesErrorNameType.StatesQueryEvaluationError)
        details = EventDetails(evaluationFailedEventDetails=EvaluationFailedEventDetails(cause=error.details, error=name.error_name))
        event = FailureEvent(env=env, error_name=name, event_type=HistoryEventType.EvaluationFailed, event_details=details)
        raise FailureEventException(failure_event=event) from error


def invoke(parameters: dict, region: str, state_credentials) -> dict:
    return stand_in.invoke(parameters)


bridge._eval_jsonata = evaluate
StringJSONata._eval_body = evaluate_or_fail
lambda_eval_utils._invoke_lambda_function = invoke
# One line for each request would be most of what it does.
logging.getLogger("werkzeug").setLevel(logging.ERROR)
main(["-H", "127.0.0.1", "-p", sys.argv[1]])
