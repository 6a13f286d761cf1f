import { assertEquals } from "@std/assert";
import { assertLeases } from "../conformance/checkpointer/fixtures.ts";
import { type Raw, Tables } from "../checkpoint/_dynamodb_fixtures.ts";
import {
  KCL_LEASES,
  LAYOUTS,
  optionsOf,
  STREAM,
  writeOurs,
} from "./kcl/lease_cases.ts";

for (const layout of LAYOUTS) {
  const fixtures = async (): Promise<{ byKcl: Raw; byUs: Raw }> =>
    JSON.parse(
      await Deno.readTextFile(
        new URL(`kcl/leases_${layout}.json`, import.meta.url),
      ),
    );

  Deno.test(`DynamoDBCheckpointer reads the leases that a KCL has written, ${layout} stream`, async () => {
    await using tables = await Tables.start();
    await tables.create("app");
    for (const [key, row] of Object.entries<Raw>((await fixtures()).byKcl)) {
      await tables.put("app", { leaseKey: { S: key }, ...row });
    }
    const checkpointer = tables.open("app", optionsOf(layout));
    assertLeases(await checkpointer.list(STREAM), KCL_LEASES);
  });

  Deno.test(`DynamoDBCheckpointer writes the leases that a KCL has read, ${layout} stream`, async () => {
    await using tables = await Tables.start();
    await tables.create("app");
    await writeOurs(tables.open("app", optionsOf(layout)));
    assertEquals(await tables.rows("app"), (await fixtures()).byUs);
  });
}
