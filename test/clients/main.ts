/**
 * `npm run test:clients [-- FILTER…]`: installs the real clients, then drives them. The installing needs npm's registry;
 * the tests need nothing, and get nothing where that can be had: on Linux with unprivileged namespaces they run in a
 * network that has loopback only, with a name server that remembers who went past the proxy.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { clientPackages, node24 } from "../support/client-list.ts";
import { installPackage, isInstalled } from "../support/install.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const filters = process.argv.slice(2);

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

async function install(): Promise<void> {
  const names = Object.keys(clientPackages);
  const wanted = Object.entries(clientPackages).filter(
    ([name]) =>
      !names.some((one) => filters.some((filter) => one.includes(filter))) ||
      filters.some((filter) => name.includes(filter)),
  );
  const needsNode = wanted.some(([, { needsNode }]) => needsNode);
  for (const one of [...wanted.map(([, found]) => found), ...(needsNode ? [node24] : [])]) {
    if (isInstalled(one)) continue;
    const started = performance.now();
    say(`installing ${one.name}@${one.version} …`);
    await installPackage(one);
    say(`  done in ${Math.round((performance.now() - started) / 1000)} s`);
  }
}

const vitest = [
  join(root, "node_modules/vitest/vitest.mjs"),
  "run",
  "--config",
  "vitest.clients.config.ts",
  ...filters,
];

/** `unshare`, a loopback that is up, and a name server of our own; null where one of them is not to be had. */
function isolation(folder: string): readonly string[] | null {
  if (process.platform !== "linux") return null;
  const names = join(folder, "resolv.conf");
  writeFileSync(names, "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n");
  const enter = `ip link set lo up && mount --bind '${names}' /etc/resolv.conf && exec "$@"`;
  const prefix = ["unshare", "--map-root-user", "--net", "--mount", "sh", "-c", enter, "sh"];
  return runs([...prefix, "true"], {}, "ignore") === 0 ? prefix : null;
}

function runs(command: readonly string[], env: NodeJS.ProcessEnv, stdio: "inherit" | "ignore"): number {
  const [program = "", ...args] = command;
  return spawnSync(program, args, { cwd: root, stdio, env: { ...process.env, ...env } }).status ?? 1;
}

await install();
const folder = mkdtempSync(join(tmpdir(), "switchyard-clients-"));
try {
  const prefix = isolation(folder);
  say(
    prefix === null
      ? "no network of our own can be had here; the tests watch the proxy alone"
      : "in a network that has loopback only",
  );
  const env = prefix === null ? {} : { SWITCHYARD_TEST_ISOLATED: "1" };
  process.exitCode = runs([...(prefix ?? []), process.execPath, ...vitest], env, "inherit");
} finally {
  rmSync(folder, { recursive: true, force: true });
}
