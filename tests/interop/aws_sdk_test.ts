import {
  assert,
  assertEquals,
  assertGreaterOrEqual,
  assertMatch,
} from "@std/assert";
import { KinesisServer } from "../../testing/mod.ts";
import { selfSignedCertificate } from "../_services/certificate.ts";
import { installSdk } from "./aws_sdk_folder.ts";
import { serveHttp2 } from "./http2_listener.ts";

Deno.test("The AWS SDK for JavaScript under Node drives the server over TLS and HTTP/2", async () => {
  const folder = await Deno.makeTempDir();
  const pair = await selfSignedCertificate();
  const server = new KinesisServer({
    credentials: { accessKeyId: "AKID", secretAccessKey: "secret" },
    // The SDK calls faster than the limits of the account allow. The limits of shards stay on.
    limits: { control: false },
  });
  const listener = await serveHttp2(pair, server.fetch);
  try {
    await installSdk(folder);
    await Deno.copyFile(
      new URL("./aws_sdk_client.mjs", import.meta.url),
      `${folder}/client.mjs`,
    );
    await Deno.writeTextFile(`${folder}/ca.pem`, pair.cert);
    const { code, stdout, stderr } = await new Deno.Command("node", {
      args: ["client.mjs", listener.endpoint],
      cwd: folder,
      env: { NODE_EXTRA_CA_CERTS: `${folder}/ca.pem` },
    }).output();
    assertEquals(code, 0, new TextDecoder().decode(stderr));
    const seen = JSON.parse(new TextDecoder().decode(stdout));

    assertGreaterOrEqual(new Set(seen.actions).size, 38);
    assertEquals(seen.status, "ACTIVE");
    assert(seen.createdAt);
    assertEquals([seen.openShards, seen.openShardCount], [2, 2]);
    assertEquals(seen.StreamNames, ["orders"]);
    assertEquals(seen.shards.length, 2);
    assertMatch(seen.put.SequenceNumber, /^495\d{53}$/);
    assertEquals(seen.batch, [seen.put.ShardId, seen.put.ShardId]);
    assertEquals(seen.read, ["one", "two", "three \u00e9"]);
    assert(seen.readAt);
    assertEquals(seen.Tags, [{ Key: "team", Value: "blue" }]);
    assertEquals(seen.metrics, 6);
    assert(seen.policy);
    assertEquals(seen.Consumers, 1);
    assertEquals(seen.updated, [2, 4]);
    assertEquals(seen.paginated, [0]);

    const [first, last] = [seen.events[0], seen.events.at(-1)];
    assertEquals(first.kind, "SubscribeToShardEvent");
    assertEquals(first.data, ["one", "two", "three \u00e9"]);
    assertMatch(first.continuation, /^495\d{53}$/);
    assertEquals(last.continuation, undefined);
    assertEquals(last.children.length, 2);

    assertEquals(seen.refused.name, "ResourceInUseException");
    assertEquals(seen.missing.name, "ResourceNotFoundException");
    assertEquals(seen.missing.status, 400);
    assert(seen.missing.isServiceError);
    assertMatch(seen.missing.requestId, /^[0-9a-f-]{36}$/);
    assertEquals(seen.invalid.name, "ValidationException");
    assertEquals(seen.forged, "InvalidSignatureException");
  } finally {
    server.close();
    await listener.close();
    await Deno.remove(folder, { recursive: true });
  }
});
