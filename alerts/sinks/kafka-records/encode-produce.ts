import { createByteWriter, lengthOf } from './byte-writer.ts';
import { prepareBatch, type SentBy, type SentMessage } from './record-batch.ts';

/** What kafkajs asks a broker to keep. */
export interface ProduceRequest extends Omit<SentBy, 'firstSequence'> {
  readonly acks: number;
  readonly timeout: number;
  /** 0: none. */
  readonly compression: number;
  readonly transactionalId?: string | null | undefined;
  readonly topicData: readonly {
    readonly topic: string;
    readonly partitions: readonly {
      readonly partition: number;
      readonly firstSequence: number;
      readonly messages: readonly SentMessage[];
    }[];
  }[];
}

/** The body of a request outside of transactions, versions 3 to 7, byte for byte as kafkajs makes it. kafkajs makes a
 *  buffer of half a KiB for each header and copies every record six times; here sizes are known first and each byte is
 *  written once.
 *  @param now - milliseconds since 1970, of messages without a time
 *  @see https://kafka.apache.org/protocol#The_Messages_Produce */
export function encodeProduce(request: ProduceRequest, now: number): Buffer {
  const { topicData, producerId, producerEpoch } = request;
  const topics = topicData.map(({ topic, partitions }) => ({
    topic,
    partitions: partitions.map(({ partition, messages, firstSequence }) => ({
      partition,
      batch: prepareBatch(messages, { producerId, producerEpoch, firstSequence }, now),
    })),
  }));
  let size = 2 + 2 + 4 + 4;
  for (const { topic, partitions } of topics) {
    size += 2 + lengthOf(topic) + 4;
    for (const { batch } of partitions) size += 4 + 4 + batch.size;
  }
  const writer = createByteWriter(size);
  writer.string(null);
  writer.int16(request.acks);
  writer.int32(request.timeout);
  writer.int32(topics.length);
  for (const { topic, partitions } of topics) {
    writer.string(topic);
    writer.int32(partitions.length);
    for (const { partition, batch } of partitions) {
      writer.int32(partition);
      writer.int32(batch.size);
      batch.write(writer);
    }
  }
  return writer.buffer;
}
