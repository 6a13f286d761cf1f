/**
 * The example page in Chromium: temporary keys of Cognito, and a queue that survives a time without
 * network and a reload.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { delay } from "@std/async/delay";
import { hasChromium, Page } from "../../_services/chromium.ts";
import { bundle } from "../../_services/bundle.ts";
import { serveInMemory, withCors } from "./in_memory.ts";

const FOLDER = new URL("../../../examples/browser/", import.meta.url);
const IDENTITY = "eu-west-1:aaaaaaaa-2222-3333-4444-555555555555";
const CLICK = 'document.querySelector("button").click()';
const STATUS = 'document.querySelector("output")?.textContent';

/** Opens the same page once more, as another tab would. */
const OPEN_AGAIN = `new Promise((done) => {
  const frame = document.createElement("iframe");
  frame.src = location.href;
  frame.onload = () => done();
  document.body.append(frame);
})`;
const OTHER_STATUS = 'frames[0].document.querySelector("output").textContent';

/** Cognito, and how it answers. */
interface Guests {
  readonly identities: string[];
  /** Whether it refuses everything. */
  isRefusing: boolean;
}

/** Answers as Cognito. Counts the identities that it makes. */
async function cognito(
  request: Request,
  { identities, isRefusing }: Guests,
): Promise<Response> {
  if (request.method === "OPTIONS") return new Response();
  await request.body?.cancel();
  if (isRefusing) {
    const refusal = { __type: "NotAuthorizedException", message: "no guests" };
    return Response.json(refusal, { status: 400 });
  }
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
async function servePage(kinesis: string, guests: Guests) {
  const script = await bundle(new URL("page.ts", FOLDER));
  const html = await Deno.readTextFile(new URL("index.html", FOLDER));
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    async (request) => {
      const { pathname, origin } = new URL(request.url);
      if (pathname === "/cognito") {
        return withCors(await cognito(request, guests));
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
    const guests: Guests = { identities: [], isRefusing: true };
    await using site = await servePage(kinesis.endpoint, guests);
    await using page = await Page.open();
    await page.call("Page.navigate", { url: site.url });
    await page.until(STATUS, "All stored");

    // An error that ends the producer: the click stays, and the page says why. After it, the next
    // click makes another producer.
    await page.evaluate(CLICK);
    await page.until(
      `/^1 waiting: .*(Cognito|identity)/.test(${STATUS})`,
      true,
    );
    guests.isRefusing = false;

    await page.evaluate(CLICK);
    await kinesis.until(2);
    await page.until(STATUS, "All stored");

    await page.setOffline(true);
    for (let i = 0; i < 3; i++) await page.evaluate(CLICK);
    await page.until(STATUS, "3 waiting");
    assertEquals(kinesis.values().length, 2);

    await page.setOffline(false);
    await kinesis.until(5);
    await page.until(STATUS, "All stored");

    // The service refuses, the page is left, and the click is sent by the next visit.
    kinesis.refuse = true;
    await page.evaluate(CLICK);
    await page.until(`${STATUS}.startsWith("1 waiting: ")`, true);
    kinesis.refuse = false;
    await page.call("Page.navigate", { url: "about:blank" });
    await page.call("Page.navigate", { url: site.url });
    await kinesis.until(6);
    await page.until(STATUS, "All stored");

    assertEquals(kinesis.values().length, 6);
    assert(
      kinesis.values().every((value) =>
        (value as { what: string }).what === "button"
      ),
    );
    assertEquals(guests.identities, [IDENTITY]); // the second visit has used it again
  });

  Deno.test("The page in two tabs sends a click once, and says that it waits until it is stored", async () => {
    await using kinesis = serveInMemory("clicks");
    const guests: Guests = { identities: [], isRefusing: false };
    await using site = await servePage(kinesis.endpoint, guests);
    await using page = await Page.open();
    await page.call("Page.navigate", { url: site.url });
    await page.until(STATUS, "All stored");

    const { promise: gate, resolve: open } = Promise.withResolvers<void>();
    kinesis.gate = gate;
    try {
      await page.evaluate(CLICK);
      await kinesis.until(1);
      await page.until(STATUS, "1 waiting");
      await page.evaluate(OPEN_AGAIN);
      await page.until(OTHER_STATUS, "1 waiting");
      await delay(500); // A second request would arrive by then.
    } finally {
      open();
    }
    await page.until(STATUS, "All stored");
    await page.until(OTHER_STATUS, "All stored");
    assertEquals(kinesis.values().length, 1);
  });
}
