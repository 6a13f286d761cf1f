"""Writes what botocore says of Kinesis: names and members of all actions, limits, errors, paginators,
waiters, and endpoints that its own resolver finds.

    python3 -m venv .venv && .venv/bin/pip install botocore
    .venv/bin/python tests/interop/model/generate.py tests/interop/model
    deno fmt tests/interop/model

Writes model.json, endpoints.json and model_types.ts. With --check, writes nothing and exits with 1
if the installed botocore says something else than the files.
"""

import itertools
import json
import os
import sys

import botocore
import botocore.loaders
from botocore.endpoint_provider import EndpointProvider
from botocore.exceptions import BotoCoreError

VERSION = "2013-12-02"
ACCOUNT = "123456789012"
REGIONS = [
    "us-east-1",
    "eu-central-1",
    "cn-north-1",
    "us-gov-west-1",
    "us-iso-east-1",
    "us-isob-east-1",
    "eu-isoe-west-1",
    "eusc-de-east-1",
]


def load():
    loader = botocore.loaders.Loader()
    parts = {
        name: loader.load_service_model("kinesis", name, VERSION)
        for name in ["service-2", "endpoint-rule-set-1", "paginators-1", "waiters-2"]
    }
    parts["partitions"] = loader.load_data("partitions")
    return parts


def actions_of(service):
    shapes = service["shapes"]
    actions = {}
    for name, operation in sorted(service["operations"].items()):
        static = operation.get("staticContextParams", {})
        members = shapes[operation["input"]["shape"]]["members"] if "input" in operation else {}
        actions[name] = {
            "errors": sorted(error["shape"] for error in operation.get("errors", [])),
            "operationType": static.get("OperationType", {}).get("value"),
            "resourceType": static.get("ResourceType", {}).get("value"),
            "endpointMembers": sorted(
                member for member, ref in members.items() if "contextParam" in ref
            ),
        }
    return actions


def limits_of(service):
    limits = {}
    for name, shape in sorted(service["shapes"].items()):
        limit = {key: shape[key] for key in ("min", "max") if key in shape}
        if limit:
            limits[name] = limit
    return limits


def type_of(service, name, path, lines):
    shape = service["shapes"][name]
    kind = shape["type"]
    if kind == "structure":
        if name not in lines:
            lines[name] = None
            required = shape.get("required", [])
            body = []
            for member, ref in shape["members"].items():
                mark = "" if member in required else "?"
                body.append(f"  {member}{mark}: {type_of(service, ref['shape'], path + [name], lines)};")
            lines[name] = body
        return f"{name}Shape"
    if kind == "list":
        return f"Array<{type_of(service, shape['member']['shape'], path, lines)}>"
    if kind == "map":
        return "Record<string, string>"
    if "enum" in shape:
        return " | ".join(json.dumps(value) for value in shape["enum"])
    return {
        "string": "string",
        "integer": "number",
        "long": "number",
        "double": "number",
        "float": "number",
        "boolean": "boolean",
        "timestamp": "Date",
        "blob": "Uint8Array<ArrayBuffer>",
    }[kind]


def types_of(service):
    lines = {}
    actions = []
    for name, operation in sorted(service["operations"].items()):
        pair = []
        for side in ("input", "output"):
            if side in operation:
                pair.append(type_of(service, operation[side]["shape"], [], lines))
            else:
                pair.append("EmptyShape")
        actions.append(f"  {name}: {{ input: {pair[0]}; output: {pair[1]} }};")
    text = [
        "/** Written by generate.py from botocore. The shapes of all actions of Kinesis. */",
        "",
        "type EmptyShape = Record<never, never>;",
        "",
    ]
    for name, body in sorted(lines.items()):
        if body:
            text += [f"interface {name}Shape {{", *body, "}", ""]
        else:
            text += [f"type {name}Shape = EmptyShape;", ""]
    text += ["/** Input and output of each action. */", "export interface Model {", *actions, "}", ""]
    return "\n".join(text)


def targets(region, partition):
    def arn(resource):
        return f"arn:{partition}:kinesis:{region}:{ACCOUNT}:{resource}"

    stream = arn("stream/orders")
    queue = arn("queue/q-0123abcd")
    of_queue = {"ResourceType": "queue"}
    return [
        {},
        {"StreamARN": stream},
        {"ConsumerARN": arn("stream/orders/consumer/app:1700000000")},
        {"ResourceARN": stream},
        {"ResourceARN": arn("channel/c-0123")},
        {"ResourceARN": queue},
        {"ResourceARN": arn("queue/a.b")},
        {"ResourceARN": arn("queue")},
        {"ResourceARN": arn("topic/x")},
        {"ChannelARN": arn("channel/c-0123"), "OperationType": "control"},
        {"ChannelARN": arn("channel/c.0123"), "OperationType": "control"},
        {"ChannelARN": stream, "OperationType": "control"},
        {**of_queue},
        {**of_queue, "QueueARN": queue},
        {**of_queue, "QueueARN": queue, "AccountId": ACCOUNT},
        {**of_queue, "QueueARN": arn("queue/a_b")},
        {**of_queue, "QueueARN": arn("queue")},
        {**of_queue, "QueueARN": stream},
        {**of_queue, "QueueARN": queue.replace(":kinesis:", ":sqs:")},
        {**of_queue, "QueueARN": queue.replace(ACCOUNT, "")},
        {**of_queue, "QueueARN": queue.replace(f"arn:{partition}", "arn:aws-other")},
        {**of_queue, "QueueARN": "nonsense"},
        {**of_queue, "AccountId": ACCOUNT},
        {**of_queue, "AccountId": "a.b"},
        {"AccountId": ACCOUNT},
        {"StreamId": "abcdefghij0123456789-xyz"},
        {"StreamId": "abcdefghij0123456789-xyz", "StreamARN": stream},
        {"StreamId": "too-short", "StreamARN": stream},
    ]


def endpoints_of(parts):
    provider = EndpointProvider(parts["endpoint-rule-set-1"], parts["partitions"])
    partitions = {
        region: partition["id"]
        for region in REGIONS
        for partition in parts["partitions"]["partitions"]
        if region in partition["regions"]
    }
    cases = []
    for region in REGIONS:
        for target in targets(region, partitions[region]):
            for fips, dual, mode, kind in itertools.product(
                [False, True], [False, True], ["preferred", "disabled", "required"], ["data", "control"]
            ):
                if target.get("OperationType", kind) != kind:
                    continue
                given = {
                    "Region": region,
                    "UseFIPS": fips,
                    "UseDualStack": dual,
                    "OperationType": kind,
                    "AccountIdEndpointMode": mode,
                    "ResourceType": "",
                    **target,
                }
                try:
                    url = provider.resolve_endpoint(**given).url
                except BotoCoreError:
                    url = "error"
                cases.append([given, url])
    return cases


def compact(cases):
    """One entry for each target of a region. Each outcome has the numbers of the cases, as a mask.

    The cases of a target are numbered in the order of FIPS, dual stack, mode and operation type,
    the last of which varies fastest: bit 0 is the first case.
    """
    rows = {}
    for given, url in cases:
        target = {
            key: value
            for key, value in given.items()
            if key not in ("UseFIPS", "UseDualStack", "AccountIdEndpointMode", "OperationType")
        }
        number = (given["UseFIPS"] * 2 + given["UseDualStack"]) * 6
        number += ["preferred", "disabled", "required"].index(given["AccountIdEndpointMode"]) * 2
        number += ["data", "control"].index(given["OperationType"])
        outcomes = rows.setdefault(json.dumps(target), {})
        outcomes[url] = outcomes.get(url, 0) | 1 << number
    return [
        {"target": json.loads(target), "outcomes": outcomes} for target, outcomes in rows.items()
    ]


def main(folder, check):
    parts = load()
    service = parts["service-2"]
    model = {
        "botocore": botocore.__version__,
        "actions": actions_of(service),
        "limits": limits_of(service),
        "paginators": sorted(parts["paginators-1"]["pagination"]),
        "waiters": {
            name: waiter["operation"] for name, waiter in parts["waiters-2"]["waiters"].items()
        },
    }
    files = {
        "model.json": json.dumps(model, indent=2) + "\n",
        "endpoints.json": json.dumps(compact(endpoints_of(parts)), indent=2) + "\n",
        "model_types.ts": types_of(service),
    }
    if not check:
        for name, text in files.items():
            with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
                file.write(text)
        return 0
    differing = []
    for name, text in files.items():
        with open(os.path.join(folder, name), encoding="utf-8") as file:
            before = file.read()
        if name.endswith(".json"):
            old, new = json.loads(before), json.loads(text)
            if isinstance(old, dict):
                old.pop("botocore", None)
                new.pop("botocore", None)
            same = old == new
        else:
            # Formatting may break lines and add parentheses or leading bars.
            squeeze = lambda source: "".join(c for c in source if c not in " \n|;,")
            same = squeeze(before) == squeeze(text)
        if not same:
            differing.append(name)
    print(json.dumps({"botocore": botocore.__version__, "differing": differing}))
    return 1 if differing else 0


if __name__ == "__main__":
    arguments = [argument for argument in sys.argv[1:] if argument != "--check"]
    sys.exit(main(arguments[0], "--check" in sys.argv))
