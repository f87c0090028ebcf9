/** PEM files of certificates, taken apart and put together; private keys and comments in them are passed over. */
import { isOwnCertificate } from "../ca/identity.ts";

export interface PemCertificate {
  /** One block in lines of 64 characters, with a final line break. */
  readonly pem: string;
  readonly der: Buffer;
}

const certificateBlock = /-----BEGIN (?:X509 )?CERTIFICATE-----([A-Za-z0-9+/=\s]*)-----END (?:X509 )?CERTIFICATE-----/g;

/** Every certificate in the text, in order; blocks whose content is not one whole DER value are left out. */
export function certificatesIn(text: string): readonly PemCertificate[] {
  const found: PemCertificate[] = [];
  for (const [, body] of text.matchAll(certificateBlock)) {
    const der = Buffer.from(body ?? "", "base64");
    // One broken block makes some programs (OpenSSL's, Node's extra file) drop everything after it.
    if (isWholeSequence(der)) found.push({ pem: pemOf(der), der });
  }
  return found;
}

/** The first of each certificate, in order, without any that this program ever made. */
export function distinctForeign(certificates: Iterable<PemCertificate>): readonly PemCertificate[] {
  const byContent = new Map<string, PemCertificate>();
  for (const certificate of certificates) {
    if (!byContent.has(certificate.pem) && !isOwnCertificate(certificate.der))
      byContent.set(certificate.pem, certificate);
  }
  return [...byContent.values()];
}

function isWholeSequence(der: Buffer): boolean {
  // Certificates take the long form with two length bytes: 30 82 hh ll, or one for the tiniest: 30 81 ll.
  if (der[0] !== 0x30) return false;
  if (der[1] === 0x82) return der.length >= 4 && der.readUInt16BE(2) === der.length - 4;
  return der[1] === 0x81 && der[2] === der.length - 3;
}

function pemOf(der: Buffer): string {
  const lines = der.toString("base64").match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`;
}
