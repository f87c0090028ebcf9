/**
 * Which addresses may be dialled. The check runs on the resolved address, and that very address is the one dialled,
 * so a name that answers differently the second time gains nothing.
 */
import { lookup as dnsLookup } from "node:dns";
import { BlockList, isIP, type LookupFunction } from "node:net";
import { networkInterfaces } from "node:os";
import { UpstreamError } from "../../base/upstream-error.ts";

export type PrivatePolicy = "refuse" | "allow";

/** Why a destination is asked for: a stranger's CONNECT is checked in full, an address from the user's own config only for loops. */
export type Purpose = "client" | "configured";

export interface DestinationGuard {
  /** Throws `UpstreamError` (failure `forbidden`) when this literal address and port must not be dialled. */
  check(address: string, port: number, purpose: Purpose): void;
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

const loopback = blockList(["127.0.0.0/8", "::1/128", "0.0.0.0/8", "::/128"]);

const privateNets = blockList([
  "10.0.0.0/8",
  "172.16.0.0/12",
  "192.168.0.0/16",
  "100.64.0.0/10",
  "169.254.0.0/16",
  "198.18.0.0/15",
  "224.0.0.0/4",
  "240.0.0.0/4",
  "fc00::/7",
  "fe80::/10",
  "ff00::/8",
]);

export function createDestinationGuard(deps: GuardDeps): DestinationGuard {
  const resolve = deps.resolve ?? dnsLookup;

  const refusal = (address: string, port: number, purpose: Purpose): string | null => {
    const plain = unmapped(address);
    const own = isOurs(plain);
    if (own && deps.ownPorts().includes(port)) return "that is this proxy itself";
    if (purpose === "configured") return null;
    if (isIn(metadata, plain)) return "a cloud metadata address is never a destination";
    if (deps.privateDestinations() === "allow") return null;
    if (own || isIn(loopback, plain) || isIn(privateNets, plain)) {
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
