// The sink: a Kinesis server that stores nothing and returns the same records again and again, as
// fast as possible. It runs in Node.js, whose HTTP server receives large bodies several times as
// fast as others that we tried, so that the sink is not the bottleneck. It prints its port on
// start, and answers a GET request with its statistics and CPU time.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import http from "node:http";
import https from "node:https";
import {
  decodeCbor,
  encodeArrayHead,
  encodeCbor,
  encodeMapHead,
} from "./sink_cbor.mjs";

const {
  shards,
  busyShards = shards,
  readRecords,
  readBytes,
  readFile,
  tls,
  inspect,
  delayMs = 0,
} = JSON.parse(process.argv[2]);

const CREATED = 1.7e9;
const ACCOUNT = "123456789012";
const MAX_HASH = (1n << 128n) - 1n;
const width = (MAX_HASH + 1n) / BigInt(shards);
const shardList = Array.from({ length: shards }, (_, i) => ({
  ShardId: `shardId-${String(i).padStart(12, "0")}`,
  HashKeyRange: {
    StartingHashKey: String(width * BigInt(i)),
    EndingHashKey: String(
      i === shards - 1 ? MAX_HASH : width * BigInt(i + 1) - 1n,
    ),
  },
  SequenceNumberRange: { StartingSequenceNumber: "1" },
}));

const SEQUENCE_NUMBER = String(10n ** 55n);

// ---- Reading ----

function equalRecords() {
  const data = JSON.stringify({
    text: "x".repeat(Math.max(0, readBytes - 11)),
  });
  const Data = Buffer.from(data).toString("base64");
  return Array.from({ length: readRecords }, (_, i) => ({
    Data,
    PartitionKey: `key-${i}`,
  }));
}

const records = readFile ? JSON.parse(readFileSync(readFile)) : equalRecords();
const getRecords = {
  Records: records.map((record) => ({
    SequenceNumber: SEQUENCE_NUMBER,
    ApproximateArrivalTimestamp: CREATED,
    ...record,
  })),
  NextShardIterator: shardList[0].ShardId,
  MillisBehindLatest: 1000,
};

function describe({ StreamName, StreamARN }) {
  const name = StreamName ?? StreamARN?.split("/")[1] ?? "bench";
  return {
    StreamName: name,
    StreamARN: `arn:aws:kinesis:us-east-1:${ACCOUNT}:stream/${name}`,
    StreamStatus: "ACTIVE",
    StreamModeDetails: { StreamMode: "PROVISIONED" },
    RetentionPeriodHours: 24,
    StreamCreationTimestamp: CREATED,
    EnhancedMonitoring: [{ ShardLevelMetrics: [] }],
    EncryptionType: "NONE",
  };
}

/** Whether an iterator, which is the id of its shard, has records. */
function isBusy(iterator) {
  return busyShards === shards ||
    shardList.findIndex(({ ShardId }) => ShardId === iterator) < busyShards;
}

const actions = {
  GetRecords: ({ ShardIterator }) => ({
    Records: [],
    NextShardIterator: ShardIterator,
    MillisBehindLatest: 0,
  }),
  GetShardIterator: ({ ShardId }) => ({ ShardIterator: ShardId }),
  ListShards: () => ({ Shards: shardList }),
  DescribeStream: (request) => ({
    StreamDescription: {
      ...describe(request),
      Shards: shardList,
      HasMoreShards: false,
    },
  }),
  DescribeStreamSummary: (request) => ({
    StreamDescriptionSummary: {
      ...describe(request),
      OpenShardCount: shards,
      ConsumerCount: 0,
    },
  }),
};
const getRecordsJson = Buffer.from(JSON.stringify(getRecords));
let getRecordsCbor;
/** Encoded at the first use, since it is large. */
function recordsInCbor() {
  return getRecordsCbor ??= encodeCbor(answerInCbor(readRecords));
}

function answerInCbor(limit) {
  return {
    ...getRecords,
    Records: getRecords.Records.slice(0, limit).map((record) => ({
      ...record,
      ApproximateArrivalTimestamp: new Date(1000 * CREATED),
      Data: Buffer.from(record.Data, "base64"),
    })),
  };
}

/** What all sequence numbers of the answers begin with. The rest counts the records. */
const NUMBER_START = SEQUENCE_NUMBER.slice(0, 41);
let recordsSent = 0;

/**
 * Gives the records of an answer the next sequence numbers. The KCL drops a record whose number is
 * not above that of the last one, so it would see the first answer only.
 */
function numbered(answer) {
  const copy = Buffer.from(answer);
  const digits = SEQUENCE_NUMBER.length - NUMBER_START.length;
  for (
    let at = copy.indexOf(NUMBER_START);
    at >= 0;
    at = copy.indexOf(NUMBER_START, at + SEQUENCE_NUMBER.length)
  ) {
    const number = String(recordsSent++).padStart(digits, "0");
    copy.latin1Write(number, at + NUMBER_START.length);
  }
  return copy;
}

/** An answer of GetRecords. It is ready, unless the request asks for fewer records. */
function readAnswer(isCbor, limit = Infinity) {
  if (limit >= readRecords) return isCbor ? recordsInCbor() : getRecordsJson;
  if (isCbor) return encodeCbor(answerInCbor(limit));
  const Records = getRecords.Records.slice(0, limit);
  return Buffer.from(JSON.stringify({ ...getRecords, Records }));
}

// ---- Writing ----

const stats = { requests: 0, records: 0, bytes: 0, values: 0, distinct: 0 };
const received = new Set();

const shardOfKey = new Map();
const shardOfHashKey = new Map();
function shardOf(partitionKey, hashKey) {
  const known = hashKey === undefined
    ? shardOfKey.get(partitionKey)
    : shardOfHashKey.get(hashKey);
  if (known !== undefined) return known;
  const hash = hashKey === undefined
    ? BigInt("0x" + createHash("md5").update(partitionKey).digest("hex"))
    : BigInt(hashKey);
  const shard = Math.min(Number(hash / width), shards - 1);
  const cache = hashKey === undefined ? shardOfKey : shardOfHashKey;
  if (cache.size > 100_000) cache.clear();
  cache.set(hashKey ?? partitionKey, shard);
  return shard;
}

const KEY = Buffer.from('"PartitionKey"');
const HASH_KEY = Buffer.from('"ExplicitHashKey"');
const QUOTE = 0x22;

/**
 * The text of the field whose name ends at `at`. The keys of the benchmarks need no JSON escapes.
 */
function textBehind(body, at) {
  const start = body.indexOf(QUOTE, at) + 1;
  return body.latin1Slice(start, body.indexOf(QUOTE, start));
}

/** The shard of each record. Searches the body for keys, which is faster than parsing it. */
function shardsOfJson(body) {
  const targets = [];
  const hashKeys = [];
  for (
    let at = body.indexOf(HASH_KEY);
    at >= 0;
    at = body.indexOf(HASH_KEY, at + HASH_KEY.length)
  ) hashKeys.push(textBehind(body, at + HASH_KEY.length));
  for (
    let at = body.indexOf(KEY);
    at >= 0;
    at = body.indexOf(KEY, at + KEY.length)
  ) {
    const key = textBehind(body, at + KEY.length);
    targets.push(shardOf(key, hashKeys[targets.length]));
  }
  if (hashKeys.length === 0 || hashKeys.length === targets.length) {
    return targets;
  }
  // Some records have an explicit hash key and some do not, so the body must be parsed.
  return JSON.parse(body).Records.map((record) =>
    shardOf(record.PartitionKey, record.ExplicitHashKey)
  );
}

const entriesJson = shardList.map(({ ShardId }) =>
  JSON.stringify({ SequenceNumber: SEQUENCE_NUMBER, ShardId })
);
const entriesCbor = shardList.map(({ ShardId }) =>
  encodeCbor({ SequenceNumber: SEQUENCE_NUMBER, ShardId })
);

function putRecords(body, isCbor) {
  const targets = isCbor
    ? decodeCbor(body).Records.map((record) =>
      shardOf(record.PartitionKey, record.ExplicitHashKey)
    )
    : shardsOfJson(body);
  stats.requests++;
  stats.records += targets.length;
  stats.bytes += body.length;
  if (inspect) countValues(body, isCbor);
  if (isCbor) {
    return Buffer.concat([
      encodeMapHead(2),
      encodeCbor("FailedRecordCount"),
      encodeCbor(0),
      encodeCbor("Records"),
      encodeArrayHead(targets.length),
      ...targets.map((shard) => entriesCbor[shard]),
    ]);
  }
  let entries = "";
  for (const shard of targets) entries += "," + entriesJson[shard];
  return Buffer.from(
    `{"FailedRecordCount":0,"Records":[${entries.slice(1)}]}`,
  );
}

/**
 * Counts the ids of values in the record data. Works for all framings, which keep the JSON text.
 * Slow.
 */
function countValues(body, isCbor) {
  const { Records } = isCbor ? decodeCbor(body) : JSON.parse(body);
  for (const { Data } of Records) {
    const text = (isCbor ? Data : Buffer.from(Data, "base64")).latin1Slice();
    for (const [, id] of text.matchAll(/"id": ?(\d+)/g)) {
      stats.values++;
      received.add(id);
    }
  }
  stats.distinct = received.size;
}

// ---- HTTP ----

const CALLER =
  `<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>
<Arn>arn:aws:iam::${ACCOUNT}:user/bench</Arn><UserId>AIDA</UserId><Account>${ACCOUNT}</Account>
</GetCallerIdentityResult><ResponseMetadata><RequestId>1</RequestId></ResponseMetadata></GetCallerIdentityResponse>`;

function answerTo(request, body) {
  if (request.method === "GET") {
    const { user, system } = process.cpuUsage();
    const text = JSON.stringify({ ...stats, cpuMicros: user + system });
    return ["application/json", Buffer.from(text)];
  }
  const action = request.headers["x-amz-target"]?.split(".")[1];
  const type = request.headers["content-type"] ?? "";
  // The native part of the KPL calls STS GetCallerIdentity.
  if (!action) return ["text/xml", Buffer.from(CALLER)];
  const isCbor = type.includes("cbor");
  if (action === "PutRecords") return [type, putRecords(body, isCbor)];
  const decoded = isCbor ? decodeCbor(body) : JSON.parse(body);
  if (action === "GetRecords" && isBusy(decoded.ShardIterator)) {
    return [type, numbered(readAnswer(isCbor, decoded.Limit))];
  }
  const answer = actions[action]?.(decoded) ?? {};
  return [
    type,
    isCbor ? encodeCbor(answer) : Buffer.from(JSON.stringify(answer)),
  ];
}

function serve(request, response) {
  const chunks = [];
  request.on("data", (chunk) => chunks.push(chunk));
  request.on("end", () => {
    const body = chunks.length === 1 ? chunks[0] : Buffer.concat(chunks);
    const [type, answer] = answerTo(request, body);
    response.writeHead(200, {
      "content-type": type,
      "content-length": answer.length,
      "x-amzn-requestid": "00000000-0000-0000-0000-000000000000",
    });
    if (delayMs === 0) response.end(answer);
    else setTimeout(() => response.end(answer), delayMs);
  });
}

const server = tls
  ? https.createServer({
    key: readFileSync(tls.key),
    cert: readFileSync(tls.cert),
  }, serve)
  : http.createServer(serve);
// Never closes idle connections, since a client may send a request at the moment of closing.
server.keepAliveTimeout = 0;
server.listen(0, "127.0.0.1", function () {
  console.log(this.address().port);
});
