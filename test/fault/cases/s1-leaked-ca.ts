/** T1, CA-1, CA-2: somebody has the key of our authority. What can he be, for whom? */
import type { AddressInfo } from "node:net";
import { createServer, type Server } from "node:tls";
import { createFakeCa } from "../../support/fake-ca.ts";
import { createOpened } from "../../support/opened.ts";
import { tempFolder } from "../../support/temp.ts";
import { issuerFrom } from "../drill/forge.ts";
import { forgeries, honest, type Forgery } from "../drill/forgeries.ts";
import { verifiers, type Shown } from "../drill/verifiers.ts";
import type { BoardCase } from "../board/case.ts";
import { startSubject } from "../board/subjects.ts";

export const leakedCa: BoardCase = {
  id: "S1",
  title: "T1, CA-1, CA-2: certificates forged with the leaked key that a client takes",
  aim: "0, and every one of our own taken",
  peers: ["http-mitm-proxy", "mockttp"],
  remark:
    "every certificate is put to node, openssl -x509_strict, curl and python; from `usual` on also to NSS, GnuTLS, Go, Java, Bun and Deno where they are there. The peers' authorities are limited to no names; what is refused of theirs is refused for its usage. Bun 1.4.5 believes a common name beside alternative names of another kind, whatever the authority is limited to; that one is counted apart.",
  async run({ subject, amount, say }) {
    const opened = createOpened();
    try {
      const ca = opened.add(createFakeCa());
      const tried = opened.add(await startSubject(subject, { ca, origins: {} }));
      const issuer = issuerFrom(tried.authority());
      const forged = forgeries(issuer);
      const own = honest(issuer);
      const shown: Shown[] = [];
      for (const one of [...forged, ...own]) shown.push(opened.add(await show(one)));
      const folder = opened.add(tempFolder("drill"));
      const rootFile = folder.file("root.pem", tried.ca);
      const issuerFile = issuer.chain === "" ? "" : folder.file("issuer.pem", issuer.chain);

      const details: string[] = [];
      const asked = verifiers.filter((one) => (one.always || amount !== "short") && one.isThere());
      const absent = verifiers.filter((one) => one.always && !one.isThere());
      let taken = 0;
      let lost = 0;
      let flawed = 0;
      for (const verifier of asked) {
        const place = opened.add(tempFolder("verifier"));
        const verdicts = await verifier.judge({ folder: place.path, rootFile, issuerFile, shown });
        const allTaken = forged.filter((_, index) => verdicts[index] === true);
        const takenOf = allTaken.filter(({ what }) => verifier.flaw?.test(what) !== true);
        flawed += allTaken.length - takenOf.length;
        const lostOf = own.filter((_, index) => verdicts[forged.length + index] !== true);
        taken += takenOf.length;
        lost += lostOf.length;
        details.push(...takenOf.map(({ what }) => `${verifier.name} takes ${what}`));
        details.push(...lostOf.map(({ what }) => `${verifier.name} refuses ${what}`));
        say(`${verifier.name}: ${takenOf.length} of ${forged.length} forged ones taken`);
      }
      const total = forged.length * asked.length;
      return {
        figure: `${taken} of ${total} (${asked.length} verifiers × ${forged.length}); ${own.length * asked.length - lost} of ${own.length * asked.length} honest ones taken${flawed === 0 ? "" : `; ${flawed} more by a known flaw of its verifier`}`,
        kept: taken === 0 && lost === 0 && forged.length >= 35 && (absent.length === 0 || !process.env["CI"]),
        details: [...absent.map(({ name }) => `${name} is not installed`), ...details],
      };
    } finally {
      await opened.closeAll();
    }
  },
};

/** A server that shows it to whoever connects. */
async function show({ asked, forged }: Forgery): Promise<Shown & { close(): Promise<void> }> {
  const server: Server = createServer({ cert: forged.chain, key: forged.keyPem }, (socket) => {
    // A client that refuses resets; its own word is what counts.
    socket.on("error", () => {});
    socket.resume();
    socket.end("hello");
  });
  server.on("tlsClientError", () => {});
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    asked,
    certPem: forged.certPem,
    port: (server.address() as AddressInfo).port, // a TCP listener has an AddressInfo
    close: () => new Promise((resolve) => void server.close(() => resolve())),
  };
}
