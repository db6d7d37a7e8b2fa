import { setTimeout as sleep } from 'node:timers/promises';
import type { ITopicConfig, Kafka } from 'kafkajs';

const DEADLINE_MS = 120_000;
const AGAIN_MS = 200;

/** Makes a topic and waits until it has leaders. A broker that has just taken it in may still say that it knows none, and
 *  kafkajs gives up on that at once; asked again it is there.
 *  @throws what the broker said last, after two minutes */
export async function makeTopic(kafka: Kafka, topic: ITopicConfig): Promise<void> {
  const admin = kafka.admin();
  const deadline = performance.now() + DEADLINE_MS;
  await admin.connect();
  try {
    while (!(await isMade(admin, topic, deadline))) await sleep(AGAIN_MS);
  } finally {
    await admin.disconnect();
  }
}

async function isMade(
  admin: ReturnType<Kafka['admin']>,
  topic: ITopicConfig,
  deadline: number,
): Promise<boolean> {
  try {
    await admin.createTopics({ topics: [topic], waitForLeaders: true });
    const { topics } = await admin.fetchTopicMetadata({ topics: [topic.topic] });
    return topics.every(({ partitions }) => partitions.every(({ leader }) => leader >= 0));
  } catch (error) {
    if (performance.now() > deadline) throw error;
    return false;
  }
}
