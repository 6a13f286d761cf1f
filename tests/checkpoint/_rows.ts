/**
 * Rows as checkpointers store them, and rows that are no leases.
 *
 * @module
 */
import type { Checkpointer, Lease } from "../../checkpoint/checkpointer.ts";
import {
  AT_128,
  newLease,
  STREAM,
} from "../conformance/checkpointer/fixtures.ts";

/** A row as it is stored. */
export const ROW: Readonly<Record<string, unknown>> = {
  format: 1,
  owner: "worker-1",
  counter: 1,
  checkpoint: { type: "TRIM_HORIZON" },
  parentShardIds: [],
};
/** {@linkcode ROW} as a lease. */
export const HELD: Lease = { ...newLease(), owner: "worker-1", counter: 1 };

/** All calls of a checkpointer that read the row of {@linkcode HELD}. */
export function readers(
  checkpointer: Checkpointer,
): (() => Promise<unknown>)[] {
  return [
    () => checkpointer.list(STREAM),
    () => checkpointer.take(HELD, "worker-2"),
    () => checkpointer.renew(HELD),
    () => checkpointer.checkpoint(HELD, AT_128),
    () => checkpointer.release(HELD),
    () => checkpointer.replace(HELD, newLease()),
    () => checkpointer.delete(HELD),
  ];
}

/** Stored data that is no lease, and what the error says. */
export const DAMAGED: readonly (readonly [value: unknown, fault: string])[] = [
  ["text", "it is not a lease"],
  [{}, "'format' must be 1: current value is undefined"],
  [{ ...ROW, format: 0 }, "'format' must be 1"],
  [{ ...ROW, format: "1" }, "'format' must be 1"],
  [{ ...ROW, owner: "" }, "'owner' must be a text that is not empty"],
  [{ ...ROW, owner: 7 }, "'owner' must be a text that is not empty"],
  [{ ...ROW, counter: -1 }, "'counter' must be a whole number from 0"],
  [{ ...ROW, counter: 1.5 }, "'counter' must be a whole number from 0"],
  [{ ...ROW, parentShardIds: "p" }, "'parentShardIds' must be a list"],
  [{ ...ROW, parentShardIds: [1] }, "'parentShardIds' must be a list"],
  [{ ...ROW, parentShardIds: [""] }, "'parentShardIds' must be a list"],
  [
    { ...ROW, startingSequenceNumber: 49 },
    "'startingSequenceNumber' must be a text of 1 to 129 digits: current value is 49",
  ],
  [{ ...ROW, checkpoint: null }, "'checkpoint' must be an object"],
  [{ ...ROW, checkpoint: {} }, "'checkpoint.type' must be"],
  [{ ...ROW, checkpoint: { type: "LATEST_" } }, "'checkpoint.type' must be"],
  [
    { ...ROW, checkpoint: { type: "AT_TIMESTAMP", timestamp: 8.65e15 } },
    "'checkpoint.timestamp' must be a valid time",
  ],
  ...["", "-1", "1e3", "01", "4x", "1".repeat(130), 49].map((
    sequenceNumber,
  ) =>
    [
      { ...ROW, checkpoint: { type: "SEQUENCE", sequenceNumber } },
      "'checkpoint.sequenceNumber' must be a text of 1 to 129 digits",
    ] as const
  ),
  ...["0", -1, 0.5, null].map((subSequenceNumber) =>
    [
      {
        ...ROW,
        checkpoint: {
          type: "SEQUENCE",
          sequenceNumber: "1",
          subSequenceNumber,
        },
      },
      "'checkpoint.subSequenceNumber' must be a whole number from 0",
    ] as const
  ),
];
