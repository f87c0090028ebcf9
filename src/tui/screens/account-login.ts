/**
 * A login at a provider: which one, under what name, the terms, and then a panel that says where to go until it is
 * confirmed. The core does the talking. Whoever leaves the panel calls the login off: a code that is confirmed later must
 * not make an account.
 */
import { own } from "../../base/json.ts";
import { chooseDialog, type Effect, lineDialog, panelDialog, said, type Watched } from "../state/effect.ts";
import { instant, text } from "../state/read-json.ts";
import { clockTime } from "../text/format.ts";
import type { Spans } from "../text/row.ts";
import type { AccountRow } from "./account-row.ts";
import { paragraph, unbroken } from "./facts.ts";
import { termsPanel } from "./terms.ts";
import { countdown } from "./time-left.ts";

/** Providers with a login, as the command line knows them. */
export const loginServices = [
  { provider: "claude", title: "Claude" },
  { provider: "codex", title: "Codex (ChatGPT)" },
  { provider: "gemini-cli", title: "Gemini CLI (Google)" },
  { provider: "antigravity", title: "Antigravity (Google)" },
  { provider: "copilot", title: "GitHub Copilot" },
  { provider: "qwen", title: "Qwen" },
  { provider: "iflow", title: "iFlow" },
  { provider: "kiro", title: "Kiro (AWS)" },
  { provider: "kimi", title: "Kimi" },
  { provider: "cursor", title: "Cursor" },
] as const;

type Service = (typeof loginServices)[number];

/** What an account is called whose owner has not said. */
export const defaultName = "main";

/** How soon a confirmation is seen. The core is asked, not the provider. */
const everyMs = 1_000;

/** @param row the selected account: its own login comes first */
export function loginDialog(row: AccountRow | null): Effect {
  const again = loginServices.find(({ provider }) => provider === row?.provider);
  const anew =
    row === null || again === undefined || row.source === "client" || row.source === "key"
      ? []
      : [{ label: `${again.title}, anew`, detail: row.id, effect: named(again, row.name) }];
  const all = loginServices.map((service) => ({
    label: service.title,
    detail: service.provider,
    effect: lineDialog(`name of the ${service.title} account`, (name) => named(service, name.trim()), {
      text: defaultName,
      check: nameProblem,
    }),
  }));
  return chooseDialog("Log in to", [...anew, ...all]);
}

/** As the core has it; it says so, too, but only after everything else was typed. */
export function nameProblem(name: string): string | null {
  return /^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$/.test(name.trim())
    ? null
    : "letters, digits, dot, dash, @ and underscore, at most 64";
}

function named(service: Service, name: string): Effect {
  const begin = (more: Readonly<Record<string, string>>): Effect =>
    termsPanel(service.title, start({ provider: service.provider, name, ...more, acceptTerms: true }));
  if (service.provider !== "kiro") return begin({});
  const identityCenter = lineDialog(
    "start URL",
    (startUrl) =>
      lineDialog(
        "AWS region",
        (region) => begin({ method: "identity-center", startUrl: startUrl.trim(), region: region.trim() }),
        { text: "us-east-1" },
      ),
    {
      text: "https://",
      check: (url) => (/^https:\/\/[^/\s]+/.test(url.trim()) ? null : "as https://….awsapps.com/start"),
    },
  );
  return chooseDialog("Log in to Kiro with", [
    { label: "AWS Builder ID", detail: "a code to confirm", effect: begin({ method: "builder-id" }) },
    { label: "IAM Identity Center", detail: "asks for the start URL of your company", effect: identityCenter },
    { label: "Google", effect: begin({ method: "google" }) },
    { label: "GitHub", effect: begin({ method: "github" }) },
    {
      label: "a page in the browser",
      detail: "all of these, on a page of Switchyard's own",
      effect: pageTerms(service, name),
    },
  ]);
}

function start(wish: Readonly<Record<string, unknown>>): Effect {
  return {
    type: "all",
    effects: [
      { type: "hint", text: "asking the provider to begin a login …" },
      {
        type: "ask",
        method: "POST",
        path: "/logins",
        body: wish,
        done: (answer) => {
          const login = readLogin(answer);
          return login === null ? said("the core began a login that cannot be read here", "error") : loginPanel(login);
        },
      },
    ],
  };
}

interface Login {
  readonly id: string;
  readonly account: string;
  readonly provider: string;
  readonly state: string;
  readonly url: string;
  readonly userCode: string | null;
  readonly expiresAt: number | null;
  readonly pastes: boolean;
  readonly error: string | null;
}

function readLogin(value: unknown): Login | null {
  const id = text(own(value, "id"));
  if (id === null || id === "") return null;
  const provider = text(own(value, "provider")) ?? "";
  return {
    id,
    provider,
    account: `${provider}/${text(own(value, "account")) ?? ""}`,
    state: text(own(value, "state")) ?? "",
    url: text(own(value, "urlComplete")) ?? text(own(value, "url")) ?? "",
    userCode: text(own(value, "userCode")),
    expiresAt: instant(own(value, "expiresAt")),
    pastes: own(value, "pastes") === true,
    error: text(own(value, "error")),
  };
}

interface Trouble {
  /** What was wrong with the last thing that was pasted. */
  readonly pasted?: string;
  /** Why the core does not tell how far the login is. */
  readonly silent?: string;
}

function loginPanel(login: Login, trouble: Trouble = {}): Effect {
  if (login.state !== "waiting") return endPanel(login);
  const path = `/logins/${encodeURIComponent(login.id)}`;
  const { url, userCode, pastes, account } = login;
  const keys = [{ key: "y", word: "copies address", effect: copied(url, "the address"), stays: true }];
  if (userCode !== null)
    keys.push({ key: "c", word: "copies code", effect: copied(userCode, "the code"), stays: true });
  if (pastes) keys.push({ key: "p", word: "pastes", effect: pasteDialog(login), stays: false });
  return panelDialog({
    title: `Login of ${account}`,
    lines: (now, width) => loginLines(login, trouble, now, width),
    keys,
    left: { word: "calls it off", effect: calledOff(path, account) },
    watch: { path, everyMs, next: (answer) => news(login, trouble, answer) },
  });
}

function loginLines(login: Login, { pasted, silent }: Trouble, now: number, width: number): readonly Spans[] {
  const { url, userCode, expiresAt, pastes } = login;
  const out: Spans[] = [[], ...paragraph("Open this page in a browser and confirm the login:", width), []];
  out.push(...unbroken(url, width, "accent"), []);
  if (userCode !== null) out.push([{ text: "   code  " }, { text: userCode, style: "strong" }], []);
  if (pasted !== undefined) out.push(...paragraph(`! That is not it: ${pasted}`, width, "error"), []);
  if (silent !== undefined)
    out.push(...paragraph(`! The core does not tell how far it is: ${silent}`, width, "error"), []);
  if (pastes) {
    const how = "If the browser cannot come back by itself: p pastes the address it ends at, or the code it shows.";
    out.push(...paragraph(how, width), []);
  }
  const until = expiresAt === null ? "" : `, ${countdown(expiresAt, now)} left, until ${clockTime(expiresAt)}`;
  out.push([{ text: `   ~ waiting for the confirmation${until}`, style: "live" }]);
  return out;
}

function news(login: Login, trouble: Trouble, answer: Watched): Effect | null {
  // A core that does not answer may come back.
  if (!answer.ok) return trouble.silent === answer.why ? null : loginPanel(login, { ...trouble, silent: answer.why });
  const now = readLogin(answer.value) ?? login;
  if (now.state !== login.state) return loginPanel(now);
  const { silent, ...rest } = trouble;
  return silent === undefined ? null : loginPanel(login, rest);
}

function pasteDialog(login: Login): Effect {
  return lineDialog(
    "address or code",
    (pasted) => ({
      type: "ask",
      method: "POST",
      path: `/logins/${encodeURIComponent(login.id)}`,
      body: { pasted: pasted.trim() },
      done: (answer) => loginPanel(readLogin(answer) ?? login),
      failed: (why) => loginPanel(login, { pasted: why }),
    }),
    {
      // An answer of a login is good for a token until it is redeemed.
      secret: true,
      check: (pasted) => (pasted.trim() === "" ? "paste the address the browser ended at, or the code it shows" : null),
      left: () => loginPanel(login),
    },
  );
}

const endings: Readonly<Record<string, string>> = {
  failed: "failed",
  expired: "was not confirmed in time",
  cancelled: "was called off",
};

function endPanel({
  account,
  provider,
  state,
  error,
}: Pick<Login, "account" | "provider" | "state" | "error">): Effect {
  const isDone = state === "done";
  return panelDialog({
    title: `Login of ${account}`,
    lines: (_now, width) => [
      [],
      ...(isDone
        ? [
            ...paragraph(`+ ${account} is logged in.`, width, "ok"),
            [],
            ...paragraph(`A rule may send calls there now: to: ${provider}/MODEL`, width),
          ]
        : [
            ...paragraph(`! The login of ${account} ${endings[state] ?? `ended as ${state}`}.`, width, "error"),
            ...(error === null ? [] : paragraph(error, width)),
            [],
            ...paragraph("Nothing was changed; l begins another one.", width),
          ]),
    ],
  });
}

function calledOff(path: string, account: string): Effect {
  return {
    type: "ask",
    method: "DELETE",
    path,
    done: () => said(`the login of ${account} was called off; nothing was changed`),
  };
}

function copied(value: string, what: string): Effect {
  return { type: "copy", text: value, what };
}

function pageTerms(service: Service, name: string): Effect {
  return termsPanel(service.title, {
    type: "ask",
    method: "POST",
    path: "/v0/oauth/kiro/pages",
    body: { name, acceptTerms: true },
    done: (answer) => {
      const id = text(own(answer, "id"));
      const url = text(own(answer, "url"));
      if (id === null || url === null) return said("the core made a page that cannot be read here", "error");
      return pagePanel({
        id,
        url,
        account: text(own(answer, "account")) ?? "",
        expiresAt: instant(own(answer, "expiresAt")),
      });
    },
  });
}

interface Page {
  readonly id: string;
  readonly url: string;
  readonly account: string;
  readonly expiresAt: number | null;
}

function pagePanel({ id, url, account, expiresAt }: Page): Effect {
  const path = `/v0/oauth/kiro/pages/${encodeURIComponent(id)}`;
  return panelDialog({
    title: `Login of ${account} in the browser`,
    lines: (now, width) => [
      [],
      ...paragraph("Open this page in the browser of this machine. Its address works once.", width),
      [],
      ...unbroken(url, width, "accent"),
      [],
      [
        {
          text: `   ~ waiting for the page${expiresAt === null ? "" : `, ${countdown(expiresAt, now)} left`}`,
          style: "live",
        },
      ],
    ],
    keys: [{ key: "y", word: "copies address", effect: copied(url, "the address"), stays: true }],
    left: { word: "takes it back", effect: calledOff(path, account) },
    watch: {
      path,
      everyMs,
      next(answer) {
        if (!answer.ok) return null;
        const state = text(own(answer.value, "state")) ?? "";
        if (state === "unopened" || state === "open") return null;
        return endPanel({ account, provider: "kiro", state, error: text(own(answer.value, "reason")) });
      },
    },
  });
}
