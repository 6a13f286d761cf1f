import { assert, assertEquals } from "@std/assert";
import { LoadMeter } from "../../../_consumer/reading/load_meter.ts";
import { FakeClock } from "../../_services/fake_clock.ts";

/** Notes an answer each second. */
async function read(
  meter: LoadMeter,
  clock: FakeClock,
  seconds: number,
  records: number,
): Promise<void> {
  for (let second = 0; second < seconds; second++) {
    await clock.advance(1000);
    meter.note({ records, bytes: 100 * records }, 0);
  }
}

Deno.test("LoadMeter knows the load after a minute, also without any answer", async () => {
  const clock = new FakeClock();
  const meter = new LoadMeter(clock);
  await clock.advance(59_999);
  assertEquals(meter.load, undefined);
  await clock.advance(1);
  assertEquals(meter.load, { bytesPerSecond: 0, recordsPerSecond: 0 });
});

Deno.test("LoadMeter measures a steady load exactly, to two digits, from the first minute on", async () => {
  const clock = new FakeClock();
  const meter = new LoadMeter(clock);
  for (let minute = 0; minute < 10; minute++) {
    await read(meter, clock, 60, 50);
    assertEquals(meter.load, {
      bytesPerSecond: 5000,
      recordsPerSecond: 50,
      millisBehindLatest: 0,
    });
  }
});

Deno.test("LoadMeter follows a change within some minutes, and reaches 0", async () => {
  const clock = new FakeClock();
  const meter = new LoadMeter(clock);
  await read(meter, clock, 300, 100);
  await read(meter, clock, 60, 10);
  const { recordsPerSecond = 0 } = meter.load!;
  // 10 + 90 / e
  assert(recordsPerSecond > 40 && recordsPerSecond < 46, `${recordsPerSecond}`);
  await read(meter, clock, 300, 10);
  assertEquals(meter.load!.recordsPerSecond, 10);
  await clock.advance(600_000);
  assertEquals(meter.load!.recordsPerSecond, 0);
});

Deno.test("LoadMeter goes on from a stored load, which fades when nothing arrives", async () => {
  const clock = new FakeClock();
  const before = { bytesPerSecond: 5000, recordsPerSecond: 50 };
  const steady = new LoadMeter(clock, { ...before, millisBehindLatest: 7 });
  assertEquals(steady.load, { ...before, millisBehindLatest: 7 });
  await read(steady, clock, 120, 50);
  assertEquals(steady.load, { ...before, millisBehindLatest: 0 });

  const silent = new LoadMeter(clock, before);
  await clock.advance(60_000);
  // 50 / e
  assertEquals(silent.load, { bytesPerSecond: 1800, recordsPerSecond: 18 });
  // The lease moves again.
  const next = new LoadMeter(clock, silent.load);
  await clock.advance(60_000);
  assertEquals(next.load!.recordsPerSecond, 6.6);
});

Deno.test("LoadMeter starts without a stored load that lacks a rate or has none", async () => {
  for (
    const before of [
      { bytesPerSecond: 5000 },
      { bytesPerSecond: NaN, recordsPerSecond: 5 },
      { bytesPerSecond: 5000, recordsPerSecond: -1 },
    ]
  ) {
    const clock = new FakeClock();
    const meter = new LoadMeter(clock, before);
    assertEquals(meter.load, undefined);
    await clock.advance(60_000);
    assertEquals(meter.load, { bytesPerSecond: 0, recordsPerSecond: 0 });
  }
});

Deno.test("LoadMeter stores the last lag, and none that is no number", async () => {
  const clock = new FakeClock();
  const meter = new LoadMeter(clock);
  const lagOf = async (lag: number | undefined) => {
    await clock.advance(60_000);
    meter.note({ records: 0, bytes: 0 }, lag);
    return meter.load!.millisBehindLatest;
  };
  assertEquals(await lagOf(1234), 1200);
  assertEquals(await lagOf(-5), 0);
  assertEquals(await lagOf(NaN), undefined);
  assertEquals(await lagOf(Infinity), undefined);
  assertEquals(await lagOf(undefined), undefined);
});
