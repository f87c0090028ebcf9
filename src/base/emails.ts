/** E-mail addresses in a text, as far as they look like ones: for what is made to be passed on. Linear in its length. */
export interface EmailSpan {
  readonly start: number;
  readonly end: number;
}

/** Bounds of RFC 5321, so that no run of letters costs more than it is long. */
const localCharacter = /[A-Za-z0-9.!#$%&*+=?^_{|}~-]/;
const maxLocal = 64;
const domain = /(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.){1,8}[A-Za-z]{2,24}/y;

export function* emailSpans(text: string): Generator<EmailSpan, void> {
  let done = 0;
  for (let at = text.indexOf("@"); at >= 0; at = text.indexOf("@", at + 1)) {
    let start = at;
    while (start > done && at - start < maxLocal && localCharacter.test(text.charAt(start - 1))) start -= 1;
    domain.lastIndex = at + 1;
    if (start === at || !domain.test(text)) continue;
    done = domain.lastIndex;
    yield { start, end: done };
  }
}
