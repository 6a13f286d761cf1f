import { assertEquals } from "@std/assert";
import { deno, writePrograms } from "./programs.ts";
import {
  digestsOf,
  Loopback,
  type Recording,
  recordingOf,
} from "./recording.ts";

for (const guide of ["async-kinesis", "boto"]) {
  Deno.test(`The guide for ${guide}: its programs read what was recorded, and write what the old ones have read`, async () => {
    const recording: Recording = JSON.parse(
      await Deno.readTextFile(recordingOf(guide)),
    );
    const { programs, written, ours, lines } = recording;
    assertEquals(
      await digestsOf(guide),
      programs,
      `programs in docs/migration-from-${guide}.md have changed: run record.ts`,
    );

    const folder = await Deno.makeTempDir();
    try {
      await writePrograms(guide, folder);
      for (const records of Object.values(written)) {
        await using old = new Loopback();
        await old.write(records);
        assertEquals(await old.run(deno("read.ts"), folder), lines);
      }
      await using mine = new Loopback();
      await mine.run(deno("write.ts"), folder);
      assertEquals(mine.records(), ours);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });
}
