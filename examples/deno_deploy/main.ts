/**
 * One program for Deno Deploy: it takes events over HTTP, writes them to a stream, reads the stream,
 * and counts the events of each user in Deno KV.
 *
 * - `POST /events` with `{ "user": "ada" }`: 201 when Kinesis has stored the event, 400 if it is
 *   not an event, 503 if it may not be stored
 * - `GET /counts/ada`: the number of events so far
 *
 * Several instances may run at once. They share the shards by their leases in Deno KV, and an event
 * that is read twice counts once.
 *
 *     deno run --unstable-kv --allow-net --allow-env --allow-read main.ts
 *
 * @module
 */
import { Consumer, KinesisClient, Producer } from "@webstreams/kinesis";
import { KvCheckpointer } from "@webstreams/kinesis/checkpoint";
import { json } from "@webstreams/kinesis/processors";

/** An event. */
interface Visit {
  readonly user: string;
}

/** How long the ids of counted events are kept: longer than a consumer can be late, in ms. */
const KEEP_IDS_MS = 8 * 24 * 3_600_000;
const MAX_TRIES = 20;
/** The longest time until an answer, in milliseconds. */
const LIMIT_MS = 3_000;
/** The longest time from SIGINT to the end, in milliseconds. Deno Deploy kills after 5 seconds. */
const LONGEST_STOP_MS = 4_500;
/** The longest body of a request, in characters. */
const MAX_BODY = 10_000;
/** The longest partition key, in characters. */
const MAX_NAME = 256;

const kv = await Deno.openKv(Deno.env.get("KV_PATH"));
const stream = {
  client: new KinesisClient(),
  streamName: Deno.env.get("STREAM_NAME") ?? "visits",
  processor: json<Visit>(),
};
const producer = new Producer<Visit>({
  ...stream,
  partitionKey: "user",
  lingerMs: 20,
  // No further attempt begins for an event whose request was answered with 503.
  recordTtlMs: LIMIT_MS,
  hooks: {
    // A producer that has failed, for a lack of permission for example, does not recover.
    onProducerEnd: ({ how }) => how === "failed" && stopOnce(),
  },
});
const consumer = new Consumer<Visit>({
  ...stream,
  checkpointer: new KvCheckpointer({ kv, name: "visits" }),
  // Others may write to the stream as well.
  onPoison: (error) => console.error("Left out:", error.message),
});

/** The name of a user. `undefined` if it is none: it has to be a partition key. */
function userOf(name: unknown): string | undefined {
  if (typeof name !== "string" || name === "") return undefined;
  if (!name.isWellFormed()) return undefined;
  return [...name].length > MAX_NAME ? undefined : name;
}

/** Counts an event, unless its id was counted before. Both happen in one step, or none does. */
async function count(
  { id, value }: { id: string; value: Visit },
): Promise<void> {
  const user = userOf(value?.user);
  if (user === undefined) return console.error(`Left out: ${id} has no user`);
  const idKey = ["counted", id];
  const countKey = ["counts", user];
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const [counted, counts] = await kv.getMany<[true, number]>([
      idKey,
      countKey,
    ]);
    if (counted.value) return;
    const { ok } = await kv.atomic()
      .check(counted, counts)
      .set(idKey, true, { expireIn: KEEP_IDS_MS })
      .set(countKey, (counts.value ?? 0) + 1)
      .commit();
    if (ok) return;
  }
  throw new Error(
    `Cannot count ${id}: other writers were faster ${MAX_TRIES} times`,
  );
}

/** Answers with 503 if the client or a service takes too long. */
async function answerInTime(request: Request): Promise<Response> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<Response>((give) => {
    timer = setTimeout(() => give(text("Try again later", 503)), LIMIT_MS);
  });
  try {
    return await Promise.race([answer(request), late]);
  } finally {
    clearTimeout(timer);
  }
}

async function answer(request: Request): Promise<Response> {
  const { pathname } = new URL(request.url);
  if (request.method === "POST" && pathname === "/events") {
    const visit = await readJson(request);
    const user = userOf(visit?.user);
    if (user === undefined) {
      return text(
        'The body must be { "user": "…" }, of 1 to 256 characters',
        400,
      );
    }
    try {
      const { sequenceNumber } = await producer.put({ user });
      return Response.json({ sequenceNumber }, { status: 201 });
    } catch (error) {
      console.error("Not stored:", error);
      return text("Try again later", 503);
    }
  }
  const [, encoded] = /^\/counts\/([^/]+)$/.exec(pathname) ?? [];
  if (request.method === "GET" && encoded !== undefined) {
    const user = userOf(decoded(encoded));
    if (user === undefined) return text("This is not the name of a user", 400);
    const { value } = await kv.get<number>(["counts", user]);
    return Response.json({ user, count: value ?? 0 });
  }
  return text("Not found", 404);
}

/** The body of a request. `undefined` if it is too long or no JSON. */
async function readJson(
  { body }: Request,
): Promise<{ user?: unknown } | null | undefined> {
  let json = "";
  try {
    for await (const part of body?.pipeThrough(new TextDecoderStream()) ?? []) {
      json += part;
      if (json.length > MAX_BODY) return undefined;
    }
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

/** A part of a URL as text. `undefined` if it is malformed. */
function decoded(part: string): string | undefined {
  try {
    return decodeURIComponent(part);
  } catch {
    return undefined;
  }
}

function text(body: string, status: number): Response {
  return new Response(`${body}\n`, { status });
}

const server = Deno.serve(
  { port: Number(Deno.env.get("PORT") ?? 8000) },
  answerInTime,
);
// The values of one user are counted one after another; those of others at the same time.
const counting = consumer.process(count, {
  concurrency: 16,
  ordering: "key",
  drainTimeoutMs: 2_000,
});

/** Answers the requests under way and stores their events; meanwhile gives the shards back. */
async function stop(): Promise<void> {
  // A silent service or a slow client may hold all of this.
  setTimeout(() => {
    console.error("Not everything has ended in time");
    Deno.exit(1);
  }, LONGEST_STOP_MS);
  const ends = await Promise.allSettled([
    server.shutdown().then(() => producer.close()),
    consumer.close(),
    counting,
  ]);
  kv.close();
  const failures = ends.filter((end) => end.status === "rejected");
  for (const { reason } of failures) console.error("Ended by", `${reason}`);
  Deno.exit(failures.length === 0 ? 0 : 1);
}

let stopping: Promise<void> | undefined;
/** Ends the instance. If it cannot go on, another one takes its place. */
function stopOnce(): void {
  stopping ??= stop();
}

// Deno Deploy sends SIGINT before it stops an instance.
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  Deno.addSignalListener(signal, stopOnce);
}
counting.catch(stopOnce);
