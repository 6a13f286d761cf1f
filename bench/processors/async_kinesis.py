"""The client of a run that uses async-kinesis. `measure.ts` starts it.

The queues have the length of its own benchmark, other options are default.
"""
import asyncio
import hashlib
import json
import logging
import os
import platform
import sys
import threading
import time
from importlib.metadata import version

from kinesis import Consumer, Producer, processors

task = json.loads(sys.argv[1])
PROCESSORS = {
    "string": processors.StringProcessor,
    "json": processors.JsonProcessor,
    "jsonLines": processors.JsonLineProcessor,
    "jsonList": processors.JsonListProcessor,
    "msgpack": processors.MsgpackProcessor,
    "kplJson": processors.KPLJsonProcessor,
    "kplString": processors.KPLStringProcessor,
}
QUEUE = 100_000
REPORT_SECONDS = 0.2
PAYLOAD_UNIT_BYTES = 25_600

with open(task["file"], encoding="utf-8") as file:
    values = file.read().splitlines()
if not task["processor"].endswith("tring"):
    values = [json.loads(line) for line in values]

answered = threading.Semaphore(0)


def listen():
    for _ in sys.stdin:
        answered.release()
    # The driver has ended, so this process is of no use.
    os._exit(1)


def say(word, what):
    print(word, json.dumps(what), flush=True)
    answered.acquire()


def text_of(value):
    if isinstance(value, str):
        return value
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def arrived_of(read):
    highest = -1
    out_of_order = 0
    texts = []
    for value in read:
        number = (json.loads(value) if isinstance(value, str) else value)["number"]
        out_of_order += number < highest
        highest = max(highest, number)
        texts.append((number, text_of(value)))
    texts.sort()
    digest = hashlib.sha256("".join(f"{text}\n" for _, text in texts).encode()).hexdigest()
    return {"values": len(read), "digest": digest, "outOfOrder": out_of_order}


def take(items, read):
    """Adds what a consumer yields or a record contains. A list processor gives whole lists."""
    for item in items:
        if isinstance(item, list):
            read.extend(item)
        else:
            read.append(item)


async def write_and_read():
    address = {
        "stream_name": task["streamName"],
        "endpoint_url": task["endpoint"],
        "region_name": "us-east-1",
        "max_queue_size": QUEUE,
    }
    processor = PROCESSORS[task["processor"]]
    read = []
    async with Producer(processor=processor(), **address) as producer:
        async with Consumer(processor=processor(), **address) as consumer:
            reported = 0.0
            start, cpu = time.monotonic(), time.process_time()

            async def write():
                for value in values:
                    await producer.put(value)
                await producer.flush()

            writing = asyncio.create_task(write())
            while len(read) < len(values):
                # The iteration ends when nothing has arrived for a while.
                async for item in consumer:
                    take([item], read)
                    now = time.monotonic()
                    if now - reported >= REPORT_SECONDS:
                        reported = now
                        print("progress", len(read), flush=True)
                    if len(read) >= len(values):
                        break
                if writing.done():
                    writing.result()
            await writing
            times = {
                "seconds": time.monotonic() - start,
                "cpuSeconds": time.process_time() - cpu,
            }
            say("done", {**times, **arrived_of(read)})
            # Closing would wait for a fetch that is under way.
            os._exit(0)


def encode():
    processor = PROCESSORS[task["processor"]]()
    records = []
    start, cpu = time.monotonic(), time.process_time()
    for value in values:
        records.extend(processor.add_item(value))
    if processor.has_items():
        records.extend(processor.get_items())
    times = {
        "seconds": time.monotonic() - start,
        "cpuSeconds": time.process_time() - cpu,
    }
    read = []
    for record in records:
        take(processor.parse(record.data), read)
    sizes = [len(record.data) for record in records]
    stored = {
        "records": len(records),
        "bytes": sum(sizes),
        "payloadUnits": sum(-(-size // PAYLOAD_UNIT_BYTES) for size in sizes),
    }
    say("done", {**times, **arrived_of(read), "stored": stored})


logging.disable(logging.WARNING)
threading.Thread(target=listen, daemon=True).start()
package = f"async-kinesis {version('async-kinesis')}"
say("ready", {"version": f"{package} on Python {platform.python_version()}"})
if "endpoint" in task:
    asyncio.run(write_and_read())
else:
    encode()
