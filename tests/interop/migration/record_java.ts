/**
 * Runs the programs of the guide for the KPL and the KCL, against a server on loopback and an
 * emulator of DynamoDB, together with those of this library:
 *
 * - each reads what the other has written;
 * - a consumer goes on at the checkpoint of the KCL in the same lease table, and the KCL goes on at
 *   that of the consumer.
 *
 * What was written and read is stored in this folder, and `recorded_java_test.ts` compares with it.
 * Takes about four minutes. Needs Java 17 and Maven.
 *
 *     deno run -A tests/interop/migration/record_java.ts
 *
 * With `--check` nothing is stored.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { installJava, KCL, KPL } from "../../../bench/peers/install.ts";
import { selfSignedCertificate } from "../../_services/certificate.ts";
import { Tables } from "../../checkpoint/_dynamodb_fixtures.ts";
import { deno, ENVIRONMENT, writePrograms } from "./programs.ts";
import {
  digestsOf,
  LEASE_TABLE,
  Loopback,
  type Recording,
  recordingOf,
  writeReaderOfLeases,
} from "./recording.ts";

const GUIDE = "kpl-and-kcl";

/** The KPL accepts no plain http. */
const CERTIFICATE = await selfSignedCertificate();

/** Longest time in which the KCL has read all, in milliseconds. It starts in about 90 s. */
const KCL_TIMEOUT_MS = 200_000;

/** Longest series of runs of the KPL until one has aggregated. */
const KPL_RUNS = 20;

/** Has the KPL write. It aggregates nothing until it knows the shards, so it may need several runs. */
async function writeAggregated(
  folder: string,
  classPath: string,
): Promise<Loopback> {
  for (let run = 0; run < KPL_RUNS; run++) {
    const old = await writeWithKpl(folder, classPath);
    const isAggregated = old.records().some((record) =>
      record.partitionKey === "a"
    );
    if (isAggregated) return old;
    await old[Symbol.asyncDispose]();
  }
  throw new Error(`the KPL has aggregated nothing in ${KPL_RUNS} runs`);
}

/** Has the KPL write to a server. */
async function writeWithKpl(
  folder: string,
  classPath: string,
): Promise<Loopback> {
  const old = new Loopback();
  const listener = Deno.serve({
    ...CERTIFICATE,
    hostname: "127.0.0.1",
    port: 0,
    onListen: () => {},
  }, old.server.fetch);
  const { port } = listener.addr;
  const services = ["Kinesis", "Cloudwatch", "Sts"].flatMap((name) => [
    `${name}Endpoint = 127.0.0.1`,
    `${name}Port = ${port}`,
  ]);
  const settings = [
    ...services,
    "Region = us-east-1",
    "VerifyCertificate = false",
    "MetricsLevel = none",
    "RecordMaxBufferedTime = 3000",
  ];
  await Deno.writeTextFile(
    `${folder}/producer.properties`,
    settings.map((line) => `${line}\n`).join(""),
  );
  await old.run(["java", "-cp", classPath, "Write.java"], folder);
  await listener.shutdown();
  return old;
}

/** A lease table with the index that dynalite cannot add later. */
async function createLeaseTable(tables: Tables): Promise<void> {
  const key = (AttributeName: string, KeyType: string) => ({
    AttributeName,
    KeyType,
  });
  await tables.call("CreateTable", {
    TableName: LEASE_TABLE,
    KeySchema: [key("leaseKey", "HASH")],
    AttributeDefinitions: ["leaseKey", "leaseOwner"].map((AttributeName) => ({
      AttributeName,
      AttributeType: "S",
    })),
    BillingMode: "PAY_PER_REQUEST",
    GlobalSecondaryIndexes: [{
      IndexName: "LeaseOwnerToLeaseKeyIndex",
      KeySchema: [key("leaseOwner", "HASH"), key("leaseKey", "RANGE")],
      Projection: { ProjectionType: "KEYS_ONLY" },
    }],
  });
}

/** Runs the KCL until it has printed as many lines, and ends it gracefully. Returns the lines. */
async function readWithKcl(
  count: number,
  options: { folder: string; classPath: string; env: Record<string, string> },
): Promise<string[]> {
  const child = new Deno.Command("java", {
    args: ["-cp", options.classPath, "Read.java"],
    cwd: options.folder,
    env: { ...ENVIRONMENT, ...options.env },
    stdin: "null",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const timeout = setTimeout(() => child.kill("SIGKILL"), KCL_TIMEOUT_MS);
  let text = "";
  let isEnding = false;
  for await (
    const part of child.stdout.pipeThrough(new TextDecoderStream())
  ) {
    text += part;
    if (isEnding || text.split("\n").length <= count) continue;
    isEnding = true;
    child.kill("SIGTERM");
  }
  clearTimeout(timeout);
  await child.status;
  return text.split("\n").slice(0, -1).sort();
}

/**
 * Has the KCL read a stream, then a consumer, then the KCL again, on one lease table. Returns the
 * rows that the KCL has left at first.
 */
async function switchBothWays(
  mine: Loopback,
  lines: readonly string[],
  { folder, classPath }: { folder: string; classPath: string },
): Promise<Recording["progress"]> {
  await using tables = await Tables.start();
  await createLeaseTable(tables);
  const env = {
    AWS_ENDPOINT_URL_KINESIS: mine.endpoint,
    AWS_ENDPOINT_URL_DYNAMODB: tables.endpoint,
    AWS_ENDPOINT_URL_CLOUDWATCH: "http://127.0.0.1:1",
  };
  const options = { folder, classPath, env };
  assertEquals(await readWithKcl(lines.length, options), lines);
  const progress = await tables.rows(LEASE_TABLE);
  console.log("the KCL has read what write.ts has written");

  await mine.writeTexts("switched 1", "switched 2");
  const switched = await mine.run(deno("read_leases.ts"), folder, env);
  assertEquals(switched, ["switched 1", "switched 2"]);
  console.log("a consumer has gone on at the checkpoint of the KCL");

  await mine.writeTexts("back 1", "back 2");
  const back = await readWithKcl(2, options);
  assertEquals(back, ["back 1", "back 2"]);
  console.log("the KCL has gone on at the checkpoint of the consumer");
  return progress;
}

async function record(folder: string): Promise<Recording> {
  const [kpl, kcl] = await Promise.all([
    installJava(`${folder}/kpl`, "amazon-kinesis-producer", KPL),
    installJava(`${folder}/kcl`, "amazon-kinesis-client", KCL),
  ]);
  await writePrograms(GUIDE, folder);
  await writeReaderOfLeases(folder);

  await using mine = new Loopback();
  await mine.run(deno("write.ts"), folder);
  const ours = mine.records();
  const lines = await mine.run(deno("read.ts"), folder);

  await using old = await writeAggregated(folder, kpl);
  const records = old.records();
  assertEquals(await old.run(deno("read.ts"), folder), lines);
  console.log(`write.ts: ${ours.length} records, KPL: ${records.length}`);

  const progress = await switchBothWays(mine, lines, {
    folder,
    classPath: kcl,
  });
  return {
    versions: [`KPL ${KPL}`, `KCL ${KCL}`],
    programs: await digestsOf(GUIDE),
    written: { "Write.java": records },
    ours,
    lines,
    progress,
  };
}

if (import.meta.main) {
  const folder = await Deno.makeTempDir();
  try {
    const recording = await record(folder);
    const text = `${JSON.stringify(recording, null, 2)}\n`;
    if (!Deno.args.includes("--check")) {
      await Deno.writeTextFile(recordingOf(GUIDE), text);
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
