/** Which addresses may use the port at all (`settings.ip_filter`), asked for every request: a change holds at once. */
import { BlockList, isIP, type Socket } from "node:net";
import type { Bus } from "../base/bus.ts";
import type { CoreEvent } from "../base/events.ts";
import { unmapped } from "./upstream/destination.ts";

export interface IpFilterSettings {
  readonly mode: "off" | "allow" | "deny";
  /** Addresses and CIDR ranges, checked and in one spelling since the configuration was read. */
  readonly list: readonly string[];
}

/** Addresses that are known to have been told of; more than these are told of again. */
const maxSaid = 256;

/** Turns away who may not, and says so once for each address. True: the socket is taken. */
export function createBarrier(settings: () => IpFilterSettings, bus: Bus<CoreEvent>): (socket: Socket) => boolean {
  const isBarred = createIpFilter(settings);
  const said = new Set<string>();
  return (socket) => {
    // An address is a question to the kernel.
    if (settings().mode === "off" || !isBarred(socket.remoteAddress)) return false;
    // Nobody else listens to it from here on, and whoever is turned away may well hang up.
    socket.on("error", () => socket.destroy());
    socket.end("HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
    const address = socket.remoteAddress ?? "a peer";
    if (said.has(address)) return true;
    if (said.size >= maxSaid) said.clear();
    said.add(address);
    bus.publish({
      type: "notice",
      level: "warn",
      area: "ip-filter",
      text: `${address} was turned away (settings.ip_filter)`,
    });
    return true;
  };
}

/** True: this peer may not. The list is built again only when the settings change. */
export function createIpFilter(settings: () => IpFilterSettings): (address: string | undefined) => boolean {
  let from: IpFilterSettings | null = null;
  let list = new BlockList();
  return (address) => {
    const now = settings();
    if (now.mode === "off") return false;
    if (now !== from) {
      list = listOf(now.list);
      from = now;
    }
    // A socket that is already gone has no address; whoever is not known is not on the list either.
    const bare = unmapped(address ?? "");
    const family = isIP(bare);
    const isListed = family !== 0 && list.check(bare, family === 4 ? "ipv4" : "ipv6");
    return now.mode === "allow" ? !isListed : isListed;
  };
}

function listOf(entries: readonly string[]): BlockList {
  const list = new BlockList();
  for (const entry of entries) {
    const [address = "", bits] = entry.split("/");
    const family = isIP(address) === 6 ? "ipv6" : "ipv4";
    if (bits === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(bits), family);
  }
  return list;
}
