import { assertEquals, assertThrows } from "@std/assert";
import { InvalidRecordError } from "../../errors.ts";
import { validateKeys } from "../../processors/mod.ts";

Deno.test("validateKeys counts Unicode characters", () => {
  for (const key of ["a", "é".repeat(256), "😀".repeat(256), "\0"]) {
    validateKeys({ partitionKey: key });
  }
  for (
    const [key, shown] of [
      ["", "current value is empty"],
      ["a".repeat(257), "current value has 257"],
      ["😀".repeat(257), "current value has 257 characters"],
      ["😀".repeat(300) + "e\u0301", "current value has 302 characters"],
      [null as unknown as string, "current value is null"],
      ["😀".repeat(200) + "a".repeat(57), "current value has 257"],
      ["a\udc00", "has a lone surrogate"],
      [undefined, "current value is of type undefined"],
      [7, "current value is of type number"],
    ] as [string, string][]
  ) {
    const error = assertThrows(
      () => validateKeys({ partitionKey: key }),
      InvalidRecordError,
      shown,
    );
    assertEquals(error.code, "InvalidPartitionKey");
  }
});

Deno.test("validateKeys wants explicit hash keys in decimal below 2^128", () => {
  const max = (2n ** 128n - 1n).toString();
  for (const key of ["0", "1", "99999999999999999999999999999999999999", max]) {
    validateKeys({ partitionKey: "k", explicitHashKey: key });
  }
  const tooLarge = (2n ** 128n).toString();
  for (const key of ["", "-1", "00", "0x1", "1.0", "1e3", " 1", tooLarge, 5]) {
    const error = assertThrows(
      () => validateKeys({ partitionKey: "k", explicitHashKey: key as string }),
      InvalidRecordError,
      "must be a decimal number from 0 to 2^128-1",
    );
    assertEquals(error.code, "InvalidExplicitHashKey");
  }
});
