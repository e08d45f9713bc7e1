import type { IngestCheckpoint } from '../fhir/ingest-checkpoint.ts';
import type { Store } from '../store/store.ts';

/** How far deliveries have been received that were not received to their end, by their digest. */
export interface IngestCheckpoints {
  /** null where the delivery was not begun, or was received to its end. */
  findIngestCheckpoint(delivery: string): Promise<IngestCheckpoint | null>;
  /** Stores how far the delivery has been received. What was accepted before is on disk already. */
  putIngestCheckpoint(delivery: string, checkpoint: IngestCheckpoint): Promise<void>;
  removeIngestCheckpoint(delivery: string): Promise<void>;
}

const formatName = (delivery: string): string => `ingest:${delivery}`;

/** Creates the checkpoints on the shared values of the store. */
export function createIngestCheckpoints(store: Store): IngestCheckpoints {
  return {
    async findIngestCheckpoint(delivery) {
      const text = await store.read((tx) => tx.sharedValues.get(formatName(delivery)));
      return text === null ? null : (JSON.parse(text) as IngestCheckpoint);
    },
    putIngestCheckpoint: (delivery, checkpoint) =>
      store.transaction((tx) => tx.sharedValues.put(formatName(delivery), JSON.stringify(checkpoint))),
    removeIngestCheckpoint: (delivery) =>
      store.transaction((tx) => tx.sharedValues.remove(formatName(delivery))),
  };
}
