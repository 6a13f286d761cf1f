// A worker of the Kinesis Client Library that reads a stream by polling. Arguments: the endpoints
// of Kinesis and DynamoDB, the stream, the application, the name of the worker and its failover
// time in milliseconds. Prints, with tabs between the fields:
//
//     =record  shard  sequence number  sub-sequence number  data
//     =lost    shard
//     =ended   shard
//     =closed            it has given its leases back
//     =late              it could not within 20 seconds
//
// It makes a checkpoint after each batch, and ends gracefully when standard input ends. Run by
// run_beside.ts.

import java.io.PrintStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.http.Protocol;
import software.amazon.awssdk.http.nio.netty.NettyNioAsyncHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.cloudwatch.CloudWatchAsyncClient;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
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
import software.amazon.kinesis.processor.RecordProcessorCheckpointer;
import software.amazon.kinesis.processor.ShardRecordProcessor;
import software.amazon.kinesis.processor.SingleStreamTracker;
import software.amazon.kinesis.retrieval.KinesisClientRecord;
import software.amazon.kinesis.retrieval.polling.PollingConfig;

public class Worker {
  private static final PrintStream OUT = new PrintStream(System.out, false, StandardCharsets.UTF_8);

  public static void main(String[] arguments) throws Exception {
    var keys = StaticCredentialsProvider.create(AwsBasicCredentials.create("id", "secret"));
    KinesisAsyncClient kinesis = KinesisAsyncClient.builder()
        .endpointOverride(URI.create(arguments[0]))
        .region(Region.US_EAST_1)
        .credentialsProvider(keys)
        .httpClientBuilder(NettyNioAsyncHttpClient.builder().protocol(Protocol.HTTP1_1))
        .build();
    DynamoDbAsyncClient dynamo = DynamoDbAsyncClient.builder()
        .endpointOverride(URI.create(arguments[1]))
        .region(Region.US_EAST_1)
        .credentialsProvider(keys)
        .build();
    CloudWatchAsyncClient cloudWatch = CloudWatchAsyncClient.builder()
        .endpointOverride(URI.create("http://127.0.0.1:1"))
        .region(Region.US_EAST_1)
        .credentialsProvider(keys)
        .build();
    var start = InitialPositionInStreamExtended.newInitialPosition(
        InitialPositionInStream.TRIM_HORIZON);
    ConfigsBuilder configs = new ConfigsBuilder(
        new SingleStreamTracker(arguments[2], start),
        arguments[3], kinesis, dynamo, cloudWatch, arguments[4], Processor::new);
    Scheduler scheduler = new Scheduler(
        configs.checkpointConfig(),
        configs.coordinatorConfig()
            .parentShardPollIntervalMillis(500)
            .shardConsumerDispatchPollIntervalMillis(200),
        configs.leaseManagementConfig()
            .failoverTimeMillis(Long.parseLong(arguments[5]))
            .shardSyncIntervalMillis(1000),
        configs.lifecycleConfig(),
        configs.metricsConfig().metricsFactory(new NullMetricsFactory()),
        configs.processorConfig(),
        configs.retrievalConfig()
            .initialPositionInStreamExtended(start)
            .retrievalSpecificConfig(
                new PollingConfig(arguments[2], kinesis).idleTimeBetweenReadsInMillis(200)));
    Thread thread = new Thread(scheduler);
    thread.setDaemon(true);
    thread.start();
    while (System.in.read() >= 0) { }
    try {
      scheduler.startGracefulShutdown().get(20, TimeUnit.SECONDS);
      print("closed");
    } catch (TimeoutException e) {
      print("late");
    }
    // Its clients have threads that would keep the process alive.
    System.exit(0);
  }

  private static void print(String... fields) {
    synchronized (OUT) {
      OUT.println("=" + String.join("\t", fields));
      OUT.flush();
    }
  }

  private static class Processor implements ShardRecordProcessor {
    private String shardId;

    @Override
    public void initialize(InitializationInput input) {
      shardId = input.shardId();
    }

    @Override
    public void processRecords(ProcessRecordsInput input) {
      for (KinesisClientRecord record : input.records()) {
        print("record", shardId, record.sequenceNumber(),
            Long.toString(record.subSequenceNumber()),
            StandardCharsets.UTF_8.decode(record.data()).toString());
      }
      if (!input.records().isEmpty()) checkpoint(input.checkpointer());
    }

    @Override
    public void leaseLost(LeaseLostInput input) {
      print("lost", shardId);
    }

    @Override
    public void shardEnded(ShardEndedInput input) {
      checkpoint(input.checkpointer());
      print("ended", shardId);
    }

    @Override
    public void shutdownRequested(ShutdownRequestedInput input) {
      checkpoint(input.checkpointer());
    }

    private static void checkpoint(RecordProcessorCheckpointer checkpointer) {
      try {
        checkpointer.checkpoint();
      } catch (Exception e) {
        // Another worker has the lease: it processes these records again.
      }
    }
  }
}
