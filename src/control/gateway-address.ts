/** Addresses of the gateway that say more than the engine reads from a path, in the form in which it reads them. */
import type { RequestHead } from "../base/http.ts";

export interface Addressed<Head> {
  readonly head: Head;
  /** The one that the address names; null: none. */
  readonly provider: string | null;
}

const ofProvider =
  /^\/v1\/providers\/([^/?]+)(\/(?:chat\/completions|responses|messages(?:\/count_tokens)?|embeddings|images\/generations)(?:\?.*)?)$/s;

/** The names of our models hold slashes, and Google's clients leave them as they are. */
const googleModel = /^(\/v1(?:beta|alpha)?\/models\/)([^?]*\/[^?]*)(:[A-Za-z]+(?:\?.*)?)$/s;

/** `/v1/providers/NAME/chat/completions` is the call `/v1/chat/completions`, for that provider alone. Never throws. */
export function addressed<Head extends Pick<RequestHead, "target">>(head: Head): Addressed<Head> {
  const call = ofProvider.exec(head.target);
  if (call !== null) {
    const [, name = "", rest = ""] = call;
    return { head: { ...head, target: `/v1${rest}` }, provider: decoded(name) };
  }
  const google = googleModel.exec(head.target);
  if (google === null) return { head, provider: null };
  const [, before = "", model = "", method = ""] = google;
  return { head: { ...head, target: `${before}${model.replaceAll("/", "%2F")}${method}` }, provider: null };
}

/** What cannot be decoded is a name that nobody has. */
function decoded(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}
