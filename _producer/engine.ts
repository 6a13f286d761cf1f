/**
 * The producer without its stream.
 *
 * @module
 */
import { deferred } from "../_core/deferred.ts";
import { turn } from "../_core/turn.ts";
import type { DurableWrite } from "../durable_sink.ts";
import type { KinesisError } from "../errors.ts";
import type { FailedValue, PutReceipt } from "../records.ts";
import { closedError } from "./end_errors.ts";
import { Ending, type Owner } from "./ending.ts";
import { checkKeys } from "./keys.ts";
import type { PutKeys, ResolvedProducerOptions } from "./options.ts";
import type { Outcome } from "./pending.ts";
import { Pump } from "./pump.ts";
import { PutAll, type ValueAcceptor } from "./put_all.ts";
import { PutPromise } from "./put_promise.ts";
import type { FlushResult, ProducerStats, PutAllResult } from "./results.ts";
import { connectStages, type Stages } from "./stages.ts";
import type { Supervisor } from "./supervisor.ts";

/** The event loop gets a turn after this many values, which take a few milliseconds. */
const VALUES_IN_A_TURN = 1000;
const NO_KEYS: PutKeys = {};

/** Accepts values in all the ways that the producer offers. */
export class Engine<T> implements Supervisor, ValueAcceptor<T> {
  /** Closes, aborts and fails the producer. */
  readonly ending: Ending<T>;
  readonly #stream: string;
  readonly #stages: Stages<T>;
  readonly #pump: Pump<T>;
  #isStarted = false;
  #isClosing = false;
  #acceptedInTurn = 0;

  /** Sends nothing before the first value. Tells `owner` once if the producer fails as a whole. */
  constructor(options: ResolvedProducerOptions<T>, owner: Owner<T>) {
    const abort = new AbortController();
    const stages = connectStages(options, this, abort.signal);
    const pump = new Pump(options, stages);
    this.#stream = options.stream;
    this.#stages = stages;
    this.#pump = pump;
    this.ending = new Ending(options, stages, pump, abort, owner);
  }

  /**
   * Accepts a value, now or when there is room. Returns `undefined` if the value is accepted and
   * the next value may follow at once. The promise rejects if the producer ends before there is
   * room.
   *
   * @throws {KinesisError} if the producer has ended
   */
  accept(
    value: T,
    keys: PutKeys = NO_KEYS,
    outcome?: Outcome<T>,
  ): Promise<void> | undefined {
    const { refusal } = this.ending;
    if (refusal) throw refusal;
    if (!this.#isStarted) this.#start();
    const admitted = this.#stages.intake.accept(value, keys, outcome);
    if (admitted) {
      this.#pump.sendAllIfStuck();
      return admitted;
    }
    return this.#pump.sendFull() ?? this.#breathe();
  }

  acceptPut(
    value: T,
    keys: PutKeys,
    outcome: Outcome<T>,
  ): Promise<void> | undefined {
    if (this.#isClosing) throw closedError();
    return this.accept(value, keys, outcome);
  }

  /** Accepts a value. The promise tells how the value ends. */
  put(value: T, keys: PutKeys): Promise<PutReceipt> {
    const put = new PutPromise<T>();
    try {
      checkKeys("put", keys);
      this.acceptPut(value, keys, put)?.catch((error) => put.refuse(error));
    } catch (error) {
      put.refuse(error);
    }
    return put;
  }

  /** Accepts a value, and tells when it is stored, possibly as a dead letter. */
  write(value: T, keys: PutKeys): DurableWrite {
    const { promise: stored, resolve, reject } = deferred<void>();
    const outcome: Outcome<T> = {
      resolve: () => resolve(),
      reject: (error, failed) => {
        const writing = failed && this.#stages.ledger.writeLetter(failed);
        if (writing) writing.then(resolve, reject);
        else reject(error);
      },
    };
    try {
      const taken = this.acceptPut(value, keys, outcome);
      taken?.catch(reject);
      return { taken, stored };
    } catch (error) {
      reject(error);
      return { stored };
    }
  }

  /** Accepts values one after the other, and resolves when all of them are settled. */
  async putAll(
    values: Iterable<T> | AsyncIterable<T>,
    keys: PutKeys,
  ): Promise<PutAllResult> {
    checkKeys("putAll", keys);
    if (this.#isClosing) throw closedError();
    const { ending } = this;
    ending.throwFailure();
    const putAll = new PutAll<T>(keys);
    ending.add(putAll);
    try {
      return await putAll.run(values, this, this.#stream);
    } catch (error) {
      if (ending.error) this.#stages.ledger.untold.tellEnd();
      throw error;
    } finally {
      ending.remove(putAll);
    }
  }

  describe(value: T, keys: PutKeys, error: KinesisError): FailedValue<T> {
    return this.#stages.keys.described(value, keys, undefined).toFailed(error);
  }

  addLate(value: T, keys: PutKeys): void {
    this.ending.addLate(this.#stages.keys.described(value, keys, undefined));
  }

  /**
   * Refuses every further `put` and `putAll`. Values that the stream has queued are still accepted.
   */
  refusePuts(): void {
    this.#isClosing = true;
  }

  /**
   * Sends everything that was accepted so far, and waits until it is settled. `arriving` resolves
   * when the values that were written before the call are accepted or wait for room; absent if they
   * are.
   */
  async flush(arriving?: Promise<void>): Promise<FlushResult<T>> {
    this.ending.throwFailure();
    const untold = this.#stages.ledger.untold.remove();
    return await this.#pump.flush(arriving, untold);
  }

  /** The counts of the producer. */
  stats(): ProducerStats {
    const { delivery, settlement, ledger, intake } = this.#stages;
    return {
      bufferedValues: ledger.bufferedValues,
      bufferedBytes: intake.bufferedBytes,
      inFlight: delivery.inFlight,
      delivered: ledger.delivered,
      failed: ledger.failed,
      requests: delivery.requests,
      retried: settlement.retried,
      throttled: settlement.throttled,
    };
  }

  wake(): void {
    this.#pump.run();
    this.ending.finishFailing();
  }

  fail(cause: unknown): void {
    this.ending.fail(cause);
  }

  // The first value starts the requests. A producer that is never used sends none.
  #start(): void {
    this.#isStarted = true;
    this.#stages.watch.start().catch((error) => this.fail(error));
  }

  // A source that always has a value would keep the timers of the whole program waiting until the
  // buffer is full. In Deno, sockets may wait even then: a turn that polls them costs more than
  // packing 1000 values.
  #breathe(): Promise<void> | undefined {
    if (++this.#acceptedInTurn < VALUES_IN_A_TURN) return undefined;
    this.#acceptedInTurn = 0;
    return turn();
  }
}
