/// <reference lib="dom" />
/**
 * A page that writes its visitor's clicks to a stream, without a server of its own. The keys are
 * temporary: an identity pool of Cognito gives them to each visitor, with a role that may only call
 * `kinesis:PutRecords` on this stream.
 *
 *     deno bundle --platform browser --output dist/page.js page.ts
 *
 * @module
 */
import { KinesisClient, Producer } from "@webstreams/kinesis";
import { fromCognitoIdentity } from "@webstreams/kinesis/credentials";
import { json } from "@webstreams/kinesis/processors";
import { OfflineQueue } from "./offline_queue.ts";

/** A click. */
interface Click {
  readonly what: string;
  readonly at: string;
}

/** How long to wait after a failure, in milliseconds. */
const PAUSE_MS = 5_000;

const settings = document.documentElement.dataset;
const client = new KinesisClient({
  region: settings.region,
  endpoint: settings.kinesis || undefined,
  credentials: fromCognitoIdentity({
    identityPoolId: settings.pool!,
    endpoint: settings.cognito || undefined,
    // A guest keeps the identity of the first visit.
    identityId: localStorage.getItem("identity") ?? undefined,
    onIdentity: (id) => localStorage.setItem("identity", id),
  }),
});
const producer = new Producer<Click>({
  client,
  streamName: settings.stream!,
  processor: json<Click>(),
  partitionKey: () => localStorage.getItem("identity") ?? "guest",
  maxAttempts: 3,
});
const queue = await OfflineQueue.open<Click>("clicks", producer);
const status = document.querySelector("output")!;
let pause: ReturnType<typeof setTimeout> | undefined;

/** Sends what waits, now if there is a network, and again after a pause if that fails. */
async function send(): Promise<void> {
  clearTimeout(pause);
  try {
    if (navigator.onLine) await queue.send();
  } catch (error) {
    console.warn("Will try again:", error);
    pause = setTimeout(send, PAUSE_MS);
  }
  const waiting = await queue.size;
  status.textContent = waiting === 0 ? "All stored" : `${waiting} waiting`;
}

document.querySelector("button")!.addEventListener("click", async () => {
  await queue.add({ what: "button", at: new Date().toISOString() });
  await send();
});
addEventListener("online", send);
await send();
