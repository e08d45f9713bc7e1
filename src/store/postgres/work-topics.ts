import type { WorkTopic } from '../store.ts';

/** The channel on which a commit tells every process that there is work. */
export const WORK_CHANNEL = 'trial_adapter_work';

export const ASSESSMENT_TOPIC = 'assessment';
/** What a notification about a delivery begins with; the site follows. */
export const DELIVERY_PREFIX = 'delivery ';

/** Returns the topic as notifications name it. */
export const formatTopic = (topic: WorkTopic): string =>
  topic === 'assessment' ? ASSESSMENT_TOPIC : `${DELIVERY_PREFIX}${topic.deliveryTo}`;
