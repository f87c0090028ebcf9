/**
 * Asks an outbound proxy for a connection to a host: `CONNECT` (RFC 9110 §9.3.6) or SOCKS 5 (RFC 1928, RFC 1929). The name is
 * given as it is, so the proxy resolves it. What comes back is a socket to the host; TLS to it is the caller's business.
 */
import { isIP, type Socket } from "node:net";
import { UpstreamError } from "../../base/upstream-error.ts";
import { viaOf, type Hops } from "../hops.ts";
import type { ProxyAddress } from "./outbound.ts";

/** A proxy's answer to CONNECT is a head of a few lines. */
const maxHeadBytes = 16 * 1024;

interface Wanted {
  readonly host: string;
  readonly port: number;
  /** Who has asked before, ourselves last. */
  readonly hops: Hops;
}

/** `socket` stands connected to the proxy. Rejects with an `UpstreamError`; the caller destroys the socket then. */
export async function throughProxy(
  socket: Socket,
  proxy: ProxyAddress,
  wanted: Wanted,
  signal: AbortSignal,
): Promise<void> {
  const reader = createReader(socket, proxy, signal);
  try {
    if (proxy.scheme === "socks5") await socks(socket, reader, proxy, wanted.host, wanted.port);
    else await connect(socket, reader, proxy, wanted);
  } finally {
    reader.close();
  }
}

async function connect(socket: Socket, reader: Reader, proxy: ProxyAddress, wanted: Wanted): Promise<void> {
  const { host, port, hops } = wanted;
  const authority = `${isIP(host) === 6 ? `[${host}]` : host}:${port}`;
  const user = proxy.user === null ? "" : `${proxy.user}:${proxy.password?.reveal() ?? ""}`;
  const authorization = user === "" ? "" : `Proxy-Authorization: Basic ${Buffer.from(user).toString("base64")}\r\n`;
  socket.write(`CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\nVia: ${viaOf(hops)}\r\n${authorization}\r\n`);
  const head = (await reader.until("\r\n\r\n", maxHeadBytes)).toString("latin1");
  const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(head)?.[1] ?? 0);
  if (status >= 200 && status <= 299) return;
  if (status === 407) throw refused(proxy, "it asks for a user and a password: write them into its URL");
  throw refused(proxy, status === 0 ? "it does not speak HTTP" : `it answered ${status} for ${authority}`);
}

async function socks(socket: Socket, reader: Reader, proxy: ProxyAddress, host: string, port: number): Promise<void> {
  // Version 5; with a user also the method "user and password" (2) besides "none" (0).
  socket.write(Buffer.from(proxy.user === null ? [5, 1, 0] : [5, 2, 0, 2]));
  const [version, method] = await reader.exactly(2);
  if (version !== 5) throw refused(proxy, "it does not speak SOCKS 5");
  if (method === 2 && proxy.user !== null) {
    const user = Buffer.from(proxy.user);
    const password = Buffer.from(proxy.password?.reveal() ?? "");
    if (user.length > 255 || password.length > 255)
      throw refused(proxy, "its user or password is longer than SOCKS allows");
    socket.write(Buffer.concat([Buffer.from([1, user.length]), user, Buffer.from([password.length]), password]));
    const [, answer] = await reader.exactly(2);
    if (answer !== 0) throw refused(proxy, "it refuses the user or the password");
  } else if (method !== 0) throw refused(proxy, "it wants a login that its URL does not have");
  socket.write(
    Buffer.concat([Buffer.from([5, 1, 0]), socksAddress(proxy, host), Buffer.from([port >> 8, port & 255])]),
  );
  const [, code = 1, , type] = await reader.exactly(4);
  if (code !== 0) throw refused(proxy, `${socksCodes[code] ?? `code ${code}`} (${host}:${port})`);
  // The address it connected from, which nobody needs: 4 bytes, 16, or a name with its length before it.
  const length = type === 1 ? 4 : type === 4 ? 16 : ((await reader.exactly(1))[0] ?? 0);
  await reader.exactly(length + 2);
}

function socksAddress(proxy: ProxyAddress, host: string): Buffer {
  if (isIP(host) === 4) return Buffer.from([1, ...host.split(".").map(Number)]);
  const name = Buffer.from(host);
  // An IPv6 literal goes as a name; proxies read it (RFC 1928 type 4 wants bytes, and hardly any client sends them).
  if (name.length > 255) throw refused(proxy, "the host's name is longer than SOCKS allows");
  return Buffer.concat([Buffer.from([3, name.length]), name]);
}

const socksCodes: Readonly<Record<number, string>> = {
  1: "it failed",
  2: "its rules forbid it",
  3: "the network cannot be reached",
  4: "the host cannot be reached",
  5: "the host refused the connection",
  6: "it took too long",
  7: "it cannot connect for others",
  8: "it does not know this kind of address",
};

function refused(proxy: ProxyAddress, why: string): UpstreamError {
  return new UpstreamError("unreachable", "connect", `the outbound proxy ${proxy.label} did not connect us: ${why}`);
}

interface Reader {
  exactly(count: number): Promise<Buffer>;
  /** Up to and with the mark. */
  until(mark: string, maxBytes: number): Promise<Buffer>;
  /** Puts back what came too early, and lets go of the socket. */
  close(): void;
}

function createReader(socket: Socket, proxy: ProxyAddress, signal: AbortSignal): Reader {
  let buffered = Buffer.alloc(0);
  let wake = (): void => {};
  let failure: UpstreamError | null = null;
  const fail = (why: string): void => {
    failure ??= refused(proxy, why);
    wake();
  };
  const onData = (chunk: Buffer): void => {
    buffered = Buffer.concat([buffered, chunk]);
    wake();
  };
  const onError = (): void => fail("the connection broke");
  const onEnd = (): void => fail("it closed the connection");
  const onAbort = (): void => fail("it did not answer in time");
  socket.on("data", onData).on("error", onError).on("end", onEnd).on("close", onEnd);
  signal.addEventListener("abort", onAbort, { once: true });

  async function take(size: () => number | null): Promise<Buffer> {
    for (;;) {
      const count = size();
      if (count !== null) {
        const taken = buffered.subarray(0, count);
        buffered = buffered.subarray(count);
        return taken;
      }
      if (failure !== null) throw failure;
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  }
  return {
    exactly: (count) => take(() => (buffered.length >= count ? count : null)),
    until: (mark, maxBytes) =>
      take(() => {
        const at = buffered.indexOf(mark);
        if (at >= 0) return at + mark.length;
        if (buffered.length > maxBytes) fail("its answer has no end");
        return null;
      }),
    close() {
      signal.removeEventListener("abort", onAbort);
      socket.off("data", onData).off("error", onError).off("end", onEnd).off("close", onEnd);
      socket.pause();
      if (buffered.length > 0) socket.unshift(buffered);
    },
  };
}
