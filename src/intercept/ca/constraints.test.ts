/** The leaked-key drill: whatever a thief signs with the key on disk, clients refuse outside the provider hosts. */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { systemRandom } from "../../base/random.ts";
import {
  altNames,
  cleanEnv,
  forgeLeaf,
  hasProgram,
  makeHome,
  opensslVerify,
  optionsFor,
  serveTls,
  shakeHands,
  stolenIssuer,
  type Home,
  type TlsServer,
} from "./__fixtures__/support.ts";
import { openAuthority, type Authority } from "./authority.ts";
import { makeChain } from "./chain.ts";
import { certificateFrom } from "./__fixtures__/sub-authority.ts";

const run = promisify(execFile);
const loopback = Buffer.of(127, 0, 0, 1);
const loopback6 = Buffer.from("00000000000000000000000000000001", "hex");

/** What a client is asked to accept, and the names in the forged leaf. */
const forgeries: readonly (readonly [string, string, readonly (string | Uint8Array)[]])[] = [
  ["a foreign name", "bank.example", ["bank.example"]],
  ["a look-alike ending", "evilopenai.com", ["evilopenai.com"]],
  ["a permitted and a foreign name together", "bank.example", ["api.anthropic.com", "bank.example"]],
  ["a wildcard over a foreign domain", "www.bank.example", ["*.bank.example"]],
  ["an IPv4 address", "127.0.0.1", [loopback]],
  ["an IPv6 address beside a permitted name", "api.anthropic.com", ["api.anthropic.com", loopback6]],
];

const hasOpenssl = hasProgram("openssl", "version");
const hasCurl = hasProgram("curl");
const hasPython = hasProgram("python3");

let home: Home;
let authority: Authority;
/** One server per forgery, in their order. */
const servers: TlsServer[] = [];

beforeAll(async () => {
  home = makeHome();
  authority = await openAuthority(optionsFor(home));
  for (const [, , names] of forgeries) servers.push(await serveTls(forgeLeaf(home.dir, altNames(...names))));
});
afterAll(async () => {
  for (const server of servers) await server.close();
  home.remove();
});

describe("a client that trusts only our root", () => {
  it.each([
    ["TLSv1.2", "api.anthropic.com"],
    ["TLSv1.3", "api.anthropic.com"],
    ["TLSv1.2", "deep.below.githubcopilot.com"],
    ["TLSv1.3", "deep.below.githubcopilot.com"],
  ] as const)("speaks %s with %s", async (version, host) => {
    const server = await serveTls(authority.contextFor(host));
    try {
      const shaken = await shakeHands(server.port, authority.rootPem, host, {
        minVersion: version,
        maxVersion: version,
      });
      expect(shaken).toMatchObject({ protocol: version, said: "hello", peer: { subjectaltname: `DNS:${host}` } });
    } finally {
      await server.close();
    }
  });

  it("is refused anything older than TLS 1.2", async () => {
    const server = await serveTls(authority.contextFor("localhost"));
    const old = { minVersion: "TLSv1.1", maxVersion: "TLSv1.1", ciphers: "DEFAULT:@SECLEVEL=0" } as const;
    try {
      await expect(shakeHands(server.port, authority.rootPem, "localhost", old)).rejects.toThrow(/protocol version/i);
    } finally {
      await server.close();
    }
  });

  it.runIf(hasCurl)("as curl takes the leaf of a permitted host", async () => {
    const server = await serveTls(authority.contextFor("api.anthropic.com"));
    try {
      expect(await curl(server.port, "api.anthropic.com")).toBe("accepted");
    } finally {
      await server.close();
    }
  });
});

describe("leafs forged with the stolen key", () => {
  it.each(forgeries.map(([what, asked], index) => [what, asked, index] as const))(
    "are refused by Node for %s",
    async (_what, asked, index) => {
      await expect(shakeHands(portOf(index), authority.rootPem, asked)).rejects.toMatchObject({
        // How Node reports errors 47 (permitted subtree) and 48 (excluded subtree).
        code: "UNSPECIFIED",
      });
    },
  );

  it.runIf(hasOpenssl).each(forgeries)("are refused by openssl for %s", (_what, _asked, names) => {
    const forged = forgeLeaf(home.dir, altNames(...names));
    const verdict = opensslVerify(authority.rootPem, forged.issuerPem, forged.certPem);
    expect(verdict.output).toMatch(/error 4[78] at 0 depth/);
    expect(verdict.accepted).toBe(false);
  });

  it.runIf(hasCurl)("are refused by curl, all of them", async () => {
    const verdicts = await Promise.all(forgeries.map(([, asked], index) => curl(portOf(index), asked)));
    expect(verdicts).toEqual(forgeries.map(() => "subtree violation"));
  });

  it.runIf(hasPython)("are refused by python, all of them", async () => {
    const verdicts = await python(forgeries.map(([, asked], index) => ({ port: portOf(index), host: asked })));
    expect(verdicts).toEqual(forgeries.map(() => "subtree violation"));
  });
});

describe.runIf(hasOpenssl)("the stolen key", () => {
  it("cannot make another authority: the path length is used up", () => {
    const { subAuthorityPem, leafPem } = certificateFrom(home.dir, "api.anthropic.com");
    const intermediates = stolenIssuer(home.dir).pem + subAuthorityPem;
    expect(opensslVerify(authority.rootPem, intermediates, leafPem).output).toMatch(/path length constraint exceeded/);
  });

  it("is of no use under another install's root", () => {
    const other = makeChain(["api.anthropic.com"], Date.now(), systemRandom);
    const forged = forgeLeaf(home.dir, altNames("api.anthropic.com"));
    expect(opensslVerify(other.rootPem, other.issuerPem, forged.certPem).accepted).toBe(false);
  });
});

function portOf(index: number): number {
  const server = servers[index];
  if (server === undefined) throw new Error(`no server for forgery ${index}`);
  return server.port;
}

async function curl(port: number, host: string): Promise<string> {
  const args = ["-sS", "--http0.9", "--noproxy", "*", "--max-time", "10", "--cacert", join(home.dir, "root.pem")];
  args.push("--connect-to", `${host}:443:127.0.0.1:${port}`, `https://${host}/`);
  try {
    const { stdout } = await run("curl", args, { env: cleanEnv });
    return stdout === "hello" ? "accepted" : stdout;
  } catch (error) {
    // 60: the peer's certificate was not taken.
    const refused = error instanceof Error && "code" in error && error.code === 60;
    return refused && error.message.includes("subtree violation") ? "subtree violation" : String(error);
  }
}

const pythonClient = `
import socket, ssl, sys
context = ssl.create_default_context(cafile=sys.argv[1])
context.verify_flags |= ssl.VERIFY_X509_STRICT
for port, host in zip(sys.argv[2::2], sys.argv[3::2]):
    try:
        with socket.create_connection(("127.0.0.1", int(port)), timeout=10) as plain:
            with context.wrap_socket(plain, server_hostname=host) as secure:
                print("accepted" if secure.recv(5) == b"hello" else "no greeting")
    except ssl.SSLCertVerificationError as error:
        print("subtree violation" if error.verify_code in (47, 48) else error)
`;

async function python(
  targets: readonly { readonly port: number; readonly host: string }[],
): Promise<readonly string[]> {
  const pairs = targets.flatMap(({ port, host }) => [String(port), host]);
  const { stdout } = await run("python3", ["-c", pythonClient, join(home.dir, "root.pem"), ...pairs], {
    env: cleanEnv,
  });
  return stdout.trim().split("\n");
}
