/** Addresses of the gateway that say more than the engine reads from a path, in the form in which it reads them. */
import type { RequestHead } from "../base/http.ts";

export interface Addressed<Head> {
  readonly head: Head;
  /** The one that the address names; null: none. */
  readonly provider: string | null;
  /** It begins like a provider's address and goes on like nothing that is served there: no call, whatever it ends in. */
  readonly isAstray: boolean;
}

/** Claude's clients put the version behind whatever base they are given. */
const ofProvider =
  /^\/v1\/providers\/([^/?]+)(?:\/v1)?(\/(?:chat\/completions|responses|messages(?:\/count_tokens)?|embeddings|images\/generations)(?:\?.*)?)$/s;

/** The names of our models hold slashes, and Google's clients leave them as they are. */
const googleModel = /^(\/v1(?:beta|alpha)?\/models\/)([^?]*\/[^?]*)(:[A-Za-z]+(?:\?.*)?)$/s;

/** `/v1/providers/NAME/chat/completions` is the call `/v1/chat/completions`, for that provider alone. Never throws. */
export function addressed<Head extends Pick<RequestHead, "target">>(given: Head): Addressed<Head> {
  const target = tidied(given.target);
  const head = { ...given, target };
  const call = ofProvider.exec(target);
  if (call !== null) {
    const [, name = "", rest = ""] = call;
    return { head: { ...head, target: `/v1${rest}` }, provider: decoded(name), isAstray: false };
  }
  const isAstray = /^[^?]*\/providers\//s.test(target);
  const google = googleModel.exec(target);
  if (google === null) return { head, provider: null, isAstray };
  const [, before = "", model = "", method = ""] = google;
  return { head: { ...head, target: `${before}${model.replaceAll("/", "%2F")}${method}` }, provider: null, isAstray };
}

/**
 * One spelling for all that mean the same: no empty parts (`//v1//models/`, as bases that end in a slash make them), and
 * nothing encoded that need not be.
 */
export function tidied(target: string): string {
  const query = target.indexOf("?");
  const path = query < 0 ? target : target.slice(0, query);
  const parts = path
    .replace(/%([2-7][0-9A-Fa-f])/g, (encoded, hex: string) => {
      const character = String.fromCharCode(Number.parseInt(hex, 16));
      // Not the dot: with others of its kind it would lead elsewhere.
      return /[A-Za-z0-9_~-]/.test(character) ? character : encoded;
    })
    .split("/")
    .filter((part) => part !== "");
  return `/${parts.join("/")}${query < 0 ? "" : target.slice(query)}`;
}

/** What cannot be decoded is a name that nobody has. */
function decoded(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}
