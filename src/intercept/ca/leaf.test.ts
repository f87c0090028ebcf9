import { createPublicKey, X509Certificate } from "node:crypto";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { systemRandom } from "../../base/random.ts";
import { dayMs, hasProgram, hourMs, makeHome, opensslVerify, optionsFor, type Home } from "./__fixtures__/support.ts";
import { openAuthority } from "./authority.ts";
import { children, content, decode } from "./der.ts";
import { extensionIds } from "./extensions.ts";
import { isOwnCertificate } from "./identity.ts";
import { signLeaf, type Issuer } from "./leaf.ts";
import { readStored } from "./stored.ts";
import { readCertificate } from "./x509.ts";

let home: Home;
let rootPem: string;
let issuer: Issuer;

beforeEach(async () => {
  home = makeHome();
  rootPem = (await openAuthority(optionsFor(home))).rootPem;
  const stored = await readStored(home.dir, process.getuid?.());
  if (stored === undefined) throw new Error("no authority was written");
  issuer = stored.issuer;
});
afterEach(() => home.remove());

const hasOpenssl = hasProgram("openssl", "version");

describe("a leaf", () => {
  it("never shares a serial number with another: a thousand of them, each positive and of 64 bits or more", () => {
    const serials = new Set<string>();
    for (let index = 0; index < 1000; index += 1) {
      const leaf = new X509Certificate(signLeaf(`h${index}.githubcopilot.com`, issuer, Date.now(), systemRandom).pem);
      // 32 hex digits with the top bit clear and the next one set: 126 random bits.
      expect(leaf.serialNumber).toMatch(/^[4-7][0-9A-F]{31}$/);
      serials.add(leaf.serialNumber);
    }
    expect(serials.size).toBe(1000);
  });

  it("names its one host, lives thirty days, is back-dated between one and two, and serves as a server only", () => {
    const now = Date.now();
    const leaf = new X509Certificate(signLeaf("api.githubcopilot.com", issuer, now, systemRandom).pem);
    expect(leaf.subjectAltName).toBe("DNS:api.githubcopilot.com");
    expect(leaf.subject).toBe("O=Switchyard local CA\nCN=api.githubcopilot.com");
    expect(Date.parse(leaf.validTo) - Date.parse(leaf.validFrom)).toBe(30 * dayMs);
    expect(now - Date.parse(leaf.validFrom)).toBeGreaterThanOrEqual(24 * hourMs);
    expect(now - Date.parse(leaf.validFrom)).toBeLessThanOrEqual(48 * hourMs);
    expect(leaf.keyUsage).toEqual(["1.3.6.1.5.5.7.3.1"]);
    expect(leaf.ca).toBe(false);
    expect(isOwnCertificate(leaf.raw)).toBe(true);
    const usage = readCertificate(leaf.raw).extension(extensionIds.keyUsage);
    expect(usage).toEqual({ critical: true, value: Buffer.of(0x03, 0x02, 0x07, 0x80) });
  });

  it("has a key of its own, and points at its issuer by the issuer's very key id", () => {
    const one = signLeaf("openai.com", issuer, Date.now(), systemRandom);
    const two = signLeaf("openai.com", issuer, Date.now(), systemRandom);
    const keyOf = (pem: string): string => createPublicKey(pem).export({ type: "spki", format: "der" }).toString("hex");
    expect(new Set([keyOf(one.pem), keyOf(two.pem), keyOf(issuer.pem), keyOf(rootPem)]).size).toBe(4);

    const idOfIssuer = readCertificate(new X509Certificate(issuer.pem).raw).subjectKeyId;
    const fields = readCertificate(new X509Certificate(one.pem).raw);
    const authorityKeyId = fields.extension(extensionIds.authorityKeyId)?.value ?? Buffer.alloc(0);
    expect(content(children(decode(authorityKeyId))[0]).equals(idOfIssuer)).toBe(true);
    expect(idOfIssuer).toHaveLength(20);
    expect(fields.subjectKeyId).toHaveLength(20);
    expect(fields.subjectKeyId.equals(idOfIssuer)).toBe(false);
  });

  it("does not outlive its issuer", () => {
    const late = issuer.notAfter - 5 * dayMs;
    expect(signLeaf("openai.com", issuer, late, systemRandom).notAfter).toBe(issuer.notAfter);
  });

  it.runIf(hasOpenssl)("for a host longer than a common name may be still passes the strict check", () => {
    const host = `${"a".repeat(60)}.${"b".repeat(60)}.githubcopilot.com`;
    const leaf = signLeaf(host, issuer, Date.now(), systemRandom);
    expect(new X509Certificate(leaf.pem).subject).toBe("O=Switchyard local CA");
    expect(opensslVerify(rootPem, issuer.pem, leaf.pem, host)).toEqual({ accepted: true, output: expect.any(String) });
  });

  it.runIf(hasOpenssl).each(["api.anthropic.com", "v2.api.anthropic.com", "githubcopilot.com", "localhost"])(
    "for %s passes openssl verify -x509_strict",
    (host) => {
      const leaf = signLeaf(host, issuer, Date.now(), systemRandom);
      const verdict = opensslVerify(rootPem, issuer.pem, leaf.pem, host);
      expect(verdict.output).toContain("OK");
      expect(verdict.accepted).toBe(true);
    },
  );
});
