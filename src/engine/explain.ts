/** The dry run of a route: which rule, which targets, which account, and why. It loads no format, as `routes explain` should not wait. */
import type { Needs } from "./accounts/pool.ts";
import type { RouteAnswer, RouteQuestion } from "./engine.ts";
import { decided } from "./pipeline/decided.ts";
import type { Tools } from "./pipeline/tools.ts";
import type { View } from "./pipeline/view.ts";

/** What rules see as the host of a call to the port itself, unless it listens elsewhere. */
const ownHost = "127.0.0.1";

/** A question about a route says nothing of what the call will hold. */
const noNeeds: Needs = { streaming: true, functions: false, vision: false, inputTokens: 0, outputTokens: 0 };

/** What would become of a call; nothing is sent, and nothing is held. */
export function explain(
  { pool, availability }: Pick<Tools, "pool" | "availability">,
  view: View,
  question: RouteQuestion,
): RouteAnswer {
  const { client, model } = question;
  const call = {
    client,
    host: question.host ?? ownHost,
    target: question.path ?? usualPath(question.host ?? ownHost),
    ...(question.host === null ? { gateway: { provider: null } } : {}),
  };
  const decision = decided(availability(), view, call, model, { verbose: true });
  const base = { action: decision.action, rule: decision.rule, to: decision.to, why: decision.why };
  if (decision.action === "refuse") {
    return { ...base, targets: [], why: [...base.why, { stage: "error", text: decision.error.message }] };
  }
  if (decision.action !== "reroute") return { ...base, targets: [] };
  const looked = decision.targets.flatMap((target) => {
    const provider = view.providers.get(target.provider);
    if (provider === undefined) return [];
    const pick = pool.look({ ...target, needs: noNeeds, session: null, authorized: true, tried: new Set() });
    return [{ target, format: provider.format, pick }];
  });
  return {
    ...base,
    why: [
      ...decision.why,
      ...looked.flatMap(({ target, pick }) => [
        ...pick.why,
        ...(pick.kind === "lease"
          ? []
          : [{ stage: "account" as const, text: `${target.provider} would be skipped: ${pick.error.message}` }]),
      ]),
    ],
    targets: looked.map(({ target: { provider, model }, format, pick }) => ({
      provider,
      model,
      account: pick.kind === "lease" && pick.lease.account.source.kind !== "none" ? pick.lease.account.name : null,
      format,
    })),
  };
}

/** Where clients' calls go on hosts that do not follow the most common way (OpenAI's). */
const usualPaths: Readonly<Record<string, string>> = {
  "api.anthropic.com": "/v1/messages",
  "api.kimi.com": "/coding/v1/messages",
  "api.minimax.io": "/anthropic/v1/messages",
  "api.z.ai": "/api/anthropic/v1/messages",
  "api.githubcopilot.com": "/chat/completions",
  "api.groq.com": "/openai/v1/chat/completions",
  "openrouter.ai": "/api/v1/chat/completions",
};

function usualPath(host: string): string {
  const known = Object.hasOwn(usualPaths, host) ? usualPaths[host] : undefined;
  return known ?? "/v1/chat/completions";
}
