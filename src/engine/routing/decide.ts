/** The decision for one call, with the steps that led to it. Pure: the same configuration and call give the same answer. */
import type { WhyStep } from "../../base/flow.ts";
import type { Config } from "../config/schema.ts";
import type { EngineError } from "../errors/engine-error.ts";
import type { Availability } from "./availability.ts";
import { meaningOf, type RouteTarget } from "./targets.ts";
import type { CallFacts, Rule } from "./rules.ts";

interface Decided {
  /** 1-based number of the rule, null when none matched. */
  readonly rule: number | null;
  readonly to: string | null;
  readonly why: readonly WhyStep[];
}

/** What the rules say. */
export type RuleDecision =
  | (Decided & { readonly action: "passthrough" })
  | (Decided & { readonly action: "block" })
  | (Decided & {
      readonly action: "reroute";
      readonly combo: string | null;
      /** May be empty: the rule asks for something that cannot be used now. */
      readonly targets: readonly RouteTarget[];
      readonly fallback: Rule["fallback"];
    });

/** `refuse`: of a call to the port itself, when nobody serves what it asks for. */
export type RouteDecision = RuleDecision | (Decided & { readonly action: "refuse"; readonly error: EngineError });

export interface DecideOptions {
  /** Also say why the rules before the matching one did not match. */
  readonly verbose?: boolean;
  /** Who may be asked now; absent: by the configuration alone. */
  readonly availability?: Availability;
}

export function decide(
  config: Config,
  rules: readonly Rule[],
  facts: CallFacts,
  options: DecideOptions = {},
): RuleDecision {
  const why: WhyStep[] = [];
  for (const rule of rules) {
    if (rule.matches(facts)) return apply(config, rule, facts, why, options.availability);
    if (options.verbose === true) {
      why.push({ stage: "rule", text: `rule ${rule.number} does not match: ${rule.mismatch(facts) ?? ""}` });
    }
  }
  why.push({
    stage: "rule",
    text: rules.length === 0 ? "no rules: passed through" : "no rule matches: passed through",
  });
  return { action: "passthrough", rule: null, to: null, why };
}

function apply(
  config: Config,
  rule: Rule,
  facts: CallFacts,
  before: readonly WhyStep[],
  availability: Availability | undefined,
): RuleDecision {
  const meaning = meaningOf(config, rule.to, facts.model, availability);
  const matched: WhyStep = { stage: "rule", text: `rule ${rule.number} matches: to ${rule.to}`, rule: rule.number };
  const base = { rule: rule.number, to: rule.to };
  if (meaning.kind !== "targets") return { ...base, action: meaning.kind, why: [...before, matched] };
  const notes = meaning.notes.map((text): WhyStep => ({ stage: "target", text }));
  return {
    ...base,
    action: "reroute",
    combo: meaning.combo,
    targets: meaning.targets,
    fallback: rule.fallback,
    why: [...before, matched, ...notes],
  };
}
