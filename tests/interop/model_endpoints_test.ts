/** The endpoints of the client beside those that botocore finds by the published rules. */
import { assert, assertEquals } from "@std/assert";
import { type EndpointOptions, resolveEndpoint } from "../../_aws/endpoint.ts";
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

Deno.test("KinesisClient sends every action to the endpoint that its traits in the model ask for", async () => {
  const region = "eu-central-1";
  const account = "123456789012";
  const arn = (resource: string) =>
    `arn:aws:kinesis:${region}:${account}:${resource}`;
  const targets: Record<string, string> = {
    StreamARN: arn("stream/orders"),
    ConsumerARN: arn("stream/orders/consumer/app:1"),
    ResourceARN: arn("stream/orders"),
    ChannelARN: arn("channel/c-1"),
    QueueARN: arn("queue/q-1"),
  };
  let sent = "";
  const client = new KinesisClient({
    region,
    credentials: { accessKeyId: "id", secretAccessKey: "secret" },
    retry: { maxAttempts: 1 },
    fetch: (url) => {
      sent = url.toString();
      return Promise.reject(new Error("enough"));
    },
  });
  const send = async (action: string, request: object) => {
    const method = action[0]!.toLowerCase() + action.slice(1) as "putRecord";
    sent = "";
    const isWithoutRequest = /^Describe(Limits|AccountSettings)$/.test(action);
    await client[method](...(isWithoutRequest ? [] : [request]) as [never])
      .catch(() => {});
    return sent;
  };
  let count = 0;
  for (const [action, traits] of Object.entries(model.actions)) {
    const { operationType, resourceType, endpointMembers } = traits;
    const isOfQueues = resourceType === "queue";
    const kind = operationType as "data" | "control";
    const base = {
      Data: new Uint8Array(),
      Records: [],
      Entries: [],
      TagKeys: [],
      Tags: {},
    };
    for (const member of [undefined, ...endpointMembers]) {
      if (member === "StreamId") continue;
      const target = member ? { [member]: targets[member]! } : {};
      const expected = resolveEndpoint({
        ...optionsOf({ Region: region, ResourceType: "", ...target }, 0),
        // Without a resource, and without an account in the credentials.
        operationType: kind,
        isOfQueues,
      }).url.href;
      assertEquals(
        await send(action, { ...base, ...target }),
        expected,
        `${action} ${member}`,
      );
      count++;
    }
  }
  assert(count > 80, `${count}`);
});
