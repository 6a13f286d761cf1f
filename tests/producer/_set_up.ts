/**
 * A producer with a fake clock and a stub of Kinesis.
 *
 * @module
 */
import type { Processor } from "../../processors/mod.ts";
import { Producer, type ProducerOptions } from "../../producer.ts";
import { FakeClock } from "../_services/fake_clock.ts";
import { seeded, StubKinesis } from "./_stub_kinesis.ts";

export {
  accessDenied,
  answer,
  answered,
  connectionLost,
  seeded,
  StubKinesis,
  textOf,
  unavailable,
} from "./_stub_kinesis.ts";
export { FakeClock } from "../_services/fake_clock.ts";

/** What a test of a producer works with. */
export interface ProducerSetup<T> {
  readonly clock: FakeClock;
  readonly client: StubKinesis;
  readonly producer: Producer<T>;
}

/** Makes a producer into a stub with so many shards. Chance is seeded. */
export function setUpProducer<T>(
  options: Partial<ProducerOptions<T>> & { processor: Processor<T> },
  shardCount = 1,
  clock: FakeClock = new FakeClock(),
): ProducerSetup<T> {
  const client = new StubKinesis(clock, shardCount);
  const producer = new Producer<T>({
    client,
    streamName: "s",
    clock,
    random: seeded(1),
    ...options,
  });
  return { clock, client, producer };
}
