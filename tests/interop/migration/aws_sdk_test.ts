import { assertEquals, assertGreater } from "@std/assert";
import { KinesisServer, withFaults } from "../../../testing/mod.ts";
import { selfSignedCertificate } from "../../_services/certificate.ts";
import { installSdk } from "../aws_sdk_folder.ts";
import { serveHttp2 } from "../http2_listener.ts";
import { deno, run, writePrograms } from "./programs.ts";

/** A folder with the programs of the guide and the SDK. */
async function openFolder() {
  const folder = await Deno.makeTempDir();
  await Promise.all([installSdk(folder), writePrograms("aws-sdk", folder)]);
  await Deno.remove(`${folder}/deno.json`); // of the installation
  const pair = await selfSignedCertificate();
  await Deno.writeTextFile(`${folder}/ca.pem`, pair.cert);
  return {
    /** Runs a program against a server. Returns the lines of its output. */
    async run(name: string, { fetch }: Pick<KinesisServer, "fetch">) {
      const listener = await serveHttp2(pair, (request) => fetch(request));
      try {
        const env = {
          AWS_ENDPOINT_URL_KINESIS: listener.endpoint,
          NODE_EXTRA_CA_CERTS: `${folder}/ca.pem`,
          DENO_CERT: `${folder}/ca.pem`,
        };
        const command = name.endsWith(".ts")
          ? deno(name)
          : ["node", name] as const;
        return await run(command, { folder, env });
      } finally {
        await listener.close();
      }
    },
    [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }),
  };
}

/** A server with the stream of the programs. */
function ordersServer(): KinesisServer {
  const server = new KinesisServer({ limits: { control: false } });
  server.createStream("orders", { shards: 2 });
  return server;
}

/** The texts of the records and their keys, sorted. */
function storedIn(server: KinesisServer): string[] {
  return server.records("orders").map(({ data, partitionKey }) =>
    `${partitionKey} ${new TextDecoder().decode(data)}`
  ).sort();
}

const ORDERS = Array.from(
  { length: 1200 },
  (_, id) => JSON.stringify({ id, user: `user-${id % 10}` }),
).sort();

Deno.test("The guide for the AWS SDK: old and new programs write the same, read each other's records, and see the same answers", async () => {
  await using folder = await openFolder();

  /** Writes while two requests have refused records. */
  async function write(program: string): Promise<KinesisServer> {
    const server = ordersServer();
    const fetch = withFaults(server.fetch, {
      rules: [{
        action: "PutRecords",
        times: 2,
        fault: { type: "partial", fail: (_, index) => index % 7 === 0 },
      }],
    });
    await folder.run(program, { fetch: (input, init) => fetch(input, init) });
    assertEquals(fetch.counts, { partial: 2 }, program);
    return server;
  }
  const [old, ours] = await Promise.all([write("put.mjs"), write("put.ts")]);
  assertEquals(storedIn(ours), storedIn(old));
  assertEquals(storedIn(ours).length, ORDERS.length);

  const reads: [program: string, server: KinesisServer][] = [
    ["get.mjs", ours],
    ["get.ts", old],
    ["fan_out.mjs", ours],
    ["fan_out.ts", old],
  ];
  await Promise.all([
    ...reads.map(async ([program, server]) => {
      assertEquals((await folder.run(program, server)).sort(), ORDERS, program);
    }),
    ...["calls", "middleware"].map(async (program) => {
      const [before, after] = await Promise.all([
        folder.run(`${program}.mjs`, new KinesisServer()),
        folder.run(`${program}.ts`, new KinesisServer()),
      ]);
      assertGreater(before.length, 0);
      assertEquals(after, before);
    }),
  ]);
});
