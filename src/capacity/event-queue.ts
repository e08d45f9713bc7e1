/** Events that are due, the earliest first. Of two at the same time the one that was added first comes first. */
export interface EventQueue {
  add(time: number, event: number): void;
  /** Takes out the earliest event; its time is read with `time` first. Must not be called when there is none. */
  take(): number;
  /** The time of the earliest event; Infinity without one. */
  readonly time: number;
}

interface DueEvent {
  readonly time: number;
  readonly order: number;
  readonly event: number;
}

const isBefore = (a: DueEvent, b: DueEvent): boolean =>
  a.time === b.time ? a.order < b.order : a.time < b.time;

/** Moves the last event of a heap up to its place. */
function sortUpwards(heap: DueEvent[], moved: DueEvent): void {
  let at = heap.length - 1;
  while (at > 0) {
    const parent = heap[(at - 1) >> 1];
    if (!parent || isBefore(parent, moved)) break;
    heap[at] = parent;
    at = (at - 1) >> 1;
  }
  heap[at] = moved;
}

/** Finds the earlier child of a place in a heap; undefined without children. */
function findEarlierChild(heap: readonly DueEvent[], at: number): number | undefined {
  const left = heap[2 * at + 1];
  const right = heap[2 * at + 2];
  if (!left) return undefined;
  return right && isBefore(right, left) ? 2 * at + 2 : 2 * at + 1;
}

/** Moves an event from the top of a heap down to its place. */
function sortDownwards(heap: DueEvent[], moved: DueEvent): void {
  let at = 0;
  for (let next = findEarlierChild(heap, at); next !== undefined; next = findEarlierChild(heap, at)) {
    const child = heap[next];
    if (!child || isBefore(moved, child)) break;
    heap[at] = child;
    at = next;
  }
  heap[at] = moved;
}

/** Creates a queue as a binary heap. */
export function createEventQueue(): EventQueue {
  const heap: DueEvent[] = [];
  let added = 0;
  return {
    get time() {
      return heap[0]?.time ?? Number.POSITIVE_INFINITY;
    },
    add(time, event) {
      const due = { time, order: added++, event };
      heap.push(due);
      sortUpwards(heap, due);
    },
    take() {
      const [first] = heap;
      const last = heap.pop();
      if (!first || !last) throw new Error('There is no event.');
      if (heap.length > 0) sortDownwards(heap, last);
      return first.event;
    },
  };
}
