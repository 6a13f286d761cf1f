/**
 * Measures the CPU time of one call over loopback, of all threads of the process. The wall time
 * includes the sink, which shares the cores.
 *
 * Every case runs in its own process with a warm-up, since the garbage and compiled code of one
 * case would slow the others down. The cases alternate in rounds, so that other load on the machine
 * affects all of them. Ratios are computed within each round; the median of the rounds is printed.
 *
 *     npx -y deno@2 run -A bench/client_cpu.ts [rounds]
 *
 * @module
 */
import process from "node:process";
import { cborCodec } from "../_aws/cbor_codec.ts";
import { jsonCodec } from "../_aws/json_codec.ts";
import { KinesisClient } from "../client/mod.ts";
import { createSha256 } from "../_core/sha256.ts";
import { startSink } from "./_support/sink.ts";

/** The time of one call, in milliseconds. */
interface Times {
  cpu: number;
  wall: number;
}
type Action = "PutRecords" | "GetRecords";
type Call = () => Promise<unknown>;

const SDK = "@aws-sdk/client-kinesis";
const CLIENT = "KinesisClient";
const FETCH = "fetch alone";
const FETCH_HASH = "fetch, SHA-256";
const FETCH_HASH_WRITE = "fetch, SHA-256, writing";
const FETCH_DECODE = "fetch, decoding";
/** The least that a call costs in this way of sending. */
const FLOOR = { PutRecords: FETCH_HASH_WRITE, GetRecords: FETCH_DECODE };
const PROTOCOLS = ["json", "cbor"] as const;
const PLANS = {
  PutRecords: {
    title: "PutRecords 500 x 1 KB",
    subjects: [CLIENT, FETCH, FETCH_HASH, FETCH_HASH_WRITE],
    // Long, because the optimizing compiler works for hundreds of calls, on threads whose CPU time
    // is counted.
    warmUp: 600,
    calls: 300,
  },
  GetRecords: {
    title: "GetRecords 10 000 x 1 KB",
    subjects: [CLIENT, FETCH, FETCH_DECODE],
    warmUp: 40,
    calls: 25,
  },
};

async function callOf(
  action: Action,
  name: string,
  endpoint: string,
): Promise<Call> {
  const region = "us-east-1";
  const credentials = { accessKeyId: "id", secretAccessKey: "secret" };
  const request = {
    StreamName: "bench",
    Records: Array.from({ length: 500 }, (_, i) => ({
      Data: crypto.getRandomValues(new Uint8Array(1000)),
      PartitionKey: `key-${i}`,
    })),
  };
  const iterator = { ShardIterator: "next" };
  const isPut = action === "PutRecords";
  if (name === SDK) {
    const sdk = await import("@aws-sdk/client-kinesis");
    const { NodeHttpHandler } = await import("@smithy/node-http-handler");
    const requestHandler = new NodeHttpHandler();
    const client = new sdk.KinesisClient({
      region,
      credentials,
      endpoint,
      requestHandler,
    });
    return isPut
      ? () => client.send(new sdk.PutRecordsCommand(request))
      : () => client.send(new sdk.GetRecordsCommand(iterator));
  }
  const protocol = name.endsWith("json") ? "json" : "cbor";
  const client = new KinesisClient({ protocol, endpoint, region, credentials });
  const codec = protocol === "json" ? jsonCodec : cborCodec;
  const headers = {
    "content-type": codec.contentType,
    "x-amz-target": `Kinesis_20131202.${action}`,
  };
  const encode = () => codec.encode(action, isPut ? request : iterator);
  const send = async (body: Uint8Array<ArrayBuffer>) => {
    const init = { method: "POST", headers, body };
    return await (await fetch(endpoint, init)).arrayBuffer();
  };
  const sha256 = createSha256();
  const sendHashed = async (body: Uint8Array<ArrayBuffer>) => {
    await sha256.hex(body);
    await send(body);
  };
  const ready = encode();
  switch (name.slice(0, name.lastIndexOf(", "))) {
    case CLIENT:
      return () =>
        isPut ? client.putRecords(request) : client.getRecords(iterator);
    case FETCH:
      return () => send(ready);
    case FETCH_HASH:
      return () => sendHashed(ready);
    case FETCH_HASH_WRITE:
      return () => sendHashed(encode());
    case FETCH_DECODE:
      return async () =>
        codec.decode(action, new Uint8Array(await send(ready)));
    default:
      throw new RangeError(`There is no case "${name}"`);
  }
}

async function measure(call: Call, calls: number): Promise<Times> {
  const started = performance.now();
  const before = process.cpuUsage();
  for (let i = 0; i < calls; i++) await call();
  const { user, system } = process.cpuUsage(before);
  return {
    cpu: (user + system) / 1000 / calls,
    wall: (performance.now() - started) / calls,
  };
}

/** Measures one case in its own process. */
async function inProcess(...args: [Action, string, string]): Promise<Times> {
  const { success, stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", import.meta.filename!, "--case", ...args],
    stderr: "inherit",
  }).output();
  if (!success) throw new Error(`${args.join(" ")} has failed`);
  return JSON.parse(new TextDecoder().decode(stdout));
}

function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1]!;
}

function line(
  name: string,
  floor: string,
  measured: ReadonlyMap<string, Times[]>,
): string {
  const own = measured.get(name)!;
  const columns = (["cpu", "wall"] as const).map((key) => {
    const values = own.map((times) => times[key]);
    const rateOf = (other: string) =>
      median(values.map((value, i) => measured.get(other)![i]![key] / value));
    const toSdk = name === SDK ? "" : `${rateOf(SDK).toFixed(2)}x`;
    const toFloor = name === SDK
      ? ""
      : `${Math.round(100 * rateOf(`${floor},${name.split(",").pop()}`))} %`;
    const text = `${median(values).toFixed(2)} (${
      Math.min(...values).toFixed(2)
    })`;
    return `${text.padStart(15)} ${toSdk.padStart(6)} ${toFloor.padStart(6)}`;
  });
  return `${name.padEnd(30)} ${columns.join("  |")}`;
}

function load(): string {
  return Deno.loadavg().map((value) => value.toFixed(1)).join(" ");
}

async function main(rounds: number): Promise<void> {
  const sink = await startSink();
  console.log(
    `ms of CPU | ms in all: median (lowest) of ${rounds} rounds, rate against the SDK (x) and against the floor (%)`,
  );
  console.log(`load before: ${load()}`);
  try {
    for (const action of ["PutRecords", "GetRecords"] as const) {
      const { title, subjects } = PLANS[action];
      const names = [
        SDK,
        ...PROTOCOLS.flatMap((p) =>
          subjects.map((subject) => `${subject}, ${p}`)
        ),
      ];
      const measured = new Map<string, Times[]>(
        names.map((name) => [name, []]),
      );
      for (let round = 0; round < rounds; round++) {
        for (const name of names) {
          measured.get(name)!.push(
            await inProcess(action, name, sink.endpoint),
          );
        }
      }
      console.log(`\n${title}`);
      for (const name of names) {
        console.log(line(name, FLOOR[action], measured));
      }
    }
  } finally {
    sink.close();
  }
  console.log(`\nload after: ${load()}`);
}

if (Deno.args[0] === "--case") {
  const [, action, name, endpoint] = Deno.args as [string, Action, ...string[]];
  const { warmUp, calls } = PLANS[action];
  const call = await callOf(action, name!, endpoint!);
  await measure(call, warmUp);
  console.log(JSON.stringify(await measure(call, calls)));
} else {
  await main(Number(Deno.args[0] ?? 7));
}
