// A minimal Probot app: it verifies a delivery, puts a job into Redis, and answers. What a Probot user would write, with
// BullMQ as the queue and one process a core. A delivery that comes twice is one job: its id is the job's.
import cluster from "node:cluster";
import { Queue } from "bullmq";
import { run } from "probot";

const PROCESSES = Number(process.env.PROCESSES ?? 2);

if (cluster.isPrimary) {
  for (let n = 0; n < PROCESSES; n += 1) cluster.fork();
  // Without one of them nothing can be compared.
  cluster.on("exit", () => process.exit(1));
  for (const signal of ["SIGTERM", "SIGINT"]) process.on(signal, () => process.exit(0));
} else {
  // Not REDIS_URL: Probot would keep GitHub's rate limits there too.
  const queue = new Queue("reviews", { connection: { path: process.env.QUEUE_SOCKET } });
  await queue.waitUntilReady();
  await run((app) => {
    const events = ["pull_request.opened", "pull_request.reopened", "pull_request.synchronize"];
    app.on(events, async ({ id, payload }) => {
      const { pull_request: pull, repository, installation } = payload;
      const job = {
        installation: installation.id,
        repositoryId: repository.id,
        repository: repository.full_name,
        number: pull.number,
        head: pull.head.sha,
        base: pull.base.sha,
        baseRef: pull.base.ref,
        updated: pull.updated_at,
        reason: `pull_request.${payload.action}`,
        delivery: id,
      };
      await queue.add("review", job, { jobId: id, attempts: 9, backoff: { type: "exponential", delay: 5000 } });
    });
  });
}
