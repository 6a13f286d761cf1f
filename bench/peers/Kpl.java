// Measures the Kinesis Producer Library. Metrics and rate limit are off, other options are default.
import com.google.common.util.concurrent.FutureCallback;
import com.google.common.util.concurrent.Futures;
import com.google.common.util.concurrent.MoreExecutors;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicLong;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.kinesis.producer.KinesisProducer;
import software.amazon.kinesis.producer.KinesisProducerConfiguration;
import software.amazon.kinesis.producer.UserRecordResult;

public class Kpl {
  static final int MAX_OUTSTANDING = 50_000;
  static final AtomicLong failed = new AtomicLong();
  static final BufferedReader input = new BufferedReader(new InputStreamReader(System.in));
  static KinesisProducer producer;
  static byte[][] values;
  static String[] keys = new String[1000];

  static void say(String text) throws Exception {
    System.out.println(text);
    System.out.flush();
    input.readLine();
  }

  static void put(int id, FutureCallback<UserRecordResult> callback) throws Exception {
    while (producer.getOutstandingRecordsCount() > MAX_OUTSTANDING) Thread.sleep(1);
    Futures.addCallback(
        producer.addUserRecord("bench", keys[id % 1000], ByteBuffer.wrap(values[id])),
        callback,
        MoreExecutors.directExecutor());
  }

  static void drain() throws Exception {
    while (producer.getOutstandingRecordsCount() > 0) {
      producer.flush();
      Thread.sleep(1);
    }
    if (failed.get() > 0) throw new IllegalStateException(failed.get() + " records failed");
  }

  static long rounds(double seconds) throws Exception {
    FutureCallback<UserRecordResult> callback = new FutureCallback<>() {
      public void onSuccess(UserRecordResult result) {}

      public void onFailure(Throwable error) {
        failed.incrementAndGet();
      }
    };
    long end = System.nanoTime() + (long) (seconds * 1e9);
    long records = 0;
    do {
      for (int id = 0; id < values.length; id++) put(id, callback);
      records += values.length;
    } while (System.nanoTime() < end);
    drain();
    return records;
  }

  static double[] paced(int seconds) throws Exception {
    int count = 1000 * seconds;
    double[] times = new double[count];
    AtomicLong done = new AtomicLong();
    long start = System.nanoTime();
    for (int i = 0; i < count; ) {
      while (i < count && i < (System.nanoTime() - start) / 1e6) {
        int at = i++;
        long began = System.nanoTime();
        put(at % values.length, new FutureCallback<>() {
          public void onSuccess(UserRecordResult result) {
            times[at] = (System.nanoTime() - began) / 1e6;
            done.incrementAndGet();
          }

          public void onFailure(Throwable error) {
            failed.incrementAndGet();
          }
        });
      }
      Thread.sleep(1);
    }
    while (done.get() + failed.get() < count) Thread.sleep(1);
    if (failed.get() > 0) throw new IllegalStateException(failed.get() + " records failed");
    Arrays.sort(times);
    return times;
  }

  public static void main(String[] arguments) throws Exception {
    // endpoint, variant, bytes, count, seconds, mode
    URI endpoint = URI.create(arguments[0]);
    int bytes = Integer.parseInt(arguments[2]);
    double seconds = Double.parseDouble(arguments[4]);
    String mode = arguments[5];
    for (int i = 0; i < keys.length; i++) keys[i] = "key-" + i;
    values = new byte[Integer.parseInt(arguments[3])][];
    for (int id = 0; id < values.length; id++) {
      String head = "{\"id\":" + id + ",\"text\":\"";
      String text = head + "x".repeat(Math.max(0, bytes - head.length() - 2)) + "\"}";
      values[id] = text.getBytes(StandardCharsets.UTF_8);
    }
    producer = new KinesisProducer(new KinesisProducerConfiguration()
        .setRegion("us-east-1")
        .setCredentialsProvider(StaticCredentialsProvider.create(
            AwsBasicCredentials.create("id", "secret")))
        .setKinesisEndpoint(endpoint.getHost()).setKinesisPort(endpoint.getPort())
        .setCloudwatchEndpoint(endpoint.getHost()).setCloudwatchPort(endpoint.getPort())
        .setStsEndpoint(endpoint.getHost()).setStsPort(endpoint.getPort())
        .setVerifyCertificate(false)
        .setMetricsLevel("none")
        .setLogLevel("warning")
        .setRateLimit(Long.MAX_VALUE)
        .setRecordTtl(600_000)
        .setRequestTimeout(60_000)
        .setAggregationEnabled(arguments[1].equals("aggregated")));
    if (mode.equals("latency")) {
      paced(1);
      say("ready");
      double[] times = paced(3);
      say("done {\"records\":" + times.length + ",\"p50\":" + times[times.length / 2]
          + ",\"p99\":" + times[times.length * 99 / 100] + "}");
    } else {
      boolean inspect = mode.equals("inspect");
      if (!inspect) rounds(2 * seconds);
      say("ready");
      say("done {\"records\":" + rounds(inspect ? 0 : seconds) + "}");
    }
    producer.destroy();
    System.exit(0);
  }
}
