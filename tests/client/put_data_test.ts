import { runInNewContext } from "node:vm";
import { Buffer } from "node:buffer";
import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { KinesisClient, type Protocol } from "../../client/mod.ts";
import { KinesisServer } from "../../testing/mod.ts";

function setUp(protocol: Protocol) {
  const server = new KinesisServer();
  server.createStream("s");
  let sent = 0;
  const client = new KinesisClient({
    region: "us-east-1",
    credentials: { accessKeyId: "id", secretAccessKey: "secret" },
    protocol,
    fetch: (input, init) => {
      sent++;
      return server.fetch(input, init);
    },
  });
  return { client, server, sent: () => sent };
}

const StreamName = "s";
const PartitionKey = "k";

for (const protocol of ["json", "cbor"] as const) {
  Deno.test(`KinesisClient with ${protocol} refuses data that is no Uint8Array, and sends nothing`, async () => {
    const { client, sent } = setUp(protocol);
    const kinds: [unknown, string][] = [
      ["text", "of type string; new TextEncoder().encode(text)"],
      [undefined, "of type undefined"],
      [null, "null"],
      [7, "of type number"],
      [[1, 2], "of type Array"],
      [{}, "of type Object"],
      [new ArrayBuffer(2), "of type ArrayBuffer"],
      [new DataView(new ArrayBuffer(2)), "of type DataView"],
      [new Uint16Array(2), "of type Uint16Array"],
    ];
    for (const [data, kind] of kinds) {
      const Data = data as Uint8Array<ArrayBuffer>;
      const one = await assertRejects(
        () => client.putRecord({ StreamName, PartitionKey, Data }),
        TypeError,
        "Cannot PutRecord as 'Data' must be a Uint8Array: current value is ",
      );
      assertStringIncludes(one.message, kind);
      const several = await assertRejects(
        () =>
          client.putRecords({
            StreamName,
            Records: [{ PartitionKey, Data: new Uint8Array(1) }, {
              PartitionKey,
              Data,
            }],
          }),
        TypeError,
        "Cannot PutRecords as 'Data' of 'Records[1]' must be a Uint8Array: ",
      );
      assertStringIncludes(several.message, kind);
    }
    for (const [records, kind] of kinds) {
      if (Array.isArray(records)) continue;
      const Records = records as never[];
      const error = await assertRejects(
        () => client.putRecords({ StreamName, Records }),
        TypeError,
        "Cannot PutRecords as 'Records' must be a list: current value is ",
      );
      assertStringIncludes(error.message, kind.split(";")[0]!);
    }
    assertEquals(sent(), 0);
  });

  Deno.test(`KinesisClient with ${protocol} sends the bytes of any Uint8Array`, async () => {
    const { client, server } = setUp(protocol);
    const views = [
      new Uint8Array([9, 1, 2, 9]).subarray(1, 3),
      Buffer.from("9192", "hex").subarray(0, 2).map((_, i) => i + 1),
      runInNewContext("new Uint8Array([9, 1, 2, 9]).subarray(1, 3)"),
    ];
    for (const Data of views) {
      await client.putRecord({ StreamName, PartitionKey, Data });
      await client.putRecords({
        StreamName,
        Records: [{ PartitionKey, Data }],
      });
    }
    assertEquals(
      server.records("s").map(({ data }) => [...data]),
      Array(6).fill([1, 2]),
    );
  });
}
