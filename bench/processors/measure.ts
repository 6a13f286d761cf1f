/**
 * Measures one run: a client in its own process writes all values to a stream of its own and reads
 * them back.
 *
 * @module
 */
import type { KinesisClient } from "../../client/mod.ts";
import type { KinesisProcess } from "../_support/kinesis_process.ts";
import type { Stored } from "../_support/sizes.ts";
import { type Command, PeerProcess } from "../peers/peer_process.ts";
import type { Arrived } from "./digest.ts";
import type { Done, Ready, Task } from "./exchange.ts";

/** A client that writes and reads. */
export interface Contender {
  /** The name in the table. */
  readonly name: string;
  /** The command without the task. */
  readonly command: Command;
}

/** The server with the client that makes its streams. */
export interface Service {
  readonly server: KinesisProcess;
  readonly client: KinesisClient;
  readonly shards: number;
}

/** What a run needs. */
export interface Run {
  readonly contender: Contender;
  readonly processor: string;
  readonly file: string;
  readonly maxRecordBytes: number | undefined;
  /** What has to arrive. */
  readonly expected: Pick<Arrived, "values" | "digest">;
  /** Without it the values are only encoded. */
  readonly service: Service | undefined;
  /** Ends the run, which then rejects. */
  readonly signal: AbortSignal;
  /** Called when the client begins to write. */
  readonly onStart: () => void;
  /** Called with the number of values that were read back. */
  readonly onProgress: (values: number) => void;
}

/** What a run has measured. */
export interface Measurement extends Done {
  readonly version: string;
  readonly stored: Stored;
}

/** A client without progress for so long has failed, in milliseconds. */
const PATIENCE_MS = 120_000;
const CREDENTIALS = {
  AWS_ACCESS_KEY_ID: "id",
  AWS_SECRET_ACCESS_KEY: "secret",
  AWS_EC2_METADATA_DISABLED: "true",
};

/**
 * Resolves with the measurement of a run whose values have all arrived as they were sent.
 *
 * @throws {Error} if the client fails, is stuck, or values are missing or changed
 */
export async function measure(run: Run): Promise<Measurement> {
  const { contender, processor, file, maxRecordBytes, service } = run;
  const streamName = `bench-${crypto.randomUUID()}`;
  if (!service) {
    const task = { processor, file, streamName, maxRecordBytes };
    const { ready, done } = await talk(run, task);
    return { ...done, version: ready.version, stored: done.stored! };
  }
  const { server, client, shards } = service;
  await client.createStream({ StreamName: streamName, ShardCount: shards });
  try {
    const { endpoint } = server;
    const task = { processor, file, streamName, endpoint, maxRecordBytes };
    const { ready, done } = await talk(run, task);
    const stored = await server.stored(streamName);
    return { ...done, version: ready.version, stored };
  } catch (error) {
    if (run.signal.aborted) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`${contender.name}, ${processor}: ${reason}`, {
      cause: error,
    });
  } finally {
    // Ctrl-C in a terminal has ended the server as well.
    if (!run.signal.aborted) {
      await client.deleteStream({ StreamName: streamName });
    }
  }
}

async function talk(
  { contender: { command }, signal, onStart, onProgress, expected }: Run,
  task: Task,
): Promise<{ ready: Ready; done: Done }> {
  const { program, args } = command;
  await using peer = new PeerProcess({
    program,
    args: [...args, JSON.stringify(task)],
    env: { ...CREDENTIALS, ...command.env },
  });
  const stop = () => peer.kill();
  signal.addEventListener("abort", stop);
  let timer = setTimeout(stop, PATIENCE_MS);
  try {
    signal.throwIfAborted();
    const ready: Ready = JSON.parse(await peer.expect("ready"));
    await peer.go();
    onStart();
    let latest = 0;
    const text = await peer.expect("done", (line) => {
      const [word, values] = line.split(" ");
      if (word !== "progress" || Number(values) === latest) return;
      latest = Number(values);
      clearTimeout(timer);
      timer = setTimeout(stop, PATIENCE_MS);
      onProgress(latest);
    });
    await peer.go();
    const done: Done = JSON.parse(text);
    verify(done, expected);
    return { ready, done };
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", stop);
  }
}

function verify(
  { values, digest }: Done,
  expected: Pick<Arrived, "values" | "digest">,
): void {
  if (values !== expected.values) {
    throw new Error(`of ${expected.values} values ${values} arrived`);
  }
  if (digest !== expected.digest) {
    throw new Error("the values that arrived are not those that were sent");
  }
}
