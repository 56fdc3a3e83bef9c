// Worker on the official JavaScript client, tuned: no pause between polls, long polling, bounded parallelism.
import { BasicAuthInterceptor, Client, Variables } from "camunda-external-task-client-js";

const { BENCH_ENGINE, BENCH_USER, BENCH_PASSWORD, BENCH_TOPIC } = process.env;

const client = new Client({
  baseUrl: BENCH_ENGINE,
  workerId: `js-${process.pid}`,
  interceptors: new BasicAuthInterceptor({ username: BENCH_USER, password: BENCH_PASSWORD }),
  interval: 0,
  asyncResponseTimeout: 5000,
  maxTasks: 50,
  maxParallelExecutions: 50,
  lockDuration: 60000,
});
client.on("handler:error", (error) => console.error(String(error)));
client.on("poll:error", (error) => console.error(String(error)));

client.subscribe(BENCH_TOPIC, async ({ task, taskService }) => {
  const result = new Variables();
  result.set("sum", 1);
  result.set("word", "ok");
  await taskService.complete(task, result);
});
