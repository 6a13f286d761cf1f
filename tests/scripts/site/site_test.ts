/**
 * The built site: its links, and its pages in Chromium.
 *
 * @module
 */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { entryPointsOf } from "../../../scripts/entry_points.ts";
import { buildSite } from "../../../scripts/site/build.ts";
import { walkFiles } from "../../../scripts/site/files.ts";
import { serveSite } from "../../../scripts/site/serve.ts";
import { hasChromium, Page } from "../../_services/chromium.ts";

const ROOT = new URL("../../../", import.meta.url);
const FOLDER = await Deno.makeTempDir({ prefix: "kinesis-site-" });
const SITE = new URL(`file://${FOLDER}/`);

let broken: string[] = [];

Deno.test.beforeAll(async () => {
  broken = await buildSite({ root: ROOT, site: SITE, withApi: true });
});
Deno.test.afterAll(() => Deno.remove(FOLDER, { recursive: true }));

const read = (path: string) => Deno.readTextFile(new URL(path, SITE));

Deno.test("Every link of the Markdown files and of the site leads to a file or anchor", () => {
  assertEquals(broken, []);
});

Deno.test("The site has every guide", async () => {
  const files = await Array.fromAsync(walkFiles(SITE));
  for await (const { name } of Deno.readDir(new URL("docs/", ROOT))) {
    if (!name.endsWith(".md")) continue;
    assert(files.includes(`docs/${name.replace(".md", ".html")}`), name);
  }
});

Deno.test("The page of the API has every entry point, each with a description", async () => {
  const html = await read("api.html");
  const described = [
    ...html.matchAll(/<h2 id="[^"]+">[\s\S]*?<\/h2>\s*<p>([^]*?)<\/p>/g),
  ];
  assertEquals(described.length, (await entryPointsOf(ROOT)).length);
  for (const [section, text = ""] of described) {
    assert(text.length > 20, section);
  }
});

Deno.test("A page of the API imports by the name of the package, and does not name the folder it was built in", async () => {
  const html = await read("api/client/~/KinesisClient.html");
  assertMatch(html, /from &quot;@webstreams\/kinesis\/client&quot;/);
  assertEquals(html.replaceAll("&#x2F;", "/").includes(ROOT.pathname), false);
});

const SEARCH = `document.querySelector("dialog.search[open] input")`;
const RESULTS = `document.querySelectorAll("#results a").length`;
const BACKGROUND = "getComputedStyle(document.body).backgroundColor";
const DARK = "rgb(20, 23, 27)";
const LIGHT = "rgb(255, 255, 255)";

/** Presses a key in the page. */
async function press(page: Page, key: string): Promise<void> {
  const text = key.length === 1 ? key : key === "Enter" ? "\r" : undefined;
  const codes: Record<string, number> = { Enter: 13, Escape: 27 };
  const event = { key, windowsVirtualKeyCode: codes[key] };
  await page.call("Input.dispatchKeyEvent", {
    type: "keyDown",
    text,
    ...event,
  });
  await page.call("Input.dispatchKeyEvent", { type: "keyUp", ...event });
}

/** Opens a page of the site in a new Chromium. */
async function open(url: string): Promise<Page> {
  const page = await Page.open();
  await page.call("Log.enable");
  await page.call("Emulation.setEmulatedMedia", {
    features: [{ name: "prefers-color-scheme", value: "light" }],
  });
  await visit(page, url);
  return page;
}

async function visit(page: Page, url: string): Promise<void> {
  await page.call("Page.navigate", { url });
  await page.until(
    `document.readyState === "complete" && location.href === ${
      JSON.stringify(url)
    }`,
    true,
  );
}

/** Finds a section by keyboard, opens it, and changes the theme. */
async function tryOut(page: Page, start: string): Promise<void> {
  await press(page, "/");
  await page.until(`${SEARCH} === document.activeElement`, true);
  await page.call("Input.insertText", { text: "beside the KCL" });
  await page.until(`${RESULTS} > 1`, true);
  await press(page, "ArrowDown");
  await page.until(
    `document.getElementById("result-1").ariaSelected`,
    "true",
  );
  await press(page, "ArrowUp");
  await page.until(
    `document.getElementById("result-0").ariaSelected`,
    "true",
  );
  await press(page, "Enter");
  const target = new URL("docs/checkpoints.html#beside-the-kcl", start).href;
  await page.until("location.href", target);
  await page.until(
    `Math.abs(document.getElementById("beside-the-kcl").getBoundingClientRect().top) < 200`,
    true,
  );

  await press(page, "/");
  await page.until(`${SEARCH} === document.activeElement`, true);
  await press(page, "Escape");
  await page.until(`${SEARCH}`, null);

  assertEquals(await page.evaluate(BACKGROUND), LIGHT);
  await page.evaluate(`document.querySelector("[data-theme]").click()`);
  assertEquals(await page.evaluate(BACKGROUND), DARK);
  await visit(page, new URL("docs/producing.html", start).href);
  assertEquals(await page.evaluate(BACKGROUND), DARK);
  await visit(page, new URL("api/~/Producer.html", start).href);
  await page.until(`document.documentElement.classList.contains("dark")`, true);
  await page.until(
    `document.getElementById("theme-toggle").ariaPressed`,
    "true",
  );
}

/** The requests to other places than the site. */
function foreign(page: Page, start: string): string[] {
  return page.requests.filter((url) =>
    !url.startsWith(start) && !url.startsWith("data:") && url !== "about:blank"
  );
}

/**
 * The pages, of those at some addresses, that are wider than a window of 360 pixels. They are opened
 * in frames of this width, where the scroll bar takes a part of it.
 */
async function tooWide(page: Page, urls: readonly string[]): Promise<unknown> {
  return await page.evaluate(`(async () => {
    const wide = [];
    for (const url of ${JSON.stringify(urls)}) {
      const frame = document.createElement("iframe");
      frame.width = 360;
      frame.height = 740;
      frame.src = url;
      const loaded = new Promise((load) => frame.onload = load);
      document.body.append(frame);
      await loaded;
      const { scrollWidth, clientWidth } = frame.contentDocument.documentElement;
      if (clientWidth < 300 || scrollWidth > clientWidth) wide.push([url, scrollWidth]);
      frame.remove();
    }
    return wide;
  })()`);
}

if (await hasChromium()) {
  Deno.test("The site works in Chromium, below a folder of a server and from files", async (t) => {
    await using server = serveSite(SITE);
    await using page = await open(`${server.url}index.html`);
    for (const start of [server.url, SITE.href]) {
      await t.step(
        `The search opens a section by keyboard, the theme is kept, without errors and other requests: ${start}`,
        async () => {
          page.requests.splice(0);
          await visit(page, `${start}index.html`);
          await tryOut(page, start);
          assertEquals(foreign(page, start), []);
          assertEquals(page.log, []);
        },
      );
    }

    await t.step(
      "The page for unknown addresses has its style and leads back, at any depth",
      async () => {
        await visit(page, `${server.url}no/such/page`);
        assertEquals(
          await page.evaluate(
            "getComputedStyle(document.querySelector('.top')).position",
          ),
          "sticky",
        );
        await page.evaluate(`document.querySelector("article a").click()`);
        await page.until("location.href", `${server.url}index.html`);
      },
    );

    await t.step("No guide is wider than a window of 360 pixels", async () => {
      const guides = (await Array.fromAsync(walkFiles(SITE)))
        .filter((path) => path.endsWith(".html") && !path.startsWith("api/"));
      const paths = [...guides, "api/index.html", "api/~/Producer.html"];
      assertEquals(
        await tooWide(page, paths.map((path) => `${server.url}${path}`)),
        [],
      );
    });
  });
}
