/** How the port stands on this machine: who hears it, who may spend what is stored, what it agrees to. Named after SECURITY.md. */
import { readdirSync, readFileSync, readlinkSync, writeFileSync } from "node:fs";
import { connect as connectTls, type ConnectionOptions } from "node:tls";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openApi } from "../support/api.ts";
import type { CoreProcess } from "../support/core-process.ts";
import { startFakeOpenAiChat, type FakeProvider } from "../support/fake-providers.ts";
import { createStage, host, secondHost } from "../support/fixture.ts";
import { startH2Origin, type H2Origin } from "../support/h2-origin.ts";
import { mayRun } from "../support/needs.ts";
import { connectThrough, h2Through, readToEnd, run, tcp, tlsThrough } from "../support/proxy-clients.ts";
import { startRawOrigin, type RawOrigin } from "../support/raw-origin.ts";
import { tempFolder } from "../support/temp.ts";
import { within } from "../support/wait.ts";

const stage = createStage();
let origin: RawOrigin;
let h2: H2Origin;
let provider: FakeProvider;
let core: CoreProcess;
const secret = "sk-stored-credential-0123456789";

beforeAll(async () => {
  origin = stage.opened.add(await startRawOrigin({ tls: { ...stage.identity, alpn: ["http/1.1"] } }));
  void origin.play(async (connection) => {
    await connection.readHead();
    await connection.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  });
  h2 = stage.opened.add(await startH2Origin(stage.identity));
  provider = stage.opened.add(await startFakeOpenAiChat());
  core = await stage.startCore({
    dial: { [host]: origin.port, [secondHost]: h2.port },
    config: {
      listen: { proxy_auth: "reroute" },
      providers: { local: { type: "openai-compatible", endpoint: `${provider.url}/v1`, auth_type: "api_key" } },
      accounts: [{ provider: "local", name: "main", api_key: secret }],
      routes: [{ match: { model: "routed" }, to: "local/m" }],
    },
  });
}, 120_000);
afterAll(() => stage.close());

const isRootOnLinux = process.platform === "linux" && process.getuid?.() === 0;

describe("T2: other users of this machine", () => {
  it.runIf(isRootOnLinux && mayRun("setpriv") && mayRun("curl"))(
    "are told 407 where a stored credential would be spent, and can read neither token nor key",
    async () => {
      const before = provider.seen.length;
      const body = JSON.stringify({ model: "routed", max_tokens: 9, messages: [{ role: "user", content: "hi" }] });
      const as = (...command: readonly string[]) =>
        run("setpriv", ["--reuid=65534", "--regid=65534", "--clear-groups", ...command], {
          env: { HOME: "/nonexistent" },
        });
      const url = `https://${host}/v1/messages`;
      const curl = ["curl", "-sk", "-o", "/dev/null", "-w", "%{http_code}", "--max-time", "20", "-x", core.url];
      const asked = await as(
        ...curl,
        "-H",
        "content-type: application/json",
        "-H",
        "anthropic-version: 2023-06-01",
        "-d",
        body,
        url,
      );
      expect(asked.stdout).toBe("407");
      expect(provider.seen.length).toBe(before);
      for (const name of ["certs/authority.pem", "config.yaml", "state.json"]) {
        expect((await as("cat", `${core.home}/${name}`)).code).not.toBe(0);
      }
      const socket = await as(
        "curl",
        "-s",
        "--max-time",
        "5",
        "--unix-socket",
        `${core.home}/control.sock`,
        "http://x/api/status?secrets=1",
      );
      expect([socket.code === 0, socket.stdout]).toEqual([false, ""]);
    },
    60_000,
  );
});

describe("T4: the listener", () => {
  it.runIf(process.platform === "linux")("stands on loopback alone", () => {
    expect(listening(core.pid)).toEqual([`127.0.0.1:${core.port}`]);
  });

  it("is not opened to others without a token: the start is refused, with the reason", async () => {
    const folder = stage.opened.add(tempFolder("open"));
    const refused = await core.cliWith(
      { timeoutMs: 60_000, env: { SWITCHYARD_HOME: folder.path } },
      "start",
      "--host",
      "0.0.0.0",
      "--port",
      "0",
    );
    expect(refused.code).toBe(2);
    expect(refused.stderr).toMatch(/proxy_auth/);
  }, 90_000);
});

/** Every TCP listener of a process, as the kernel tells them. */
function listening(pid: number): readonly string[] {
  const inodes = new Set(readdirSync(`/proc/${pid}/fd`).map((fd) => socketOf(`/proc/${pid}/fd/${fd}`)));
  return ["tcp", "tcp6"].flatMap((family) =>
    readFileSync(`/proc/${pid}/net/${family}`, "utf8")
      .trim()
      .split("\n")
      .slice(1)
      .map((line) => line.trim().split(/\s+/))
      // 0A: it listens.
      .filter((fields) => fields[3] === "0A" && inodes.has(fields[9]))
      .map((fields) => {
        const [address = "", port = ""] = (fields[1] ?? "").split(":");
        const bytes = address.match(/../g)?.map((byte) => Number.parseInt(byte, 16)) ?? [];
        return `${bytes.toReversed().join(".")}:${Number.parseInt(port, 16)}`;
      }),
  );
}

function socketOf(path: string): string | undefined {
  try {
    return /^socket:\[(\d+)\]$/.exec(readlinkSync(path))?.[1];
  } catch {
    return undefined; // closed since it was listed
  }
}

describe("T6: two instances that are each other's outbound proxy", () => {
  it("refuse a call that has been there, instead of handing it round", async () => {
    const first = await stage.startCore({ config: { settings: { network_proxy: { global: "http://127.0.0.1:1" } } } });
    const second = await stage.startCore({ config: { settings: { network_proxy: { global: first.url } } } });
    const config = readFileSync(`${first.home}/config.yaml`, "utf8").replace("http://127.0.0.1:1", second.url);
    writeFileSync(`${first.home}/config.yaml`, config);
    const reloaded = await (await openApi(first.home)).socket("/api/reload", { body: {} });
    expect(reloaded.json).toMatchObject({ error: null });
    const before = openFiles(first.pid);
    for (const target of ["tunnelled.example:443", `${host}:443`]) {
      const tunnel = await connectThrough(first.url, target);
      if (tunnel.status === 200) await readToEnd(tunnel.socket, tunnel.early).catch(() => {});
      else expect([502, 508]).toContain(tunnel.status);
      tunnel.socket.destroy();
    }
    const socket = await tcp(first.url);
    socket.write("GET http://plain.example/ HTTP/1.1\r\nHost: plain.example\r\nConnection: close\r\n\r\n");
    expect((await readToEnd(socket)).bytes.toString()).toMatch(/^HTTP\/1\.1 502 /);
    await second.flow("the loop was refused", ({ error }) => error !== undefined && error.includes("answered 508"));
    expect(openFiles(first.pid) - before).toBeLessThanOrEqual(8);
  }, 120_000);
});

function openFiles(pid: number): number {
  if (process.platform !== "linux") return 0;
  return readdirSync(`/proc/${pid}/fd`).length;
}

describe("CA-7: the host of CONNECT, the server name and the host of the request", () => {
  const other = "api.groq.com";
  it.each([
    [host, host, host, 200],
    [host, host, other, 421],
    [host, host, "bank.example", 421],
    [host, other, host, "closed"],
    [host, other, other, "closed"],
    [host, "bank.example", host, "closed"],
    [host, "bank.example", "bank.example", "closed"],
  ] as const)("over HTTP/1.1: CONNECT %s, SNI %s, Host %s: %s", async (to, servername, name, expected) => {
    const socket = await tlsThrough(core, to, { servername, alpn: ["http/1.1"] }).catch(() => null);
    if (socket === null) {
      expect(expected).toBe("closed");
      return;
    }
    socket.write(`GET / HTTP/1.1\r\nHost: ${name}\r\nConnection: close\r\n\r\n`);
    expect((await readToEnd(socket)).bytes.toString()).toMatch(new RegExp(`^HTTP/1.1 ${expected} `));
  });

  it.each([
    [secondHost, undefined, 200],
    ["bank.example", undefined, 421],
    [secondHost, secondHost, 200],
    [secondHost, "bank.example", 421],
  ] as const)("over HTTP/2: :authority %s beside host %s: %s", async (authority, name, expected) => {
    const session = await h2Through(core, secondHost);
    const more = name === undefined ? {} : { host: name };
    const stream = session.request({ ":path": "/", ":authority": authority, ...more });
    const status = await within(
      "a reply",
      new Promise((resolve) => stream.once("response", (head) => resolve(head[":status"]))),
    );
    session.destroy();
    expect(status).toBe(expected);
  });

  it("an absolute URL beside another Host is refused, whichever of the two is ours", async () => {
    for (const [url, name] of [
      [host, "bank.example"],
      ["bank.example", host],
    ]) {
      const socket = await tlsThrough(core, host, { alpn: ["http/1.1"] });
      socket.write(`GET https://${url}/ HTTP/1.1\r\nHost: ${name}\r\n\r\n`);
      expect((await readToEnd(socket)).bytes.toString()).toMatch(/^HTTP\/1\.1 421 /);
    }
  });
});

describe("T24: what the intercepting side agrees to", () => {
  const shake = async (options: ConnectionOptions): Promise<string> => {
    const { socket, status } = await connectThrough(core.url, `${host}:443`);
    expect(status).toBe(200);
    const secure = connectTls({ socket, servername: host, ca: core.ca, ...options });
    const outcome = await within(
      "the handshake to end",
      new Promise<string>((resolve) => {
        secure.once("secureConnect", () => resolve(`${secure.getProtocol()} ${secure.getCipher().name}`));
        secure.once("error", () => resolve("refused"));
        secure.once("close", () => resolve("refused"));
      }),
    );
    secure.on("error", () => {}).destroy();
    return outcome;
  };

  it.each(["TLSv1", "TLSv1.1"] as const)("not %s", async (version) => {
    expect(await shake({ minVersion: version, maxVersion: version, ciphers: "ALL:@SECLEVEL=0" })).toBe("refused");
  });

  it.each(["TLSv1.2", "TLSv1.3"] as const)("%s, with forward secrecy and authenticated encryption", async (version) => {
    expect(await shake({ minVersion: version, maxVersion: version })).toMatch(/GCM|CHACHA20/);
  });

  it.each([
    "AES128-SHA",
    "ECDHE-ECDSA-AES128-SHA",
    "ECDHE-ECDSA-AES256-SHA384",
    "NULL",
    "aNULL",
    "3DES",
    "RC4",
    "CAMELLIA",
    "ARIA",
    "PSK",
  ])("no suite of %s", async (ciphers) => {
    const asked = await shake({
      minVersion: "TLSv1.2",
      maxVersion: "TLSv1.2",
      ciphers: `${ciphers}:@SECLEVEL=0`,
    }).catch(() => "refused");
    expect(asked).toBe("refused");
  });

  it.each(["h2c", "H2C", "H2c"])(
    "HTTP/2 by upgrade (%s) is not offered on: the upstream never hears of it",
    async (name) => {
      const before = origin.connections.reduce((sum, one) => sum + one.received().length, 0);
      const socket = await tlsThrough(core, host, { alpn: ["http/1.1"] });
      socket.write(
        `GET /raised HTTP/1.1\r\nHost: ${host}\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: ${name}\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n`,
      );
      await within("a reply", new Promise((resolve) => socket.once("data", resolve)));
      socket.destroy();
      const heard = Buffer.concat(origin.connections.map((one) => one.received())).toString("latin1");
      expect(heard.length).toBeGreaterThan(before);
      expect(heard).toContain("GET /raised ");
      expect(heard).not.toMatch(/h2c\r|http2-settings:/i);
    },
  );
});
