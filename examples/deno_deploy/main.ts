/**
 * One program for Deno Deploy: it takes events over HTTP, writes them to a stream, reads the stream,
 * and counts the events of each user in Deno KV.
 *
 * - `POST /events` with `{ "user": "ada" }`: 201 when Kinesis has stored the event
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
});
const consumer = new Consumer<Visit>({
  ...stream,
  checkpointer: new KvCheckpointer({ kv, name: "visits" }),
});

/** Counts an event, unless its id was counted before. Both happen in one step, or none does. */
async function count(
  { id, value }: { id: string; value: Visit },
): Promise<void> {
  const idKey = ["counted", id];
  const countKey = ["counts", value.user];
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

async function answer(request: Request): Promise<Response> {
  const { pathname } = new URL(request.url);
  if (request.method === "POST" && pathname === "/events") {
    const visit = await request.json().catch(() => undefined);
    if (typeof visit?.user !== "string" || visit.user === "") {
      return new Response('The body must be { "user": "…" }\n', {
        status: 400,
      });
    }
    const { sequenceNumber } = await producer.put({ user: visit.user });
    return Response.json({ sequenceNumber }, { status: 201 });
  }
  const [, user] = /^\/counts\/([^/]+)$/.exec(pathname) ?? [];
  if (request.method === "GET" && user !== undefined) {
    const { value } = await kv.get<number>([
      "counts",
      decodeURIComponent(user),
    ]);
    return Response.json({ user: decodeURIComponent(user), count: value ?? 0 });
  }
  return new Response("Not found\n", { status: 404 });
}

const server = Deno.serve(
  { port: Number(Deno.env.get("PORT") ?? 8000) },
  answer,
);
// The values of one user are counted one after another; those of others at the same time.
const counting = consumer.process(count, { concurrency: 16, ordering: "key" });

// Deno Deploy sends SIGINT before it stops an instance.
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  Deno.addSignalListener(signal, stop);
}
let stopping: Promise<void> | undefined;
function stop(): void {
  stopping ??= (async () => {
    await server.shutdown();
    await producer.close();
    await consumer.close();
    await counting;
    kv.close();
    Deno.exit(0);
  })();
}
