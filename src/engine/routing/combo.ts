/** A combo is a named chain of targets: tried from the first to the last. */
const prefix = "combo/";

/** The name in `combo/NAME`, or null. */
export function comboName(text: string): string | null {
  return text.startsWith(prefix) && text.length > prefix.length ? text.slice(prefix.length) : null;
}

export function comboMembers(
  combos: Readonly<Record<string, readonly string[]>>,
  name: string,
): readonly string[] | null {
  return Object.hasOwn(combos, name) ? (combos[name] ?? null) : null;
}
