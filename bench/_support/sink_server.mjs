// A Kinesis that stores nothing and reads from nothing: it answers as fast as loopback allows. Run by Node, whose server
// takes large bodies several times faster than others tried, so that the sink is not what is measured.
import http from "node:http";

const { shards, readRecords, readBytes } = JSON.parse(process.argv[2]);

const MAX_HASH = (1n << 128n) - 1n;
const width = (MAX_HASH + 1n) / BigInt(shards);
const listShards = JSON.stringify({
  Shards: Array.from({ length: shards }, (_, i) => ({
    ShardId: `shardId-${String(i).padStart(12, "0")}`,
    HashKeyRange: {
      StartingHashKey: String(width * BigInt(i)),
      EndingHashKey: String(
        i === shards - 1 ? MAX_HASH : width * BigInt(i + 1) - 1n,
      ),
    },
    SequenceNumberRange: { StartingSequenceNumber: "1" },
  })),
});

const value = JSON.stringify({ text: "x".repeat(Math.max(0, readBytes - 11)) });
const data = Buffer.from(value).toString("base64");
const getRecords = JSON.stringify({
  Records: Array.from({ length: readRecords }, (_, i) => ({
    SequenceNumber: String(10n ** 55n + BigInt(i)),
    ApproximateArrivalTimestamp: 1.7e9,
    Data: data,
    PartitionKey: `key-${i}`,
  })),
  NextShardIterator: "next",
  MillisBehindLatest: 1000,
});

const entry = JSON.stringify({
  SequenceNumber: String(10n ** 55n),
  ShardId: "shardId-000000000000",
});
const MARK = Buffer.from('PartitionKey"');
const putAnswers = new Map();

/** Counts records without parsing: the answer needs one entry for each. */
function putRecords(body) {
  let count = 0;
  for (
    let at = body.indexOf(MARK);
    at >= 0;
    at = body.indexOf(MARK, at + MARK.length)
  ) count++;
  let answer = putAnswers.get(count);
  if (!answer) {
    const entries = new Array(count).fill(entry).join(",");
    answer = Buffer.from(`{"FailedRecordCount":0,"Records":[${entries}]}`);
    putAnswers.set(count, answer);
  }
  return answer;
}

const fixed = {
  GetRecords: Buffer.from(getRecords),
  GetShardIterator: Buffer.from('{"ShardIterator":"next"}'),
  ListShards: Buffer.from(listShards),
};

http.createServer((request, response) => {
  const action = request.headers["x-amz-target"]?.split(".")[1];
  const chunks = [];
  request.on("data", (chunk) => chunks.push(chunk));
  request.on("end", () => {
    const answer = action === "PutRecords"
      ? putRecords(Buffer.concat(chunks))
      : fixed[action] ?? Buffer.from("{}");
    response.writeHead(200, {
      "content-type": "application/x-amz-json-1.1",
      "content-length": answer.length,
    });
    response.end(answer);
  });
}).listen(0, "127.0.0.1", function () {
  console.log(this.address().port);
});
