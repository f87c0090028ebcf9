/** Everything a test opened, closed again in reverse order even when some of it refuses. */

interface Closable {
  close(): Promise<void> | void;
}

export interface Opened {
  /** Remembers a thing to close and hands it back. */
  add<Thing extends Closable>(thing: Thing): Thing;
  /** Remembers a bare clean-up step. */
  later(step: () => Promise<void> | void): void;
  closeAll(): Promise<void>;
}

export function createOpened(): Opened {
  const steps: (() => Promise<void> | void)[] = [];
  return {
    add(thing) {
      steps.push(() => thing.close());
      return thing;
    },
    later(step) {
      steps.push(step);
    },
    async closeAll() {
      const failures: unknown[] = [];
      for (let step = steps.pop(); step !== undefined; step = steps.pop()) {
        try {
          await step();
        } catch (error) {
          failures.push(error);
        }
      }
      if (failures.length > 0) throw new AggregateError(failures, "could not close everything the test opened");
    },
  };
}
