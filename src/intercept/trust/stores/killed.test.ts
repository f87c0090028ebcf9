/** Real processes, killed between the journal's line and the command, and right after it: the next uninstall is exact. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { within } from "../../../../test/support/wait.ts";
import type { Doom } from "./__fixtures__/change-and-die.ts";
import { ours, type StoreBench, storeBench } from "./__fixtures__/store-bench.ts";

const program = fileURLToPath(new URL("./__fixtures__/change-and-die.ts", import.meta.url));
const moments = ["before", "after"] as const;

async function killed(bench: StoreBench, doom: Pick<Doom, "verb" | "family" | "command" | "moment">): Promise<void> {
  const { root, home, journal, machine } = bench;
  const all: Doom = { ...doom, root, home, journal: journal.path, pem: ours.pem, file: bench.rootFile() };
  const args = ["--import", import.meta.resolve("tsx"), program, JSON.stringify(all)];
  const child = spawn(process.execPath, args, { env: machine.env, stdio: "ignore" });
  const [, signal] = await within("the process to be killed", once(child, "close"), 20_000);
  expect(signal).toBe("SIGKILL");
}

describe.each(["debian", "fedora", "arch", "opensuse"] as const)("an install killed on %s", (layout) => {
  it.each(moments.flatMap((moment) => [1, 2].map((command) => [moment, command] as const)))(
    "%s command %i leaves nothing that the next uninstall does not find",
    async (moment, command) => {
      const bench = storeBench({ layout });
      const before = bench.snapshot();
      await killed(bench, { verb: "install", family: "system", command, moment });
      expect(await bench.standing()).toBe(1);
      expect(await bench.uninstall()).toMatchObject([{ ok: true }]);
      expect(bench.snapshot()).toEqual(before);
      expect(await bench.standing()).toBe(0);
    },
  );
});

describe("an uninstall that is killed", () => {
  it.each(moments.flatMap((moment) => [1, 2].map((command) => [moment, command] as const)))(
    "%s command %i is finished by the next one",
    async (moment, command) => {
      const bench = storeBench({ layout: "debian" });
      const before = bench.snapshot();
      await bench.install();
      await killed(bench, { verb: "uninstall", family: "system", command, moment });
      expect(await bench.uninstall()).toMatchObject([{ ok: true }]);
      expect(bench.snapshot()).toEqual(before);
      expect(await bench.standing()).toBe(0);
    },
  );
});

describe("an install into a browser's database", () => {
  it.each(moments)("killed %s its command is taken back by the next uninstall", async (moment) => {
    const bench = storeBench({ layout: "bare" });
    bench.database(".pki/nssdb");
    const before = bench.snapshot();
    await killed(bench, { verb: "install", family: "nss", command: 1, moment });
    expect(await bench.standing()).toBe(1);
    await bench.uninstall();
    expect(bench.snapshot()).toEqual(before);
    expect(await bench.standing()).toBe(0);
  });
});
