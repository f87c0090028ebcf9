/** Which addresses may use the port at all (`settings.ip_filter`), asked once for each connection. */
import { BlockList, isIP } from "node:net";
import { unmapped } from "./upstream/destination.ts";

export interface IpFilterSettings {
  readonly mode: "off" | "allow" | "deny";
  /** Addresses and CIDR ranges, checked and in one spelling since the configuration was read. */
  readonly list: readonly string[];
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
