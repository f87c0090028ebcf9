/** Figures: what calls used and cost, conversations, and limits. */
import * as v from "valibot";
import type { RateLimitJson, SessionJson, UsageJson, UsageRowJson } from "../../base/controls-engine.ts";
import { accountStates, cooldown, quota } from "./accounts.ts";
import { limits } from "./providers.ts";
import { shapeOf } from "./shape.ts";
import { count, dollars, flag, instant, listOf, number, oneOf, text } from "./words.ts";

export const usageGroups = ["day", "model", "account", "session", "client", "provider"] as const;

export const session = shapeOf<SessionJson>()(
  "A conversation that went by.",
  v.strictObject({
    id: text("A hash; nobody's words."),
    client: v.nullable(text("The program that leads it.")),
    account: text("`provider/name` that served it last."),
    model: text("The model that served it last."),
    calls: count("Its calls."),
    startedAt: instant("Its first call."),
    lastAt: instant("Its last call."),
    cachedTokens: count("What the provider's cache held of it at the last call, in tokens."),
    input: count("Input tokens, cached ones included."),
    output: count("Output tokens."),
    cacheRead: count("Of the input, read from the cache."),
    cacheWrite: count("Of the input, written to the cache."),
    switchCostUsd: v.nullable(
      dollars("What moving it to another account now would bill again; null: no price is known."),
    ),
  }),
);

export const rateLimit = shapeOf<RateLimitJson>()(
  "An account's limits and how near it is to them.",
  v.strictObject({
    account: text("`provider/name`."),
    state: oneOf(accountStates, "Whether it can serve now, and what keeps it."),
    limits,
    used: v.pipe(
      v.strictObject({ requests: count("Calls."), tokens: count("Tokens.") }),
      v.description("In the last 60 seconds."),
    ),
    cooldowns: listOf(cooldown, "Its rests now."),
    quota: v.nullable(quota),
  }),
);

export const usageRow = shapeOf<UsageRowJson>()(
  "What a group of calls used and cost.",
  v.strictObject({
    key: text("The group's value; days are local dates, as `2026-11-21`."),
    calls: count("Calls."),
    failures: count("Of these, failed."),
    input: count("Input tokens, cached ones included."),
    output: count("Output tokens, reasoning included."),
    cacheRead: count("Of the input, read from the cache."),
    cacheWrite: count("Of the input, written to the cache."),
    reasoning: count("Of the output, thinking."),
    costUsd: v.nullable(dollars("At list prices; null: no price is known.")),
    cacheSavedUsd: v.nullable(number("What the cache saved; below zero where writing it cost more. US dollars.")),
    estimated: flag("Some figure is an estimate, or some call had no price."),
    unpriced: count("Calls without a known price."),
  }),
);

export const usage = shapeOf<UsageJson>()(
  "What calls used and cost, from the ledger.",
  v.strictObject({
    group: oneOf(usageGroups, "By what the rows are grouped."),
    rows: listOf(usageRow, "One for each value."),
    total: usageRow,
    dropped: count("Calls that could not be recorded and are missing here."),
  }),
);
