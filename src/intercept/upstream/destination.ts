/**
 * Which addresses may be dialled. The check runs on the resolved address, and that very address is the one dialled,
 * so a name that answers differently the second time gains nothing.
 */
import { lookup as dnsLookup } from "node:dns";
import { BlockList, isIP, type LookupFunction } from "node:net";
import { networkInterfaces } from "node:os";
import { UpstreamError } from "../../base/upstream-error.ts";

export type PrivatePolicy = "refuse" | "allow";

/**
 * Why a destination is asked for: a stranger's CONNECT is checked in full, an address from the user's own config only for
 * loops. `page`: a web page made a browser ask, and not for an address of its own: nothing on this machine is for it.
 */
export type Purpose = "client" | "configured" | "page";

export interface DestinationGuard {
  /** Throws `UpstreamError` (failure `forbidden`) when this literal address and port must not be dialled. */
  check(address: string, port: number, purpose: Purpose): void;
  /** Throws the same for a name that means a metadata service wherever it is resolved. */
  checkName(host: string, port: number, purpose: Purpose): void;
  /** A `lookup` for `net.connect` that passes on only addresses that may be dialled. */
  lookupFor(port: number, purpose: Purpose): LookupFunction;
}

export interface GuardDeps {
  readonly privateDestinations: () => PrivatePolicy;
  /** Ports that we listen on, on this machine's own addresses. */
  readonly ownPorts: () => readonly number[];
  readonly resolve?: typeof dnsLookup;
}

/** Cloud metadata services: credentials for the asking, never a destination (IPs from AWS, GCP, Azure, Alibaba, Oracle docs, 2026-11). */
const metadata = blockList([
  "169.254.169.254/32",
  "169.254.170.2/32",
  "169.254.170.23/32",
  "100.100.100.200/32",
  "192.0.0.192/32",
  "fd00:ec2::254/128",
  "fd00:ec2::23/128",
  "fd20:ce::254/128",
]);

/** Their names (same docs): an outbound proxy resolves names itself, so the address is never seen here. */
const metadataNames: ReadonlySet<string> = new Set([
  "metadata",
  "metadata.google.internal",
  "metadata.goog",
  "metadata.azure.internal",
  "metadata.tencentyun.com",
  "metadata.platformequinix.com",
  "instance-data",
  "instance-data.ec2.internal",
]);

const loopback = blockList(["127.0.0.0/8", "::1/128", "0.0.0.0/8", "::/128"]);

const privateNets = blockList([
  "10.0.0.0/8",
  "172.16.0.0/12",
  "192.168.0.0/16",
  "100.64.0.0/10",
  "169.254.0.0/16",
  "192.0.0.0/24",
  "198.18.0.0/15",
  "224.0.0.0/4",
  "240.0.0.0/4",
  "fc00::/7",
  "fe80::/10",
  "fec0::/10",
  "64:ff9b:1::/48",
  "ff00::/8",
]);

export function createDestinationGuard(deps: GuardDeps): DestinationGuard {
  const resolve = deps.resolve ?? dnsLookup;

  const refusal = (address: string, port: number, purpose: Purpose): string | null => {
    const plain = unmapped(address);
    // Gateways that translate take it for the address inside.
    const meant = [plain, ...embedded(plain)];
    const own = meant.some(isOurs);
    if (own && deps.ownPorts().includes(port)) return "that is this proxy itself";
    if (purpose === "configured") return null;
    if (meant.some((one) => isIn(metadata, one))) return "a cloud metadata address is never a destination";
    if (own && purpose === "page") return "a web page has no business with the services of this machine";
    if (deps.privateDestinations() === "allow") return null;
    if (own || meant.some((one) => isIn(loopback, one) || isIn(privateNets, one))) {
      return "a private address; set `upstream.private_destinations: allow` to permit it";
    }
    return null;
  };

  const check: DestinationGuard["check"] = (address, port, purpose) => {
    const why = refusal(address, port, purpose);
    if (why !== null) throw new UpstreamError("forbidden", "connect", `${address}:${port} is refused: ${why}`);
  };

  return {
    check,
    checkName(host, port, purpose) {
      if (purpose === "configured" || !metadataNames.has(host.toLowerCase())) return;
      const why = "a cloud metadata service is never a destination";
      throw new UpstreamError("forbidden", "connect", `${host}:${port} is refused: ${why}`);
    },
    lookupFor: (port, purpose) => (hostname, options, callback) => {
      resolve(hostname, { ...options, all: true }, (error, addresses) => {
        if (error !== null) {
          callback(error, "", 0);
          return;
        }
        const allowed = addresses.filter(({ address }) => refusal(address, port, purpose) === null);
        const first = allowed[0];
        if (first === undefined) {
          const why = refusal(addresses[0]?.address ?? "", port, purpose) ?? "no address";
          callback(new UpstreamError("forbidden", "connect", `${hostname}:${port} is refused: ${why}`), "", 0);
        } else if (options.all === true) callback(null, allowed);
        else callback(null, first.address, first.family);
      });
    },
  };
}

/** `::ffff:127.0.0.1` and `::127.0.0.1` mean the IPv4 address they carry; a zone index is dropped. */
export function unmapped(address: string): string {
  const plain = address.replace(/%.*$/, "").toLowerCase();
  const dotted = /^(?:0*:)*:?(?:ffff:)?(?:0:)?(\d+\.\d+\.\d+\.\d+)$/.exec(plain);
  if (dotted !== null) return dotted[1] ?? plain;
  const hex = /^(?:0*:)*:?ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(plain);
  if (hex === null) return plain;
  const high = Number.parseInt(hex[1] ?? "0", 16);
  const low = Number.parseInt(hex[2] ?? "0", 16);
  return `${high >> 8}.${high & 255}.${low >> 8}.${low & 255}`;
}

/**
 * The IPv4 addresses that an IPv6 address carries for those who translate: IPv4-compatible (`::a.b.c.d`, RFC 4291 §2.5.5.1),
 * translated (`::ffff:0:a.b.c.d`, RFC 2765), NAT64 (`64:ff9b::/96`, RFC 6052), 6to4 (`2002::/16`, RFC 3056) and Teredo
 * (`2001::/32`, RFC 4380: server, and client with every bit turned).
 */
function embedded(address: string): readonly string[] {
  const words = ipv6Words(address);
  if (words === null) return [];
  const pair = (at: number, mask = 0): string => {
    const [high = 0, low = 0] = [words[at], words[at + 1]].map((word) => (word ?? 0) ^ mask);
    return `${high >> 8}.${high & 255}.${low >> 8}.${low & 255}`;
  };
  const opening = (...start: readonly number[]): boolean => start.every((word, index) => words[index] === word);
  if (opening(0, 0, 0, 0, 0, 0)) return words[6] === 0 ? [] : [pair(6)];
  if (opening(0, 0, 0, 0, 0xffff, 0) || opening(0x64, 0xff9b, 0, 0, 0, 0)) return [pair(6)];
  if (opening(0x2002)) return [pair(1)];
  if (opening(0x2001, 0)) return [pair(2), pair(6, 0xffff)];
  return [];
}

/** The eight words of an IPv6 address; null when it is none. */
function ipv6Words(address: string): readonly number[] | null {
  if (isIP(address) !== 6) return null;
  const dotted = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(address);
  const [, start = "", a = 0, b = 0, c = 0, d = 0] = dotted ?? [];
  const hex = (high: string | number, low: string | number): string => (Number(high) * 256 + Number(low)).toString(16);
  const plain = dotted === null ? address : `${start}${hex(a, b)}:${hex(c, d)}`;
  const [head = "", tail] = plain.split("::");
  const numbers = (part: string): readonly number[] =>
    part === "" ? [] : part.split(":").map((word) => Number.parseInt(word, 16));
  const left = numbers(head);
  const right = tail === undefined ? [] : numbers(tail);
  return [...left, ...Array<number>(8 - left.length - right.length).fill(0), ...right];
}

/** An address as a socket tells it. */
export function isLoopback(address: string): boolean {
  return isIn(loopback, unmapped(address));
}

function isOurs(address: string): boolean {
  if (isIn(loopback, address)) return true;
  for (const list of Object.values(networkInterfaces())) {
    for (const entry of list ?? []) if (entry.address === address) return true;
  }
  return false;
}

function isIn(list: BlockList, address: string): boolean {
  const family = isIP(address);
  return family !== 0 && list.check(address, family === 6 ? "ipv6" : "ipv4");
}

function blockList(subnets: readonly string[]): BlockList {
  const list = new BlockList();
  for (const subnet of subnets) {
    const [net = "", bits = "0"] = subnet.split("/");
    list.addSubnet(net, Number(bits), net.includes(":") ? "ipv6" : "ipv4");
  }
  return list;
}
