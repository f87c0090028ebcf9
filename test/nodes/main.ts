/**
 * `npm run test:nodes [-- 22 24] [FILTER…]`: the whole suite (or the files that fit a filter) on newer releases of Node,
 * whose binaries come from npm. The last line is the verdict; the exit code is not 0 when a release fails.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { node22, node24 } from "../support/client-list.ts";
import { installPackage, type NpmPackage } from "../support/install.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const releases: Readonly<Record<string, NpmPackage>> = { "22": node22, "24": node24 };
const args = process.argv.slice(2);
const named = args.filter((arg) => Object.hasOwn(releases, arg));
const filters = args.filter((arg) => !Object.hasOwn(releases, arg));

interface Outcome {
  readonly release: string;
  readonly version: string;
  /** The last line of the run; null where there was none. */
  readonly counts: string | null;
  readonly ok: boolean;
}

async function runOn(release: string, wanted: NpmPackage): Promise<Outcome> {
  const node = await installPackage(wanted);
  const folder = mkdtempSync(join(tmpdir(), "switchyard-node-"));
  try {
    // Programs that tests start by the name `node` are the same release.
    symlinkSync(node, join(folder, "node"));
    const report = join(folder, "counts");
    const env = {
      ...process.env,
      PATH: `${folder}${delimiter}${process.env["PATH"] ?? ""}`,
      SWITCHYARD_TEST_COUNTS: report,
    };
    const version = spawnSync(node, ["--version"], { encoding: "utf8" }).stdout.trim();
    process.stdout.write(`\n== Node ${version}\n`);
    const vitest = [join(root, "node_modules/vitest/vitest.mjs"), "run", ...filters];
    const { status } = spawnSync(node, vitest, { cwd: root, stdio: "inherit", env });
    return { release, version, counts: textOf(report), ok: status === 0 };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function textOf(path: string): string | null {
  try {
    return readFileSync(path, "utf8").trim();
  } catch {
    // The run ended before its reporter could write.
    return null;
  }
}

const outcomes: Outcome[] = [];
for (const release of named.length === 0 ? Object.keys(releases) : named) {
  const wanted = releases[release];
  if (wanted !== undefined) outcomes.push(await runOn(release, wanted));
}
process.stdout.write("\n");
for (const { version, counts, ok } of outcomes) {
  process.stdout.write(`${ok ? "passed" : "FAILED"}  Node ${version}  ${counts ?? "no result"}\n`);
}
const failed = outcomes.filter(({ ok }) => !ok);
process.stdout.write(
  failed.length === 0
    ? `the suite passes on ${outcomes.map(({ version }) => version).join(" and ")}\n`
    : `the suite FAILS on ${failed.map(({ version }) => version).join(" and ")}\n`,
);
process.exitCode = failed.length === 0 ? 0 : 1;
