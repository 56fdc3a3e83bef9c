import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import org.camunda.bpm.client.ExternalTaskClient;
import org.camunda.bpm.client.interceptor.auth.BasicAuthProvider;

/**
 * Worker on the official Java client, tuned: long polling without back-off, a pool of threads (the
 * client itself runs one task at a time) and a semaphore that bounds what is fetched ahead.
 */
public class Worker {
  private static final int THREADS = 8;
  private static final int MAX_TASKS = 50;
  private static final int IN_HAND = 75;

  public static void main(String[] arguments) throws InterruptedException {
    Map<String, String> env = System.getenv();
    ExecutorService pool = Executors.newFixedThreadPool(THREADS);
    Semaphore inHand = new Semaphore(IN_HAND);
    Map<String, Object> result = Map.of("sum", 1, "word", "ok");
    ExternalTaskClient client = ExternalTaskClient.create()
        .baseUrl(env.get("BENCH_ENGINE"))
        .workerId("java-" + ProcessHandle.current().pid())
        .addInterceptor(new BasicAuthProvider(env.get("BENCH_USER"), env.get("BENCH_PASSWORD")))
        .maxTasks(MAX_TASKS)
        .asyncResponseTimeout(5_000)
        .lockDuration(60_000)
        .disableBackoffStrategy()
        .customizeHttpClient(http -> http.setConnectionManager(connections()))
        .build();
    client.subscribe(env.get("BENCH_TOPIC"))
        .handler((task, service) -> {
          inHand.acquireUninterruptibly();
          pool.execute(() -> {
            try {
              service.complete(task, result);
            } catch (RuntimeException error) {
              System.err.println(error);
            } finally {
              inHand.release();
            }
          });
        })
        .open();
    Thread.currentThread().join();
  }

  private static org.apache.hc.client5.http.io.HttpClientConnectionManager connections() {
    return org.apache.hc.client5.http.impl.io.PoolingHttpClientConnectionManagerBuilder.create()
        .setMaxConnPerRoute(THREADS + 1)
        .setMaxConnTotal(THREADS + 1)
        .build();
  }
}
