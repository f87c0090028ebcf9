/**
 * Addresses and networks of `settings.ip_filter`, checked when the file is read and brought into one spelling. An IPv4
 * address inside IPv6 (`::ffff:10.0.0.1`) is that IPv4 address: a socket may report either.
 */
import { BlockList, isIP } from "node:net";

export type RangeResult =
  | { readonly ok: true; readonly range: string }
  | { readonly ok: false; readonly message: string };

/** Bits before the address in `::ffff:a.b.c.d`. */
const mappedBits = 96;

export function readRange(written: string): RangeResult {
  const text = written.trim();
  const slash = text.indexOf("/");
  const address = plainAddress(slash < 0 ? text : text.slice(0, slash));
  if (address === null) {
    return { ok: false, message: `"${written}" is no address; write 192.168.1.5, 192.168.1.0/24, ::1 or fd00::/8` };
  }
  if (slash < 0) return { ok: true, range: address.text };
  const written32 = text.slice(slash + 1);
  const bits = /^\d{1,3}$/.test(written32) ? Number(written32) - (address.mapped ? mappedBits : 0) : -1;
  const most = isIP(address.text) === 4 ? 32 : 128;
  if (bits < 0 || bits > most) {
    const least = address.mapped ? mappedBits : 0;
    return { ok: false, message: `"${written}" needs a number from ${least} to ${most + least} after the slash` };
  }
  return { ok: true, range: `${address.text}/${bits}` };
}

/** Is the address in one of the ranges? */
export function covers(ranges: readonly string[], address: string): boolean {
  const list = new BlockList();
  for (const range of ranges) {
    const [base = "", bits] = range.split("/");
    const family = isIP(base) === 6 ? "ipv6" : "ipv4";
    if (bits === undefined) list.addAddress(base, family);
    else list.addSubnet(base, Number(bits), family);
  }
  return list.check(address, isIP(address) === 6 ? "ipv6" : "ipv4");
}

function plainAddress(text: string): { readonly text: string; readonly mapped: boolean } | null {
  const family = isIP(text);
  // A zone (`fe80::1%eth0`) belongs to a socket, not to a list.
  if (family === 0 || text.includes("%")) return null;
  if (family === 4) return { text, mapped: false };
  const canonical = new URL(`http://[${text}]`).hostname.slice(1, -1);
  const mapped = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(canonical);
  if (mapped === null) return { text: canonical, mapped: false };
  const bytes = [mapped[1] ?? "", mapped[2] ?? ""].flatMap((group) => {
    const value = Number.parseInt(group, 16);
    return [value >> 8, value & 0xff];
  });
  return { text: bytes.join("."), mapped: true };
}
