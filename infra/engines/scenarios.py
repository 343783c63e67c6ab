"""What the engines are measured with: the same machines in JSONata, and in JSONPath for the library that has only that."""

from dataclasses import dataclass, replace

CYCLES = 1000
ITEMS = 1000
RUNS = 200
STATES_OF_A_RUN = 10
RUNS_IN_A_ROW = 100


@dataclass(frozen=True)
class Scenario:
    """A machine, its input, how many executions run at once, and how many states a round enters in all."""

    name: str
    definition: dict
    input: object
    executions: int
    states: int
    # The twin in JSONPath.
    paths: dict
    # How often that is done in a round, each time after the one before has ended.
    times: int = 1


def machine(language: str, states: dict) -> dict:
    return {"QueryLanguage": language, "StartAt": next(iter(states)), "States": states}


def cycle() -> Scenario:
    again = [{"Condition": "{% $count < " + str(CYCLES) + " %}", "Next": "count"}]
    by_path = [{"Variable": "$.count", "NumericLessThan": CYCLES, "Next": "count"}]
    return Scenario(
        f"a cycle of {CYCLES:,} turns",
        machine("JSONata", {
            "begin": {"Type": "Pass", "Assign": {"count": 0}, "Next": "more"},
            "more": {"Type": "Choice", "Choices": again, "Default": "end"},
            "count": {"Type": "Pass", "Assign": {"count": "{% $count + 1 %}"}, "Next": "more"},
            "end": {"Type": "Succeed"},
        }),
        {}, 1, 2 * CYCLES + 3,
        machine("JSONPath", {
            "begin": {"Type": "Pass", "Result": {"count": 0}, "Next": "more"},
            "more": {"Type": "Choice", "Choices": by_path, "Default": "end"},
            "count": {"Type": "Pass", "Parameters": {"count.$": "States.MathAdd($.count, 1)"}, "Next": "more"},
            "end": {"Type": "Succeed"},
        }),
    )


def items() -> Scenario:
    return Scenario(
        f"a Map over {ITEMS:,} items",
        machine("JSONata", {
            "map": {
                "Type": "Map",
                "Items": "{% $states.input.items %}",
                "ItemProcessor": {
                    "StartAt": "double",
                    "States": {"double": {"Type": "Pass", "Output": "{% $states.input * 2 %}", "End": True}},
                },
                "End": True,
            }
        }),
        {"items": list(range(1, ITEMS + 1))}, 1, ITEMS + 1,
        machine("JSONPath", {
            "map": {
                "Type": "Map",
                "ItemsPath": "$.items",
                "ItemProcessor": {
                    "StartAt": "double",
                    "States": {
                        "double": {
                            "Type": "Pass", "Parameters": {"double.$": "States.MathAdd($, $)"}, "OutputPath": "$.double", "End": True,
                        }
                    },
                },
                "End": True,
            }
        }),
    )


def runs() -> Scenario:
    def machine_of(language: str, fields: dict) -> dict:
        names = [f"step {number}" for number in range(1, STATES_OF_A_RUN + 1)]
        following = [{"Next": name} for name in names[1:]] + [{"End": True}]
        return machine(language, {name: {"Type": "Pass", **fields, **then} for name, then in zip(names, following)})

    return Scenario(
        f"{RUNS} runs of {STATES_OF_A_RUN} states at once",
        machine_of("JSONata", {"Output": "{% {'count': $states.input.count + 1} %}"}),
        {"count": 0}, RUNS, RUNS * STATES_OF_A_RUN,
        machine_of("JSONPath", {"Parameters": {"count.$": "States.MathAdd($.count, 1)"}}),
    )


def one() -> Scenario:
    return Scenario(
        "one run of one Pass",
        machine("JSONata", {"only": {"Type": "Pass", "End": True}}),
        {"hello": "you"}, 1, 1,
        machine("JSONPath", {"only": {"Type": "Pass", "End": True}}),
    )


def row() -> Scenario:
    return replace(one(), name=f"{RUNS_IN_A_ROW} runs of one Pass, one after the other", states=RUNS_IN_A_ROW, times=RUNS_IN_A_ROW)


ALL = [cycle(), items(), runs(), one(), row()]
