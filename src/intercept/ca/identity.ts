/**
 * How certificates of this program are told from all others: by the organisation in their subject and issuer.
 * No ASN.1 parser here, because the upstream dialer asks this of some three hundred roots at start.
 */

/** The organisation in every certificate we make, and in none that an upstream may present. */
export const ownOrganisation = "Switchyard local CA";

const organisationBytes = Buffer.from(ownOrganisation, "utf8");
/** The last two content bytes of the attribute type 2.5.4.10 (organizationName) and its length are enough: 55 04 0a. */
const organisationType = Buffer.from([0x55, 0x04, 0x0a]);

/** Whether subject or issuer of this DER certificate names our organisation: true of our roots, issuers and leafs. */
export function isOwnCertificate(der: Uint8Array): boolean {
  const bytes = Buffer.from(der.buffer, der.byteOffset, der.byteLength);
  for (let at = bytes.indexOf(organisationBytes); at !== -1; at = bytes.indexOf(organisationBytes, at + 1)) {
    // Before the text stand: attribute type, string tag (whichever kind of string it is), length of exactly our text.
    const typeAt = at - 2 - organisationType.length;
    if (typeAt < 0 || bytes[at - 1] !== organisationBytes.length) continue;
    if (bytes.subarray(typeAt, typeAt + organisationType.length).equals(organisationType)) return true;
  }
  return false;
}
