/** The endpoints of the client beside those that botocore finds by the published rules. */
import { assert, assertEquals } from "@std/assert";
import { type EndpointOptions, resolveEndpoint } from "../../_aws/endpoint.ts";
import { partitionOf } from "../../_aws/partitions.ts";
import { KinesisClient } from "../../client/mod.ts";
import endpoints from "./model/endpoints.json" with { type: "json" };
import model from "./model/model.json" with { type: "json" };

const MODES = ["preferred", "disabled", "required"] as const;
const KINDS = ["data", "control"] as const;

interface Target {
  readonly Region: string;
  readonly ResourceType: string;
  readonly StreamId?: string;
  readonly StreamARN?: string;
  readonly ConsumerARN?: string;
  readonly ResourceARN?: string;
  readonly ChannelARN?: string;
  readonly QueueARN?: string;
  readonly AccountId?: string;
}

function optionsOf(
  target: Target,
  number: number,
): EndpointOptions {
  return {
    what: "Cannot try",
    region: target.Region,
    useFips: number >= 12,
    useDualStack: Math.floor(number / 6) % 2 === 1,
    accountIdEndpointMode: MODES[Math.floor(number / 2) % 3],
    operationType: KINDS[number % 2]!,
    isOfQueues: target.ResourceType === "queue",
    streamId: target.StreamId,
    streamARN: target.StreamARN,
    consumerARN: target.ConsumerARN,
    resourceARN: target.ResourceARN,
    channelARN: target.ChannelARN,
    queueARN: target.QueueARN,
    accountId: target.AccountId,
  };
}

Deno.test("resolveEndpoint finds the endpoints of botocore for streams, consumers, channels, queues and accounts", () => {
  let count = 0;
  const seen = new Set<string>();
  for (const { target, outcomes } of endpoints) {
    for (const [url, mask] of Object.entries(outcomes as object)) {
      for (let number = 0; number < 24; number++) {
        if ((mask >> number & 1) === 0) continue;
        const options = optionsOf(target as Target, number);
        let ours: string;
        try {
          ours = resolveEndpoint(options).url.href;
        } catch (error) {
          assert(error instanceof TypeError, `${error}`);
          ours = "error";
        }
        const theirs = url === "error" ? url : `${url}/`;
        assertEquals(ours, theirs, JSON.stringify(options));
        seen.add(theirs);
        count++;
      }
    }
  }
  assert(count > 4000, `${count}`);
  assert(seen.size > 150, `${seen.size}`);
});

const ACCOUNT = "123456789012";
const REGIONS = ["eu-central-1", "us-gov-west-1", "us-iso-east-1"];

/** Values of the members that the rules read. */
function resourcesIn(region: string): Record<string, readonly string[]> {
  const arn = (resource: string) =>
    `arn:${partitionOf(region).name}:kinesis:${region}:${ACCOUNT}:${resource}`;
  const stream = arn("stream/orders");
  const consumer = arn("stream/orders/consumer/app:1");
  return {
    StreamId: ["abcdefghij0123456789-x0z"],
    StreamARN: [stream],
    ConsumerARN: [consumer],
    ResourceARN: [stream, consumer, arn("channel/c-1"), arn("queue/q-1")],
    ChannelARN: [arn("channel/c-1")],
    QueueARN: [arn("queue/q-1")],
  };
}

interface Settings {
  readonly region: string;
  readonly accountId?: string;
  readonly accountIdEndpointMode?: typeof MODES[number];
  readonly useFips: boolean;
  readonly useDualStack: boolean;
}

/** The settings of clients: each region, mode and account, with and without both switches. */
function* settings(): Generator<Settings> {
  for (const region of REGIONS) {
    for (const accountIdEndpointMode of MODES) {
      for (const accountId of [undefined, ACCOUNT]) {
        // Each switch alone is compared above.
        for (const isOn of [false, true]) {
          const switches = { useFips: isOn, useDualStack: isOn };
          yield { region, accountId, accountIdEndpointMode, ...switches };
        }
      }
    }
  }
}

/** Sends a request of an action. Resolves with its URL, or `error`. */
function sender(options: Settings) {
  let sent = "";
  const { accountId, ...ofClient } = options;
  const client = new KinesisClient({
    ...ofClient,
    credentials: { accessKeyId: "id", secretAccessKey: "secret", accountId },
    environment: {
      env: () => undefined,
      readTextFile: () => Promise.reject(new Error("no files")),
    },
    retry: { maxAttempts: 1 },
    fetch: (url) => {
      sent = url.toString();
      return Promise.reject(new Error("enough"));
    },
  });
  return async (action: string, request: object) => {
    const method = action[0]!.toLowerCase() + action.slice(1) as "putRecord";
    sent = "";
    const isWithoutRequest = /^Describe(Limits|AccountSettings)$/.test(action);
    await client[method](...(isWithoutRequest ? [] : [request]) as [never])
      .catch(() => {});
    return sent || "error";
  };
}

function urlOf(options: EndpointOptions): string {
  try {
    return resolveEndpoint(options).url.href;
  } catch {
    return "error";
  }
}

Deno.test("KinesisClient sends every action to the endpoint that its traits in the model ask for, with every setting", async () => {
  // Members that the client checks before it sends.
  const base = { Data: new Uint8Array(), Records: [] };
  let count = 0;
  const seen = new Set<string>();
  for (const options of settings()) {
    const send = sender(options);
    const resources = resourcesIn(options.region);
    for (const [action, traits] of Object.entries(model.actions)) {
      const { operationType, resourceType, endpointMembers } = traits;
      const requests = endpointMembers.flatMap((member) =>
        resources[member]!.map((value) => ({ [member]: value }))
      );
      for (const request of [{}, ...requests] as Record<string, string>[]) {
        const expected = urlOf({
          what: "Cannot try",
          ...options,
          operationType: operationType as "data" | "control",
          isOfQueues: resourceType === "queue",
          streamId: request.StreamId,
          streamARN: request.StreamARN,
          consumerARN: request.ConsumerARN,
          resourceARN: request.ResourceARN,
          channelARN: request.ChannelARN,
          queueARN: request.QueueARN,
        });
        assertEquals(
          await send(action, { ...base, ...request }),
          expected,
          `${action} ${JSON.stringify(request)} ${JSON.stringify(options)}`,
        );
        seen.add(expected);
        count++;
      }
    }
  }
  assert(count > 5_000, `${count}`);
  assert(seen.size > 40, `${seen.size}`);
});
