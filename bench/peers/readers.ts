/**
 * The cases of the reading benchmark: each reader in each variant, and the command that runs it.
 *
 * @module
 */
import type { Peers } from "./install.ts";
import type { Command } from "./peer.ts";
import type { Framing } from "./read_data.ts";

/** One case, which is one row of the table. */
export interface Reader {
  /** The name of the reader. */
  name: string;
  /** The variant, in the form that the program of the case reads. */
  variant: string;
  /** The command that runs the case. */
  command(task: ReadTask): Command;
}

/** The parameters of one run. */
export interface ReadTask {
  /** The URL of the sink. */
  endpoint: string;
  /** See {@linkcode Reader.variant}. */
  variant: string;
  /** How values are put into records. */
  framing: Framing;
  /** Bytes of a value. */
  bytes: number;
  /** Values in an answer of GetRecords. */
  perAnswer: number;
  /** The URL of the emulator of DynamoDB, if it runs. */
  tables?: string;
  /** How long to read, in seconds. */
  seconds: number;
}

const here = new URL("./", import.meta.url).pathname;
const KEYS = { AWS_ACCESS_KEY_ID: "id", AWS_SECRET_ACCESS_KEY: "secret" };

/** Ways to read with our code, see `read_ours.mjs`. */
const OURS = [
  "for-await json",
  "for-await cbor",
  "for-await cbor checkpoints",
  "pipeTo cbor",
  "pipeTo cbor checkpoints",
  "process cbor",
  "process cbor checkpoints",
  "client json",
  "client cbor",
];

/** All readers that are installed. */
export function readersOf({ sdk, python, kcl }: Peers): Reader[] {
  const ours = (name: string, variant: string): Reader => ({
    name,
    variant,
    command: (task) => ({
      program: Deno.execPath(),
      args: ["run", "-A", `${here}read_ours.mjs`, JSON.stringify(task)],
    }),
  });
  const readers = OURS.map((variant) => ours("ours", variant));
  readers.push(ours("fetch alone", "fetch json"));
  readers.push(ours("fetch alone", "fetch cbor"));
  if (!(sdk instanceof Error)) {
    readers.push({
      name: "@aws-sdk/client-kinesis",
      variant: "loop json",
      command: (task) => ({
        program: "node",
        args: [
          `${here}read_sdk.mjs`,
          JSON.stringify({ ...task, home: sdk }),
        ],
      }),
    });
  }
  if (!(python instanceof Error)) {
    readers.push({
      name: "async-kinesis",
      variant: "json",
      command: (task) => ({
        program: python,
        args: [`${here}read_async_kinesis.py`, JSON.stringify(task)],
        env: KEYS,
      }),
    });
  }
  if (!(kcl instanceof Error)) {
    readers.push({
      name: "KCL",
      variant: "cbor checkpoints",
      command: (task) => ({
        program: "java",
        args: [
          "-cp",
          kcl.classPath,
          `${here}ReadKcl.java`,
          task.endpoint,
          task.tables!,
          task.framing,
          String(task.perAnswer),
          String(task.seconds),
        ],
      }),
    });
  }
  return readers;
}
