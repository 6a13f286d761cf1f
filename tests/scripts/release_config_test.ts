import { assert, assertEquals, assertFalse, assertThrows } from "@std/assert";
import {
  checkRelease,
  isReleased,
  publishedConfig,
} from "../../scripts/release_config.ts";

const config = {
  name: "n",
  version: "1.2.3",
  links: ["./std/assert", "./std/async"],
};
const changelog = "# Changelog\n\n## [1.2.3] - 2026-01-01\n";

Deno.test("publishedConfig drops the stand-ins and nothing else", () => {
  assertEquals(publishedConfig(config), { name: "n", version: "1.2.3" });
  assertEquals(config.links, ["./std/assert", "./std/async"]);
});

Deno.test("publishedConfig links the packages that have a stand-in, and what they import, when a checkout is given", () => {
  assertEquals(publishedConfig(config, "/x").links, [
    "/x/assert",
    "/x/async",
    "/x/internal",
  ]);
});

Deno.test("isReleased leaves out the stand-ins", () => {
  assertFalse(isReleased("std/assert/mod.ts"));
  assert(isReleased("tests/std/assert/equal_test.ts"));
});

Deno.test("checkRelease throws when tag, version and changelog do not agree", () => {
  checkRelease("v1.2.3", config, changelog);
  for (const tag of ["1.2.3", "v1.2.4", ""]) {
    assertThrows(
      () => checkRelease(tag, config, changelog),
      Error,
      `current value is "${tag}"`,
    );
  }
  assertThrows(
    () => checkRelease("v1.2.3", config, "## [1.2.30]\n"),
    Error,
    "CHANGELOG.md",
  );
});
