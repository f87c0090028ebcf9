/** What a file is, told from its media type or the end of its address. Google wants a type with nearly every address. */

export type MediaKind = "image" | "media" | "document";

export function kindOf(mediaType: string): MediaKind {
  if (mediaType.startsWith("image/")) return "image";
  return /^(audio|video)\//.test(mediaType) ? "media" : "document";
}

const typesByEnding: Readonly<Record<string, string>> = {
  png: "image/png",
  jpg: "image/jpeg",
  jpeg: "image/jpeg",
  webp: "image/webp",
  gif: "image/gif",
  heic: "image/heic",
  heif: "image/heif",
  pdf: "application/pdf",
  txt: "text/plain",
  md: "text/markdown",
  html: "text/html",
  csv: "text/csv",
  mp3: "audio/mp3",
  wav: "audio/wav",
  flac: "audio/flac",
  ogg: "audio/ogg",
  m4a: "audio/m4a",
  mp4: "video/mp4",
  mov: "video/quicktime",
  webm: "video/webm",
};

/** Undefined where the address does not tell. */
export function mediaTypeOf(address: string): string | undefined {
  const path = address.split(/[?#]/, 1)[0] ?? "";
  const ending = /\.([A-Za-z0-9]{2,5})$/.exec(path)?.[1]?.toLowerCase() ?? "";
  return Object.hasOwn(typesByEnding, ending) ? typesByEnding[ending] : undefined;
}

/** Google Cloud Storage and the Files API: addresses that mean something to Google alone. */
export function isStoredAtGoogle(address: string): boolean {
  return /^gs:\/\//i.test(address) || /^https:\/\/generativelanguage\.googleapis\.com\//i.test(address);
}

export function isYouTube(address: string): boolean {
  return /^https?:\/\/((www|m)\.)?(youtube\.com|youtu\.be)\//i.test(address);
}
