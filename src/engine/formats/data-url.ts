/** `data:` URLs (RFC 2397) with base64, the way every JSON dialect but Claude's and Gemini's carries bytes. */

export interface InlineData {
  readonly mediaType: string;
  /** Base64. */
  readonly data: string;
}

/** Null for any other URL, and for `data:` URLs that are not base64. */
export function readDataUrl(url: string): InlineData | null {
  // The media type is short; the rest of what may be megabytes is not matched but cut.
  const comma = url.startsWith("data:") ? url.indexOf(",") : -1;
  if (comma < 0 || comma > 200) return null;
  const head = url.slice("data:".length, comma);
  if (!head.endsWith(";base64")) return null;
  const mediaType = head.split(";")[0] ?? "";
  return { mediaType: mediaType === "" ? "text/plain" : mediaType, data: url.slice(comma + 1) };
}

export function writeDataUrl({ mediaType, data }: InlineData): string {
  return `data:${mediaType};base64,${data}`;
}
