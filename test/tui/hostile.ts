/**
 * Text that tries to be more than text: what a header, a model's answer or an account's name could hold to move the cursor,
 * hide, reorder or overwrite what is shown, ask the terminal to answer, or reach the clipboard. One entry for each trick.
 */
import type { FakeFlow } from "./fake-core.ts";
import { sampleFlow } from "./sample-flows.ts";

const escape = "\u001b";
const all = (from: number, to: number): string =>
  Array.from({ length: to - from + 1 }, (_, index) => String.fromCodePoint(from + index)).join("");

export const hostileTexts: Readonly<Record<string, string>> = {
  "every C0 control": all(0x00, 0x1f),
  "every C1 control and DEL": all(0x7f, 0x9f),
  bell: "\u0007\u0007",
  "overprint with backspaces": "secret\b\b\b\b\b\bpublic",
  "overprint with a carriage return": "403 denied\r200 fine  ",
  "tabs, vertical tab, form feed": "\t\t\u000b\u000c",
  "shift in and out": "\u000elqqk\u000f",
  "colours (CSI SGR)": `${escape}[31;1;5m`,
  "cursor moves (CSI CUP, CUU, scroll)": `${escape}[1;1H${escape}[9A${escape}[5S`,
  "erasing (CSI 2J, 3J, K)": `${escape}[2J${escape}[3J${escape}[1K`,
  "CSI as one C1 character": "\u009b2J\u009b31m",
  "reports (DSR, DA, DECRQSS)": `${escape}[6n${escape}[c${escape}[>c${escape}Z${escape}P$qm${escape}\\`,
  "DEC private modes": `${escape}[?1049l${escape}[?25h${escape}[?7h${escape}[?2026l${escape}[?1003h`,
  "bracketed paste marks": `${escape}[200~rm -rf${escape}[201~`,
  "window title (OSC 0, 2)": `${escape}]0;pwned\u0007${escape}]2;pwned${escape}\\`,
  "hyperlink (OSC 8)": `${escape}]8;;http://evil.example${escape}\\click${escape}]8;;${escape}\\`,
  "clipboard (OSC 52)": `${escape}]52;c;cm0gLXJm\u0007`,
  "palette and notifications (OSC 4, 9, 777)": `${escape}]4;1;?\u0007${escape}]9;hi\u0007${escape}]777;notify;a;b\u0007`,
  "OSC as one C1 character": "\u009d0;pwned\u009c",
  "DCS, sixel and tmux pass-through": `${escape}Pq#0;2;0;0;0~${escape}\\${escape}Ptmux;${escape}${escape}]0;x\u0007${escape}\\\u0090q\u009c`,
  "APC, PM and SOS": `${escape}_Gf=24;AAAA${escape}\\${escape}^x${escape}\\${escape}Xx${escape}\\\u009fx\u009c\u0098x\u009c`,
  "single shifts": `${escape}N!${escape}O!\u008e!\u008f!`,
  "charset switches": `${escape}(0lqqk${escape}(B${escape}%G${escape}n${escape}|`,
  "full reset, save and restore": `${escape}c${escape}7${escape}8${escape}[!p${escape}#8`,
  "a lone escape": escape,
  "bidi embeddings": "\u202aabc\u202babc\u202c",
  "bidi overrides": "\u202dabc\u202egpj.exe\u202c",
  "bidi isolates": "\u2066abc\u2067abc\u2068abc\u2069",
  "bidi marks": "\u200eabc\u200fabc\u061cabc",
  "zero-width characters": "a\u200bb\u200cc\u200dd\u2060e\ufeff",
  "invisible operators and fillers": "a\u2061\u2062\u2063\u2064\u3164\uffa0\u115f\u1160b",
  "soft hyphens": "pass\u00adword",
  "tag characters": "\u{e0001}\u{e0068}\u{e0069}\u{e007f}",
  "line and paragraph separators": "one\u2028two\u2029three\u0085four",
  "interlinear annotation": "\ufff9a\ufffab\ufffb",
  "marks of the frame layer": "\ue000\ue001\ue002\ue003\ue004\ue005\ue006",
  "private use outside the first plane": "\u{f0000}\u{10fffd}",
  "lone surrogates": "a\ud83db\ude00c\udc00\ud800",
  "piled combining marks": `Z${"\u0300\u0316\u0489".repeat(40)}`,
  "variation selectors": "a\ufe00b\ufe0dc\u{e0100}d\u{e01ef}e\u180b",
  "line feeds": "one\ntwo\r\nthree",
};

/** Fills every field of a flow that a screen shows; the name says which field it is. */
export function hostileFlow(id: string, text: (field: string) => string, startedAt?: number): FakeFlow {
  const side = (name: string, contentType: string, body: string, broken = false): object => ({
    line: text(`${name} line`),
    headers: [[text(`${name} header name`), text(`${name} header value`)]],
    body: {
      bytes: body.length + 9,
      captured: body.length,
      truncated: true,
      contentType,
      encoding: text(`${name} encoding`),
      ...(broken ? { decodeError: text(`${name} decode error`) } : {}),
      text: body,
    },
  });
  const attempt = (number: number): object => ({
    provider: text(`attempt ${number} provider`),
    account: text(`attempt ${number} account`),
    model: text(`attempt ${number} model`),
    status: 500,
    error: text(`attempt ${number} error`),
    startedAt: "2026-11-21T12:00:00.000Z",
    endedAt: "2026-11-21T12:00:01.000Z",
  });
  return sampleFlow(id, {
    ...(startedAt === undefined ? {} : { startedAt }),
    client: text("client"),
    host: text("host"),
    method: text("method"),
    path: text("path"),
    protocol: text("protocol"),
    model: { asked: text("asked model"), served: text("served model") },
    provider: text("provider"),
    account: text("account"),
    combo: text("combo"),
    action: "reroute",
    formats: { client: text("client format"), upstream: text("upstream format") },
    error: text("error"),
    losses: [text("loss")],
    why: [{ stage: text("why stage"), text: text("why text") }],
    attempts: [attempt(1), attempt(2)],
    sides: {
      "client-request": side(
        "request",
        "application/json",
        // Raw in the bytes and once more as JSON escapes, which a pretty printer could undo.
        `{"${text("JSON key")}": "${text("JSON value")}", "again": ${JSON.stringify(text("JSON escapes"))}}`,
      ),
      "upstream-request": side("upstream request", text("content type"), text("plain body"), true),
      "upstream-reply": side("upstream reply", "text/plain", text("text body")),
      "client-reply": side(
        "reply",
        "text/event-stream",
        `event: ${text("SSE name")}\ndata: {"text":"${text("SSE JSON")}"}\n\ndata: ${text("SSE data")}\n\n`,
      ),
    },
  });
}

/**
 * The first thing in the written bytes that is neither our own escape (position, colour, erase in line, synchronised
 * update) nor ordinary text, with what stands around it; null when there is none.
 */
export function firstForeign(written: string): string | null {
  // oxlint-disable-next-line no-control-regex -- our own escapes are what is taken away
  const rest = written.replace(/\u001b\[(?:[1-9]\d*;1H|0(?:;\d+)*m|K|\?2026[hl])/g, "");
  const found = foreign.exec(rest);
  return found === null ? null : JSON.stringify(rest.slice(Math.max(0, found.index - 30), found.index + 30));
}

const foreign =
  /[\p{Cc}\p{Cs}\p{Co}\p{Bidi_Control}\u2028\u2029\ufff9-\ufffb]|(?![\ufe0e\ufe0f])\p{Default_Ignorable_Code_Point}|\p{M}{5}/u;
