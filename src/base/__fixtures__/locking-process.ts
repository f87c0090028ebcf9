/**
 * A process of its own that takes a lock. `hold PATH`: says "held" and keeps it until it is killed. `count PATH FILE N`:
 * adds one to the number in FILE, N times, reading and writing it as carelessly as the lock allows.
 */
import { readFile, writeFile } from "node:fs/promises";
import { systemClock } from "../clock.ts";
import { createFileLocks } from "../file-lock.ts";
import { systemRandom } from "../random.ts";

const [mode, path, file, count] = process.argv.slice(2);
if (path === undefined) throw new Error("usage: hold PATH | count PATH FILE N");
const locks = createFileLocks({ random: systemRandom, clock: systemClock });
const options = { signal: new AbortController().signal, timeoutMs: 60_000 };

if (mode === "hold") {
  await locks.withFileLock(path, options, async () => {
    process.stdout.write("held\n");
    await new Promise((resolve) => setTimeout(resolve, 600_000));
  });
} else {
  const counter = file ?? "";
  for (let round = 0; round < Number(count); round += 1) {
    await locks.withFileLock(path, options, async () => {
      const before = Number(await readFile(counter, "utf8"));
      await writeFile(counter, String(before + 1));
    });
  }
}
