/**
 * The login page as HTML: one document for each thing that may be the case, whole without its script. Every text from
 * elsewhere (a code, an address, an error) is escaped; an address becomes a link only where it is one of the web's.
 */
import type { LoginJson } from "../../base/controls-engine.ts";
import type { MethodChoice, Over, PageView } from "./pages.ts";

/** Markup that may stand in a document as it is. */
class Html {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

type Part = Html | string | number | null | readonly Part[];

/** Texts are escaped, markup is not; null is nothing. */
function html(texts: TemplateStringsArray, ...parts: readonly Part[]): Html {
  return new Html(texts.map((text, index) => text + written(parts[index] ?? null)).join(""));
}

function written(part: Part): string {
  if (part === null) return "";
  if (part instanceof Html) return part.text;
  if (typeof part === "object") return part.map((each) => written(each)).join("");
  return escaped(String(part));
}

const escapes: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => escapes[character] ?? "");
}

export const startCommand = "switchyard accounts login kiro --web";
const again = html`<p>To begin again: <code>${startCommand}</code></p>`;

export function viewDocument(view: PageView): string {
  switch (view.kind) {
    case "choose":
      return page("Log in to Kiro", chooseBody(view), view);
    case "waiting":
      return view.login.pastes
        ? page("Confirm the login in your browser", pasteBody(view), view)
        : page("Confirm the login at AWS", deviceBody(view), view);
    case "done":
      return page("Kiro is logged in", doneBody(view), view);
    case "over":
      return page(overTitles[view.why], overBody(view.why), view);
  }
}

export function usedDocument(): string {
  const title = "This address was used already";
  return page(
    title,
    html`<p>It opens once, and it did: <a href="/v0/oauth/kiro">go on with the page that it opened</a>.</p>`,
    null,
  );
}

/** For visitors who have no page here, or ask for one in a way that is refused. */
export function noticeDocument(title: string, text: string): string {
  return page(title, html`<p>${text}</p>${again}`, null);
}

export function howToDocument(): string {
  const body = html`
<p>This page logs Switchyard in to Kiro. It is opened from a terminal, so that nothing but you can begin a login:</p>
<p><code>${startCommand}</code></p>
<p>The command prints an address, good for one visit within ten minutes, and opens it in your browser.</p>`;
  return page("Log in to Kiro", body, null);
}

function page(title: string, body: Html, view: PageView | null): string {
  const isLive = view !== null && (view.kind === "choose" || view.kind === "waiting");
  const live = view === null ? html`` : html` data-revision="${view.revision}" data-live="${isLive ? "yes" : "no"}"`;
  // Without the script: while there is nothing to type, the page asks for itself again.
  const isIdle = view !== null && view.kind === "waiting" && !view.login.pastes;
  const reload = isIdle ? html`<noscript><meta http-equiv="refresh" content="5"></noscript>\n` : null;
  const lost = isLive
    ? html`<p id="lost" class="trouble" role="alert" hidden><strong>Switchyard does not answer.</strong> Is its core still running? This page goes on by itself when it is back.</p>\n`
    : null;
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title} – Switchyard</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/v0/oauth/kiro/page.css">
<script src="/v0/oauth/kiro/page.js" defer></script>
${reload}</head>
<body>
<main${live}>
<h1 tabindex="-1" autofocus>${title}</h1>
${body}
${lost}</main>
</body>
</html>
`.text;
}

const methods = [
  ["builder-id", "AWS Builder ID", "a personal account at AWS"],
  ["identity-center", "AWS IAM Identity Center", "your organisation's account; it wants the start URL below"],
  ["google", "Google", "ends with an address that you paste here"],
  ["github", "GitHub", "ends with an address that you paste here"],
] as const;

function chooseBody({ account, choice, trouble }: Extract<PageView, { kind: "choose" }>): Html {
  return html`${troubleLine(trouble)}
<p>The login becomes the account <strong>${account}</strong> of this Switchyard, and stays on this machine.</p>
<form method="post" action="/v0/oauth/kiro/start">
<fieldset>
<legend>How do you log in to Kiro?</legend>
${methods.map((method) => methodChoice(method, choice))}
</fieldset>
<fieldset>
<legend>For Identity Center only</legend>
<label class="field" for="start-url">Start URL
<input id="start-url" name="start_url" type="url" maxlength="512" placeholder="https://acme.awsapps.com/start" value="${choice.startUrl}" spellcheck="false"></label>
<label class="field" for="region">Region (default: us-east-1)
<input id="region" name="region" maxlength="32" placeholder="us-east-1" value="${choice.region}" spellcheck="false" autocapitalize="none"></label>
</fieldset>
<button type="submit">Start the login</button>
</form>
${cancelForm}`;
}

function methodChoice([id, title, hint]: (typeof methods)[number], choice: MethodChoice): Html {
  const checked = id === choice.method ? html` checked` : null;
  return html`<label class="choice" for="${id}"><input type="radio" name="method" id="${id}" value="${id}"${checked}> ${title} <span class="quiet">– ${hint}</span></label>\n`;
}

type Waiting = Extract<PageView, { kind: "waiting" }>;

function deviceBody(view: Waiting): Html {
  const { login, trouble } = view;
  const bare =
    login.urlComplete === null || login.urlComplete === login.url
      ? null
      : html`<p class="quiet">If that page asks for the code, type it there. The address without the code: ${link(login.url, login.url)}</p>\n`;
  return html`${troubleLine(trouble)}
<ol>
<li>Open ${link(login.urlComplete ?? login.url, "the confirmation page")} (a new tab).</li>
<li>See that it shows this code, and confirm it:<br>
<span class="code" id="code">${login.userCode ?? ""}</span> <button type="button" class="plain" id="copy" hidden>Copy the code</button></li>
<li>Come back here. This page changes by itself.</li>
</ol>
${bare}${waitingLine(view)}
${cancelForm}`;
}

function pasteBody(view: Waiting): Html {
  const { login, trouble } = view;
  return html`${troubleLine(trouble)}
<ol>
<li>Open ${link(login.url, "Kiro's login page")} (a new tab) and log in there.</li>
<li>It ends at an address that begins with <code>kiro://</code>, which your browser may not be able to open. Copy that address.</li>
<li>Paste it here:
<form method="post" action="/v0/oauth/kiro/paste">
<label class="field" for="pasted">Address
<input id="pasted" name="pasted" type="text" maxlength="8192" required autocomplete="off" spellcheck="false" autocapitalize="none"></label>
<button type="submit">Finish the login</button>
</form></li>
</ol>
${waitingLine(view)}
${cancelForm}`;
}

function waitingLine({ login, leftMs }: Waiting): Html {
  return html`<p role="status">Waiting for your confirmation. ${validity(login, leftMs)}</p>`;
}

/** The instant in words is the machine's; the script counts down. */
function validity({ expiresAt }: LoginJson, leftMs: number): Html {
  const at = new Date(expiresAt).toTimeString().slice(0, 5);
  return html`It is valid until <time datetime="${expiresAt}">${at}</time> (<span id="left">${minutesText(leftMs)}</span>).`;
}

/** As the script says it. */
function minutesText(ms: number): string {
  if (ms < 60_000) return "less than a minute";
  const minutes = Math.round(ms / 60_000);
  return minutes === 1 ? "about a minute" : `about ${minutes} minutes`;
}

function doneBody({ account }: Extract<PageView, { kind: "done" }>): Html {
  return html`<p role="status">The account <strong>${account}</strong> is stored on this machine and renewed by Switchyard.</p>
<p>You can close this page. <code>switchyard accounts list</code> shows the account.</p>
<p>A rule may send calls there now: <code>to: kiro/MODEL</code></p>`;
}

const overTitles: Readonly<Record<Over, string>> = {
  cancelled: "The login was called off",
  closed: "The login was called off",
  expired: "This page is over",
  twice: "The login was called off",
};

const overTexts: Readonly<Record<Over, string>> = {
  cancelled: "Nothing was changed. You can close this page.",
  closed: "It was called off in the terminal that it was started in. Nothing was changed. You can close this page.",
  expired: "Nobody finished the login in time. Nothing was changed.",
  twice:
    "The address of this page was opened a second time, from another browser or by another program. Nothing was changed.",
};

function overBody(why: Over): Html {
  return html`<p role="status">${overTexts[why]}</p>${again}`;
}

function troubleLine(trouble: string | null): Html | null {
  if (trouble === null) return null;
  return html`<p class="trouble" role="alert"><strong>That did not work.</strong> ${trouble}</p>`;
}

const cancelForm = html`<form method="post" action="/v0/oauth/kiro/cancel"><button type="submit" class="plain">Cancel</button></form>`;

/** Whatever is no address of the web stays a text. */
function link(url: string, text: string): Html {
  const isWeb = URL.canParse(url) && ["https:", "http:"].includes(new URL(url).protocol);
  return isWeb ? html`<a href="${url}" target="_blank" rel="noopener noreferrer">${text}</a>` : html`${url}`;
}
