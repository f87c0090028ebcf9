/** What the certificate tests share: a clock moved by hand, a throw-away folder, openssl, and a forger. */
import { spawnSync } from "node:child_process";
import { createPrivateKey, X509Certificate, type KeyObject } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect, createServer, type ConnectionOptions, type PeerCertificate, type SecureContext } from "node:tls";
import type { Clock } from "../../../base/clock.ts";
import { systemRandom } from "../../../base/random.ts";
import type { AuthorityOptions } from "../authority.ts";
import { encode, octets, oid, sequence, tagged, type Asn1 } from "../der.ts";
import { extensionIds, keyIds, leafBasics, serverAuthOnly } from "../extensions.ts";
import { distinguishedName, keyId, newKeyPair, readCertificate, signCertificate, toPem } from "../x509.ts";

export const hourMs = 3_600_000;
export const dayMs = 24 * hourMs;

export const scope = ["api.anthropic.com", "*.githubcopilot.com", "openai.com", "localhost"];

export interface HandClock extends Clock {
  move(ms: number): void;
}

export function handClock(startAt = Date.now()): HandClock {
  let now = startAt;
  return {
    now: () => now,
    monotonic: () => now,
    move: (ms) => {
      now += ms;
    },
  };
}

export interface Home {
  readonly dir: string;
  remove(): void;
}

export function makeHome(): Home {
  const parent = mkdtempSync(join(tmpdir(), "switchyard-ca-"));
  return { dir: join(parent, "certs"), remove: () => rmSync(parent, { recursive: true, force: true }) };
}

export function optionsFor(home: Home, more: Partial<AuthorityOptions> = {}): AuthorityOptions {
  return { dir: home.dir, scope, clock: handClock(), random: systemRandom, ...more };
}

/** A thief's view: the signing certificate and key as they lie in the folder. */
export function stolenIssuer(dir: string): {
  readonly pem: string;
  readonly certificate: X509Certificate;
  readonly key: KeyObject;
} {
  const text = readFileSync(join(dir, "authority.pem"), "utf8");
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----\n/g) ?? [];
  const pem = blocks[1] ?? "";
  return {
    pem,
    certificate: new X509Certificate(pem),
    key: createPrivateKey(text.slice(text.indexOf("-----BEGIN PRIVATE"))),
  };
}

export interface Forged {
  readonly certPem: string;
  readonly issuerPem: string;
  readonly keyPem: string;
}

/** A subject alternative name of any mixture: texts are DNS names, bytes are addresses. */
export function altNames(...names: readonly (string | Uint8Array)[]): Asn1 {
  const general = names.map((name) => (typeof name === "string" ? tagged(2, Buffer.from(name)) : tagged(7, name)));
  return sequence(oid(extensionIds.subjectAltName), octets(encode(sequence(...general))));
}

/** A leaf with any subject alternative name, signed with the real intermediate's key. */
export function forgeLeaf(dir: string, subjectAltNames: Asn1, commonName = "forged"): Forged {
  const issuer = stolenIssuer(dir);
  const fields = readCertificate(issuer.certificate.raw);
  const keys = newKeyPair();
  const der = signCertificate(
    {
      subject: distinguishedName(commonName),
      issuer: fields.subject,
      publicKeyInfo: keys.publicKeyInfo,
      notBefore: Date.now() - dayMs,
      notAfter: Date.now() + dayMs,
      extensions: [
        ...leafBasics(),
        serverAuthOnly(),
        subjectAltNames,
        ...keyIds(keyId(keys.publicKeyInfo), fields.subjectKeyId),
      ],
    },
    issuer.key,
    systemRandom,
  );
  return {
    certPem: toPem(der),
    issuerPem: issuer.pem,
    keyPem: keys.privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
  };
}

/** The environment for programs that tests start: none of this machine's trust settings. */
export const cleanEnv: NodeJS.ProcessEnv = { PATH: process.env["PATH"] ?? "", HOME: tmpdir() };

/**
 * Whether a program is there that some tests drive. On a machine with only Node and npm they are skipped, visibly;
 * where CI says it is CI, a missing one is a failure, so that a skip can never pass for a success.
 */
export function hasProgram(name: string, versionFlag = "--version"): boolean {
  const found = spawnSync(name, [versionFlag], { env: cleanEnv }).error === undefined;
  if (!found && process.env["CI"]) throw new Error(`${name} is not installed, and this is CI: install it`);
  return found;
}

export interface Verdict {
  readonly accepted: boolean;
  readonly output: string;
}

/** `openssl verify -x509_strict` of a leaf under a root. */
export function opensslVerify(rootPem: string, intermediatePem: string, leafPem: string, host?: string): Verdict {
  const folder = mkdtempSync(join(tmpdir(), "switchyard-verify-"));
  try {
    const file = (name: string, text: string): string => {
      writeFileSync(join(folder, name), text);
      return join(folder, name);
    };
    const args = ["verify", "-x509_strict", "-purpose", "sslserver", "-no-CApath", "-no-CAstore"];
    args.push("-CAfile", file("root.pem", rootPem), "-untrusted", file("issuer.pem", intermediatePem));
    if (host !== undefined) args.push("-verify_hostname", host);
    const run = spawnSync("openssl", [...args, file("leaf.pem", leafPem)], { env: cleanEnv, encoding: "utf8" });
    return { accepted: run.status === 0, output: run.stdout + run.stderr };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export interface TlsServer {
  readonly port: number;
  close(): Promise<void>;
}

/** A server that shows this context to whoever connects and says `hello`. */
export async function serveTls(context: SecureContext | Forged): Promise<TlsServer> {
  const forged = "certPem" in context;
  const server = createServer(
    forged
      ? { cert: context.certPem + context.issuerPem, key: context.keyPem }
      : { SNICallback: (_name, answer) => answer(null, context) },
    (socket) => {
      socket.on("error", () => {}); // a client that refuses us resets; the test looks at the client's side
      socket.resume(); // a request nobody reads would keep the connection open
      socket.end("hello");
    },
  );
  server.on("tlsClientError", () => {}); // the same, during the handshake
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port, // a TCP server's address is never a string
    close: async () => {
      server.close();
      await once(server, "close");
    },
  };
}

export interface Handshake {
  readonly protocol: string | null;
  readonly peer: PeerCertificate;
  readonly said: string;
}

/** Connects as a Node client that trusts the given root alone. Rejects as Node does. */
export async function shakeHands(
  port: number,
  rootPem: string,
  servername: string,
  more: ConnectionOptions = {},
): Promise<Handshake> {
  // Node refuses an address as SNI; the identity is then checked against `host`.
  const name = /^[\d.]+$/.test(servername) ? {} : { servername };
  const socket = connect({ host: "127.0.0.1", port, ca: rootPem, ...name, ...more });
  try {
    await once(socket, "secureConnect");
    const peer = socket.getPeerCertificate();
    const protocol = socket.getProtocol();
    let said = "";
    for await (const chunk of socket) said += String(chunk);
    return { protocol, peer, said };
  } finally {
    socket.destroy();
  }
}
