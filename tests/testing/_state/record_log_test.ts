import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { payloadSize, RecordLog } from "../../../testing/_state/record_log.ts";

function record(time: number) {
  return { data: "", key: String(time), size: 1, time, encrypted: false };
}

Deno.test("RecordLog keeps the offset of every record after any trim", () => {
  fc.assert(fc.property(
    fc.array(
      fc.record({
        append: fc.integer({ min: 0, max: 3_000 }),
        keep: fc.integer({ min: 0, max: 3_000 }),
      }),
      { minLength: 1, maxLength: 8 },
    ),
    (steps) => {
      const log = new RecordLog();
      let appended = 0;
      let first = 1;
      for (const { append, keep } of steps) {
        for (let i = 0; i < append; i++) {
          // The record at offset n arrived at time n.
          assertEquals(log.append(record(++appended)), appended);
        }
        log.trim(appended - keep);
        first = Math.max(first, Math.min(appended - keep, appended + 1));
        assertEquals(log.firstOffset, first);
        assertEquals(log.nextOffset, appended + 1);
        assertEquals(log.length, appended + 1 - first);
        assertEquals(log.at(first - 1), undefined);
        assertEquals(log.at(first)?.time, log.length ? first : undefined);
        assertEquals(log.at(appended + 1), undefined);
        const middle = Math.floor((first + appended) / 2);
        assertEquals(
          log.seek(({ time }) => time < middle),
          Math.max(middle, first),
        );
      }
    },
  ));
});

Deno.test("payloadSize returns the number of bytes in base64 text", () => {
  fc.assert(fc.property(fc.uint8Array(), (bytes) => {
    assertEquals(payloadSize(bytes.toBase64()), bytes.length);
  }));
});
