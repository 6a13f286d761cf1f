// Reads and writes a lease table with the Kinesis Client Library. Arguments: the endpoint of
// DynamoDB, the table, and "single" or "multi" for the layout. Reads commands from standard input,
// one a line with tabs between the fields, and prints one line that begins with "=" for each:
//
//     table                                      creates the table
//     create    key  checkpoint  sub  parents    stores a lease; parents with commas, or "-"
//     take      key  owner                       true or false, like the commands below
//     renew     key
//     prepare   key  checkpoint  sub             stores a pending checkpoint
//     checkpoint  key  checkpoint  sub
//     evict     key
//     forget    key                              the next command reads the lease again
//     list                                       the leases, see the method `show`, with "; "
//
// The commands take, renew, prepare, checkpoint and evict work on the lease as this program knows
// it, as a worker does. Run by run_leases.ts.

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.math.BigInteger;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Collectors;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.dynamodb.model.BillingMode;
import software.amazon.kinesis.common.HashKeyRangeForLease;
import software.amazon.kinesis.leases.Lease;
import software.amazon.kinesis.leases.MultiStreamLease;
import software.amazon.kinesis.leases.dynamodb.DynamoDBLeaseRefresher;
import software.amazon.kinesis.leases.dynamodb.DynamoDBLeaseSerializer;
import software.amazon.kinesis.leases.dynamodb.DynamoDBMultiStreamLeaseSerializer;
import software.amazon.kinesis.leases.dynamodb.TableCreatorCallback;
import software.amazon.kinesis.retrieval.kpl.ExtendedSequenceNumber;

public class Leases {
  private final boolean multi;
  private final DynamoDBLeaseRefresher refresher;
  private final Map<String, Lease> known = new HashMap<>();

  Leases(DynamoDbAsyncClient client, String table, boolean multi) {
    this.multi = multi;
    refresher = new DynamoDBLeaseRefresher(
        table,
        client,
        multi ? new DynamoDBMultiStreamLeaseSerializer() : new DynamoDBLeaseSerializer(),
        true,
        TableCreatorCallback.NOOP_TABLE_CREATOR_CALLBACK,
        Duration.ofSeconds(20),
        BillingMode.PAY_PER_REQUEST,
        false);
  }

  public static void main(String[] arguments) throws Exception {
    DynamoDbAsyncClient client = DynamoDbAsyncClient.builder()
        .endpointOverride(URI.create(arguments[0]))
        .region(Region.US_EAST_1)
        .credentialsProvider(
            StaticCredentialsProvider.create(AwsBasicCredentials.create("id", "secret")))
        .build();
    Leases leases = new Leases(client, arguments[1], arguments[2].equals("multi"));
    var in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    PrintStream out = new PrintStream(System.out, false, StandardCharsets.UTF_8);
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      out.println("=" + leases.run(line.split("\t", -1)));
      out.flush();
    }
    client.close();
  }

  private String run(String[] fields) throws Exception {
    switch (fields[0]) {
      case "table":
        refresher.createLeaseTableIfNotExists();
        return Boolean.toString(refresher.waitUntilLeaseTableExists(1, 20));
      case "list":
        return refresher.listLeases().stream()
            .map(this::show).sorted().collect(Collectors.joining("; "));
      case "create":
        return Boolean.toString(refresher.createLeaseIfNotExists(make(fields)));
      case "forget":
        known.remove(fields[1]);
        return "true";
      default:
        return Boolean.toString(change(fields));
    }
  }

  private boolean change(String[] fields) throws Exception {
    Lease lease = known.get(fields[1]);
    if (lease == null) known.put(fields[1], lease = refresher.getLease(fields[1]));
    switch (fields[0]) {
      case "take":
        return refresher.takeLease(lease, fields[2]);
      case "renew":
        return refresher.renewLease(lease);
      case "evict":
        return refresher.evictLease(lease);
      case "prepare":
        lease.pendingCheckpoint(position(fields));
        lease.pendingCheckpointState("state".getBytes(StandardCharsets.UTF_8));
        return refresher.updateLease(lease);
      case "checkpoint":
        // As DynamoDBCheckpointer.setCheckpoint does.
        lease.checkpoint(position(fields));
        lease.pendingCheckpoint(null);
        lease.pendingCheckpointState(null);
        lease.ownerSwitchesSinceCheckpoint(0L);
        return refresher.updateLease(lease);
      default:
        throw new IllegalArgumentException(fields[0]);
    }
  }

  private Lease make(String[] fields) {
    Lease lease = multi ? new MultiStreamLease() : new Lease();
    lease.leaseKey(fields[1]);
    lease.leaseCounter(0L);
    lease.ownerSwitchesSinceCheckpoint(0L);
    lease.checkpoint(position(fields));
    if (!fields[4].equals("-")) lease.parentShardIds(List.of(fields[4].split(",")));
    lease.hashKeyRange(new HashKeyRangeForLease(BigInteger.ZERO, BigInteger.TWO.pow(127)));
    if (lease instanceof MultiStreamLease) {
      int end = fields[1].lastIndexOf(':');
      ((MultiStreamLease) lease).streamIdentifier(fields[1].substring(0, end));
      ((MultiStreamLease) lease).shardId(fields[1].substring(end + 1));
    }
    return lease;
  }

  private static ExtendedSequenceNumber position(String[] fields) {
    return new ExtendedSequenceNumber(fields[2], Long.parseLong(fields[3]));
  }

  /** Key, owner, counter, checkpoint, parents, owner switches, pending checkpoint, children. */
  private String show(Lease lease) {
    return String.join(" ",
        lease.leaseKey(),
        String.valueOf(lease.leaseOwner()),
        lease.leaseCounter().toString(),
        show(lease.checkpoint()),
        new TreeSet<>(lease.parentShardIds()).toString().replace(" ", ""),
        lease.ownerSwitchesSinceCheckpoint().toString(),
        lease.pendingCheckpoint() == null ? "-" : show(lease.pendingCheckpoint()),
        lease instanceof MultiStreamLease
            ? ((MultiStreamLease) lease).streamIdentifier() + "|" + ((MultiStreamLease) lease).shardId()
            : "-");
  }

  private static String show(ExtendedSequenceNumber position) {
    return position.sequenceNumber() + "/" + position.subSequenceNumber();
  }
}
