import { X509Certificate } from "node:crypto";
import { rootCertificates } from "node:tls";
import { describe, expect, it } from "vitest";
import { systemRandom } from "../../base/random.ts";
import { makeChain } from "./chain.ts";
import { isOwnCertificate, ownOrganisation } from "./identity.ts";

describe("isOwnCertificate", () => {
  it("knows our roots and issuers", () => {
    const chain = makeChain(["localhost"], Date.now(), systemRandom);
    for (const pem of [chain.rootPem, chain.issuerPem])
      expect(isOwnCertificate(new X509Certificate(pem).raw)).toBe(true);
  });

  it("takes none of the public roots for ours", () => {
    expect(rootCertificates.length).toBeGreaterThan(50);
    expect(rootCertificates.filter((pem) => isOwnCertificate(new X509Certificate(pem).raw))).toEqual([]);
  });

  it("looks at the organisation alone, whichever string type it is of", () => {
    const attribute = (type: number, tag: number, text: string): Buffer =>
      Buffer.concat([Buffer.of(0x06, 0x03, 0x55, 0x04, type, tag, text.length), Buffer.from(text)]);
    expect(isOwnCertificate(attribute(0x0a, 0x0c, ownOrganisation))).toBe(true);
    expect(isOwnCertificate(attribute(0x0a, 0x13, ownOrganisation))).toBe(true);
    expect(isOwnCertificate(attribute(0x03, 0x0c, ownOrganisation))).toBe(false);
    expect(isOwnCertificate(attribute(0x0a, 0x0c, `Not ${ownOrganisation}`))).toBe(false);
    expect(isOwnCertificate(attribute(0x0a, 0x0c, `${ownOrganisation}s`))).toBe(false);
    const both = Buffer.concat([attribute(0x03, 0x0c, ownOrganisation), attribute(0x0a, 0x0c, ownOrganisation)]);
    expect(isOwnCertificate(both)).toBe(true);
    expect(isOwnCertificate(Buffer.from(ownOrganisation))).toBe(false);
  });
});
