/** Work for the disk: one piece after the other, later, and never more of it waiting than the bounds allow. */

export interface WorkQueue {
  /** Room for that many bytes more. False when there is none: the caller counts what is lost. */
  reserve(bytes: number): boolean;
  release(bytes: number): void;
  /** Done after everything that was added before. A failure is told and ends nothing. */
  add(job: () => Promise<void>): void;
  /** Everything that was added until now has been done. */
  idle(): Promise<void>;
  /** Forgets what waits. */
  abandon(): void;
}

export interface QueueLimits {
  readonly maxQueuedBytes: number;
  readonly maxQueuedPieces: number;
}

export function createWorkQueue(limits: QueueLimits, onFailure: (error: unknown) => void): WorkQueue {
  let jobs: (() => Promise<void>)[] = [];
  let bytes = 0;
  let running: Promise<void> | null = null;

  async function run(): Promise<void> {
    // Not in the turn that asked: that one belongs to the call.
    await new Promise((resolve) => setImmediate(resolve));
    for (let job = jobs.shift(); job !== undefined; job = jobs.shift()) {
      try {
        await job();
      } catch (error) {
        onFailure(error);
      }
    }
    running = null;
  }

  return {
    reserve(more) {
      if (bytes + more > limits.maxQueuedBytes || jobs.length >= limits.maxQueuedPieces) return false;
      bytes += more;
      return true;
    },
    release(fewer) {
      bytes = Math.max(0, bytes - fewer);
    },
    add(job) {
      jobs.push(job);
      running ??= run();
    },
    async idle() {
      while (running !== null) await running;
    },
    abandon() {
      jobs = [];
    },
  };
}
