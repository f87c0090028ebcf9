/** Accounts, their logins, and what providers say is left for them. */
import * as v from "valibot";
import type {
  AccountJson,
  CooldownJson,
  LoginJson,
  LoginPageJson,
  NewAccountJson,
  NewImportJson,
  NewLoginJson,
  OpenedLoginPageJson,
  QuotaJson,
} from "../../base/controls-engine.ts";
import { shapeOf } from "./shape.ts";
import { count, filledText, flag, instant, listOf, ms, number, oneOf, ratio, text, wholeNumber } from "./words.ts";

export const accountStates = ["active", "cooling", "probing", "limited", "stopped", "disabled", "needs-login"] as const;

export const cooldown = shapeOf<CooldownJson>()(
  "A rest that an account takes after a failure.",
  v.strictObject({
    model: v.nullable(text("For calls of this model only; null: for all.")),
    level: count("How many failures in a row it stands for."),
    until: v.nullable(instant("When it is asked again; null: when its owner has acted.")),
    remainingMs: v.nullable(ms("What is left of it.")),
    resetAt: v.nullable(instant("When the provider says its limit ends, which may be later.")),
    kind: text("The kind of the error, as `rate-limit`."),
    reason: text("For people."),
  }),
);

export const quotaWindow = v.pipe(
  v.strictObject({
    name: text("The provider's word for it, as `5h`."),
    model: v.nullable(text("For this model only; null: for all.")),
    limit: v.nullable(number("What is allowed in it.")),
    remaining: v.nullable(number("What is left.")),
    usedPercent: v.nullable(number("What is used of it, in percent.")),
    resetAt: v.nullable(instant("When it begins anew.")),
    runsOutAt: v.nullable(
      instant("When nothing will be left if it goes on as in the last hour; null: not before its reset, or not known."),
    ),
    unlimited: flag("It has no limit."),
    exhausted: flag("Nothing is left."),
  }),
  v.description("One limit of an account."),
);

export const quota = shapeOf<QuotaJson>()(
  "What a provider says is left for an account.",
  v.strictObject({
    account: text("`provider/name`."),
    plan: v.nullable(text("What its user pays for.")),
    source: oneOf(["headers", "endpoint"], "Where it was read."),
    readAt: instant("When."),
    windows: listOf(quotaWindow, "Its limits."),
    error: v.nullable(text("Why it could not be read anew; null when it could.")),
  }),
);

export const account = shapeOf<AccountJson>()(
  "An account at a provider, and how it is.",
  v.strictObject({
    id: text("`provider/name`."),
    provider: text("The provider's id."),
    name: text("Its name there."),
    source: oneOf(["none", "key", "login", "client"], "Where its credential comes from."),
    client: v.nullable(text("Which program's login it is, where it is one.")),
    from: oneOf(["config", "store"], "Written in config.yaml, or added by a command."),
    enabled: flag("Its owner's switch."),
    priority: number("Lower goes first."),
    weight: number("Its share where the strategy is weighted."),
    prefix: v.nullable(text("`PREFIX/model` means this account alone.")),
    state: oneOf(accountStates, "Whether it can serve now, and what keeps it."),
    credential: v.pipe(
      v.strictObject({
        state: oneOf(["ok", "will-refresh", "needs-login", "missing", "unreadable"], "How it is."),
        expiresAt: v.nullable(instant("When it ends.")),
        who: v.nullable(text("Whose it is.")),
        plan: v.nullable(text("What its user pays for.")),
        fix: v.nullable(text("What its owner can do.")),
      }),
      v.description("What it is authorised with; never the secret itself."),
    ),
    cooldowns: listOf(cooldown, "Its rests now."),
    calls: count("Attempts since the start."),
    failures: count("Of these, failed."),
    health: ratio("How well it did of late."),
    inFlight: count("Calls under way."),
    lastUsedAt: v.nullable(instant("When it was asked last.")),
    lastError: v.nullable(text("What it said when it failed last.")),
    quota: v.nullable(quota),
  }),
);

export const newAccount = shapeOf<NewAccountJson>()(
  "An API key to be kept.",
  v.strictObject({
    provider: filledText("The provider's id or a second name of it."),
    name: filledText("Letters, digits, dot, dash and underscore; unique within the provider."),
    apiKey: filledText("The key; it goes into the private store and is never shown again."),
    priority: v.exactOptional(wholeNumber(0, 1_000_000, "Lower goes first; default 100.")),
    weight: v.exactOptional(wholeNumber(0, 1_000_000, "Its share where the strategy is weighted; default 1.")),
  }),
);

const acceptTerms = v.optional(
  flag(
    "Its user has read that rerouting to a subscription may be against the provider's terms; without it nothing is begun.",
  ),
  false,
);

const loginFields = {
  method: v.exactOptional(filledText("Kiro: `builder-id`, `identity-center`, `google`, `github`. Claude: `paste`.")),
  startUrl: v.exactOptional(filledText("Kiro with `identity-center`: `https://….awsapps.com/start`.")),
  region: v.exactOptional(filledText("Kiro: its AWS region, as `eu-central-1`.")),
  acceptTerms,
};

export const newLogin = shapeOf<NewLoginJson>()(
  "A login to be begun.",
  v.strictObject({
    provider: filledText("The provider's id or a second name of it."),
    name: filledText("What to call the account; one that exists is logged in anew."),
    ...loginFields,
  }),
);

export const newKiroLogin = v.pipe(
  v.strictObject({
    provider: v.exactOptional(text("Ignored: it is Kiro here.")),
    name: v.optional(filledText("What to call the account."), "kiro"),
    ...loginFields,
  }),
  v.description("A login at Kiro to be begun."),
);

export const newImport = shapeOf<NewImportJson>()(
  "Another program's login to be used where that program keeps it.",
  v.strictObject({
    provider: filledText("For which provider."),
    name: filledText("What to call the account."),
    client: filledText("Which program, as `claude-code`."),
    path: v.exactOptional(filledText("Where the login is, absolute; default: where the program keeps it.")),
    acceptTerms,
  }),
);

export const login = shapeOf<LoginJson>()(
  "A login under way.",
  v.strictObject({
    id: text("Of this attempt; not to be guessed."),
    provider: text("The provider's id."),
    account: text("What the account will be called."),
    kind: oneOf(["device", "browser"], "Confirmed elsewhere with a code, or in a browser that comes back."),
    state: oneOf(["waiting", "done", "failed", "cancelled", "expired"], "How far it is."),
    url: text("Where its user has to go."),
    urlComplete: v.nullable(text("The same with the code already in it.")),
    userCode: v.nullable(text("What its user types there.")),
    expiresAt: instant("Until when it can be confirmed."),
    pastes: flag("The answer may be pasted instead of coming back by itself."),
    error: v.nullable(text("Why it failed.")),
  }),
);

const pageFields = {
  id: text("Of this page; asks after it and takes it back."),
  account: text("`provider/name`."),
  state: oneOf(
    ["unopened", "open", "done", "cancelled", "expired"],
    "`unopened`: nobody has followed its link yet. `cancelled`: in the page, or where it was made.",
  ),
  expiresAt: instant("When the link, or the page that it opened, is over."),
  login: v.nullable(login),
  reason: v.nullable(text("Why it ended otherwise than by a login; null where it has not.")),
  shown: flag("Its browser has been shown how it ended."),
};

export const loginPage = shapeOf<LoginPageJson>()(
  "A page on which somebody logs in to Kiro in a browser; `login` is the newest of its logins.",
  v.strictObject(pageFields),
);

export const openedLoginPage = shapeOf<OpenedLoginPageJson>()(
  "A page that was made now.",
  v.strictObject({ ...pageFields, url: text("Opens the page once.") }),
);
