/**
 * The page of `monitor --web` in Chromium, against a Kinesis in memory.
 *
 * @module
 */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { hasChromium, Page } from "../../_services/chromium.ts";
import { FakeTerminalKinesis } from "../_fake_terminal.ts";

const isReady = await hasChromium();

/** A running `monitor --web`. */
interface Running {
  readonly port: number;
  stop(): Promise<void>;
}

async function monitor(
  kinesis: FakeTerminalKinesis,
  port = 0,
  ...args: string[]
): Promise<Running> {
  const stop = new AbortController();
  const listening = Promise.withResolvers<number>();
  const ended = kinesis.run([
    ...["monitor", "orders", "--web", `--port=${port}`, "--interval=500ms"],
    ...args,
  ], {
    signal: stop.signal,
    onLine: (line) => listening.resolve(Number(new URL(line).port)),
  });
  ended.then(({ notes }) => listening.reject(new Error(notes)));
  return {
    port: await listening.promise,
    async stop() {
      stop.abort();
      await ended;
    },
  };
}

/** Writes records to the lowest shard, without a client. */
async function put(kinesis: FakeTerminalKinesis, count: number): Promise<void> {
  const response = await kinesis.server.fetch("http://kinesis.test/", {
    method: "POST",
    headers: {
      "content-type": "application/x-amz-json-1.1",
      "x-amz-target": "Kinesis_20131202.PutRecords",
    },
    body: JSON.stringify({
      StreamName: "orders",
      Records: Array.from({ length: count }, () => ({
        ...{ Data: "AAAA", PartitionKey: "k", ExplicitHashKey: "0" },
      })),
    }),
  });
  await response.body?.cancel();
}

const text = (selector: string) =>
  `document.querySelector(${JSON.stringify(selector)})?.textContent`;
const count = (selector: string) =>
  `document.querySelectorAll(${JSON.stringify(selector)}).length`;
const FIRST_ROW = text("#rows tr th");

async function press(page: Page, key: string, letter?: string): Promise<void> {
  for (const type of ["keyDown", "keyUp"]) {
    await page.call("Input.dispatchKeyEvent", {
      ...{
        type,
        key,
        code: key,
        text: type === "keyDown" ? letter : undefined,
      },
      windowsVirtualKeyCode: { Enter: 13, Escape: 27, Tab: 9 }[key],
    });
  }
}

const focus = (selector: string) =>
  `document.querySelector(${JSON.stringify(selector)}).focus()`;

Deno.test({
  name:
    "the page of monitor shows rates, a split and a merge, and selects by keyboard",
  ignore: !isReady,
  async fn() {
    await using kinesis = new FakeTerminalKinesis();
    kinesis.server.createStream("orders", { shards: 4 });
    const running = await monitor(kinesis);
    await using page = await Page.open();
    await page.call("Page.navigate", {
      url: `http://127.0.0.1:${running.port}/`,
    });
    await page.until(text("#connection-text"), "Live");
    await page.until(count("#strip [role=option]"), 4);
    await page.until(FIRST_ROW, "shardId-000000000000");
    const writing = new AbortController();
    const written = (async () => {
      while (!writing.signal.aborted) {
        await put(kinesis, 90);
        await new Promise((go) => setTimeout(go, 100));
      }
    })();
    // About 900 records a second: the lowest shard is hot.
    await page.until(
      'document.querySelector("#strip [role=option]").dataset.load',
      "hot",
    );
    const rate = await page.evaluate(text("#charts .chart .number"));
    assert(Number(rate) > 400 && Number(rate) < 1_300, `${rate}`);
    assertMatch(
      `${await page.evaluate(
        'document.querySelector("#charts svg").getAttribute("aria-label")',
      )}`,
      /^Records written of the stream: now [\d.]+ records\/s, least .* in the last 1 min 0 s$/,
    );
    writing.abort();
    await written;

    const [lower, upper] = kinesis.server.split(
      "orders",
      "shardId-000000000003",
    );
    await page.until(count("#strip [role=option]"), 5);
    await page.until(text("#reshards .ids"), "3 → 4 + 5");
    await page.until(text("#lineage .row .cells"), "3");
    kinesis.server.merge("orders", lower, upper);
    await page.until(text("#reshards .ids"), "4 + 5 → 6");
    await page.until(count("#lineage .row"), 2);

    await page.evaluate(focus("#strip"));
    await press(page, "ArrowRight");
    await press(page, "ArrowRight");
    assertMatch(
      `${await page.evaluate(text("#strip-hint"))}`,
      /^Shard 2: .*% of its limit/,
    );
    await press(page, "Enter");
    assertEquals(await page.evaluate(text("#selected-title")), "Shard 2");
    assertEquals(await page.evaluate(count("#rows [data-selected]")), 1);
    await press(page, "Escape");
    assertEquals(await page.evaluate(count("#rows [data-selected]")), 0);
    assertMatch(
      `${await page.evaluate(text("#summary"))}`,
      /^4 open shards, writing .* records a second, no hot shard$/,
    );
    await running.stop();
    assertEquals(page.log, []);
  },
});

Deno.test({
  name:
    "the page of monitor sorts and filters 200 shards by keyboard, and is fast",
  ignore: !isReady,
  async fn() {
    await using kinesis = new FakeTerminalKinesis();
    kinesis.server.createStream("orders", { shards: 200 });
    const running = await monitor(kinesis, 0, "--no-sample");
    await using page = await Page.open();
    await page.call("Page.navigate", {
      url: `http://127.0.0.1:${running.port}/`,
    });
    await page.until(count("#rows tr"), 200);
    assertEquals(await page.evaluate(count("#strip [role=option]")), 200);
    await page.evaluate(focus("#columns th button"));
    await press(page, "Enter", "\r");
    await press(page, "Enter", "\r");
    assertEquals(await page.evaluate(FIRST_ROW), "shardId-000000000199");
    assertEquals(
      await page.evaluate(
        'document.querySelector("#columns th").getAttribute("aria-sort")',
      ),
      "descending",
    );
    await page.evaluate(focus("#rows tr button"));
    await press(page, "ArrowDown");
    assertEquals(
      await page.evaluate("document.activeElement.textContent"),
      "shardId-000000000198",
    );
    await press(page, "Enter", "\r");
    assertEquals(await page.evaluate(text("#selected-title")), "Shard 198");
    await page.evaluate(focus("#filter"));
    await page.call("Input.insertText", { text: "0129" });
    await page.until(count("#rows tr"), 1);
    await press(page, "Escape");
    await page.until(count("#rows tr"), 200);
    await page.call("Input.insertText", { text: "<b>none" });
    await page.until(text("#no-rows"), "No shard matches “<b>none”");
    // Drawing must leave the time of a frame to the browser.
    const longest = await page.evaluate(`new Promise((done) => {
      let longest = 0;
      const seen = new PerformanceObserver((list) => {
        for (const { duration } of list.getEntries()) {
          longest = Math.max(longest, duration);
        }
      });
      seen.observe({ type: "longtask" });
      setTimeout(() => done(longest), 1500);
    })`);
    assert(Number(longest) < 500, `${longest} ms`);
    // On a phone a shard has less than 2 pixels, and its bar is seen nevertheless.
    await page.call("Emulation.setDeviceMetricsOverride", {
      ...{ width: 320, height: 800, deviceScaleFactor: 1, mobile: false },
    });
    const width = (selector: string) =>
      `document.querySelector("${selector}").getBoundingClientRect().width`;
    await page.until(
      `${width(".fill")} > 0.9 * ${width(".segment")}`,
      true,
    );
    await running.stop();
    assertEquals(page.log, []);
  },
});

Deno.test({
  name:
    "the page of monitor keeps its data while the monitor is gone, and connects again",
  ignore: !isReady,
  async fn() {
    await using kinesis = new FakeTerminalKinesis();
    kinesis.server.createStream("orders", { shards: 2 });
    const running = await monitor(kinesis);
    await using page = await Page.open();
    await page.call("Page.navigate", {
      url: `http://127.0.0.1:${running.port}/`,
    });
    await page.until(count("#rows tr"), 2);
    await running.stop();
    await page.until(text("#connection-text"), "Disconnected");
    assertMatch(
      `${await page.evaluate(text("#lost"))}`,
      /^Disconnected, trying again\. These numbers are of /,
    );
    assertEquals(await page.evaluate(count("#rows tr")), 2);
    kinesis.server.split("orders", "shardId-000000000001");
    const again = await monitor(kinesis, running.port);
    await page.until(text("#connection-text"), "Live");
    await page.until(count("#rows tr"), 3);
    assertEquals(
      await page.evaluate('document.querySelector("#lost").hidden'),
      true,
    );
    await again.stop();
  },
});

Deno.test({
  name: "the page of monitor holds no connection while it is hidden",
  ignore: !isReady,
  async fn() {
    await using kinesis = new FakeTerminalKinesis();
    kinesis.server.createStream("orders", { shards: 2 });
    const running = await monitor(kinesis);
    await using page = await Page.open();
    await page.call("Page.navigate", {
      url: `http://127.0.0.1:${running.port}/`,
    });
    await page.until(count("#rows tr"), 2);
    const show = (state: string) =>
      page.evaluate(`(() => {
        Object.defineProperty(document, "visibilityState", {
          configurable: true, value: ${JSON.stringify(state)},
        });
        document.dispatchEvent(new Event("visibilitychange"));
      })()`);
    await show("hidden");
    kinesis.server.split("orders", "shardId-000000000001");
    // The monitor serves 20 pages: it takes 20 others only when this one has gone.
    const others: Response[] = [];
    while (others.length < 20) {
      const url = `http://127.0.0.1:${running.port}/events`;
      const response = await fetch(url);
      if (response.status === 200) others.push(response);
      else await response.body?.cancel();
    }
    await Promise.all(others.map(({ body }) => body!.cancel()));
    assertEquals(await page.evaluate(text("#connection-text")), "Live");
    assertEquals(await page.evaluate(count("#rows tr")), 2);
    await show("visible");
    await page.until(count("#rows tr"), 3);
    await running.stop();
  },
});

Deno.test({
  name: "the page of monitor shows texts of elsewhere as text",
  ignore: !isReady,
  async fn() {
    await using kinesis = new FakeTerminalKinesis();
    kinesis.server.createStream("orders", { shards: 1 });
    const evil = "<img src=x onerror=document.title='evil'>";
    const worker = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen: () => {} },
      () =>
        new Response([
          `kinesis_consumer_errors_total{stream="orders",code="${evil}"} ${Date.now()}`,
          `kinesis_consumer_lag_seconds{stream="orders",shard="${evil}"} 1`,
        ].join("\n")),
    );
    const url = `http://127.0.0.1:${worker.addr.port}/metrics`;
    const running = await monitor(kinesis, 0, "--metrics", url);
    await using page = await Page.open();
    await page.call("Page.navigate", {
      url: `http://127.0.0.1:${running.port}/`,
    });
    await page.until(count("#errors li"), 1);
    assertMatch(
      `${await page.evaluate(text("#errors .detail"))}`,
      /consumer: <img src=x/,
    );
    assertEquals(await page.evaluate(count("img")), 0);
    assertEquals(
      await page.evaluate("document.title"),
      "orders · Kinesis monitor",
    );
    await running.stop();
    await worker.shutdown();
  },
});
