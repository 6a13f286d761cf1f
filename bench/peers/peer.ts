/**
 * Runs one peer in its own process and measures its CPU time and memory. Linux only: the numbers
 * come from `/proc` and include child processes (the KPL works in one).
 *
 * @module
 */
import type { Sink } from "../_support/sink.ts";
import { type Command, PeerProcess } from "./peer_process.ts";

export type { Command } from "./peer_process.ts";

/** The result of one run. */
export interface Measured {
  /** Values sent. */
  records: number;
  /** Wall time in seconds. */
  seconds: number;
  /** CPU time (user and system) of the process and its children, in microseconds. */
  cpuMicros: number;
  /** Peak memory (RSS) of the process and its children, in bytes. */
  peakRss: number;
  /** CPU time of the sink in the same period, in microseconds. */
  sinkMicros: number;
  /** Kinesis records that the sink received. */
  kinesisRecords: number;
  /** Milliseconds from put to acknowledgement, if that was measured. */
  p50?: number;
  /** Milliseconds from put to acknowledgement, if that was measured. */
  p99?: number;
}

/** A peer that takes longer than this for one run is killed, in milliseconds. */
const PATIENCE_MS = 180_000;

/** The unit of CPU time in `/proc`: a tick of 10 ms, in microseconds. */
const TICK_MICROS = 10_000;

/**
 * Runs a peer. The peer prints `ready`, waits for a line on stdin, sends its values, prints `done`
 * with the result, and waits again. CPU times are read while the peer waits.
 *
 * @throws {Error} if the peer ends early, or takes too long
 */
export async function runPeer(
  command: Command,
  sink: Sink,
): Promise<Measured> {
  await using peer = new PeerProcess(command);
  // The run then fails, because the process has ended.
  const timer = setTimeout(() => peer.kill(), PATIENCE_MS);
  try {
    await peer.expect("ready");
    const before = await usageOf(peer.pid);
    const sinkBefore = await sink.stats();
    const start = performance.now();
    await peer.go();
    const result = JSON.parse(await peer.expect("done"));
    const seconds = (performance.now() - start) / 1000;
    const after = await usageOf(peer.pid);
    const sinkAfter = await sink.stats();
    await peer.go();
    await peer.ended();
    return {
      ...result,
      seconds,
      cpuMicros: after.cpuMicros - before.cpuMicros,
      peakRss: after.peakRss,
      sinkMicros: sinkAfter.cpuMicros - sinkBefore.cpuMicros,
      kinesisRecords: sinkAfter.records - sinkBefore.records,
    };
  } finally {
    clearTimeout(timer);
  }
}

async function usageOf(
  pid: number,
): Promise<{ cpuMicros: number; peakRss: number }> {
  const stat = await Deno.readTextFile(`/proc/${pid}/stat`);
  // The name in parentheses may contain spaces. After it, utime and stime are fields 12 and 13.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const status = await Deno.readTextFile(`/proc/${pid}/status`);
  const usage = {
    cpuMicros: (Number(fields[11]) + Number(fields[12])) * TICK_MICROS,
    peakRss: 1024 * Number(/VmHWM:\s*(\d+)/.exec(status)?.[1] ?? 0),
  };
  for await (const { name } of Deno.readDir(`/proc/${pid}/task`)) {
    // The thread or the child may have ended since it was listed.
    const children = await Deno.readTextFile(
      `/proc/${pid}/task/${name}/children`,
    ).catch(() => "");
    for (const child of children.split(" ").filter(Boolean)) {
      const more = await usageOf(Number(child)).catch(() => undefined);
      usage.cpuMicros += more?.cpuMicros ?? 0;
      usage.peakRss += more?.peakRss ?? 0;
    }
  }
  return usage;
}
