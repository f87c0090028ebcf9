/** The programs that check certificates for our clients, each asked the same: would you talk to this server? */
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { isIP } from "node:net";
import { checkServerIdentity, connect } from "node:tls";
import { installPackage } from "../../support/install.ts";
import { run, type Ran, type RunOptions } from "../../support/proxy-clients.ts";
import { bunClient, denoClient, goClient, javaClient, pythonClient } from "./verifier-scripts.ts";

export interface Shown {
  readonly asked: string;
  /** Where a TLS server shows it. */
  readonly port: number;
  readonly certPem: string;
}

export interface Drill {
  /** An empty folder of this verifier's own. */
  readonly folder: string;
  /** The root that is trusted, alone. */
  readonly rootFile: string;
  /** Certificates between the root and what is shown. */
  readonly issuerFile: string;
  readonly shown: readonly Shown[];
}

export interface Verifier {
  readonly name: string;
  /** Takes part in every run, and no run of the project is without it. */
  readonly always: boolean;
  isThere(): boolean;
  /** What it is known to take against its own rules, which no limit in our certificates can prevent. */
  readonly flaw?: RegExp;
  /** Accepted or not, in the order of `shown`. */
  judge(drill: Drill): Promise<readonly boolean[]>;
}

const patienceMs = 120_000;

function exists(program: string): boolean {
  return spawnSync("sh", ["-c", 'command -v "$1"', "sh", program], { stdio: "ignore" }).status === 0;
}

/** Lines `accepted` and anything else, one for each. */
async function linesOf(drill: Drill, command: string, args: readonly string[], more: RunOptions = {}) {
  const list = join(drill.folder, "shown.txt");
  writeFileSync(list, drill.shown.map(({ asked, port }) => `${port} ${asked}\n`).join(""));
  const ran = await run(command, [...args, drill.rootFile, list], { timeoutMs: patienceMs, ...more });
  const lines = ran.stdout.trim().split("\n");
  if (lines.length !== drill.shown.length) throw new Error(`${command} answered ${lines.length}: ${said(ran)}`);
  return lines.map((line) => line === "accepted");
}

const said = (ran: Ran): string => `exit ${ran.code}\n${ran.stdout.slice(-400)}${ran.stderr.slice(-400)}`;

function script(drill: Drill, name: string, text: string): string {
  const path = join(drill.folder, name);
  writeFileSync(path, text);
  return path;
}

async function nodeAccepts(ca: string, { asked, port }: Shown): Promise<boolean> {
  const socket = connect({
    host: "127.0.0.1",
    port,
    ca,
    ...(isIP(asked) === 0 ? { servername: asked } : {}),
    checkServerIdentity: (_host, certificate) => checkServerIdentity(asked, certificate),
  });
  try {
    await once(socket, "secureConnect");
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

/** Every use a certificate can be put to that this program knows a name for. */
const opensslPurposes = ["sslserver", "sslclient", "smimesign", "smimeencrypt", "timestampsign"];

export const verifiers: readonly Verifier[] = [
  {
    name: "node",
    always: true,
    isThere: () => true,
    judge({ rootFile, shown }) {
      const ca = readFileSync(rootFile, "utf8");
      return Promise.all(shown.map((one) => nodeAccepts(ca, one)));
    },
  },
  {
    name: "openssl -x509_strict",
    always: true,
    isThere: () => exists("openssl"),
    async judge(drill) {
      const files = drill.shown.map(({ certPem }, index) => script(drill, `leaf-${index}.pem`, certPem));
      const untrusted = drill.issuerFile === "" ? [] : ["-untrusted", drill.issuerFile];
      const base = ["verify", "-x509_strict", "-no-CApath", "-no-CAstore", "-CAfile", drill.rootFile, ...untrusted];
      const runs = await Promise.all(
        opensslPurposes.map((purpose) => run("openssl", [...base, "-purpose", purpose, ...files])),
      );
      return files.map((file) => runs.some(({ stdout }) => stdout.split("\n").includes(`${file}: OK`)));
    },
  },
  {
    name: "curl",
    always: true,
    isThere: () => exists("curl"),
    async judge({ rootFile, shown }) {
      const targets = shown.flatMap(({ asked, port }) => {
        const name = isIP(asked) === 6 ? `[${asked}]` : asked;
        return ["--connect-to", `${name}:${port}:127.0.0.1:${port}`, `https://${name}:${port}/`];
      });
      const fixed = ["-s", "--http0.9", "--noproxy", "*", "--max-time", "20", "-o", "/dev/null", "--cacert", rootFile];
      const ran = await run("curl", [...fixed, "-w", "%{exitcode}\\n", ...targets], { timeoutMs: patienceMs });
      const codes = ran.stdout.trim().split("\n");
      if (codes.length !== shown.length) throw new Error(`curl answered ${codes.length}: ${said(ran)}`);
      // 60: the certificate was refused. Whatever else, it was taken.
      return codes.map((code) => code !== "60");
    },
  },
  {
    name: "python ssl",
    always: true,
    isThere: () => exists("python3"),
    judge: (drill) => linesOf(drill, "python3", [script(drill, "client.py", pythonClient)]),
  },
  {
    name: "NSS",
    always: false,
    isThere: () => exists("certutil") && exists("tstclnt"),
    async judge(drill) {
      const store = `sql:${drill.folder}`;
      const made = await run("certutil", ["-N", "-d", store, "--empty-password"]);
      if (made.code !== 0) throw new Error(said(made));
      await run("certutil", ["-A", "-d", store, "-n", "root", "-t", "C,C,C", "-i", drill.rootFile]);
      const verdicts: boolean[] = [];
      for (const { asked, port } of drill.shown) {
        const args = ["-h", "127.0.0.1", "-p", String(port), "-a", asked, "-d", store, "-Q"];
        const ran = await run("tstclnt", args, { input: "", timeoutMs: 20_000 });
        verdicts.push(ran.code === 0);
      }
      return verdicts;
    },
  },
  {
    name: "GnuTLS",
    always: false,
    isThere: () => exists("gnutls-cli"),
    async judge({ rootFile, shown }) {
      const verdicts: boolean[] = [];
      for (const { asked, port } of shown) {
        const args = ["--x509cafile", rootFile, "--port", String(port), "--verify-hostname", asked, "127.0.0.1"];
        const ran = await run("gnutls-cli", args, { input: "", timeoutMs: 20_000 });
        verdicts.push(ran.code === 0);
      }
      return verdicts;
    },
  },
  {
    name: "go crypto/x509",
    always: false,
    isThere: () => exists("go"),
    judge(drill) {
      const cache = join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "switchyard-test-clients", "go");
      mkdirSync(cache, { recursive: true });
      const env = { GOCACHE: cache, GO111MODULE: "off", GOPATH: cache };
      return linesOf(drill, "go", ["run", script(drill, "client.go", goClient)], { env });
    },
  },
  {
    name: "java",
    always: false,
    isThere: () => exists("java"),
    judge: (drill) => linesOf(drill, "java", [script(drill, "Client.java", javaClient)]),
  },
  {
    name: "bun (BoringSSL)",
    always: false,
    // 1.4.5 takes the common name although there are alternative names, and those are of a kind that is not limited.
    flaw: /^a URI alone/,
    isThere: () => process.platform === "linux" && process.arch === "x64",
    async judge(drill) {
      const bun = await installPackage({
        name: "@oven/bun-linux-x64",
        version: "1.4.5",
        program: "@oven/bun-linux-x64/bin/bun",
      });
      return linesOf(drill, bun, [script(drill, "client.mjs", bunClient)]);
    },
  },
  {
    name: "deno (rustls)",
    always: false,
    isThere: () => process.platform === "linux" && process.arch === "x64",
    async judge(drill) {
      const name = "@deno/linux-x64-glibc";
      const deno = await installPackage({ name, version: "2.9.6", program: `${name}/deno` });
      const env = { DENO_DIR: drill.folder, DENO_NO_UPDATE_CHECK: "1" };
      return linesOf(drill, deno, ["run", "-A", "--no-lock", script(drill, "client.ts", denoClient)], { env });
    },
  },
];
