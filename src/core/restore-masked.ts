/**
 * A body that somebody edited as it is shown, with secrets masked: what is still masked in it means the secret that stood
 * there. So a call with a secret in its body can be edited and sent again without the secret ever reaching an editor's file.
 */
import type { Redactor } from "../base/redact.ts";
import { maskedSecret } from "../base/secret.ts";

export type Restored = { readonly ok: true; readonly text: string } | { readonly ok: false; readonly why: string };

const mark = "•••";

export function restoreMasked(edited: string, original: string, redactor: Redactor): Restored {
  if (!edited.includes(mark)) return { ok: true, text: edited };
  const secrets = secretsByMask(original, redactor);
  let out = "";
  let done = 0;
  for (let at = edited.indexOf(mark); at >= 0; at = edited.indexOf(mark, done)) {
    // The longest that fits: `•••` alone stands for short secrets.
    const [shown, meant] =
      [...secrets].filter(([mask]) => edited.startsWith(mask, at)).toSorted(([a], [b]) => b.length - a.length)[0] ?? [];
    if (shown === undefined || meant === undefined) {
      out += edited.slice(done, at + mark.length);
      done = at + mark.length;
      continue;
    }
    const [secret, ...others] = meant;
    if (others.length > 0) {
      return { ok: false, why: `${shown} stands for more than one secret of the original body: write what is meant` };
    }
    out += edited.slice(done, at) + (secret ?? "");
    done = at + shown.length;
  }
  return { ok: true, text: out + edited.slice(done) };
}

/** The redactor blanks bytes one for one: what differs afterwards is what it takes for secrets. */
function secretsByMask(original: string, redactor: Redactor): ReadonlyMap<string, ReadonlySet<string>> {
  const before = Buffer.from(original);
  const after = redactor.bytes(before);
  const found = new Map<string, Set<string>>();
  for (let at = 0; at < before.byteLength; at += 1) {
    if (before[at] === after[at]) continue;
    const start = at;
    while (at < before.byteLength && before[at] !== after[at]) at += 1;
    const secret = before.toString("utf8", start, at);
    const mask = maskedSecret(secret);
    found.set(mask, (found.get(mask) ?? new Set()).add(secret));
  }
  return found;
}
