/** A thief's second try: an authority of his own under the stolen intermediate, and a leaf under that. */
import { systemRandom } from "../../../base/random.ts";
import { authorityBasics, keyIds, leafBasics, serverAuthOnly } from "../extensions.ts";
import { distinguishedName, keyId, newKeyPair, readCertificate, signCertificate, toPem } from "../x509.ts";
import { altNames, dayMs, stolenIssuer } from "./support.ts";

export function certificateFrom(
  dir: string,
  host: string,
): { readonly subAuthorityPem: string; readonly leafPem: string } {
  const issuer = stolenIssuer(dir);
  const issuerFields = readCertificate(issuer.certificate.raw);
  const middle = newKeyPair();
  const leaf = newKeyPair();
  const life = { notBefore: Date.now() - dayMs, notAfter: Date.now() + dayMs };
  const middleName = distinguishedName("second authority");
  const middleDer = signCertificate(
    {
      subject: middleName,
      issuer: issuerFields.subject,
      publicKeyInfo: middle.publicKeyInfo,
      ...life,
      extensions: [...authorityBasics(0), ...keyIds(keyId(middle.publicKeyInfo), issuerFields.subjectKeyId)],
    },
    issuer.key,
    systemRandom,
  );
  const leafDer = signCertificate(
    {
      subject: distinguishedName(host),
      issuer: middleName,
      publicKeyInfo: leaf.publicKeyInfo,
      ...life,
      extensions: [
        ...leafBasics(),
        serverAuthOnly(),
        altNames(host),
        ...keyIds(keyId(leaf.publicKeyInfo), keyId(middle.publicKeyInfo)),
      ],
    },
    middle.privateKey,
    systemRandom,
  );
  return { subAuthorityPem: toPem(middleDer), leafPem: toPem(leafDer) };
}
