import { assert, assertEquals } from "@std/assert";
import { KinesisServer } from "../../testing/mod.ts";
import { serveHttp2 } from "../interop/http2_listener.ts";
import { bundle } from "../_services/bundle.ts";
import { selfSignedCertificate } from "../_services/certificate.ts";
import type { Place } from "./fan_out_program.ts";

const PROGRAM = new URL("fan_out_program.ts", import.meta.url);

Deno.test("nodeFetch gives Consumer enhanced fan-out over HTTP/2 in Node.js", async () => {
  const folder = await Deno.makeTempDir();
  const pair = await selfSignedCertificate();
  const kinesis = new KinesisServer({ transitionMs: 0, limits: false });
  const versions = new Map<string, Set<string>>();
  const server = await serveHttp2(pair, (request, { httpVersion }) => {
    const action = request.headers.get("x-amz-target")!.split(".")[1]!;
    versions.set(action, (versions.get(action) ?? new Set()).add(httpVersion));
    return kinesis.fetch(request);
  });
  try {
    const place: Place = { endpoint: server.endpoint, ca: pair.cert };
    await Deno.writeTextFile(`${folder}/program.mjs`, await bundle(PROGRAM));
    await Deno.writeTextFile(
      `${folder}/main.mjs`,
      `globalThis.place = ${JSON.stringify(place)};
      globalThis.findings = {};
      await import("./program.mjs");
      console.log(JSON.stringify(globalThis.findings));`,
    );
    const { stdout, stderr } = await new Deno.Command("node", {
      args: [`${folder}/main.mjs`],
      env: { AWS_EC2_METADATA_DISABLED: "true" },
      stdin: "null",
    }).output();
    const text = new TextDecoder().decode(stdout);
    assertEquals(text, '{"seen":2000}\n', new TextDecoder().decode(stderr));
    for (const [action, seen] of versions) {
      const expected = action === "SubscribeToShard" ? "2.0" : "1.1";
      assertEquals([...seen], [expected], action);
    }
    assert(versions.has("SubscribeToShard"));
  } finally {
    await server.close();
    kinesis.close();
    await Deno.remove(folder, { recursive: true });
  }
});
