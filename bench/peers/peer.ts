/**
 * Runs one peer in its own process and measures its CPU time and memory. Linux only: the numbers
 * come from `/proc` and include child processes (the KPL works in one).
 *
 * @module
 */
import type { Sink } from "../_support/sink.ts";

/** The command of a peer. */
export interface Command {
  program: string;
  args: string[];
  /** Environment variables, in addition to the inherited ones. */
  env?: Record<string, string>;
}

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
  { program, args, env }: Command,
  sink: Sink,
): Promise<Measured> {
  const child = new Deno.Command(program, {
    args,
    env,
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const stderr = new Response(child.stderr).text();
  const writer = child.stdin.getWriter();
  const go = () => writer.write(new TextEncoder().encode("go\n"));
  const lines = linesOf(child.stdout);
  // The run then fails, because the process has ended.
  const timer = setTimeout(() => child.kill("SIGKILL"), PATIENCE_MS);
  try {
    await expect(lines, "ready");
    const before = await usageOf(child.pid);
    const sinkBefore = await sink.stats();
    const start = performance.now();
    await go();
    const result = JSON.parse(await expect(lines, "done"));
    const seconds = (performance.now() - start) / 1000;
    const after = await usageOf(child.pid);
    const sinkAfter = await sink.stats();
    await go();
    await child.status;
    return {
      ...result,
      seconds,
      cpuMicros: after.cpuMicros - before.cpuMicros,
      peakRss: after.peakRss,
      sinkMicros: sinkAfter.cpuMicros - sinkBefore.cpuMicros,
      kinesisRecords: sinkAfter.records - sinkBefore.records,
    };
  } catch (error) {
    try {
      child.kill("SIGKILL");
    } catch {
      // The process has already ended.
    }
    throw new Error(`${error}\n${(await stderr).slice(-1500)}`);
  } finally {
    clearTimeout(timer);
    await writer.close().catch(() => {});
    await lines.return?.();
  }
}

async function expect(
  lines: AsyncIterator<string>,
  word: string,
): Promise<string> {
  for (;;) {
    const { value, done } = await lines.next();
    if (done) throw new Error(`ended before it was ${word}`);
    if (value.startsWith(word)) return value.slice(word.length);
  }
}

async function* linesOf(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
): AsyncGenerator<string, void> {
  let rest = "";
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop()!;
    yield* lines;
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
