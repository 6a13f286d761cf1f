// Takes records apart with the Kinesis Client Library. Reads lines of
//
//     case  starting hash key  ending hash key  partition key  data
//
// and prints for each value that the library hands out
//
//     case  aggregated  sub-sequence number  partition key  explicit hash key or "-"  data
//
// with tabs between them, the texts and the data as hexadecimal digits. Run by run_kcl.ts.

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import software.amazon.kinesis.retrieval.AggregatorUtil;
import software.amazon.kinesis.retrieval.KinesisClientRecord;

public class Deaggregate {
  public static void main(String[] arguments) throws Exception {
    var in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    // The library logs to standard output where no logger is set up.
    PrintStream out = new PrintStream(System.out, false, StandardCharsets.UTF_8);
    HexFormat hex = HexFormat.of();
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      String[] fields = line.split("\t", -1);
      KinesisClientRecord outer = KinesisClientRecord.builder()
          .sequenceNumber("1")
          .partitionKey(new String(hex.parseHex(fields[3]), StandardCharsets.UTF_8))
          .data(ByteBuffer.wrap(hex.parseHex(fields[4])))
          .build();
      for (KinesisClientRecord record : new AggregatorUtil()
          .deaggregate(List.of(outer), new BigInteger(fields[1]), new BigInteger(fields[2]))) {
        byte[] data = new byte[record.data().remaining()];
        record.data().get(data);
        String hashKey = record.explicitHashKey();
        out.println(String.join("\t",
            fields[0],
            Boolean.toString(record.aggregated()),
            Long.toString(record.subSequenceNumber()),
            hex.formatHex(record.partitionKey().getBytes(StandardCharsets.UTF_8)),
            hashKey == null ? "-" : hashKey,
            hex.formatHex(data)));
      }
    }
    out.flush();
  }
}
