// Measures the Kinesis Client Library: one worker, one shard, polling. The leases are in a DynamoDB
// emulator. Metrics are off; the pause between reads is the shortest that it allows.
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.net.URI;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicLong;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.http.Protocol;
import software.amazon.awssdk.http.nio.netty.NettyNioAsyncHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.cloudwatch.CloudWatchAsyncClient;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.BillingMode;
import software.amazon.awssdk.services.dynamodb.model.GlobalSecondaryIndex;
import software.amazon.awssdk.services.dynamodb.model.KeySchemaElement;
import software.amazon.awssdk.services.dynamodb.model.KeyType;
import software.amazon.awssdk.services.dynamodb.model.ProjectionType;
import software.amazon.awssdk.services.dynamodb.model.ProvisionedThroughput;
import software.amazon.awssdk.services.dynamodb.model.ResourceInUseException;
import software.amazon.awssdk.services.dynamodb.model.ScalarAttributeType;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.kinesis.common.ConfigsBuilder;
import software.amazon.kinesis.common.InitialPositionInStream;
import software.amazon.kinesis.common.InitialPositionInStreamExtended;
import software.amazon.kinesis.coordinator.Scheduler;
import software.amazon.kinesis.lifecycle.events.InitializationInput;
import software.amazon.kinesis.lifecycle.events.LeaseLostInput;
import software.amazon.kinesis.lifecycle.events.ProcessRecordsInput;
import software.amazon.kinesis.lifecycle.events.ShardEndedInput;
import software.amazon.kinesis.lifecycle.events.ShutdownRequestedInput;
import software.amazon.kinesis.metrics.NullMetricsFactory;
import software.amazon.kinesis.processor.ShardRecordProcessor;
import software.amazon.kinesis.processor.SingleStreamTracker;
import software.amazon.kinesis.retrieval.KinesisClientRecord;
import software.amazon.kinesis.retrieval.polling.PollingConfig;

public class ReadKcl {
  static final BufferedReader input = new BufferedReader(new InputStreamReader(System.in));
  static final AtomicLong values = new AtomicLong();
  static final ObjectMapper json = new ObjectMapper();

  static void say(String text) throws Exception {
    System.out.println(text);
    System.out.flush();
    input.readLine();
  }

  /** Waits until so many values were read, and so many seconds have passed. */
  static long read(long least, double seconds) throws Exception {
    long before = values.get();
    long end = System.nanoTime() + (long) (seconds * 1e9);
    while (values.get() - before < least || System.nanoTime() < end) Thread.sleep(10);
    return values.get() - before;
  }

  /** Creates the table of leases with its index, which the emulator cannot add to a table. */
  static void createTable(DynamoDbAsyncClient tables) throws Exception {
    var units = ProvisionedThroughput.builder().readCapacityUnits(10L).writeCapacityUnits(10L).build();
    var key = KeySchemaElement.builder().attributeName("leaseKey");
    var owner = KeySchemaElement.builder().attributeName("leaseOwner").keyType(KeyType.HASH).build();
    var index = GlobalSecondaryIndex.builder().indexName("LeaseOwnerToLeaseKeyIndex")
        .keySchema(owner, key.keyType(KeyType.RANGE).build())
        .projection(p -> p.projectionType(ProjectionType.KEYS_ONLY))
        .provisionedThroughput(units).build();
    try {
      tables.createTable(table -> table.tableName("bench")
          .keySchema(key.keyType(KeyType.HASH).build())
          .attributeDefinitions(
              a -> a.attributeName("leaseKey").attributeType(ScalarAttributeType.S),
              a -> a.attributeName("leaseOwner").attributeType(ScalarAttributeType.S))
          .globalSecondaryIndexes(index)
          .provisionedThroughput(units)).get();
      tables.waiter().waitUntilTableExists(table -> table.tableName("bench")).get();
      // With a lease in the table, the worker does not wait up to 30 s for another one to create it.
      tables.putItem(item -> item.tableName("bench").item(Map.of(
          "leaseKey", AttributeValue.fromS("shardId-000000000000"),
          "leaseCounter", AttributeValue.fromN("0"),
          "checkpoint", AttributeValue.fromS("TRIM_HORIZON"),
          "checkpointSubSequenceNumber", AttributeValue.fromN("0"),
          "ownerSwitchesSinceCheckpoint", AttributeValue.fromN("0"),
          "startingHashKey", AttributeValue.fromS("0"),
          "endingHashKey",
          AttributeValue.fromS("340282366920938463463374607431768211455")))).get();
    } catch (ExecutionException error) {
      // An earlier run has created it.
      if (!(error.getCause() instanceof ResourceInUseException)) throw error;
    }
  }

  static class Processor implements ShardRecordProcessor {
    final byte[] newline = {'\n'};
    final boolean isLines;

    Processor(boolean isLines) {
      this.isLines = isLines;
    }

    public void initialize(InitializationInput in) {}

    public void processRecords(ProcessRecordsInput in) {
      long count = 0;
      try {
        for (KinesisClientRecord record : in.records()) {
          byte[] data = new byte[record.data().remaining()];
          record.data().get(data);
          if (isLines) {
            var lines = json.readerFor(com.fasterxml.jackson.databind.JsonNode.class).readValues(data);
            for (; lines.hasNextValue(); count++) check(lines.nextValue());
          } else {
            check(json.readTree(data));
            count++;
          }
        }
        in.checkpointer().checkpoint();
      } catch (Exception error) {
        error.printStackTrace();
        System.exit(1);
      }
      values.addAndGet(count);
    }

    void check(Object value) {
      if (!((com.fasterxml.jackson.databind.JsonNode) value).has("text")) {
        throw new IllegalStateException("no value");
      }
    }

    public void leaseLost(LeaseLostInput in) {}

    public void shardEnded(ShardEndedInput in) {}

    public void shutdownRequested(ShutdownRequestedInput in) {}
  }

  public static void main(String[] arguments) throws Exception {
    // endpoint, endpoint of DynamoDB, framing, values in an answer, seconds
    URI endpoint = URI.create(arguments[0]);
    URI dynamo = URI.create(arguments[1]);
    boolean isLines = arguments[2].equals("jsonLines");
    long perAnswer = Long.parseLong(arguments[3]);
    double seconds = Double.parseDouble(arguments[4]);
    var keys = StaticCredentialsProvider.create(AwsBasicCredentials.create("id", "secret"));
    var region = Region.US_EAST_1;
    var kinesis = KinesisAsyncClient.builder().region(region).credentialsProvider(keys)
        .endpointOverride(endpoint)
        .httpClientBuilder(NettyNioAsyncHttpClient.builder().protocol(Protocol.HTTP1_1))
        .build();
    var tables = DynamoDbAsyncClient.builder().region(region).credentialsProvider(keys)
        .endpointOverride(dynamo).build();
    createTable(tables);
    var metrics = CloudWatchAsyncClient.builder().region(region).credentialsProvider(keys)
        .endpointOverride(endpoint).build();
    var start =
        InitialPositionInStreamExtended.newInitialPosition(InitialPositionInStream.TRIM_HORIZON);
    var configs = new ConfigsBuilder(new SingleStreamTracker("bench", start),
        "bench", kinesis, tables, metrics, "worker",
        () -> new Processor(isLines));
    var leases = configs.leaseManagementConfig();
    leases.workerUtilizationAwareAssignmentConfig().disableWorkerMetrics(true);
    // The emulator knows no index that is paid per request.
    leases.billingMode(BillingMode.PROVISIONED);
    // Shorter than by default, so that a later run takes the lease of an earlier one soon.
    leases.failoverTimeMillis(2000);
    var polling = new PollingConfig("bench", kinesis)
        .maxRecords(10_000).idleTimeBetweenReadsInMillis(200);
    var scheduler = new Scheduler(
        configs.checkpointConfig(), configs.coordinatorConfig(), leases,
        configs.lifecycleConfig(), configs.metricsConfig().metricsFactory(new NullMetricsFactory()),
        configs.processorConfig(),
        configs.retrievalConfig().retrievalSpecificConfig(polling));
    Thread worker = new Thread(scheduler);
    worker.setDaemon(true);
    worker.start();
    read(perAnswer, 0);
    // The compiler of the JVM needs longer than others.
    read(perAnswer, 3 * seconds);
    say("ready");
    say("done {\"records\":" + read(perAnswer, 2 * seconds) + "}");
    System.exit(0);
  }
}
