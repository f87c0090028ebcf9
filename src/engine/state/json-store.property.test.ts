import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { systemRandom } from "../../base/random.ts";
import { type Fault, failingFiles, numbered, type Numbered } from "./__fixtures__/numbered.ts";
import { type JsonStore, openJsonStore } from "./json-store.ts";
import { readBackup } from "./store-text.ts";

const path = "/home/state.json";

type Step =
  | { readonly type: "update"; readonly together: number; readonly faults: readonly Fault[] }
  | { readonly type: "restart"; readonly faults: readonly Fault[] }
  | { readonly type: "damage"; readonly text: string };

const fault = fc.constantFrom<Fault>(
  "works",
  "works",
  "disk full",
  "fails at the end",
  "killed before",
  "killed after",
);
const faults = fc.array(fault, { maxLength: 4 });
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ type: fc.constant("update"), together: fc.integer({ min: 1, max: 4 }), faults }),
  },
  { weight: 2, arbitrary: fc.record({ type: fc.constant("restart"), faults }) },
  {
    weight: 1,
    arbitrary: fc.record({ type: fc.constant("damage"), text: fc.constantFrom("", "\0", "{", "[]", "{}") }),
  },
);

/** A home with a failing disk: knows what was asked and what was acknowledged, and says what broke the promise. */
function createTrial() {
  const disk = new Map<string, string>();
  const queue: Fault[] = [];
  let asked = 0;
  let acknowledged = 0;
  let open: { readonly store: JsonStore<Numbered>; readonly killed: Promise<void> } | null = null;

  /** The process ends without a word and starts again. */
  async function restart(faults: readonly Fault[]): Promise<string | null> {
    queue.splice(0, Infinity, ...faults);
    const files = failingFiles(disk, queue);
    const { killed } = files;
    const opening = openJsonStore({ path, shape: numbered, random: systemRandom, files }).catch(() => null);
    const store = await Promise.race([opening, killed.then(() => null)]);
    open = store === null ? null : { store, killed };
    return store === null ? null : judge(store);
  }

  function judge(store: JsonStore<Numbered>): string | null {
    const { count } = store.data();
    return count < acknowledged || count > asked ? `holds ${count}, acknowledged ${acknowledged} of ${asked}` : null;
  }

  async function update(together: number, faults: readonly Fault[]): Promise<string | null> {
    if (open === null) return restart([]);
    queue.splice(0, Infinity, ...faults);
    const { store, killed } = open;
    const updates = Array.from({ length: together }, async () => {
      const count = (asked += 1);
      const isKept = await store
        .update((data) => ({ ...data, count }))
        .then(
          () => true,
          () => false,
        );
      if (isKept) acknowledged = Math.max(acknowledged, count);
    });
    const isKilled = await Promise.race([Promise.all(updates).then(() => false), killed.then(() => true)]);
    if (isKilled) open = null;
    return judge(store);
  }

  async function damage(text: string): Promise<string | null> {
    // Only what the backup has not got yet may go, and never without a word.
    const backup = readBackup(disk.get(`${path}.bak`) ?? null, numbered);
    acknowledged = Math.min(acknowledged, backup.type === "good" ? backup.data.count : 0);
    disk.set(path, text);
    const why = await restart([]);
    return open?.store.notice == null ? "damage went unmentioned" : why;
  }

  return { restart, update, damage };
}

async function broken(steps: readonly Step[]): Promise<string | null> {
  const trial = createTrial();
  for (const one of steps) {
    const why =
      one.type === "restart"
        ? await trial.restart(one.faults)
        : one.type === "damage"
          ? await trial.damage(one.text)
          : await trial.update(one.together, one.faults);
    if (why !== null) return why;
  }
  return trial.restart([]);
}

describe("a store on a disk that fails and under a process that dies", () => {
  it("is never older than what was acknowledged", { timeout: 60_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
        expect(await broken(steps)).toBeNull();
      }),
      { numRuns: 400 },
    );
  });
});
