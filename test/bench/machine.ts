/** What the figures were measured on. */
import { readFileSync } from "node:fs";
import { arch, cpus, loadavg, platform, release, totalmem } from "node:os";
import { fileURLToPath } from "node:url";
import { mockttp } from "./contestants.ts";
import { llms, portkey } from "./gateways.ts";

export interface Machine {
  readonly node: string;
  readonly system: string;
  readonly cpu: string;
  /** How many processes wanted to run when the bench began. */
  readonly load: string;
  readonly versions: readonly string[];
}

export function machineOf(): Machine {
  const gib = (totalmem() / 1024 ** 3).toFixed(0);
  return {
    node: `Node ${process.versions.node} (V8 ${process.versions.v8}, OpenSSL ${process.versions.openssl})`,
    system: `${platform()} ${release()} ${arch()}`,
    cpu: `${cpus().length} × ${cpus()[0]?.model.trim() ?? "unknown CPU"}, ${gib} GiB`,
    load: (loadavg()[0] ?? Number.NaN).toFixed(1),
    versions: [
      `Switchyard ${versionIn("../../package.json")}`,
      `http-mitm-proxy ${versionIn("../../node_modules/http-mitm-proxy/package.json")}`,
      ...[mockttp, llms, portkey].map(({ name, version }) => `${name} ${version}`),
    ],
  };
}

function versionIn(file: string): string {
  const path = fileURLToPath(new URL(file, import.meta.url));
  const { version } = JSON.parse(readFileSync(path, "utf8")) as { version: string }; // npm wrote it
  return version;
}
