/**
 * Programs from npm that are too heavy to be dependencies: real clients, and a proxy to compare with. Installed once into
 * a cache folder outside the project and kept there by version. When one cannot be installed this throws: a run that
 * tested nothing must not look like one that passed.
 */
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { run } from "./proxy-clients.ts";

/** Variables npm itself may need to reach the registry where the user works; everything else stays out. */
const npmVariables = [
  "HTTPS_PROXY",
  "https_proxy",
  "HTTP_PROXY",
  "http_proxy",
  "NO_PROXY",
  "no_proxy",
  "NODE_EXTRA_CA_CERTS",
];

export interface NpmPackage {
  readonly name: string;
  /** Exact: a client that changed overnight must not fail today's work. */
  readonly version: string;
  /** Path of the program inside node_modules. */
  readonly program: string;
}

interface Place {
  readonly folder: string;
  readonly program: string;
  /** Written when npm is done: a folder without it was left half-way. */
  readonly done: string;
}

function placeOf({ name, version, program }: NpmPackage): Place {
  const cache = process.env["XDG_CACHE_HOME"] || join(homedir(), ".cache");
  const folder = join(cache, "switchyard-test-clients", `${name.replaceAll("/", "+")}@${version}`);
  return { folder, program: join(folder, "node_modules", program), done: join(folder, "installed") };
}

export function isInstalled(wanted: NpmPackage): boolean {
  const { program, done } = placeOf(wanted);
  return existsSync(done) && existsSync(program);
}

export async function installPackage(wanted: NpmPackage): Promise<string> {
  const { folder, program, done } = placeOf(wanted);
  if (isInstalled(wanted)) return program;

  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "package.json"), '{ "private": true }\n');
  const env: Record<string, string> = {};
  for (const name of npmVariables) {
    const value = process.env[name];
    if (value !== undefined) env[name] = value;
  }
  // The platform's own binary is called directly, so no install script is needed.
  const args = ["install", "--ignore-scripts", "--no-audit", "--no-fund", "--save-exact"];
  // Without a network npm's own patience is many minutes.
  const patience = ["--fetch-retries=1", "--fetch-retry-mintimeout=1000", "--fetch-retry-maxtimeout=5000"];
  const ran = await run("npm", [...args, ...patience, `${wanted.name}@${wanted.version}`], {
    cwd: folder,
    env,
    timeoutMs: 540_000,
  });
  if (ran.code !== 0 || !existsSync(program)) {
    throw new Error(
      `${wanted.name}@${wanted.version} could not be installed into ${folder}:\n${ran.stderr}${ran.stdout}`,
    );
  }
  writeFileSync(done, "");
  return program;
}
