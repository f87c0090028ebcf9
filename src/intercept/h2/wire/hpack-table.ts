/**
 * The fields that HPACK names by number: 61 fixed ones and those that went over the connection lately. RFC 7541, section
 * 2.3 and appendix A (May 2015).
 */

/** The table of appendix A: name, value, name, value … Numbers begin at 1. */
const staticFields = [
  [":authority", ""],
  [":method", "GET", "POST"],
  [":path", "/", "/index.html"],
  [":scheme", "http", "https"],
  [":status", "200", "204", "206", "304", "400", "404", "500"],
  ["accept-charset", ""],
  ["accept-encoding", "gzip, deflate"],
  ...(
    "accept-language accept-ranges accept access-control-allow-origin age allow authorization cache-control " +
    "content-disposition content-encoding content-language content-length content-location content-range content-type " +
    "cookie date etag expect expires from host if-match if-modified-since if-none-match if-range if-unmodified-since " +
    "last-modified link location max-forwards proxy-authenticate proxy-authorization range referer refresh retry-after " +
    "server set-cookie strict-transport-security transfer-encoding user-agent vary via www-authenticate"
  )
    .split(" ")
    .map((name) => [name, ""]),
].flatMap(([name = "", ...values]) => values.map((value) => [name, value] as const));

/** By number; nothing is at 0. */
export const staticNames: readonly string[] = ["", ...staticFields.map(([name]) => name)];
export const staticValues: readonly string[] = ["", ...staticFields.map(([, value]) => value)];

/** The number of the newest field of a dynamic table. */
export const firstDynamic = staticNames.length;

/** What both sides begin with, before any SETTINGS (RFC 9113, section 6.5.2). */
export const defaultTableBytes = 4096;

/** What the RFC adds to a field's name and value when it counts (section 4.1; RFC 9113, section 6.5.2). */
export const fieldOverheadBytes = 32;

export interface FieldTable {
  /** True when there is a field of this number, which is `firstDynamic` at least. */
  has(index: number): boolean;
  /** By number from `firstDynamic` on, one that it `has`. */
  nameAt(index: number): string;
  valueAt(index: number): string;
  /** Makes room and puts a field first; one that is larger than the table only empties it. True when it is in. */
  insert(name: string, value: string): boolean;
  /** How many bytes it may hold now, as the RFC counts them; never more than its ceiling. */
  resize(maxBytes: number): void;
}

/**
 * A dynamic table of `defaultTableBytes` that may be resized up to `ceilingBytes`. `onEvicted` hears of the oldest field
 * as it goes.
 */
export function createFieldTable(
  ceilingBytes = defaultTableBytes,
  onEvicted?: (name: string, value: string) => void,
): FieldTable {
  // A ring: the newest is at `newest`, older ones behind it. An entry counts 32 bytes at least, so this many are enough.
  const slots = ringSize(ceilingBytes);
  const mask = slots - 1;
  const names = Array.from({ length: slots }, () => "");
  const values = Array.from({ length: slots }, () => "");
  let newest = mask;
  let length = 0;
  let bytes = 0;
  let maxBytes = Math.min(defaultTableBytes, ceilingBytes);

  const evictDownTo = (most: number): void => {
    while (bytes > most) {
      const oldest = (newest - length + 1) & mask;
      const name = names[oldest] ?? "";
      const value = values[oldest] ?? "";
      // A long value does not stay in memory until the ring comes by again.
      names[oldest] = "";
      values[oldest] = "";
      length -= 1;
      bytes -= name.length + value.length + fieldOverheadBytes;
      onEvicted?.(name, value);
    }
  };

  return {
    has: (index) => index < firstDynamic + length,
    nameAt: (index) => names[(newest - index + firstDynamic) & mask] ?? "",
    valueAt: (index) => values[(newest - index + firstDynamic) & mask] ?? "",
    insert(name, value) {
      const size = name.length + value.length + fieldOverheadBytes;
      if (bytes + size > maxBytes) evictDownTo(Math.max(0, maxBytes - size));
      if (size > maxBytes) return false;
      newest = (newest + 1) & mask;
      names[newest] = name;
      values[newest] = value;
      length += 1;
      bytes += size;
      return true;
    },
    resize(most) {
      maxBytes = Math.min(most, ceilingBytes);
      evictDownTo(maxBytes);
    },
  };
}

/** A power of two, so that a mask takes the place of a division. */
function ringSize(ceilingBytes: number): number {
  let slots = 1;
  while (slots * fieldOverheadBytes < ceilingBytes) slots *= 2;
  return slots;
}
