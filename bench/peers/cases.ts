/**
 * The cases of the peer benchmark: each producer in each variant, and the command that runs it.
 *
 * @module
 */
import type { Peers } from "./install.ts";
import type { Command } from "./peer.ts";

/** One case, which is one row of the table. */
export interface Case {
  /** The name of the producer. */
  name: string;
  /** The variant, in the form that the program of the case reads. */
  variant: string;
  /** The command that runs the case. */
  command(task: Task): Command;
  /** Whether the case needs HTTPS. */
  tls?: boolean;
  /** Whether the case can measure the latency of single values. */
  latency?: boolean;
  /** The variant of "fetch alone" that sends the same requests. The table shows the ratio to it. */
  floor?: string;
}

/** The parameters of one run. */
export interface Task {
  /** The URL of the sink. */
  endpoint: string;
  /** See {@linkcode Case.variant}. */
  variant: string;
  /** Bytes of a value. */
  bytes: number;
  /** Values in a round. */
  count: number;
  /** How long to repeat the rounds, in seconds. */
  seconds: number;
  /** Whether to run only one round, for a sink that counts values. */
  inspect?: boolean;
  /** Whether to measure latency in place of throughput. */
  latency?: boolean;
}

const here = new URL("./", import.meta.url).pathname;

function deno(tls: Peers["tls"]): (task: Task) => Command {
  const trust = tls instanceof Error ? [] : [`--cert=${tls.cert}`];
  return (task) => ({
    program: Deno.execPath(),
    args: ["run", "-A", ...trust, `${here}ours.mjs`, JSON.stringify(task)],
  });
}

function node(file: string, more: object = {}): (task: Task) => Command {
  return (task) => ({
    program: "node",
    args: [file, JSON.stringify({ ...task, ...more })],
  });
}

/** All cases whose peers are installed. `bundle` is the path of our code, bundled for Node.js. */
export function casesOf(
  { sdk, python, kpl, tls }: Peers,
  bundle: string | undefined,
): Case[] {
  const cases: Case[] = [];
  const ours = (variant: string, more: Partial<Case> = {}) =>
    cases.push({ name: "ours", variant, command: deno(tls), ...more });
  for (const protocol of ["json", "cbor"]) {
    for (const framing of ["json", "kplBytes"]) {
      cases.push({
        name: "fetch alone",
        variant: `fetch ${framing} ${protocol}`,
        command: deno(tls),
      });
    }
    for (const framing of ["json", "jsonLines", "kplJson", "kplBytes"]) {
      const floor = framing === "json" || framing === "kplBytes"
        ? `fetch ${framing} ${protocol}`
        : undefined;
      const latency = framing === "json" || framing === "kplBytes";
      ours(`producer ${framing} ${protocol}`, { floor, latency });
      ours(`producer ${framing} ${protocol} putAll`, { floor });
    }
    for (const how of ["keyless", "keyless putAll"]) {
      ours(`producer jsonLines ${protocol} ${how}`);
    }
    ours(`client json ${protocol}`);
  }
  if (!(tls instanceof Error)) {
    ours("producer kplBytes cbor tls", { tls: true });
  }
  if (bundle) {
    for (const framing of ["json", "kplBytes"]) {
      for (const how of ["node", "node putAll"]) {
        cases.push({
          name: "ours on Node",
          variant: `producer ${framing} cbor ${how}`,
          command: node(bundle),
        });
      }
    }
  }
  if (!(sdk instanceof Error)) {
    cases.push({
      name: "@aws-sdk/client-kinesis",
      variant: "json",
      command: node(`${here}sdk.mjs`, { home: sdk }),
    });
  }
  if (!(python instanceof Error)) {
    for (const variant of ["json", "jsonLines", "jsonLines keyless"]) {
      cases.push({
        name: "async-kinesis",
        variant,
        command: (task) => ({
          program: python,
          args: [`${here}async_kinesis.py`, JSON.stringify(task)],
          env: { AWS_ACCESS_KEY_ID: "id", AWS_SECRET_ACCESS_KEY: "secret" },
        }),
      });
    }
  }
  if (!(kpl instanceof Error) && !(tls instanceof Error)) {
    for (const variant of ["aggregated", "plain"]) {
      cases.push({
        name: "KPL",
        variant,
        tls: true,
        latency: true,
        command: (task) => ({
          program: "java",
          args: [
            "-cp",
            kpl,
            `${here}Kpl.java`,
            task.endpoint,
            variant,
            String(task.bytes),
            String(task.count),
            String(task.seconds),
            task.latency ? "latency" : task.inspect ? "inspect" : "throughput",
          ],
        }),
      });
    }
  }
  return cases;
}
