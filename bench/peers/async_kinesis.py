"""Measures async-kinesis. Its rate limit is off, other options are default."""
import asyncio
import json
import logging
import sys
import time

from kinesis import Producer
from kinesis.processors import JsonLineProcessor, JsonProcessor

task = json.loads(sys.argv[1])
framing, _, keys = task["variant"].partition(" ")
KEYS = [f"key-{i}" for i in range(1000)]
PROCESSORS = {"json": JsonProcessor, "jsonLines": JsonLineProcessor}


def value(number):
    around = len('{"id": , "text": ""}') + len(str(number))
    return {"id": number, "text": "x" * max(0, task["bytes"] - around)}


values = [value(number) for number in range(task["count"])]


class NoLimit:
    def __call__(self, size=1):
        return self

    async def __aenter__(self):
        pass

    async def __aexit__(self, *_):
        pass


def say(text):
    print(text, flush=True)
    sys.stdin.readline()


async def send(producer, items):
    for item in items:
        key = None if keys == "keyless" else KEYS[item["id"] % 1000]
        await producer.put(item, partition_key=key)
    await producer.flush()


async def main():
    logging.disable(logging.WARNING)
    producer = Producer(
        stream_name="bench",
        endpoint_url=task["endpoint"],
        region_name="us-east-1",
        processor=PROCESSORS[framing](),
    )
    producer.put_rate_throttle = NoLimit()
    producer.put_bandwidth_throttle = NoLimit()
    async with producer:
        records = 0
        if task.get("inspect"):
            say("ready")
            await send(producer, values)
            records = len(values)
        else:
            await send(producer, values[: len(values) // 10])
            say("ready")
            end = time.monotonic() + task["seconds"]
            while records == 0 or time.monotonic() < end:
                await send(producer, values)
                records += len(values)
        say("done " + json.dumps({"records": records}))


asyncio.run(main())
