/**
 * The in-memory Kinesis as a program, which `kinesis_process.ts` starts. Its argument is JSON with
 * `secure` (TLS and HTTP/2) and `limits`. Prints its port, and its certificate if it has one, as one
 * line of JSON. Answers `GET /<stream>` with the amounts of {@linkcode Stored}. Ends with its
 * standard input, so that it does not outlive the benchmark.
 *
 * @module
 */
import { KinesisServer } from "../../testing/mod.ts";
import { selfSignedCertificate } from "../../tests/_services/certificate.ts";
import { Sizes } from "./sizes.ts";

const { secure, limits } = JSON.parse(Deno.args[0]!);
const kinesis = new KinesisServer({ limits, logLimit: 0 });

function storedIn(stream: string): Response {
  const sizes = new Sizes();
  for (const { data } of kinesis.records(stream)) sizes.add(data.length);
  return Response.json(sizes);
}

const tls = secure ? await selfSignedCertificate() : undefined;
const server = Deno.serve({
  hostname: "127.0.0.1",
  port: 0,
  ...tls && { cert: tls.cert, key: tls.key },
  onListen: () => {},
}, async (request) => {
  if (request.method === "GET") {
    return storedIn(new URL(request.url).pathname.slice(1));
  }
  // Without the signal of the request, whose abort Deno.serve prints.
  return await kinesis.fetch(request.url, {
    method: request.method,
    headers: request.headers,
    body: await request.bytes(),
  });
});
console.log(JSON.stringify({ port: server.addr.port, cert: tls?.cert }));
for await (const _ of Deno.stdin.readable);
Deno.exit();
