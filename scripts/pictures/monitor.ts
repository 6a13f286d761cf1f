/**
 * Takes pictures of the page of `monitor --web` in Chromium, at work on a Kinesis in memory:
 * `deno run -A scripts/pictures/monitor.ts` writes `docs/images/monitor-light.png` and
 * `monitor-dark.png`. It takes almost a minute.
 *
 * @module
 */
import { delay } from "@std/async/delay";
import { Page } from "../../tests/_services/chromium.ts";
import { FakeTerminalKinesis } from "../../tests/cli/_fake_terminal.ts";
import { startWorkers, write } from "./monitor_workload.ts";

const FOLDER = new URL("../../docs/images/", import.meta.url);
const WIDTH = 1280;
const HEIGHT = 840;
const STREAM = "orders";

if (import.meta.main) {
  await using kinesis = new FakeTerminalKinesis();
  const { server } = kinesis;
  server.createStream(STREAM, { shards: 8 });
  const stop = new AbortController();
  const workers = await startWorkers(server, STREAM, stop.signal);
  const writing = write(server, STREAM, stop.signal);
  const listening = Promise.withResolvers<string>();
  const monitoring = kinesis.run([
    ...["monitor", STREAM, "--web", "--interval", "1s"],
    ...workers.urls.flatMap((url) => ["--metrics", url]),
  ], { signal: stop.signal, onLine: listening.resolve });
  await using page = await Page.open();
  await page.call("Page.navigate", { url: await listening.promise });
  await delay(14_000);
  server.split(STREAM, "shardId-000000000002");
  await delay(12_000);
  server.merge(STREAM, "shardId-000000000006", "shardId-000000000007");
  await delay(10_000);
  server.split(STREAM, "shardId-000000000009");
  await delay(14_000);
  await page.evaluate(
    `document.getElementById("segment-shardId-000000000004").click()`,
  );
  for (const scheme of ["light", "dark"]) await takePicture(page, scheme);
  stop.abort();
  await Promise.all([monitoring, writing, workers.ended]);
}

async function takePicture(page: Page, scheme: string): Promise<void> {
  await page.call("Emulation.setDeviceMetricsOverride", {
    ...{ width: WIDTH, height: HEIGHT },
    ...{ deviceScaleFactor: 1, mobile: false },
  });
  await page.call("Emulation.setScrollbarsHidden", { hidden: true });
  await page.call("Emulation.setEmulatedMedia", {
    features: [{ name: "prefers-color-scheme", value: scheme }],
  });
  await delay(1_000);
  const { data } = await page.call("Page.captureScreenshot", { format: "png" });
  await Deno.writeFile(
    new URL(`monitor-${scheme}.png`, FOLDER),
    Uint8Array.fromBase64(data),
  );
}
