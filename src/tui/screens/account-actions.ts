/** What can be done with accounts. Nothing here keeps a key: it goes from the line that was typed into one question. */
import { own } from "../../base/json.ts";
import { chooseDialog, confirmDialog, type Effect, lineDialog, said } from "../state/effect.ts";
import { finite, list, text } from "../state/read-json.ts";
import type { TableAction } from "../table/table.ts";
import { windowText } from "./account-detail.ts";
import { defaultName, loginDialog, nameProblem } from "./account-login.ts";
import { type AccountRow, readAccount, readQuota } from "./account-row.ts";
import { termsPanel } from "./terms.ts";

/** Programs whose login can be used where they keep it, and the provider that each is good for. */
export const importable = {
  "claude-code": { provider: "claude", title: "Claude Code" },
  codex: { provider: "codex", title: "Codex" },
  "gemini-cli": { provider: "gemini-cli", title: "Gemini CLI" },
  "qwen-code": { provider: "qwen", title: "Qwen Code" },
  copilot: { provider: "copilot", title: "GitHub Copilot" },
  kiro: { provider: "kiro", title: "Kiro" },
  cursor: { provider: "cursor", title: "Cursor" },
  iflow: { provider: "iflow", title: "iFlow" },
} as const;

export const accountActions: readonly TableAction<AccountRow>[] = [
  {
    name: "account-add",
    keys: ["a"],
    title: "add an account with an API key",
    bar: "add key",
    always: true,
    run: (_row, rows) => addDialog(rows),
  },
  {
    name: "account-login",
    keys: ["l"],
    title: "log in to a provider",
    bar: "login",
    always: true,
    run: (row) => loginDialog(row),
  },
  {
    name: "account-clear-cooldown",
    keys: ["c"],
    title: "end the cooldowns of this account",
    bar: "clear cooldown",
    possible: ({ cooldowns, id }) => (cooldowns.length > 0 ? true : `${id} has no cooldown`),
    run: on((row) => ({
      type: "ask",
      method: "POST",
      path: `${pathOf(row)}/clear-cooldown`,
      body: {},
      done: (answer) => said(clearedText(answer, `of ${row.id}`)),
    })),
  },
  {
    name: "account-toggle",
    keys: ["o"],
    title: "switch the account on or off",
    bar: "on/off",
    run: on((row) => ({
      type: "ask",
      method: "PUT",
      path: `${pathOf(row)}/enabled`,
      body: { enabled: !row.enabled },
      done: () => said(`${row.id} is switched ${row.enabled ? "off" : "on"}${row.isInFile ? " in config.yaml" : ""}`),
    })),
  },
  {
    name: "account-quota",
    keys: ["u"],
    title: "ask its provider what is left",
    bar: "quota",
    run: on((row) => ({
      type: "all",
      effects: [
        { type: "hint", text: `asking what is left for ${row.id} …` },
        { type: "ask", method: "GET", path: `${pathOf(row)}/quota`, done: (answer) => quotaSaid(row, answer) },
      ],
    })),
  },
  {
    name: "account-refresh",
    keys: ["R"],
    title: "renew its login now",
    bar: "refresh",
    possible: ({ source, id }) =>
      source === "key" || source === "none" ? `${id} has no login, so there is nothing to renew` : true,
    run: on((row) => ({
      type: "all",
      effects: [
        { type: "hint", text: `renewing the login of ${row.id} …` },
        {
          type: "ask",
          method: "POST",
          path: `${pathOf(row)}/refresh`,
          done: (answer) => stateSaid(answer, `the login of ${row.id} is fresh`),
        },
      ],
    })),
  },
  {
    name: "account-import",
    keys: ["i"],
    title: "use another program's login where it keeps it",
    bar: "import",
    always: true,
    run: (_row, rows) => importDialog(rows),
  },
  {
    name: "account-copy-id",
    keys: ["y"],
    title: "copy its id",
    run: on(({ id }) => ({ type: "copy", text: id, what: id })),
  },
  {
    name: "account-remove",
    keys: ["d"],
    title: "remove the account with its credential",
    possible: ({ isInFile, id }) =>
      isInFile ? `${id} is written in config.yaml: take it out there, or o switches it off` : true,
    run: on((row) =>
      confirmDialog(`Remove ${row.id} and its credential for good?`, {
        type: "ask",
        method: "DELETE",
        path: pathOf(row),
        done: () => said(`${row.id} is removed`),
      }),
    ),
  },
  {
    name: "account-clear-cooldowns",
    keys: ["C"],
    title: "end the cooldowns of all accounts",
    always: true,
    run: () =>
      confirmDialog("End the cooldowns of all accounts? Providers that said wait are asked again.", {
        type: "ask",
        method: "POST",
        path: "/accounts/clear-cooldowns",
        body: {},
        done: (answer) => said(clearedText(answer, "of all accounts")),
      }),
  },
];

/** For actions that the key table does not offer without a row. */
function on(act: (row: AccountRow) => Effect): (row: AccountRow | null) => Effect {
  return (row) => (row === null ? { type: "hint", text: "nothing is selected" } : act(row));
}

function pathOf({ provider, name }: AccountRow): string {
  return `/accounts/${encodeURIComponent(provider)}/${encodeURIComponent(name)}`;
}

function clearedText(answer: unknown, whose: string): string {
  const cleared = finite(own(answer, "cleared")) ?? 0;
  if (cleared === 0) return `no cooldown ${whose} was left`;
  return `${cleared} ${cleared === 1 ? "cooldown" : "cooldowns"} ${whose} ended`;
}

function quotaSaid({ id }: AccountRow, answer: unknown): Effect {
  const quota = readQuota(list(own(answer, "quota"))[0]);
  if (quota === null) return said(`the provider of ${id} does not tell what is left`, "warn");
  if (quota.error !== null) return said(`${id}: not read anew: ${quota.error}`, "warn");
  const told = quota.windows.map(windowText).join(", ");
  return said(told === "" ? `${id}: the provider tells of no window` : `${id}: ${told}`);
}

/** An account that is there and cannot serve says what to do. */
function stateSaid(answer: unknown, fine: string): Effect {
  const account = readAccount(answer);
  const fix = account?.credential.fix ?? null;
  return fix === null ? said(fine) : said(`${account?.id ?? ""} ${account?.credential.state ?? ""}: ${fix}`, "warn");
}

function addDialog(rows: readonly AccountRow[]): Effect {
  return {
    type: "ask",
    method: "GET",
    path: "/v1/providers",
    done(answer) {
      const providers = list(own(answer, "data")).flatMap((value) => {
        const id = text(own(value, "id"));
        if (id === null || own(value, "requires_auth") === false) return [];
        const takesKey = own(value, "auth_type") === "api_key";
        return [{ id, takesKey, about: text(own(value, "description")) ?? "" }];
      });
      // A login's provider may take a key, too, but hardly anybody has one.
      providers.sort((one, other) => Number(other.takesKey) - Number(one.takesKey));
      if (providers.length === 0) return said("the core knows no provider that wants a key", "warn");
      return chooseDialog(
        "Add an API key for",
        providers.map(({ id, about }) => ({ label: id, detail: about, effect: keyName(id, rows) })),
      );
    },
  };
}

function keyName(provider: string, rows: readonly AccountRow[]): Effect {
  const key = (name: string): Effect =>
    lineDialog(
      `API key for ${provider}/${name}`,
      (apiKey) => ({
        type: "ask",
        method: "POST",
        path: "/accounts",
        body: { provider, name, apiKey: apiKey.trim() },
        done: (answer) => stateSaid(answer, `${provider}/${name} is added`),
      }),
      {
        secret: true,
        check: (typed) => (/^[\x21-\x7e]{1,4096}$/.test(typed.trim()) ? null : "one word of ASCII; it is never shown"),
      },
    );
  return newName(`name of the ${provider} account`, provider, defaultName, rows, key);
}

function importDialog(rows: readonly AccountRow[]): Effect {
  return chooseDialog(
    "Use the login of (it goes on renewing it; nothing is copied)",
    Object.entries(importable).map(([client, { provider, title }]) => ({
      label: title,
      detail: `for ${provider}`,
      effect: newName(`name of the ${provider} account`, provider, client, rows, (name) =>
        termsPanel(title, {
          type: "ask",
          method: "POST",
          path: "/accounts/import",
          body: { provider, name, client, acceptTerms: true },
          done: (answer) => stateSaid(answer, `${provider}/${name} uses ${title}'s login`),
        }),
      ),
    })),
  );
}

function newName(
  title: string,
  provider: string,
  usual: string,
  rows: readonly AccountRow[],
  next: (name: string) => Effect,
): Effect {
  const isTaken = (name: string): boolean => rows.some(({ id }) => id === `${provider}/${name.trim()}`);
  return lineDialog(title, (name) => next(name.trim()), {
    text: isTaken(usual) ? "" : usual,
    check: (name) =>
      nameProblem(name) ?? (isTaken(name) ? `there is an account "${provider}/${name.trim()}" already` : null),
  });
}
