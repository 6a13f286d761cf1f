"""Measures the consumer of async-kinesis. Its rate limit is off, other options are default."""
import asyncio
import json
import logging
import sys
import time

from kinesis import Consumer
from kinesis.processors import JsonLineProcessor, JsonProcessor, KPLJsonProcessor

task = json.loads(sys.argv[1])
PROCESSORS = {"json": JsonProcessor, "jsonLines": JsonLineProcessor, "kplJson": KPLJsonProcessor}


def say(text):
    print(text, flush=True)
    sys.stdin.readline()


async def read(values, seconds, least):
    end = time.monotonic() + seconds
    count = 0
    async for value in values:
        if "text" not in value:
            raise ValueError("no value")
        count += 1
        if count & 1023 == 0 and count >= least and time.monotonic() >= end:
            return count


async def main():
    logging.disable(logging.WARNING)
    consumer = Consumer(
        stream_name="bench",
        endpoint_url=task["endpoint"],
        region_name="us-east-1",
        processor=PROCESSORS[task["framing"]](),
        shard_fetch_rate=1_000_000,
    )
    async with consumer:
        await read(consumer, 2 * task["seconds"], 1024)
        say("ready")
        count = await read(consumer, task["seconds"], 10_240)
        say("done " + json.dumps({"records": count}))
        # Closing would wait for values that nobody takes.
        sys.stdout.flush()
        import os

        os._exit(0)


asyncio.run(main())
