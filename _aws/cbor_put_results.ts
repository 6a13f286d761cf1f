/**
 * Reads the results of a PutRecords answer from CBOR.
 *
 * @module
 */
import { plainObjects } from "../_core/young_objects.ts";
import { Key, UsualForm } from "./cbor_usual_form.ts";

/** The result of a record that was stored. */
export interface ReadPutResult {
  SequenceNumber: string;
  ShardId: string;
}

const PutResult = /* @__PURE__ */ plainObjects(
  function (this: ReadPutResult, sequenceNumber: string, shardId: string) {
    this.SequenceNumber = sequenceNumber;
    this.ShardId = shardId;
  },
);

const TEXT = 3;
const SEQUENCE_NUMBER = new Key("SequenceNumber");
const SHARD_ID = new Key("ShardId");

/** The number of cached shard ids. Neighbours differ in their last digits. */
const SHARD_SLOTS = 64;

/** Reads results without errors. */
export class CborPutResults extends UsualForm {
  readonly #shardIds: string[] = [];

  protected override object(): ReadPutResult | undefined {
    let sequenceNumber: string | undefined;
    let shardId: string | undefined;
    for (let left = this.map(); !this.ends(left); left--) {
      if (left < 0) return undefined;
      const length = this.key();
      const key = this.start;
      if (this.is(SEQUENCE_NUMBER, length, key)) sequenceNumber = this.text();
      else if (this.is(SHARD_ID, length, key)) shardId = this.#shardId();
      else return undefined;
    }
    if (sequenceNumber === undefined || shardId === undefined) return undefined;
    return new PutResult(sequenceNumber, shardId);
  }

  /** Most results of an answer have one of a few shard ids. Comparing takes less than decoding. */
  #shardId(): string | undefined {
    const { at } = this;
    const length = this.string(TEXT);
    if (length < 0) return undefined;
    const { bytes, start } = this;
    const end = start + length;
    const slot = (bytes[end - 1]! + 10 * bytes[end - 2]!) % SHARD_SLOTS;
    const known = this.#shardIds[slot];
    if (known?.length === length) {
      let i = length - 1;
      while (i >= 0 && bytes[start + i] === known.charCodeAt(i)) i--;
      if (i < 0) return known;
    }
    this.at = at;
    return this.#shardIds[slot] = this.text()!;
  }
}
