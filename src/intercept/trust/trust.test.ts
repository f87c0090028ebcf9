import { X509Certificate } from "node:crypto";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { rootCertificates } from "node:tls";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { systemRandom } from "../../base/random.ts";
import { makeChain } from "../ca/chain.ts";
import { refreshTrustFiles, writeBundle, writeExtraCa, type TrustFileOptions } from "./bundle.ts";
import { certificatesIn } from "./pem.ts";
import { addingVariables, readStoreFile, replacingVariables, type ReadText } from "./sources.ts";
import { systemRootsPem } from "./system-roots.ts";
import { cpuMs } from "../../../test/support/cpu.ts";

/** Public roots play the parts of a system store and of a company's own; they are data, and nobody else's secret. */
const roots = rootCertificates.map((pem) => certificatesIn(pem)[0]?.pem ?? "");
const [systemOne = "", systemTwo = "", company = "", other = ""] = roots;
const ours = makeChain(["localhost"], Date.now(), systemRandom).rootPem;
const ourOld = makeChain(["localhost"], Date.now(), systemRandom).rootPem;

let parent: string;
let dir: string;

beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), "switchyard-trust-"));
  dir = join(parent, "certs");
});
afterEach(() => rmSync(parent, { recursive: true, force: true }));

/** A machine with these files and no others, except what the test itself wrote into its folder. */
function machine(files: Readonly<Record<string, string>>): ReadText {
  const byPath = new Map(Object.entries(files));
  return async (path) => {
    const text = byPath.get(path);
    if (text !== undefined) return text;
    if (path.startsWith(parent)) return await readStoreFile(path);
    throw Object.assign(new Error("no such file"), { code: "ENOENT" });
  };
}

const debian = { "/etc/ssl/certs/ca-certificates.crt": systemOne + systemTwo };

function options(env: NodeJS.ProcessEnv, files: Readonly<Record<string, string>> = debian): TrustFileOptions {
  return { dir, rootPem: ours, env, random: systemRandom, readText: machine(files) };
}

const pemsOf = (path: string): readonly string[] => certificatesIn(readFileSync(path, "utf8")).map(({ pem }) => pem);

describe("writeBundle", () => {
  it("holds our root and the system's, in a file all may read in a folder only we may enter", async () => {
    const bundle = await writeBundle(options({}));
    expect(bundle).toEqual({ path: join(dir, "bundle.pem"), certificates: 3, written: true, warnings: [] });
    expect(pemsOf(bundle.path)).toEqual([ours, systemOne, systemTwo]);
    expect((statSync(bundle.path).mode & 0o777).toString(8)).toBe((0o644 & ~process.umask()).toString(8));
    expect((statSync(dir).mode & 0o777).toString(8)).toBe("700");
  });

  it.each([
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ca-certificates/extracted/tls-ca-bundle.pem",
    "/var/lib/ca-certificates/ca-bundle.pem",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
  ])("finds the system store at %s", async (path) => {
    expect(pemsOf((await writeBundle(options({}, { [path]: systemTwo }))).path)).toEqual([ours, systemTwo]);
  });

  it("takes Node's own roots only where no system store is found", async () => {
    const bundle = await writeBundle(options({}, {}));
    expect(bundle.certificates).toBe(new Set(roots).size + 1);
  });

  it("builds on the user's own SSL_CERT_FILE instead of the system store", async () => {
    const bundle = await writeBundle(
      options({ SSL_CERT_FILE: "/company.pem" }, { ...debian, "/company.pem": company }),
    );
    expect(pemsOf(bundle.path)).toEqual([ours, company]);
  });

  it("loses no root that the user's other variables named", async () => {
    const files = { ...debian, "/company.pem": company, "/more.pem": other + systemOne };
    const env = { NODE_EXTRA_CA_CERTS: "/company.pem", REQUESTS_CA_BUNDLE: "/more.pem", CURL_CA_BUNDLE: "" };
    const bundle = await writeBundle(options(env, files));
    expect(pemsOf(bundle.path)).toEqual([ours, systemOne, systemTwo, other, company]);
  });

  it.each([...replacingVariables, ...addingVariables])("keeps what %s named", async (name) => {
    const bundle = await writeBundle(options({ [name]: "/company.pem" }, { ...debian, "/company.pem": company }));
    expect(pemsOf(bundle.path)).toContain(company);
  });

  it("says which file could not be read, and goes on without it", async () => {
    const files = { ...debian, "/empty.pem": "# nothing here\n" };
    const env = { SSL_CERT_FILE: "/gone.pem", NODE_EXTRA_CA_CERTS: "/empty.pem" };
    const bundle = await writeBundle(options(env, files));
    expect(pemsOf(bundle.path)).toEqual([ours, systemOne, systemTwo]);
    expect(bundle.warnings).toEqual([
      "SSL_CERT_FILE: cannot read /gone.pem (ENOENT); it is left out",
      "NODE_EXTRA_CA_CERTS: no PEM certificate in /empty.pem; it is left out",
    ]);
  });

  it("never keeps an older root of ours, wherever it stands", async () => {
    const files = { "/etc/ssl/certs/ca-certificates.crt": systemOne + ourOld, "/extra.pem": ourOld + company };
    const bundle = await writeBundle(options({ NODE_EXTRA_CA_CERTS: "/extra.pem" }, files));
    expect(pemsOf(bundle.path)).toEqual([ours, systemOne, company]);
  });

  it("does not shrink to our root alone for a shell that trusts only that", async () => {
    const bundle = await writeBundle(options({ SSL_CERT_FILE: "/root.pem" }, { ...debian, "/root.pem": ours }));
    expect(pemsOf(bundle.path)).toEqual([ours, systemOne, systemTwo]);
  });

  it("changes nothing when run inside an environment it made itself", async () => {
    const files = { ...debian, "/company.pem": company };
    const first = await writeBundle(options({ SSL_CERT_FILE: "/company.pem" }, files));
    const extra = await writeExtraCa(options({ NODE_EXTRA_CA_CERTS: "/company.pem" }, files));
    const before = { bundle: statSync(first.path), extra: statSync(extra.path) };
    const inside = { SSL_CERT_FILE: first.path, NODE_EXTRA_CA_CERTS: extra.path };
    expect(await writeBundle(options(inside, files))).toMatchObject({ written: false, certificates: 2 });
    expect(await writeExtraCa(options(inside, files))).toMatchObject({ written: false, certificates: 2 });
    expect(statSync(first.path).ino).toBe(before.bundle.ino);
    expect(statSync(extra.path).ino).toBe(before.extra.ino);
  });

  it("copies no private key that lay beside a certificate", async () => {
    const key = "-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMGByqGSM49\n-----END PRIVATE KEY-----\n";
    const bundle = await writeBundle(
      options({ AWS_CA_BUNDLE: "/both.pem" }, { ...debian, "/both.pem": key + company }),
    );
    expect(readFileSync(bundle.path, "utf8")).not.toContain("PRIVATE");
    expect(pemsOf(bundle.path)).toContain(company);
  });

  it("refuses a folder that others may enter", async () => {
    mkdirSync(dir);
    chmodSync(dir, 0o755);
    await expect(writeBundle(options({}))).rejects.toMatchObject({ name: "CaError", kind: "permissive" });
  });
});

describe("writeExtraCa", () => {
  it("holds our root alone when the user named none", async () => {
    const extra = await writeExtraCa(options({ SSL_CERT_FILE: "/company.pem" }, { "/company.pem": company }));
    expect(extra).toEqual({ path: join(dir, "extra.pem"), certificates: 1, written: true, warnings: [] });
    expect(readFileSync(extra.path, "utf8")).toBe(ours);
  });

  it("keeps the roots that the user's own NODE_EXTRA_CA_CERTS named", async () => {
    const extra = await writeExtraCa(
      options({ NODE_EXTRA_CA_CERTS: "/company.pem" }, { "/company.pem": company + other }),
    );
    expect(pemsOf(extra.path)).toEqual([ours, company, other]);
  });
});

describe("refreshTrustFiles", () => {
  it("puts the new root in the place of the old one and leaves the rest alone", async () => {
    const files = { ...debian, "/company.pem": company };
    const env = { NODE_EXTRA_CA_CERTS: "/company.pem" };
    const bundle = await writeBundle({ ...options(env, files), rootPem: ourOld });
    const extra = await writeExtraCa({ ...options(env, files), rootPem: ourOld });
    const refreshed = await refreshTrustFiles({ dir, rootPem: ours, random: systemRandom });
    expect(refreshed.map((file) => file.written)).toEqual([true, true]);
    expect(pemsOf(bundle.path)).toEqual([ours, systemOne, systemTwo, company]);
    expect(pemsOf(extra.path)).toEqual([ours, company]);
  });

  it("makes no file that nobody asked for", async () => {
    expect(await refreshTrustFiles({ dir, rootPem: ours, random: systemRandom })).toEqual([]);
  });
});

describe("systemRootsPem", () => {
  it("joins Node's roots, the system's, the user's and the configured ones, each once", async () => {
    const files = { ...debian, "/a.pem": company, "/b.pem": `${roots[0]}` };
    const { certificates, warnings } = await systemRootsPem({ NODE_EXTRA_CA_CERTS: "/a.pem" }, machine(files), [
      "/b.pem",
    ]);
    expect(warnings).toEqual([]);
    expect([...certificates].sort()).toEqual([...new Set(roots)].sort());
  });

  it("never holds a certificate of ours, not even when every source offers one", async () => {
    const files = {
      "/etc/ssl/certs/ca-certificates.crt": ours + systemOne,
      "/a.pem": ourOld,
      "/b.pem": ours.replaceAll("\n", "\r\n"),
    };
    const env = { NODE_EXTRA_CA_CERTS: "/a.pem", SSL_CERT_FILE: "/b.pem" };
    const { certificates } = await systemRootsPem(env, machine(files), ["/a.pem"]);
    const organisations = certificates
      .map((pem) => new X509Certificate(pem))
      .map(({ subject, issuer }) => subject + issuer);
    expect(organisations.filter((text) => text.includes("Switchyard"))).toEqual([]);
    expect(certificates).toHaveLength(new Set(roots).size);
  });

  it("reports files that cannot be read", async () => {
    const { warnings } = await systemRootsPem({ NODE_EXTRA_CA_CERTS: "/gone.pem" }, machine(debian), ["/lost.pem"]);
    expect(warnings).toEqual([
      "NODE_EXTRA_CA_CERTS: cannot read /gone.pem (ENOENT); it is left out",
      "upstream.ca: cannot read /lost.pem (ENOENT); it is left out",
    ]);
  });
});

describe("certificatesIn", () => {
  it("reads around comments, line endings, other blocks, and blocks that are damaged", () => {
    const damaged = company.replace(/\n.{64}\n/, "\n");
    const trusted = company.replaceAll("CERTIFICATE", "TRUSTED CERTIFICATE");
    const text = `# store\n${systemOne.replaceAll("\n", "\r\n")}${damaged}${trusted}junk ${other.replaceAll("CERTIFICATE", "X509 CERTIFICATE")}`;
    expect(certificatesIn(text).map(({ pem }) => pem)).toEqual([systemOne, other]);
  });

  it("takes time in proportion to a hostile file, not its square", () => {
    const ms = cpuMs(() => {
      expect(certificatesIn("-----BEGIN CERTIFICATE-----\n".repeat(100_000))).toEqual([]);
      expect(certificatesIn(`-----BEGIN CERTIFICATE-----${"A".repeat(4_000_000)}`)).toEqual([]);
    });
    expect(ms).toBeLessThan(5_000);
  });
});

describe("readStoreFile", () => {
  it("refuses folders and files too large to be a store", async () => {
    await expect(readStoreFile(parent)).rejects.toThrow(/not a file|EISDIR/);
    writeFileSync(join(parent, "huge.pem"), Buffer.alloc((8 << 20) + 1));
    await expect(readStoreFile(join(parent, "huge.pem"))).rejects.toThrow(/too large/);
    await expect(readStoreFile("/dev/zero")).rejects.toThrow(/not a file/);
  });
});
