/** What a terminal would obey, hide or reorder means the same in JSON when it is written as an escape. */
export function jsonText(value: unknown): string {
  return JSON.stringify(value).replaceAll(unprintable, (found) => found.split("").map(escaped).join(""));
}

/** One UTF-16 unit, as JSON counts. */
function escaped(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

/** Controls, and what is not seen or turns the line around: what `safeText` would show in another way. No line feeds. */
export const unprintable =
  /(?!\n)\p{Cc}|\p{Default_Ignorable_Code_Point}|\p{Bidi_Control}|[\u2028\u2029\ufff9-\ufffb]/gu;
