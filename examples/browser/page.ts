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

/** How long to wait after a failure, in milliseconds. It doubles with each further failure. */
const PAUSE_MS = 5_000;
const LONGEST_PAUSE_MS = 300_000;

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
const queue = await OfflineQueue.open("clicks", () =>
  new Producer<Click>({
    client,
    streamName: settings.stream!,
    processor: json<Click>(),
    partitionKey: () => localStorage.getItem("identity") ?? "guest",
    maxAttempts: 3,
  }));
const status = document.querySelector("output")!;
let pause: ReturnType<typeof setTimeout> | undefined;
let pauseMs = PAUSE_MS;

/** Shows how many clicks are not stored yet, and why. */
async function show(reason = ""): Promise<void> {
  const waiting = await queue.size;
  status.textContent = waiting === 0
    ? "All stored"
    : `${waiting} waiting${reason}`;
}

/** Sends what waits, now if there is a network, and again after a pause if that fails. */
async function send(): Promise<void> {
  await show();
  let reason = "";
  try {
    if (navigator.onLine) await queue.send();
    pauseMs = PAUSE_MS;
  } catch (error) {
    console.warn("Will try again:", error);
    reason = `: ${(error as Error).message}`;
    // Several clicks may have waited for the same failure.
    clearTimeout(pause);
    pause = setTimeout(send, pauseMs);
    pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS);
  }
  await show(reason);
}

document.querySelector("button")!.addEventListener("click", async () => {
  await queue.add({ what: "button", at: new Date().toISOString() });
  await send();
});
addEventListener("online", () => {
  pauseMs = PAUSE_MS;
  send();
});
await send();
