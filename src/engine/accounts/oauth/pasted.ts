/**
 * The answer of a login as people paste it: the address the browser ended at, its query alone, or Claude's `code#state`.
 * A bare code is refused: without the state nobody can tell whose login it belongs to.
 */

export type Pasted =
  | { readonly ok: true; readonly parameters: URLSearchParams }
  | { readonly ok: false; readonly message: string };

/** Codes of a few hundred characters and a handful of other fields; a whole page pasted by mistake is not looked at. */
const maxPastedLength = 8_192;

export function readPasted(pasted: string): Pasted {
  const text = pasted.trim();
  if (text === "" || text.length > maxPastedLength || /\s/.test(text)) return refused;
  const parameters = addressQuery(text) ?? codeAndState(text) ?? new URLSearchParams(text.replace(/^\?/, ""));
  const isAnswer = parameters.has("state") && (parameters.has("code") || parameters.has("error"));
  return isAnswer ? { ok: true, parameters } : refused;
}

const refused: Pasted = {
  ok: false,
  message:
    "that is not the answer of a login; paste the whole address the browser ended at (it has code= and state= in it), " +
    "or the whole text the page shows (code#state)",
};

function addressQuery(text: string): URLSearchParams | null {
  // `kiro://…` is one, too.
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(text) && URL.canParse(text) ? new URL(text).searchParams : null;
}

function codeAndState(text: string): URLSearchParams | null {
  const found = /^(?<code>[^#?&=]+)#(?<state>[^#?&=]+)$/.exec(text)?.groups;
  return found === undefined ? null : new URLSearchParams({ code: found["code"] ?? "", state: found["state"] ?? "" });
}
