/**
 * One peer in a process of its own, and what it costs. Linux only: the numbers come from `/proc`, which knows the
 * children too (the KPL does its work in one).
 *
 * @module
 */
import type { Sink } from "../_support/sink.ts";

/** How a peer is started. */
export interface Command {
  /** The program. */
  program: string;
  /** Its arguments. */
  args: string[];
  /** Its environment, beside the inherited one. */
  env?: Record<string, string>;
}

/** What a peer did. */
export interface Measured {
  /** Values it sent. */
  records: number;
  /** How long that took. */
  seconds: number;
  /** CPU time of the process and its children, user and system, in microseconds. */
  cpuMicros: number;
  /** Most memory that they held, in bytes. */
  peakRss: number;
  /** CPU time of the sink in the same time, in microseconds. */
  sinkMicros: number;
  /** Kinesis records that reached the sink. */
  kinesisRecords: number;
  /** Milliseconds from put to acknowledgement, if that was measured. */
  p50?: number;
  /** Milliseconds from put to acknowledgement, if that was measured. */
  p99?: number;
}

/** CPU time is counted in ticks of 10 ms. */
const TICK_MICROS = 10_000;

/**
 * Runs a peer. It says `ready`, waits for a line, works, says `done` with its result, and waits again, so that clocks are
 * read while it does nothing.
 *
 * @throws {Error} if it ends early
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
      // It has ended.
    }
    throw new Error(`${error}\n${(await stderr).slice(-1500)}`);
  } finally {
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
  // The name in parentheses may hold spaces; behind it, utime and stime are the 12th and 13th.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const status = await Deno.readTextFile(`/proc/${pid}/status`);
  const usage = {
    cpuMicros: (Number(fields[11]) + Number(fields[12])) * TICK_MICROS,
    peakRss: 1024 * Number(/VmHWM:\s*(\d+)/.exec(status)?.[1] ?? 0),
  };
  for await (const { name } of Deno.readDir(`/proc/${pid}/task`)) {
    // A thread may have ended, and a child too.
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
