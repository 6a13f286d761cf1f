/**
 * The example page in Chromium: temporary keys of Cognito, and a queue that survives a time without
 * network and a reload.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { hasChromium, Page } from "../../_services/chromium.ts";
import { bundle } from "./bundle.ts";
import { serveInMemory, withCors } from "./in_memory.ts";

const FOLDER = new URL("../../../examples/browser/", import.meta.url);
const IDENTITY = "eu-west-1:aaaaaaaa-2222-3333-4444-555555555555";
const CLICK = 'document.querySelector("button").click()';
const STATUS = 'document.querySelector("output")?.textContent';

/** Answers as Cognito. Counts the identities that it makes. */
async function cognito(
  request: Request,
  identities: string[],
): Promise<Response> {
  if (request.method === "OPTIONS") return new Response();
  await request.body?.cancel();
  if (request.headers.get("x-amz-target")?.endsWith("GetId")) {
    identities.push(IDENTITY);
    return Response.json({ IdentityId: IDENTITY });
  }
  return Response.json({
    Credentials: {
      AccessKeyId: "ASIAGUEST",
      SecretKey: "secret",
      SessionToken: "token",
      Expiration: Date.now() / 1000 + 3600,
    },
  });
}

/** Serves the page with its script, and Cognito at `/cognito`. */
async function servePage(kinesis: string, identities: string[]) {
  const script = await bundle(new URL("page.ts", FOLDER));
  const html = await Deno.readTextFile(new URL("index.html", FOLDER));
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    async (request) => {
      const { pathname, origin } = new URL(request.url);
      if (pathname === "/cognito") {
        return withCors(await cognito(request, identities));
      }
      if (pathname === "/page.js") {
        return new Response(script, {
          headers: { "content-type": "text/javascript" },
        });
      }
      const settings =
        `data-kinesis="${kinesis}" data-cognito="${origin}/cognito"`;
      return new Response(html.replace('lang="en"', `lang="en" ${settings}`), {
        headers: { "content-type": "text/html" },
      });
    },
  );
  const url = `http://127.0.0.1:${server.addr.port}/`;
  return { url, [Symbol.asyncDispose]: () => server.shutdown() };
}

if (await hasChromium()) {
  Deno.test("The page stores clicks in Kinesis, those without network when there is one again, also after a reload", async () => {
    await using kinesis = serveInMemory("clicks");
    const identities: string[] = [];
    await using site = await servePage(kinesis.endpoint, identities);
    await using page = await Page.open();
    await page.call("Page.navigate", { url: site.url });
    await page.until(STATUS, "All stored");

    await page.evaluate(CLICK);
    await kinesis.until(1);
    await page.until(STATUS, "All stored");

    await page.setOffline(true);
    for (let i = 0; i < 3; i++) await page.evaluate(CLICK);
    await page.until(STATUS, "3 waiting");
    assertEquals(kinesis.values().length, 1);

    await page.setOffline(false);
    await kinesis.until(4);
    await page.until(STATUS, "All stored");

    // The service refuses, the page is left, and the click is sent by the next visit.
    kinesis.refuse = true;
    await page.evaluate(CLICK);
    await page.until(STATUS, "1 waiting");
    kinesis.refuse = false;
    await page.call("Page.navigate", { url: "about:blank" });
    await page.call("Page.navigate", { url: site.url });
    await kinesis.until(5);
    await page.until(STATUS, "All stored");

    assertEquals(kinesis.values().length, 5);
    assert(
      kinesis.values().every((value) =>
        (value as { what: string }).what === "button"
      ),
    );
    assertEquals(identities, [IDENTITY]); // the second visit has used it again
  });
}
