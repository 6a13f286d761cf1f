/**
 * Checks of abort signals: an aborted call rejects, and has either its whole effect or none.
 *
 * @module
 */
import { assert, assertStrictEquals } from "@std/assert";
import type { CheckpointerCheck } from "../checkpointer_suite.ts";
import type { Checkpointer, Lease } from "../../../checkpoint/checkpointer.ts";
import {
  areEqual,
  assertLease,
  assertLeases,
  assertStored,
  held,
  HOLDER_WRITES,
  newLease,
  only,
} from "./fixtures.ts";

type Options = { signal: AbortSignal };

/** Every call of the contract, with the changes that it makes to a held lease. */
const CALLS: readonly {
  readonly name: string;
  call(
    checkpointer: Checkpointer,
    lease: Lease,
    options: Options,
  ): Promise<unknown>;
  effect(lease: Lease): Lease[];
}[] = [
  {
    name: "list",
    call: (checkpointer, lease, options) =>
      checkpointer.list(lease.streamName, options),
    effect: (lease) => [lease],
  },
  {
    name: "create",
    call: (checkpointer, _, options) =>
      checkpointer.create(newLease({ shardId: "new" }), options),
    effect: (lease) => [
      lease,
      { ...newLease({ shardId: "new" }), counter: 0 },
    ],
  },
  {
    name: "take",
    call: (checkpointer, lease, options) =>
      checkpointer.take(lease, "worker-2", options),
    effect: (lease) => [{
      ...lease,
      owner: "worker-2",
      counter: lease.counter + 1,
    }],
  },
  ...HOLDER_WRITES.map(({ name, write, effect }) => ({
    name,
    call: write,
    effect: (lease: Lease) => [
      effect({ ...lease, counter: lease.counter + 1 }),
    ],
  })),
  {
    name: "request",
    call: (checkpointer, lease, options) =>
      checkpointer.request(lease, "worker-2", options),
    effect: (lease) => [{ ...lease, requestedBy: "worker-2" }],
  },
  {
    name: "replace",
    call: (checkpointer, lease, options) =>
      checkpointer.replace(lease, newLease(), options),
    effect: (lease) => [{ ...newLease(), counter: lease.counter + 1 }],
  },
  {
    name: "delete",
    call: (checkpointer, lease, options) => checkpointer.delete(lease, options),
    effect: () => [],
  },
];

export const abortChecks: readonly CheckpointerCheck[] = CALLS.flatMap((
  { name, call, effect },
): CheckpointerCheck[] => [
  {
    name:
      `${name} rejects with the reason and does nothing when aborted before`,
    async run(store) {
      const checkpointer = await store.open("app");
      const lease = await held(checkpointer);
      const reason = new Error("the reason");
      const result = await outcome(
        call(checkpointer, lease, { signal: AbortSignal.abort(reason) }),
      );
      assert("error" in result, `${name} was not ended`);
      assertStrictEquals(result.error, reason);
      await assertStored(checkpointer, [lease]);
    },
  },
  {
    name: `${name} does all or nothing when aborted in between`,
    async run(store) {
      const checkpointer = await store.open("app");
      const lease = await held(checkpointer);
      const controller = new AbortController();
      const reason = new Error("the reason");
      const pending = outcome(
        call(checkpointer, lease, { signal: controller.signal }),
      );
      controller.abort(reason);
      const result = await pending;
      if ("error" in result) assertStrictEquals(result.error, reason);
      // An aborted write may still happen. The lease must be as before the write or as after it.
      const stored = await checkpointer.list(lease.streamName);
      const none = "error" in result && areEqual(stored, [lease]);
      assertLeases(stored, none ? [lease] : effect(lease));
    },
  },
  {
    name: `${name} works with a signal that aborts afterwards`,
    async run(store) {
      const checkpointer = await store.open("app");
      const lease = await held(checkpointer);
      const controller = new AbortController();
      await call(checkpointer, lease, { signal: controller.signal });
      controller.abort(new Error("too late"));
      await assertStored(checkpointer, effect(lease));
      if (name === "list") assertLease(await only(checkpointer), lease);
    },
  },
]);

async function outcome(
  work: Promise<unknown>,
): Promise<{ value: unknown } | { error: unknown }> {
  try {
    return { value: await work };
  } catch (error) {
    return { error };
  }
}
