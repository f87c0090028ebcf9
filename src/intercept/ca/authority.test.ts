import { spawn } from "node:child_process";
import { createPrivateKey, createPublicKey, X509Certificate } from "node:crypto";
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { createInterface } from "node:readline";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { systemRandom } from "../../base/random.ts";
import { cleanEnv, dayMs, handClock, hourMs, makeHome, optionsFor, type Home } from "./__fixtures__/support.ts";
import { openAuthority, rotateAuthority } from "./authority.ts";
import { makeChain } from "./chain.ts";
import { CaError, type CaErrorKind } from "./error.ts";
import { extensionIds } from "./extensions.ts";
import { formerRoots } from "./ledger.ts";
import { authorityPath, storedText } from "./stored.ts";
import { readCertificate } from "./x509.ts";

let home: Home;

beforeEach(() => {
  home = makeHome();
});
afterEach(() => home.remove());

const keyFile = (): string => authorityPath(home.dir);
const modeOf = (path: string): string => (statSync(path).mode & 0o777).toString(8);

async function failureOf(work: Promise<unknown>): Promise<CaError> {
  try {
    await work;
  } catch (error) {
    if (error instanceof CaError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}

describe("openAuthority", () => {
  it("makes a constrained root and intermediate, both of this install alone", async () => {
    const authority = await openAuthority(optionsFor(home));
    const [issuer, root] = (authority.chainPem.match(/-----BEGIN[^-]+-----[^-]+-----END[^-]+-----/g) ?? []).map(
      (pem) => new X509Certificate(pem),
    );
    if (issuer === undefined || root === undefined) throw new Error("two certificates expected");
    const rootFields = readCertificate(root.raw);
    const issuerFields = readCertificate(issuer.raw);
    expect(root.subject).toMatch(/^O=Switchyard local CA\nCN=Switchyard root [0-9a-f]{8}$/);
    expect(issuer.subject).toMatch(/^O=Switchyard local CA\nCN=Switchyard issuer [0-9a-f]{8}$/);
    for (const certificate of [root, issuer]) {
      expect(certificate.ca).toBe(true);
      expect(certificate.keyUsage).toEqual(["1.3.6.1.5.5.7.3.1"]);
      expect(certificate.publicKey.asymmetricKeyDetails).toEqual({ namedCurve: "prime256v1" });
      expect(Date.parse(certificate.validTo) - Date.parse(certificate.validFrom)).toBe(365 * dayMs);
    }
    const basics = (fields: typeof rootFields): unknown => fields.extension(extensionIds.basicConstraints);
    expect(basics(rootFields)).toEqual({ critical: true, value: Buffer.from("30060101ff020101", "hex") });
    expect(basics(issuerFields)).toEqual({ critical: true, value: Buffer.from("30060101ff020100", "hex") });
    for (const fields of [rootFields, issuerFields]) {
      const usage = { critical: true, value: Buffer.from("03020106", "hex") };
      expect(fields.extension(extensionIds.keyUsage)).toEqual(usage);
    }
    const constraints = rootFields.extension(extensionIds.nameConstraints);
    expect(constraints?.critical).toBe(true);
    expect(constraints).toEqual(issuerFields.extension(extensionIds.nameConstraints));
    expect(authority.fingerprint).toBe(root.fingerprint256);
    expect(readFileSync(authority.files.root, "utf8")).toBe(authority.rootPem);
  });

  it("opens again what it made", async () => {
    const made = await openAuthority(optionsFor(home));
    const opened = await openAuthority(optionsFor(home));
    expect(opened).toMatchObject({
      rootPem: made.rootPem,
      chainPem: made.chainPem,
      fingerprint: made.fingerprint,
      expiresAt: made.expiresAt,
      scope: made.scope,
    });
    expect(await formerRoots(home.dir, opened.fingerprint)).toEqual([]);
  });

  it("keeps the root's private key nowhere, and its signing key in one private file", async () => {
    const authority = await openAuthority(optionsFor(home));
    authority.contextFor("api.anthropic.com");
    await rotateAuthority(optionsFor(home));
    const roots = [authority.rootPem, readFileSync(authority.files.root, "utf8")].map(publicKeyOf);
    const keys: string[] = [];
    for (const name of readdirSync(home.dir)) {
      const text = readFileSync(join(home.dir, name), "utf8");
      for (const [pem] of text.matchAll(/-----BEGIN [A-Z ]*PRIVATE KEY-----[^-]+-----END [A-Z ]*PRIVATE KEY-----/g)) {
        expect(name).toBe("authority.pem");
        keys.push(publicKeyOf(createPrivateKey(pem).export({ type: "pkcs8", format: "pem" }).toString()));
      }
    }
    expect(keys).toHaveLength(1);
    for (const root of roots) expect(keys).not.toContain(root);
    expect(readdirSync(home.dir).sort()).toEqual(["authority.pem", "root.pem", "roots.jsonl"]);
  });

  it("says what of the configured hosts its certificates do not cover", async () => {
    await openAuthority(optionsFor(home, { scope: ["api.anthropic.com"] }));
    const opened = await openAuthority(
      optionsFor(home, { scope: ["api.anthropic.com", "new.example.com", "q.*.example.com"] }),
    );
    expect(opened.scope).toEqual(["api.anthropic.com"]);
    expect(opened.inScope("new.example.com")).toBe(false);
    expect(opened.leftOut).toEqual([
      { pattern: "q.*.example.com", reason: "no-constraint" },
      { pattern: "new.example.com", reason: "not-in-certificate" },
    ]);
  });

  it("makes none for an empty scope", async () => {
    expect((await failureOf(openAuthority(optionsFor(home, { scope: ["*"] })))).kind).toBe("bad-scope");
    expect(readdirSync(home.dir)).toEqual([]);
  });

  it("puts a lost or stale root file right", async () => {
    const made = await openAuthority(optionsFor(home));
    writeFileSync(made.files.root, "something else");
    await openAuthority(optionsFor(home));
    expect(readFileSync(made.files.root, "utf8")).toBe(made.rootPem);
  });

  it("warns from thirty days before the end", async () => {
    const clock = handClock();
    const authority = await openAuthority(optionsFor(home, { clock }));
    clock.move(authority.expiresAt - clock.now() - 31 * dayMs);
    expect(authority.expiresSoon()).toBe(false);
    clock.move(dayMs);
    expect(authority.expiresSoon()).toBe(true);
  });
});

describe("files", () => {
  it("are private from the moment they exist, under a umask that permits everything", async () => {
    const child = startChild(home.dir, "000");
    await child.open();
    expect(modeOf(home.dir)).toBe("700");
    expect(modeOf(keyFile())).toBe("600");
    expect(modeOf(join(home.dir, "roots.jsonl"))).toBe("600");
    expect(modeOf(join(home.dir, "root.pem"))).toBe("644");
  });

  it.each([0o640, 0o604, 0o644, 0o660])(
    "are refused when the key's mode is %o, with the command to type",
    async (mode) => {
      await openAuthority(optionsFor(home));
      chmodSync(keyFile(), mode);
      const failure = await failureOf(openAuthority(optionsFor(home)));
      expect(failure.kind).toBe("permissive");
      expect(failure.message).toContain(`mode 0${mode.toString(8)}`);
      expect(failure.fix).toContain(`chmod 600 '${keyFile()}'`);
    },
  );

  it("are refused in a folder that others may enter", async () => {
    mkdirSync(home.dir, { mode: 0o755 });
    chmodSync(home.dir, 0o755);
    const failure = await failureOf(openAuthority(optionsFor(home)));
    expect(failure).toMatchObject({ kind: "permissive", fix: expect.stringContaining(`chmod 700 '${home.dir}'`) });
    expect(readdirSync(home.dir)).toEqual([]);
  });

  it.runIf(process.getuid !== undefined)("are refused when they belong to somebody else", async () => {
    await openAuthority(optionsFor(home));
    const somebody = (process.getuid?.() ?? 0) + 1;
    expect((await failureOf(openAuthority(optionsFor(home, { owner: somebody })))).kind).toBe("foreign-owner");
  });

  it("are not followed through a symbolic link", async () => {
    await openAuthority(optionsFor(home));
    const elsewhere = join(home.dir, "..", "elsewhere.pem");
    writeFileSync(elsewhere, readFileSync(keyFile()), { mode: 0o600 });
    rmSync(keyFile());
    symlinkSync(elsewhere, keyFile());
    expect((await failureOf(openAuthority(optionsFor(home)))).kind).toBe("not-a-file");
  });

  it("left over by a process that died are swept at the next making", async () => {
    await openAuthority(optionsFor(home));
    const [old, fresh] = ["a", "b"].map((digit) => join(home.dir, `.authority.pem.${digit.repeat(16)}.tmp`));
    if (old === undefined || fresh === undefined) throw new Error("two names expected");
    writeFileSync(old, "", { mode: 0o600 });
    writeFileSync(fresh, "", { mode: 0o600 });
    utimesSync(old, new Date(), new Date(Date.now() - 2 * hourMs));
    await rotateAuthority(optionsFor(home));
    expect(readdirSync(home.dir).filter((name) => name.endsWith(".tmp"))).toEqual([fresh.slice(home.dir.length + 1)]);
  });
});

describe("a damaged authority", () => {
  const chainAt = (now: number): string => storedText(makeChain(["localhost"], now, systemRandom));
  const [first, second] = [chainAt(Date.now()), chainAt(Date.now())];
  const keyStart = "-----BEGIN PRIVATE KEY-----";
  const cut = (text: string): readonly [string, string] => {
    const at = text.indexOf(keyStart);
    return [text.slice(0, at), text.slice(at)];
  };
  const blocks = (text: string): readonly string[] => text.split(/(?=-----BEGIN)/);

  it.each<[string, string, CaErrorKind]>([
    ["empty", "", "corrupt"],
    ["zero bytes", "\0".repeat(2000), "corrupt"],
    ["cut short", first.slice(0, 900), "corrupt"],
    ["without its key", cut(first)[0], "corrupt"],
    ["with a spoiled certificate", first.replace(/\nMII./, "\nMIIx"), "corrupt"],
    ["with a spoiled key", cut(first)[0] + cut(first)[1].replace(/\nM.../, "\nAAAA"), "corrupt"],
    ["with another authority's key", cut(first)[0] + cut(second)[1], "mismatched"],
    ["with another authority's root", [blocks(second)[0], ...blocks(first).slice(1)].join(""), "mismatched"],
    ["with its root twice", [blocks(first)[0], blocks(first)[0], blocks(first)[2]].join(""), "mismatched"],
    ["expired", chainAt(Date.now() - 365 * dayMs), "expired"],
    ["from the future", chainAt(Date.now() + 5 * dayMs), "not-yet-valid"],
  ])("that is %s is refused by name, and a rotation mends it", async (_what, text, kind) => {
    mkdirSync(home.dir, { mode: 0o700 });
    writeFileSync(keyFile(), text, { mode: 0o600 });
    const failure = await failureOf(openAuthority(optionsFor(home)));
    expect(failure.kind).toBe(kind);
    expect(failure.fix).toContain(kind === "not-yet-valid" ? "clock" : "switchyard ca rotate");
    expect(`${failure.message} ${failure.fix} ${String(failure.cause)}`).not.toMatch(/PRIVATE|MII|MIG/);
    const rotated = await rotateAuthority(optionsFor(home));
    expect((await openAuthority(optionsFor(home))).fingerprint).toBe(rotated.fingerprint);
  });

  it("that was never limited to any hosts is refused", async () => {
    const openssl = (...args: readonly string[]): Promise<void> => runToEnd("openssl", args);
    mkdirSync(home.dir, { mode: 0o700 });
    const path = (name: string): string => join(home.dir, name);
    const subject = "/O=Switchyard local CA/CN=open";
    const keyed = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout"];
    await openssl("req", "-x509", ...keyed, path("r.key"), "-subj", subject, "-out", path("r.pem"));
    const signed = ["-CA", path("r.pem"), "-CAkey", path("r.key")];
    await openssl("req", "-x509", ...keyed, path("i.key"), "-subj", `${subject} too`, ...signed, "-out", path("i.pem"));
    const text = ["r.pem", "i.pem", "i.key"].map((name) => readFileSync(path(name), "utf8")).join("");
    writeFileSync(keyFile(), text, { mode: 0o600 });
    const failure = await failureOf(openAuthority(optionsFor(home)));
    expect(failure).toMatchObject({ kind: "corrupt", message: expect.stringContaining("not limited") });
  });
});

describe("two starts at once", () => {
  it("as processes agree on one authority", async () => {
    const children = [startChild(home.dir), startChild(home.dir), startChild(home.dir)];
    await Promise.all(children.map((child) => child.ready));
    const fingerprints = await Promise.all(children.map((child) => child.open()));
    const opened = await openAuthority(optionsFor(home));
    expect(fingerprints).toEqual(fingerprints.map(() => opened.fingerprint));
    expect(readdirSync(home.dir).sort()).toEqual(["authority.pem", "root.pem", "roots.jsonl"]);
  });

  it("within a process agree on one authority, time after time", async () => {
    for (let round = 0; round < 5; round += 1) {
      const opened = await Promise.all(Array.from({ length: 6 }, () => openAuthority(optionsFor(home))));
      const [first] = opened;
      expect(new Set(opened.map((authority) => authority.fingerprint)).size).toBe(1);
      expect(readFileSync(join(home.dir, "root.pem"), "utf8")).toBe(first?.rootPem);
      expect(await formerRoots(home.dir, first?.fingerprint)).toEqual([]);
      rmSync(home.dir, { recursive: true });
    }
  });
});

describe("rotateAuthority", () => {
  it("widens the scope, replaces the root, and remembers the old one so that its trust can be taken back", async () => {
    const old = await openAuthority(optionsFor(home, { scope: ["api.anthropic.com"] }));
    const rotated = await rotateAuthority(optionsFor(home, { scope: ["api.anthropic.com", "new.example.com"] }));
    expect(rotated.fingerprint).not.toBe(old.fingerprint);
    expect(rotated.inScope("new.example.com")).toBe(true);
    expect(readFileSync(rotated.files.root, "utf8")).toBe(rotated.rootPem);
    expect(readFileSync(keyFile(), "utf8")).not.toContain(old.rootPem);
    expect(await formerRoots(home.dir, rotated.fingerprint)).toEqual([
      {
        fingerprint: old.fingerprint,
        sha1: new X509Certificate(old.rootPem).fingerprint,
        commonName: expect.stringMatching(/^Switchyard root [0-9a-f]{8}$/),
        expiresAt: old.expiresAt,
        pem: old.rootPem,
      },
    ]);
  });

  it("raced by others leaves one authority whose root file agrees, and forgets none of the roots", async () => {
    await openAuthority(optionsFor(home));
    const rotated = await Promise.all(Array.from({ length: 5 }, () => rotateAuthority(optionsFor(home))));
    const opened = await openAuthority(optionsFor(home));
    expect(readFileSync(opened.files.root, "utf8")).toBe(opened.rootPem);
    expect(rotated.map((authority) => authority.fingerprint)).toContain(opened.fingerprint);
    expect(await formerRoots(home.dir, opened.fingerprint)).toHaveLength(5);
  });

  it("is not put off by a ledger with a spoiled line", async () => {
    const old = await openAuthority(optionsFor(home));
    writeFileSync(
      join(home.dir, "roots.jsonl"),
      `${readFileSync(join(home.dir, "roots.jsonl"), "utf8")}{"pem":"x"}\n{"fin`,
    );
    const rotated = await rotateAuthority(optionsFor(home));
    const former = await formerRoots(home.dir, rotated.fingerprint);
    expect(former.map((root) => root.fingerprint)).toEqual([old.fingerprint]);
  });
});

interface Child {
  readonly ready: Promise<void>;
  /** Lets the child open the authority; resolves with the fingerprint it saw once it has exited. */
  open(): Promise<string>;
}

function startChild(dir: string, umask = "022"): Child {
  const script = fileURLToPath(new URL("./__fixtures__/open-authority.ts", import.meta.url));
  const child = spawn(process.execPath, ["--import", "tsx", script, dir, umask], {
    env: cleanEnv,
    stdio: ["pipe", "pipe", "inherit"],
  });
  const exited = new Promise<number | null>((resolve) => child.once("exit", resolve));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const line = async (): Promise<string> => String((await lines.next()).value);
  const ready = line().then((text) => expect(text).toBe("ready"));
  return {
    ready,
    async open() {
      await ready;
      child.stdin.write("go\n");
      const fingerprint = await line();
      expect(await exited).toBe(0);
      return fingerprint;
    },
  };
}

async function runToEnd(command: string, args: readonly string[]): Promise<void> {
  const child = spawn(command, args, { env: cleanEnv, stdio: "ignore" });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", resolve);
  });
  if (code !== 0) throw new Error(`${command} ${args.join(" ")} ended with ${code}`);
}

function publicKeyOf(pem: string): string {
  return createPublicKey(pem).export({ type: "spki", format: "der" }).toString("hex");
}
